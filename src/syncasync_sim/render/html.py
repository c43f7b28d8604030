"""Results as small HTML tables, for notebooks. No colours of their own: readable on light and dark pages.

Values do not draw themselves: `attach` gives them what a notebook asks for. Every text is escaped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from syncasync_sim.advice import Advice
from syncasync_sim.advice.words import QUEUE_HEAD, takes, verdict, why
from syncasync_sim.experiment import Sizing, Sweep
from syncasync_sim.model.formats import format_value
from syncasync_sim.render.headline import headline, stopped
from syncasync_sim.render.size_result import Trials, finding, size_notes
from syncasync_sim.render.sweep_columns import table_of
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.assumptions import not_counted
from syncasync_sim.stats.rows import change_text, notes

_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit;background:transparent"
_LEFT = "text-align:left;vertical-align:top;padding:1px 10px"
_RIGHT = "text-align:right;vertical-align:top;padding:1px 10px;white-space:nowrap"
_INDENTED = f"{_LEFT} 1px 30px"
_UNDERLINED = ";border-bottom:1px solid currentColor"
_DISPLAY = "_repr_html_"
"""The method by which a notebook asks a value how it looks."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table; one cell alone is the heading of a group, whose lines are *indented*."""

    cells: Sequence[str]
    is_indented: bool = False


def html_table(
    heads: Sequence[str], lines: Iterable[Line], *, left: Collection[int], caption: str = ""
) -> str:
    """A table of texts.

    Args:
        heads: the headings of the columns.
        lines: each of as many cells, or of one that goes over all columns.
        left: the columns that are aligned to the left, from 0; numbers are aligned to the right.
        caption: the text above the table.

    Returns:
        The element `table`. What names a line or a column is a heading, for those who listen to it.
    """
    styles = [_LEFT if column in left else _RIGHT for column in range(len(heads))]
    parts = [f'<caption style="text-align:left"><b>{escape(caption)}</b></caption>'] if caption else []
    parts.append(_line("th", heads, [style + _UNDERLINED for style in styles]))
    for line in lines:
        if len(line.cells) == 1:
            parts.append(
                f'<tr><th colspan="{len(heads)}" style="{styles[0]}">{escape(line.cells[0])}</th></tr>'
            )
        else:
            first = _INDENTED if line.is_indented else styles[0]
            parts.append(_line("td", line.cells, [first, *styles[1:]]))
    return f'<table style="{_TABLE}">{"".join(parts)}</table>'


def _line(tag: Literal["th", "td"], cells: Sequence[str], styles: Sequence[str]) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    pairs = zip(cells, styles, strict=True)
    return "<tr>" + "".join(f'<{tag}{scope} style="{s}">{escape(t)}</{tag}>' for t, s in pairs) + "</tr>"


def _sentences(texts: Iterable[str]) -> str:
    return "".join(f"<div>{escape(text)}</div>" for text in texts)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts: *left* are the columns that are aligned to the left, from 0."""

    heads: Sequence[str]
    lines: Sequence[Line]
    left: Collection[int]


def figure_table(comparison: Comparison) -> Table:
    """The figures of both designs, a line each, below the heading of their group."""
    modes = list(comparison.modes)
    both = len(modes) > 1
    lines = []
    group = ""
    for row in comparison.rows():
        if row.group not in (group, row.label):
            lines.append(Line([row.group]))
        group = row.group
        values = [row.text(mode) for mode in modes]
        change = [change_text(row), row.in_words()] if both else []
        lines.append(Line([row.label, *values, *change], is_indented=row.label != row.group))
    return Table(["", *modes, *(["change", ""] if both else [])], lines, (0, len(modes) + 2))


def comparison_html(comparison: Comparison) -> str:
    """The result as HTML: sentences, a table of both designs, and remarks on its rows."""
    scenario, figures = comparison.scenario, figure_table(comparison)
    caption = scenario.title or scenario.name
    table = html_table(figures.heads, figures.lines, left=figures.left, caption=caption)
    left_out = [f"{text[:1].upper()}{text[1:]}." for text in not_counted(scenario)]
    paragraphs = _sentences([*notes(comparison, comparison.rows()), *left_out])
    return f"<div>{_sentences([*stopped(comparison), headline(comparison)])}{table}{paragraphs}</div>"


def sweep_html(sweep: Sweep) -> str:
    """The sweep as HTML: a row per cell and design, with remarks on the columns."""
    table, scenario = table_of(sweep), sweep.scenario
    heads = [" ".join(part for part in head if part) for head in table.heads]
    caption = f"{scenario.title or scenario.name}: {len(sweep.finished)} of {len(sweep.cells)} cells"
    drawn = html_table(heads, map(Line, table.lines), left=(), caption=caption)
    return f"<div>{drawn}{_sentences([*table.notes, 'All figures: rows(), to_frame().'])}</div>"


def sizing_html(sizing: Sizing) -> str:
    """The sizing as HTML: the answer, a row per value tried, and how sure the answer is."""
    trials, scenario = Trials(sizing), sizing.scenario
    title = scenario.title or scenario.name
    drawn = html_table(trials.head, map(Line, trials.lines), left=(2,), caption=title)
    return f"<div>{_sentences([finding(sizing)])}{drawn}{_sentences(size_notes(sizing))}</div>"


def advice_html(advice: Advice) -> str:
    """The advice as HTML: a summary, a table of the steps, and the work to do before using a queue."""
    heads = ["step", "takes", "advice", "why", "moved"]
    steps = [Line([s.name, takes(s), verdict(s), why(s), s.what_if]) for s in advice.steps]
    table = html_table(heads, steps, left=range(len(heads)))
    return f"<div>{_sentences(advice.summary)}{table}{_queue(advice)}</div>"


def _queue(advice: Advice) -> str:
    """What there is to do before the work goes on a queue: why, the change, and the figures it changes."""
    if not advice.queue:
        return ""
    items = []
    for queue_advice in advice.queue:
        sets = " ".join(f"<code>--set {escape(text)}</code>" for text in queue_advice.sets)
        values = [
            (row.full_label, *(format_value(v, row.unit) for v in (row.before, row.after)))
            for row in queue_advice.rows()
        ]
        figures = "; ".join(f"{label} {before} before, {after} with it" for label, before, after in values)
        effect = (
            f"not tried, as {queue_advice.not_run}"
            if queue_advice.not_run
            else figures or "no figure changes here"
        )
        reason = f"{queue_advice.concern.rule.name}: {queue_advice.concern.sentence}"
        items.append(f"<li>{escape(reason)}. {sets}: {escape(effect)}.</li>")
    return f"<div>{QUEUE_HEAD}</div><ul>{''.join(items)}</ul>"


def attach() -> None:
    """Let notebooks show the values of the package as tables."""
    setattr(Comparison, _DISPLAY, comparison_html)
    setattr(Sweep, _DISPLAY, sweep_html)
    setattr(Sizing, _DISPLAY, sizing_html)
    setattr(Advice, _DISPLAY, advice_html)
