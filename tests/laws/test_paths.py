"""A path is one thing: what is written is read back; `--set`, `--vary` and `vary()` reach the same value."""

from __future__ import annotations

import shlex
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from laws.scenarios import scenarios
from syncasync_sim import Scenario, ScenarioError, advise
from syncasync_sim.cli.suggestions import _change
from syncasync_sim.experiment import vary
from syncasync_sim.experiment.grid import grid
from syncasync_sim.files import change_scenario, parse_scenario
from syncasync_sim.files.source_text import first_control_character
from syncasync_sim.files.varying import load_grid
from syncasync_sim.model.differences import differences
from syncasync_sim.model.paths import (
    Named,
    PathError,
    get_value,
    leaves,
    locate,
    of_step,
    parse_path,
    path_text,
)
from syncasync_sim.model.written import written
from syncasync_sim.replay.controls import controls_of

LAW = settings(max_examples=60, deadline=None)
HOSTILE = (
    "0",
    "1",
    "pay [1]",
    "a.b=c",
    '"',
    'say "hi"',
    "[",
    "]",
    "]=[",
    " x ",
    "=",
    ".",
    "'",
    "\\",
    "\\]",
    "007",
    "null",
)
texts = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=' []."=\\'), min_size=1, max_size=12
)


def is_allowed(text: str) -> bool:
    """Whether a file may hold it: some characters that are printable are not seen, as U+E0100."""
    return bool(text.strip()) and text.isprintable() and not first_control_character(text)


names = st.one_of(st.sampled_from(HOSTILE), texts.filter(is_allowed))


@st.composite
def hostile(draw: st.DrawFn) -> Scenario:
    """A random scenario whose steps have names that a path could misread."""
    scenario = draw(scenarios())
    data = scenario.to_data()
    number = len(data["steps"])
    for step, name in zip(
        data["steps"], draw(st.lists(names, min_size=number, max_size=number, unique=True)), strict=True
    ):
        step["name"] = name
    return Scenario.model_validate(data)


@LAW
@given(hostile())
def test_every_leaf_is_reached_by_the_path_that_is_written(scenario: Scenario) -> None:
    data = scenario.to_data()
    for steps, value in leaves(data):
        text = path_text(*steps)
        path = parse_path(text)
        assert path.steps == steps
        assert get_value(data, locate(deepcopy(data), path)) == value


@LAW
@given(hostile(), st.data())
def test_set_and_vary_change_the_same_value(scenario: Scenario, data: st.DataObject) -> None:
    """A value is put in the place of a step's duration, flag or retries; and nothing else changes."""
    step = data.draw(st.sampled_from(scenario.steps))
    place = scenario.steps.index(step)
    # An upper limit goes with delays that grow, not with such as are given one by one.
    of_retry = (("retry", "attempts"), 7) if step.retry.delays_s else (("retry", "max_delay"), "77s")
    keys, value = data.draw(st.sampled_from([(("duration",), "123ms"), (("idempotent",), True), of_retry]))
    by_name, by_place = of_step(step.name, *keys), path_text("steps", place, *keys)
    wanted = vary(scenario, {by_place: value})
    assert vary(scenario, {by_name: value}) == wanted
    assert change_scenario(scenario, [f"{by_name}={written(value)}"]) == wanted
    assert change_scenario(scenario, [f"{by_place}={written(value)}"]) == wanted
    axes, cells = grid(scenario, {by_name: [written(value)]}) if value is not True else ((), ())
    assert [cell.scenario for cell in cells] == [wanted] * len(axes)
    assert [other for n, other in enumerate(wanted.steps) if n != place] == [
        other for n, other in enumerate(scenario.steps) if n != place
    ]


@LAW
@given(hostile())
def test_what_the_file_holds_can_be_set_again(scenario: Scenario) -> None:
    """Every leaf, with its own value as a file writes it, by `--set`: nothing changes."""
    flags = [f"{path_text(*steps)}={written(value)}" for steps, value in leaves(scenario.to_data())]
    for flag in flags:
        if not flag.startswith("steps") or "].name=" not in flag:
            assert change_scenario(scenario, [flag]) == scenario, flag


@LAW
@given(hostile())
def test_every_writer_writes_what_is_read(scenario: Scenario) -> None:
    """Sliders, differences and the cures of `live`."""
    for control in controls_of(scenario):
        change_scenario(scenario, [control.stops[control.at].flag])
    slower = vary(scenario, {path_text("steps", 0, "duration"): "1234ms"})
    for change in differences(scenario, slower):
        assert change_scenario(scenario, [f"{change.path}={written(change.after)}"]) == slower
    for where in ("steps.concurrency", "steps.retry.attempts"):
        vary(scenario, _change(scenario, where, "kafka"))


@given(
    st.lists(
        st.one_of(st.integers(0, 10**8), names.map(Named), st.from_regex(r"[a-z_]{1,9}", fullmatch=True)),
        max_size=6,
    )
)
@example([Named('"]')])
def test_any_path_is_read_back(steps: list[Any]) -> None:
    path = parse_path(path_text("steps", *steps))
    assert path.steps == ("steps", *steps)
    assert path.end == len(path.text)


