"""Workers that hold more than one message, and workers that keep extending their hold."""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, attempts, done, email, fates, figures, replies, run, step, taken

NONE: list[object] = []


def test_who_holds_least_takes_next() -> None:
    # Four at 0: one for each worker, then a second one for each. They work on them one at a time.
    trace = run(
        "async", traffic={"requests": 4}, steps=[email()], queue={"prefetch": 3}, workers={"count": 2}
    )
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (0.0, 2, 1), (0.0, 3, 2)]
    assert done(trace) == [1.0, 1.0, 2.0, 2.0]


def test_an_idle_worker_takes_before_a_busy_one_with_room() -> None:
    trace = run(
        "async",
        traffic={"at": ["0s", "500ms", "600ms"]},
        steps=[email()],
        queue={"prefetch": 2},
        workers={"count": 2},
    )
    assert taken(trace) == [(0.0, 0, 1), (0.5, 1, 2), (0.6, 2, 1)]
    assert done(trace) == [1.0, 1.5, 2.0]


def test_unlimited_prefetch_empties_the_queue_at_once() -> None:
    trace = run("async", traffic={"requests": 3}, steps=[email()], queue={"prefetch": "unlimited"})
    numbers = figures(trace)
    assert [d.in_hand_s for d in trace.deliveries] == [0.0, 1.0, 2.0]
    assert (numbers["queue"]["peak_depth"], numbers["queue"]["max_wait_s"]) == (0, 0.0)
    assert numbers["workers"]["utilisation"] == 1.0
    assert done(trace) == [1.0, 2.0, 3.0]


def test_unlimited_is_two_thousand_on_a_quorum_queue() -> None:
    # 2,002 at 0 and one worker: 2,000 go into its hands, one when the first is done, at 0.1, one at 0.2.
    queue = {"broker": "rabbitmq", "publish": "0", "prefetch": "unlimited"}
    trace = run("async", traffic={"requests": 2002}, steps=[email("100ms")], queue=queue)
    assert [moment for moment, *_ in taken(trace)] == [*[0.0] * 2000, 0.1, 0.2]


def test_a_worker_that_comes_later_gets_nothing_of_what_another_holds() -> None:
    crashes = [{"worker": 2, "at": "0s", "restart_after": "500ms"}]
    trace = run(
        "async",
        traffic={"requests": 3},
        steps=[email()],
        queue={"prefetch": "unlimited"},
        workers={"count": 2, "crashes": crashes},
    )
    assert {worker for _, _, worker in taken(trace)} == {1}
    assert done(trace) == [1.0, 2.0, 3.0]


def test_delivery_goes_on_while_the_worker_is_busy() -> None:
    # Both are here at 0.3; the second has to wait for the first, but for nothing else.
    queue = {"deliver": "300ms", "prefetch": 2}
    assert done(run("async", traffic={"requests": 2}, steps=[email()], queue=queue)) == [1.3, 2.3]
    queue["prefetch"] = 1
    assert done(run("async", traffic={"requests": 2}, steps=[email()], queue=queue)) == [1.3, 2.6]


def test_the_visibility_timeout_of_what_is_held_runs() -> None:
    # Both taken at 0. The second is in hand 1-2; at 1.5 its timeout is over, and the same worker, with room
    # for one more, takes it again. At 2 the late acknowledgement is accepted, but the copy is worked on: 2-3.
    queue = {"prefetch": 2, "visibility_timeout": "1500ms"}
    trace = run("async", traffic={"requests": 2}, steps=[email()], queue=queue)
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (1.5, 1, 1)]
    assert attempts(trace) == [(0.0, 1.0, "ok"), (1.0, 2.0, "ok"), (2.0, 3.0, "ok")]
    assert fates(trace) == [("acknowledged", 1.0), ("acknowledged", 2.0)]
    assert figures(trace)["duplicates"] == {"email": 1}


def test_all_that_a_dead_worker_held_comes_back_together() -> None:
    # Worker 1 holds messages 0 and 2, dies at 0.5 and is noticed at 2.5; worker 2 is idle since 2.
    trace = run(
        "async",
        traffic={"requests": 4},
        steps=[email()],
        queue={"prefetch": 2, "crash_detection": "2s"},
        workers={"count": 2, "crashes": [{"worker": 1, "at": "500ms", "restart_after": "never"}]},
    )
    assert taken(trace)[4:] == [(2.5, 0, 2), (2.5, 2, 2)]
    assert done(trace) == [3.5, 1.0, 4.5, 2.0]


