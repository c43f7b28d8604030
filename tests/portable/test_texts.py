"""Texts as other systems have them: names that differ by case alone, lines that end in CRLF, cp1252."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from surface.processes import syncasync
from syncasync_sim import load_scenario
from syncasync_sim.files import bundled
from syncasync_sim.files.lessons import load_lesson

ROOT = Path(__file__).parents[2]
NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\\\x00-\x1f]|[ .]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)
AS_THEY_ARE = ["tests/bad_input/files/binary.yaml"]
COMMANDS = (
    ("run", "worker-crash", "--no-charts"),
    ("run", "overload", "--json"),
    ("explain", "worker-crash", "3"),
    ("advise", "checkout"),
    ("brokers", "worker-crash"),
    ("watch", "worker-crash", "--t", "5"),
    ("lesson", "2", "--reveal"),
    ("sweep", "slow-email", "--vary", "workers.count=1..2", "--no-charts"),
    ("check", "no-such-scenario"),
    ("--help",),
)


def files_of_the_repository() -> list[str]:
    asked = ["git", "-C", str(ROOT), "ls-files", "-z"]
    try:
        told = subprocess.run(asked, capture_output=True, encoding="utf-8", check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout of git")
    return [name for name in told.split("\0") if name]


def test_no_two_files_are_one_where_case_is_nothing() -> None:
    names = files_of_the_repository()
    folders = {str(parent) for name in names for parent in Path(name).parents}
    lower = Counter(name.lower() for name in {*names, *folders})
    assert [name for name, count in lower.items() if count > 1] == []


def test_every_file_can_be_had_on_windows() -> None:
    names = files_of_the_repository()
    assert [name for name in names for part in Path(name).parts if NOT_ON_WINDOWS.search(part)] == []
    assert max(map(len, names)) < 120


def test_git_ends_lines_alike_everywhere() -> None:
    assert "* text=auto eol=lf" in (ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()
    texts = [
        name for name in files_of_the_repository() if Path(name).suffix in (".py", ".yaml", ".md", ".txt")
    ]
    assert len(texts) > 300
    assert [name for name in texts if b"\r\n" in (ROOT / name).read_bytes()] == AS_THEY_ARE


def _with_crlf(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    return target


@pytest.mark.parametrize("name", bundled.names())
def test_a_scenario_with_crlf_is_the_same(name: str, tmp_path: Path) -> None:
    copy = _with_crlf(bundled.path_of(name), tmp_path / f"{name}.yaml")
    assert load_scenario(copy) == load_scenario(name)


def test_a_mistake_in_a_scenario_with_crlf_is_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"traffic: {request: 1}\r\nsteps: [{name: work, duration: 1s}]\r\n")
    told = syncasync("check", "a.yaml", folder=tmp_path).stderr.splitlines()
    assert told[0].startswith("a.yaml:1:11: unknown key 'request'")
    assert told[1:3] == ["  1 | traffic: {request: 1}", "    |           ^^^^^^^"]


def test_lessons_with_crlf_are_the_same(tmp_path: Path) -> None:
    sources = sorted((ROOT / "lessons").glob("*.yaml"))
    assert len(sources) > 10
    for source in sources:
        copy = _with_crlf(source, tmp_path / source.name)
        assert load_lesson(str(copy)).lesson == load_lesson(str(source)).lesson


def test_a_run_with_crlf_is_read(tmp_path: Path) -> None:
    syncasync("run", "checkout", "--no-charts", "--trace", "run.json", folder=tmp_path)
    text = json.dumps(json.loads((tmp_path / "run.json").read_text(encoding="utf-8")), indent=1)
    (tmp_path / "windows.json").write_bytes(text.replace("\n", "\r\n").encode())
    told = [syncasync("explain", name, "1", folder=tmp_path) for name in ("run.json", "windows.json")]
    assert told[0].returncode == 0
    assert told[0].stdout == told[1].stdout


def test_a_csv_file_with_crlf_is_taken_up(tmp_path: Path) -> None:
    command = ("sweep", "checkout", "--vary", "workers.count=1..2", "--no-charts", "--csv", "a.csv")
    assert syncasync(*command, folder=tmp_path).returncode == 0
    before = (tmp_path / "a.csv").read_bytes()
    _with_crlf(tmp_path / "a.csv", tmp_path / "a.csv")
    again = syncasync(*command, "--resume", folder=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    assert (tmp_path / "a.csv").read_bytes() == before


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_console_of_western_europe(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """All of it is in cp1252, and the figures are those of a console that has everything."""
    numbers = []
    for encoding in ("utf-8", "cp1252"):
        done = syncasync(*arguments, folder=tmp_path, PYTHONIOENCODING=f"{encoding}:strict", COLUMNS="100")
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 2)
        if "--json" in arguments:
            numbers.append(json.loads(done.stdout))
        else:
            assert not re.search(r"\\(u[0-9a-f]{4}|x[0-9a-f]{2})", done.stdout)
            numbers.append(re.findall(r"\d+", done.stdout))
    assert numbers[0] == numbers[1]
