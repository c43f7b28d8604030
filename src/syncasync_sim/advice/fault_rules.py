"""What the rules say of deploys, of workers that stand still, of poison and of time-outs."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, inf, log

from syncasync_sim.advice.queue_facts import ATTEMPTS, Changes, QueueFacts, rounded_up
from syncasync_sim.model.distributions import Distribution
from syncasync_sim.model.formats import format_count, format_share, format_time
from syncasync_sim.model.late_work import SLOWEST, slowest_s
from syncasync_sim.model.paths import of_step
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario

NEARLY_ALL = 0.99
"""A time-out longer than this share of the attempts is one that hardly ever comes."""
GIVEN_UP = 0.001
"""So small a share of the messages that could succeed may be given up."""


def cut_by_a_stop(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """Yield concerns: work that a deploy cuts, as it takes longer than the grace.

    Args:
        facts: what is known of the queue.
    """
    queue, stops = facts.scenario.queue, facts.scenario.workers.stops
    step = max(facts.messages, key=_longest_attempt_s)
    longest_s = _longest_attempt_s(step)
    graces = {n: stop.grace_s for n, stop in enumerate(stops) if stop.grace_s is not None}
    short = {n: grace_s for n, grace_s in graces.items() if grace_s < longest_s}
    if not short:
        return
    outcome = (
        "is lost, as its message was acknowledged before"
        if queue.ack == "before"
        else "is done again from its beginning, at the cost of one of its attempts"
    )
    yield (
        f"a worker that is stopped has {format_time(min(short.values()))} to end its work (grace), and "
        f"{step.name} may take {format_time(longest_s)}: what is cut then {outcome}; a longer grace, or "
        "shorter attempts, let it end",
        {f"workers.stops[{n}].grace": rounded_up(longest_s) for n in short},
    )


def taken_for_dead(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """Yield concerns: a worker that stands still for longer than the queue waits for it.

    Args:
        facts: what is known of the queue.
    """
    queue, workers = facts.scenario.queue, facts.scenario.workers
    longest_s = max((freeze.for_s for freeze in workers.freezes), default=0.0)
    if not longest_s or queue.ack == "before":
        return
    work_s = 0.0 if workers.renew else max(map(_longest_attempt_s, facts.messages))
    limits: dict[str, tuple[float, float]] = {
        "queue.host_crash_detection": (_shortest_s(queue.host_detection), longest_s),
        "queue.visibility_timeout": (_shortest_s(queue.visibility_timeout), longest_s + work_s),
    }
    changes = {
        path: rounded_up(needed_s) for path, (limit_s, needed_s) in limits.items() if limit_s < needed_s
    }
    if not changes:
        return
    after_s = min(limit_s for limit_s, _ in limits.values())
    yield (
        f"a worker stands still for up to {format_time(longest_s)}, and the queue waits for "
        f"{format_time(after_s)}: then it hands the worker's messages to others, and when the worker wakes "
        "it ends what it has in hand, so that is done twice",
        changes,
    )


def tried_in_vain(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """Yield concerns: attempts at poisoned messages, and the dead letters at their end.

    Args:
        facts: what is known of the queue.
    """
    for step in facts.messages:
        most, enough = facts.scenario.most_deliveries(step), _enough_attempts(facts.scenario, step)
        if not (step.poison and facts.undelivered) or most is None or most <= enough:
            continue
        kills = ", and each kills a worker" if step.poison_kills else ""
        dead = facts.count("queue", "dead_lettered")
        alarm = (
            f"; {format_count(dead)} message{'' if dead == 1 else 's'} ended in the dead-letter queue, where "
            "only an alarm tells somebody who can mend and send them again"
        )
        yield (
            f"every attempt at {step.name} fails for {format_share(step.poison)} of the customers (poison), "
            f"and their messages are tried {format_count(most)} times{kills}: for what else may fail "
            f"{format_count(enough)} {'is' if enough == 1 else 'are'} enough{alarm if dead else ''}",
            {of_step(step.name, "retry", "attempts"): enough},
        )


def in_doubt(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """Yield concerns: a service that is asked again after a time-out, and may have done the work.

    Args:
        facts: what is known of the queue.
    """
    scenario = facts.scenario
    for step in scenario.steps:
        by = _time_out_before_another_try(scenario, step)
        if step.effect is None or step.idempotent or not by:
            continue
        if facts.count("duplicates", step.effect):
            continue  # which is a concern of its own, with the same change
        yield (
            f"{step.name} has a time-out {by} and is tried again after it, and "
            "nobody knows whether its service goes on: with an idempotency key it does nothing a second time",
            {of_step(step.name, "idempotent"): True},
        )


def _time_out_before_another_try(scenario: Scenario, step: Step) -> str:
    """The time-out that cuts attempts at a step which are then made again; empty if there is none."""
    clicks = bool(scenario.customer.resubmits)
    if _is_cut(step):
        again = scenario.attempts_on_queue(step) if step.background else step.retry.attempts
        may_repeat = again != 1 if step.background or step.retry.in_request else clicks
        if may_repeat:
            return f"of {format_time(step.timeout_s)}"
    if not step.background and clicks and _is_cut_by_server(scenario, step):
        return f"of its whole request (server.timeout, {format_time(scenario.server.timeout_s)})"
    return ""


def _is_cut(step: Step) -> bool:
    return step.timeout_s is not None and _nearly_longest_s(step) > step.timeout_s


def _is_cut_by_server(scenario: Scenario, step: Step) -> bool:
    """Whether the request may be killed while the step is at work: begun before, and not yet over."""
    if scenario.server.timeout_s is None:
        return False
    names = [each.name for each in scenario.steps]
    before = [each for each in scenario.steps[: names.index(step.name)] if not each.background]
    begins_s = sum(min(each.duration.quantile_s(0.0), each.timeout_s or inf) for each in before)
    ends_s = sum(min(_nearly_longest_s(each), each.timeout_s or inf) for each in [*before, step])
    return begins_s < scenario.server.timeout_s < ends_s


def _nearly_longest_s(step: Step) -> float:
    slowest = max([1.0, *(slowdown.factor for slowdown in step.slowdowns)])
    return step.duration.quantile_s(NEARLY_ALL) * slowest


def _longest_attempt_s(step: Step) -> float:
    return min(slowest_s(step), step.timeout_s or inf)


def _shortest_s(limit: Distribution | None) -> float:
    return inf if limit is None else limit.quantile_s(1 - SLOWEST)


def _enough_attempts(scenario: Scenario, step: Step) -> int:
    """Attempts after which a message has succeeded that can, but for one of a thousand.

    A delivery cut short by a crash, a stop or a time-out is an attempt, too.
    """
    workers, queue = scenario.workers, scenario.queue
    if step.outages or _is_cut(step):
        return ATTEMPTS
    fails = 1 - (1 - step.failure_rate) * (1 - workers.crash_rate)
    by_chance = 1 if not fails else ATTEMPTS if fails == 1 else ceil(log(GIVEN_UP) / log(fails) - 1e-9)
    may_return = workers.crashes or workers.may_pause or step.poison_kills or queue.visibility_timeout
    return max(by_chance, 1) + bool(may_return)
