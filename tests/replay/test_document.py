"""The document of a run: read back it is the same run, and what is no such document is refused in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from replay.recorded import recorded
from syncasync_sim import load_scenario, run_designs
from syncasync_sim.errors import ScenarioError
from syncasync_sim.files import bundled
from syncasync_sim.render.html import comparison_html
from syncasync_sim.replay.captions import CAPTIONS, STATES, EventKind
from syncasync_sim.replay.document import VERSION, document, to_json
from syncasync_sim.replay.over_time import ticks
from syncasync_sim.replay.recording import read_document
from syncasync_sim.replay.replay_state import DesignReader
from syncasync_sim.stats import compare_summaries, summarise

SMALL = [name for name in bundled.names() if name not in ("overload", "ack-first")]


def made(name: str, **more: Any) -> dict[str, Any]:
    scenario = load_scenario(name)
    comparison, traces = run_designs(scenario, seed=scenario.seed)
    return document(comparison, traces, **more)


@pytest.mark.parametrize("name", SMALL)
def test_read_back_it_is_the_same_run(name: str) -> None:
    scenario = load_scenario(name)
    comparison, traces = run_designs(scenario, seed=scenario.seed)
    text = to_json(document(comparison, traces))
    back = read_document(text)
    assert back.scenario == scenario
    assert back.traces == traces
    again = compare_summaries(*(summarise(trace) for trace in back.traces.values()))
    assert again.to_dict("0") == comparison.to_dict("0")
    assert to_json(document(again, back.traces)) == text, "the same run gives the same bytes"


@pytest.mark.parametrize("name", [name for name in SMALL if not load_scenario(name).warm_up_s])
def test_in_the_end_the_picture_counts_what_the_figures_count(name: str) -> None:
    plain = made(name, with_rows=False)
    for lane in plain["lanes"]:
        read = DesignReader(plain, lane)
        figures = plain["figures"][lane["id"]]
        there = dict(zip((p["id"] for p in read.boxes), map(len, read.at(len(read.moves))), strict=True))
        assert there["page"] == figures["responses"]["ok"]
        assert there["error"] == figures["responses"]["error"]
        assert there.get("left", 0) == figures["responses"]["timed_out"]
        assert there.get("dead", 0) == (figures["queue"] or {"dead_lettered": 0})["dead_lettered"]
        assert [text for text, _ in read.effects(plain["time"]["end"])] == [
            f"{name} {count:,}" + (f", {again:,} too often" if (again := figures["duplicates"][name]) else "")
            for name, count in figures["effects"].items()
        ]


def test_two_hundred_customers_are_small() -> None:
    assert len(to_json(made("email-down-resubmit", with_rows=False))) < 145_000


def test_every_key_stands_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "replay.md").read_text(encoding="utf-8")
    plain, rare = made("email-down-resubmit"), made("just-a-thread")
    keys = {*plain, *plain["time"], *plain["table"][0], *rare["lanes"][1]["places_down"]["threads"]}
    keys |= {key for band in plain["strip"] for key in (*band, *band["lines"][0])}
    for lane in (*plain["lanes"], *rare["lanes"]):
        keys |= {*lane, *lane["effects"][0], *(key for p in lane["places"] for key in p)}
    assert {key for key in keys if f"`{key}`" not in page} == set()


def test_every_mark_has_its_words() -> None:
    assert list(CAPTIONS) == list(STATES) == list(EventKind)
    for name in ("checkout", "deploy", "just-a-thread", "outbox"):
        plain = made(name)
        marks = {move[5] for lane in plain["lanes"] for move in lane["moves"]}
        assert len(plain["captions"]) == len(plain["states"]) == len(plain["ends"]) > max(marks)


def refused(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_document(text, "run.json")
    return str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "x"}', "1e999", "[" * 100_000])
def test_what_is_no_such_document_is_refused(text: str) -> None:
    assert re.match(r"run\.json(:1:\d+)?: it is no ", refused(text))


def test_another_version_is_refused_with_both_numbers() -> None:
    plain = made("checkout") | {"version": 9}
    assert f"of version 9, and this program reads versions 1, 2 and {VERSION}" in refused(json.dumps(plain))


def test_a_run_that_was_written_in_version_1_opens() -> None:
    """It had other moves for the picture, which are not read back, and no check sums."""
    plain = made("checkout") | {"version": 1}
    for lane in plain["lanes"]:
        lane["moves"] = [move[:7] for move in lane["moves"]]
    assert read_document(json.dumps(plain)).traces == read_document(to_json(made("checkout"))).traces


def test_the_strip_and_the_boxes_say_the_same() -> None:
    """The spinner is there in line and in a thread; nobody who has given up has one."""
    for name in ("retry-storm", "email-down", "worker-crash", "checkout"):
        sets = ("traffic.for=83.3s",) if name == "retry-storm" else ()
        plain = recorded(name, *sets)
        for lane in plain["lanes"]:
            read = DesignReader(plain, lane)
            steps = lines(plain, 0)[f"waiting for the page, {lane['id']}"]
            kind = plain["kinds"].index("customer")
            front = [number for number, place in enumerate(read.boxes) if place["id"] in ("wait", "threads")]
            for t in sorted({move[0] for move in read.moves})[::7]:
                there = read.at(read.upto(t))
                now = sum(read.items[move[1]][0] == kind for place in front for move in there[place])
                assert str(now) == at(steps, t)
            assert at(steps, 0) != "0", "the first customer looks at a spinner"


def lines(plain: dict[str, Any], band: int) -> dict[str, list[Any]]:
    """The steps of a band's lines, by their labels."""
    return {line["label"]: line["steps"] for line in plain["strip"][band]["lines"]}


