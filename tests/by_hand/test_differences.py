"""What differs between two scenarios, by path, and what counts as one difference."""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, run, step
from syncasync_sim.experiment import run_beside
from syncasync_sim.files import load_scenario
from syncasync_sim.model.differences import Difference, differences
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import Comparison, summarise
from syncasync_sim.stats.change import Change, change_of

BASE: Data = {"traffic": {"requests": 1}, "steps": [step("a", "1s"), step("b", "2s", background=True)]}


def told(*sets: str, name: str = "ten-orders") -> list[str]:
    """What differs after `--set`."""
    return [str(one) for one in differences(load_scenario(name), load_scenario(name, sets))]


def between(before: Data, after: Data) -> list[str]:
    left, right = (Scenario.model_validate({**BASE, **data}) for data in (before, after))
    return [str(one) for one in differences(left, right)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("workers.count=3", "workers.count: 1 -> 3"),
        ("traffic.requests=20", "traffic.requests: 10 -> 20"),
        ("steps[send email].duration=3s", "steps[send email].duration: 1.5s -> 3s"),
        ("steps[0].failure_rate=5%", "steps[check payment].failure_rate: 0% -> 5%"),
        ("steps[3].background=false", "steps[send email].background: true -> false"),
        ("steps[3].retry.delay=5s", "steps[send email].retry.delay: 1s -> 5s"),
        ("steps[1].effect=paid", "steps[charge card].effect: card charged -> paid"),
        (
            "steps[3].outages=[{from: 0s, for: 2m}]",
            "steps[send email].outages: [] -> [{from: 0, for: 120s}]",
        ),
        ("server.threads=4", "server.threads: unlimited -> 4"),
        ("customer.patience=10s", "customer.patience: none -> 10s"),
        ("queue.broker=kafka", "queue.broker: ideal -> kafka"),
        ("traffic={rate: 3/s, for: 1m}", "traffic: {requests: 10} -> {rate: 3/s, for: 60s}"),
    ],
)
def test_one_change_is_one_difference(change: str, says: str) -> None:
    assert told(change) == [says]


@pytest.mark.parametrize(
    "change",
    [
        *("title=x", "description=x", "seed=3", "expect=[]", "name=x"),
        *("workers.count=1", "server.threads=unlimited", "steps[3].needed_for_reply=true"),
    ],
)
def test_what_changes_no_run_is_no_difference(change: str) -> None:
    assert told(change) == []


def test_what_a_scenario_says_beside_another_broker_counts() -> None:
    assert told("queue.broker=kafka", "queue.partitions=4") == [
        "queue.broker: ideal -> kafka",
        "queue.partitions: none -> 4",
    ]


def test_steps_are_known_by_their_names() -> None:
    more: Data = {"steps": [*BASE["steps"], step("c", "3s")]}
    assert between({}, more) == ["steps[c]: (none) -> 3s"]
    assert between(more, {}) == ["steps[c]: 3s -> (none)"]
    assert between({}, {"steps": BASE["steps"][::-1]}) == ["the order of the steps: [a, b] -> [b, a]"]


def test_bundled_scenarios_that_differ_in_one_thing() -> None:
    before, after = load_scenario("email-down-resubmit"), load_scenario("email-down-resubmit-idempotent")
    assert [one.path for one in differences(before, after)] == ["steps[charge card].idempotent"]


# the contrast


def test_a_contrast_is_after_minus_before() -> None:
    before, after = (summarise(run("sync", steps=[step("a", length)])) for length in ("1s", "3s"))
    row = change_of([before], [after]).rows()[0]
    assert (row.label, row.before, row.after, row.change) == ("customer waits", 1.0, 3.0, 2.0)
    assert (row.interval, row.in_words(), row.is_changed) == (None, "3.0x as long", True)


def test_a_stopped_run_counts_the_replications_that_are_whole_in_both() -> None:
    scenario = load_scenario("overload", ["traffic.for=1h"])
    baseline = load_scenario("overload", ["traffic.for=1h", "workers.count=2"])
    looks, last = 0, 10**9

    def watch(*_: int) -> bool:
        nonlocal looks
        looks += 1
        return looks < last

    def run_both() -> tuple[Comparison, dict[Mode, Change]]:
        nonlocal looks
        looks = 0
        comparison, _, contrasts = run_beside(
            scenario, baseline, seed=1, modes=("async",), replications=2, watch=watch
        )
        return comparison, contrasts

    run_both()
    total = looks
    for last, replications, contrasted in ((total, 1, True), (total // 2 + 1, 2, False), (1, 1, False)):
        comparison, contrasts = run_both()
        assert comparison.replications == replications
        assert bool(contrasts) == contrasted
        assert all(change_of.replications == replications for change_of in contrasts.values())
        assert comparison.partial == (last <= total)


def test_a_contrast_of_what_does_not_pair_is_refused() -> None:
    sync, other = (summarise(run(mode, steps=[step("a", "1s")])) for mode in ("sync", "async"))
    with pytest.raises(ValueError, match="do not pair"):
        change_of([sync], [other])
    with pytest.raises(ValueError, match="at least one"):
        change_of([], [other])


def test_a_probability_is_told_in_percent() -> None:
    assert str(Difference("steps[send email].failure_rate", 1.0, 0.07)) == (
        "steps[send email].failure_rate: 100% -> 7%"
    )
    assert str(Difference("workers.crash_rate", 0.0, 0.005)) == "workers.crash_rate: 0% -> 0.5%"