def test_random_detection_is_one_draw_a_death() -> None:
    trace = run(
        "async",
        traffic={"requests": 5},
        steps=[email()],
        queue={"prefetch": 5, "crash_detection": "uniform(2s, 9s)"},
        workers={"count": 2, "crashes": [{"worker": 1, "at": "500ms", "restart_after": "never"}]},
    )
    back = {delivery.visible_s for delivery in trace.deliveries} - {None}
    assert len(back) == 1
    assert 2.5 <= min(at for at in back if at is not None) <= 9.5


def test_at_most_once_loses_all_that_is_held() -> None:
    crashes = [{"worker": 1, "at": "500ms", "restart_after": "0s"}]
    trace = run(
        "async",
        traffic={"requests": 3},
        steps=[email()],
        queue={"prefetch": "unlimited", "ack": "before"},
        workers={"crashes": crashes},
    )
    assert fates(trace) == [("lost", 0.5)] * 3
    assert attempts(trace) == [(0.0, 0.5, "crashed")]


def test_a_worker_with_room_makes_room_in_a_full_queue() -> None:
    # Capacity 0: what a worker takes at once does not wait. It holds two; the third would wait.
    trace = run("async", traffic={"requests": 3}, steps=[email()], queue={"prefetch": 2, "capacity": 0})
    assert replies(trace) == [("ok", 0.0), ("ok", 0.0), ("error", 0.0)]


def test_a_crash_of_the_host_is_noticed_later() -> None:
    queue = {"crash_detection": "0s", "host_crash_detection": "10s"}
    for kind, visible in (("process", 0.5), ("host", 10.5)):
        crash = {"worker": 1, "at": "500ms", "restart_after": "0s", "kind": kind}
        trace = run("async", steps=[email()], queue=queue, workers={"crashes": [crash]})
        assert done(trace) == [visible + 1.0]
    crash = {"worker": 1, "at": "500ms", "restart_after": "0s", "kind": "host"}
    trace = run("async", steps=[email()], queue={"crash_detection": "2s"}, workers={"crashes": [crash]})
    assert done(trace) == [3.5]
    queue = {"host_crash_detection": "none", "crash_detection": "0s"}
    assert done(run("async", steps=[email()], queue=queue, workers={"crashes": [crash]})) == [None]


# -- renew --------------------------------------------------------------------------------------------


def test_a_living_worker_keeps_what_it_works_on() -> None:
    for renew, times in ((True, 1), (False, 2)):
        trace = run(
            "async",
            steps=[email("3s")],
            queue={"visibility_timeout": "2s"},
            workers={"count": 2, "renew": renew},
        )
        assert (figures(trace)["effects"], done(trace)) == ({"email": times}, [3.0])


def test_after_its_death_one_visibility_timeout_is_left() -> None:
    # Extended until 2.5; nobody notices the death, so the message is visible again at 2.5 + 1.
    trace = run(
        "async",
        steps=[email("3s")],
        queue={"visibility_timeout": "1s", "crash_detection": "none"},
        workers={
            "count": 2,
            "renew": True,
            "crashes": [{"worker": 1, "at": "2500ms", "restart_after": "never"}],
        },
    )
    assert taken(trace) == [(0.0, 0, 1), (3.5, 0, 2)]
    assert done(trace) == [6.5]


def test_what_is_only_held_is_not_renewed() -> None:
    # The second is held from 0, not in hand; at 1 it is visible again, but the worker has no room until 3.
    # Then it works on its stale copy (3-6, a late acknowledgement at 6), and on the one it took at 3: 6-9.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email("3s")],
        queue={"prefetch": 2, "visibility_timeout": "1s"},
        workers={"renew": True},
    )
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (3.0, 1, 1)]
    assert attempts(trace) == [(0.0, 3.0, "ok"), (3.0, 6.0, "ok"), (6.0, 9.0, "ok")]
    assert fates(trace) == [("acknowledged", 3.0), ("acknowledged", 6.0)]


