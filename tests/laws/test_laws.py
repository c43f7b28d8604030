"""What must hold in every run of every scenario, with chance or without."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from pydantic import ValidationError

from laws.scenarios import Data, scenario_data
from syncasync_sim.engine import simulate
from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.distributions import DISTRIBUTIONS
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import summarise
from syncasync_sim.trace.failed_steps import went_on_after_failure
from syncasync_sim.trace.losses import ignored_refusals
from syncasync_sim.trace.records import Attempt, Request, ServerOutcome, Trace

LAWS = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
DURATIONS = ("250ms", *(form.example for form in DISTRIBUTIONS.values()))


@st.composite
def random_data(draw: DrawFn) -> Data:
    """A scenario of the other strategy with chance put in: durations, failures, jitter, crashes, arrivals."""
    data = draw(scenario_data())
    for step in data["steps"]:
        step["duration"] = draw(st.sampled_from((step["duration"], *DURATIONS)))
        step["failure_rate"] = draw(st.sampled_from(("0%", "30%")))
        step.setdefault("retry", {})["jitter"] = draw(st.sampled_from(("none", "full")))
        step["retry"]["attempts"] = draw(st.integers(1, 4))
    data["workers"] = {**data["workers"], "crash_rate": draw(st.sampled_from(("0%", "20%")))}
    if "at" not in data["traffic"] and "requests" not in data["traffic"]:
        data["traffic"]["arrivals"] = draw(st.sampled_from(("steady", "poisson")))
    if "queue" in data:
        data["queue"]["publish"] = draw(st.sampled_from(("0", "uniform(1ms, 5ms)")))
    return data


def scenario_of(data: Data) -> Scenario:
    try:
        return Scenario.model_validate(data)
    except ValidationError:
        assume(False)
        raise


def runs(scenario: Scenario, seed: int = 1) -> dict[str, Trace]:
    """Both designs. A run checks its own books and raises when they do not balance."""
    return {mode: simulate(scenario, mode, seed=seed) for mode in MODES}


@LAWS
@given(random_data())
def test_the_same_seed_gives_the_same_trace(data: Data) -> None:
    scenario = scenario_of(data)
    assert runs(scenario, seed=7) == runs(scenario, seed=7)


@LAWS
@given(random_data())
def test_both_designs_see_the_same_customers_and_the_same_luck(data: Data) -> None:
    """The first click of a customer comes at the same time; an attempt that starts anywhere outside the
    windows of outages and slowdowns takes the same time and ends the same way, unless it is cut."""
    for step in data["steps"]:
        step.pop("outages", None)
        step.pop("slowdowns", None)
    scenario = scenario_of(data)
    customers, luck = [], []
    for trace in runs(scenario).values():
        rows = list(trace.requests)
        customers.append({r.customer: r.arrived_s for r in rows if r.click == 0})
        ended = [a for a in trace.attempts if not _is_cut(a, rows[a.request])]
        luck.append(
            {
                (rows[a.request].customer, rows[a.request].click, a.step, a.number): (
                    round(((a.ended_s or 0) - a.started_s) * US_PER_S),
                    a.outcome,
                )
                for a in ended
            }
        )
    assert customers[0] == customers[1]
    for key in luck[0].keys() & luck[1].keys():
        assert luck[0][key] == luck[1][key]


def _is_cut(attempt: Attempt, request: Request) -> bool:
    """Whether something else has ended the attempt: a death, the web server, the end of the run."""
    killed = request.end is ServerOutcome.KILLED and attempt.ended_s == request.ended_s
    return killed or attempt.outcome in (AttemptOutcome.CRASHED, AttemptOutcome.OPEN)


def test_a_step_is_known_to_chance_by_its_name_and_not_by_its_place() -> None:
    """One that is inserted before it leaves its luck alone; a name in another language is another luck."""

    def lasts(*names: str) -> dict[str, float]:
        steps = [{"name": name, "duration": "exponential(mean=1s)"} for name in names]
        trace = simulate(scenario_of({"traffic": {"requests": 1}, "steps": steps}), "sync", seed=1)
        return {names[a.step]: round((a.ended_s or 0) - a.started_s, 6) for a in trace.attempts}

    alone = lasts("send email")
    assert lasts("check", "send email")["send email"] == alone["send email"]
    assert lasts("E-Mail senden")["E-Mail senden"] != alone["send email"]


@LAWS
@given(random_data())
def test_in_the_synchronous_design_the_answer_and_the_end_of_the_work_are_one(data: Data) -> None:
    trace = simulate(scenario_of(data), "sync", seed=1)
    went_on = went_on_after_failure(trace.scenario, "sync", trace.attempts)
    for request in trace.requests:
        if str(request.response) == "ok":
            completed_s = None if request.index in went_on else request.replied_s
            assert request.completed_s == completed_s
            assert request.replied_s == request.ended_s


@LAWS
@given(random_data())
def test_times_are_in_order_and_nobody_does_two_things_at_once(data: Data) -> None:
    for trace in runs(scenario_of(data)).values():
        by: dict[Any, list[tuple[float, float]]] = defaultdict(list)
        end = trace.observed_us / US_PER_S
        for attempt in trace.attempts:
            assert attempt.ended_s is None or attempt.started_s <= attempt.ended_s
            until = end if attempt.ended_s is None else attempt.ended_s
            by[attempt.thread, attempt.worker].append((attempt.started_s, until))
        for spans in by.values():
            spans.sort()
            assert all(before[1] <= after[0] for before, after in pairwise(spans)), (
                "two attempts of one thread or worker overlap"
            )
        for request in trace.requests:
            known = [t for t in (request.arrived_s, request.began_s, request.ended_s) if t is not None]
            assert known == sorted(known)
            assert request.completed_s is None or request.completed_s >= request.arrived_s


@LAWS
@given(random_data())
def test_the_books_of_the_summary_balance(data: Data) -> None:
    data.pop("warm_up", None)
    for mode, trace in runs(scenario_of(data)).items():
        figures = summarise(trace).to_dict()
        assert figures["requests"] == sum(figures["responses"].values()) == sum(figures["work"].values())
        assert figures["service_time_s"] >= 0
        if mode == "async":
            queue = figures["queue"]
            assert queue["delivered"] - queue["redelivered"] <= queue["published"]
            refused = len(ignored_refusals(trace))
            assert refused <= queue["lost"]
            assert queue["dead_lettered"] + queue["lost"] - refused <= queue["published"]


def doubled(data: Any) -> Any:
    """Every duration twice as long, every rate half as high."""
    if isinstance(data, dict):
        return {key: doubled(value) for key, value in data.items()}
    if isinstance(data, list):
        return [doubled(value) for value in data]
    if isinstance(data, str):
        text = re.sub(r"(\d+)ms", lambda found: f"{2 * int(found[1])}ms", data)
        text = re.sub(r"^(\d+)/2s$", r"\1/4s", text)
        return re.sub(r"^(\d+)/(s|min)$", r"\1/2\2", text)
    return data


@LAWS
@given(scenario_data())
def test_doubling_every_time_doubles_every_result(data: Data) -> None:
    twice = doubled(data)
    for rates in ("rate", "phases"):
        assume(rates not in data["traffic"])  # rounding an arrival to the microsecond does not double
    once_runs, twice_runs = (
        runs(scenario_of(_with_delays(data, 1))),
        runs(scenario_of(_with_delays(twice, 2))),
    )
    for mode in MODES:
        for name in ("arrived", "began", "ended", "replied", "completed"):
            once = list(once_runs[mode].requests.column(name))
            assert [-1 if at < 0 else 2 * at for at in once] == list(twice_runs[mode].requests.column(name))
        assert 2 * once_runs[mode].ended_at_us == twice_runs[mode].ended_at_us


def _with_delays(data: Data, factor: int) -> Data:
    """The default times written out, so that they double too: of the outbox, and of retries."""
    data.setdefault("queue", {}).setdefault("outbox_every", f"{factor}s")
    for step in data["steps"]:
        retry = step.setdefault("retry", {})
        retry.update({"delay": f"{50 * factor}ms", "max_delay": f"{200 * factor}ms"})
    return data


@LAWS
@given(random_data(), st.randoms())
def test_the_order_of_the_keys_does_not_matter(data: Data, shuffler: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            shuffler.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    one, other = runs(scenario_of(data)), runs(scenario_of(shuffled(data)))
    for mode in MODES:
        assert one[mode].requests == other[mode].requests
        assert one[mode].attempts == other[mode].attempts
