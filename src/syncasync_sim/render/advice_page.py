"""What `advise` prints: the advised design and what it brings; each step, why, and what moving it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from syncasync_sim.advice import Advice, StepAdvice
from syncasync_sim.advice.queue_advice import QueueAdvice
from syncasync_sim.advice.words import (
    QUEUE_HEAD,
    beside,
    gains,
    move,
    takes,
    told_first,
    too_much,
    verdict,
    why,
)
from syncasync_sim.command_line import quoted
from syncasync_sim.render.change_table import (
    change_sentence,
    change_values,
    missing_lines,
)
from syncasync_sim.render.style import plain, wrapped
from syncasync_sim.render.tables import Lines, aligned, footer, stopped
from syncasync_sim.stats.change import Change, ChangeRow
from syncasync_sim.stats.findings import figures, finding_rows
from syncasync_sim.stats.rows import change_text

NOT_ALL = "PARTIAL: stopped before the end; a design that was not run has no numbers."
MOST_IN_WORDS = 2
"""So many figures are one sentence; more are a table."""


def advice_page(advice: Advice) -> Group:
    """The page with all of the advice, for a terminal of any width."""
    scenario = advice.scenario
    parts: list[RenderableType] = [Lines([scenario.title or scenario.name], style="bold")]
    if advice.partial:
        parts.append(Lines(stopped(advice.as_it_is) or [NOT_ALL], style="bold"))
    parts += [*_summary(advice), ""]
    for step in advice.steps:
        parts += _step(step)
    if advice.queue:
        parts += ["", Lines([QUEUE_HEAD], style="bold")]
        for queue_advice in advice.queue:
            parts += _concern(queue_advice)
    parts += ["", Lines(footer(advice.as_it_is)[:1])]
    return Group(*parts)


def _summary(advice: Advice) -> Iterator[RenderableType]:
    """The advised design, what it brings, and the values of `--set` that make it."""
    yield Lines(list(told_first(advice)))
    if advice.not_run:
        yield Lines([f"Not run, as {advice.not_run}."])
    for instead, brings in gains(advice):
        yield from _effect(instead, brings, ("before", "advised"), 0)
    yield Lines(list(too_much(advice)))
    yield from (Text(f"Try: --set {quoted(text)}", no_wrap=True, overflow="ignore") for text in advice.sets)


def _step(step: StepAdvice) -> Iterator[RenderableType]:
    """One step: its name and the advice, and indented below it why, and what moving it does."""
    yield _Head(f"{step.name} ({takes(step)}): {verdict(step)}")
    yield Lines([why(step)], indent=2, hanging=2)
    yield from (Text(f"  Try: --set {quoted(text)}", no_wrap=True, overflow="ignore") for text in step.mends)
    if step.moved is None:
        yield Lines([f"{move(step)}."], indent=2, hanging=2)
    else:
        yield from _effect(move(step), step.moved, ("as it is", "moved"), 2, list(beside(step)))


def _effect(
    lead: str, contrast: Change, heads: tuple[str, str], indent: int, more: Sequence[str] = ()
) -> Iterator[RenderableType]:
    """What one change does: a sentence where few figures tell it, else a table; then what there is to add."""
    rows = finding_rows(contrast)
    if len(rows) <= MOST_IN_WORDS:
        yield Lines([" ".join([f"{lead}: {figures(contrast)}.", *more])], indent=indent, hanging=indent)
        return
    yield Lines([f"{lead}:"], indent=indent, hanging=indent)
    yield _Effect(rows, heads, indent + 2)
    yield Lines(more, indent=indent, hanging=indent)


def _concern(advice: QueueAdvice) -> Iterator[RenderableType]:
    """One concern about the queue: why, the change, and below it the figures before and after the change."""
    concern = advice.concern
    yield Lines([f"{concern.rule.name}: {concern.sentence}."], hanging=2)
    for number, text in enumerate(advice.sets):
        lead = "       " if number else "  Try: "
        yield Text(f"{lead}--set {quoted(text)}", no_wrap=True, overflow="ignore")
    if advice.not_run:
        yield Lines([f"Not tried, as {advice.not_run}."], indent=2, hanging=2)
    elif rows := advice.rows():
        yield _Effect(rows, ("before", "with it"), 4)
    else:
        yield Text("  Tried: no figure changes here.")


class _Head:
    """What a step is called, and the verdict: the first line is bold."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for number, line in enumerate(wrapped(plain(self.text, options.ascii_only), options.max_width)):
            yield Text(line, "" if number else "bold")


class _Effect:
    """Figures before and after a change, a row each; where that is too wide, each is a sentence."""

    def __init__(self, rows: Sequence[ChangeRow], heads: tuple[str, str], indent: int) -> None:
        self.rows, self.heads, self.indent = rows, heads, indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = [[Text(head, "bold") for head in ("", *self.heads, "difference")]]
        for row in self.rows:
            cells = (*change_values(row), change_text(row))
            name = Text(f"{'':{self.indent}}{row.full_label}")
            lines.append([name, *(Text(plain(cell, options.ascii_only)) for cell in cells)])
        table = aligned(lines)
        if max(line.cell_len for line in table) <= options.max_width:
            yield from table
            sentences = missing_lines(self.rows)
        else:
            sentences = [*map(change_sentence, self.rows), *missing_lines(self.rows)]
        yield from Lines(sentences, indent=self.indent, hanging=self.indent + 2).__rich_console__(
            console, options
        )
