"""Steps of a request that failed for good without ending it (`on_failure: continue`)."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import compress

from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.columns import Rows, marks
from syncasync_sim.trace.records import Attempt, is_worker

_FAILED = (AttemptOutcome.FAILED, AttemptOutcome.TIMED_OUT, AttemptOutcome.ANSWER_LOST)


def went_on_after_failure(scenario: Scenario, mode: Mode, attempts: Rows[Attempt]) -> AbstractSet[int]:
    """Return the rows of the requests in which a step failed for good, and that went on all the same.

    Args:
        scenario: the scenario that was run.
        mode: the design, `sync` or `async`.
        attempts: the attempts of the run.
    """
    return frozenset(failed_for_good(scenario, mode, attempts).values())


def failed_for_good(scenario: Scenario, mode: Mode, attempts: Rows[Attempt]) -> Mapping[int, int]:
    """Return the rows of the attempts with which a step failed for good, each with the row of its request.

    The request went on all the same.

    A step has failed for good with the failure of its last attempt in the request.

    Args:
        scenario: the scenario that was run.
        mode: the design, `sync` or `async`.
        attempts: the attempts of the run.
    """
    last = {
        index: step.retry.attempts if step.retry.in_request else 1
        for index, step in enumerate(scenario.steps)
        if step.on_failure == "continue" and not scenario.background(step, mode)
    }
    if not last:
        return {}
    rows = enumerate(attempts.columns("request", "step", "number", "by"))
    return {
        row: request
        for row, (request, step, number, by) in compress(rows, marks(attempts.column("outcome"), *_FAILED))
        if last.get(step) == number and not is_worker(by)
    }
