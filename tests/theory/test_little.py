"""Little's law as an identity: how many there were, added up over time, is how long each was there, added up.

Starting and ending empty (or cut off at the same moment on both sides) it holds in every run of every
scenario, in whole microseconds. On the left are the readings over time that the statistics use; on the right
every request, message and delivery is followed on its own.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import pytest
from hypothesis import given

from laws.scenarios import Data
from laws.test_laws import LAWS, random_data, scenario_of
from syncasync_sim.engine import simulate
from syncasync_sim.model.modes import MODES
from syncasync_sim.stats import summarise
from syncasync_sim.trace.columns import NEVER, to_int64_array
from syncasync_sim.trace.records import ServerOutcome, Trace
from syncasync_sim.trace.series import busy_threads, busy_workers, queue_depth, series, waiting_for_a_thread
from theory.systems import email, exponential, poisson, threads


class Times(NamedTuple):
    """Microseconds of all messages together: waiting in the queue, and in flight."""

    waiting: int
    in_flight: int


def until(moment: int, trace: Trace) -> int:
    """*moment*, or the end of the observed time for what never came, or came later.

    A worker may die after the last event, with a message that was still on its way to it.
    """
    return trace.observed_us if moment == NEVER else min(moment, trace.observed_us)


def times_of_messages(trace: Trace) -> Times:
    """Follow each message from its publishing through its deliveries to its end."""
    taken_and_returned = defaultdict(list)
    columns = ("message", "taken", "returned")
    for message, *times in zip(*(trace.deliveries.column(name) for name in columns), strict=True):
        taken_and_returned[message].append(times)
    waiting = in_flight = 0
    ends = zip(trace.messages.column("published"), trace.messages.column("gone"), strict=True)
    for message, (here, gone) in enumerate(ends):
        if here == NEVER:  # the broker never had it
            continue
        for taken, returned in sorted(taken_and_returned[message]):
            waiting += taken - here
            here = until(gone if returned == NEVER else returned, trace)  # noqa: PLW2901 - from there on
            in_flight += here - taken
        waiting += until(gone, trace) - here
    return Times(waiting, in_flight)


def check_server(trace: Trace) -> None:
    """Requests before the threads, and in them."""
    columns = (trace.requests.column(name) for name in ("arrived", "began", "ended", "end"))
    requests = [row for row in zip(*columns, strict=True) if row[3] != ServerOutcome.REJECTED]
    waits = sum(until(ended if began == NEVER else began, trace) - at for at, began, ended, _ in requests)
    held = sum(until(ended, trace) - began for _, began, ended, _ in requests if began != NEVER)
    assert waiting_for_a_thread(trace).area(trace.observed_us) == waits
    assert busy_threads(trace).area(trace.observed_us) == held


def check_queue(trace: Trace) -> None:
    """Messages in the queue, and in flight: all there are, less those in the queue."""
    times = times_of_messages(trace)
    rows = [(here, gone) for here, gone in trace.messages.columns("published", "gone") if here != NEVER]
    published, gone = [here for here, _ in rows], [at for _, at in rows if at != NEVER]
    present = series(to_int64_array(sorted(published)), gone).area(trace.observed_us)
    depth = queue_depth(trace).area(trace.observed_us)
    assert depth == times.waiting
    assert present - depth == times.in_flight


@LAWS
@given(random_data())
def test_in_random_scenarios(data: Data) -> None:
    for mode in MODES:
        trace = simulate(scenario_of(data), mode, seed=1)
        check_server(trace)
        check_queue(trace)


IMPATIENT = {
    "customer": {"patience": "300ms", "resubmits": 1},
    "server": {"threads": 1, "drop_expired": True},
}
SHORT_TIMEOUT = {"visibility_timeout": "150ms", "redelivery": "back", "late_ack": "until_retaken"}
DEADLY = {"count": 2, "crash_rate": "10%", "restart_after": "500ms"}


@pytest.mark.parametrize(
    "parts",
    [
        IMPATIENT,
        {"server": threads(1, 2)},
        {"queue": SHORT_TIMEOUT, "workers": DEADLY},
        {"queue": {"capacity": 2, "when_full": "drop_oldest"}, "stop_at": "100s"},
    ],
)
def test_in_a_crowd(parts: Data) -> None:
    """Some two thousand customers, of whom many have to wait, and some leave or are lost."""
    email_fails = email(100, failure_rate="20%", retry={"delay": "200ms"})
    asked = poisson(9, exponential(100), email_fails, customers=2000, warm_up=0, **parts)
    trace = simulate(asked, "async", seed=1)
    check_server(trace)
    check_queue(trace)
    assert waiting_for_a_thread(trace).peak()[0] + queue_depth(trace).peak()[0] > 1


@LAWS
@given(random_data())
def test_the_mean_depth_that_is_told_is_that_of_the_waits(data: Data) -> None:
    data.pop("warm_up", None)
    trace = simulate(scenario_of(data), "async", seed=1)
    queue = summarise(trace).queue
    assert queue is not None
    if queue.mean_depth is not None:
        told = queue.mean_depth * trace.observed_us
        assert told == pytest.approx(times_of_messages(trace).waiting, rel=1e-9, abs=1e-3)


@LAWS
@given(random_data())
def test_busy_workers(data: Data) -> None:
    trace = simulate(scenario_of(data), "async", seed=1)
    spans = zip(trace.deliveries.column("in_hand"), trace.deliveries.column("ended"), strict=True)
    in_hands = sum(until(end, trace) - at for at, end in spans if at != NEVER)  # not what is only held
    assert busy_workers(trace).area(trace.observed_us) == in_hands
