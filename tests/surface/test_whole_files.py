"""Files that a command writes: whole or not at all, over nothing that is no file, and through links."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from surface.processes import environment, shell
from surface.test_brokers_command import sim
from syncasync_sim.cli import browser, exit_codes
from syncasync_sim.files.atomic_write import IS_THERE, write_atomically


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _no_links(*_: Any) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("kind", ["refused", "missing"])
def test_a_disk_or_a_python_without_links(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "missing":
        monkeypatch.delattr(os, "link")
    else:
        monkeypatch.setattr(os, "link", _no_links)
    write_atomically(Path("a.txt"), b"new")
    assert Path("a.txt").read_bytes() == b"new"
    with pytest.raises(FileExistsError, match=IS_THERE):
        write_atomically(Path("a.txt"), b"newer")
    assert Path("a.txt").read_bytes() == b"new"
    assert [path.name for path in Path().iterdir()] == ["a.txt"]


def test_the_mode_of_what_is_replaced_stays() -> None:
    Path("a.html").touch(mode=0o600)
    Path("a.html").chmod(0o640)
    assert sim("export", "checkout", "-o", "a.html", "--force").exit_code == exit_codes.DONE
    assert stat.S_IMODE(Path("a.html").stat().st_mode) == 0o640
    assert Path("a.html").stat().st_size > 10_000


def test_a_link_stays_and_what_it_leads_to_is_written() -> None:
    Path("there").mkdir()
    Path("there/a.html").write_text("old")
    Path("a.html").symlink_to("there/a.html")
    assert sim("export", "checkout", "-o", "a.html", "--force").exit_code == exit_codes.DONE
    assert Path("a.html").is_symlink()
    assert Path("there/a.html").stat().st_size > 10_000
    assert [path.name for path in Path("there").iterdir()] == ["a.html"]


@pytest.mark.parametrize("force", [True, False])
def test_a_pipe_is_written_into(force: bool) -> None:
    os.mkfifo("pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(Path("pipe").read_bytes()), daemon=True)
    reader.start()
    write_atomically(Path("pipe"), b"content", replace=force)
    reader.join(10)
    assert got == [b"content"]
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)


def test_a_device_stays_a_device() -> None:
    ours, theirs = os.openpty()
    device = Path(os.ttyname(theirs))
    write_atomically(device, b"content\n", replace=True)
    assert os.read(ours, 100).rstrip() == b"content"
    assert stat.S_ISCHR(device.stat().st_mode)
    os.close(ours)
    os.close(theirs)


def test_standard_output_by_its_name() -> None:
    """However it is led on: to a pipe, or to a file that stays the one the shell has open."""
    assert shell("sim export checkout -o page.html", Path()).stdout == "page.html\n"
    page = Path("page.html").read_text()
    assert shell("sim export checkout -o /dev/stdout | cat", Path()).stdout == page
    into = shell("echo before > b.html; sim export checkout -o /dev/stdout --force >> b.html", Path())
    assert into.returncode == 0
    assert Path("b.html").read_text() == f"before\n{page}"


def test_a_name_is_printed_without_what_a_terminal_would_obey() -> None:
    assert sim("export", "checkout", "-o", "\x1b[31m.html").stdout == "\\x1b[31m.html\n"


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_folder_is_refused(force: tuple[str, ...]) -> None:
    Path("there.html").mkdir()
    code, message = exit_codes.describe(sim("export", "checkout", "-o", "there.html", *force).exception)
    assert code == exit_codes.NOT_FINISHED
    assert message == "syncasync-sim: there.html: Is a directory; name a file in it"


WRITERS = {
    "trace": ("run", "checkout", "--no-charts", "--trace", "*.json"),
    "charts": ("run", "checkout", "-o", "*"),
    "page": ("export", "checkout", "-o", "*.html"),
    "lesson": ("lesson", "handout", "2", "-o", "*.html"),
    "csv": ("sweep", "ten-orders", "--vary", "workers.count=1", "--no-charts", "--csv", "*.csv"),
    "scenario": ("scenarios", "copy", "checkout", "*"),
    "notebooks": ("notebooks", "copy", "*"),
}
"""Commands that write, with a star for where."""


def refused(kind: str, place: str) -> str:
    """What a command says that cannot write at *place*."""
    done = sim(*(word.replace("*", place) for word in WRITERS[kind]))
    code, message = exit_codes.describe(done.exception)
    assert code == exit_codes.NOT_FINISHED
    assert "\n" not in message
    return message.removeprefix("syncasync-sim: ")


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("place", ["taken/x", "taken/x/y"])
def test_a_file_in_the_place_of_a_folder_is_named(kind: str, place: str) -> None:
    Path("taken").write_text("mine")
    assert refused(kind, place) == "taken: this is no folder; name another place"
    assert Path("taken").read_text() == "mine"


@pytest.mark.parametrize("kind", [kind for kind in WRITERS if kind != "charts"])
def test_a_folder_that_is_missing_is_named(kind: str) -> None:
    told = refused(kind, "no/x/y" if kind in ("scenario", "notebooks") else "no/x")
    assert re.fullmatch(r"no\S*: there is no such folder; make it first, or name another", told)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("kind", WRITERS)
def test_a_folder_that_may_not_be_written_to_is_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("locked").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: not (mode & os.W_OK and Path(path).name == "locked"))
    told = refused(kind, "locked" if kind == "scenario" else "locked/x")
    assert told == "locked: Permission denied; name another place, or change the permissions of this one"
    assert list(Path("locked").iterdir()) == []


@pytest.mark.parametrize("kind", [kind for kind in WRITERS if kind != "charts"])
@pytest.mark.parametrize("written", [0, 1])
def test_a_full_disk_is_told_with_what_to_do_and_nothing_is_left(
    kind: str, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, or when a first file is written already."""
    if written and kind not in ("notebooks", "scenario"):
        pytest.skip("it writes one file")
    fill_after(written, monkeypatch)
    place = "." if kind == "scenario" else "x"
    cure = "No space left on device; make room there, or write to another disk"
    assert refused(kind, place).endswith(f": {cure}")
    assert list(Path().iterdir()) == []


