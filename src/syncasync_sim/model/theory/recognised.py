"""Which scenarios queueing theory can answer: the known systems in a scenario, and what they say.

Recognised only where the formula holds for what the engine does. A key that nobody has thought about here
must stand at its default, so a new one makes theory silent rather than wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from syncasync_sim.model.distributions import Constant, Distribution, Exponential
from syncasync_sim.model.fields import StrictModel
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.request_parts import Retry, Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory import formulas
from syncasync_sim.model.theory.formulas import QueueMetrics

MOST_ROOM = 10_000
"""A line with room for more fills up so slowly that no run comes near its long run."""

_TEXTS_OF_SCENARIO = ("name", "title", "description", "seed", "warm_up", "expect")
_LOOKED_AT_IN_SCENARIO = ("traffic", "customer", "server", "steps", "queue", "workers")
_LOOKED_AT_IN_STEP = (
    *("name", "duration", "effect", "background", "needed_for_reply", "failure_rate", "idempotent", "retry"),
)
# Without crashes, outages and messages that end badly these change nothing that theory tells.
_HARMLESS_IN_QUEUE = (
    *("crash_detection", "host_crash_detection", "durable", "late_ack", "dead_letter", "limit_counts"),
    "in_process",  # only a restart of the web server makes a difference
    "deal",  # which of the idle workers takes; one that holds more than one message is not covered
)


@dataclass(frozen=True, slots=True)
class Theory:
    """What queueing theory says about one figure of a run, in the long run.

    *figure* is the dotted name of the figure, *value_s* what theory says of it. *utilisation* is that of the
    busiest of the lines it goes through, *loss* the share of the requests that are rejected.
    """

    system: str
    figure: Literal["response_time_s.mean", "completion_time_s.mean"]
    value_s: float
    utilisation: float
    loss: float = 0.0


@dataclass(frozen=True, slots=True)
class _Service:
    """The time for which one thread or worker is held; `success_s` is its mean where all goes well."""

    shape: Literal["constant", "exponential", "general"]
    mean_s: float
    variance_s2: float
    succeeds: float
    success_s: float


def recognise(scenario: Scenario, mode: Mode) -> tuple[Theory, ...]:
    """Return the results of queueing theory for a scenario in one design; empty without a closed form.

    Arrivals must be Poisson at one rate, and only failures may disturb the run. The threads are M/M/c, M/D/1,
    M/G/1, M/M/c/K (with a backlog) or M/G/c/c (without one). A thread keeps a request through its retries
    (without delay), so a retry does not return to the end of the queue: the service time is the sum of the
    attempts. This sum is exponential if the attempts are exponential and unlimited; otherwise the queue is
    M/G/1 by its moments.

    The workers are such a queue too if messages reach them as a Poisson process: from unlimited threads
    (M/G/infinity, whose departures are Poisson) or from M/M/c (Burke 1956). A worker's failed message returns
    to the front at once, which is again a sum of attempts.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    published = [index for index, step in enumerate(scenario.steps) if scenario.background(step, mode)]
    if not _is_request_covered(scenario) or (published and not _is_queue_covered(scenario)):
        return ()
    request = _request_service(scenario, mode)
    rate = scenario.traffic.rate_per_s
    if request is None or not rate:
        return ()
    line = _server_line(scenario, float(rate), request)
    results = []
    if line is not None:
        waits_s = line.mean_wait_s + request.success_s
        results.append(Theory(line.system, "response_time_s.mean", waits_s, line.utilisation, line.loss))
    if published:
        results += _completion(scenario, published, request, line)
    return tuple(results)


def _completion(
    scenario: Scenario, published: list[int], request: _Service, line: QueueMetrics | None
) -> list[Theory]:
    """When the work is done: the request, up to its one message at its end, and the line of the workers."""
    takes_time_after = any(step.duration.mean_s for step in scenario.steps[published[0] + 1 :])
    rate = float(scenario.traffic.rate_per_s or 0) * request.succeeds
    work = _worker_service(scenario, scenario.steps[published[0]])
    if len(published) > 1 or takes_time_after or work is None or not (work.mean_s and scenario.workers.count):
        return []
    workers = _line(rate, work, scenario.workers.count, None)
    if workers is None:
        return []
    done_s = request.success_s + workers.mean_wait_s + work.success_s
    completed = partial(Theory, figure="completion_time_s.mean")
    if scenario.server.threads is None or not request.mean_s:
        return [completed(system=workers.system, value_s=done_s, utilisation=workers.utilisation)]
    # What leaves M/M/c is Poisson, but not if somebody was turned away or the thread ends on a constant.
    if line is None or scenario.server.backlog is not None or request.shape != "exponential":
        return []
    system, busiest = f"{line.system}, then {workers.system}", max(line.utilisation, workers.utilisation)
    return [completed(system=system, value_s=line.mean_wait_s + done_s, utilisation=busiest)]


# -- what is held for how long ------------------------------------------------------------------------


