"""What `advise` prints: the advised design and what it brings; each step, why, and what moving it does."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from syncasync_sim.advice import Advice, StepAdvice
from syncasync_sim.advice.queue_advice import QueueAdvice
from syncasync_sim.advice.words import QUEUE_HEAD, takes, verdict, why
from syncasync_sim.command_line import quoted
from syncasync_sim.render.contrast_page import contrast_label, contrast_sentence, contrast_values
from syncasync_sim.render.style import plain, wrapped
from syncasync_sim.render.tables import PARTIAL, Lines, aligned, footer
from syncasync_sim.stats.html import change_text


def advice_page(advice: Advice) -> Group:
    """Everything about *advice*, for a terminal of any width."""
    scenario = advice.scenario
    parts: list[RenderableType] = [Lines([scenario.title or scenario.name], style="bold")]
    if advice.partial:
        parts.append(Lines([PARTIAL], style="bold"))
    parts.append(Lines(advice.summary))
    parts += [Text(f"Try: --set {quoted(text)}", no_wrap=True, overflow="ignore") for text in advice.sets]
    parts.append("")
    parts += [_Step(step) for step in advice.steps]
    if advice.queue:
        parts += ["", Lines([QUEUE_HEAD], style="bold")]
        parts += [_Concern(told) for told in advice.queue]
        parts.append("")
    parts.append(Lines(footer(advice.as_it_is)[:1]))
    return Group(*parts)


class _Concern:
    """One concern about the queue: why, the change, and below it the figures before and after the change."""

    def __init__(self, told: QueueAdvice) -> None:
        self.told = told

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        told = self.told
        concern = told.concern
        yield from Lines([f"{concern.rule.name}: {concern.sentence}."], hanging=2).__rich_console__(
            console, options
        )
        for number, text in enumerate(told.sets):
            lead = "       " if number else "  Try: "
            yield Text(f"{lead}--set {quoted(text)}", no_wrap=True, overflow="ignore")
        if told.not_run:
            yield from Lines([f"  Not tried, as {told.not_run}."], hanging=2).__rich_console__(
                console, options
            )
        else:
            yield from self._table(console, options)

    def _table(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = self.told.rows()
        if not rows:
            yield Text("  Tried: no figure changes here.")
            return
        lines = [[Text(head, "bold") for head in ("", "before", "with it", "difference")]]
        for row in rows:
            cells = (*contrast_values(row), change_text(row))
            lines.append(
                [Text(f"    {contrast_label(row)}"), *(Text(plain(c, options.ascii_only)) for c in cells)]
            )
        table = aligned(lines)
        if max(line.cell_len for line in table) <= options.max_width:
            yield from table
            return
        told = [f"    {contrast_sentence(row)}" for row in rows]
        yield from Lines(told, hanging=6).__rich_console__(console, options)


class _Step:
    """One step: its name and the advice, and indented below it why, and what moving it does."""

    def __init__(self, step: StepAdvice) -> None:
        self.step = step

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        step, width = self.step, options.max_width
        for number, line in enumerate(wrapped(f"{step.name} ({takes(step)}): {verdict(step)}", width)):
            yield Text(plain(line, options.ascii_only), "bold" if not number else "")
        for sentence in self._told():
            for line in wrapped(plain(sentence, options.ascii_only), width, indent=2, hanging=2):
                yield Text(line)

    def _told(self) -> Iterator[str]:
        yield why(self.step)
        yield self.step.what_if
