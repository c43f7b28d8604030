"""Who waits for a place at a service that takes only so many at once."""

from __future__ import annotations

from itertools import chain

from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.publishing import handed_over_us
from syncasync_sim.trace.records import ServerOutcome, Trace, is_worker
from syncasync_sim.trace.series import Series, series


def waiting_for_a_service(trace: Trace) -> Series:
    """The requests that hold a thread and wait for a busy service; a retry delay does not count."""
    limited = {index for index, step in enumerate(trace.scenario.steps) if step.concurrency is not None}
    if not limited:
        return series((), ())
    ups: list[int] = []
    downs: list[int] = []
    free = dict(enumerate(trace.requests.column("began")))
    last: dict[int, tuple[int, int]] = {}
    for started, ended, request, step, number, outcome in _stretches(trace):
        if number == 1 and step in limited:
            ups.append(free[request])
            downs.append(started)
        free[request] = ended
        last[request] = step, outcome
    interrupted = (int(ServerOutcome.OPEN), int(ServerOutcome.KILLED), int(ServerOutcome.CUT))
    for request, (ended, end) in enumerate(trace.requests.columns("ended", "end")):
        step, outcome = last.get(request, (-1, AttemptOutcome.OK))
        is_open = end in interrupted and free[request] != NEVER
        if is_open and outcome == AttemptOutcome.OK and _next(trace, step) in limited:
            ups.append(free[request])  # the run was cut while they waited, or the server ended the request
            downs.append(ended)
    return series(ups, downs)


def _stretches(trace: Trace) -> list[tuple[int, int, int, int, int, int]]:
    """What the requests did themselves, in order of time: attempts, and publishing, which has number 0."""
    attempts = trace.attempts.columns("started", "ended", "request", "step", "number", "outcome", "by")
    own = [
        (at, end, request, step, number, outcome)
        for at, end, request, step, number, outcome, by in attempts
        if not is_worker(by)
    ]
    messages = zip(handed_over_us(trace), trace.messages.columns("request", "step"), strict=True)
    own += [(at, at, request, step, 0, int(AttemptOutcome.OK)) for at, (request, step) in messages]
    return sorted(own, key=lambda row: (row[0], row[3]))


def _next(trace: Trace, step: int) -> int | None:
    """The step a request does itself after *step*; None where it is done, or publishes first."""
    later = step + 1
    steps = trace.scenario.steps
    return None if later >= len(steps) or (trace.mode == "async" and steps[later].background) else later


def together(first: Series, second: Series) -> Series:
    """The sum of two series.

    Args:
        first: a series.
        second: another series.
    """
    return series(chain(first.rises_us, second.rises_us), chain(first.falls_us, second.falls_us))
