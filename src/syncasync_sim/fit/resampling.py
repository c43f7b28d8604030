"""Other logs of the same kind, drawn by chance of a measured one (bootstrap)."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import pairwise

from syncasync_sim.model.measured import MeasuredColumn, known_columns
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario


def drawn_again(work_us: Sequence[int], draws: RandomStreams) -> array[int]:
    """Return as many values, drawn by chance of the measured ones: another log would have other ones.

    Args:
        work_us: the measured values.
        draws: the random numbers of the replication.
    """
    chance, count = draws.uniform("measured work"), len(work_us)
    return array("q", (work_us[int(chance(row) * count)] for row in range(count)))


def other_arrivals(arrivals_us: Sequence[int], draws: RandomStreams) -> array[int]:
    """Return other arrivals of the same kind, from 0: blocks of the measured gaps, drawn by chance.

    Blocks of about the square root of their number keep the bursts (circular block bootstrap, Politis and
    Romano 1992), and each replication has other arrivals, as another hour would have.

    Args:
        arrivals_us: the measured arrivals, in ascending order.
        draws: the random numbers of the replication.
    """
    gaps = array("q", (later - earlier for earlier, later in pairwise(arrivals_us)))
    size = max(round(math.sqrt(len(gaps))), 1)
    begins = draws.uniform("blocks of arrivals")
    result, now = array("q", [0]), 0
    for number in range(len(gaps)):
        first = int(begins(number // size) * len(gaps))
        now += gaps[(first + number % size) % len(gaps)]
        result.append(now)
    return result


def other_rows(scenario: Scenario, draws: RandomStreams) -> Scenario:
    """Return the scenario with rows of its measured work drawn by chance, so that replications differ.

    The values of one row stay together: a long request has long parts.

    Args:
        scenario: the scenario; without paired rows it draws its work itself, and stays as it is.
        draws: the random numbers of one replication.
    """
    if not scenario.traffic.paired:
        return scenario
    columns = list(scenario.measured.values())
    customers = next(len(column.values_us) for column in columns if column.reference.kind == "arrivals")
    draw = draws.uniform("rows of work")
    rows = [int(draw(number) * customers) for number in range(customers)]
    redrawn = [
        MeasuredColumn(column.reference, array("q", map(column.values_us.__getitem__, rows)))
        if column.reference.kind == "durations" and len(column.values_us) >= customers
        else column
        for column in columns
    ]
    return Scenario.model_validate(scenario.to_data(), context=known_columns(redrawn))