def _request_service(scenario: Scenario, mode: Mode) -> _Service | None:
    """The time a thread is held by one request."""
    done = [step for step in scenario.steps if not scenario.background(step, mode)]
    publishes = len(scenario.steps) - len(done)
    pieces = [step.duration for step in done] + [scenario.queue.publish] * publishes
    failing = [step for step in done if step.failure_rate]
    if not failing:
        return _service(pieces)
    step, retry = failing[0], failing[0].retry
    if len(failing) > 1 or math.fsum(piece.mean_s for piece in pieces) > step.duration.mean_s:
        return None  # what happens after a failure, or before it, would make two kinds of requests
    return _with_failures([step.duration], step, retry.attempts if retry.in_request else 1)


def _worker_service(scenario: Scenario, step: Step) -> _Service | None:
    """The time a worker is held by one message, over all its deliveries."""
    pieces = [scenario.queue.deliver, step.duration]
    return _with_failures(pieces, step, step.retry.attempts) if step.failure_rate else _service(pieces)


def _service(pieces: Sequence[Distribution]) -> _Service:
    """Independent pieces one after the other: means and variances add up."""
    taking_time = [piece for piece in pieces if piece.mean_s]
    mean_s, variance_s2 = sum(p.mean_s for p in pieces), sum(p.variance_s2 for p in pieces)
    shape: Literal["constant", "exponential", "general"] = "general"
    if all(isinstance(piece, Constant) for piece in taking_time):
        shape = "constant"
    elif len(taking_time) == 1 and isinstance(taking_time[0], Exponential):
        shape = "exponential"
    return _Service(shape, mean_s, variance_s2, 1.0, mean_s)


def _with_failures(pieces: Sequence[Distribution], step: Step, attempts: int | None) -> _Service | None:
    """The same tried again on the spot, where that takes no time between the attempts."""
    once, p = _service(pieces), step.failure_rate
    if p == 1 or (attempts != 1 and not _is_at_once(step.retry)):
        return None
    v = formulas.tries(p, attempts)
    mean_s, variance_s2 = formulas.repeated(once.mean_s, once.variance_s2, p, attempts)
    keeps_shape = attempts == 1 or (attempts is None and once.shape == "exponential")
    shape = once.shape if keeps_shape else "general"
    return _Service(shape, mean_s, variance_s2, v.succeeds, v.mean_of_successes * once.mean_s)


def _is_at_once(retry: Retry) -> bool:
    return retry.delay_s == 0


# -- which line ---------------------------------------------------------------------------------------


def _server_line(scenario: Scenario, rate: float, service: _Service) -> QueueMetrics | None:
    """The line of requests before the threads; None where nobody waits or no formula is known."""
    threads, backlog = scenario.server.threads, scenario.server.backlog
    if threads is None or not service.mean_s:
        return None
    return _line(rate, service, threads, None if backlog is None else threads + backlog)


def _line(rate: float, service: _Service, servers: int, room: int | None) -> QueueMetrics | None:
    if room is not None and room > MOST_ROOM:
        return None
    try:
        return _closed_form(rate, service, servers, room)
    except ValueError:  # it grows without end
        return None


def _closed_form(rate: float, service: _Service, servers: int, room: int | None) -> QueueMetrics | None:
    mean_s = service.mean_s
    if service.shape == "exponential":
        if room is not None:
            return formulas.mmck(rate, mean_s, servers, room)
        return formulas.mm1(rate, mean_s) if servers == 1 else formulas.mmc(rate, mean_s, servers)
    if room == servers:
        return formulas.mgcc(rate, mean_s, servers)
    if servers > 1 or room is not None:
        return None
    constant = service.shape == "constant"
    return formulas.md1(rate, mean_s) if constant else formulas.mg1(rate, mean_s, service.variance_s2)


# -- nothing else happens -----------------------------------------------------------------------------


def _is_request_covered(scenario: Scenario) -> bool:
    """Poisson arrivals at one rate, and nothing in the request that no formula knows."""
    return (
        _has_defaults(scenario, *_TEXTS_OF_SCENARIO, *_LOOKED_AT_IN_SCENARIO)
        and scenario.traffic.arrivals == "poisson"
        and _has_defaults(scenario.traffic, "rate_per_s", "for_s", "arrivals")
        and _has_defaults(scenario.customer)
        and _has_defaults(scenario.server, "threads", "backlog", "drop_expired")
        and all(_has_defaults(step, *_LOOKED_AT_IN_STEP) for step in scenario.steps)
    )


def _is_queue_covered(scenario: Scenario) -> bool:
    queue = _has_defaults(scenario.queue, "broker", "publish", "deliver", *_HARMLESS_IN_QUEUE)
    return queue and _has_defaults(scenario.workers, "count", "restart_after_s")


def _has_defaults(part: StrictModel, *apart_from: str) -> bool:
    """Whether every field stands at its default, *apart_from* those named."""
    fields = type(part).model_fields
    return all(
        getattr(part, name) == field.get_default(call_default_factory=True)
        for name, field in fields.items()
        if name not in apart_from
    )
