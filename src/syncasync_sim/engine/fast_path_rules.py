"""Whether a run needs events: one table, a row a key of the scenario.

Without them a run is one pass over the customers and one over their messages (`fast_path`), which is possible
where each queue follows from the one before: the customers come, go through the threads in the order in which
they came, and their messages go through the workers. What feeds back, or strikes from outside, needs events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from syncasync_sim.model.distributions import Constant
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario


@dataclass(frozen=True, slots=True)
class EventRule:
    """One reason for which a run needs events."""

    key: str
    """The key of the scenario."""
    when: str
    """The values with which the run needs events, in words."""
    reason: str
    """Why."""
    applies: Callable[[Scenario, Mode], bool]
    """Whether it does so in this design of a scenario."""
    of_workers: bool = False
    """Whether only the workers need events for it, and the threads none."""


def _in_request(scenario: Scenario, mode: Mode) -> Iterator[Step]:
    return (step for step in scenario.steps if not scenario.background(step, mode))


def _on_workers(scenario: Scenario, mode: Mode) -> Iterator[Step]:
    return (step for step in scenario.steps if scenario.background(step, mode))


def _may_fail(step: Step) -> bool:
    return bool(step.failure_rate or step.poison or step.outages or step.timeout_s is not None)


def _may_click_again(scenario: Scenario, mode: Mode) -> bool:
    errors = any(_may_fail(step) and step.on_failure == "error" for step in _in_request(scenario, mode))
    return scenario.customer.resubmits > 0 and (scenario.customer.patience_s is not None or errors)


def _with_workers(applies: Callable[[Scenario], bool]) -> Callable[[Scenario, Mode], bool]:
    """The same, but never where there is nothing for the workers to do."""
    return lambda scenario, mode: any(_on_workers(scenario, mode)) and applies(scenario)


def _messages_may_fail(scenario: Scenario) -> bool:
    return any(map(_may_fail, _on_workers(scenario, "async")))


EVENT_RULES: tuple[EventRule, ...] = (
    EventRule(
        "customer.resubmits",
        "above 0, where a customer may give up or see an error",
        "a second click comes when the first one has failed, and waits behind others",
        _may_click_again,
    ),
    EventRule(
        "server.backlog",
        "a number",
        "whether a request is rejected depends on how many wait at that moment",
        lambda scenario, _: scenario.server.backlog is not None,
    ),
    EventRule(
        "server.drop_expired",
        "true, with `customer.patience`",
        "a request that was given up takes no thread",
        lambda scenario, _: scenario.server.drop_expired and scenario.customer.patience_s is not None,
    ),
    EventRule(
        "server.timeout",
        "set",
        "a request may be cut at any moment",
        lambda scenario, _: scenario.server.timeout_s is not None,
    ),
    EventRule(
        "server.restarts",
        "set",
        "a restart cuts all requests at one moment",
        lambda scenario, _: bool(scenario.server.restarts),
    ),
    EventRule(
        "steps.outages",
        "at a step in the request",
        "whether an attempt fails depends on when its request gets a thread",
        lambda scenario, mode: any(step.outages for step in _in_request(scenario, mode)),
    ),
    EventRule(
        "steps.slowdowns",
        "at a step in the request",
        "how long an attempt takes depends on when its request gets a thread",
        lambda scenario, mode: any(step.slowdowns for step in _in_request(scenario, mode)),
    ),
    EventRule(
        "steps.on_timeout",
        "`works_on`, with `timeout`",
        "the service goes on after its caller has given up",
        lambda scenario, _: any(
            step.on_timeout == "works_on" and step.timeout_s is not None for step in scenario.steps
        ),
    ),
    EventRule(
        "steps.concurrency",
        "a number",
        "threads and workers meet again at the called service",
        lambda scenario, _: any(step.concurrency is not None for step in scenario.steps),
    ),
    EventRule(
        "steps.poison_kills",
        "true, with `poison`",
        "a message may kill its worker",
        lambda scenario, mode: any(step.poison_kills and step.poison for step in _on_workers(scenario, mode)),
        of_workers=True,
    ),
    EventRule(
        "queue.publish_failure",
        "`outbox`",
        "a relay looks for messages at its own times",
        _with_workers(lambda scenario: scenario.queue.has_outbox),
    ),
    EventRule(
        "queue.capacity",
        "a number",
        "whether a message is accepted depends on how many wait at that moment",
        _with_workers(lambda scenario: scenario.queue.capacity is not None),
    ),
    EventRule(
        "queue.outages",
        "set",
        "nothing can be published or taken for a time",
        _with_workers(lambda scenario: bool(scenario.queue.outages)),
    ),
    EventRule(
        "queue.visibility_timeout",
        "not a constant, without `workers.renew`",
        "each delivery has a time-out of its own",
        _with_workers(
            lambda scenario: (
                not isinstance(scenario.queue.visibility_timeout, Constant | None)
                and not scenario.workers.renew
            )
        ),
        of_workers=True,
    ),
    EventRule(
        "queue.failure",
        "`timeout` or `in_place`, where work may fail",
        "a worker keeps a message that has failed",
        _with_workers(lambda scenario: scenario.queue.failure != "requeue" and _messages_may_fail(scenario)),
        of_workers=True,
    ),
    EventRule(
        "queue.prefetch",
        "not 1",
        "a worker takes messages before it can work on them",
        _with_workers(lambda scenario: scenario.queue.prefetch != 1),
        of_workers=True,
    ),
    EventRule(
        "queue.deal",
        "`round_robin` or `rotation`, with several workers",
        "whose turn it is depends on all messages before",
        _with_workers(lambda scenario: scenario.queue.deals_in_turn and scenario.workers.count > 1),
        of_workers=True,
    ),
    EventRule(
        "queue.max_in_flight",
        "below the number of workers",
        "free workers wait for others",
        _with_workers(
            lambda scenario: (
                scenario.queue.max_in_flight is not None
                and scenario.queue.max_in_flight < scenario.workers.count
            )
        ),
        of_workers=True,
    ),
    EventRule(
        "queue.partitions",
        "set",
        "who may take a message depends on the messages before it",
        _with_workers(lambda scenario: scenario.queue.partitions is not None),
        of_workers=True,
    ),
    EventRule(
        "workers.crashes",
        "set",
        "a crash cuts work at any moment",
        lambda scenario, _: bool(scenario.workers.crashes),
        of_workers=True,
    ),
    EventRule(
        "workers.crash_rate",
        "above 0",
        "a worker that dies of a message is away for a time",
        _with_workers(lambda scenario: bool(scenario.workers.crash_rate)),
        of_workers=True,
    ),
    EventRule(
        "workers.stops",
        "set",
        "a worker takes nothing for a time",
        lambda scenario, _: bool(scenario.workers.stops),
        of_workers=True,
    ),
    EventRule(
        "workers.freezes",
        "set",
        "a worker stands still for a time",
        lambda scenario, _: bool(scenario.workers.freezes),
        of_workers=True,
    ),
)
"""All reasons, in the order of the keys in a scenario."""


def reasons_for_events(scenario: Scenario, mode: Mode) -> list[EventRule]:
    """Return the reasons for which a run needs events; none if one pass makes the same trace.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    return [rule for rule in EVENT_RULES if rule.applies(scenario, mode)]


def is_applicable(scenario: Scenario, mode: Mode) -> bool:
    """Whether one pass can make the trace of this design of a scenario.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    return not any(rule.applies(scenario, mode) for rule in EVENT_RULES)


def serves_ahead(scenario: Scenario, mode: Mode) -> bool:
    """Whether the threads need no events, though the workers may.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    return all(rule.of_workers for rule in reasons_for_events(scenario, mode))
