"""What happened to whom is the same wherever it is shown: table, picture, story and book."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import compress
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from laws.scenarios import Data
from laws.test_laws import LAWS, random_data, runs, scenario_of
from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.customer_log import events_of
from syncasync_sim.render.customer_trace import customer_trace
from syncasync_sim.replay.over_time import effects
from syncasync_sim.stats import Summary, summarise
from syncasync_sim.trace import queries, worker_queries
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import ResponseStatus, Trace
from syncasync_sim.trace.worst_off import hardest_hit

EFFECTS = settings(LAWS, max_examples=40, phases=[Phase.generate])
"""Every example tells all the stories or writes a database: too slow to be made smaller when it fails."""

Count = dict[str, tuple[int, int]]
"""Per effect: how often it happened, and how often of that too often."""


@st.composite
def effectful_data(draw: DrawFn) -> Data:
    """A scenario of which every step does one of two things, so that steps share what they do."""
    data = draw(random_data())
    for step in data["steps"]:
        step["effect"] = draw(st.sampled_from(("paid", "saved")))
        step["failure_rate"] = draw(st.sampled_from(("0%", "30%")))
    return data


def everybody(data: Data) -> Data:
    """Without a warm-up, which the picture and the story do not know."""
    return {**data, "warm_up": "0"}


def of_the_table(summary: Summary) -> Count:
    return {name: (n, summary.duplicates[name]) for name, n in summary.effects.items()}


def of_the_picture(trace: Trace) -> Count:
    return {
        effect["name"]: counted_in_words(*effect["steps"][-1][1:])
        for effect in effects(trace.scenario.effects, queries.effects(trace))
    }


def counted_in_words(happened: str, often: str = "") -> tuple[int, int]:
    """The two numbers of an effect's words: `1,200` and `, 3 too often`."""
    again = re.fullmatch(r", ([\d,]+) too often|", often)
    assert again is not None
    return int(happened.replace(",", "")), int((again[1] or "0").replace(",", ""))


def of_the_stories(trace: Trace) -> Count:
    """From the words of every customer's story."""
    happened, again = Counter[str](), Counter[str]()
    for customer in range(queries.customers_came(trace)):
        times: dict[str, int] = defaultdict(int)
        for event in events_of(customer_trace(trace, customer + 1)):
            for name in set(trace.scenario.effects):
                if event.text.endswith(f": {name}"):
                    times[name] += 1
                    assert times[name] == 1, event
                elif f": {name} AGAIN" in event.text:
                    times[name] += 1
                    assert event.text.endswith(f"({times[name]} times now)"), event
                elif f": nothing new ({name} before)" in event.text:
                    assert times[name] > 0, event
        for name, number in times.items():
            happened[name] += number
            again[name] += max(0, number - 1)
    return {name: (happened[name], again[name]) for name in trace.scenario.effects}


@EFFECTS
@given(effectful_data())
def test_effects_are_the_same_in_the_table_the_picture_and_the_story(data: Data) -> None:
    for trace in runs(scenario_of(everybody(data))).values():
        table = of_the_table(summarise(trace))
        assert of_the_picture(trace) == table
        assert of_the_stories(trace) == table


@LAWS
@given(random_data())
def test_whoever_counts_counts_everywhere(data: Data) -> None:
    for trace in runs(scenario_of(data)).values():
        summary, who = summarise(trace), queries.WarmUpFilter(trace)
        assert summary.customers == who.number
        assert summary.requests == sum(who.requests)
        rows = list(compress(trace.requests, who.requests))
        shown, done = summary.response_time_s, summary.completion_time_s
        assert sum(row.response is ResponseStatus.OK for row in rows) == (0 if shown is None else shown.count)
        assert sum(row.completed_s is not None for row in rows) == (0 if done is None else done.count)
        assert who.customers[hardest_hit([trace]) - 1] if who.number else hardest_hit([trace]) == 1


def answered_within(trace: Trace, within_us: int) -> float | None:
    return queries.answered_within(trace, queries.WarmUpFilter(trace)).share(within_us / US_PER_S)


def done_within(trace: Trace, within_us: int) -> float | None:
    return queries.done_within(trace, queries.WarmUpFilter(trace)).share(within_us / US_PER_S)


@LAWS
@given(random_data(), st.integers(0, 40))
def test_the_questions_to_one_trace_agree(data: Data, twentieths: int) -> None:
    within_us = twentieths * 50_000
    for trace in runs(scenario_of(data)).values():
        summary, counts = summarise(trace), queries.WarmUpFilter(trace)
        answered = summary.requests - summary.responses["none"]
        came = list(ResponseStatus)[1:]
        waits = [wait for response in came for wait in queries.waits_us(counts, response)]
        assert len(waits) == answered
        assert queries.customers_with_page(trace) <= min(summary.customers, summary.responses["ok"])
        people = queries.people(trace)
        everyone = [n for n, is_counted in zip(people.with_page, counts.customers, strict=True) if is_counted]
        assert sum(n > 0 for n in everyone) == queries.customers_with_page(trace)
        assert sum(everyone) == summary.responses["ok"]
        for share in (answered_within(trace, within_us), done_within(trace, within_us)):
            assert share is None or 0 <= share <= 1
        if answered == summary.requests and answered:
            rows = compress(trace.requests.columns("arrived", "replied", "response"), counts.requests)
            in_time = sum(to - at <= within_us for at, to, how in rows if how == ResponseStatus.OK)
            assert answered_within(trace, within_us) == in_time / answered


@LAWS
@given(random_data())
def test_what_the_workers_hold_is_what_was_taken_and_is_not_over(data: Data) -> None:
    trace = runs(scenario_of(data))["async"]
    held, taken = worker_queries.held(trace), worker_queries.messages_taken(trace)
    assert sum(taken.values()) == len(trace.deliveries)
    rows = trace.deliveries.columns("worker", "ended")
    left = Counter(worker for worker, at in rows if at == NEVER)
    for worker, levels in held.items():
        assert min(levels.levels, default=0) >= 0
        assert (levels.levels[-1] if levels.levels else 0) == left[worker]
        assert bool(taken[worker]) >= (worker_queries.most_held(trace)[worker] > 0)


@LAWS
@given(random_data())
def test_phantom_errors_are_told_by_what_the_customer_saw(data: Data) -> None:
    for trace in runs(scenario_of(data)).values():
        summary, found = summarise(trace), queries.phantom_errors(trace)
        assert sum(found.values()) == summary.phantom_errors
        assert all(n <= summary.responses[str(response)] for response, n in found.items())
        successes = {a.request for a in trace.attempts if a.outcome is AttemptOutcome.OK}
        assert found[ResponseStatus.REJECTED] == 0 or successes


def test_who_counts_and_who_did_it_is_decided_in_one_place() -> None:
    # A reader that compares with the warm-up, or looks at the sign of `by`, has a rule of its own.
    package = Path(queries.__file__).parents[1]
    texts = {str(path.relative_to(package)): path.read_text("utf-8") for path in package.rglob("*.py")}

    def where(rule: str) -> list[str]:
        return sorted(name for name, text in texts.items() if re.search(rule, text))

    assert where(r"\bwarm_up_s \*") == ["trace/queries.py"]
    assert where(r"\bby [<>]=? 0") == ["trace/records.py"]
    assert where(r"zip\(\s*\*\(?\w*\.?column") == []
