"""Threads and work from arrivals and replies: on paper, and against runs of the engine."""

from __future__ import annotations

from array import array

import pytest

from syncasync_sim.fit.threads import (
    begins_us,
    fcfs,
    impossible,
    in_house,
    most_at_once,
    rank_correlation,
    ranks,
    smallest_threads,
)

ARRIVALS = [0, 10, 20, 30]
REPLIES = [100, 150, 160, 230]
"""Two threads. 0: 0 to 100. 1: 10 to 150. 2 waits for 0: 100 to 160. 3 waits for 1: 150 to 230."""


def test_begins_with_two_threads() -> None:
    assert list(begins_us(ARRIVALS, REPLIES, 2)) == [0, 10, 100, 150]
    assert list(begins_us(ARRIVALS, REPLIES, 4)) == ARRIVALS


def test_one_thread_less_is_possible_there_but_not_with_a_short_request() -> None:
    assert impossible(ARRIVALS, REPLIES, 1) == 0  # each reply is later than the one before
    assert impossible([0, 1], [100, 50], 1) == 1  # the second would begin at 100 and end at 50
    assert impossible([0, 1], [100, 50], 2) == 0
    assert impossible([0, 1], [100, 50], 0) == 2


def test_the_work_of_an_impossible_request_is_none() -> None:
    assert list(fcfs([0, 1], [100, 50], threads=1).work_us) == [100, 0]


def test_how_many_are_there() -> None:
    assert list(in_house(ARRIVALS, REPLIES)) == [0, 1, 2, 3]
    assert list(in_house([0, 10, 20], [10, 20, 30])) == [0, 0, 0]  # who leaves just then is gone
    assert most_at_once(ARRIVALS, REPLIES) == 4
    assert most_at_once([], []) == 0


def test_the_smallest_number_of_threads() -> None:
    arrivals = [10 * k for k in range(40)]
    replies = [a + (5_000 if k % 4 == 0 else 15) for k, a in enumerate(arrivals)]
    by_hand = next(c for c in range(1, 41) if impossible(arrivals, replies, c) == 0)
    assert smallest_threads(arrivals, replies, 0.0) == by_hand


def test_ranks_and_their_correlation() -> None:
    assert ranks([3.0, 1.0, 3.0]) == [2.5, 1.0, 2.5]
    assert rank_correlation([1, 2, 3], [10, 100, 1000]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 1, 1], [3, 2, 1]) is None
    assert rank_correlation(array("q", [1]), array("q", [1])) is None
