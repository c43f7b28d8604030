"""Publishing, waiting, capacity, and a broker that is down. The message is mostly an email of 1 s."""

from __future__ import annotations

from by_hand.timeline import (
    attempts,
    completed,
    done,
    email,
    fates,
    figures,
    replies,
    run,
    step,
    taken,
    window,
    works,
)

ORDER = step("order", "1s", effect="ordered")


def test_the_publisher_waits_for_the_broker() -> None:
    # 1 s of work, 0.1 of publishing: the reply at 1.1, when the message is visible too.
    trace = run("async", steps=[ORDER, email()], queue={"publish": "100ms"})
    assert replies(trace) == [("ok", 1.1)]
    assert taken(trace) == [(1.1, 0, 1)]
    assert done(trace) == [2.1]


def test_sync_has_no_queue() -> None:
    trace = run("sync", steps=[ORDER, email()], queue={"publish": "100ms"}, workers={"count": 0})
    assert replies(trace) == [("ok", 2.0)]
    assert figures(trace)["queue"] is None
    assert figures(trace)["workers"] is None


def test_a_message_is_published_at_its_place_in_the_order() -> None:
    # The email runs beside the order: 0-2 and 0-1.
    trace = run("async", steps=[email("2s"), ORDER])
    assert replies(trace) == [("ok", 1.0)]
    assert completed(trace) == [2.0]


def test_complete_is_when_the_last_of_all_is_done() -> None:
    # Here the email (0.5) is over before the order (1).
    assert completed(run("async", steps=[email("500ms"), ORDER])) == [1.0]


def test_one_message_per_background_step() -> None:
    # Published at 0.1 and 0.2; the reply comes after the second; two workers.
    steps = [email("1s"), step("invoice", "2s", background=True)]
    trace = run("async", steps=steps, queue={"publish": "100ms"}, workers={"count": 2})
    assert replies(trace) == [("ok", 0.2)]
    assert done(trace) == [1.1, 2.2]
    assert completed(trace) == [2.2]


def test_delivering_takes_the_workers_time() -> None:
    # Taken at 0 and 1.2; had at 0.2 and 1.4. It is not service time.
    trace = run("async", traffic={"requests": 2}, steps=[email()], queue={"deliver": "200ms"})
    assert taken(trace) == [(0.0, 0, 1), (1.2, 1, 1)]
    assert attempts(trace) == [(0.2, 1.2, "ok"), (1.4, 2.4, "ok")]
    assert figures(trace)["service_time_s"] == 2.0
    assert figures(trace)["workers"]["utilisation"] == 1.0


def test_messages_go_in_publish_order_to_the_lowest_numbered_worker() -> None:
    trace = run("async", traffic={"requests": 4}, steps=[email()], workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (1.0, 2, 1), (1.0, 3, 2)]


def test_without_workers_messages_wait_for_ever() -> None:
    trace = run("async", steps=[ORDER, email()], workers={"count": 0})
    assert fates(trace) == [("waiting", None)]
    assert works(trace) == ["unfinished"]
    assert figures(trace)["workers"] == {"count": 0, "utilisation": None, "crashes": 0}


FULL = {"traffic": {"at": ["0s", "100ms", "200ms"]}, "steps": [email()]}


def test_a_full_queue_refuses() -> None:
    # Message 0 is with the worker, message 1 waits: the third publish would make it two waiting.
    trace = run("async", queue={"capacity": 1}, **FULL)
    assert replies(trace) == [("ok", 0.0), ("ok", 0.1), ("error", 0.2)]
    assert works(trace) == ["completed", "completed", "failed"]
    assert figures(trace)["queue"]["published"] == 2


def test_a_full_queue_refuses_after_the_publish_time() -> None:
    # Published at 0.05 and 0.15; the third is refused at 0.25.
    trace = run("async", queue={"capacity": 1, "publish": "50ms"}, **FULL)
    assert replies(trace) == [("ok", 0.05), ("ok", 0.15), ("error", 0.25)]


def test_a_refused_publish_ends_the_request_and_earlier_effects_stay() -> None:
    steps = [ORDER, email(), step("log", "1s", effect="logged")]
    trace = run("async", steps=steps, queue={"outages": [window("0s", "forever")]})
    assert replies(trace) == [("error", 1.0)]
    numbers = figures(trace)
    assert numbers["effects"] == {"ordered": 1, "email": 0, "logged": 0}
    assert numbers["phantom_errors"] == 1


