"""Every file of `files/` is one mistake; each must end in a message that says where and what to do."""

from __future__ import annotations

import codecs
import math
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncasync_sim.errors import ScenarioError, what_to_write
from syncasync_sim.files import load_scenario, parse_scenario
from syncasync_sim.files.diagnostics import LONGEST_MESSAGE
from syncasync_sim.model.quantities import parse_duration, write_unit

HERE = Path(__file__).parent
FILES = sorted((HERE / "files").iterdir())
EXPECTED = sorted((HERE / "expected").iterdir())


NAMES_TAKEN = ("CON", "aux.x", "nul", "COM1", "lpt9.yaml", "ends.")
PLACE, CURE = re.compile(r"\S.*?:\d+:\d+: \S"), re.compile(r" += \S")


def assert_told(message: str, name: str) -> None:
    """Every problem in it has its place, the line with a caret below it, and a cure."""
    lines = message.splitlines()
    if lines[-1].startswith("and "):  # so many more
        lines.pop()
    told = [number for number, line in enumerate(lines) if PLACE.match(line)]
    assert told == [*range(0, len(lines), 4)], message
    for number in told:
        assert lines[number].startswith(f"{name}:"), message
        assert "^" in lines[number + 2], message
        assert CURE.match(lines[number + 3]), message