def test_after_a_failure_one_visibility_timeout_is_left() -> None:
    steps = [email("3s", outages=[{"from": "0s", "for": "1s"}])]
    queue = {"failure": "timeout", "visibility_timeout": "2s"}
    trace = run("async", steps=steps, queue=queue, workers={"renew": True})
    assert taken(trace) == [(0.0, 0, 1), (5.0, 0, 1)]
    assert done(trace) == [8.0]


@pytest.mark.parametrize(
    ("deal", "workers", "ended"),
    [
        ("least_held", [1, 2, 2, 1], [3.0, 1.0, 5.0, 4.0]),
        ("round_robin", [1, 2, 1, 2], [3.0, 1.0, 6.0, 3.0]),
        ("rotation", [1, 2, 1, 2], [3.0, 1.0, 6.0, 3.0]),
        ("greedy", [1, 1, 2, 2], [3.0, 4.0, 5.0, 6.0]),
    ],
)
def test_who_gets_the_next_message(deal: str, workers: list[int], ended: list[float]) -> None:
    # Customers at 0 and at 2, with 3 s and 1 s of work each. In turn, worker 1 gets all the long work:
    # the second piece waits in its hands until 3, while worker 2 has nothing to do from 3 on.
    steps = [step("long", "3s", background=True), step("short", "1s", background=True)]
    trace = run(
        "async",
        traffic={"at": ["0s", "2s"]},
        steps=steps,
        queue={"prefetch": 2, "deal": deal},
        workers={"count": 2},
    )
    assert [worker for *_, worker in taken(trace)] == workers
    assert done(trace) == ended


@pytest.mark.parametrize(
    ("deal", "crashes", "workers"),
    [
        ("least_held", [], [1, 1, 1]),
        ("greedy", [], [1, 1, 1]),
        ("round_robin", [], [1, 2, 1]),
        ("rotation", [], [1, 2, 1]),
        # Worker 2 is down when it would be its turn, at 2 and at 4.
        ("round_robin", [{"worker": 2, "at": "1500ms", "restart_after": "never"}], [1, 1, 1]),
        # It is back at 3; at 4 it is its turn.
        ("round_robin", [{"worker": 2, "at": "1500ms", "restart_after": "1500ms"}], [1, 1, 2]),
        # It is back at 3, behind worker 1, whose work ends then.
        ("rotation", [{"worker": 2, "at": "1500ms", "restart_after": "1500ms"}], [1, 1, 1]),
    ],
)
def test_whose_turn_it_is_when_all_are_idle(deal: str, crashes: list[Data], workers: list[int]) -> None:
    trace = run(
        "async",
        traffic={"at": ["0s", "2s", "4s"]},
        steps=[email()],
        queue={"deal": deal},
        workers={"count": 2, "crashes": crashes},
    )
    assert [worker for *_, worker in taken(trace)] == workers
    assert done(trace) == [1.0, 3.0, 5.0]


@pytest.mark.parametrize(
    ("deal", "workers", "ended"),
    [("round_robin", [1, 2, 1, 2, 1, 2], [9.0, 5.1]), ("rotation", [1, 2, 1, 2, 2, 1], [6.5, 7.6])],
)
def test_one_that_was_full_has_its_old_turn_or_the_last(
    deal: str, workers: list[int], ended: list[float]
) -> None:
    # Two customers fill both workers: worker 1 with long work, until 3 and 6, and worker 2 with short work.
    # Worker 2 has room from 1.6 on, worker 1 from 3 on. At 3.2 worker 2 has more room, and keeps its place.
    steps = [step("long", "3s", background=True), step("short", "1600ms", background=True)]
    trace = run(
        "async",
        traffic={"at": ["0s", "500ms", "3500ms"]},
        steps=steps,
        queue={"prefetch": 2, "deal": deal},
        workers={"count": 2},
    )
    assert [worker for *_, worker in taken(trace)] == workers
    assert done(trace) == [3.0, 1.6, 6.0, 3.2, *ended]


@pytest.mark.parametrize("deal", ["round_robin", "rotation"])
def test_one_that_cannot_take_does_not_lose_its_turn(deal: str) -> None:
    # Locked partitions, one customer at a time: the second message of customer 0 has to wait until 1. Then it
    # is the turn of worker 2, which has taken nothing, not of worker 1 or 3.
    steps = [email(), step("note", "1s", background=True)]
    queue = {"partitions": "customer", "assignment": "locked", "deal": deal}
    trace = run("async", steps=steps, queue=queue, workers={"count": 3})
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 2)]
