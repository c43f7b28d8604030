"""What a chart shows, in numbers and words: matplotlib draws it into files, a script draws it in a page.

The program that draws a chart decides on sizes and fonts, leaves room for names, and chooses round ticks if
an axis has none of its own. All the words are in here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from syncasync_sim.render.style import Look, tied
from syncasync_sim.render.timeline_layout import TOO_NARROW, too_narrow


@dataclass(frozen=True, slots=True)
class ChartAxis:
    """An axis: its label with the unit, its range, and its scale."""

    label: str
    low: float
    high: float
    """Below *low* where the axis goes downwards, as that of the rows of a timeline does."""
    is_log: bool = False
    is_whole: bool = False
    """Whether only whole numbers are ticks."""
    ticks: tuple[tuple[float, str], ...] = ()
    """Values and their names; empty for round numbers."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line, straight from point to point, or in steps, which have their area below them shaded."""

    name: str
    look: Look
    x: tuple[float, ...]
    y: tuple[float, ...]
    is_stepped: bool = False
    is_named: bool = False
    """Whether its name stands at its end."""


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of a row of a timeline: filled for work, hatched for waiting."""

    row: int
    begin: float
    width: float
    look: Look
    is_wait: bool
    label: str
    """Its name, which stands in it where there is room."""
    below: str = ""
    """The text below the axis if no box of that name has room for it."""
    has_failed: bool = False
    """Whether a cross is at its end."""


@dataclass(frozen=True, slots=True)
class Note:
    """Words at a point: `above` it; `beside` it; at the top of the `shade`; on the `floor` of a panel."""

    text: str
    x: float
    y: float
    look: Look
    position: Literal["above", "beside", "shade", "floor"]


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes, and what lies on it."""

    x: ChartAxis
    y: ChartAxis
    title: str = ""
    look: Look | None = None
    """The look of what the title names."""
    curves: tuple[Curve, ...] = ()
    boxes: tuple[Box, ...] = ()
    notes: tuple[Note, ...] = ()
    shaded_to: float = 0
    """Up to this x nothing is counted."""

    def below(self, fits: Callable[[Box], bool]) -> str:
        """The line below the axis that names the boxes without room for their names; empty if all have it.

        Args:
            fits: whether the name of a box has room in it.
        """
        return too_narrow((box.below, fits(box)) for box in self.boxes if box.below)


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows: its finding, its panels side by side, and its numbers as a table."""

    title: str
    panels: tuple[Panel, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    footnote: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the chart as plain data, with the words before the names of boxes that are too narrow.

        In sentences every number is tied to its unit, so that no line is broken between them.
        """
        words = {"title": tied(self.title), "footnote": tied(self.footnote), "too_narrow": TOO_NARROW}
        return asdict(self) | words
