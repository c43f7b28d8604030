"""The share of a bar: how much of all the time is over, as far as a run can tell."""

from __future__ import annotations

import pytest

from syncasync_sim.cli.progress_bar import RUN_SHARE, Watcher
from syncasync_sim.cli.signals import Stop
from syncasync_sim.experiment import run_designs
from syncasync_sim.files import load_scenario


class Shares(Watcher):
    """A watcher that keeps its shares."""

    def __init__(self, runs: int, at_once: int) -> None:
        super().__init__(runs, Stop(), on_screen=False, at_once=at_once)
        self.shares: list[float] = []

    def goes_on(self, share: float) -> bool:
        self.shares.append(share)
        return True


@pytest.mark.parametrize(
    ("at_once", "ends"),
    [(1, [0.15, 0.4, 0.65, 0.9]), (2, [0.15, 0.3, 0.65, 0.8]), (4, [0.15, 0.3, 0.45, 0.6])],
)
def test_the_statistics_have_their_share_after_the_runs_they_are_of(at_once: int, ends: list[float]) -> None:
    watcher = Shares(4, at_once)
    for end in ends:
        watcher(0, 10)
        watcher(5, 10)
        watcher(10, 10)
        assert watcher.shares[-1] == pytest.approx(end)
        watcher(12, 10)  # more than was expected
        assert watcher.shares[-1] == pytest.approx(end)
    assert watcher.shares == sorted(watcher.shares)


def test_a_run_leaves_room_for_its_statistics_and_uses_all_of_its_own() -> None:
    watcher = Shares(2, at_once=2)
    run_designs(load_scenario("checkout", ["traffic={rate: 1/s, for: 40000s}", "expect=[]"]), watch=watcher)
    assert watcher.shares == sorted(watcher.shares)
    assert 0.9 * RUN_SHARE < watcher.shares[-1] <= RUN_SHARE
