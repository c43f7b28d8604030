"""The smallest value that meets a target, on a scenario that can be worked out on paper."""

from __future__ import annotations

from typing import Any

import pytest

from by_hand.timeline import step
from syncasync_sim import Scenario, ScenarioError, Sizing, run_designs, size
from syncasync_sim.experiment import sizing
from syncasync_sim.model.claims import parse_claim
from syncasync_sim.render.size_result import Trials, finding


def mails(**parts: Any) -> Scenario:
    """Twelve customers at 0, 1 s of work behind each page: c workers take 12 / c s, rounded up."""
    steps = [{"name": "mail", "duration": "1s", "background": True}]
    return Scenario.model_validate({"traffic": {"requests": 12}, "steps": steps} | parts)


def sized(target: str, values: str = "1..12", **how: Any) -> Sizing:
    return size(mails(), target, {"workers.count": values}, **{"replications": 2, **how})


def values(result: Sizing) -> list[Any]:
    return [trial.value.number for trial in result.trials]


@pytest.mark.parametrize(
    ("bound", "smallest", "below"),
    [("3s", 4, 3), ("4s", 3, 2), ("2s", 6, 5), ("1s", 12, 11), ("11s", 2, 1)],
)
def test_the_smallest_number_of_workers(bound: str, smallest: int, below: int) -> None:
    """12 / c <= bound, c whole."""
    result = sized(f"async.completion_time_s.max <= {bound}")
    assert result.verdict == "found"
    assert result.answer is not None
    assert result.beyond is not None
    assert (result.answer.value.number, result.beyond.value.number) == (smallest, below)
    assert (result.answer.meets, result.beyond.meets) == (True, False)
    assert result.answer.interval == (result.answer.figure,) * 2  # nothing is random
    assert result.answer.is_sure(result.target)


def test_not_all_values_are_tried() -> None:
    """The ends, three between them, then halves: of 1 to 1000, ten more at most."""
    result = sized("async.completion_time_s.max <= 3s", "1..1000", replications=1)
    assert result.answer is not None
    assert result.answer.value.number == 4
    assert len(result.trials) <= 15
    assert result.answer.interval is None
    assert result.answer.is_sure(result.target) is None


def test_met_everywhere_and_nowhere() -> None:
    everywhere, nowhere = (sized(f"async.completion_time_s.max {claim}") for claim in ("< 13s", "< 1s"))
    assert (everywhere.verdict, nowhere.verdict) == ("everywhere", "nowhere")
    assert everywhere.answer is not None
    assert (everywhere.answer.value.number, everywhere.beyond) == (1, None)
    assert nowhere.answer is None
    assert values(nowhere) == [1, 4, 7, 9, 12]


def test_met_by_small_values_only() -> None:
    """At least 4 s: up to three workers."""
    result = sized("async.completion_time_s.max >= 4s")
    assert result.verdict == "falling"
    assert result.answer is not None
    assert result.beyond is not None
    assert (result.answer.value.number, result.beyond.value.number) == (3, 4)
    assert (result.answer.meets, result.beyond.meets) == (True, False)
    assert "The largest workers.count that meets" in finding(result)


def test_a_target_that_comes_and_goes_is_noticed() -> None:
    """Exactly 3 s or 2 s is met from 4 to 11 workers and by no others: missed, met, missed."""
    result = sized("async.completion_time_s.max != 1s", "4..12")
    assert result.verdict == "falling"
    # 2 s: from 6 to 11 workers only, as tried 4, 6, 8, 10, 12
    result = sized("async.completion_time_s.max == 2s", "4..12")
    assert result.verdict == "mixed"
    assert result.answer is not None
    assert result.answer.value.number == 6
    assert 5 in values(result)


def test_one_value_is_a_range_too() -> None:
    result = sized("async.completion_time_s.max <= 12s", "1")
    assert (result.verdict, values(result), result.stopped) == ("everywhere", [1], False)


def test_only_the_designs_of_the_target_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def run(scenario: Scenario, **how: Any) -> Any:
        asked.append(how["modes"])
        return run_designs(scenario, **how)

    monkeypatch.setattr(sizing, "run_designs", run)
    sized("async.completion_time_s.max <= 3s", "1")
    sized("async.completion_time_s.max <= sync.completion_time_s.max", "1")
    assert asked == [["async"], ["sync", "async"]]


def test_a_doubt_is_told() -> None:
    """The interval reaches across the bound, or lies on one side of it."""
    claim = parse_claim("async.completion_time_s.max < 3s", ())
    value = sized("async.completion_time_s.max < 3s", "1").trials[0].value
    across, beside = (sizing.Trial(value, True, 2.5, ends, None) for ends in ((1.0, 4.0), (2.4, 2.6)))
    assert (across.is_sure(claim), beside.is_sure(claim)) == (False, True)
    missed = sizing.Trial(value, False, 3.5, (3.2, 3.8), None)
    assert missed.is_sure(claim)


