"""What Windows does in another way, each thing by itself, as far as it can be brought about elsewhere."""

from __future__ import annotations

import errno
import io
import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from rich.console import Console

from surface.processes import environment
from surface.test_brokers_command import sim
from syncasync_sim.cli import executors, exit_codes, keyboard, watch
from syncasync_sim.cli.main import main
from syncasync_sim.files import atomic_write

SWEEP = ("sweep", "checkout", "--vary", "workers.count=1,2", "--no-charts")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# pipes


class _Closed(io.TextIOWrapper):
    """A pipe that nobody reads any more: there, that is an invalid argument."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def write(self, _: str) -> int:
        raise OSError(errno.EINVAL, "Invalid argument")


def test_a_closed_pipe_is_no_trouble(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(select, "poll")
    monkeypatch.setattr(sys, "stdout", _Closed())
    assert main(["--version"]) == exit_codes.BROKEN_PIPE
    assert capfd.readouterr() == ("", "")


def test_elsewhere_an_invalid_argument_is_one(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", _Closed())
    assert main(["--version"]) == exit_codes.NOT_FINISHED
    assert "cannot write the output: Invalid argument" in capfd.readouterr().err


# processes


def test_a_process_of_the_pool_leaves_ctrl_c_to_the_program() -> None:
    """Though nothing that was ignored here is handed down to it."""
    with ProcessPoolExecutor(1, get_context("spawn"), executors._begin) as pool:
        assert pool.submit(signal.getsignal, signal.SIGINT).result(60) == signal.SIG_IGN


def test_of_more_processes_than_windows_waits_for_there_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Counted(executors._Processes):
        def __init__(self, count: int) -> None:
            asked.append(count)
            super().__init__(1)

    monkeypatch.setattr(executors, "_Processes", Counted)
    monkeypatch.setattr(executors, "MOST_PROCESSES", 61)
    assert sim(*SWEEP, "--jobs", "62", "--yes").exit_code == exit_codes.DONE
    assert asked == [61]


def test_without_processes_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(count: int) -> None:
        raise NotImplementedError("semaphores")

    monkeypatch.setattr(executors, "_Processes", refuse)
    assert exit_codes.describe(sim(*SWEEP, "--jobs", "2").exception) == (
        exit_codes.NOT_FINISHED,
        "syncasync-sim: this Python cannot start other processes; leave out --jobs",
    )


def test_ctrl_break_ends_it_as_a_closed_terminal_does() -> None:
    program = (
        "import os, signal, sys\n"
        "signal.SIGBREAK = signal.SIGUSR1\n"
        "from syncasync_sim.cli import signals\n"
        "signals.end_in_one_line()\n"
        "os.kill(os.getpid(), signal.SIGBREAK)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, env=environment())
    assert done.returncode == exit_codes.TERMINATED


# files


@pytest.fixture
def in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spreadsheet or a viewer has the files open when they are first to be moved or replaced."""
    move, opened = (
        Path.replace,
        {Path("page.html"), Path("charts/timeline.png"), Path("a.csv"), Path("a.txt")},
    )

    def replace(path: Path, target: Path) -> Path:
        if found := opened & {path, target}:
            opened.difference_update(found)
            raise _denied("Access is denied")
        return move(path, target)

    monkeypatch.setattr(Path, "replace", replace)


def _denied(text: str) -> PermissionError:
    error = PermissionError(errno.EACCES, text)
    vars(error)["winerror"] = 5
    return error


