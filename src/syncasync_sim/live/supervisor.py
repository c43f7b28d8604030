"""The processes of a run: the web service and the workers; who dies when, and who comes back."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from syncasync_sim.errors import LiveError, RunStopped, masked
from syncasync_sim.live.event_log import NO_ROOM, EventLog
from syncasync_sim.live.plan import Clock, Plan
from syncasync_sim.live.uninterrupted import uninterrupted
from syncasync_sim.model.attempts import to_us
from syncasync_sim.model.queue_parts import Crash

READY_S = 60.0
"""A process that has not begun after so long will not."""
LEAVE_S = 10.0
"""So long the service has to write down what it knows."""
LOOK_S = 0.1
"""Between two looks at whether to go on waiting for a process that starts."""


class Process:
    """One process of the run, and what it says."""

    def __init__(self, plan: Plan, module: str) -> None:
        command = [sys.executable, "-m", f"syncasync_sim.live.{module}", str(plan.file), str(os.getpid())]
        self._log = plan.folder / f"{module}-{time.monotonic_ns()}.log"
        self.name = module.replace("_", " ")
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal is for the runner alone.
            self.popen = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
                env=plan.environment(),
            )  # fmt: skip

    def expect(self, word: str, event_log: EventLog, goes_on: Callable[[], bool] = lambda: True) -> list[str]:
        """Wait for a line of the process that begins with a word.

        Args:
            word: the first word.
            event_log: the event log, in which the process may have written an error.
            goes_on: asked now and then whether to go on waiting.

        Returns:
            The other words of the line.

        Raises:
            LiveError: the process ends or stays silent.
            RunStopped: it was not to go on.
        """
        assert self.popen.stdout is not None
        is_there, until = False, time.monotonic() + READY_S
        while not is_there and time.monotonic() < until:
            if not goes_on():
                raise RunStopped("the run was stopped while its processes were starting")
            is_there = bool(select.select([self.popen.stdout], [], [], LOOK_S)[0])
        words = self.popen.stdout.readline().decode().split() if is_there else []
        if words[:1] == [word]:
            return words[1:]
        raise LiveError(trouble_in(event_log) or f"the {self.name} does not start: {self.last_words()}")

    def tell(self, line: str) -> None:
        """Send a line to the process.

        Args:
            line: the line.

        Raises:
            LiveError: the process has died.
        """
        assert self.popen.stdin is not None
        try:
            self.popen.stdin.write(f"{line}\n".encode())
            self.popen.stdin.flush()
        except OSError:  # nobody's but ours: to whoever runs the program a broken pipe is something else
            raise LiveError(f"a {self.name} has died: {self.last_words()}") from None

    def last_words(self) -> str:
        """The reason why the process is gone: a signal, a full disk, or its last line on standard error."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(LEAVE_S)  # its pipes close a moment before it is gone
        code = self.popen.returncode
        if code == NO_ROOM:
            return f"it cannot write down what happens in {self._log.parent}; is the disk full?"
        if code is not None and code < 0:
            return f"killed by signal {-code}{_name(-code)}"
        lines = self._log.read_text(errors="replace").split("\n")
        return masked(next((line for line in reversed(lines) if line.strip()), "it says nothing"))

    def kill(self) -> None:
        """Kill the process, frozen or not, and wait until it is gone."""
        self.popen.kill()
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def freeze(self) -> None:
        """Stop the process, and wait until it has stopped."""
        self.popen.send_signal(signal.SIGSTOP)
        os.waitpid(self.popen.pid, os.WUNTRACED)


def _name(number: int) -> str:
    """` (SIGKILL)`; empty for a signal without a name."""
    with contextlib.suppress(ValueError):
        return f" ({signal.Signals(number).name})"
    return ""


def trouble_in(event_log: EventLog) -> str:
    """The first error that a process has written into the event log; empty without any."""
    troubles = event_log.rows("SELECT message FROM troubles LIMIT 1")
    return str(troubles[0][0]) if troubles else ""


@dataclass(slots=True)
class PlannedCrash:
    """A crash that is to come."""

    at: int
    worker: int
    restart_after: int | None
    is_host: bool

    @classmethod
    def of(cls, crash: Crash) -> PlannedCrash:
        """The planned crash of a crash in the scenario."""
        restart = None if crash.restart_after_s is None else to_us(crash.restart_after_s)
        return cls(to_us(crash.at_s), crash.worker, restart, crash.kind == "host")


