"""What happened to whom: the questions to a trace, on timelines worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from by_hand.timeline import Data, email, run, step, window
from syncasync_sim.replay import over_time
from syncasync_sim.trace import queries, worker_queries
from syncasync_sim.trace.records import ResponseStatus, Trace

S = 1_000_000
CHARGE_TWICE: list[Data] = [
    step("charge", "1s", effect="card charged"),
    step("charge again", "1s", effect="card charged", idempotent=True),
]


def told(trace: Trace) -> list[tuple[float, int, str, int]]:
    """(when, step, effect, how often for this customer by now)."""
    return [(row.at_us / S, row.step, row.effect, row.ordinal) for row in queries.effects(trace)]


def test_two_steps_with_one_effect_do_it_twice() -> None:
    # The second is idempotent: a service knows its own calls, and this is its first.
    trace = run("sync", steps=CHARGE_TWICE)
    assert told(trace) == [(1.0, 0, "card charged", 1), (2.0, 1, "card charged", 2)]
    assert {name: list(n) for name, n in queries.effect_times(trace).items()} == {"card charged": [2]}
    steps = [[0, "0"], [1 * S, "1"], [2 * S, "2", ", 1 too often"]]
    shown = over_time.effects(["card charged"], queries.effects(trace))
    assert shown == [{"name": "card charged", "steps": steps}]


def test_an_idempotent_step_done_again_does_nothing() -> None:
    # Taken at 0 and, when the visibility timeout is over, at 1; both succeed, at 1.5 and at 2.5.
    queue, workers = {"visibility_timeout": "1s"}, {"count": 2}
    twice = run("async", steps=[email("1500ms")], queue=queue, workers=workers)
    once = run("async", steps=[email("1500ms", idempotent=True)], queue=queue, workers=workers)
    assert told(twice) == [(1.5, 0, "email", 1), (2.5, 0, "email", 2)]
    assert told(once) == [(1.5, 0, "email", 1)]


def test_an_idempotent_step_in_a_second_request_does_nothing_either() -> None:
    # The first click is given up at 1.5 and done at 2, the second is done at 3.5.
    trace = run(
        "sync",
        customer={"patience": "1500ms", "resubmits": 1},
        steps=[step("pay", "1s", effect="paid", idempotent=True), step("think", "1s")],
    )
    assert [a.ended_s for a in trace.attempts if a.step == 0] == [1.0, 2.5]
    assert told(trace) == [(1.0, 0, "paid", 1)]
    assert list(queries.effect_times(trace)["paid"]) == [1]


def test_effects_of_customers_who_do_not_count_are_told_and_not_counted() -> None:
    trace = run("sync", traffic={"at": ["0s", "1s"]}, steps=[step("pay", "1s", effect="paid")], warm_up="1s")
    assert [row.customer for row in queries.effects(trace)] == [0, 1]
    assert list(queries.effect_times(trace)["paid"]) == [0, 1]


def test_a_customer_who_came_before_the_warm_up_does_not_count_later_clicks_either() -> None:
    # Customer 0 clicks at 0 and, having given up at 1, again at 1; customer 1 at 2 and at 3.
    trace = run(
        "sync",
        traffic={"at": ["0s", "2s"]},
        customer={"patience": "1s", "resubmits": 1},
        steps=[step("pay", "5s")],
        warm_up="1s",
    )
    counted = queries.WarmUpFilter(trace)
    assert (counted.number, sum(counted.requests)) == (1, 2)
    assert queries.customers_came(trace) == 2


PHANTOMS: dict[str, Any] = {
    # One thread, no backlog, patience 1.5 s, the first card is charged at 1 and the request ends at 2.
    # 0 s: times out at 1.5, charged; 0.5 s: rejected, nothing done; 2.1 s: charged at 3.1, the save
    # fails at 3.5 with an error page after 1.4 s.
    "traffic": {"at": ["0s", "500ms", "2100ms"]},
    "customer": {"patience": "1500ms"},
    "server": {"threads": 1, "backlog": 0},
    "steps": [
        step("charge", "1s", effect="card charged"),
        step("save", "1s", outages=[window("3s", "10s")], fails_after="400ms"),
    ],
}


def test_phantom_errors_by_what_the_customer_saw() -> None:
    assert queries.phantom_errors(run("sync", **PHANTOMS)) == {
        ResponseStatus.ERROR: 1,
        ResponseStatus.TIMED_OUT: 1,
        ResponseStatus.REJECTED: 0,
    }


def test_waits_are_for_whatever_came() -> None:
    counted = queries.WarmUpFilter(run("sync", **PHANTOMS))
    assert {response: queries.waits_us(counted, response) for response in ResponseStatus} == {
        ResponseStatus.NONE: [],
        ResponseStatus.OK: [],
        ResponseStatus.ERROR: [1_400_000],
        ResponseStatus.TIMED_OUT: [1_500_000],
        ResponseStatus.REJECTED: [0],
    }


def test_a_rejection_is_no_wait_even_where_it_took_its_time() -> None:
    # As in a live run, where the answer comes a little after the click.
    trace = run("sync", **PHANTOMS)
    trace.requests.column("replied")[1] += 3_000
    assert queries.waits_us(queries.WarmUpFilter(trace), ResponseStatus.REJECTED) == [0]


def test_people_who_got_a_page_are_not_clicks_that_did() -> None:
    # One thread: customer 0 has the page at 1; customer 1 gives up at 1, clicks again and has it at 3,
    # after the server has done the first click for nobody (from 1 to 2).
    trace = run(
        "sync",
        traffic={"requests": 2},
        customer={"patience": "1s", "resubmits": 1, "resubmit_after": "1s"},
        server={"threads": 1},
        steps=[step("pay", "1s")],
    )
    assert [str(request.response) for request in trace.requests] == ["ok", "timed_out", "ok"]
    assert queries.customers_with_page(trace) == 2
    people = queries.people(trace)
    assert list(people.clicks) == [1, 2]
    assert list(people.with_page) == [1, 1]
    assert list(people.first_us) == [0, 0]
    assert list(people.over_us) == [1 * S, 3 * S]


IN_LINE: dict[str, Any] = {"traffic": {"requests": 4}, "server": {"threads": 1}, "steps": [step("pay", "1s")]}
"""Answered after 1, 2, 3 and 4 seconds."""


def answered(trace: Trace, within_s: float) -> float | None:
    return queries.answered_within(trace, queries.WarmUpFilter(trace)).share(within_s)


def done(trace: Trace, within_s: float) -> float | None:
    return queries.done_within(trace, queries.WarmUpFilter(trace)).share(within_s)


@pytest.mark.parametrize(("within_s", "share"), [(0.5, 0.0), (1.999999, 0.25), (2, 0.5), (4, 1.0)])
def test_in_time_is_not_later_than_that(within_s: float, share: float) -> None:
    trace = run("sync", **IN_LINE)
    assert answered(trace, within_s) == share
    assert done(trace, within_s) == share


@pytest.mark.parametrize(("within_s", "share"), [(1, 0.25), (2, 0.5), (2.5, 0.5), (2.500001, 1.0), (9, 1.0)])
def test_who_may_be_in_time_yet_is_left_out(within_s: float, share: float) -> None:
    # Cut at 2.5: two were answered, the other two have waited for 2.5 seconds.
    trace = run("sync", **IN_LINE, stop_at="2500ms")
    assert answered(trace, within_s) == share


def test_open_work_is_left_out_while_its_time_is_not_over() -> None:
    # Two messages, one worker: done at 2, and begun then.
    parts: dict[str, Any] = {"traffic": {"requests": 2}, "steps": [email("2s")], "stop_at": "3s"}
    trace = run("async", **parts)
    assert done(trace, 4) == 1.0
    assert done(trace, 3) == 0.5
    assert answered(trace, 0) == 1.0


def test_work_that_nobody_will_ever_do_is_not_in_time() -> None:
    # The only worker dies for good at 1; the run ends by itself then, so its message counts however long.
    workers = {"crashes": [{"worker": 1, "at": "1s", "restart_after": "never"}]}
    trace = run("async", steps=[email("2s")], workers=workers)
    assert done(trace, 1000) == 0.0


def test_no_share_of_nobody() -> None:
    trace = run("sync", **IN_LINE, warm_up="1s")
    assert answered(trace, 1) is None
    assert done(trace, 1) is None
    assert queries.customers_with_page(trace) == 0


def test_held_is_what_one_worker_has_and_another_has_not() -> None:
    # Worker 1 takes all five at 0 and does one a second; worker 2 gets nothing.
    trace = run(
        "async",
        traffic={"requests": 5},
        steps=[email()],
        queue={"prefetch": "unlimited"},
        workers={"count": 2},
    )
    assert worker_queries.most_held(trace) == {1: 3, 2: 2}
    assert worker_queries.messages_taken(trace) == {1: 3, 2: 2}
    held = worker_queries.held(trace)[1]
    assert list(zip(held.times_us, held.levels, strict=True)) == [(0, 3), (1 * S, 2), (2 * S, 1), (3 * S, 0)]


def test_what_is_held_at_the_cut_is_held_to_the_end() -> None:
    # Both taken at 0, the first done at 1, the run cut at 1.5.
    queue = {"prefetch": 2}
    trace = run("async", traffic={"requests": 2}, steps=[email()], queue=queue, stop_at="1500ms")
    held = worker_queries.held(trace)[1]
    assert list(zip(held.times_us, held.levels, strict=True)) == [(0, 2), (1 * S, 1)]


def test_taken_again_after_a_death() -> None:
    # Worker 1 dies at 0.4 with it; that is seen 2 s later.
    trace = run(
        "async",
        steps=[email()],
        queue={"crash_detection": "2s"},
        workers={"count": 2, "crashes": [{"worker": 1, "at": "400ms", "restart_after": "never"}]},
    )
    assert worker_queries.retaken_after_us(trace) == [2 * S]
    assert worker_queries.last_work_us(trace) == 3_400_000


def test_no_worker_has_ever_done_anything() -> None:
    assert worker_queries.last_work_us(run("sync", steps=[email()])) is None
