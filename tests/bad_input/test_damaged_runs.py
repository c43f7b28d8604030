"""Run files that were cut, changed or made up: refused in one line, or read as what they say; never believed
halfway."""

from __future__ import annotations

import copy
import json
import random  # noqa: TID251 - which value is damaged, not what happens in a run
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from typer.testing import CliRunner

from laws.scenarios import Data
from laws.test_laws import LAWS, random_data, runs, scenario_of
from syncasync_sim import load_scenario, run_designs
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.app import app
from syncasync_sim.errors import ScenarioError
from syncasync_sim.render.customer_log import events_of
from syncasync_sim.render.customer_trace import customer_trace
from syncasync_sim.replay.document import document, to_json, with_check
from syncasync_sim.replay.recording import Recording, read_document
from syncasync_sim.trace.checking import DamagedError, check
from syncasync_sim.trace.queries import customers_came

RECORDED = sorted((Path(__file__).parents[2] / "docs" / "live-runs").glob("*.json"))
SMALL_RECORDING = RECORDED[0].with_name("crash-redis.json")
NAMES = (
    *("checkout", "worker-crash", "email-down-resubmit", "broker-poison", "short-visibility-timeout"),
    "frozen-worker",
)
ODD: tuple[Any, ...] = (
    *(-1, 0, 1, 2, 7, 255, 2**31, 2**62, 2**70, -(2**40), 1.5, True, None, "x", "\x1b[31m", [], {}, "\u202e"),
    float("nan"),
)
MANY = 1_000
PLACE = re.compile(
    r"(?P<name>\S+\.(json|csv))"
    r"(:\d+:\d+: |:\d+: |: it is damaged: [^:]+: |: it is no JSON: byte [\d,]+ "
    r"|: it is no syncasync-trace document: its format |: it is of version |: [\w.\[\], ]+: )"
)
"""Where it is damaged: line and column, byte, row of a table, or key."""


def made(name: str) -> dict[str, Any]:
    comparison, traces = run_designs(load_scenario(name, ["workers.count=2"] if name == "checkout" else ()))
    plain: dict[str, Any] = json.loads(to_json(document(comparison, traces)))
    return plain


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    recorded = json.loads(RECORDED[0].read_text(encoding="utf-8"))
    return [read_back(plain) for plain in (*map(made, NAMES), recorded)]


def read_back(plain: dict[str, Any]) -> dict[str, Any]:
    """Only what is read back from a document: the rest is for pictures."""
    keys = ("format", "version", "scenario", "seed", "replication", "source", "lanes", "live", "generator")
    kept = {key: plain[key] for key in keys if key in plain}
    own = ("id", "rows", "ended", "observed", "partial")
    return {**kept, "lanes": [{key: lane[key] for key in own} for lane in kept["lanes"]]}


