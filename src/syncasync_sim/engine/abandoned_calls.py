"""Calls whose caller has given up: the called service works on, and keeps its slot meanwhile."""

from __future__ import annotations

from syncasync_sim.engine.called_service import CalledService
from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import AFTER_LOWER_NUMBERS, SERVICE_ENDS, Event

_CALL_ENDS = SERVICE_ENDS + AFTER_LOWER_NUMBERS + AFTER_LOWER_NUMBERS // 2
"""Among all that ends at an instant, called services come after requests and workers."""


class AbandonedCall(Event):
    """The moment at which a service is done with a call that nobody waits for any more."""

    __slots__ = ("service",)

    def __init__(self, service: CalledService) -> None:
        self.service = service


class AbandonedCalls:
    """What called services do after a time-out of their callers, for steps with `on_timeout: works_on`."""

    def __init__(self, context: RunContext) -> None:
        self._env = context.env
        self._recorder = context.recorder
        self._attempts = context.attempts

    def begin(
        self,
        attempt: int,
        step: int,
        call: tuple[int, int, int],
        started: int,
        service: CalledService | None,
        late: int = 0,
    ) -> None:
        """A caller gives up now: its service goes on to the full length of the attempt.

        Args:
            attempt: the row of the attempt.
            step: the index of the step.
            call: the customer, the click and the number of the attempt.
            started: the time at which the attempt began, in microseconds.
            service: the service with its slots; None where they are unlimited.
            late: by how much the attempt has moved as its worker stood still, in microseconds.
        """
        length, outcome = self._attempts[step].in_service(*call, started)
        ends_at = started + length + late
        self._recorder.worked_on(attempt, ends_at, outcome)
        if service is not None:
            abandoned = AbandonedCall(service)
            self._env.schedule_at(ends_at, _CALL_ENDS + attempt, abandoned, self._end)

    def _end(self, call: AbandonedCall) -> None:
        call.service.release()
