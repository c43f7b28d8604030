"""Before you put it on a queue: which of the queue's settings do harm, and the change that mends each.

One rule is one row of QUEUE_RULES. A rule looks at the scenario and at what its asynchronous design did,
and yields concerns: what is wrong, in a sentence, and the change. Whether the change helps is measured
(`syncasync_sim.advice.queue_advice`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from typing import Any

from syncasync_sim.advice.fault_rules import cut_by_a_stop, in_doubt, taken_for_dead, tried_in_vain
from syncasync_sim.advice.queue_facts import ATTEMPTS, ROOM, ROUND, Changes, QueueFacts, rounded_up
from syncasync_sim.model.attempts import delay_us
from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.late_work import late_work
from syncasync_sim.model.paths import of_step
from syncasync_sim.model.quantities import US_PER_S, parse_duration
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory import downtime
from syncasync_sim.trace.losses import LossCause

FACTOR = 2
"""Each further delay is advised to be this many times the one before."""
SPARE = 1.25
"""So many times the workers that would be busy are advised."""
RESTART_S = 5
"""Within so many seconds something that watches over workers starts a dead one again."""
MANY = 1_000
"""More attempts than these are as good as unlimited."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Something about the queue that does harm: the rule, a sentence, and the change that mends it."""

    rule: QueueRule
    sentence: str
    changes: Changes


@dataclass(frozen=True, slots=True)
class QueueRule:
    """One rule: its name, and the concerns it has about a queue.

    Some settings only may do harm: what `if_better` rules say is shown only where the change was measured to
    make something better.
    """

    name: str
    look: Callable[[QueueFacts], Iterator[tuple[str, Changes]]]
    if_better: bool = False


def concerns(facts: QueueFacts) -> list[Concern]:
    """Return the concerns of the rules about the queue, in the order of the rules.

    There are none without a step on the queue.
    """
    if not any(facts.messages):
        return []
    return [
        Concern(rule, sentence, changes) for rule in QUEUE_RULES for sentence, changes in rule.look(facts)
    ]