def places(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every value in what is read back, however deep."""
    if path:
        yield path
    inside = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for key, value in inside:
        yield from places(value, (*path, key))


def damaged(plain: dict[str, Any], luck: random.Random) -> dict[str, Any]:
    """One to three values replaced, taken out or doubled."""
    broken = copy.deepcopy(plain)
    listed = list(places(broken))
    for _ in range(luck.randint(1, 3)):
        *parents, last = luck.choice(listed)
        place: Any = broken
        try:
            for key in parents:
                place = place[key]
            how = luck.random()
            if how < 0.75:
                place[last] = luck.choice(ODD)
            elif how < 0.9:
                del place[last]
            elif isinstance(place, list):
                place.insert(last, copy.deepcopy(place[last]))
        except (LookupError, TypeError):  # an earlier change took it away
            continue
    return broken


def looked_at(recording: Recording) -> None:
    """Everything that a person may ask of a run file."""
    document(recording.comparison, recording.traces)
    for trace in recording.traces.values():
        for customer in range(1, min(customers_came(trace), 3) + 1):
            events_of(customer_trace(trace, customer))


def test_a_thousand_damaged_documents_are_refused_or_right(documents: list[dict[str, Any]]) -> None:
    """Their check sums fit: what is not those of a run is found without them."""
    luck, refused = random.Random(13), 0
    for _ in range(MANY):
        broken = damaged(luck.choice(documents), luck)
        try:
            recording = read_document(json.dumps(with_check(broken)), "run.json")
        except ScenarioError as error:
            refused += 1
            message = str(error)
            assert PLACE.match(message), message
            assert "\n  = " in message
            assert "\x1b" not in message
            assert len(message) < 2_000
            continue
        looked_at(recording)
    assert refused > MANY / 2, "most of such changes cannot be those of a run"


@pytest.mark.parametrize("kind", ["trace", "recording"])
def test_every_single_number_that_is_changed_is_refused(kind: str) -> None:
    """Wherever it stands in the file, in a text too; of a recording every tenth."""
    text, every, writes = (
        to_json(document(*run_designs(load_scenario("checkout")))),
        1,
        "run SCENARIO --trace FILE",
    )
    if kind == "recording":
        text, every, writes = SMALL_RECORDING.read_text(encoding="utf-8"), 10, "live SCENARIO --record FILE"
    read_document(text)
    for number in list(re.finditer(r"\d+", text))[::every]:
        broken = text[: number.start()] + str(int(number[0]) + 1) + text[number.end() :]
        with pytest.raises(ScenarioError) as refusal:
            read_document(broken, "run.json")
        message = str(refusal.value)
        assert PLACE.match(message), message
        if "of version" not in message:
            assert message.endswith(f"\n  = write it again with  {writes}"), message


def test_a_number_that_breaks_no_sum_is_refused_by_the_command(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    text = to_json(document(*run_designs(load_scenario("checkout"))))
    assert text.count('"seed":1,') == 1
    file.write_text(text.replace('"seed":1,', '"seed":2,'), encoding="utf-8")
    told = CliRunner().invoke(app, ["explain", str(file), "1"])
    assert isinstance(told.exception, ScenarioError)
    assert "run.json: it is damaged: seed: its contents no longer match its check sum" in str(told.exception)


def test_check_sums_may_be_missing_in_older_versions_only() -> None:
    plain = made("checkout")
    del plain["check"]
    for version in (1, 2):
        assert read_document(json.dumps(plain | {"version": version})).traces
    with pytest.raises(ScenarioError, match="it is damaged: check: a mapping is missing"):
        read_document(json.dumps(plain))


def test_spaces_and_the_order_of_the_keys_are_not_what_is_checked() -> None:
    plain = made("checkout")
    assert (
        read_document(json.dumps(plain, indent=2, sort_keys=True)).traces
        == read_document(to_json(plain)).traces
    )


def test_text_that_is_cut_off_anywhere_is_refused(documents: list[dict[str, Any]]) -> None:
    text, luck = json.dumps(documents[0]), random.Random(1)
    for _ in range(50):
        with pytest.raises(ScenarioError, match="it is no JSON"):
            read_document(text[: luck.randrange(len(text))], "cut.json")


@given(random_data())
@LAWS
def test_every_run_passes_the_check(data: Data) -> None:
    for trace in runs(scenario_of(data)).values():
        check(trace)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_every_recorded_run_passes_the_check(path: Path) -> None:
    recording = read_document(path.read_bytes(), path.name)
    assert recording.live is not None


@pytest.mark.parametrize(
    ("lane", "table", "row", "column", "value", "says"),
    [
        ("async", "requests", 0, "customer", 2**31 - 1, "requests, row 0, customer: 2147483647 (0 to 0)"),
        ("async", "requests", 0, "response", 99, "requests, row 0, response: 99 (0 to 4)"),
        ("async", "attempts", 1, "step", 40, "attempts, row 1, step: 40 (0 to 3)"),
        ("async", "messages", 0, "fate", 5, "messages, row 0, fate: 5 (0 to 4)"),
        ("async", "deliveries", 0, "message", 1, "deliveries, row 0, message: 1 (0 to 0)"),
        ("async", "deliveries", 0, "worker", 3, "deliveries, row 0, worker: 3 (1 to 2)"),
        ("sync", "requests", 0, "replied", 99_000_000, "requests, row 0, replied: 99000000 (0 to 2550000)"),
        ("sync", "requests", 0, "completed", 2_000_000, "completed: 2000000, and by the rows 2550000"),
        ("sync", "requests", 0, "arrived", 2_600_000, "arrived: 2600000 (0 to 2550000)"),
        ("async", "messages", 0, "gone", -1, "gone without a time, or a time without being gone"),
        ("async", "attempts", 0, "by", 0, "attempts, row 0, by: 0 is neither a thread nor a worker"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    documents: list[dict[str, Any]], lane: str, table: str, row: int, column: str, value: int, says: str
) -> None:
    broken = copy.deepcopy(documents[0])
    rows = next(one for one in broken["lanes"] if one["id"] == lane)["rows"][table]
    rows["rows"][row][rows["columns"].index(column)] = value
    with pytest.raises(ScenarioError) as refusal:
        read_document(json.dumps(broken), "run.json")
    assert f"run.json: it is damaged: {says}" in str(refusal.value) or says in str(refusal.value)


@pytest.mark.parametrize("where", ["scenario.title", "live.day", "live.warnings[0]", "live.servers.async"])
def test_escape_sequences_do_not_reach_a_terminal(
    documents: list[dict[str, Any]], where: str, tmp_path: Path
) -> None:
    broken = copy.deepcopy(documents[-1])
    live = {"speed": 1, "servers": {"async": "a"}, "day": "d", "version": "1", "warnings": ["w"]}
    broken["live"] = live
    escape = "\x1b]0;x\x07"
    if where == "scenario.title":
        broken["scenario"]["title"] = escape
    elif where == "live.warnings[0]":
        live["warnings"] = [escape]
    elif where == "live.day":
        live["day"] = escape
    else:
        live["servers"] = {"async": escape}
    file = tmp_path / "run.json"
    file.write_text(json.dumps(broken), encoding="utf-8")
    for command in ("replay", "watch", "run", "explain", "export"):
        result = CliRunner().invoke(app, [command, str(file)])
        assert result.exit_code == exit_codes.BAD_REQUEST or isinstance(result.exception, ScenarioError)
        assert "\x1b]" not in result.output
    with pytest.raises(ScenarioError, match="control character U\\+001B"):
        read_document(file.read_bytes(), "run.json")


def test_a_trace_with_messages_in_the_synchronous_design_is_none() -> None:
    _, traces = run_designs(load_scenario("checkout"))
    swapped = copy.copy(traces["async"])
    object.__setattr__(swapped, "mode", "sync")
    with pytest.raises(DamagedError, match="the synchronous design has messages"):
        check(swapped)
