"""Servers of our own: on loopback, and gone afterwards whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from live.servers import KAFKA_ITSELF, QUICK, REAL_KAFKA, skip_unless_there, started
from surface.processes import environment
from syncasync_sim.errors import LiveError
from syncasync_sim.live.servers import Ports


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where servers put their folders, and their processes can be known by it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def processes_of(folder: Path) -> dict[int, str]:
    """The living processes that work in *folder* or have it in their environment: id to command line."""
    found = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            with suppress(OSError):
                environ = (place / "environ").read_bytes().split(b"\0")  # Valkey writes its title over it
                if f"TMPDIR={folder}".encode() in environ or (place / "cwd").readlink().is_relative_to(
                    folder
                ):
                    found[int(place.name)] = (place / "cmdline").read_text().replace("\0", " ")
    return found


def listening(folder: Path) -> set[str]:
    """Addresses, as the kernel writes them, on which processes that have the folder listen."""
    sockets = set()
    for process in processes_of(folder):
        with suppress(OSError):
            sockets |= {str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir()}
    tables = [Path("/proc/net", file).read_text().splitlines()[1:] for file in ("tcp", "tcp6")]
    rows = [row.split() for table in tables for row in table]
    return {row[1].rpartition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
"""127.0.0.1, ::1, and how Java writes the first in the manner of the second."""


def until(true: Callable[[], bool], within_s: float = 20.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def nothing_is_left(folder: Path) -> bool:
    return not processes_of(folder) and not [*folder.iterdir()]


@pytest.mark.parametrize("kind", QUICK)
def test_it_listens_on_loopback_only_and_leaves_nothing(kind: str, folder: Path) -> None:
    skip_unless_there(kind)
    with started(kind) as url:
        at = urlsplit(url)
        socket.create_connection((at.hostname, at.port), timeout=5).close()
        assert until(lambda: bool(listening(folder)))  # the kernel's tables are read one after the other
        assert listening(folder) <= LOOPBACK
        assert processes_of(folder)
    assert nothing_is_left(folder), processes_of(folder)


@pytest.mark.parametrize("kind", QUICK)
def test_it_is_gone_when_whoever_started_it_is_killed(kind: str, folder: Path) -> None:
    skip_unless_there(kind)
    program = (
        "import sys, time; from syncasync_sim.live.servers import started\n"
        f"with started({KAFKA_ITSELF.get(kind, kind)!r}) as url: print(url, flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
        env=environment(TMPDIR=str(folder), KAFKA_HOME=REAL_KAFKA if kind in KAFKA_ITSELF else ""),
    )  # fmt: skip
    assert starter.stdout is not None
    assert starter.stdout.readline().strip()
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    assert until(lambda: nothing_is_left(folder)), processes_of(folder)


@pytest.mark.parametrize("error", [KeyboardInterrupt, LiveError])
def test_it_is_gone_when_the_body_fails_or_is_interrupted(error: type[BaseException], folder: Path) -> None:
    with pytest.raises(error), started("redis"):
        raise error
    assert nothing_is_left(folder), processes_of(folder)


SERVERS = ("valkey-server", "moto_server", "beam.smp", "mock_kafka", "kafka.Kafka")
"""What is in the command line of a server itself: not of its watchdog or of epmd."""


def run_with(kind: str, folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """`live` with a server of its own, in the middle of a run; and the processes of the server."""
    words = (
        "live",
        "checkout",
        "--start",
        KAFKA_ITSELF.get(kind, kind),
        "--mode",
        "async",
        "--speed",
        "5",
        "--set",
    )
    environ = environment(TMPDIR=str(folder), KAFKA_HOME=REAL_KAFKA if kind in KAFKA_ITSELF else "")
    program = subprocess.Popen(
        [sys.executable, "-m", "syncasync_sim", *words, 'traffic={"rate":"2/s","for":"600s"}'],
        env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert until(lambda: done_by_workers(folder) > 0, 60)
    listed = processes_of(folder).items()
    return program, [
        id_ for id_, line in listed if any(s in line for s in SERVERS) and "live.watchdog" not in line
    ]


def done_by_workers(folder: Path) -> int:
    """How many messages the workers of the run have done so far."""
    for event_log in folder.glob("syncasync-*/event_log.sqlite"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(event_log, timeout=5)) as db:
            return int(db.execute("SELECT count(*) FROM deliveries WHERE ended IS NOT NULL").fetchone()[0])
    return 0


@pytest.mark.parametrize("kind", QUICK)
def test_ctrl_c_in_the_middle_of_a_run_leaves_nothing_of_its_server(kind: str, folder: Path) -> None:
    skip_unless_there(kind)
    program, servers = run_with(kind, folder)
    assert servers
    program.send_signal(signal.SIGINT)
    shown, told = program.communicate(timeout=60)
    assert program.returncode == 130, told
    assert "PARTIAL" in shown
    assert "Traceback" not in told
    assert nothing_is_left(folder), processes_of(folder)


@pytest.mark.parametrize("kind", QUICK)
def test_a_server_that_is_killed_in_the_middle_of_a_run_leaves_nothing(kind: str, folder: Path) -> None:
    skip_unless_there(kind)
    program, servers = run_with(kind, folder)
    for server in servers:
        os.kill(server, signal.SIGKILL)
    shown, told = program.communicate(timeout=60)
    assert program.returncode == 1, told
    assert "PARTIAL, async: " in shown
    last = told.strip().splitlines()[-1]
    assert last.startswith("syncasync-sim: ")
    assert "127.0.0.1" in last
    assert "Traceback" not in told
    assert nothing_is_left(folder), processes_of(folder)


def test_ctrl_c_ends_a_run_on_a_rabbitmq_that_does_not_answer(folder: Path) -> None:
    skip_unless_there("rabbitmq")
    program, servers = run_with("rabbitmq", folder)
    for server in servers:
        os.kill(server, signal.SIGSTOP)
    time.sleep(1)  # until everybody waits for an answer
    program.send_signal(signal.SIGINT)
    shown, told = program.communicate(timeout=90)
    assert program.returncode == 130, told
    assert "PARTIAL" in shown
    assert "Traceback" not in told
    assert until(lambda: nothing_is_left(folder)), processes_of(folder)


def test_a_server_that_was_killed_leaves_no_folder_either(folder: Path) -> None:
    with started("redis"):
        (server,) = [id_ for id_, line in processes_of(folder).items() if "valkey-server 127" in line]
        os.kill(server, signal.SIGKILL)
        assert until(lambda: nothing_is_left(folder))
    assert nothing_is_left(folder)


def test_several_at_once_do_not_meet(folder: Path) -> None:
    with started("redis") as one, started("redis") as other:
        assert one != other
    assert nothing_is_left(folder)


def test_one_that_does_not_start_says_what_it_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = folder / "bin" / "redis-server"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho no room on this machine\nexit 1\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("syncasync_sim.live.servers._valkey", lambda: str(broken))
    with pytest.raises(
        LiveError, match="the redis server ended before it was ready: no room on this machine"
    ):
        started("redis").__enter__()
    assert [place.name for place in folder.iterdir()] == ["bin"]


@pytest.mark.parametrize(
    ("kind", "cure"),
    [
        ("redis", r"pip install 'syncasync-sim\[redis\]'"),
        ("sqs", r"pip install 'syncasync-sim\[sqs\]'"),
        ("rabbitmq", "apt-get install rabbitmq-server"),
        ("kafka", r"\$KAFKA_HOME is not set.* pip install 'syncasync-sim\[kafka\]'"),
        ("rabitmq", "choose one of redis-streams, sqs, sqs-fifo, rabbitmq, kafka"),
    ],
)
def test_what_is_not_installed_says_how_to_get_it(
    kind: str, cure: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr("shutil.which", lambda _name, **_more: None)
    with pytest.raises(LiveError, match=cure):
        started(kind).__enter__()
    assert nothing_is_left(folder)


@pytest.mark.parametrize(
    ("jar", "says"),
    [
        ("kafka-clients-4.4.0.jar", r"there is no kafka_\*\.jar in it or in its folder libs"),
        ("kafka_2.13-3.9.1.jar", r"is 3\.9\.1; it has to be 4\.0 or later"),
        ("kafka_2.13-4.4.0.jar", "needs Java 17 or later"),
    ],
)
@pytest.mark.parametrize("libs", ["", "libs"])
def test_a_kafka_that_cannot_be_started_says_why(
    jar: str,
    says: str,
    libs: str,
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / libs).mkdir(exist_ok=True)
    (home / libs / jar).touch()
    monkeypatch.setenv("KAFKA_HOME", str(home))
    monkeypatch.setattr("shutil.which", lambda _name, **_more: None)
    with pytest.raises(LiveError, match=says):
        started("kafka").__enter__()
    assert nothing_is_left(folder)


def test_a_port_that_is_kept_goes_to_the_server_and_to_nobody_else() -> None:
    with closing(Ports()) as ports, closing(Ports()) as others:
        port = ports.take()
        assert len({port, *(others.take() for _ in range(200))}) == 201
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))
        server = socket.create_server(("127.0.0.1", port))  # with SO_REUSEADDR, as servers do
        with closing(server), socket.create_connection(server.getsockname()):
            pass
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # there was a connection a moment ago
        free.bind(("127.0.0.1", port))
