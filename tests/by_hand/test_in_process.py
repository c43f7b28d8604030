"""`queue.in_process`: the queue and its workers live in the web server, and go down with it."""

from __future__ import annotations

import pytest

from by_hand.timeline import (
    Data,
    attempts,
    done,
    email,
    fates,
    figures,
    replies,
    run,
    step,
    taken,
    works,
)
from syncasync_sim.model.queue_parts import Queue
from syncasync_sim.render.customer_log import events_of
from syncasync_sim.render.customer_trace import customer_trace
from syncasync_sim.trace.losses import LossCause, lost_messages

DOWN: Data = {"restarts": [{"at": "2500ms", "for": "2s"}]}
"""Down in [2.5, 4.5)."""
INSIDE: Data = {"in_process": True}


def test_what_the_preset_says() -> None:
    queue = Queue.model_validate({"broker": "in-process"})
    assert (queue.in_process, queue.ack, queue.durable, queue.max_deliveries) == (True, "before", False, 1)
    assert queue.publish.mean_s == queue.deliver.mean_s == 0


@pytest.mark.parametrize("ack", ["before", "after"])
def test_a_restart_loses_what_waits_and_what_is_in_hand(ack: str) -> None:
    # One worker: 0 is sent 0-1, 1 1-2, 2 is in hand at 2.5 (half done), 3 waits. All had their page at 0.
    # Customer 4 comes at 5: the worker is back and sends 5-6.
    trace = run(
        "async",
        traffic={"at": ["0s", "0s", "0s", "0s", "5s"]},
        server=DOWN,
        queue=INSIDE | {"ack": ack},
        steps=[email()],
    )
    assert [response for response, _ in replies(trace)] == ["ok"] * 5
    acked, lost = "acknowledged", ("lost", 2.5)
    assert fates(trace) == [(acked, 1.0), (acked, 2.0), lost, lost, (acked, 6.0)]
    assert done(trace) == [1.0, 2.0, None, None, 6.0]
    assert attempts(trace)[2:] == [(2.0, 2.5, "crashed"), (5.0, 6.0, "ok")]
    assert works(trace) == ["completed", "completed", "lost", "lost", "completed"]
    numbers = figures(trace)
    assert (numbers["effects"], numbers["queue"]["lost"]) == ({"email": 3}, 2)
    assert (numbers["workers"]["crashes"], numbers["service_time_s"]) == (0, 3.5)
    assert lost_messages(trace) == {2: LossCause.RESTART, 3: LossCause.RESTART}


@pytest.mark.parametrize("at_us", range(999_500, 1_006_500, 1_000))
def test_a_restart_loses_what_is_in_hand_after_a_thousand_messages(at_us: int) -> None:
    # One email of 1 ms after the other: at 999.5 ms 999 are sent, the next is half done, and the others wait.
    trace = run(
        "async",
        traffic={"requests": 1_100},
        server={"restarts": [{"at": f"{at_us}us", "for": "2s"}]},
        queue=INSIDE | {"ack": "after"},
        steps=[email("1ms")],
    )
    sent = at_us // 1_000
    assert [fate for fate, _ in fates(trace)] == ["acknowledged"] * sent + ["lost"] * (1_100 - sent)


def test_with_a_broker_the_same_restart_loses_nothing() -> None:
    trace = run("async", traffic={"requests": 4}, server=DOWN, steps=[email()])
    assert done(trace) == [1.0, 2.0, 3.0, 4.0]


def test_without_a_restart_it_makes_no_difference() -> None:
    parts: Data = {"traffic": {"requests": 3}, "steps": [email()], "server": {"timeout": "9s"}}
    outside, inside = run("async", **parts), run("async", queue=INSIDE, **parts)
    assert outside.deliveries == inside.deliveries
    assert outside.messages == inside.messages


def test_work_that_ends_at_the_moment_of_the_restart_is_done() -> None:
    trace = run("async", server={"restarts": [{"at": "1s", "for": "1s"}]}, queue=INSIDE, steps=[email()])
    assert fates(trace) == [("acknowledged", 1.0)]


def test_what_is_held_waits_for_a_retry_or_for_its_timeout_is_lost_too() -> None:
    # prefetch 2: at 0.5 the worker has 0 in hand and holds 1; 2 waits.
    held = run(
        "async",
        traffic={"requests": 3},
        server={"restarts": [{"at": "500ms", "for": "0"}]},
        queue=INSIDE | {"prefetch": 2},
        steps=[email()],
    )
    assert fates(held) == [("lost", 0.5)] * 3
    # Fails at 1, would be visible again at 6.
    retry = {"attempts": 3, "delay": "5s"}
    delayed = run("async", server=DOWN, queue=INSIDE, steps=[email(failure_rate="100%", retry=retry)])
    assert fates(delayed) == [("lost", 2.5)]
    # Fails at 1, would be visible again at 9, when its visibility timeout is over.
    late = run(
        "async",
        server=DOWN,
        queue=INSIDE | {"failure": "timeout", "visibility_timeout": "9s"},
        steps=[email(failure_rate="100%", retry=retry)],
    )
    assert fates(late) == [("lost", 2.5)]
    assert lost_messages(late) == lost_messages(delayed) == {0: LossCause.RESTART}


