"""Whoever does the cells of a sweep, the rows are the same, byte by byte."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from surface.processes import environment, syncasync
from syncasync_sim import Sweep, load_scenario, sweep
from syncasync_sim.cli.executors import executor
from syncasync_sim.files.sweep_csv import csv_text

# Two replications of a random scenario: fractions, intervals, and cells of very different length.
VARIED = {"workers.count": "1..3", "traffic.rate": "1/s..4/s:2"}
LONG = ("ten-orders", "--set", "traffic.requests=20000", "--set", "server.backlog=1000000")
"""Cells of about a second each."""
ON_COMMAND_LINE = ("--vary", "workers.count=1..3", "--vary", "traffic.rate=1/s..4/s:2", "--replications", "2")


def text(result: Sweep) -> str:
    return csv_text(result.columns, result.rows())


@pytest.fixture(scope="module")
def serial() -> str:
    return text(sweep(load_scenario("flaky-email"), VARIED, replications=2))


def done_by(others: Executor | None) -> str:
    return text(sweep(load_scenario("flaky-email"), VARIED, replications=2, executor=others))


def test_threads(serial: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert done_by(pool) == serial


def test_processes(serial: str, tmp_path: Path) -> None:
    """Of the library and of the command, whose main module is another one."""
    with executor(2, None) as pool:
        assert done_by(pool) == serial
    path = tmp_path / "a.csv"
    done = syncasync(
        "sweep", "flaky-email", *ON_COMMAND_LINE, "--jobs", "2", "--csv", str(path), "--no-charts"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert path.read_text() == serial


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("distributed", reason="Dask's distributed is not installed: no cluster to test")
    with _cluster(tmp_path_factory.mktemp("cluster")) as (address, _):
        yield address


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers, each a process of its own, on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    scheduler = ["scheduler", "--host", address, "--no-dashboard"]
    worker = ["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    running = [_dask(*words, folder=folder) for words in (scheduler, worker, worker)]
    try:
        _wait_for_workers(address, 2)
        yield address, running
    finally:
        for process in reversed(running):  # the workers first; they have nothing to put away
            process.kill()
            process.wait(timeout=20)


def _dask(*words: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for_workers(address: str, number: int) -> None:
    """Ask from a process of its own: a client that waits leaves warnings of its own behind."""
    program = (
        f"from distributed import Client; Client({address!r}, timeout=40).wait_for_workers({number}, 40)"
    )
    subprocess.run([sys.executable, "-c", program], env=environment(), check=True, timeout=90)


def test_a_cluster(serial: str, cluster: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    done = syncasync(
        "sweep", "flaky-email", *ON_COMMAND_LINE, "--dask", cluster, "--csv", str(path), "--no-charts"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert path.read_text() == serial


@pytest.mark.filterwarnings("default")  # of Dask's own
def test_a_cluster_from_python(serial: str, cluster: str) -> None:
    with executor(1, cluster) as pool:
        assert done_by(pool) == serial


def test_a_scheduler_that_dies_meanwhile_is_told_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask's distributed is not installed: no cluster to test")
    with _cluster(tmp_path) as (address, processes):
        command = [sys.executable, "-m", "syncasync_sim", "sweep", *LONG, "--dask", address]
        sweep_ = subprocess.Popen(
            [*command, "--vary", "seed=1..9", "--csv", "a.csv", "--no-charts"],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        rows = tmp_path / "a.csv"
        until = time.monotonic() + 90
        while not (rows.exists() and rows.read_text().count("\n") > 1) and time.monotonic() < until:
            time.sleep(0.05)
        processes[0].kill()
        shown, told = sweep_.communicate(timeout=90)
    assert sweep_.returncode == 1
    assert "The same command with --resume goes on with a.csv.\n" in told
    assert told.endswith("\nsyncasync-sim: the Dask scheduler, or the last of its workers, has gone\n")
    assert "of 9 cells are finished" in shown
    assert rows.read_text().count("\n") > 1


def test_a_cluster_that_is_not_there() -> None:
    pytest.importorskip("distributed", reason="Dask's distributed is not installed: no cluster to test")
    done = syncasync("sweep", "checkout", "--vary", "workers.count=1..2", "--dask", "tcp://127.0.0.1:1")
    assert done.returncode == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
