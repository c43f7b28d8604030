"""Advice in plain words: the effect of a move on the customer and the work, and the effect of all moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from syncasync_sim.advice.queue_rules import overload_effect
from syncasync_sim.advice.results import Advice, StepAdvice
from syncasync_sim.model.formats import format_count, format_share, format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.never_succeeds import shortest_attempt_s
from syncasync_sim.stats.change import Change, ChangeRow
from syncasync_sim.stats.findings import COMPLETED, direction, fewer_done, figures, shares_done, verdict_on
from syncasync_sim.stats.worker_load import StationLoad

BUYS_TIME = "the queue gives you time, not capacity"
QUEUE_HEAD = "Before you put it on a queue"
PLACES: dict[Mode, str] = {"sync": "in the request", "async": "on the queue"}
_THERE: dict[Mode, str] = {"sync": "into the request", "async": "onto the queue"}
_MOVED: dict[Mode, str] = {"sync": "If moved into the request", "async": "If moved to the queue"}
_NEEDED: dict[Mode, str] = {
    "sync": "the page would wait for the answer",
    "async": "the page would come before the answer is known",
}
_AGAINST: dict[Mode, str] = {
    "sync": "The rules advise against this move, but here it only does good, and it saves the queue, too.",
    "async": "The rules advise against this move: these numbers leave out the cost of running a queue.",
}


# -- one move -----------------------------------------------------------------------------------------


def what_if(step: StepAdvice) -> str:
    """The effect of moving one step: whether it is better, the figures, and their meaning."""
    if step.moved is None:
        return f"{move(step)}."
    return " ".join([f"{move(step)}: {figures(step.moved)}.", *beside(step)])


def move(step: StepAdvice) -> str:
    """The heading of a move, as `If moved to the queue (better)`, or the reason why it was not run."""
    there = _other_mode(step.now)
    if step.moved is None:
        return f"{_MOVED[there]}: not run, as {step.not_run}"
    verdict = _NEEDED[there] if step.verdict.step.is_needed else verdict_on(step.moved)
    return f"{_MOVED[there]} ({verdict})"


def beside(step: StepAdvice) -> Iterator[str]:
    """Yield the remarks on a move besides its figures: wrong pages, and workers that cannot keep up."""
    if step.moved is not None:
        yield from _premature_replies(step)
        yield from _overload_warning(step, _other_mode(step.now))
        yield from _disagreement(step)


def _other_mode(mode: Mode) -> Mode:
    return "sync" if mode == "async" else "async"


def _premature_replies(step: StepAdvice) -> Iterator[str]:
    """The pages that do not wait for the answer, and the number of wrong pages among them."""
    made = step.promises
    if made is None:
        return
    if not made.pages:
        yield "No click gets the page, so no page can be wrong."
        return
    lead, is_wrong = ("As it is, ", "are wrong") if step.now == "async" else ("", "would be wrong")
    pages = f"{format_count(made.pages)} page{'' if made.pages == 1 else 's'}"
    failing = step.verdict.facts.trouble or step.verdict.step.failure_rate
    why = "" if failing or made.untrue or made.open else ", because the step never fails"
    undone = f"; for {format_count(made.open)} it is not known at the end" if made.open else ""
    yield f"{lead}{format_count(made.untrue)} of {pages} {is_wrong}{why}{undone}."


def _overload_warning(step: StepAdvice, there: Mode) -> Iterator[str]:
    before, after = step.bottlenecks
    if there == "async" and after is not None and after.is_too_much:
        same = before is not None and _bottleneck_in_words(before) == _bottleneck_in_words(after)
        instead = f", before {before.load:.2f}" if before is not None and same else ""
        yield (
            f"{_bottleneck_in_words(after)} could not keep up while customers come "
            f"(measured load {after.load:.2f}{instead})."
        )


def _bottleneck_in_words(limit: StationLoad) -> str:
    return f"The service of {limit.station.step}" if limit.station.kind == "service" else "The workers"


def _disagreement(step: StepAdvice) -> Iterator[str]:
    """Yield a remark if the measured change disagrees with the rules."""
    if step.moved is None or step.verdict.step.is_needed or not step.is_advised:
        return
    better, worse = direction(step.moved)
    if step.verdict.place != step.now and not better:
        yield f"The rules advise this move, but here it {'only does harm' if worse else 'has no benefit'}."
    if step.verdict.place == step.now and better and not worse:
        yield _AGAINST[_other_mode(step.now)]


# -- all advice followed ------------------------------------------------------------------------------


def summary(advice: Advice) -> Iterator[str]:
    """Yield the advised design, the gain from it, and whether its workers can keep up, one sentence each."""
    yield from told_first(advice)
    if advice.not_run:
        yield f"Not run, as {advice.not_run}."
    for instead, brings in gains(advice):
        yield f"{instead}: {figures(brings)}."
    yield from too_much(advice)


def told_first(advice: Advice) -> Iterator[str]:
    """Yield which steps never succeed or are never reached, what contradicts the rules, and the design."""
    for step in advice.steps:
        if step.verdict.facts.never:
            facts = step.verdict.facts
            causes = " and ".join(facts.never.values())
            longer = "; with a longer timeout it can succeed" if step.mends else ""
            yield f"{step.name} never succeeds, as {causes}. " + (
                f"Neither design helps: the queue {facts.fate}{longer}."
            )
    unreached = [step.name for step in advice.steps if step.verdict.facts.blocked_by]
    if unreached:
        is_are = "is" if len(unreached) == 1 else "are"
        yield f"Behind it in the request {listed(unreached)} {is_are} never reached: no advice."
    for step in advice.steps:
        if step.is_contradicted:
            there = _THERE[step.verdict.place]
            yield (
                f"The rules advise {step.name} {there} ({step.rule}), but here the move only does harm: "
                "it stays where it is."
            )
    if any(step.is_advised for step in advice.steps):
        yield f"{'Advised' if _is_complete(advice) else 'Advised for the rest'}: {design(advice)}"
    yield from _nobody_served(advice)
    if advice.from_request is not None:
        yield from _fewer_pages(advice.from_request)
        yield from _less_done(advice.from_request)


def _fewer_pages(from_request: Change) -> Iterator[str]:
    """Where fewer customers get the page as advised than with everything in the request: how many."""
    row = from_request.row("customers_with_page")
    if row.is_changed and (row.change or 0) < 0:
        before, after = (
            f"{format_count(number)} of {format_count(side['customers'])}"
            for number, side in ((row.before, from_request.before), (row.after, from_request.after))
        )
        yield f"But fewer customers get the page: {after}, against {before} with everything in the request."


def _less_done(from_request: Change) -> Iterator[str]:
    """Where the advised design does less of the work than everything in the request: how much of it."""
    shares = shares_done(from_request)
    fewer = [_for_how_many(row) for row in fewer_done(from_request)]
    if fewer:
        yield f"But less of the work is done: {'; '.join(fewer)} with everything in the request."
    elif shares is not None and shares[1] < shares[0]:
        before, after = map(format_share, shares)
        yield (
            f"But less of the work is done: by the end of the run {after} of the clicks have all their work "
            f"done, against {before} with everything in the request."
        )


def _for_how_many(row: ChangeRow) -> str:
    """`mailed for 18 customers, against 240`, or `all of it for 18 clicks, against 240`."""
    effect = row.figure.removeprefix("effects.")
    part, noun = ("all of it", "click") if row.figure == COMPLETED else (effect, "customer")
    after, before = format_count(row.after), format_count(row.before)
    return f"{part} for {after} {noun}{'' if row.after == 1 else 's'}, against {before}"


def _nobody_served(advice: Advice) -> Iterator[str]:
    """Where no click gets the page, as it is or as advised: that, and the limit that is too short."""
    own = advice.as_it_is.modes["async"]
    ends = own if advice.followed is None else advice.followed.after
    if advice.not_run or not own["requests"] or own["responses"]["ok"] or ends["responses"]["ok"]:
        return
    if any(step.verdict.facts.never for step in advice.steps):
        return  # has been told, with its cause
    least_s = {
        step.name: shortest_attempt_s(advice.scenario, step.verdict.step)
        for step in advice.steps
        if step.place == "sync"
    }
    patience_s, timeout_s = advice.scenario.customer.patience_s, advice.scenario.server.timeout_s
    limits = (
        (inf if patience_s is None else patience_s, "the patience of"),
        (inf if timeout_s is None else timeout_s, "the server's timeout of"),
    )
    limit_s, called = min(limits)
    why = ""
    if sum(least_s.values()) > limit_s:
        alone = [name for name, takes_s in least_s.items() if takes_s > limit_s][:1]
        names = alone or [name for name, takes_s in least_s.items() if takes_s]
        they_take = f"{listed(names)} {'take' if len(names) > 1 else 'takes'}"
        takes = format_time(sum(least_s[name] for name in names))
        why = f": {they_take} {takes} at least, longer than {called} {format_time(limit_s)}"
    yield f"No click gets the page, neither as it is nor as advised{why}."


def _is_complete(advice: Advice) -> bool:
    return all(step.is_advised for step in advice.steps)


def gains(advice: Advice) -> Iterator[tuple[str, Change]]:
    """Yield each design that the advised one is compared with, in words, and the measured change."""
    if advice.followed is not None:
        yield "Compared with the scenario as it is", advice.followed
    if advice.from_request is not None:
        yield "Compared with everything in the request", advice.from_request


def too_much(advice: Advice) -> Iterator[str]:
    """Yield a warning if the workers of the advised design cannot keep up, or are down for a good part."""
    if advice.down:
        yield f"{advice.down[0].upper()}{advice.down[1:]}."
    limit = advice.bottleneck
    if limit is not None and limit.is_too_much:
        bounded = advice.scenario.queue.capacity is not None
        effect = overload_effect(advice.scenario, advice.turned_away) if bounded else BUYS_TIME
        load = f"measured load {limit.load:.2f} with {format_count(limit.station.number)}"
        is_service = limit.station.kind == "service"
        load += " at once" if is_service else ", if none were ever down" if advice.down else ""
        keeps = "cannot keep up" if not is_service else "cannot keep up, however many workers there are,"
        yield f"{_bottleneck_in_words(limit)} {keeps} while customers come ({load}): {effect}."


def design(advice: Advice) -> str:
    """The advised design, with the steps to move; without the steps that have no advice."""
    queued = [step.name for step in advice.steps if step.is_advised and step.place == "async"]
    kept = [step.name for step in advice.steps if step.is_advised and step.place == "sync"]
    if _is_complete(advice):
        rest = "the rest in the request" if kept else "nothing in the request"
        text = f"{listed(queued)} on the queue, {rest}" if queued else "everything in the request, no queue"
    else:
        parts = ((queued, "on the queue"), (kept, "in the request"))
        text = ", ".join(f"{listed(names)} {where}" for names, where in parts if names)
    if not advice.changes:
        return f"{text}: the design as it is."
    moved = [f"{step.name} {_THERE[step.place]}" for step in advice.changes]
    return f"{text}. To move: {listed(moved)}."


def listed(names: Sequence[str]) -> str:
    """The names as a list in a sentence: `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def takes(step: StepAdvice) -> str:
    """The length of a step, as `800 ms`, or its mean and p95 if it varies."""
    facts = step.verdict.facts
    mean = format_time(facts.mean_s)
    return mean if facts.p95_s == facts.mean_s else f"{mean} on average, p95 {format_time(facts.p95_s)}"


def why(step: StepAdvice) -> str:
    """The rule that decides, its reason, and which rules agree or object."""
    verdict = step.verdict
    text = f"{verdict.rule.name}: {verdict.reason}"
    agree, against = ([rule.name for rule in rules] for rules in (verdict.agree, verdict.object))
    text += f"; also: {', '.join(agree)}" if agree else ""
    return f"{text}; against: {', '.join(against)}" if against else text


def verdict(step: StepAdvice) -> str:
    """The advice on a step in short: `sync, as it is`, or `async, a change`."""
    if not step.is_advised:
        return "neither design helps" if step.verdict.facts.never else "no advice"
    if step.is_contradicted:
        return f"{step.place}, as it is, against the rule"
    return f"{step.place}, {'as it is' if step.place == step.now else 'a change'}"
