"""The web service of a run: its process, its port, and the restarts that the scenario wants."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from syncasync_sim.errors import LiveError
from syncasync_sim.live.child_process import LEAVE_S, Process
from syncasync_sim.live.event_log import EventLog
from syncasync_sim.live.plan import Clock, Plan
from syncasync_sim.live.schedule import Schedule
from syncasync_sim.live.servers import Ports
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.request_parts import Restart


@dataclass(slots=True)
class Downtime:
    """One time at which the service is down, in microseconds of the scenario."""

    until: int
    """When it is to be open again."""
    back: int | None = None
    """When it was; None while it is down."""

    def is_late(self, now: int) -> bool:
        """Whether it should be open, and is not yet.

        Args:
            now: the time, in microseconds of the scenario.
        """
        return self.back is None and now >= self.until


class ServiceProcess:
    """The process that listens, and a spare one that takes its port at the end of a restart."""

    def __init__(
        self, plan: Plan, event_log: EventLog, schedule: Schedule, new: Callable[[str], Process]
    ) -> None:
        self._plan, self._event_log, self._new = plan, event_log, new
        self.downtimes: list[Downtime] = []
        """Those that have begun, in order."""
        self._restarts = merged(plan.scenario.server.restarts)
        self._left = len(self._restarts)
        for at, until in self._restarts:
            schedule.at(at, partial(self._restart, until))
        self._current: Process | None = None
        self._spare: Process | None = None
        self._ports, self._port = Ports(), 0
        self.sent: Callable[[], int] = lambda: 0
        """How many clicks have been sent."""

    def begin_to_start(self) -> None:
        """Start the processes; this does not wait for them."""
        self._current = self._new("web_service")
        if self._left:
            self._spare = self._new("web_service")

    def end_to_start(self, goes_on: Callable[[], bool]) -> int:
        """Return the port of the service, when it listens.

        Args:
            goes_on: asked now and then whether to go on waiting.

        Raises:
            LiveError: it does not start.
            RunStopped: it was not to go on.
        """
        assert self._current is not None
        self._current.expect("loaded", self._event_log, goes_on)
        if self._left:  # while it is down, nobody else is to have its port
            self._port = self._ports.take()
        self._current.tell(f"{self._port} 0")
        [port] = self._current.expect("ready", self._event_log, goes_on)
        if self._spare is not None:
            self._spare.expect("loaded", self._event_log, goes_on)
        return int(port)

    def _restart(self, until: int, clock: Clock) -> None:
        """Kill it as a power cut would, and let the spare open at the end."""
        assert self._current is not None
        assert self._spare is not None
        self.downtimes.append(Downtime(until))  # before: customers see at once that it is gone
        self._current.kill()
        self._event_log.service_died(clock.now_us(), self.sent(), self._plan.scenario.queue)
        self._current, self._spare = self._spare, None
        self._current.tell(f"{self._port} {clock.moment(until)!r}")
        self._left -= 1
        if self._left:
            self._spare = self._new("web_service")

    def notice(self, clock: Clock) -> None:
        """Notice that it is open again, or gone.

        Args:
            clock: the clock of the run.

        Raises:
            LiveError: it has died on its own.
        """
        if self._current is None:
            return
        if self.is_down and self._current.said()[:1] == ["ready"]:  # before it, the spare may say "loaded"
            self.downtimes[-1].back = clock.now_us()
        if self._current.popen.poll() is not None:
            raise LiveError(f"the web service has died: {self._current.last_words()}")

    @property
    def is_down(self) -> bool:
        """Whether it is down as the scenario wants it."""
        return bool(self.downtimes) and self.downtimes[-1].back is None

    def finish(self) -> None:
        """Let it write its last events."""
        if self._current is not None and self._current.popen.poll() is None:
            self._current.ask_to_stop()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._current.popen.wait(LEAVE_S)

    def close(self) -> None:
        """Give up the port."""
        self._ports.close()


def merged(restarts: Sequence[Restart]) -> list[tuple[int, int]]:
    """Return the begin and the end of each restart in microseconds; those that overlap or touch are one.

    Args:
        restarts: the restarts of a scenario.
    """
    spans: list[tuple[int, int]] = []
    for at, until in sorted((to_us(r.at_s), to_us(r.at_s) + to_us(r.for_s)) for r in restarts):
        if spans and at <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(until, spans[-1][1])
        else:
            spans.append((at, until))
    return spans
