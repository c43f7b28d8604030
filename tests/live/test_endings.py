"""However a run ends, nothing is left of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import Any

import pytest
import redis

from live.for_real import nothing_left, processes_of_runs, small
from live.servers import Servers
from surface.processes import environment
from syncasync_sim import ScenarioError, simulate, summarise
from syncasync_sim.errors import LiveError, RunStopped
from syncasync_sim.experiment import on_broker
from syncasync_sim.live import measure as of_a_run
from syncasync_sim.live import queue_monitor
from syncasync_sim.live import servers as of_our_own
from syncasync_sim.live.child_process import Process
from syncasync_sim.live.leftovers import leftovers
from syncasync_sim.live.measure import measure, refuse
from syncasync_sim.live.plan import Plan
from syncasync_sim.live.protocol import Message
from syncasync_sim.live.redis_adapter import RedisStreams
from syncasync_sim.live.sqlite_queue import SqliteQueue
from syncasync_sim.live.uninterrupted import uninterrupted


def test_a_run_that_is_stopped_is_partial(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stop_at = time.monotonic() + 2
    with nothing_left(monkeypatch, tmp_path):
        live = measure(small(), "async", seed=1, speed=0.5, watch=lambda *_: time.monotonic() < stop_at)
    assert live.trace.partial
    assert live.trouble == ""
    assert summarise(live.trace).responses["none"] == 4


def test_a_broker_that_goes_away_ends_the_run_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = tmp_path / "queue.sqlite"

    def take_away() -> None:
        time.sleep(2.5)
        for file in tmp_path.glob("queue.sqlite*"):
            file.unlink()

    with nothing_left(monkeypatch, tmp_path):
        thread = Thread(target=take_away)
        thread.start()
        live = measure(small(), "async", seed=1, speed=0.5, url=f"sqlite:{gone}")
        thread.join()
    assert live.trace.partial
    assert live.trouble == f"sqlite:{gone}: the file is gone"


def test_a_broker_that_does_not_answer_any_more_ends_the_run_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Silent:
        """The clients of some brokers wait for an answer for ever."""

        def dead_letters(self) -> list[Message]:
            thawed.wait(60)
            return []

        def waiting(self) -> None:
            return None

        def close(self) -> None:
            closed_by.append(current_thread())

    thawed, closed_by = Event(), list[Thread]()
    for module in (queue_monitor, of_a_run):
        monkeypatch.setattr(module, "ANSWER_S", 1.0)
    monkeypatch.setattr(SqliteQueue, "observer", lambda _: Silent())
    with nothing_left(monkeypatch, tmp_path):
        live = measure(small("traffic.requests=40"), "async", seed=1)
        assert not closed_by  # nobody else uses the connection in which it waits
        thawed.set()
    assert live.trace.partial
    assert re.fullmatch(r"sqlite:.*: it has not answered for 1 s", live.trouble)
    assert closed_by
    assert closed_by != [current_thread()]


def test_a_broker_that_cannot_be_used_is_told_before_anybody_comes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with nothing_left(monkeypatch, tmp_path), pytest.raises(LiveError) as caught:
        measure(small(), "async", seed=1, url="sqlite:/no/such/folder/queue.sqlite")
    assert str(caught.value) == "sqlite:/no/such/folder/queue.sqlite: unable to open database file"


LEFT_TO_LIE = (
    *("traffic.requests=3", 'workers={"count":1,"crashes":[{"worker":1,"at":"2s","restart_after":"1s"}]}'),
    'queue={"crash_detection":"none"}',
)
"""What a worker holds when it dies does not come back: nothing notices, and there is no timeout."""


def test_work_that_is_left_undone_makes_a_run_partial_only_where_the_prediction_does_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scenario = small(*LEFT_TO_LIE)
    with nothing_left(monkeypatch, tmp_path):
        live = measure(scenario, "async", seed=1, speed=5)
    assert summarise(live.trace).work["unfinished"] == 1
    as_predicted = live.beside(simulate(scenario, "async", seed=1))
    assert (as_predicted.trouble, as_predicted.trace.partial) == ("", False)
    short = live.beside(simulate(small(*LEFT_TO_LIE[:2]), "async", seed=1))
    assert short.trace.partial
    assert re.fullmatch(
        "the work of 1 of 3 requests is unfinished, and as predicted it is done: nothing has happened for "
        r"\d+ s \(messages that were not taken, or did not come back: 1\)",
        short.trouble,
    )


def streams_with_a_backlog(client: redis.Redis) -> list[bytes | str]:
    """Streams of a run in which ten messages or more have not been read."""
    keys = [key for key in client.keys("syncasync-*") if client.type(key) == b"stream"]
    read = {key: sum(group["entries-read"] or 0 for group in client.xinfo_groups(key)) for key in keys}
    return [key for key in keys if client.xlen(key) - read[key] >= 10]


def test_a_broker_that_forgets_messages_makes_a_run_partial_with_exit_code_1(
    servers: Servers, tmp_path: Path
) -> None:
    url = servers["redis"]
    # Twenty emails of 0.75 s for one worker: most of them still wait, however slow the machine is.
    arguments = ("--broker", url, "--mode", "async", "--speed", "2", "--set", "traffic.requests=20")
    program = started(tmp_path, *arguments)
    with redis.Redis.from_url(url) as client:
        until = time.monotonic() + 60
        while not (waiting := streams_with_a_backlog(client)) and time.monotonic() < until:
            time.sleep(0.02)  # the messages that come before the first customer leave none
        for stream in waiting:
            client.xtrim(stream, maxlen=0, approximate=False)
    shown, told = program.communicate(timeout=120)
    lines = " ".join(shown.split())
    assert program.returncode == 1, told
    assert re.search(
        r"PARTIAL, async: the work of \d+ of 20 requests is unfinished, and as predicted it is done", lines
    )
    assert told.strip().splitlines()[-1].startswith("syncasync-sim: the work of ")


def test_a_service_that_does_not_start_is_told_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Plan, "save", lambda plan: plan.file.write_text("{}"))
    with (
        nothing_left(monkeypatch, tmp_path),
        pytest.raises(LiveError, match=r"the web service does not start: .*Error"),
    ):
        measure(small(), "sync", seed=1)


def test_what_cannot_be_done_for_real_is_refused_with_every_reason() -> None:
    scenario = small("steps[3].concurrency=2", 'queue={"outages":[{"from":"1s","for":"1s"}]}')
    with pytest.raises(ScenarioError) as caught:
        refuse(scenario, "async", "sqlite:", 1)
    assert str(caught.value) == (
        "checkout: not for real: steps.concurrency: there is no called service with slots here; leave it out"
        "; queue.outages: the broker is real, and is not taken down; leave them out"
    )


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ("queue.partitions=2", "queue.partitions"),
        ("queue.failure=in_place", "queue.failure: in_place"),
        ("queue.crash_detection=5s", "queue.crash_detection"),
        ("workers.renew=true", "workers.renew"),
        ('workers.crashes=[{"worker":1,"at":"1s","restart_after":"never","kind":"host"}]', "kind: host"),
        ("traffic.requests=6000", "6,000 requests are too many"),
        ("server.threads=1000", "1,000 real threads"),
        ("workers.count=100", "100 real processes"),
    ],
)
def test_a_file_says_what_it_is_not(sets: str, told: str) -> None:
    queue, workers = 'queue={"broker":"ideal"}', 'workers={"count":1}'
    with pytest.raises(ScenarioError, match=f"not for real: .*{told}"):
        refuse(small(queue, workers, 'server={"backlog":"unlimited"}', sets), "async", "sqlite:", 1)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncasync_sim.live.measure.find_spec", lambda _: None)
    with pytest.raises(LiveError, match=r"needs waitress: pip install 'syncasync-sim\[live\]'"):
        refuse(small(), "sync", "sqlite:", 1)


def test_no_url_of_a_broker() -> None:
    with pytest.raises(
        ScenarioError, match="'rabbit' is no broker's URL\n  = it begins with one of sqlite:, "
    ):
        refuse(small(), "async", "rabbit", 1)


def started(folder: Path, *arguments: str, wait_s: float = 1.0) -> subprocess.Popen[str]:
    """`live` as a process of its own, once its own processes are there, and so many seconds later."""
    command = [sys.executable, "-m", "syncasync_sim", "live", "checkout", *arguments]
    program = subprocess.Popen(
        command,
        env=environment(TMPDIR=str(folder)),
        # Whoever started the tests with nohup ignores SIGHUP, and so would this process.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509 - nothing else runs
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 30
    while len(children(program.pid)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(wait_s)
    return program


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def wait_until_gone(pids: list[int]) -> bool:
    """Whether they end by themselves; what does not is ended, so that no test leaves a process."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.05)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return False