def test_what_a_dead_worker_had_is_lost_with_the_rest() -> None:
    # The worker dies at 0.5 and nobody ever notices; the message is in flight until the restart.
    trace = run(
        "async",
        server=DOWN,
        queue=INSIDE | {"crash_detection": "none"},
        workers={"crashes": [{"worker": 1, "at": "500ms", "restart_after": "never"}]},
        steps=[email()],
    )
    assert fates(trace) == [("lost", 2.5)]
    assert figures(trace)["workers"]["crashes"] == 1


@pytest.mark.parametrize("restart", ["1s", "3s", "9s", "never"])
def test_all_workers_are_back_at_the_end_whatever_befell_them_and_none_earlier(restart: str) -> None:
    # Worker 1 dies at 1; by itself it would be back at 2, 4, 10 or never. The server is open again at 4.5.
    # Customer 1 comes at 4.5, and worker 1 takes the message at once. At 12 it still does.
    trace = run(
        "async",
        traffic={"at": ["4500ms", "12s"]},
        server=DOWN,
        queue=INSIDE,
        workers={"crashes": [{"worker": 1, "at": "1s", "restart_after": restart}]},
        steps=[email()],
    )
    assert taken(trace) == [(4.5, 0, 1), (12.0, 1, 1)]


def test_a_restart_from_before_does_not_bring_back_a_worker_that_died_since() -> None:
    # Dies at 1 (back at 10), is back with the server at 4.5, dies again at 5 for good: nobody takes at 12.
    dies = [
        {"worker": 1, "at": "1s", "restart_after": "9s"},
        {"worker": 1, "at": "5s", "restart_after": "never"},
    ]
    trace = run(
        "async",
        traffic={"at": ["12s"]},
        server=DOWN,
        queue=INSIDE,
        workers={"crashes": dies},
        steps=[email()],
    )
    assert taken(trace) == []


def test_a_crash_while_the_server_is_down_does_nothing() -> None:
    trace = run(
        "async",
        traffic={"at": ["5s"]},
        server=DOWN,
        queue=INSIDE,
        workers={"crashes": [{"worker": 1, "at": "3s", "restart_after": "never"}]},
        steps=[email()],
    )
    assert (taken(trace), len(trace.crashes)) == ([(5.0, 0, 1)], 0)


def test_no_detection_and_no_rebalance() -> None:
    # Two owned partitions, detection 9 s, pause 9 s: at 4.5 both workers read on as if nothing had happened.
    # Worker 1 has died at 2: its death would be noticed at 11, and it would join with a pause.
    trace = run(
        "async",
        traffic={"at": ["5s", "5s", "13s"]},
        server=DOWN,
        queue=INSIDE | {"partitions": 2, "crash_detection": "9s", "rebalance": "9s"},
        workers={"count": 2, "crashes": [{"worker": 1, "at": "2s", "restart_after": "1s"}]},
        steps=[email()],
    )
    assert taken(trace) == [(5.0, 0, 1), (5.0, 1, 2), (13.0, 2, 1)]


def test_a_message_that_is_tried_for_ever_ends_with_the_restart() -> None:
    # Without the restart this is refused: it would never end.
    retry = {"attempts": "unlimited", "delay": "1s", "factor": 1}
    trace = run("async", server=DOWN, queue=INSIDE, steps=[email(failure_rate="100%", retry=retry)])
    assert (fates(trace), len(attempts(trace))) == ([("lost", 2.5)], 2)


def test_a_pause_of_a_rebalance_is_over_too() -> None:
    # Worker 1 dies at 1 and is back at 2: from then on the group pauses for 60 s, but for the restart.
    trace = run(
        "async",
        traffic={"at": ["5s"]},
        server=DOWN,
        queue=INSIDE | {"partitions": 2, "rebalance": "60s"},
        workers={"count": 2, "crashes": [{"worker": 1, "at": "1s", "restart_after": "1s"}]},
        steps=[email()],
    )
    assert taken(trace) == [(5.0, 0, 1)]


def test_a_place_at_a_service_is_free_and_nobody_of_the_server_gets_it() -> None:
    # Two workers, one place: 0 has it, 1 stands in line; both are lost at 0.5, and 1 has no attempt.
    trace = run(
        "async",
        traffic={"at": ["0s", "0s", "2s"]},
        server={"restarts": [{"at": "500ms", "for": "1s"}]},
        queue=INSIDE,
        workers={"count": 2},
        steps=[email(concurrency=1)],
    )
    assert attempts(trace) == [(0.0, 0.5, "crashed"), (2.0, 3.0, "ok")]


def test_the_story_of_a_customer_names_the_restart() -> None:
    parts: Data = {"server": DOWN, "queue": INSIDE, "steps": [step("pay", "2s"), email()]}
    trace = run("async", traffic={"at": ["0s", "1s", "3s"]}, **parts)
    told = [[event.text for event in events_of(customer_trace(trace, n))] for n in (1, 2, 3)]
    assert told[0][-2:] == [
        "the web server goes down, and worker 1 with it while working on email",
        "the message is lost (web server restart): email",
    ]
    assert told[1][-3:] == [
        "pay cut off after 1.50 s",
        "the web server goes down, and the request is lost",
        "sees an error page after 1.50 s",
    ]
    assert told[2] == ["arrives and clicks", "the web server is down", "sees an error page after 0 s"]