class Supervisor:
    """All processes of a run; as a context it leaves none behind."""

    def __init__(self, plan: Plan, event_log: EventLog) -> None:
        self._plan, self._event_log = plan, event_log
        workers = plan.scenario.workers
        self._count = workers.count if plan.mode == "async" else 0
        crashes = workers.crashes if self._count else ()
        self.faults = sorted(map(PlannedCrash.of, crashes), key=lambda fault: (fault.at, fault.worker))
        self._restart_after = None if workers.restart_after_s is None else to_us(workers.restart_after_s)
        is_deadly = any(step.poison and step.poison_kills for step in plan.scenario.steps)
        self._may_crash = bool(self._count and (crashes or workers.crash_rate or is_deadly))
        self._all: list[Process] = []
        self._workers: dict[int, Process] = {}  # those that live, by number
        self._spare: Process | None = None
        self._service: Process | None = None

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        with uninterrupted():  # a process that lives would write into the folder while it is removed
            for process in self._all:
                process.kill()

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
        self._service = self._new("web_service")
        workers = [self._new("worker") for _ in range(self._count)]
        if self._may_crash:
            self._spare = self._new("worker")
        [port] = self._service.expect("ready", self._event_log, goes_on)
        # A broker that deals in turn goes by the order of the subscriptions; on Kafka they wait for all.
        in_turn = self._plan.scenario.queue.deals_in_turn
        for number, worker in enumerate(workers, 1):
            worker.expect("loaded", self._event_log, goes_on)
            worker.tell(f"{number} 0")
            if in_turn:
                worker.expect("ready", self._event_log, goes_on)
            self._workers[number] = worker
        for worker in () if in_turn else workers:
            worker.expect("ready", self._event_log, goes_on)
        if self._spare is not None:
            self._spare.expect("loaded", self._event_log, goes_on)
        return int(port)

    def _new(self, module: str) -> Process:
        process = Process(self._plan, module)
        self._all.append(process)
        return process

    def finish(self) -> None:
        """Let the web service write its last events; kill processes that take too long."""
        for process in self._workers.values():
            process.kill()
        if self._service is not None and self._service.popen.poll() is None:
            self._service.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._service.popen.wait(LEAVE_S)

    # -- crashes ----------------------------------------------------------------------------------

    def tick(self, clock: Clock) -> None:
        """Cause the crashes that are due, and notice processes that died on their own.

        Args:
            clock: the clock of the run.

        Raises:
            LiveError: the web service has died.
        """
        while self.faults and clock.now_us() >= self.faults[0].at:
            self._inject_crash(self.faults.pop(0), clock)
        for number, worker in list(self._workers.items()):
            if worker.popen.poll() is not None:
                self._has_died(number, worker, clock)
        if self._service is not None and self._service.popen.poll() is not None:
            raise LiveError(f"the web service has died: {self._service.last_words()}")

    def _inject_crash(self, fault: PlannedCrash, clock: Clock) -> None:
        """Kill or freeze a worker; one that is down already cannot die."""
        worker = self._workers.pop(fault.worker, None)
        if worker is None:
            return
        if fault.is_host:
            with self._event_log.write_transaction():  # else it might be frozen while it holds it
                worker.freeze()
        else:
            worker.kill()
        at = clock.now_us()
        self._event_log.write(("INSERT INTO crashes (worker, at) VALUES (?, ?)", (fault.worker, at)))
        self._record_death(fault.worker, at, fault.restart_after, clock)

    def _has_died(self, number: int, worker: Process, clock: Clock) -> None:
        """By its own hand, as the scenario's crash_rate wants it; else something is wrong."""
        del self._workers[number]
        crash = "SELECT max(at) FROM crashes WHERE worker = ? AND back IS NULL"
        [(at,)] = self._event_log.rows(crash, number)
        if at is None or worker.popen.returncode != -signal.SIGKILL:
            raise LiveError(trouble_in(self._event_log) or f"worker {number} has died: {worker.last_words()}")
        self._record_death(number, at, self._restart_after, clock)

    def _record_death(self, number: int, at: int, restart_after: int | None, clock: Clock) -> None:
        """Write down what it leaves unfinished, and let the spare process take its number when it is time."""
        self._event_log.died(number, at)
        if restart_after is None:
            return
        successor = self._spare
        assert successor is not None
        successor.tell(f"{number} {clock.moment(at + restart_after)!r}")
        self._workers[number] = successor
        self._spare = self._new("worker")