@pytest.mark.parametrize(
    ("part", "number"),
    [
        ((RedisStreams, "remove"), signal.SIGHUP),
        ((Process, "kill"), signal.SIGTERM),
        ((shutil, "rmtree"), signal.SIGINT),
    ],
)
def test_a_signal_in_the_midst_of_the_clean_up_leaves_nothing(
    part: tuple[object, str], number: int, servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As when Ctrl-C is held down; a closed terminal sends SIGHUP twice."""
    url, told = servers["redis"], list[int]()
    does = getattr(*part)

    def told_meanwhile(*args: Any, **more: Any) -> Any:
        told.append(number)
        signal.raise_signal(number)
        return does(*args, **more)

    def ends(*_: object) -> None:
        raise SystemExit

    scenario, there = on_broker(small(), "redis"), leftovers(url)
    monkeypatch.setattr(*part, told_meanwhile)
    before = signal.signal(number, ends)
    try:
        with nothing_left(monkeypatch, tmp_path), pytest.raises(SystemExit):
            measure(scenario, "async", seed=1, url=url, speed=2)
    finally:
        signal.signal(number, before)
    assert told
    assert leftovers(url) == there


def test_a_signal_that_is_ignored_stays_ignored_in_the_clean_up() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("frozen", [False, True])
def test_even_a_run_that_is_killed_leaves_no_process(tmp_path: Path, *, frozen: bool) -> None:
    program = started(tmp_path, "--mode", "async", "--speed", "0.1")
    its = children(program.pid)
    if frozen:
        for pid in its:
            os.kill(pid, signal.SIGSTOP)
    program.kill()
    program.communicate()
    assert wait_until_gone(its)


def test_what_a_killed_run_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    killed = started(tmp_path, "--mode", "async", "--speed", "0.1")
    its = children(killed.pid)
    living = started(tmp_path, "--mode", "async", "--speed", "2", "--json")
    killed.kill()
    killed.communicate()
    assert wait_until_gone(its)
    strangers = tmp_path / "syncasync-notes"
    strangers.mkdir()
    left = {path.name for path in tmp_path.iterdir() if path != strangers}
    assert any(name.endswith(".sqlite") for name in left)
    another = subprocess.run(
        [sys.executable, "-m", "syncasync_sim", "live", "checkout", "--speed", "20", "--json"],
        env=environment(TMPDIR=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert another.returncode == 0, another.stderr
    shown, told = living.communicate(timeout=60)  # it was left in peace
    assert living.returncode == 0, told
    assert '"work completed"' in shown
    assert list(tmp_path.iterdir()) == [strangers]


@pytest.mark.parametrize(
    ("signals", "code"),
    [([signal.SIGTERM], 143), ([signal.SIGINT, signal.SIGINT], 130), ([signal.SIGHUP], 143)],
)
def test_a_run_that_is_ended_at_once_leaves_nothing(
    tmp_path: Path, signals: list[signal.Signals], code: int
) -> None:
    program = started(tmp_path, "--mode", "async", "--speed", "0.1")
    its = children(program.pid)
    for number in signals:
        program.send_signal(number)
        time.sleep(0.01)
    _, told = program.communicate(timeout=30)
    assert program.returncode == code
    assert "Traceback" not in told
    assert wait_until_gone(its)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_everybody_is_starting_is_acted_on_at_once(tmp_path: Path) -> None:
    program = started(tmp_path, "--mode", "async", wait_s=0)
    its = children(program.pid)
    for pid in its:
        os.kill(pid, signal.SIGSTOP)  # so nobody will ever be ready
    pressed_at = time.monotonic()
    program.send_signal(signal.SIGINT)
    shown, told = program.communicate(timeout=30)
    assert time.monotonic() - pressed_at < 5
    assert program.returncode == 130
    assert "PARTIAL: async was not run." in shown
    assert "Traceback" not in told
    assert wait_until_gone(its)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_a_server_is_starting_is_acted_on_at_once() -> None:
    with pytest.raises(RunStopped), of_our_own.started("redis", lambda: False):
        pytest.fail("it was waited for")


PRESSES_WHILE_IT_IS_IMPORTED = """
import os, runpy, signal, sys
class Presses:
    def find_spec(self, name, *_):
        if name == "syncasync_sim.cli.main":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Presses())
runpy.run_module("syncasync_sim", run_name="__main__")
"""


def test_ctrl_c_while_the_program_is_imported_shows_no_traceback() -> None:
    program = subprocess.run(
        [sys.executable, "-c", PRESSES_WHILE_IT_IS_IMPORTED],
        env=environment(), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (program.returncode, program.stdout, program.stderr) == (-signal.SIGINT, "", "")


def test_ctrl_c_shows_what_there_is_and_leaves_nothing(tmp_path: Path) -> None:
    program = started(tmp_path, "--mode", "async", "--speed", "0.1")
    its = children(program.pid)
    program.send_signal(signal.SIGINT)
    shown, told = program.communicate(timeout=30)
    assert program.returncode == 130
    assert "PARTIAL" in shown
    assert "Stopping; what is finished follows" in told
    assert "Traceback" not in told
    assert wait_until_gone(its)
    assert list(tmp_path.iterdir()) == []
    assert processes_of_runs(tmp_path) == []


def test_runs_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    runs = [started(tmp_path, "--speed", "2", "--json") for _ in range(2)]
    for program in runs:
        shown, told = program.communicate(timeout=60)
        assert program.returncode == 0, told
        assert '"work completed"' in shown
    assert list(tmp_path.iterdir()) == []
