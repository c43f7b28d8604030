"""What `advise` prints: the advised design and what it brings; each step, why, and what moving it does."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from syncasync_sim.advice import Advice, StepAdvice
from syncasync_sim.advice.words import takes, verdict, why
from syncasync_sim.render.style import plain, wrapped
from syncasync_sim.render.tables import PARTIAL, Lines, footer


def advice_page(advice: Advice) -> Group:
    """Everything about *advice*, for a terminal of any width."""
    scenario = advice.scenario
    parts: list[RenderableType] = [Lines([scenario.title or scenario.name], style="bold")]
    if advice.partial:
        parts.append(Lines([PARTIAL], style="bold"))
    parts.append(Lines(advice.summary))
    parts += [
        Text(f"Try: --set {shlex.quote(text)}", no_wrap=True, overflow="ignore") for text in advice.sets
    ]
    parts.append("")
    parts += [_Step(step) for step in advice.steps]
    parts.append(Lines(footer(advice.as_it_is)[:1]))
    return Group(*parts)


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