def test_a_search_that_is_stopped_says_so() -> None:
    # somebody is asked before the second replication of a value, and after it
    calls = iter(range(1000))
    result = sized("async.completion_time_s.max <= 3s", watch=lambda *_: next(calls) < 5)
    assert result.stopped
    assert values(result) == [1, 4, 7]


def test_a_target_that_cannot_be_read_and_two_keys_are_refused() -> None:
    with pytest.raises(ScenarioError, match="target:1:7: 'workers' has several parts"):
        sized("async.workers < 3")
    with pytest.raises(ValueError, match="one key is sized at a time, not 2"):
        size(mails(), "async.requests < 3", {"workers.count": "1..2", "server.threads": "1..2"})


FEW = {
    # 1 s of work; 10 come at once and leave after 3.5 s. n threads serve n each second, 3 n in time.
    "traffic": {"requests": 10},
    "customer": {"patience": "3500ms"},
    "steps": [step("work", "1s")],
}


def few_served(target: str, **more: Any) -> Sizing:
    scenario = Scenario.model_validate(FEW)
    return size(scenario, target, {"server.threads": "1..4"}, replications=1, **more)


def test_a_time_of_the_few_who_got_the_page_is_no_answer() -> None:
    # Pages come after 1, 2 and 3 s: the slowest of those served is 3 s with 1, 2 and 3 threads, of 3, 6 and 9
    # of the ten; with four threads all are served: 1, 1, 1, 1, 2, 2, 2, 2, 3, 3.
    found = few_served("sync.response_time_s.max <= 3s")
    assert [(t.share, t.holds, t.meets) for t in found.trials] == [
        (0.3, True, False),
        (0.6, True, False),
        (0.9, True, False),
        (1, True, True),
    ]
    assert found.answer is not None
    assert found.answer.value.plain == 4
    asked_for = few_served("sync.response_time_s.max <= 3s", of_those_served=True)
    assert asked_for.answer is not None
    assert asked_for.answer.value.plain == 1


def test_a_target_about_every_click_is_of_all() -> None:
    # Within 2 s: 2 n of ten. Four threads serve 8 of 10.
    found = few_served("sync.answered_within(2s) >= 80%")
    assert [(t.figure, t.share) for t in found.trials] == [(n / 5, None) for n in (1, 2, 3, 4)]
    assert found.answer is not None
    assert found.answer.value.plain == 4


def test_where_only_few_are_served_the_finding_says_what_to_ask_instead() -> None:
    scenario = Scenario.model_validate(FEW)
    few = size(scenario, "sync.response_time_s.max <= 3s", {"server.threads": "1..2"}, replications=1)
    assert finding(few) == (
        "No value of server.threads that was tried, from 1 to 2, meets sync.response_time_s.max <= 3s. "
        "With 2 it holds for those who got the page, but that is only 60 % of all clicks. A target that "
        "counts every click is for instance sync.answered_within(3s) >= 99%; --of-those-served accepts "
        "this share."
    )


def test_the_end_of_a_run_that_was_cut_is_no_answer() -> None:
    # One worker is done at 12 s, twelve at 1 s: cut at 5 s, the end of the first run is not known.
    found = size(mails(stop_at="5s"), "async.ended_at_s < 6s", {"workers.count": "1,12"}, replications=1)
    assert [(t.figure, t.ends, t.holds, t.meets) for t in found.trials] == [
        (5, False, False, False),
        (1, True, True, True),
    ]
    assert Trials(found).sentences() == [
        "workers.count 1: 5.00 s, missed (the run was cut: its end is not known)",
        "workers.count 12: 1.00 s, met",
    ]


def test_a_time_that_no_click_has_is_said_to_be_nobodys() -> None:
    never = Scenario.model_validate(
        {"traffic": {"requests": 1}, "steps": [{"name": "a", "duration": "1s", "failure_rate": "100%"}]}
    )
    found = size(never, "sync.response_time_s.max < 2s", {"server.threads": "1"}, replications=1)
    assert Trials(found).sentences() == ["server.threads 1: -, missed (no click has it)"]


def test_a_mean_lies_within_its_interval() -> None:
    # Ten times 2.55 s: no rounding on the way moves the mean off it.
    asked = {"traffic": {"requests": 1}, "steps": [step("work", "2550ms")]}
    target, many = "sync.response_time_s.max < 3s", {"server.threads": "1..1"}
    (trial,) = size(Scenario.model_validate(asked), target, many, replications=10).trials
    assert (trial.figure, trial.interval) == (2.55, (2.55, 2.55))


def test_a_target_that_comes_and_goes_names_no_untried_value_when_all_were_tried() -> None:
    found = few_served("sync.responses.ok != 6")  # met with 1, missed with 2, met with 3 and 4
    assert found.verdict == "mixed"
    assert "that was not tried" not in finding(found)
