"""All processes of a run: the web service, the workers and the relay; it leaves none behind."""

from __future__ import annotations

from collections.abc import Callable

from syncasync_sim.errors import LiveError
from syncasync_sim.live.child_process import Process
from syncasync_sim.live.event_log import EventLog
from syncasync_sim.live.plan import Clock, Plan
from syncasync_sim.live.schedule import Schedule
from syncasync_sim.live.service_process import ServiceProcess
from syncasync_sim.live.uninterrupted import uninterrupted
from syncasync_sim.live.worker_processes import WorkerProcesses


class Supervisor:
    """Starts the processes of a run, and makes happen to them what the scenario wants; a context."""

    def __init__(self, plan: Plan, event_log: EventLog) -> None:
        self._plan, self._event_log = plan, event_log
        self.faults = Schedule()
        """What is still to happen to them; false when nothing is."""
        self._all: list[Process] = []
        self.service = ServiceProcess(plan, event_log, self.faults, self._new)
        """The web service."""
        self._workers = WorkerProcesses(plan, event_log, self.faults, self._new)
        self._relay: Process | None = None

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        with uninterrupted():  # a process that lives would write into the folder while it is removed
            for process in self._all:
                process.kill()
            self.service.close()

    def _new(self, module: str) -> Process:
        process = Process(self._plan, module)
        self._all.append(process)
        return process

    def start(self, goes_on: Callable[[], bool]) -> int:
        """Start all processes, and wait until they are ready.

        Args:
            goes_on: asked now and then whether to go on waiting.

        Returns:
            The port of the web service.

        Raises:
            LiveError: one of them does not start.
            RunStopped: it was not to go on.
        """
        self.service.begin_to_start()
        self._workers.begin_to_start()
        if self._plan.has_relay:
            self._relay = self._new("relay")
        port = self.service.end_to_start(goes_on)
        self._workers.end_to_start(goes_on)
        if self._relay is not None:
            self._relay.expect("ready", self._event_log, goes_on)
        return port

    def begin(self, clock: Clock) -> None:
        """Tell those that wait for it when the scenario's 0 is.

        Args:
            clock: the clock of the run.

        Raises:
            LiveError: one of them has died.
        """
        if self._relay is not None:
            self._relay.tell(repr(clock.began_at))

    def tick(self, clock: Clock) -> None:
        """Cause the faults that are due, and notice processes that ended on their own.

        Args:
            clock: the clock of the run.

        Raises:
            LiveError: a process has died that was not to die.
        """
        self.faults.run_due(clock)
        self._workers.notice_ends(clock)
        self.service.notice(clock)
        if self._relay is not None and self._relay.popen.poll() is not None:
            raise LiveError(f"the relay has died: {self._relay.last_words()}")

    def finish(self) -> None:
        """Let the web service write its last events; kill processes that take too long."""
        self._workers.kill_all()
        self.service.finish()
