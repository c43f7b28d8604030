"""Many runs of one question, one dot a run: where they lie, their mean, and what theory says.

   o
o ooo o        o
+--------+---------
10 s     20 s
  ^ theory 14.00 s
 [--]  mean 13.70 ± 1.20 s
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from syncasync_sim.model.formats import Unit, format_spread, format_value
from syncasync_sim.render.axes import round_ticks
from syncasync_sim.render.style import plain, wrapped

DOT, THEORY = "o", "^"
WIDEST = 72
"""More columns would only make lower heaps."""
ROOM_FOR_TICK = 14
INDENT = 2


@dataclass(frozen=True, slots=True)
class DotPlot:
    """One dot per run, for a figure measured in *unit*.

    *theory* is its closed form, and *formula* the text of that form; *interval* is the 95 % interval of the
    mean.
    """

    title: str
    values: Sequence[float]
    unit: Unit
    interval: tuple[float, float] | None = None
    theory: float | None = None
    formula: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.lines(options.max_width, options.ascii_only):
            yield Text(line, no_wrap=True)

    def lines(self, width: int, ascii_only: bool = False) -> list[str]:
        """Return the title, the stacked dots, the axis, and the marks of theory and mean, as lines.

        Args:
            width: the greatest width, in columns.
            ascii_only: whether the terminal shows ASCII only.
        """
        columns = max(min(width - INDENT - 1, WIDEST), 2)
        rows = wrapped(self.title, width)
        drawn = [*self._heaps(columns), *self._axis(columns)]
        marks = [line for mark in self._marks(columns) for line in _beside(*mark, width - INDENT)]
        rows += [" " * INDENT + line.rstrip() for line in [*drawn, *marks]]
        return [plain(line, ascii_only) for line in rows]

    def _ends(self) -> tuple[float, float]:
        """What the axis spans: every dot, and theory."""
        values = [*self.values, *([] if self.theory is None else [self.theory])]
        low, high = min(values), max(values)
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def _column(self, value: float, columns: int) -> int:
        low, high = self._ends()
        return min(max(round((value - low) / (high - low) * (columns - 1)), 0), columns - 1)

    def _heaps(self, columns: int) -> list[str]:
        heaps = [0] * columns
        for value in self.values:
            heaps[self._column(value, columns)] += 1
        levels = range(max(heaps), 0, -1)
        return ["".join(DOT if heap >= level else " " for heap in heaps) for level in levels]

    def _axis(self, columns: int) -> list[str]:
        """A line with ticks at round values, and what they stand for."""
        line, names = ["-"] * columns, ""
        most = max(columns // ROOM_FOR_TICK, 1)
        candidates = [round_ticks(*self._ends(), pieces) for pieces in range(most, most + 4)]
        for value in next((ticks for ticks in candidates if len(ticks) > 1), candidates[-1]):
            at, name = self._column(value, columns), format_value(value, self.unit)
            line[at] = "+"
            begin = min(at, columns - len(name))  # the last one would stand out on the right
            if begin > len(names) or not names:
                names = f"{names:{max(begin, 0)}}{name}"
        return ["".join(line), names]

    def _marks(self, columns: int) -> Iterator[tuple[int, str, str]]:
        """Where a mark begins, the mark, and what it says."""
        mean = sum(self.values) / len(self.values)
        if self.theory is not None:
            formula = f" = {self.formula}" if self.formula else ""
            text = f"theory, in the long run: {format_value(self.theory, self.unit)}{formula}"
            yield self._column(self.theory, columns), THEORY, text
        if self.interval is None:
            yield self._column(mean, columns), "|", f"mean {format_value(mean, self.unit)}"
            return
        low, high = (self._column(bound, columns) for bound in self.interval)
        spread = format_spread(mean, (self.interval[1] - self.interval[0]) / 2, self.unit).removeprefix("+")
        bar = "[" + "-" * max(high - low - 1, 0) + "]"
        yield low, bar, f"mean of the {len(self.values)} runs: {spread} (95 %)"


def _beside(at: int, mark: str, text: str, width: int) -> list[str]:
    """The mark at its place, and what it says to its right or left, or below where both are too narrow."""
    if at + len(mark) + 1 + len(text) <= width:
        return [f"{'':{at}}{mark} {text}"]
    if len(text) + 1 <= at:
        return [f"{text:>{at - 1}} {mark}"]
    return [f"{'':{at}}{mark}", *wrapped(text, width)]
