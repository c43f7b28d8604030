"""The files of a sweep: what was worked out is never lost to them, and a damaged one is not believed."""

from __future__ import annotations

import csv
import json
import os
import random  # noqa: TID251 - which cell is damaged, not what happens in a run
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from surface.test_brokers_command import sim, words
from syncasync_sim.cli import exit_codes
from syncasync_sim.errors import ScenarioError
from syncasync_sim.experiment.sweeping import Row, Sweep
from syncasync_sim.files.sweep_csv import SweepFile
from syncasync_sim.files.varying import load_grid

ASKED = ("sweep", "ten-orders", "--vary", "workers.count=1..2", "--no-charts")
WITH_CSV = (*ASKED, "--csv", "a.csv")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """No file may grow beyond that: the system refuses to write on, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def told(*arguments: str) -> tuple[int, str, str]:
    """The exit code, the message of what ended it, and what was shown."""
    result = sim(*arguments)
    if result.exception is None or isinstance(result.exception, SystemExit):
        return result.exit_code, words(result.stderr), result.stdout
    code, message = exit_codes.describe(result.exception)
    return code, message, result.stdout


# a disk that is full


def test_what_is_finished_is_shown_when_the_csv_file_is_full() -> None:
    heading, row = _sizes()
    with room_for(heading + 3 * row):  # not for the last one
        code, message, shown = told(*WITH_CSV)
    assert (code, message) == (
        exit_codes.NOT_FINISHED,
        "syncasync-sim: a.csv: File too large; write to another disk",
    )
    assert "waits" in words(shown)
    assert "2 of 2 cells" in words(shown)
    assert _designs() == ["sync", "async", "sync"]
    assert told(*WITH_CSV, "--resume")[0] == exit_codes.DONE
    assert _designs() == ["sync", "async"] * 2


def test_a_full_disk_says_how_to_go_on() -> None:
    heading, row = _sizes()
    with room_for(heading + row):
        partial = words(sim(*WITH_CSV).stderr)
    assert "Stopped: 1 of 2 cells are finished." in partial
    assert "The same command with --resume goes on with a.csv." in partial


def test_where_the_table_cannot_be_shown_the_cells_are_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("syncasync_sim.cli.sweep._show", full)
    result = sim(*WITH_CSV)
    assert isinstance(result.exception, OSError)
    assert words(result.stderr) == "The same command with --resume goes on with a.csv."
    assert _designs() == ["sync", "async"] * 2


def _sizes() -> tuple[int, int]:
    """The bytes of the heading and of the longest row."""
    assert told(*ASKED, "--csv", "whole.csv")[0] == exit_codes.DONE
    heading, *rows = Path("whole.csv").read_bytes().splitlines(keepends=True)
    return len(heading), max(map(len, rows))


def _designs() -> list[str]:
    """Of the whole rows in the file."""
    whole = [line for line in Path("a.csv").read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [row["design"] for row in csv.DictReader(whole)]


@pytest.mark.parametrize("shown_as", [(), ("--json",)])
def test_a_parquet_file_that_cannot_be_written_costs_nothing_else(
    shown_as: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "a.parquet")

    monkeypatch.setattr("syncasync_sim.files.sweep_parquet.pyarrow", lambda: (None, None))
    monkeypatch.setattr("syncasync_sim.files.sweep_parquet.write_parquet", full)
    code, message, shown = told(*ASKED, "--parquet", "a.parquet", *shown_as)
    assert code == exit_codes.NOT_FINISHED
    assert message.startswith("syncasync-sim: a.parquet: No space left on device; make room there")
    if shown_as:
        assert len(json.loads(shown)["rows"]) == 4
    else:
        assert "2 of 2 cells" in words(shown)


def test_an_empty_csv_file_is_a_new_one() -> None:
    Path("a.csv").touch()
    assert told(*WITH_CSV)[0] == exit_codes.DONE
    fresh = Path("a.csv").read_bytes()
    Path("a.csv").write_bytes(b"")
    assert told(*WITH_CSV, "--resume")[0] == exit_codes.DONE
    assert Path("a.csv").read_bytes() == fresh
    Path("a.csv").write_bytes(fresh[:30])  # of the heading only that
    assert told(*WITH_CSV, "--resume")[0] == exit_codes.DONE
    assert Path("a.csv").read_bytes() == fresh


# a file that was changed


@pytest.fixture
def written() -> list[list[str]]:
    """The rows of a whole file, its heading first."""
    assert told(*WITH_CSV)[0] == exit_codes.DONE
    with Path("a.csv").open(newline="") as file:
        return list(csv.reader(file))


def _put(rows: list[list[str]]) -> bytes:
    with Path("a.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return Path("a.csv").read_bytes()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("-99", "its contents no longer match its check sum, in column check"),
        ("5.05", "its contents no longer match its check sum"),
        ("nan", "this is no number: 'nan'"),
        ("inf", "this is no number: 'inf'"),
        ("1e999", "this is no number"),
        ("x", "this is no number: 'x'"),
        ("9" * 5000, "this is no number: '999"),
        ("٣", "this is no number"),
        ("\x1b[31m1", "this is no number: '\\x1b[31m1'"),
    ],
)
def test_an_edited_figure_is_refused_with_its_place(written: list[list[str]], value: str, says: str) -> None:
    column = written[0].index("response_time_s.max")
    written[2][column] = value
    before = _put(written)
    code, message, shown = told(*WITH_CSV, "--resume")
    assert (code, shown) == (exit_codes.BAD_REQUEST, "")
    place = "row 3" if "check sum" in says else "row 3, column response_time_s.max"
    assert message.startswith(f"a.csv:3: {place}: {says}")
    assert "take that row out, and its cell is run again" in message
    assert max(map(len, message.splitlines())) < 400
    assert Path("a.csv").read_bytes() == before


def test_a_row_that_is_taken_out_is_run_anew(written: list[list[str]]) -> None:
    whole = _put(written)
    _put(written[:2] + written[3:])
    assert told(*WITH_CSV, "--resume")[0] == exit_codes.DONE
    assert Path("a.csv").read_bytes() == whole


@pytest.mark.parametrize("cells", [1, -1])
def test_a_row_with_too_many_or_too_few_cells(written: list[list[str]], cells: int) -> None:
    written[3] = [*written[3], "1"] if cells > 0 else written[3][:-1]
    _put(written)
    code, message, _ = told(*WITH_CSV, "--resume")
    assert code == exit_codes.BAD_REQUEST
    assert message.startswith(f"a.csv:4: row 4: a row has {len(written[0]):,} columns, this one ")


@pytest.mark.parametrize(
    "content", [b"\0" * 100, b"\xff\xfe", b'"', b",".join([b"x"] * 10), b"z" * 2_000_000]
)
def test_what_is_no_sweep_is_left_alone(content: bytes) -> None:
    Path("a.csv").write_bytes(content)
    code, message, _ = told(*WITH_CSV, "--resume")
    assert code == exit_codes.BAD_REQUEST
    assert message.startswith("a.csv:1: this is not of the sweep asked for: it is ")
    assert Path("a.csv").read_bytes() == content


def test_a_pipe_is_no_sweep_to_go_on_with() -> None:
    os.mkfifo("a.csv")
    assert told(*WITH_CSV, "--resume")[0] == exit_codes.BAD_REQUEST


def test_a_thousand_damaged_files_are_refused_or_taken_for_what_they_were(written: list[list[str]]) -> None:
    """Whatever is read back is what was written; the rest is refused, and left as it is."""
    path, whole = Path("a.csv"), _put(written)
    right, chance, refused = _taken_up(path), random.Random(6), 0
    assert len(right) == 2
    for _ in range(1000):
        damaged = damage(whole, chance)
        path.write_bytes(damaged)
        message = ""
        try:
            taken_up = _taken_up(path)
        except ScenarioError as error:
            message, taken_up = str(error), {}
            refused += 1
        assert taken_up.items() <= right.items(), damaged
        if message:
            assert (message[:5], path.read_bytes()) == ("a.csv", damaged)
            assert message.replace("\n", "").isprintable()
    assert 300 < refused < 900  # both happen


def _taken_up(path: Path) -> dict[int, list[Row]]:
    """The cells that the sweep has from the file."""
    scenario, axes, cells = load_grid("ten-orders", (), ("workers.count=1..2",))
    sweep = Sweep(scenario, axes, cells, scenario.seed)
    with SweepFile(path, sweep, resumes=True):
        return sweep.finished


def damage(whole: bytes, chance: random.Random) -> bytes:
    """Cut, change, double, swap or insert something somewhere."""
    lines = whole.splitlines(keepends=True)
    place, line = chance.randrange(1, len(whole)), chance.randrange(1, len(lines))
    how = chance.randrange(7)
    if how == 0:
        return whole[:place]
    if how == 1:
        return whole[:place] + bytes([chance.randrange(256)]) + whole[place + 1 :]
    if how == 2:
        return b"".join(lines[:line] + lines[line:] + lines[line : line + 1])
    if how == 3:
        return b"".join([lines[0], *chance.sample(lines[1:], len(lines) - 1)])
    if how == 4:
        return whole.replace(b"\n", b"\r\n")
    cells = lines[line].split(b",")
    odd = [
        b"nan",
        b"-1",
        b"1e999",
        b"9" * 5000,
        b"\x1b[31m",
        b"",
        b'"',
        b"\n",
        b"true",
        b"\xe2\x80\xae",
        b"7",
    ]
    cells[chance.randrange(len(cells))] = chance.choice(odd)
    return b"".join([*lines[:line], b",".join(cells), *lines[line + 1 :]])