def at(steps: list[Any], t: int) -> str:
    """What a line says at *t*."""
    said: str = [text for begin, text in steps if begin <= t][-1]
    return said


def test_what_waits_for_a_retry_counts_as_waiting() -> None:
    """At 60.45 s 97 messages wait, of which some come back later and stand in a box of their own."""
    plain = made("email-down-resubmit", with_rows=False)
    assert plain["figures"]["async"]["queue"]["peak_depth"] == 97
    assert at(lines(plain, 0)["messages waiting, retries included"], 60_450_000) == "97"
    assert plain["strip"][0]["most"].endswith(", 97 messages")


def test_out_are_pages_only() -> None:
    """In the storm the last synchronous page comes at 29.9 s; those who give up later are no pages."""
    rates = lines(recorded("retry-storm", "traffic.for=83.3s"), 1)
    assert at(rates["pages, sync"], 60_000_000) == "0.0/s"
    come = max(float(text.removesuffix("/s")) for _, text in rates["customers who come"])
    assert come < 8, "six customers a second come; more are clicks"


def test_a_few_customers_have_no_rates() -> None:
    """One customer in a window of 0.13 s would be 7.8 customers a second."""
    assert [band["name"] for band in recorded("checkout")["strip"]] == ["Who waits"]
    assert [band["name"] for band in recorded("traffic-spike")["strip"]] == ["Who waits", "Rates"]


@pytest.mark.parametrize(
    ("end_s", "told"),
    [(2.55, [0, 0.5, 1, 1.5, 2, 2.5]), (40, [0, 5, 10, 15, 20, 25, 30, 35, 40]), (0, [0])],
)
def test_the_axis_has_round_numbers(end_s: float, told: list[float]) -> None:
    assert ticks(round(end_s * 1e6)) == told


def test_a_document_for_pictures_only_says_so() -> None:
    assert "only what a picture needs" in refused(to_json(made("checkout", with_rows=False)))


@pytest.mark.parametrize("key", ["scenario", "seed", "lanes"])
def test_a_part_that_is_missing_or_odd_is_refused(key: str) -> None:
    plain = made("checkout")
    for odd in (None, "x", [1], {"a": 1}):
        told = refused(json.dumps(plain | {key: odd}))
        assert f"run.json: it is damaged: {key}" in told
    del plain[key]
    assert f"run.json: it is damaged: {key}: " in refused(json.dumps(plain))


def test_further_keys_and_columns_are_ignored() -> None:
    plain = made("checkout") | {"colour": "blue"}
    table = plain["lanes"][0]["rows"]["requests"]
    table["columns"].insert(0, "mood")
    table["rows"] = [[7, *row] for row in table["rows"]]
    assert read_document(to_json(plain)).traces == read_document(to_json(made("checkout"))).traces


def test_who_is_not_counted_is_told_on_the_page_too() -> None:
    plain = recorded("retry-storm", "traffic.for=83.3s")
    assert plain["counted"] == "The run from 60.00 s on"
    assert "customers before 60.00 s are not counted" in plain["notes"][-1]
    assert recorded("checkout")["counted"] == "The whole run"
    assert recorded("checkout")["notes"][-1].startswith("Assumes no network time, an ideal queue")
    html = comparison_html(run_designs(load_scenario("retry-storm", ["traffic.for=83.3s"]), seed=1)[0])
    assert "<div>Customers before 60.00 s are not counted.</div>" in html


def texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in plain data a text stands."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from texts(one, (*path, key))
    if isinstance(value, str):
        yield path


def refusal(text: str) -> str | None:
    """What is said against a document; None if it is read."""
    try:
        read_document(text)
    except ScenarioError as refused:
        return str(refused)
    return None


def test_no_text_of_a_file_brings_control_characters_in() -> None:
    """Every text, one after the other: it is refused, or nothing of it is read."""
    file = Path(__file__).parents[2] / "docs" / "live-runs" / "checkout-crash-kafka.json"
    plain = json.loads(file.read_bytes())
    clean = read_document(to_json(plain))
    read = set()
    for *way, last in list(texts(plain)):
        inside = plain
        for key in way:
            inside = inside[key]
        text = inside[last]
        inside[last] = f"{text}\x1b]0;x\x07"
        told = refusal(to_json(plain))
        assert "\x1b" not in (told or ""), (*way, last)
        if told is None:
            assert read_document(to_json(plain)) == clean, (*way, last)
        else:
            read.add((*way, last)[0])
        inside[last] = text
    assert read >= {"scenario", "live", "generator", "source", "format", "lanes"}
