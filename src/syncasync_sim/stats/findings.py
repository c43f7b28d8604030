"""What changed between before and after, in plain words: both clocks and every harm, each with its change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncasync_sim.model.figures import DONE, NOT_DONE, WAITS, WRONG
from syncasync_sim.model.formats import format_time, format_value
from syncasync_sim.stats.contrast import Contrast, ContrastRow
from syncasync_sim.stats.html import change_text
from syncasync_sim.stats.rows import is_unclear

_CLOCKS = {WAITS: "the customer waits", DONE: "all work is done after"}
_NOBODY = {WAITS: "nobody gets the page", DONE: "nobody's work gets all done"}
COMPLETED = "work.completed"
"""The one figure here of which more is better."""
VERDICTS = {
    (False, False): "no difference",
    (True, False): "better",
    (False, True): "worse",
    (True, True): "better and worse",
}


def verdict_on(contrast: Contrast) -> str:
    """`better`, `worse`, both or neither, for customers and their work; not where other customers came."""
    return VERDICTS[direction(contrast)] if _same_customers(contrast) else "with other customers"


def _same_customers(contrast: Contrast) -> bool:
    return not contrast.row("customers").is_changed


def direction(contrast: Contrast) -> tuple[bool, bool]:
    """Whether something is better, and whether something is worse, for customers and their work."""
    worse = [_is_worse(row) for row in _rows(contrast) if row.is_changed]
    return not all(worse), any(worse)


def _rows(contrast: Contrast) -> list[ContrastRow]:
    """The two clocks, the harm, and how much work was completed, however the rest of it ended."""
    ends = {figure.name for figure in NOT_DONE}
    rows = [r for r in contrast.rows() if r.group in (WAITS, WRONG, DONE) and r.figure not in ends]
    done = [contrast.row(COMPLETED, group=WRONG, label="requests all done")]
    return [*rows, *(done if _same_customers(contrast) else [])]


def _is_worse(row: ContrastRow) -> bool:
    """More of a time or of a harm is worse; so is a time that nobody has any more."""
    if row.change is None:
        return row.after is None
    return row.change < 0 if row.figure == COMPLETED else row.change > 0


def figures(contrast: Contrast) -> str:
    """Both clocks, and between them every harm that has changed, each with its change."""
    rows = _rows(contrast)
    clocks = {group: [row for row in rows if row.group == group] for group in _CLOCKS}
    harms = [f"{row.label} {_changed(row)}" for row in rows if row.group == WRONG and row.is_changed]
    return "; ".join([*_clock(clocks[WAITS]), *harms, *_clock(clocks[DONE])])


def _clock(rows: Sequence[ContrastRow]) -> Iterator[str]:
    """`the customer waits 2.55 s (+1.50 s)`, with the p95 (or the longest) where they differ."""
    first, *spread = rows
    told, nobody = _CLOCKS[first.group], _NOBODY[first.group]
    if first.after is None:
        before = "as before" if first.before is None else f"before: after {format_time(first.before)}"
        yield f"{nobody} ({before})"
    elif first.before is None:
        yield f"{told} {format_time(first.after)} (before, {nobody.replace('gets', 'got')})"
    else:
        more = (f", {_at_most(row)} {_changed(row)}" for row in spread[:1])
        yield f"{told} {_changed(first, ' on average' if spread else '')}{''.join(more)}"


def _at_most(row: ContrastRow) -> str:
    return "at most" if row.label == "max" else row.label


def _changed(row: ContrastRow, often: str = "") -> str:
    """`2.55 s (+1.50 s)`, with the interval of the change where there is one."""
    after = f"{format_value(row.after, row.unit)}{often}"
    if row.is_changed:
        return f"{after} ({change_text(row)})"
    return f"{after} (no clear change)" if is_unclear(row.interval) else f"{after} (as before)"
