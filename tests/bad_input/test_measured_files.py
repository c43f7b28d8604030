"""Files of measured times that are refused: the file, the line, what is there, and the cure."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest

from bad_input.test_bad_files import assert_told
from syncasync_sim import Scenario, ScenarioError, load_scenario, vary
from syncasync_sim.files import change_scenario, parse_scenario
from syncasync_sim.files.measured_csv import LONGEST_LINE

SCENARIO = """
traffic: {{{traffic}}}
steps:
- {{name: charge, duration: "{duration}"}}
"""
GOOD_TIMES, GOOD_WORK = b"arrival\n0\n1\n", b"charge,email\n1,2\n3,4\n"


def scenario_text(
    traffic: str = "file: times.csv", duration: str = "empirical(file=work.csv, column=charge)"
) -> str:
    return SCENARIO.format(traffic=traffic, duration=duration)


def refused(folder: Path, text: str) -> str:
    """The message that a scenario in a folder is refused with."""
    (folder / "shop.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder / "shop.yaml")
    message = str(caught.value).replace(str(folder) + os.sep, "")
    assert_told(message, "shop.yaml")
    return message


def of_times(folder: Path, content: bytes, keys: str = "") -> str:
    (folder / "times.csv").write_bytes(content)
    return refused(folder, scenario_text(f"file: times.csv{keys}", "1s"))


def of_work(folder: Path, content: bytes, parameters: str = ", column=charge") -> str:
    (folder / "work.csv").write_bytes(content)
    return refused(folder, scenario_text("requests: 1", f"empirical(file=work.csv{parameters})"))


@pytest.mark.parametrize(
    ("content", "problem", "cure"),
    [
        (b"", "work.csv, line 1: the file is empty", "write a header"),
        (b"\n\n", "the file is empty", "write a header"),
        (b"charge\n", "work.csv, line 1: there is only a header", "write a row"),
        (b"charge\n\n\n", "there is only a header", "write a row"),
        (b"charge\n1\nNaN\n", "work.csv, line 3: 'NaN' is no number", "write a number such as 0.125"),
        (b"charge\ninf\n", "line 2: 'inf' is no number", "write a number"),
        (b"charge\n1\n-0.5\n", "line 3: -0.5 is negative", "0 or more"),
        (b"charge,b\n1,2\n,2\n", "line 3: this field is empty", "write its value"),
        (b"charge\n12 ms\n", "line 2: '12 ms' is no number", "write a number"),
        (
            b"b,charge\n1,2\n1\n",
            "line 3: this row has 1 field, and the first line 2",
            "write the missing ones",
        ),
        (b"charge,b\n1,2\n1,5,2\n", "line 3: this row has 3 fields, and the first line 2", "with a point"),
        (b"charge;b\n1,5;2\n", "line 2: '1,5' is no number", "write a number such as 0.125"),
        (b'charge,b\n1,2\n"1,2\n3,4\n', "line 3: a quote is opened and not closed", "close it"),
        (b'charge,b\n1,2\n"1"x,2\n', "line 3: this is no CSV", 'has "" for a quote'),
        (b"charge\n1\n\n2\n", "line 3: this line is empty", "remove it"),
        (b"charge\n31622401\n", "line 2: 31622401 is longer than 366 days", "unit=ms"),
        (b"charge\n1\n\xff\n", "line 3: this is not UTF-8 text (byte 0xff)", "UTF-8"),
        ("charge\n1\n".encode("utf-16"), "line 1: this is no text (it holds zero bytes)", "UTF-8"),
        (b"charge\n1\0\n", "line 2: this is no text (it holds zero bytes)", "UTF-8"),
        (
            b"charge\n" + b"1" * (LONGEST_LINE + 1),
            "line 2: a line has at most 100,000 bytes",
            "a line for each",
        ),
        (b"charge\n" + b"1" * 99_000, "is no number", "write a number"),
        (b"charg,email\n1,2\n", "line 1: there is no column 'charge'", "did you mean 'charg'?"),
        (b"a,b\n1,2\n", "line 1: there is no column 'charge'", "the columns are a, b"),
        (b"charge,charge\n1,2\n", "line 1: there are 2 columns 'charge'", "give each a name"),
        (b"1\n2\n", "line 1: there is no header, and so no column 'charge'", "into the first line"),
        (b"\x1f\x8bnonsense", "its gzip is damaged", "pack the file again"),
        (gzip.compress(b"charge\n" + b"1\n" * 9999)[:-20], "its gzip is damaged", "pack the file again"),
    ],
)
def test_a_column_of_durations(tmp_path: Path, content: bytes, problem: str, cure: str) -> None:
    message = of_work(tmp_path, content)
    assert problem in message
    assert cure in message.splitlines()[-1]
    assert len(message) < 1000


@pytest.mark.parametrize(
    ("content", "parameters", "problem", "cure"),
    [
        (
            b"charge,email\n1,2\n",
            "",
            "line 1: there are 2 columns; which one?",
            "name one of charge or email",
        ),
        (b"1,2\n3,4\n", "", "line 1: there are 2 columns and no header", "into the first line"),
        (b"charge\n1\n", ", unit=min", "unknown unit 'min'", "s, ms, us"),
        (b"charge\n1\n", ", column=", "column is empty", "write the name of the column"),
        (
            b"charge\n1\n",
            ", start=first",
            "expected empirical(file, column, unit)",
            "as in  empirical(file=work",
        ),
    ],
)
def test_parameters_of_a_column(
    tmp_path: Path, content: bytes, parameters: str, problem: str, cure: str
) -> None:
    message = of_work(tmp_path, content, parameters)
    assert problem in message
    assert cure in message.splitlines()[-1]


@pytest.mark.parametrize(
    ("content", "keys", "problem", "cure"),
    [
        (b"t\n0\n2\n1\n", "", "times.csv, line 4: 1 is before 2 of the row above", "sort the rows"),
        (b"t\n5\n7\n", ", start: 6", "line 2: 5 is before start: 6", "start: first"),
        (b"t\n-1\n7\n", "", "line 2: -1 is negative", "start: first"),
        (b"t\n1763000000\n", "", "line 2: 1763000000 is more than 366 days after time 0", "start: first"),
        (b"t\n0\n1763000000\n", "", "line 3: 1763000000 is more than 366 days", "unit: ms"),
        (b"t\n2026-09-21T10:00:00Z\n5\n", "", "line 3: '5' is no date such as", "write a date"),
        (b"t\n5\n2026-09-21T10:00:00Z\n", "", "line 3: '2026-09-21T10:00:00Z' is no number", "write"),
        (b"t\n2026-09-31T10:00:00Z\n", "", "line 2: '2026-09-31T10:00:00Z' is no date such as", "write"),
        (
            b"t\n5\n6\n",
            ", start: 2026-09-21T10:00:00Z",
            "start is no such time as the file has",
            "start: first",
        ),
        (b"t\n5\n6\n", ", start: soon", "expected first, a number or a date, not 'soon'", "write first"),
        (b"t\n5\n6\n", ", unit: h", "expected s, ms, us or ns, not 'h'", "write s, ms, us or ns"),
        (b"t\n5\n6\n", ", rows: 3", "times.csv has 2 rows, not 3", "write 2 or less"),
        (b"t\n5\n6\n", ", column: 7", "expected the name of a file or a column, not '7'", "in quotes"),
        (b"t\n5\n6\n", ", arrivals: poisson", "goes with rate or phases only", "leave it out"),
        (b"t\n5\n6\n", ", requests: 7", "both requests and file", "keep one"),
    ],
)
def test_a_column_of_arrivals(tmp_path: Path, content: bytes, keys: str, problem: str, cure: str) -> None:
    message = of_times(tmp_path, content, keys)
    assert problem in message
    assert cure in message.splitlines()[-1]


@pytest.mark.parametrize("key", ["column: a", "unit: ms", "start: first", "rows: 2", "paired: true"])
def test_what_goes_with_a_file_only(tmp_path: Path, key: str) -> None:
    message = refused(tmp_path, scenario_text(f"requests: 2, {key}", "1s"))
    assert f"{key.partition(':')[0]} goes with file only" in message


def test_no_file_and_no_place_for_one(tmp_path: Path) -> None:
    assert "there is no such file in" in refused(tmp_path, scenario_text("file: times.csv", "1s"))
    (tmp_path / "times.csv").mkdir()
    assert "times.csv: this is a folder" in refused(tmp_path, scenario_text("file: times.csv", "1s"))
    long = "x" * 300
    assert "cannot be read: File name too long" in refused(tmp_path, scenario_text(f"file: {long}", "1s"))


def test_every_customer_of_a_pair_needs_a_row(tmp_path: Path) -> None:
    (tmp_path / "times.csv").write_bytes(b"t\n0\n1\n2\n")
    (tmp_path / "work.csv").write_bytes(GOOD_WORK)
    message = refused(tmp_path, scenario_text("file: times.csv, paired: true"))
    assert "work.csv has 2 rows for 3 customers" in message
    assert "give a file with at least 3 rows" in message
    load_scenario(tmp_path / "shop.yaml", ["traffic.rows=2"])


def test_both_columns_of_a_file_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "times.csv").write_bytes(GOOD_TIMES)
    (tmp_path / "work.csv").write_bytes(b"charge,email\n1,2\n-1,2\n1,x\n")
    second = '- {name: email, duration: "empirical(file=work.csv, column=email)"}\n'
    message = refused(tmp_path, scenario_text() + second)
    assert "work.csv, line 3: -1 is negative" in message
    assert "work.csv, line 4: 'x' is no number" in message


def test_too_many_rows(tmp_path: Path) -> None:
    message = of_work(tmp_path, gzip.compress(b"charge\n" + b"1\n" * 1_000_001, compresslevel=1))
    assert "line 1000002: a file has at most 1,000,000 rows" in message


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfcharge,email\r\n1,2\r\n3,4\r\n",
        b"charge;email\n1;2\n3;4",
        b"charge\temail\n1\t2\n3\t4\n\n\n",
        b'"charge","e,mail"\n"1","2"\n3,4\n',
        b" charge , email\n 1 , 2\n3,4\n",
        b"charge,email,\n1,2,\n3,4,\n",
        gzip.compress(b"charge,email\n1,2\n3,4\n"),
    ],
)
def test_ways_to_write_a_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "work.csv").write_bytes(content)
    (tmp_path / "times.csv").write_bytes(GOOD_TIMES)
    (tmp_path / "shop.yaml").write_text(scenario_text(), encoding="utf-8")
    columns = load_scenario(tmp_path / "shop.yaml").measured.values()
    work = [each for each in columns if each.reference.file == "work.csv"]
    assert work[0].values_us.tolist() == [1_000_000, 3_000_000]


@pytest.mark.parametrize("name", ["a b.csv", "a, b.csv", "it's.csv", 'a"b.csv', "x=y.csv", "ü.csv"])
def test_names_of_files_are_written_back(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(GOOD_WORK)
    quoted = f"'{name}'" if '"' in name else f'"{name}"'
    duration = f"empirical(file={quoted}, column=charge)".replace('"', '\\"')
    (tmp_path / "shop.yaml").write_text(scenario_text("requests: 1", duration), encoding="utf-8")
    scenario = load_scenario(tmp_path / "shop.yaml")
    assert scenario.with_data(scenario.to_data()) == scenario


def test_python_says_who_reads_files() -> None:
    data = {"traffic": {"file": "times.csv"}, "steps": [{"name": "a", "duration": "1s"}]}
    with pytest.raises(ValueError, match="a Scenario made in Python reads no files"):
        Scenario.model_validate(data)
    with pytest.raises(ValueError, match="a Scenario made in Python reads no files"):
        Scenario.model_validate(
            {"traffic": {"requests": 1}, "steps": [{"name": "a", "duration": "empirical(file=work.csv)"}]}
        )


def test_a_change_reads_no_file(tmp_path: Path) -> None:
    scenario = parse_scenario(scenario_text("requests: 1", "1s"))
    (tmp_path / "work.csv").write_bytes(GOOD_WORK)
    new = f"empirical(file={tmp_path / 'work.csv'}, column=charge)"
    path = "steps[charge].duration"
    with pytest.raises(ScenarioError, match="is not in the scenario that is changed here"):
        vary(scenario, {path: new})
    with pytest.raises(ScenarioError, match="is not in the scenario that is changed here"):
        change_scenario(scenario, [f"{path}={new}"])


def test_messages_have_no_jargon(tmp_path: Path) -> None:
    for message in (of_work(tmp_path, b"a\nx\n", ""), of_times(tmp_path, b"a\nx\n")):
        assert not re.search(r"Traceback|pydantic|Error\b|Input should|<class", message)