def fill_after(written: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the disk has room for so many files."""
    left, sync = [written], os.fsync

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full)


def test_notebooks_that_were_there_stay_on_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sim("notebooks", "copy", "course").exit_code == exit_codes.DONE
    there = sorted(path.name for path in Path("course").iterdir())
    Path("course", there[0]).unlink()
    fill_after(1, monkeypatch)
    assert sim("notebooks", "copy", "course", "--force").exit_code != exit_codes.DONE
    assert sorted(path.name for path in Path("course").iterdir()) == there[1:]


def test_a_page_for_the_browser_leaves_no_folder_on_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(Path.cwd()))
    fill_after(0, monkeypatch)
    with pytest.raises(OSError, match="No space left on device") as caught:
        browser.show("page", "a.html")
    assert Path(caught.value.filename).name == "a.html"
    assert list(Path().iterdir()) == []


def test_charts_of_two_runs_are_never_mixed_in_one_folder() -> None:
    folder = Path("charts")
    assert sim("run", "overload", "-o", "charts").exit_code == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    place = os.open(folder, os.O_RDONLY)
    fcntl.flock(place, fcntl.LOCK_EX)  # as another run does while it puts its own
    other = subprocess.Popen(
        [sys.executable, "-m", "syncasync_sim", "run", "checkout", "-o", "charts"],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while not list(folder.glob(".draft-*/timeline.svg")) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.5)  # without a lock it would have put them by now
    assert other.poll() is None
    assert {name: (folder / name).read_bytes() for name in before} == before
    os.close(place)
    assert other.wait(60) == 0
    assert {path.name for path in folder.iterdir()} == {"timeline.png", "timeline.svg"}
