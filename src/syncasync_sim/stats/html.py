"""A result as a small HTML table, for notebooks. No colours of its own: readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Protocol

from syncasync_sim.model.figures import CLOSE
from syncasync_sim.model.formats import Unit, format_change, format_spread
from syncasync_sim.stats.assumptions import not_counted
from syncasync_sim.stats.rows import FigureRow, notes

if TYPE_CHECKING:
    from syncasync_sim.stats.comparison import Comparison

_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit;background:transparent"
_LEFT, _RIGHT = "text-align:left;padding:1px 10px", "text-align:right;padding:1px 10px;white-space:nowrap"
_INDENTED = "text-align:left;padding:1px 10px 1px 30px"
_HEAD = "border-bottom:1px solid currentColor;"


def to_html(comparison: Comparison, rows: Sequence[FigureRow]) -> str:
    """The rows as a table with a caption and its notes; every text is escaped."""
    modes = list(comparison.modes)
    both = len(modes) > 1
    heads = ["", *modes, *(["change", ""] if both else [])]
    styles = [_LEFT, *[_RIGHT] * len(modes), *([_RIGHT, _LEFT] if both else [])]
    lines = [_cells("th", heads, [_HEAD + style for style in styles])]
    heading = ""
    for row in rows:
        if row.group not in (heading, row.label):
            lines.append(f'<tr><th colspan="{len(heads)}" style="{_LEFT}">{escape(row.group)}</th></tr>')
        heading = row.group
        values = [row.text(mode) for mode in modes]
        change = [change_text(row), row.in_words()] if both else []
        first = _LEFT if row.label == row.group else _INDENTED
        lines.append(_cells("td", [row.label, *values, *change], [first, *styles[1:]]))
    scenario = comparison.scenario
    caption = f'<caption style="{_LEFT}"><b>{escape(scenario.title or scenario.name)}</b></caption>'
    told = "".join(
        f"<div>{escape(note)}</div>"
        for note in [*notes(comparison, rows), *map(_sentence, not_counted(scenario))]
    )
    return f'<div><table style="{_TABLE}">{caption}{"".join(lines)}</table>{told}</div>'


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


class Changed(Protocol):
    """A figure and how it changed, with the 95 % interval of the change where there are replications."""

    @property
    def unit(self) -> Unit: ...
    @property
    def change(self) -> float | None: ...
    @property
    def interval(self) -> tuple[float, float] | None: ...
    @property
    def longest_s(self) -> float: ...


def change_text(row: Changed) -> str:
    """The change with its sign, and half the width of its interval where there is one."""
    if row.change is None:
        return ""
    low, high = row.interval or (0.0, 0.0)
    if high - low <= CLOSE:
        return format_change(row.change, row.unit, row.longest_s)
    return format_spread(row.change, (high - low) / 2, row.unit, row.longest_s)


def _cells(tag: str, texts: Sequence[str], styles: Sequence[str]) -> str:
    """One line of the table; what names the line or the column is a heading, for those who listen to it."""
    scope = ' scope="col"' if tag == "th" else ""
    pairs = zip(texts, styles, strict=True)
    return "<tr>" + "".join(f'<{tag}{scope} style="{s}">{escape(t)}</{tag}>' for t, s in pairs) + "</tr>"