@pytest.mark.parametrize(
    ("command", "target"),
    [
        (("export", "checkout", "-o", "page.html", "--force"), "page.html"),
        (("run", "checkout", "-o", "charts"), str(Path("charts/timeline.png"))),
        (("sweep", "checkout", "--vary", "workers.count=1,2", "--csv", "a.csv", "--resume"), "a.csv"),
    ],
)
@pytest.mark.usefixtures("in_use")
def test_a_file_that_is_open_in_another_program(command: tuple[str, ...], target: str) -> None:
    Path("charts").mkdir()
    Path(target).write_text("" if target == "a.csv" else "old")
    before = Path(target).read_bytes()
    code, message = exit_codes.describe(sim(*command).exception)
    assert (code, message) == (exit_codes.NOT_FINISHED, f"syncasync-sim: {target}: {atomic_write.IN_USE}")
    assert Path(target).read_bytes() == before
    assert [path.name for path in Path(target).parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.usefixtures("in_use")
def test_a_read_only_file_stays_and_no_draft_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """There a file without the right to write is not removed either, and a draft has the mode of the old."""
    take_away = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.exists() and not path.stat().st_mode & stat.S_IWRITE:
            raise PermissionError(errno.EACCES, "Access is denied")
        take_away(path, missing_ok)

    Path("a.txt").write_text("old")
    Path("a.txt").chmod(0o444)
    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(OSError, match=atomic_write.IN_USE):
        atomic_write.write_atomically(Path("a.txt"), b"new", replace=True)
    assert [path.name for path in Path().iterdir()] == ["a.txt"]
    assert Path("a.txt").read_text() == "old"


def test_a_folder_that_may_not_be_written_to_is_told_as_ever() -> None:
    with (
        pytest.raises(PermissionError, match=os.strerror(errno.EACCES)),
        atomic_write.os_errors_naming(Path("new.txt")),
    ):
        raise _denied(os.strerror(errno.EACCES))


# the keyboard


class _Console:
    """msvcrt with what was typed."""

    def __init__(self, typed: str) -> None:
        self.typed = list(typed)

    def kbhit(self) -> bool:
        return bool(self.typed)

    def getwch(self) -> str:
        return self.typed.pop(0)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], keyboard.System]:
    """The keyboard of Windows with what was typed, where there is no termios."""

    def made(typed: str) -> keyboard.System:
        package = "syncasync_sim.cli"
        for name in ("keyboard_posix", "keyboard_windows"):  # imported anew, as in a process of its own
            monkeypatch.delattr(f"{package}.{name}", raising=False)
            monkeypatch.delitem(sys.modules, f"{package}.{name}", raising=False)
        monkeypatch.setitem(sys.modules, "termios", None)
        monkeypatch.setitem(sys.modules, "msvcrt", _Console(typed))
        here = keyboard.system()
        assert here is sys.modules[f"{package}.keyboard_windows"]
        return here

    return made


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (" q+-=", ["space", "q", "+", "-", "+"]),
        ("\xe0K\xe0M\0G\xe0O", ["left", "right", "home", "end"]),
        ("\xe0s\xe0t", ["shift-left", "shift-right"]),  # Ctrl-left and Ctrl-right
        ("\xe0Hxä \xe0", ["space"]),  # an arrow up, letters, and an a grave at the end
    ],
)
def test_keys_there(typed: str, keys: list[str], windows: Callable[[str], keyboard.System]) -> None:
    with keyboard.keyboard(windows(typed), 0) as there:
        assert there.keys(0.0) == keys
        assert there.keys(0.0) == []


def test_ctrl_c_there_interrupts(windows: Callable[[str], keyboard.System]) -> None:
    with keyboard.keyboard(windows("\x03"), 0) as there, pytest.raises(KeyboardInterrupt):
        there.keys(0.0)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0


def test_what_was_typed_there_before_a_question_answers_nothing(
    windows: Callable[[str], keyboard.System],
) -> None:
    windows("early\xe0K")
    with keyboard.unheard(_Terminal()):
        pass
    assert not sys.modules["msvcrt"].kbhit()


def test_an_old_console_there_has_no_second_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Terminal())
    monkeypatch.setattr(sys, "stdout", _Terminal())
    for old in (False, True):
        console = Console(file=_Terminal(), force_terminal=True, legacy_windows=old, _environ={})
        assert (watch._keys(console) is None) == old
