"""Turning sliders: the picture is the run that `--set` gives, and no picture is more than people can see."""

from __future__ import annotations

import shlex
from itertools import pairwise

import pytest

from syncasync_sim import RunTooLongError, ScenarioError, load_scenario, run_designs
from syncasync_sim.engine import simulate
from syncasync_sim.files import parse_scenario
from syncasync_sim.replay import explorer
from syncasync_sim.replay.document import document
from syncasync_sim.replay.explorer import Explorer, in_words, latest
from syncasync_sim.replay.moves import KnownLanes
from syncasync_sim.replay.picture_limit import MOST_CUSTOMERS, cap_of, expected

ONE = "steps: [{name: work, duration: 1s}]\n"


def of(name: str, **more: object) -> Explorer:
    return Explorer(load_scenario(name), source=name, **more)  # type: ignore[arg-type]


def test_a_picture_is_the_run_that_its_command_gives() -> None:
    explored = of("slow-email", seed=5)
    picture = explored.look({"workers": 0, "rate": 3})
    assert (
        explored.command(picture)
        == "syncasync-sim run slow-email --seed 5 --set workers.count=1 --set traffic.rate=0.6/s"
    )
    words = shlex.split(explored.command(picture))
    scenario = load_scenario(words[2], [after for before, after in pairwise(words) if before == "--set"])
    assert picture.document == document(*run_designs(scenario, seed=5), with_rows=False)
    assert picture.part is None


def test_as_it_stands_it_is_the_scenario_itself() -> None:
    explored = of("checkout")
    assert explored.command(explored.look({})) == "syncasync-sim run checkout"
    assert explored.look({}).document["figures"]["sync"]["response_time_s"]["max"] == 2.55


def test_without_a_source_the_command_is_what_to_add() -> None:
    explored = Explorer(load_scenario("checkout"))
    assert explored.command(explored.look({"takes": 0})) == "--set 'steps[send email].duration=150ms'"


def test_what_set_has_changed_before_stays_until_it_is_overridden() -> None:
    flags = ("workers.count=2", "queue.capacity=3")
    explored = Explorer(load_scenario("checkout", flags), source="checkout", flags=flags)
    assert explored.look({}).flags == flags
    assert explored.look({"workers": 4}).flags == ("queue.capacity=3", "workers.count=5")


def test_a_later_flag_of_the_same_path_wins_at_its_place() -> None:
    assert latest(["a=1", "b={c: 1}", "b.c=2", "a=3"]) == ("b={c: 1}", "b.c=2", "a=3")


# the cap


def test_five_hundred_customers_are_no_more_than_five_hundred() -> None:
    assert cap_of(parse_scenario("traffic: {requests: 500}\n" + ONE)) is None
    assert cap_of(parse_scenario("traffic: {requests: 501}\n" + ONE)) == "traffic.requests=500"


@pytest.mark.parametrize(
    ("traffic", "cap"),
    [
        ("{rate: 3/s, for: 10m}", "traffic.for=166s"),
        ("{rate: 7/s, for: 10m, arrivals: poisson}", "traffic.for=71.4s"),
        (
            "{phases: [{rate: 1/s, for: 100s}, {rate: 10/s, for: 60s}]}",
            "traffic.phases=[{rate: 1/s, for: 100s}, {rate: 10/s, for: 40s}]",
        ),
        (
            "{phases: [{ramp: [0/s, 20/s], for: 100s}, {rate: 1/s, for: 60s}]}",
            "traffic.phases=[{ramp: [0/s, 707/50s], for: 70.7s}]",
        ),
    ],
)
def test_the_traffic_ends_earlier_and_nobody_comes_at_another_time(traffic: str, cap: str) -> None:
    text = f"traffic: {traffic}\n{ONE}"
    assert cap_of(parse_scenario(text)) == cap
    all_of_them, first = (
        [request.arrived_s for request in simulate(parse_scenario(text, sets=sets), "sync", seed=1).requests]
        for sets in ([], [cap])
    )
    assert 450 < len(first) < len(all_of_them)
    assert first == all_of_them[: len(first)]
    assert (len(first) <= MOST_CUSTOMERS) or "poisson" in traffic


