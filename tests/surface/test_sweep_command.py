"""`syncasync-sim sweep`: what it prints, what it leaves behind, and how it ends."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from surface.processes import environment, syncasync
from surface.test_brokers_command import sim, words
from syncasync_sim import RunTooLongError, Scenario, load_scenario
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.cost_guard import together
from syncasync_sim.engine.estimate import CELL_US, estimate
from syncasync_sim.experiment import sweeping
from syncasync_sim.experiment.sweeping import run_cell
from syncasync_sim.model.modes import MODES

WORKERS = ("--vary", "workers.count=1..3")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# the table


def test_the_table_fits_a_terminal_and_narrower_ones_get_lines() -> None:
    for width in (80, 60, 40):
        result = sim("sweep", "slow-email", *WORKERS, "--no-charts", width=width)
        assert result.exit_code == exit_codes.DONE
        lines = result.stdout.splitlines()
        assert max(cell_len(line) for line in lines) <= width
        assert "…" not in result.stdout
        assert "187.05 s" not in words(result.stdout)
        assert "56.08 s" in words(result.stdout)
    table = sim("sweep", "slow-email", *WORKERS, "--no-charts").stdout.splitlines()
    assert table[2].split() == ["workers", "waits", "waits", "all", "done", "threads", "workers"]
    assert table[8].split() == ["3", "sync", "29.32", "s", "56.08", "s", "56.08", "s", "99.1", "%", "-"]
    assert table[9].split()[:5] == ["async", "1.05", "s", "1.05", "s"]
    assert "All figures: --csv FILE or --json." in words("\n".join(table))


def test_two_keys_fit_a_terminal() -> None:
    result = sim("sweep", "slow-email", *WORKERS, "--vary", "traffic.rate=1/s..5/s:3", "--no-charts")
    assert max(cell_len(line) for line in result.stdout.splitlines()) <= 80
    assert result.stdout.splitlines()[3].split()[:2] == ["count", "rate"]


def test_a_narrow_table_does_without_what_matters_least_and_keeps_the_shares() -> None:
    few = ("sweep", "slow-email", "--set", "customer.patience=20s", "--vary", "server.threads=2,4")
    varied = (*few, *WORKERS, "--no-charts")
    wide, narrow = (sim(*varied, width=width).stdout for width in (120, 80))
    for text in (wide, narrow):
        above, below = (line.split() for line in text.splitlines()[2:4])
        assert ("got" in above, "page" in below) == (True, True)
    assert "A wider terminal" not in wide
    assert "A wider terminal has room for the median waits" in words(narrow)


def test_intervals_where_there_is_room() -> None:
    changed = ("sweep", "flaky-email", "--set", "server.threads=9", "--replications", "3")
    varied = (*changed, *WORKERS, "--no-charts")
    narrow, wide = (sim(*varied, width=width).stdout for width in (80, 120))
    assert "A wider terminal has room" in words(narrow)
    assert re.search(r"\d ± \d", narrow) is None
    assert re.search(r"\d ± \d", wide)
    assert "±: half of the 95 % interval" in wide


def test_json_has_what_was_varied_and_every_row() -> None:
    result = sim("sweep", "slow-email", "--vary", "traffic.rate=1/s..2/s:2", "--seed", "3", "--json")
    data = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (exit_codes.DONE, "")
    assert data["vary"] == [{"key": "traffic.rate", "column": "traffic.rate_per_s", "values": ["1/s", "2/s"]}]
    assert [row["traffic.rate_per_s"] for row in data["rows"]] == [1.0, 1.0, 2.0, 2.0]
    assert data["seed"] == data["rows"][0]["seed"] == 3
    assert "partial" not in data
    assert not list(Path().iterdir())


def test_charts_are_drawn_where_run_draws_them() -> None:
    result = sim("sweep", "slow-email", *WORKERS)
    assert sorted(path.name for path in Path("output/slow-email").iterdir()) == ["load.png", "load.svg"]
    assert "Charts: output/slow-email/ (2 files, PNG and SVG)" in result.stderr


def test_a_figure_that_is_asked_for_is_shown_and_is_in_the_file_again() -> None:
    asked = ("--figure", "answered_within(20s)", "--csv", "a.csv", "--no-charts")
    table = sim("sweep", "slow-email", *WORKERS, *asked).stdout.splitlines()
    assert table[2].split()[:2] == ["workers", "answered_within"]
    assert table[3].split()[:2] == ["count", "(20s)"]
    rows = list(csv.DictReader(Path("a.csv").read_text().splitlines()))
    share = float(rows[0]["answered_within(20s)"])
    assert 0 < share < 1
    assert f"{share:.1%}".replace("%", " %") in table[4]
    again = sim("sweep", "slow-email", *WORKERS, *asked, "--resume", "--json")
    assert json.loads(again.stdout)["rows"][0]["answered_within(20s)"] == share
    code, message = exit_codes.describe(
        sim("sweep", "slow-email", *WORKERS, "--csv", "a.csv", "--resume", "--no-charts").exception
    )
    assert code == exit_codes.BAD_REQUEST
    assert "its columns differ" in message


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("queue.max_wiat_s", ("--figure:1:7", "did you mean 'max_wait_s'?")),
        ("answered_within(2x)", ("--figure:1:17", "write for instance  answered_within(2s)")),
        ("async.done_within(60s)", ("--figure:1:1", "= write  done_within(60s)")),
        ("", ("--figure:1:1", "there is no figure ''")),
    ],
)
def test_a_wrong_figure_is_pointed_at(name: str, says: tuple[str, ...]) -> None:
    code, message = exit_codes.describe(sim("sweep", "slow-email", *WORKERS, "--figure", name).exception)
    assert code == exit_codes.BAD_REQUEST
    assert all(text in message for text in says), message


# mistakes


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "nothing to vary: add for instance --vary workers.count=1..8"),
        ((*WORKERS, "--resume"), "--resume goes on with a CSV file: add --csv FILE"),
        ((*WORKERS, "--jobs", "2", "--dask", "tcp://127.0.0.1:1"), "--dask and --jobs exclude each other"),
        ((*WORKERS, "--jobs", "0"), "0 is too small"),
        ((*WORKERS, "--csv", "mine.csv"), "mine.csv is there already: --resume goes on with it"),
    ],
)
def test_a_wrong_command_line(arguments: tuple[str, ...], says: str) -> None:
    Path("mine.csv").write_text("mine")
    result = sim("sweep", "slow-email", *arguments)
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert says in words(result.stderr)
    assert Path("mine.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("varied", "says"),
    [
        (("workers.cuont=1..3",), ("--vary:1:9: unknown key 'cuont'", "did you mean 'count'?")),
        (("workers.count=3..1",), ("--vary:1:15: a range goes from the smaller value", "= write 1..3")),
        (
            ("workers.count=1..3", "traffic.rate=1/s..5/s"),
            ("--vary:2:14: only whole numbers", "= say how many"),
        ),
        (("workers.count=0..0", "workers.count=1"), ("--vary:2:1: workers.count is varied twice",)),
        (
            ("steps[3].duration=1s,2s", "seed=1,2", "steps[send email].duration=1s,2s"),
            (
                "--vary:3:1: steps[send email].duration is the same value as steps[3].duration",
                "in one --vary",
            ),
        ),
        (
            ("queue.prefetch=1,2", "queue={broker: sqs},{broker: kafka}"),
            ("--vary:2:1: queue.prefetch is a part of queue, and is undone", "= vary queue first"),
        ),
        (("server.threads=-1,2",), ("--vary:1:16: expected a whole number", "server.threads=-1")),
        (("steps[tea].duration=1s,2s",), ("there is no item 'tea'",)),
        (("workers.count",), ("expected a path, '=' and a value",)),
        (("workers.count=1..5000", "server.threads=1..9"), ("these are 45,000 cells", "vary fewer keys")),
    ],
)
def test_a_wrong_vary_is_pointed_at_before_anything_runs(
    varied: tuple[str, ...], says: tuple[str, ...]
) -> None:
    flags = [word for text in varied for word in ("--vary", text)]
    code, message = exit_codes.describe(sim("sweep", "slow-email", *flags).exception)
    assert code == exit_codes.BAD_REQUEST
    assert all(text in message for text in says), message


def test_cells_count_beside_their_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    run = estimate(load_scenario("checkout"), MODES)
    alone, shared = (together([run] * 1_000, jobs, cells=1_000).seconds for jobs in (1, 4))
    assert alone == pytest.approx(1_000 * (run.seconds + CELL_US / 1e6))
    assert shared == pytest.approx(1_000 * (run.seconds / 4 + CELL_US / 1e6))
    monkeypatch.setattr("syncasync_sim.engine.estimate.CELL_US", 1_900e6)
    refused = sim("sweep", "checkout", "--vary", "workers.count=1,2")
    assert "this would take very long: about 24 rows, 63 min and" in str(refused.exception)


def test_a_folder_that_is_not_there() -> None:
    code, message = exit_codes.describe(
        sim("sweep", "slow-email", *WORKERS, "--csv", "no/where.csv").exception
    )
    assert code == exit_codes.NOT_FINISHED
    assert message == "syncasync-sim: no: there is no such folder; make it first, or name another"


def test_a_scenario_on_standard_input_is_read_once() -> None:
    text = "traffic: {requests: 1}\nsteps: [{name: work, duration: 1s}]\n"
    result = sim("sweep", "-", *WORKERS, "--no-charts", text=text)
    assert result.exit_code == exit_codes.DONE
    assert "3 of 3 cells" in result.stdout


# files


def test_parquet_without_pyarrow_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = sim("sweep", "slow-email", *WORKERS, "--parquet", "a.parquet")
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert "pip install 'syncasync-sim[parquet]'" in words(result.stderr)


def test_parquet_has_the_rows() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    varied = ("--vary", "server.threads=2,4,unlimited", "--no-charts")
    data = json.loads(sim("sweep", "slow-email", *varied, "--parquet", "a.parquet", "--json").stdout)
    rows = parquet.read_table("a.parquet").to_pylist()
    assert [row["server.threads"] for row in rows[::2]] == ["2", "4", "unlimited"]
    assert [row["response_time_s.max"] for row in rows] == [r["response_time_s.max"] for r in data["rows"]]
    again = sim("sweep", "slow-email", *varied, "--parquet", "a.parquet")
    assert again.exit_code == exit_codes.BAD_REQUEST
    assert [path.name for path in Path().iterdir()] == ["a.parquet"]


# stopping and going on: each cell takes a second or so, for it goes event by event

SLOW = (
    *("sweep", "slow-email", "--set", "traffic.for=30m", "--set", "server.backlog=1000000"),
    *("--vary", "workers.count=3..8", "--csv", "a.csv", "--no-charts"),
)


def finished() -> int:
    """How many rows the file has."""
    path = Path("a.csv")
    return max(0, path.read_text().count("\n") - 1) if path.exists() else 0


def begun(*more: str) -> subprocess.Popen[str]:
    """The sweep, as a process group of its own as a shell would make it, with two rows written."""
    running = subprocess.Popen(
        [sys.executable, "-m", "syncasync_sim", *SLOW, *more],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: finished() >= 2)
    return running


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_finished_and_resume_goes_on(jobs: str) -> None:
    running = begun("--jobs", jobs)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to everybody
    out, err = running.communicate(timeout=60)
    kept = finished()
    assert running.returncode == exit_codes.INTERRUPTED
    assert "Traceback" not in err
    assert f"PARTIAL: {kept // 2} of 6 cells are finished." in out
    assert f"Stopped: {kept // 2} of 6 cells are finished." in err
    assert "The same command with --resume goes on with a.csv." in err
    assert 2 <= kept < 12
    again = syncasync(*SLOW, "--jobs", "2", "--resume")
    assert (again.returncode, again.stderr) == (exit_codes.DONE, "")
    whole = syncasync(*SLOW[:-3], "--csv", "b.csv", "--no-charts")
    assert whole.returncode == exit_codes.DONE
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


def test_a_crash_costs_the_cell_in_work() -> None:
    running = begun()
    running.kill()
    running.communicate(timeout=60)
    with Path("a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["design"] for row in rows] == ["sync", "async"] * (len(rows) // 2)
    assert rows


def test_a_process_that_dies_is_told_and_the_rest_is_kept() -> None:
    running = begun("--jobs", "2")
    for child in children(running.pid):
        os.kill(child, signal.SIGKILL)
    out, err = running.communicate(timeout=60)
    assert running.returncode == exit_codes.NOT_FINISHED
    assert "one of the processes has died" in err
    assert "Traceback" not in err
    assert "PARTIAL" in out


def test_processes_end_with_the_program_even_if_it_is_killed() -> None:
    running = begun("--jobs", "2")
    its = children(running.pid)
    assert len(its) == 2
    running.kill()
    running.communicate(timeout=60)
    wait_until(lambda: not any(Path(f"/proc/{one}").exists() for one in its))


def children(parent: int) -> list[int]:
    """The processes of the pool: those that were spawned for it."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command, status = ((place / name).read_text() for name in ("cmdline", "stat"))
        except OSError:
            continue
        if "spawn_main" in command and int(status.rpartition(")")[2].split()[1]) == parent:
            found.append(int(place.name))
    return found


def test_a_cell_that_never_ends_is_told_and_the_rest_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(scenario: Scenario, *rest: Any) -> Any:
        if scenario.workers.count == 2:
            raise RunTooLongError("this run does not seem to end")
        return run_cell(scenario, *rest)

    monkeypatch.setattr(sweeping, "run_cell", run)
    result = sim("sweep", "slow-email", *WORKERS, "--csv", "a.csv", "--no-charts")
    code, message = exit_codes.describe(result.exception)
    assert (code, message) == (exit_codes.NOT_FINISHED, "syncasync-sim: this run does not seem to end")
    assert "PARTIAL: 1 of 3 cells are finished." in result.stdout
    assert finished() == 2
