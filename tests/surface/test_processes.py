"""The program among other programs: exit codes, pipes, full disks, closed streams, poor terminals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from surface.processes import LONG, environment, shell, syncasync
from syncasync_sim import __version__, load_scenario, run_designs
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.console import NARROWEST

BAD = "traffic: {request: 1}\nsteps: [{name: work, duration: 1s}]\n"
FULL = Path("/dev/full")


def one_line(text: str) -> str:
    """The only line of *text*, which is no traceback."""
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    return text.rstrip("\n")


def test_json_has_the_numbers_of_the_library_to_the_last_digit(tmp_path: Path) -> None:
    done = syncasync("run", "flaky-email", "--json", "--seed", "5", folder=tmp_path)
    comparison, _ = run_designs(load_scenario("flaky-email"), seed=5)
    assert json.loads(done.stdout) == comparison.to_dict(__version__)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_command_and_a_wrong_scenario_are_2(tmp_path: Path) -> None:
    assert syncasync("rnu").returncode == 2
    done = syncasync("run", "-", text=BAD)
    assert done.returncode == 2
    assert done.stderr.startswith("stdin:1:11: unknown key 'request'")
    assert done.stdout == ""
    assert syncasync("check", "no-such-scenario", folder=tmp_path).returncode == 2


def test_a_scenario_from_standard_input_and_a_missed_expectation_is_3() -> None:
    text = 'traffic: {requests: 1}\nsteps: [{name: w, duration: 1s}]\nexpect: ["sync.requests == 2"]\n'
    assert syncasync("run", "-", "--no-charts", text=text).returncode == 3


def test_a_run_without_end_is_1(tmp_path: Path) -> None:
    program = (
        "import sys, syncasync_sim.engine.run_limit as run\n"
        "run.RunLimit.most_events = property(lambda limit: 10, lambda limit, number: None)\n"
        "from syncasync_sim.cli.main import main\n"
        "sys.exit(main(['run', 'overload', '--no-charts', '--set', 'traffic.for=2h']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == 1
    assert "does not seem to end" in one_line(done.stderr)


@pytest.mark.parametrize("debug", [False, True])
def test_a_bug_is_one_line_and_70_and_shows_more_on_demand(debug: bool) -> None:
    program = (
        "import sys, syncasync_sim.files as files\n"
        "files.schema_text = lambda part: 1 / 0\n"
        "from syncasync_sim.cli.main import main\n"
        "sys.exit(main(['schema']))"
    )
    more = {"SYNCASYNC_DEBUG": "1"} if debug else {}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment(**more)
    )
    assert done.returncode == 70
    assert ("Traceback" in done.stderr) == debug
    assert done.stderr.splitlines()[-1].startswith("syncasync-sim: a bug: ZeroDivisionError")


def test_the_script_and_the_module_are_the_same_program() -> None:
    script = Path(sys.executable).with_name("syncasync-sim")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == syncasync("--version").stdout == f"syncasync-sim {__version__}\n"
    assert syncasync().stdout == syncasync("--help").stdout


# streams


def test_a_pipe_has_no_escapes_and_a_forced_colour_has() -> None:
    assert "\x1b" not in syncasync("run", "checkout", "--no-charts").stdout
    coloured = syncasync("run", "checkout", "--no-charts", FORCE_COLOR="1").stdout
    assert re.search(r"\x1b\[[\d;]*3\d", coloured)
    plain = syncasync("run", "checkout", "--no-charts", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert not re.search(r"\x1b\[[\d;]*[34]\d", plain)


@pytest.mark.parametrize(
    "command", ["run overload --no-charts", "run overload --json", "scenarios list", "-h"]
)
def test_a_reader_that_has_enough_is_no_trouble(command: str, tmp_path: Path) -> None:
    done = shell(f"sim {command} | head -1", tmp_path)
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "Broken pipe" not in done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "command", ["run checkout --no-charts", "run checkout --json", "schema", "--version"]
)
def test_a_full_disk_is_one_line_and_1(command: str, tmp_path: Path) -> None:
    done = shell(f"sim {command} > /dev/full", tmp_path)
    assert done.returncode == 1
    assert "No space left on device" in one_line(done.stderr)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-"])
def test_closed_streams_survive(closed: str, tmp_path: Path) -> None:
    done = shell(f"sim run checkout --no-charts {closed}", tmp_path)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("place", ["/proc/nowhere", "taken"])
def test_a_folder_that_cannot_be_written_to_is_one_line_and_1(place: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    done = syncasync("run", "checkout", "-o", place, folder=tmp_path)
    assert done.returncode == 1
    assert one_line(done.stderr.splitlines(keepends=True)[-1]).startswith("syncasync-sim: ")
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_numbers_are_shown_even_where_charts_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("a file", encoding="utf-8")
    done = syncasync("run", "checkout", folder=tmp_path)
    assert done.returncode == 1
    assert "2.55 s" in done.stdout
    assert "output" in one_line(done.stderr)


@pytest.mark.parametrize("columns", [20, 40, 60, 200])
def test_numbers_are_never_cut(columns: int, tmp_path: Path) -> None:
    text = syncasync("run", "ten-orders", "--no-charts", COLUMNS=str(columns), folder=tmp_path).stdout
    assert "…" not in text
    assert "16.05 s" in text
    assert max(map(len, text.splitlines())) <= max(columns, NARROWEST)


@pytest.mark.parametrize(
    "poor", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}]
)
def test_a_terminal_without_unicode(poor: dict[str, str], tmp_path: Path) -> None:
    done = syncasync("run", "checkout", "--no-charts", folder=tmp_path, **poor)
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "2.55 s" in done.stdout
    assert not re.search(r"\\u\d|\\x\w", done.stdout)


def test_a_file_of_two_bytes_a_character_has_one_mark_at_its_beginning(tmp_path: Path) -> None:
    done = shell("PYTHONIOENCODING=utf-16 sim run checkout --no-charts > told.txt", tmp_path)
    assert done.returncode == exit_codes.DONE
    told = (tmp_path / "told.txt").read_bytes()
    assert "\ufeff" not in told.decode("utf-16")
    assert told.decode("utf-16").startswith("A checkout form")


def test_without_asserts_it_says_the_same(tmp_path: Path) -> None:
    """`python -O` leaves the asserts out: nothing may depend on them."""
    asked = ("run", "worker-crash", "--no-charts", "--json")
    plain, bare = (syncasync(*asked, folder=tmp_path, PYTHONOPTIMIZE=level) for level in ("", "2"))
    assert (bare.returncode, bare.stdout) == (plain.returncode, plain.stdout)
    assert plain.returncode == exit_codes.DONE


def test_json_stays_json_without_unicode(tmp_path: Path) -> None:
    text = "traffic: {requests: 1}\nsteps: [{name: w, duration: 1s, effect: 'Käse 🧀 done'}]\n"
    done = syncasync("run", "-", "--json", text=text, folder=tmp_path, PYTHONIOENCODING="utf-8")
    poor = syncasync("run", "-", "--json", text=text, folder=tmp_path, PYTHONIOENCODING="ascii:strict")
    assert poor.stdout.isascii()
    assert json.loads(poor.stdout)["scenario"] == json.loads(done.stdout)["scenario"] == "stdin"


# signals


def start(*arguments: str) -> subprocess.Popen[str]:
    """The program with its signals in hand, but nothing done yet."""
    process = subprocess.Popen(
        [sys.executable, "-m", "syncasync_sim", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment(),
    )
    wait(lambda: _catches(process.pid, signal.SIGTERM))
    return process


def run_on(*arguments: str, command: str = "run") -> subprocess.Popen[str]:
    """The program, some way into its run."""
    process = start(command, *arguments)
    wait(lambda: _cpu_s(process.pid) > 1.5)  # of a processor's time: a busy machine does not matter
    assert process.poll() is None
    return process


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def _catches(pid: int, number: int) -> bool:
    """Whether a process handles a signal; Python alone does not handle SIGTERM, so the program does."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    match = re.search(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE)
    return match is not None and bool(int(match[1], 16) >> (number - 1) & 1)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_interrupted_json_says_that_it_is_partial() -> None:
    process = run_on(*LONG, "--json")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(out)["partial"] is True
    assert one_line(err.lstrip("\n")).startswith("Stopping")


def test_a_command_that_writes_one_file_says_that_it_is_not_written(tmp_path: Path) -> None:
    process = run_on(*LONG, command="export")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "syncasync-sim: interrupted; nothing is written"


def test_told_to_end_it_ends_without_a_word() -> None:
    process = run_on(*LONG, "--no-charts")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (143, "", "")


def test_an_interrupt_while_waiting_for_a_file_is_one_line(tmp_path: Path) -> None:
    fifo = tmp_path / "slow.yaml"
    os.mkfifo(fifo)
    process = start("check", str(fifo))
    writer = os.open(fifo, os.O_WRONLY)  # comes back when the program has opened it; nothing is written
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    os.close(writer)
    assert (process.returncode, out) == (130, "")
    assert one_line(err.lstrip("\n")) == "syncasync-sim: interrupted"


@pytest.mark.parametrize("after_s", [0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3])
def test_an_interrupt_at_any_moment_shows_no_traceback(after_s: float) -> None:
    process = start("run", *LONG, "--no-charts")
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert one_line(err.lstrip("\n")).startswith(("Stopping", "syncasync-sim: interrupted"))
    assert ("PARTIAL" in out) == ("Stopping" in err)