def refused(file: Path) -> str:
    """The message a file is refused with, as if it stood in the current folder."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(file.read_bytes(), file.name)
    return str(caught.value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_mistake_is_told_with_its_place_and_a_cure(file: Path) -> None:
    started = time.process_time()
    message = refused(file)
    assert time.process_time() - started < 2
    assert_told(message, file.name)
    assert not re.search(r"Traceback|pydantic|Error\b|Input should|<class", message)
    assert all(line.isprintable() for line in message.splitlines())


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda file: file.stem)
def test_the_whole_message(expected: Path) -> None:
    assert refused(HERE / "files" / f"{expected.stem}.yaml") == expected.read_text(encoding="utf-8").rstrip(
        "\n"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_caret_stands_under_the_place(file: Path) -> None:
    lines = refused(file).splitlines()
    for place, line in enumerate(lines):
        found = re.match(r"[\w.-]+:(\d+):(\d+): ", line)
        shown = lines[place + 1] if found else ""
        if found is None or shown.endswith(" |") or re.search(r"…|\\|[^\x00-\x7f]", shown):
            continue  # cut, escaped and wide lines have their whole message in a file
        assert lines[place + 2].index("^") - shown.index("| ") - 2 == int(found[2]) - 1
        original = decoded(file).splitlines()[int(found[1]) - 1]
        assert shown.split("| ", 1)[1] == original.rstrip()


def decoded(file: Path) -> str:
    raw = file.read_bytes()
    return raw.decode("utf-16" if raw.startswith(b"\xff\xfe") else "utf-8", "replace")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-32-be"])
def test_text_of_other_encodings_is_called_by_its_name(encoding: str) -> None:
    marked = ("" if encoding in ("utf-16", "utf-32") else "\ufeff") + "name: shop\n"
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(marked.encode(encoding), "a.yaml")
    called = encoding[:6].upper()
    assert str(caught.value) == (
        f"a.yaml:1:1: this file is {called} text\n  1 | name: shop\n    | ^\n    = save it as UTF-8"
    )


@pytest.mark.parametrize("name", NAMES_TAKEN)
def test_a_name_that_is_no_folder_on_every_system(name: str) -> None:
    with pytest.raises(ScenarioError, match=r"^--set:1:6: there can be no folder of that name"):
        parse_scenario("traffic: {requests: 1}\nsteps: [{name: a, duration: 1s}]", sets=[f"name={name}"])


@pytest.mark.parametrize(
    ("value", "cure"),
    [
        ("workers.count=on", "write for instance 1"),
        ("workers.count=1000000000", "write 100000 or less"),
        ("customer.patience=soon", "or the word none"),
        ("steps[0].failure_rate=some", "write for instance 5%"),
        ("steps[0].duration=soon", "write for instance 200ms"),
        ("steps[0].duration=exponential(mean=1s", 'inside { } put it in quotes: "exponential(mean=1s...)"'),
        ("steps[0].duration=exponential(1s)x", "write nothing behind its ')'"),
        ("steps[0].duration=uniform(low=1s, high=2s, 3s)", "as in  uniform(low=1s, high=2s)"),
        ("steps[0].duration=lognormal(p50=2s, p99=1s)", "as in  p50=1s, p99=2s"),
        ("steps[0].duration=weibull(mean=1s, shape=x)", "write for instance shape=0.7"),
        ("steps[0].duration=weibull(mean=1s, shape=0)", "as in  shape=0.7"),
        ("steps[0].duration=empirical(1s)", "as in  empirical(values=[120ms, 180ms, 2s])"),
        ("workers.count=-1", "write 0 or more"),
        ("workers.count=-1.0", "write 0 or more"),
        ("server.threads=99999999999", "write 1000000000 or less"),
        ("server.threads=1e10", "write 1000000000 or less"),
        ("server.threads=0", "write 1 or more"),
        ("steps[0].retry.factor=0", "write a number above 0, for instance 2"),
        ("steps[0].retry.factor=9999999", "write 1000000 or less"),
        ("steps[0].duration=999999d", "write 366d or less"),
        ("steps[0].duration=-5s", "leave out the minus sign"),
        ("steps[0].duration=99999999999", "write a time from 1us to 366d, with its unit"),
        ("steps[0].duration=1e3", "write for instance 1000ms"),
        ("steps[0].duration=200", "write for instance 200ms"),
        ("steps[0].duration=2", "write for instance 2s"),
        ("steps[0].duration=exponential(mean=40)", "write for instance 40ms"),
        ("steps[0].timeout=30", "write for instance 30s"),
        ("steps[0].timeout=500", "write for instance 500ms"),
        ("steps[0].retry.delay=200", "write for instance 200ms"),
        ("steps[0].outages=[{from: 300, for: 1s}]", "write for instance 300s"),
        ("customer.patience=8", "write for instance 8s"),
        ("queue.visibility_timeout=30", "write for instance 30s"),
        ("queue.visibility_timeout=uniform(low=30, high=60s)", "write for instance 30s"),
        ("traffic={rate: 1/s, for: 60}", "write for instance 60s"),
        ("traffic={rate: 1/s, for: 300}", "write for instance 300s"),
        ("traffic={rate: 1/s, for: -60s}", "leave out the minus sign"),
        ("warm_up=60", "write for instance 60s"),
        ('steps[0].effect="a\\nb"', "write it on one line, without escapes"),
        (f"name={'n' * 81}", "write a shorter name"),
        (f"steps=[{','.join(f'{{name: s{n}, duration: 1s}}' for n in range(101))}]", "put several into one"),
    ],
)
def test_a_wrong_value_is_told_with_its_cure(value: str, cure: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario("traffic: {requests: 1}\nsteps: [{name: a, duration: 1s}]", sets=[value])
    assert_told(str(caught.value), "--set")
    assert str(caught.value).endswith(f" = {cure}")


@pytest.mark.parametrize("many", [1, 2, 6, 100])
def test_no_name_in_a_list_of_choices_is_cut(many: int) -> None:
    names = [f"name-of-choice-{number}" for number in range(many)]
    told = what_to_write("other", names)
    shown, *rest = told.removeprefix("one of ").removeprefix("write  ").split(" and ")
    listed = re.split(", | or ", shown)
    assert listed == names[: len(listed)]
    assert rest == ([f"{many - len(listed)} more"] if len(listed) < many else [])
    assert len(told) < LONGEST_MESSAGE
    assert what_to_write("naem-of-choice-0", names) == "did you mean 'name-of-choice-0'?"
    assert what_to_write("other", names, "a cure") == "a cure"


@given(st.integers(0, 10**15) | st.floats(0, 1e300), st.sampled_from([10, 100, math.inf]))
def test_what_is_to_be_written_for_a_number_without_a_unit_can_be_read(
    number: float, seconds_below: float
) -> None:
    cure = write_unit(str(number), seconds_below)
    *_, written = cure.split()
    assert cure == "write a time from 1us to 366d, with its unit" or parse_duration(written) >= 0


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.write(b"#" * 1000)
        file.truncate(50_000_000)
    with pytest.raises(
        ScenarioError, match=r"huge\.yaml: the file is 50\.0 MB; a scenario may be at most 256 kB"
    ):
        load_scenario(huge)


@pytest.mark.parametrize(
    ("raw", "seems"),
    [
        (b"[1, " * 100_000, "a list in JSON"),
        (codecs.BOM_UTF16_LE + ('{"format": ' * 20_000).encode("utf-16-le"), "UTF-16 text"),
        (bytes(300_000), "no text file"),
    ],
)
def test_a_large_file_that_is_no_scenario_is_told_what_it_seems_to_be(
    tmp_path: Path, raw: bytes, seems: str
) -> None:
    file = tmp_path / "run.json"
    file.write_bytes(raw)
    with pytest.raises(ScenarioError) as told:
        load_scenario(file)
    assert f"run.json: this is neither a scenario nor a recorded run; it seems to be {seems}" in str(
        told.value
    )


@pytest.mark.parametrize("text", ["x" * 256_001, "ü" * 128_001])
def test_the_limit_is_in_bytes(text: str) -> None:
    with pytest.raises(ScenarioError, match="at most 256 kB"):
        parse_scenario(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 250_000,
        "- " * 120_000,
        "? " * 120_000,
        'a: "' + "\\n" * 120_000,
        "traffic: {requests: 1}\nsteps: [{name: a, duration: 'exponential(" + " " * 240_000 + "['}]",
        "traffic: {requests: 1}\nsteps: [{name: a, duration: 1s}]\nexpect: ['a" + " " * 240_000 + "b']",
        "traffic: {requests: 1}\nsteps: [{name: a, duration: " + "1" * 250_000 + "}]",
        "{" + ", ".join(f"k{i})" for i in range(9_000)) + "}",
    ],
    ids=["brackets", "dashes", "questions", "escapes", "distribution", "claim", "digits", "keys"],
)
def test_hostile_texts_are_refused_quickly(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ScenarioError):
        parse_scenario(text)
    assert time.process_time() - started < 2


def test_a_long_list_of_mistakes_is_cut() -> None:
    message = refused(HERE / "files" / "many-mistakes.yaml")
    assert message.count("a duration needs a unit") == 9
    assert message.endswith("\nand 5 more")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("folder", "this is a folder"),
        ("no/such/file.yaml", "there is no such file"),
        ("", "the name of the scenario is empty"),
        ("zero\0byte", "there is no such file"),
        ("x" * 5000, "there is no such file"),
        ("locked.yaml", "cannot be read: "),
    ],
)
def test_what_is_no_file(source: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("locked.yaml").touch()
    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(ScenarioError, match=reason) as caught:
        load_scenario(source)
    assert len(str(caught.value).splitlines()) == 2