def test_drop_oldest() -> None:
    # The third publish pushes out message 1, the only one that waits.
    trace = run("async", queue={"capacity": 1, "when_full": "drop_oldest"}, **FULL)
    assert replies(trace) == [("ok", 0.0), ("ok", 0.1), ("ok", 0.2)]
    assert fates(trace) == [("acknowledged", 1.0), ("lost", 0.2), ("acknowledged", 2.0)]
    assert works(trace) == ["completed", "lost", "completed"]
    assert figures(trace)["queue"]["lost"] == 1


def test_drop_oldest_leaves_what_an_idle_worker_takes() -> None:
    # Three at one instant, as if a microsecond apart: 0 is with the worker, 1 waits, 2 pushes 1 out.
    queue = {"capacity": 1, "when_full": "drop_oldest"}
    trace = run("async", traffic={"requests": 3}, queue=queue, steps=[email()])
    assert fates(trace) == [("acknowledged", 1.0), ("lost", 0.0), ("acknowledged", 2.0)]


def test_drop_oldest_drops_a_message_before_its_retry_if_none_is_visible() -> None:
    # Message 0 fails at 1 and would be back at 11; the worker is busy with 1 (2-3) when 2 comes at 2.5.
    steps = [email(outages=[window("0s", "1s")], retry={"delay": "10s"})]
    queue = {"capacity": 1, "when_full": "drop_oldest"}
    trace = run("async", traffic={"at": ["0s", "2s", "2500ms"]}, queue=queue, steps=steps)
    assert fates(trace) == [("lost", 2.5), ("acknowledged", 3.0), ("acknowledged", 4.0)]


def test_an_idle_worker_leaves_room_for_what_it_takes_at_once() -> None:
    # Capacity 1 and three at the same instant: one for the idle worker, one to wait, one refused.
    trace = run("async", traffic={"requests": 3}, queue={"capacity": 1}, steps=[email()])
    assert [response for response, _ in replies(trace)] == ["ok", "ok", "error"]


def test_capacity_0_hands_over_or_refuses() -> None:
    trace = run("async", traffic={"at": ["0s", "500ms", "1s"]}, queue={"capacity": 0}, steps=[email()])
    # At 1 the worker's acknowledgement comes before the publish.
    assert replies(trace) == [("ok", 0.0), ("error", 0.5), ("ok", 1.0)]
    assert figures(trace)["queue"]["peak_depth"] == 0


def test_a_message_waiting_for_its_retry_takes_a_place() -> None:
    # Message 0 fails at 1 and comes back at 11. At 2 the worker is idle: message 1 does not wait.
    # At 2.5 the worker is busy and the one place is taken.
    steps = [email(outages=[window("0s", "1s")], retry={"delay": "10s"})]
    trace = run("async", traffic={"at": ["0s", "2s", "2500ms"]}, queue={"capacity": 1}, steps=steps)
    assert replies(trace) == [("ok", 0.0), ("ok", 2.0), ("error", 2.5)]
    assert done(trace) == [12.0, 3.0]


def test_a_returning_message_always_fits() -> None:
    # Messages 0 and 1 fail at 1, message 2 (there since 0.1) is taken then: two wait until 1.5.
    steps = [email(outages=[window("0s", "50ms")], retry={"delay": "500ms"})]
    trace = run(
        "async",
        traffic={"at": ["0s", "0s", "100ms"]},
        queue={"capacity": 1},
        steps=steps,
        workers={"count": 2},
    )
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (1.0, 2, 1), (1.5, 0, 2), (2.0, 1, 1)]
    assert figures(trace)["queue"]["peak_depth"] == 2
    assert figures(trace)["queue"]["peak_depth_at_s"] == 1.0


def test_a_full_queue_still_takes_back_what_a_dead_worker_held() -> None:
    # Message 1 fills the queue at 0.1; the crash at 0.5 brings message 0 back: depth 2 with capacity 1.
    trace = run(
        "async",
        traffic={"at": ["0s", "100ms"]},
        queue={"capacity": 1},
        steps=[email()],
        workers={"crashes": [{"worker": 1, "at": "500ms", "restart_after": "1s"}]},
    )
    assert figures(trace)["queue"]["peak_depth"] == 2
    assert taken(trace) == [(0.0, 0, 1), (1.5, 0, 1), (2.5, 1, 1)]


DOWN = {"outages": [window("1s", "2s")]}


