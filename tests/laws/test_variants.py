"""A cell of a sweep is made of the parts that differ: it is the scenario that `--set` makes of the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest

from syncasync_sim.errors import ScenarioError
from syncasync_sim.experiment import grid, vary
from syncasync_sim.experiment.grid import Cell
from syncasync_sim.files import bundled
from syncasync_sim.files.scenario_loader import parse_scenario, read_source
from syncasync_sim.files.varying import load_grid
from syncasync_sim.model.paths import leaves, path_text
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.variants import Variants

TRIED = ("7", "30ms", "10%", "none", "kafka", "exponential(mean=2s)", '"true"')
NOT_WRITTEN = (
    *("workers.count", "workers.crash_rate", "queue.broker", "queue.partitions", "server.threads"),
    *("customer.patience", "stop_at", "seed", "steps[0].retry.attempts", "steps[0].failure_rate"),
)
TWO = ("workers.count=1,2", "steps[0].duration=1s,2s")


def made(name: str, flags: Sequence[str]) -> Scenario | str:
    """The scenario of the last cell, or the refusal."""
    try:
        return load_grid(name, (), flags)[2][-1].scenario
    except ScenarioError as error:
        return str(error)


def read_in_full(name: str, flags: Sequence[str]) -> Scenario | str:
    try:
        return parse_scenario(*read_source(name), (), flags)
    except ScenarioError as error:
        return str(error)


def same(one: Scenario | str, other: Scenario | str) -> bool:
    data = [item if isinstance(item, str) else item.to_data() for item in (one, other)]
    return one == other and data[0] == data[1]


def paths_of(scenario: Scenario) -> Iterator[str]:
    yield from (path_text(*steps) for steps, _ in leaves(scenario.to_data()) if steps[0] != "expect")
    yield from NOT_WRITTEN


@pytest.mark.parametrize("name", bundled.names())
def test_a_cell_is_the_scenario_of_its_values_or_refused_as_that_is(name: str) -> None:
    scenario = parse_scenario(*read_source(name))
    for path, value in product(dict.fromkeys(paths_of(scenario)), TRIED):
        flags = [f"{path}={value}"]
        assert same(made(name, flags), read_in_full(name, flags)), flags


@pytest.mark.parametrize("name", ["checkout", "slow-email"])
def test_the_cells_of_a_scenario_in_python_are_those_of_vary(name: str) -> None:
    scenario = parse_scenario(*read_source(name))
    varied = {"workers.count": "1..3", "steps[0].duration": ["10ms", "exponential(mean=1s)"]}
    cells: Sequence[Cell] = grid(scenario, varied)[1]
    assert len(cells) == 6
    for cell in cells:
        values = dict(
            zip(
                varied,
                (value.plain if value.measure == "whole" else value.written for value in cell.values),
                strict=True,
            )
        )
        assert same(cell.scenario, vary(scenario, values))


def test_what_is_not_varied_is_one_object_in_all_cells() -> None:
    _, _, cells = load_grid("checkout", (), TWO)
    for part in ("traffic", "server", "queue"):
        assert len({id(getattr(cell.scenario, part)) for cell in cells}) == 1
    assert len({id(cell.scenario.steps[1]) for cell in cells}) == 1
    assert [cell.scenario.workers.count for cell in cells] == [1, 1, 2, 2]
    assert [cell.scenario.steps[0].duration.mean_s for cell in cells] == [1, 2, 1, 2]


def test_a_name_that_is_varied_is_no_longer_the_way_to_its_step() -> None:
    flags = ["steps[0].name=check payment,other", "steps[check payment].duration=1s,2s"]
    with pytest.raises(ScenarioError, match="there is no item 'check payment'"):
        load_grid("checkout", (), flags)


@pytest.fixture
def in_full(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The cells that the parts did not make."""
    refused: list[Any] = []
    quick = Variants.scenario

    def scenario(self: Variants, values: Sequence[object]) -> Scenario:
        try:
            return quick(self, values)
        except Exception:
            refused.append(values)
            raise

    monkeypatch.setattr(Variants, "scenario", scenario)
    return refused


@pytest.mark.parametrize("name", bundled.names())
def test_allowed_values_are_made_of_parts(name: str, in_full: list[Any]) -> None:
    load_grid(name, (), ["workers.count=100..102", "steps[0].duration=10ms,exponential(mean=1s)"])
    load_grid(name, (), ["seed=1..3"])
    assert not in_full
