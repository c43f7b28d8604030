"""Advice in plain words: what a move does to the customer and the work, and what all of it brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from syncasync_sim.model.formats import format_count, format_time, format_value
from syncasync_sim.model.scenario import Mode
from syncasync_sim.stats.contrast import NOT_DONE, Contrast, ContrastRow
from syncasync_sim.stats.html import change_text
from syncasync_sim.stats.rows import DONE, WAITS, WRONG, is_unclear

if TYPE_CHECKING:
    from syncasync_sim.advice.advice import Advice, StepAdvice

PLACES: dict[Mode, str] = {"sync": "in the request", "async": "on the queue"}
_THERE: dict[Mode, str] = {"sync": "into the request", "async": "onto the queue"}
_CLOCKS = {WAITS: "the customer waits", DONE: "all work is done after"}
_NOBODY = {WAITS: "nobody gets the page", DONE: "nobody's work gets all done"}
COMPLETED = "work.completed"
"""The one figure here of which more is better."""


# -- one move -----------------------------------------------------------------------------------------


def what_if(step: StepAdvice) -> str:
    """What moving one step does: better, worse or a lie; the figures; whether the workers can keep up."""
    there: Mode = "sync" if step.now == "async" else "async"
    if step.moved is None:
        return f"{PLACES[there].capitalize()}: not run, as {step.not_run}."
    lead = f"{_lead(step, step.moved, there)} {PLACES[there]}"
    told = "; ".join([figures(step.moved), *_lies(step)])
    return " ".join([f"{lead}: {told}.", *_keeps_up(step, there), *_honest(step)])


def _lead(step: StepAdvice, moved: Contrast, there: Mode) -> str:
    if step.verdict.step.is_needed:
        return "A lie" if there == "async" else "Honest"
    return {
        (False, False): "No difference",
        (True, False): "Better",
        (False, True): "Worse",
        (True, True): "Better and worse",
    }[direction(moved)]


def direction(moved: Contrast) -> tuple[bool, bool]:
    """Whether something is better, and whether something is worse, for customers and their work."""
    worse = [_is_worse(row) for row in _rows(moved) if row.is_changed]
    return not all(worse), any(worse)


def _rows(moved: Contrast) -> list[ContrastRow]:
    """The two clocks, the harm, and how much work was completed, however the rest of it ended."""
    ends = {figure for _, figure in NOT_DONE}
    rows = [r for r in moved.rows() if r.group in (WAITS, WRONG, DONE) and r.figure not in ends]
    return [*rows, moved.row(WRONG, "requests all done", COMPLETED)]


def _is_worse(row: ContrastRow) -> bool:
    """More of a time or of a harm is worse; so is a time that nobody has any more."""
    if row.change is None:
        return row.after is None
    return row.change < 0 if row.figure == COMPLETED else row.change > 0


def _lies(step: StepAdvice) -> Iterator[str]:
    """The pages that do not wait for the answer, and how many of them were untrue."""
    made = step.promises
    if made is None:
        return
    as_it_is = "as it is a lie: " if step.now == "async" else ""
    pages = f"{format_count(made.pages)} page{'' if made.pages == 1 else 's'} without the answer"
    failing = step.verdict.facts.trouble or step.verdict.step.failure_rate
    why = "" if failing or made.untrue else " as it never fails"
    undone = f", {format_count(made.open)} not known by the end" if made.open else ""
    yield f"{as_it_is}{pages}, {format_count(made.untrue)} untrue{why}{undone}"


def _keeps_up(step: StepAdvice, there: Mode) -> Iterator[str]:
    before, after = step.loads
    if there == "async" and after is not None and after >= 1:
        instead = "" if before is None else f", before {before:.2f}"
        yield f"The workers could not keep up while customers come (load {after:.2f}{instead})."


def _honest(step: StepAdvice) -> Iterator[str]:
    """Where what was measured does not bear out the rules."""
    if step.moved is None or step.verdict.step.is_needed:
        return
    better, worse = direction(step.moved)
    if step.place != step.now and not better:
        yield f"The rules advise it, yet here it {'only does harm' if worse else 'brings nothing'}."
    if step.place == step.now and better and not worse:
        yield "The rules leave it where it is: what it takes to run a queue is not in these numbers."


# -- figures ------------------------------------------------------------------------------------------


def figures(moved: Contrast) -> str:
    """Both clocks, and between them every harm that has changed, each with its change."""
    rows = _rows(moved)
    clocks = {group: [row for row in rows if row.group == group] for group in _CLOCKS}
    harms = [f"{row.label} {_changed(row)}" for row in rows if row.group == WRONG and row.is_changed]
    return "; ".join([*_clock(clocks[WAITS]), *harms, *_clock(clocks[DONE])])


def _clock(rows: Sequence[ContrastRow]) -> Iterator[str]:
    """`the customer waits 2.55 s (+1.50 s)`, with the p95 (or the longest) where they differ."""
    first, *spread = rows
    told, nobody = _CLOCKS[first.group], _NOBODY[first.group]
    if first.after is None:
        if first.before is not None:
            yield f"{nobody} (before: after {format_time(first.before)})"
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


# -- all advice followed ------------------------------------------------------------------------------


def summary(advice: Advice) -> Iterator[str]:
    """The advised design, what it brings, and whether its workers can keep up."""
    yield f"Advised: {_design(advice)}"
    if advice.not_run:
        yield f"Not run, as {advice.not_run}."
    if advice.followed is not None:
        yield f"Instead of the scenario as it is: {figures(advice.followed)}."
    if advice.from_request is not None:
        yield f"Instead of everything in the request: {figures(advice.from_request)}."
    if advice.load is not None and advice.load >= 1:
        count = advice.scenario.workers.count
        yield (
            f"The workers cannot keep up while customers come (load {advice.load:.2f} with {count}): "
            "the queue buys time, not capacity."
        )


def _design(advice: Advice) -> str:
    queued = [step.name for step in advice.steps if step.place == "async"]
    rest = "the rest in the request" if len(queued) < len(advice.steps) else "nothing in the request"
    told = f"{listed(queued)} on the queue, {rest}" if queued else "everything in the request, no queue"
    if not advice.changes:
        return f"{told}: the design as it is."
    moved = [f"{step.name} {_THERE[step.place]}" for step in advice.changes]
    return f"{told}. To move: {listed(moved)}."


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def takes(step: StepAdvice) -> str:
    """`800 ms`, or mean and p95 where it does not always take the same time."""
    facts = step.verdict.facts
    mean = format_time(facts.mean_s)
    return mean if facts.p95_s == facts.mean_s else f"{mean} on average, p95 {format_time(facts.p95_s)}"


def why(step: StepAdvice) -> str:
    """The rule that decides, its reason, and which rules agree or object."""
    verdict = step.verdict
    told = f"{verdict.rule.name}: {verdict.reason}"
    agree, against = ([rule.name for rule in rules] for rules in (verdict.agree, verdict.object))
    told += f"; also: {', '.join(agree)}" if agree else ""
    return f"{told}; against: {', '.join(against)}" if against else told


def verdict(step: StepAdvice) -> str:
    """`sync, as it is`, or `async, a change`."""
    return f"{step.place}, {'as it is' if step.place == step.now else 'a change'}"


# -- notebook -----------------------------------------------------------------------------------------

_LEFT = "text-align:left;vertical-align:top;padding:1px 10px"


def to_html(advice: Advice) -> str:
    """The advice as a small table without colours of its own."""
    heads = ("step", "takes", "advice", "why", "moved")
    rows = [(s.name, takes(s), verdict(s), why(s), s.what_if) for s in advice.steps]
    lines = [_cells("th", heads), *(_cells("td", row) for row in rows)]
    told = "".join(f"<div>{escape(sentence)}</div>" for sentence in advice.summary)
    table = f'<table style="border-collapse:collapse;color:inherit;background:transparent">{"".join(lines)}'
    return f"<div>{told}{table}</table></div>"


def _cells(tag: str, texts: Sequence[str]) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    return "<tr>" + "".join(f'<{tag}{scope} style="{_LEFT}">{escape(t)}</{tag}>' for t in texts) + "</tr>"