def test_a_publish_that_starts_in_an_outage_is_refused_after_its_publish_time() -> None:
    # Down in [1, 3): publishes start at 0.9, 1, 2.9, 3.
    trace = run(
        "async",
        traffic={"at": ["900ms", "1s", "2900ms", "3s"]},
        steps=[email()],
        queue={**DOWN, "publish": "200ms"},
        workers={"count": 4},
    )
    assert replies(trace) == [("ok", 1.1), ("error", 1.2), ("error", 3.1), ("ok", 3.2)]
    # The first is visible at 1.1, but nothing is taken before 3.
    assert taken(trace) == [(3.0, 0, 1), (3.2, 1, 2)]


def test_nothing_is_taken_while_the_broker_is_down_and_work_in_hand_goes_on() -> None:
    # Message 0: 0.5-1.5, acknowledged in the outage. Message 1 waits from 0.6 until 3.
    trace = run("async", traffic={"at": ["500ms", "600ms"]}, steps=[email()], queue=DOWN)
    assert fates(trace) == [("acknowledged", 1.5), ("acknowledged", 4.0)]
    assert taken(trace) == [(0.5, 0, 1), (3.0, 1, 1)]


def test_a_retry_delay_goes_on_while_the_broker_is_down() -> None:
    # Fails at 1.4, visible again at 2.4, taken at 3.
    steps = [email(outages=[window("0s", "1s")])]
    trace = run("async", traffic={"at": ["400ms"]}, steps=steps, queue=DOWN)
    assert taken(trace) == [(0.4, 0, 1), (3.0, 0, 1)]


def test_an_outage_ends_before_customers_arrive() -> None:
    trace = run("async", traffic={"at": ["3s"]}, steps=[email()], queue=DOWN)
    assert done(trace) == [4.0]


def test_a_broker_that_is_not_durable_forgets_what_waits() -> None:
    # At 1: message 0 is in flight and lives; message 1 (visible) is lost.
    trace = run(
        "async", traffic={"at": ["500ms", "600ms"]}, steps=[email()], queue={**DOWN, "durable": False}
    )
    assert fates(trace) == [("acknowledged", 1.5), ("lost", 1.0)]
    assert works(trace) == ["completed", "lost"]
    assert figures(trace)["queue"]["lost"] == 1


def test_it_forgets_what_waits_for_a_retry_too() -> None:
    # Fails at 0.9, would be back at 1.9; the queue's depth counts it, the outage at 1 loses it.
    steps = [email("900ms", failure_rate="100%")]
    trace = run("async", steps=steps, queue={**DOWN, "durable": False})
    assert fates(trace) == [("lost", 1.0)]


def test_a_message_is_not_taken_at_the_instant_the_outage_begins() -> None:
    # The worker is free at 1 (work ends), the broker goes down at 1 (fault), taking comes last.
    trace = run("async", traffic={"at": ["0s", "0s"]}, steps=[email()], queue=DOWN)
    assert taken(trace) == [(0.0, 0, 1), (3.0, 1, 1)]


def test_what_fails_during_an_outage_comes_back_after_it() -> None:
    # In flight at the outage's start, so not forgotten; fails at 1.5, back at 2.5, taken at 3.
    steps = [email(outages=[window("0s", "1s")])]
    trace = run("async", traffic={"at": ["500ms"]}, steps=steps, queue={**DOWN, "durable": False})
    assert taken(trace) == [(0.5, 0, 1), (3.0, 0, 1)]
    assert fates(trace) == [("acknowledged", 4.0)]


def test_an_outage_of_no_length_is_none() -> None:
    # Half open: [1, 1) holds no instant, so nothing is refused and nothing that waits is lost.
    queue = {"outages": [window("1s", "0s")], "durable": False}
    trace = run("async", traffic={"at": ["0s", "500ms", "1s"]}, steps=[email("2s")], queue=queue)
    assert fates(trace) == [("acknowledged", 2.0), ("acknowledged", 4.0), ("acknowledged", 6.0)]


def test_when_nothing_is_visible_what_waits_for_a_retry_is_the_oldest() -> None:
    # 0 fails at 1 and comes again at 11; 1 is taken at 1.2; 2 comes at 1.4 and would wait beside 0: 0 is
    # lost.
    steps = [email(outages=[window("0s", "500ms")], retry={"delay": "10s"})]
    queue = {"capacity": 1, "when_full": "drop_oldest"}
    trace = run("async", traffic={"at": ["0s", "1200ms", "1400ms"]}, steps=steps, queue=queue)
    assert fates(trace) == [("lost", 1.4), ("acknowledged", 2.2), ("acknowledged", 3.2)]
