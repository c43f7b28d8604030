"""The document of a run: read back it is the same run, and what is no such document is refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncasync_sim import load_scenario, run_designs
from syncasync_sim.errors import ScenarioError
from syncasync_sim.files import bundled
from syncasync_sim.replay.document import VERSION, document, read_document, to_json
from syncasync_sim.replay.state import LaneReader
from syncasync_sim.replay.words import CAPTIONS, STATES, Mark
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
        read = LaneReader(plain, lane)
        figures = plain["figures"][lane["id"]]
        there = dict(zip((p["id"] for p in read.places), map(len, read.at(len(read.moves))), strict=True))
        assert there["page"] == figures["responses"]["ok"]
        assert there["error"] == figures["responses"]["error"]
        assert there.get("left", 0) == figures["responses"]["timed_out"]
        assert there.get("dead", 0) == (figures["queue"] or {"dead_lettered": 0})["dead_lettered"]
        done = read.effects(plain["time"]["end"])
        assert {name: happened for name, (happened, _) in done.items()} == figures["effects"]
        assert {name: again for name, (_, again) in done.items()} == figures["duplicates"]
        assert (
            max(lane["strip"]["messages"]["depth"]) == (figures["queue"] or {"peak_depth": 0})["peak_depth"]
        )
        assert sum(lane["strip"]["customers"]["in"]) == figures["requests"]


def test_two_hundred_customers_are_small() -> None:
    assert len(to_json(made("email-down-resubmit", with_rows=False))) < 120_000


def test_every_key_stands_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "replay.md").read_text(encoding="utf-8")
    plain = made("email-down-resubmit")
    keys = {*plain, *plain["time"], *plain["table"][0]}
    for lane in plain["lanes"]:
        keys |= {
            *lane,
            *lane["strip"],
            *lane["strip"]["customers"],
            *(key for p in lane["places"] for key in p),
        }
    assert {key for key in keys if f"`{key}`" not in page} == set()


def test_every_mark_has_its_words() -> None:
    plain = made("checkout")
    assert len(plain["captions"]) == len(plain["states"]) == len(Mark)
    assert list(CAPTIONS) == list(STATES) == list(Mark)


def refused(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_document(text, "run.json")
    return str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "x"}', "1e999", "[" * 100_000])
def test_what_is_no_such_document_is_refused(text: str) -> None:
    assert refused(text).startswith("run.json: it is no ")


def test_another_version_is_refused_with_both_numbers() -> None:
    plain = made("checkout") | {"version": 2}
    assert f"of version 2, and this program reads version {VERSION}" in refused(json.dumps(plain))


def test_a_document_for_pictures_only_says_so() -> None:
    assert "only what a picture needs" in refused(to_json(made("checkout", with_rows=False)))


@pytest.mark.parametrize("key", ["scenario", "seed", "lanes"])
def test_a_part_that_is_missing_or_odd_is_refused(key: str) -> None:
    plain = made("checkout")
    for odd in (None, "x", [1], {"a": 1}):
        told = refused(json.dumps(plain | {key: odd}))
        assert "not complete" in told or "it is damaged" in told
    del plain[key]
    assert "not complete" in refused(json.dumps(plain))


def test_further_keys_and_columns_are_ignored() -> None:
    plain = made("checkout") | {"colour": "blue"}
    table = plain["lanes"][0]["rows"]["requests"]
    table["columns"].insert(0, "mood")
    table["rows"] = [[7, *row] for row in table["rows"]]
    assert read_document(json.dumps(plain)).traces == read_document(to_json(made("checkout"))).traces
