"""A quantity is the same wherever it is shown: every place is compared, on random scenarios."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from laws.scenarios import Data
from laws.test_laws import LAWS, random_data, runs, scenario_of
from laws.test_of_the_trace import counted_in_words
from syncasync_sim import size, sweep
from syncasync_sim.model.claims import parse_claim
from syncasync_sim.model.figures import FIGURES, GROUPS, OF_EFFECTS, SHARED, WITHIN, figure, names, read
from syncasync_sim.model.formats import format_count, format_share, format_value
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.quantities import US_PER_S, parse_duration
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.customer_log import events_of
from syncasync_sim.render.customer_trace import customer_trace
from syncasync_sim.render.headline import headline
from syncasync_sim.render.run_charts.depth_chart import in_window, waiting
from syncasync_sim.render.sweep_columns import table_of
from syncasync_sim.render.tables import claim_lines
from syncasync_sim.replay.document import document
from syncasync_sim.stats import compare_summaries, summarise
from syncasync_sim.stats.comparison import CheckedClaim
from syncasync_sim.stats.summary import QueueUse, ServerUse, Summary, WorkersUse
from syncasync_sim.trace.queries import customers_came, effects, window_us
from syncasync_sim.trace.records import ResponseStatus, Trace, WorkStatus
from syncasync_sim.trace.series import series


@st.composite
def doubled_effects(draw: DrawFn) -> Data:
    """A scenario in which two steps may have the same effect, and some are idempotent."""
    data = draw(random_data())
    for step in data["steps"]:
        step["effect"] = draw(st.sampled_from(("charged", "sent")))
        step["idempotent"] = draw(st.booleans())
    return {**data, "expect": [], "warm_up": "0s"}


@given(doubled_effects())
@LAWS
def test_what_happened_and_how_often_too_often_is_one_thing_everywhere(data: Data) -> None:
    for trace in runs(scenario_of(data)).values():
        summary = summarise(trace)
        happened = Counter(one.effect for one in effects(trace))
        again = Counter(one.effect for one in effects(trace) if one.ordinal > 1)
        assert summary.effects == {name: happened[name] for name in summary.effects}
        assert summary.duplicates == {name: again[name] for name in summary.duplicates}
        assert shown_at_the_end(trace) == {name: (n, again[name]) for name, n in happened.items() if n}
        assert told(trace) == (sum(happened.values()), sum(again.values()))


def shown_at_the_end(trace: Trace) -> dict[str, tuple[int, int]]:
    """What the picture has under "done" when the run is over: per effect, how often, and how often again."""
    plain = document(compare_summaries(summarise(trace)), {trace.mode: trace})
    (lane,) = plain["lanes"]
    pairs = {effect["name"]: counted_in_words(*effect["steps"][-1][1:]) for effect in lane["effects"]}
    return {name: pair for name, pair in pairs.items() if pair[0]}


@given(random_data(), st.sampled_from(("0s", "1s")))
@settings(LAWS, max_examples=15, phases=[Phase.generate])
def test_the_most_messages_waiting_is_one_number_everywhere(data: Data, warm_up: str) -> None:
    scenario = scenario_of({**data, "warm_up": warm_up})
    trace = runs(scenario)["async"]
    summary = summarise(trace)
    assert summary.queue is not None
    if not any(scenario.background(step, "async") for step in scenario.steps):
        assert summary.queue.peak_depth == 0
        return
    band = document(compare_summaries(summary), {"async": trace}, with_rows=False)["strip"][0]
    steps = next(line for line in band["lines"] if line["look"] == "queue")["steps"]
    begin, end = window_us(trace)
    at_begin = [text for t, text in steps if t <= begin][-1]
    seen = [at_begin, *(text for t, text in steps if begin < t)] if begin <= end else ["0"]
    most = max(int(text.replace(",", "")) for text in seen)
    assert most == summary.queue.peak_depth
    noun = "message" if most == 1 else "messages"
    assert band["most"].endswith(f", {most:,} {noun}")
    charted = dict(in_window(trace, waiting(trace)))
    assert charted.get("message", series((), ())).peak()[0] == summary.queue.peak_depth


def told(trace: Trace) -> tuple[int, int]:
    """How many effects the stories of all customers tell, and how many of them as said before."""
    texts = [
        e.text
        for customer in range(customers_came(trace))
        for e in events_of(customer_trace(trace, customer + 1))
    ]
    tells = re.compile(r"( took | lost\)|for nobody).*: (charged|sent)( AGAIN \(\d+ times now\))?$")
    times = [tells.search(text) for text in texts]
    return sum(match is not None for match in times), sum(bool(match and match[3]) for match in times)


@given(random_data())
@LAWS
def test_every_figure_is_read_in_one_way_and_shown_in_one_unit(data: Data) -> None:
    scenario = scenario_of(data)
    summaries = [summarise(trace) for trace in runs(scenario).values()]
    comparison = compare_summaries(*summaries)
    for row in comparison.rows():
        assert row.unit == figure(row.figure, scenario.effects).unit
        for mode in comparison.modes:
            assert row.value(mode) in (None, comparison.figure(mode, row.figure))
    for summary in summaries:
        for name in names(dict.fromkeys(scenario.effects)):
            value = comparison.figure(summary.mode, name)
            assert value == read(summary.to_dict(), name)
            claim = parse_claim(f"{summary.mode}.{name} == none", scenario.effects)
            holds, claimed = claim.check(comparison.figure)
            assert (holds, claimed) == (value is None, value)
            checked = CheckedClaim(claim.text, holds, claimed, claim.left.figure.unit)
            expected = "none" if value is None else format_value(value, figure(name).unit)
            assert claim_lines([checked])[0] in (f"✗ {claim.text} (it is {expected})", f"✓ {claim.text}")


@given(random_data())
@LAWS
def test_a_time_of_some_stands_beside_one_share_in_a_sweep_and_in_size(data: Data) -> None:
    scenario = scenario_of({**data, "expect": [], "warm_up": "0s"})
    varied = {"workers.count": [scenario.workers.count]}
    swept = sweep(scenario, varied)
    table = table_of(swept)
    heads = [" ".join(head) for head in table.heads]
    for mode, row, line in zip(MODES, swept.rows(), table.lines, strict=True):
        clicks = [r for trace in (runs(scenario)[mode],) for r in counted(trace)]
        having = {
            "response_time_s": [r for r in clicks if r.response is ResponseStatus.OK],
            "completion_time_s": [r for r in clicks if r.completed_s is not None],
        }
        for (times, some), head in zip(having.items(), ("got page", "work done"), strict=True):
            share = len(some) / len(clicks) if clicks else None
            assert row[f"{times}.share"] == share
            assert head in heads or share in (None, 1)
            assert head not in heads or line[heads.index(head)] == format_share(share)
            (trial,) = size(scenario, f"{mode}.{times}.max < 1s", varied, replications=1).trials
            assert trial.share == (share or 0.0)


@given(random_data())
@LAWS
def test_what_went_wrong_is_said_in_the_first_sentences(data: Data) -> None:
    """Whoever hears only them cannot believe that all is well where it is not."""
    for trace in runs(scenario_of(data)).values():
        comparison, mode = compare_summaries(summarise(trace)), trace.mode
        told = headline(comparison)
        clicks, pages, done = (
            comparison.figure(mode, name) for name in ("requests", "responses.ok", "work.completed")
        )
        some = f"only {format_count(pages)} of {format_count(clicks)} c" in told.replace(" of the ", " of ")
        nobody = "nobody gets the page" in told or "every customer sees an error page" in told
        assert (some, nobody) == (0 < pages < clicks, clicks > 0 == pages)
        assert ("work gets done only for" in told) == (0 < done < clicks)
        assert ("Nobody's work gets all done" in told) == (done == 0 < clicks)
        assert ("phantom error" in told or "and yet: " in told) == (
            comparison.figure(mode, "phantom_errors") > 0
        )
        again = {name: n for name, n in comparison.figure(mode, "duplicates").items() if n}
        assert [name for name in again if f"{name} ({format_count(again[name])})" not in told] == []
        assert ("too often" in told) == bool(again)
        shown = {row.figure for row in comparison.rows()}
        for end, word in (("dead_lettered", "dead-lettered"), ("lost", "lost")):
            given_up = comparison.figure("async", f"queue.{end}") or 0
            beside = given_up not in (0, comparison.figure("async", f"work.{end}"))
            assert (word in told, f"queue.{end}" in shown) == (beside, given_up > 0)


@given(random_data(), st.sampled_from(("0s", "100ms", "500ms", "1s", "10s")))
@LAWS
def test_shares_within_a_time_are_those_of_the_rows(data: Data, limit: str) -> None:
    scenario = scenario_of({**data, "expect": []})
    limit_us = round(parse_duration(limit) * US_PER_S)
    for trace in runs(scenario).values():
        comparison = compare_summaries(summarise(trace))
        over = trace.observed_us / US_PER_S
        clicks = counted(trace)
        pages = [took(r.arrived_s, r.replied_s if r.response is ResponseStatus.OK else None) for r in clicks]
        works = [took(r.arrived_s, r.completed_s) for r in clicks]
        ages = [took(r.arrived_s, over) or 0 for r in clicks]
        still = (
            [r.response is ResponseStatus.NONE for r in clicks],
            [r.work is WorkStatus.UNFINISHED for r in clicks],
        )
        for name, times, opens in zip(WITHIN, (pages, works), still, strict=True):
            kept = [
                time is not None and time <= limit_us
                for time, is_open, age in zip(times, opens, ages, strict=True)
                if not (is_open and was_cut(trace) and age < limit_us)
            ]
            expected = sum(kept) / len(kept) if kept else None
            assert comparison.figure(trace.mode, f"{name}({limit})") == expected


def took(since_s: float, until_s: float | None) -> int | None:
    """Whole microseconds."""
    return None if until_s is None else round((until_s - since_s) * US_PER_S)


def was_cut(trace: Trace) -> bool:
    stop_at_s = trace.scenario.stop_at_s
    return stop_at_s is not None and trace.observed_us >= round(stop_at_s * US_PER_S)


def counted(trace: Trace) -> list[Any]:
    """The clicks of those whose first click came at the warm-up or later, by a plain reading of the rows."""
    first = {r.customer: r.arrived_s for r in reversed(trace.requests[:]) if r.click == 0}
    return [r for r in trace.requests if first[r.customer] >= trace.scenario.warm_up_s]


def test_the_registry_has_every_field_of_a_summary_and_no_other() -> None:
    about = {"scenario", "mode", "seed", "replication", "partial", "answered", "done", "cut_at_s", "returns"}
    parts = {"server": ServerUse, "queue": QueueUse, "workers": WorkersUse}
    heads = [field.name for field in fields(Summary) if field.name not in about]
    known = {name.partition(".")[0] for name in names([])} | set(OF_EFFECTS)
    lacks = sorted(set(heads) - known)
    assert lacks == [], f"write a row for {', '.join(lacks)} into FIGURES in model/figures.py"
    assert known - set(heads) == set(), "stats/summary.py has no field of that name"
    for head, kind in parts.items():
        wanted = [f"{head}.{field.name}" for field in fields(kind)]
        lacks = [name for name in wanted if name not in FIGURES]
        assert lacks == [], f"write a row for {', '.join(lacks)} into FIGURES in model/figures.py"
        assert [f"{head}.{part}" for part in GROUPS[head]] == wanted, (
            f"order the rows of {head} in FIGURES in model/figures.py as the fields of {kind.__name__}"
        )
    scenario = Scenario.model_validate(
        {"traffic": {"requests": 1}, "steps": [{"name": "a", "duration": "1s"}]}
    )
    plain = summarise(runs(scenario)["async"]).to_dict()
    for head in ("responses", "work"):
        assert set(GROUPS[head]) == set(plain[head])
    in_seconds = [name for name, one in FIGURES.items() if one.unit == "s"]
    assert all("_s" in name.removesuffix(".count") for name in in_seconds)


BY_HAND = Path(__file__).parents[1] / "by_hand"


def words_of_the_tests(folder: Path) -> Counter[str]:
    """How many tests of a folder have a word in a text, as the key of a figure or a part of its name."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("test_*.py")]
    tests = [one for tree in trees for one in tree.body if isinstance(one, ast.FunctionDef)]
    return Counter(
        word for test in tests for word in {word for text in texts(test) for word in text.split(".")}
    )


def texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_figure_has_two_cases_on_paper() -> None:
    found = words_of_the_tests(BY_HAND)
    for name in FIGURES:
        head, _, part = name.rpartition(".")
        word = head if head in SHARED or head == "wait_s" else part
        assert found[word] >= 2, (
            f"write a case of {word}, worked out on paper, into tests/by_hand/test_statistics.py"
        )