BRACKETS = """\
traffic: {requests: 1}
steps:
  - {name: 'pay [1]', duration: 1s}
  - {name: email, duration: 1s, background: true}
  - {name: "0", duration: 1s}
"""


def durations(scenario: Scenario) -> list[float]:
    return [step.duration.mean_s for step in scenario.steps]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ('steps["pay [1]"].duration', [9.0, 1.0, 1.0]),
        ("steps[0].duration", [9.0, 1.0, 1.0]),  # a number is a place, whatever the names are
        ('steps["0"].duration', [1.0, 1.0, 9.0]),
        ("steps[email].duration", [1.0, 9.0, 1.0]),
        ('steps["email"].duration', [1.0, 9.0, 1.0]),
    ],
)
def test_a_place_is_a_place_and_a_name_a_name(path: str, wanted: list[float]) -> None:
    scenario = parse_scenario(BRACKETS)
    assert durations(vary(scenario, {path: "9s"})) == wanted
    assert durations(parse_scenario(BRACKETS, sets=[f"{path}=9s"])) == wanted


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            ".",
            "steps[pay [1]].duration",
            "steps[0]xx.duration",
            "workers..count",
            "[0].duration",
            "steps[].duration",
        ),
        *(
            "steps[0.duration",
            'steps["pay [1].duration',
            "workers.count.",
            ".workers.count",
            "workers.count=3",
            "a" + ".a" * 16,
        ),
        *(
            "steps[9].duration",
            "steps[-1].duration",
            "steps[mail].duration",
            "steps.duration",
            "workers[0]",
            "workers[count]",
        ),
        *(
            "steps[0].outages[0].for",
            "traffic.requests.unit",
            'steps["\\q"].duration',
            "steps[99999999999].duration",
        ),
    ],
)
def test_what_is_no_path_is_refused_by_all(path: str) -> None:
    scenario = parse_scenario(BRACKETS)
    with pytest.raises(PathError) as caught:
        vary(scenario, {path: "9s"})
    assert isinstance(caught.value, LookupError)
    assert 0 <= caught.value.start <= len(path)
    with pytest.raises(ScenarioError, match=r"^--set:1:\d+: .*\n.*\n.*\n.* = "):
        parse_scenario(BRACKETS, sets=[f"{path}=9s"])


def test_an_item_is_no_duration() -> None:
    with pytest.raises(ValidationError):
        vary(parse_scenario(BRACKETS), {"steps[0]": "9s"})


def test_the_message_names_the_way_to_a_name_that_is_a_number() -> None:
    with pytest.raises(PathError, match=r'there is no item 7: .* the item of that name is \["7"\]'):
        vary(parse_scenario(BRACKETS.replace('"0"', '"7"')), {"steps[7].duration": "9s"})


def test_a_range_behind_a_name_with_an_equals_sign(tmp_path: Any) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(BRACKETS, encoding="utf-8")
    _, axes, cells = load_grid(str(file), (), ['steps["pay [1]"].duration=1s..3s:3'])
    assert axes[0].key == 'steps["pay [1]"].duration'
    assert [durations(cell.scenario)[0] for cell in cells] == [1.0, 2.0, 3.0]


def test_advice_can_be_followed_whatever_the_steps_are_called() -> None:
    text = BRACKETS.replace("duration: 1s}\n", "duration: 1s, needed_for_reply: false}\n", 1)
    advice = advise(parse_scenario(text), seed=1)
    assert advice.sets == ('steps["pay [1]"].background=true',)
    assert parse_scenario(text, sets=advice.sets).steps[0].background


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(
            (3, "3"),
            ("0", '"0"'),
            (0.05, "0.05"),
            (2.0, "2"),
            (1e-7, "0.0000001"),
            (True, "true"),
            (None, "null"),
        ),
        *(("200ms", "200ms"), ("card charged", "card charged"), ("5%", "5%"), ("3/s", "3/s"), ("5", '"5"')),
        *(("true", '"true"'), ("null", '"null"'), ("a: b", '"a: b"'), ("# no", '"# no"'), ("1e3", '"1e3"')),
        *(("uniform(1s, 2s)", "uniform(1s, 2s)"), (["uniform(1s, 2s)", "1s"], '["uniform(1s, 2s)", 1s]')),
        *(({"attempts": 3, "delay": "1s"}, "{attempts: 3, delay: 1s}"), ([], "[]"), ("", '""')),
    ],
)
def test_a_value_as_a_file_writes_it(value: object, text: str) -> None:
    assert written(value) == text


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(names, st.text(st.characters(codec="ascii"), min_size=1, max_size=8).filter(str.isprintable)),
    st.booleans(),
)
def test_text_is_read_back_whatever_it_is(text: str, inside: bool) -> None:
    flag = f"title={written([text] if inside else text)}"
    if inside:
        assert shlex.split(shlex.quote(flag)) == [flag]
        flag = f"expect={written([text])}"
        with pytest.raises(ScenarioError, match=r"^--set:1:\d+: (?!expected text)"):
            parse_scenario(BRACKETS, sets=[flag])
    elif text.strip():
        assert parse_scenario(BRACKETS, sets=[flag]).title == text.strip()
