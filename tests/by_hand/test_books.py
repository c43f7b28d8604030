"""The books of a run: counts that the server and the queue made on their own, against the rows."""

from __future__ import annotations

from typing import Any

import pytest

from by_hand.timeline import Data, email, run, step
from syncasync_sim.errors import BooksError
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.invariants import check_invariants
from syncasync_sim.trace.records import ResponseStatus, Trace

# Two mails of 2 s at one worker, cut at 1.0: the first is in flight, the second waits.
CUT: Data = {"traffic": {"requests": 2}, "steps": [email("2s")], "stop_at": "1s"}
COUNTED = {"arrived": 2, "waiting": 1, "in_flight": 1, "cut": True}


def check(trace: Trace, **counted: Any) -> None:
    check_invariants(trace.requests, trace.messages, trace.deliveries, **{**COUNTED, **counted})


def test_the_books_of_a_run_that_was_cut_balance() -> None:
    check(run("async", **CUT))


@pytest.mark.parametrize(
    ("counted", "says"),
    [
        ({"arrived": 3}, "3 requests arrived, 2 are in the rows"),
        ({"waiting": 2, "in_flight": 0}, "holds 2 waiting and 0 in flight, the rows 1 and 1"),
        ({"waiting": 0, "in_flight": 2}, "holds 0 waiting and 2 in flight, the rows 1 and 1"),
        ({"waiting": 2}, "holds 2 waiting and 1 in flight, the rows 1 and 1"),
        ({"cut": False}, "a worker never came to the end of a delivery"),
    ],
)
def test_a_count_that_differs_from_the_rows_is_told(counted: Data, says: str) -> None:
    with pytest.raises(BooksError, match=says):
        check(run("async", **CUT), **counted)


def test_a_message_without_an_end_is_told() -> None:
    trace = run("async", **CUT)
    trace.messages.column("gone")[0] = 1
    with pytest.raises(BooksError, match="2 messages published, 0 ended, 2 still there"):
        check(trace)


def test_who_was_never_answered_is_told_unless_the_run_was_cut() -> None:
    trace = run("sync", steps=[step("a", "1s")])
    trace.requests.column("response")[0] = ResponseStatus.NONE
    trace.requests.column("replied")[0] = NEVER
    check(trace, arrived=1, waiting=0, in_flight=0)
    with pytest.raises(BooksError, match="1 requests were never answered"):
        check(trace, arrived=1, waiting=0, in_flight=0, cut=False)