def test_of_given_times_the_first_are_kept() -> None:
    times = ", ".join(f"{at}s" for at in range(600, 0, -1))
    capped = cap_of(parse_scenario(f"traffic: {{at: [{times}]}}\n{ONE}"))
    assert capped == f"traffic.at=[{', '.join(f'{at}s' for at in range(1, 501))}]"


def test_a_picture_says_whom_it_leaves_out_and_the_command_leaves_out_the_same() -> None:
    explored = of("overload")
    picture = explored.look({})
    told = "The picture and the figures are of the first 498 of 1,800 customers; nobody comes after 165.67 s"
    assert explored.page_data(picture)["note"] == f"{told}."
    assert explored.page_data(picture)["document"]["counted"] == "The first 498 of 1,800 customers"
    assert explored.command(picture) == "syncasync-sim run overload --set traffic.for=166s"
    assert picture.document["figures"]["sync"]["customers"] == 498


def test_how_many_random_customers_there_would_be_is_an_estimate() -> None:
    text = f"traffic: {{rate: 7/s, for: 10m, arrivals: poisson}}\n{ONE}"
    assert expected(parse_scenario(text)) == "about 4,200"
    assert expected(parse_scenario("traffic: {requests: 501}\n" + ONE)) == "501"


# what goes wrong


def test_positions_that_do_not_go_together_are_told_in_words() -> None:
    with pytest.raises(ScenarioError) as caught:
        of("email-down").look({"tries": 10})
    assert in_words(caught.value) == (
        "This run would never end: 'send email' fails every time (failure_rate: 100%), and attempts are "
        "unlimited. Limit attempts, or set stop_at."
    )


def test_a_picture_of_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "MOST_ATTEMPTS", 39)
    with pytest.raises(RunTooLongError) as caught:
        of("ten-orders").look({})
    assert in_words(caught.value).startswith("Too much happens here for a picture. Choose fewer ")
    monkeypatch.setattr(explorer, "MOST_ATTEMPTS", 40)
    assert of("ten-orders").look({}).flags == ()


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "PATIENCE_S", -1.0)
    for module in ("simulation", "fast_path"):
        monkeypatch.setattr(f"syncasync_sim.engine.{module}.SLICE", 10)
    with pytest.raises(RunTooLongError, match="too much happens"):
        of("slow-email").look({})


def test_the_note_counts_those_who_are_shown_not_those_after_the_warm_up() -> None:
    """500 come until the cap; the 140 who are counted are the last of them."""
    picture = Explorer(load_scenario("retry-storm")).look({})
    assert picture.comparison.figure("sync", "customers") == 140
    assert picture.part is not None
    assert picture.part.customers.startswith("first 500 of ")


def test_a_lane_is_kept_only_where_the_design_does_not_notice_the_change() -> None:
    explored, known = of("slow-email"), KnownLanes()
    lanes = [
        {mode: known.lane_of(trace) for mode, trace in explored.look(positions).traces.items()}
        for positions in ({}, {"workers": 4}, {"workers": 4, "threads": 0})
    ]
    assert lanes[1]["sync"] is lanes[0]["sync"]
    assert lanes[1]["async"] is not lanes[0]["async"], "its picture has the workers"
    assert lanes[2]["sync"] is not lanes[1]["sync"]


def test_an_answer_is_the_same_whatever_was_asked_before() -> None:
    explored = of("slow-email")
    for positions in ({}, {"workers": 4}, {"threads": 0}, {"workers": 0, "threads": 0}, {"workers": 0}):
        assert explored.answer(positions) == of("slow-email").answer(positions)
