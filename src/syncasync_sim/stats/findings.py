"""What changed between before and after, in plain words: both clocks and every harm, each with its change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from syncasync_sim.model.figures import (
    CLOSE,
    DONE,
    GIVEN_UP_WITH_WORK,
    NOT_DONE,
    OF_EFFECTS,
    WAITS,
    WRONG,
    read,
)
from syncasync_sim.model.formats import format_share, format_time, format_value
from syncasync_sim.stats.change import TIMES, Change, ChangeRow
from syncasync_sim.stats.rows import change_text, is_unclear

_CLOCKS = {WAITS: "the customer waits", DONE: "all work is done after"}
_NOBODY = {WAITS: "nobody gets the page", DONE: "nobody's work gets all done"}
_SHARES = {WAITS: "clicks that get the page", DONE: "clicks with all work done"}
_PART = {
    WAITS: "the {} of the clicks that get the page wait",
    DONE: "the work that gets done ({} of the clicks) is done after",
}
COMPLETED = "work.completed"
_MORE_IS_BETTER = re.compile(r"work\.completed|customers_with_page|effects\..*", re.DOTALL)
"""The figures here of which more is better."""
VERDICTS = {
    (False, False): "no difference",
    (True, False): "better",
    (False, True): "worse",
    (True, True): "mixed result",
}


def verdict_on(contrast: Change) -> str:
    """The verdict for customers and their work: `better`, `worse`, `mixed result` or `no difference`."""
    return VERDICTS[direction(contrast)] if _same_customers(contrast) else "with other customers"


def _same_customers(contrast: Change) -> bool:
    return not contrast.row("customers").is_changed


def direction(contrast: Change) -> tuple[bool, bool]:
    """Return whether a figure got better, and whether a figure got worse, for customers and their work.

    The time until the page counts where the same share of all clicks got the page before and after; otherwise
    the two times belong to different customers. A longer one counts all the same where more clicks get the
    page and even those who got it before have to wait longer. A shorter one of fewer clicks is no gain. The
    same holds for the work that was completed.
    """
    worse = [_is_worse(row) for row in _rows(contrast) if row.is_changed and not row.of_others]
    return not all(worse), any(worse) or any(_is_longer_for_all(contrast, name) for name in TIMES.values())


def _is_longer_for_all(contrast: Change, name: str) -> bool:
    """Whether a time is longer for those who had it before, too, although others have been added to them.

    What the others take is at most the longest time each; the rest is of those who had it before.
    """
    before, after = (side[name] for side in (contrast.before, contrast.after))
    if before is None or after is None or after["count"] <= before["count"]:
        return False
    added = after["count"] - before["count"]
    least = (after["count"] * after["mean"] - added * after["max"]) / before["count"]
    return bool(least > before["mean"] + CLOSE)


def _rows(contrast: Change) -> list[ChangeRow]:
    """The two clocks, the harm, and how much was done of which more is better: also for how many each effect.

    Where customers click as often before and after, that is how many clicks had all their work done. Where
    they do not, more clicks done may only be work done twice: then it is how many people got the page.
    """
    ends = {figure.name for figure in NOT_DONE} | _given_up_with_the_work(contrast)
    rows = [r for r in contrast.rows() if r.group in (WAITS, WRONG, DONE) and r.figure not in ends]
    if not _same_customers(contrast):
        return rows
    if contrast.row("requests").is_changed:
        all_done = contrast.row("customers_with_page", group=WRONG)
    else:
        all_done = contrast.row(COMPLETED, group=WRONG, label="requests all done")
    return [*rows, all_done, *(row for row in _effect_rows(contrast) if row.change != all_done.change)]


def _given_up_with_the_work(contrast: Change) -> set[str]:
    """The figures of given-up messages that say no more than the work that was not done does."""
    sides = contrast.before, contrast.after
    return {
        message.name
        for message, work in GIVEN_UP_WITH_WORK
        if all(read(side, message.name) == read(side, work) for side in sides)
    }


def shares_done(contrast: Change) -> tuple[float, float] | None:
    """Return the shares of all clicks with all work done, before and after.

    None where they do not differ clearly, or where customers click more often or less: then the shares are
    not of the same clicks.
    """
    if contrast.row("requests").is_changed or not contrast.row(COMPLETED).is_changed:
        return None
    return contrast.shares(DONE)


def fewer_done(contrast: Change) -> list[ChangeRow]:
    """Return the rows that show less work where customers click more often or less than before.

    They are the effects that happen for fewer customers. Where no effect tells, it is the clicks with all
    work done, if they are fewer and a smaller share of all: work done twice makes more clicks done.
    """
    if not contrast.row("requests").is_changed:
        return []
    rows = [row for row in _effect_rows(contrast) if row.is_changed]
    if rows:
        return [row for row in rows if (row.change or 0) < 0]
    before, after = contrast.shares(DONE)
    completed = contrast.row(COMPLETED)
    return [completed] if after < before and completed.is_changed and (completed.change or 0) < 0 else []


def _effect_rows(contrast: Change) -> Iterator[ChangeRow]:
    """For how many customers each effect happened: how often, less the times that were too often.

    Left out where both vary over the replications, as the interval of their difference is not known.
    """
    sides = contrast.before, contrast.after
    for effect in (name for name in contrast.before["effects"] if name in contrast.after["effects"]):
        row, twice = (contrast.row(f"{head}.{effect}", group=WRONG) for head in OF_EFFECTS)
        label = f"{effect} (customers)"
        if not twice.before and not twice.after:
            yield replace(row, label=label)
        elif contrast.replications == 1:
            before, after = (side["effects"][effect] - side["duplicates"][effect] for side in sides)
            yield replace(row, label=label, before=before, after=after, change=after - before)


def _is_worse(row: ChangeRow) -> bool:
    """More of a time or of a harm is worse; so is a time that nobody has any more."""
    if row.change is None:
        return row.after is None
    return row.change < 0 if _MORE_IS_BETTER.fullmatch(row.figure) else row.change > 0


def figures(contrast: Change) -> str:
    """The changes of both clocks in words, and of every fault that has changed."""
    rows = _rows(contrast)
    harms = [f"{row.label} {_value_and_change(row)}" for row in rows if row.group == WRONG and row.is_changed]
    clocks = {group: [row for row in rows if row.group == group] for group in _CLOCKS}
    waits, done = (list(_clock_texts(contrast, listed)) for listed in clocks.values())
    return "; ".join([*waits, *harms, *done])


def finding_rows(contrast: Change) -> list[ChangeRow]:
    """Return the findings of `figures` as the rows of a table.

    Effects that happened too often, each equally often, share a row. A time that does not belong to all
    clicks has a row above it with the share of clicks; if that share changed, the two times belong to
    different customers, and the row has no difference.
    """
    rows = _rows(contrast)
    harms = [row for row in rows if row.group == WRONG and row.is_changed]
    waits, done = (_clock_rows(contrast, [r for r in rows if r.group == group]) for group in _CLOCKS)
    return [*waits, *_merged_effects(harms), *done]


def all_changed_rows(contrast: Change) -> list[ChangeRow]:
    """Return the rows of all figures that differ, with the times of `finding_rows` and their shares."""
    rows = contrast.rows()
    clocks = {group: list(_clock_rows(contrast, [r for r in rows if r.group == group])) for group in _CLOCKS}
    listed: list[ChangeRow] = []
    for row in rows:
        clock = clocks.pop(row.group, []) if row.group in _CLOCKS else [row]
        listed += clock if any(item.is_changed for item in clock) else []
    return listed


def _clock_rows(contrast: Change, rows: Sequence[ChangeRow]) -> Iterator[ChangeRow]:
    first = rows[0]
    before, after = contrast.shares(first.group)
    if not before == after == 1:
        yield ChangeRow(
            first.group, _SHARES[first.group], first.figure, "share", before, after, after - before
        )
    yield from rows[:2]


def _merged_effects(rows: Sequence[ChangeRow]) -> Iterator[ChangeRow]:
    """The rows; effects that happened too often share one where their values are the same."""
    effects = [row for row in rows if row.figure.startswith("duplicates.")]
    alike = len({(row.before, row.after, row.interval) for row in effects}) == 1
    for row in rows:
        if row not in effects or not alike or len(effects) == 1:
            yield row
        elif row is effects[0]:
            yield replace(row, label=f"each of {len(effects)} effects, too often")


def _clock_texts(contrast: Change, rows: Sequence[ChangeRow]) -> Iterator[str]:
    """`the customer waits 2.55 s (+1.50 s)`, with the p95 (or the longest) where they differ."""
    first, *spread = rows
    nobody = _NOBODY[first.group]
    often = " on average" if spread else ""
    if first.after is None:
        before = "as before" if first.before is None else f"before: after {format_time(first.before)}"
        yield f"{nobody} ({before})"
        return
    sentence = f"{_subject(contrast, first.group)} {format_time(first.after, first.longest_s)}{often}"
    if first.before is None:
        yield f"{sentence} (before, {nobody.replace('gets', 'got')})"
    elif not first.of_others:
        more = (f", {_statistic_label(row)} {_value_and_change(row)}" for row in spread[:1])
        yield f"{_subject(contrast, first.group)} {_value_and_change(first, often)}{''.join(more)}"
    else:
        share, _ = contrast.shares(first.group)
        clicks = "all clicks" if share == 1 else f"{format_share(share)} of the clicks"
        yield f"{sentence} (before: {format_time(first.before, first.longest_s)}, of {clicks})"


def _subject(contrast: Change, group: str) -> str:
    """`the customer waits`; where not everybody gets the page, of how many clicks that is."""
    _, share = contrast.shares(group)
    return _CLOCKS[group] if share == 1 else _PART[group].format(format_share(share))


def _statistic_label(row: ChangeRow) -> str:
    return "at most" if row.label == "max" else row.label


def _value_and_change(row: ChangeRow, often: str = "") -> str:
    """`2.55 s (+1.50 s)`, with the interval of the change where there is one."""
    after = f"{format_value(row.after, row.unit, row.longest_s)}{often}"
    if row.is_changed:
        return f"{after} ({'before: none' if row.change is None else change_text(row)})"
    return f"{after} (no clear change)" if is_unclear(row.interval) else f"{after} (as before)"