def _visibility_timeout(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """A message that is worked on for longer than its visibility timeout is handed out again meanwhile."""
    late = late_work(facts.scenario)
    if late is None:
        return
    sentence = (
        f"{late.step.name} may take {format_time(late.longest_s)}, and after {format_time(late.timeout_s)} "
        "the queue takes the worker for lost and hands the message to the next one, while the first still "
        "works on it"
    )
    if BROKERS[facts.scenario.queue.broker].can_renew:
        yield sentence, {"workers.renew": True}
    else:
        yield sentence, {"queue.visibility_timeout": rounded_up(ROOM * late.longest_s)}


def _held(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """No other worker can do the messages that a worker only holds, and their visibility timeout runs."""
    queue, workers = facts.scenario.queue, facts.scenario.workers
    if queue.prefetch == 1 or facts.count("queue", "delivered") <= workers.count:
        return
    number = "any number of" if queue.prefetch is None else f"up to {format_count(queue.prefetch)}"
    sentence = (
        f"each worker holds {number} messages and works on them one at a time: no other worker can do "
        "the messages that the worker only holds"
    )
    if queue.visibility_timeout is not None and queue.ack == "after":
        sentence += ", and their visibility timeout runs meanwhile"
    yield sentence, {"queue.prefetch": 1}


def _twice(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """At-least-once delivery, and customers who click again, do things twice."""
    for step in facts.scenario.steps:
        times = facts.count("duplicates", step.effect) if step.effect else 0
        if not times or step.idempotent:
            continue
        again = step.background and facts.count("queue", "redelivered")
        clicked = facts.figures["requests"] > facts.figures["customers"]
        whys = [
            *(["the queue delivers a message again"] if again else []),
            *(["a customer who sees no page clicks again"] if clicked else []),
        ]
        yield (
            f"{step.effect} happened {format_count(times)} {'time' if times == 1 else 'times'} too often, as "
            f"{' and '.join(whys) or 'the step is done again'}: "
            "with an idempotency key the second time does nothing",
            {of_step(step.name, "idempotent"): True},
        )


def _dual_write(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """A request that writes to its database and to the broker may succeed with one of the two only."""
    scenario, refused = facts.scenario, facts.refused
    saved = [step.effect for step in scenario.steps if step.effect and not step.background]
    if not refused or not saved:
        return
    ignored = scenario.queue.publish_failure == "ignore"
    outcome = "the message is lost and nobody learns of it" if ignored else "the customer sees an error page"
    yield (
        f"the queue refused {format_count(refused)} message{'' if refused == 1 else 's'}: then {outcome}, "
        f"while {' and '.join(dict.fromkeys(saved))} may have happened in the request; with an outbox the "
        "request writes the message into the database, together with its own data, and a relay publishes it "
        "later",
        {"queue.publish_failure": "outbox"},
    )


def _ack_before(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """A message that is acknowledged before the work is lost with the worker, and with a failure."""
    failed, stopped = (facts.lost.get(cause) for cause in (LossCause.EARLY_ACKNOWLEDGEMENT, LossCause.STOP))
    if failed or stopped:
        also = ", or a stop before they are begun," if stopped else ""
        yield (
            "messages are acknowledged before the work: a worker that dies, or work that fails"
            f"{also} loses them",
            {"queue.ack": "after"},
        )


def _outage(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """All attempts of a message fall into the outage of the service that it needs."""
    queue = facts.scenario.queue
    for step in facts.messages:
        longest_s = max((outage.for_s or 0.0 for outage in step.outages), default=0.0)
        limit = facts.scenario.most_deliveries(step)
        helps = queue.ack == "after" and queue.failure != "timeout"
        if not longest_s or limit is None or not facts.undelivered or not helps:
            continue
        waits_s = retry_span_s(step, limit)
        if waits_s >= longest_s:
            continue
        attempts = ATTEMPTS if limit == 1 else limit  # one attempt has no delay that could be longer
        factor = FACTOR if step.retry.delays_s is None else 1
        longer = (text for text in ROUND if _span_s(parse_duration(text), factor, attempts) > longest_s)
        delay = next(longer, None)
        if delay is None:
            continue
        last_s = min(parse_duration(delay) * float(FACTOR) ** min(attempts - 2, 60), longest_s)
        retry = {"max_delay": rounded_up(max(last_s, 60.0)), "delay": delay, "factor": FACTOR}
        changes: dict[str, Any] = {of_step(step.name, "retry", key): value for key, value in retry.items()}
        if step.retry.delays_s is not None:
            changes = {of_step(step.name, "retry", "delays"): [delay]}
        tried = f"{format_count(limit)} attempts at {step.name} are over within {format_time(waits_s)}"
        if limit == 1:
            tried = f"a message of {step.name} has only one attempt"
            limits = {of_step(step.name, "retry", "attempts"): step.retry.attempts}
            limits["queue.max_deliveries"] = queue.max_deliveries
            changes |= {
                path: attempts for path, most in limits.items() if most is not None and most < attempts
            }
        yield (
            f"{tried}, and its service is down for {format_time(longest_s)}: the message is given up before "
            "that ends",
            changes,
        )


def retry_span_s(step: Step, attempts: int) -> float:
    """Return the seconds from the end of the first attempt to the beginning of the last, without the work.

    Args:
        step: the step whose retries are asked for.
        attempts: the number of attempts, the first one included.
    """
    return sum(delay_us(step.retry, n) for n in range(1, min(attempts, MANY))) / US_PER_S


def _span_s(delay_s: float, factor: float, attempts: int) -> float:
    """The same of delays that grow without a limit."""
    if attempts < 2:
        return 0.0
    return sum(accumulate(range(min(attempts, MANY) - 2), lambda d, _: d * factor, initial=delay_s))


def _partitions(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """A partition is read by one worker: a worker more than there are partitions has nothing to do."""
    queue, count = facts.scenario.queue, facts.scenario.workers.count
    if isinstance(queue.partitions, int) and queue.assignment == "owned" and count > queue.partitions:
        only = "1 partition" if queue.partitions == 1 else f"{format_count(queue.partitions)} partitions"
        yield (
            f"{only} for {format_count(count)} workers: each partition is read by one worker, the others get "
            "no message",
            {"queue.partitions": count},
        )


def _endless(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """A message that is tried for ever keeps those behind it waiting, or comes back for ever."""
    queue = facts.scenario.queue
    if queue.max_deliveries is not None:
        return
    for step in facts.messages:
        fails = step.failure_rate or step.poison or step.outages or step.timeout_s is not None
        if step.retry.attempts is not None or not fails or not facts.count("work", "unfinished"):
            continue
        blocks = queue.partitions is not None and queue.failure == "in_place"
        effect = "the messages behind it in its partition wait" if blocks else "it comes back again and again"
        yield (
            f"{step.name} is tried without a limit: while it fails, {effect}",
            {of_step(step.name, "retry", "attempts"): ATTEMPTS, "queue.dead_letter": True},
        )


def _dead_letters(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """What is given up after the last attempt is gone, unless there is a queue for it."""
    if facts.lost.get(LossCause.LAST_DELIVERY):
        yield (
            "there is no dead-letter queue: a message that was tried for the last time is dropped, and "
            "nobody can repair it later",
            {"queue.dead_letter": True},
        )


def _not_durable(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """A broker that keeps its messages in memory loses them with itself."""
    if facts.lost.get(LossCause.OUTAGE):
        yield (
            "the broker keeps the messages in memory only: when it goes down, what waits in it is lost",
            {"queue.durable": True},
        )


def _in_process(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """A queue in the memory of the web server is lost with every restart of it."""
    if facts.lost.get(LossCause.RESTART):
        yield (
            "the queue is in the memory of the web server: a restart loses what waits in it, and what "
            "workers have in hand",
            {"queue.in_process": False},
        )


def _down(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """Workers that die and are not restarted soon: the messages wait for them, or find no place."""
    down = downtime.with_its_effect(facts.scenario)
    paths = [
        path
        for each in downtime.long_downtimes(facts.scenario)
        for path in each.restarts
        if each.until_s - each.from_s > RESTART_S
    ]
    if paths:
        yield down, dict.fromkeys(sorted(paths), f"{RESTART_S}s")
    workers, died = facts.scenario.workers, facts.count("workers", "crashes")
    dies = workers.crash_rate or any(step.poison and step.poison_kills for step in facts.messages)
    if dies and workers.restart_after_s is None and died:
        yield (
            f"{format_count(died)} worker{'' if died == 1 else 's'} of {format_count(workers.count)} died "
            "in a run, and a worker that dies of a message is not restarted",
            {"workers.restart_after": f"{RESTART_S}s"},
        )


def _service(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """The work that comes is more than a called service can do, however many workers there are."""
    if facts.overload is None or facts.overload.station.kind != "service":
        return
    station = facts.overload.station
    calls = facts.overload.load * station.number
    most = ceil(calls * SPARE)
    changes = {of_step(station.step, "concurrency"): most}
    if facts.scenario.workers.count < most:
        changes["workers.count"] = most
    yield (
        f"at the height of the traffic {format_count(calls)} calls of {station.step} would be under way "
        f"at once, and its service takes {format_count(station.number)} (concurrency), so more workers alone "
        "do not help: "
        f"{overload_effect(facts.scenario, facts.turned_away)}",
        changes,
    )


def _workers(facts: QueueFacts) -> Iterator[tuple[str, Changes]]:
    """The work that comes is more than the workers can do."""
    if facts.overload is None or facts.overload.station.kind != "workers":
        return
    count, busy = facts.scenario.workers.count, facts.overload.load * facts.overload.station.servers
    yield (
        f"at the height of the traffic {format_count(busy)} workers would be busy, and there "
        f"{'is' if count == 1 else 'are'} {format_count(count)}: "
        f"{overload_effect(facts.scenario, facts.turned_away)}",
        {"workers.count": ceil(busy * SPARE)},
    )


def overload_effect(scenario: Scenario, turned_away: float) -> str:
    """What comes of it when more messages come than the workers can do: a full queue does not grow.

    Args:
        scenario: the scenario.
        turned_away: the messages that a full queue refused or dropped.
    """
    capacity = scenario.queue.capacity
    if capacity is None:
        return "the queue grows as long as it lasts"
    if not turned_away:
        return f"the queue grows up to its capacity of {format_count(capacity)}"
    does = "drops the oldest message" if scenario.queue.when_full == "drop_oldest" else "refuses new messages"
    return f"the full queue {does} ({format_count(turned_away)} in a run)"


QUEUE_RULES: tuple[QueueRule, ...] = (
    QueueRule("no room in the visibility timeout", _visibility_timeout),
    QueueRule("done twice", _twice),
    QueueRule("a time-out leaves it open", in_doubt),
    QueueRule("two writes without an outbox", _dual_write),
    QueueRule("acknowledged too early", _ack_before),
    QueueRule("cut by a stop", cut_by_a_stop, if_better=True),
    QueueRule("taken for dead", taken_for_dead, if_better=True),
    QueueRule("attempts end before the outage", _outage),
    QueueRule("tried in vain", tried_in_vain),
    QueueRule("held by one worker", _held, if_better=True),
    QueueRule("workers without a partition", _partitions, if_better=True),
    QueueRule("no limit of attempts", _endless),
    QueueRule("no dead-letter queue", _dead_letters),
    QueueRule("messages in memory only", _not_durable),
    QueueRule("messages in the web server", _in_process),
    QueueRule("workers that are down", _down),
    QueueRule("service at its limit", _service, if_better=True),
    QueueRule("too few workers", _workers, if_better=True),
)
"""In the order in which they are shown: what does harm to customers first, what only takes time last."""
