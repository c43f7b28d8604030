"""`failure: in_place`: the worker keeps a failed message and tries again, and nothing overtakes."""

from __future__ import annotations

from by_hand.timeline import Data, attempts, done, email, fates, figures, run, taken, window

RETRY: Data = {"delay": "1s", "factor": 1}
IN_PLACE: Data = {"failure": "in_place"}


def test_nothing_overtakes() -> None:
    # The first fails 0-0.5, waits in its worker's hands until 1.5, succeeds 1.5-2; the second comes after it.
    steps = [email("500ms", outages=[window("0s", "500ms")], retry=RETRY)]
    trace = run("async", traffic={"requests": 2}, steps=steps, queue=IN_PLACE)
    assert taken(trace) == [(0.0, 0, 1), (1.5, 0, 1), (2.0, 1, 1)]
    assert done(trace) == [2.0, 2.5]
    numbers = figures(trace)
    assert (numbers["queue"]["delivered"], numbers["queue"]["redelivered"]) == (3, 1)
    assert (numbers["queue"]["peak_depth"], numbers["queue"]["mean_depth"]) == (1, 0.8)  # 1 during 0-2 of 2.5
    assert numbers["workers"]["utilisation"] == 1.0
    # Put back on the queue, it lets the second pass, 0.5-1, and comes again at 1.5.
    assert done(run("async", traffic={"requests": 2}, steps=steps)) == [2.0, 1.0]


def test_after_the_last_attempt_it_is_dead_lettered_and_the_next_begins() -> None:
    steps = [email(failure_rate="100%", retry={**RETRY, "attempts": 2})]
    trace = run("async", traffic={"requests": 2}, steps=steps, queue=IN_PLACE)
    assert attempts(trace) == [
        (0.0, 1.0, "failed"),
        (2.0, 3.0, "failed"),
        (3.0, 4.0, "failed"),
        (5.0, 6.0, "failed"),
    ]
    assert fates(trace) == [("dead_lettered", 3.0), ("dead_lettered", 6.0)]


def test_the_delay_grows_as_ever() -> None:
    steps = [email(failure_rate="100%", retry={"attempts": 4, "delay": "1s", "factor": 2, "max_delay": "3s"})]
    trace = run("async", steps=steps, queue=IN_PLACE)
    assert [started for started, _, _ in attempts(trace)] == [0.0, 2.0, 5.0, 9.0]


def test_a_worker_that_dies_while_it_waits_gives_the_message_back() -> None:
    # Fails 0-1; the worker dies at 1.5, noticed at 2.5; the other one takes it then.
    steps = [email(outages=[window("0s", "1s")], retry=RETRY)]
    workers = {"count": 2, "crashes": [{"worker": 1, "at": "1500ms", "restart_after": "never"}]}
    trace = run("async", steps=steps, queue={**IN_PLACE, "crash_detection": "1s"}, workers=workers)
    assert taken(trace) == [(0.0, 0, 1), (2.5, 0, 2)]
    assert done(trace) == [3.5]


def test_the_visibility_timeout_begins_anew_with_every_attempt_and_rests_between_them() -> None:
    # 0-1 fails, wait until 2, 2-3 succeeds. A timeout of 1.2 s from the taking would have been over at 1.2.
    steps = [email(outages=[window("0s", "1s")], retry=RETRY)]
    queue = {**IN_PLACE, "visibility_timeout": "1200ms"}
    trace = run("async", steps=steps, queue=queue, workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (2.0, 0, 1)]
    assert fates(trace) == [("acknowledged", 3.0)]


def test_a_broker_that_is_down_does_not_stop_it() -> None:
    steps = [email(outages=[window("0s", "1s")], retry=RETRY)]
    trace = run("async", steps=steps, queue={**IN_PLACE, "outages": [window("500ms", "10s")]})
    assert done(trace) == [3.0]


def test_a_failure_after_the_visibility_timeout_keeps_nothing() -> None:
    # At 0.5 it is visible again and worker 2 takes it; the failure at 1 is late: worker 1 is free at once,
    # and takes what is visible again at 1.
    steps = [email(outages=[window("0s", "500ms")], retry=RETRY)]
    queue = {**IN_PLACE, "visibility_timeout": "500ms"}
    trace = run("async", steps=steps, queue=queue, workers={"count": 2})
    assert taken(trace)[:3] == [(0.0, 0, 1), (0.5, 0, 2), (1.0, 0, 1)]


def test_at_most_once_has_nothing_to_keep() -> None:
    steps = [email(failure_rate="100%", retry=RETRY)]
    assert fates(run("async", steps=steps, queue={**IN_PLACE, "ack": "before"})) == [("lost", 1.0)]


def test_a_run_cut_while_a_worker_waits_leaves_the_message_in_flight() -> None:
    steps = [email(failure_rate="100%", retry=RETRY)]
    trace = run("async", steps=steps, queue=IN_PLACE, stop_at="1500ms")
    assert fates(trace) == [("in_flight", None)]
    assert figures(trace)["workers"]["utilisation"] == 1.0


def test_a_late_acknowledgement_ends_what_a_worker_keeps() -> None:
    # Worker 1 works 0-5 with a timeout of 2 s: at 2 worker 2 takes the message, fails at 3 and would try
    # again at 13. But at 5 worker 1 has acknowledged, late. At 13 worker 2 finds it gone, and is free for
    # message 1, which is there since 7, when worker 1 was dead.
    steps = [email("5s", outages=[window("2s", "1s")], fails_after="1s", retry={"delay": "10s", "factor": 1})]
    queue = {**IN_PLACE, "visibility_timeout": "2s"}
    workers = {"count": 2, "crashes": [{"worker": 1, "at": "6s", "restart_after": "never"}]}
    trace = run("async", traffic={"at": ["0s", "7s"]}, steps=steps, queue=queue, workers=workers)
    assert taken(trace)[:3] == [(0.0, 0, 1), (2.0, 0, 2), (13.0, 1, 2)]
    assert fates(trace)[0] == ("acknowledged", 5.0)


def test_a_try_in_place_is_not_delivered_once_more() -> None:
    # Delivered 0-0.5, fails 0.5-1.5, and tries again a second later, at 2.5 and not at 3.
    steps = [email(outages=[window("0s", "1s")], retry={"delay": "1s"})]
    trace = run("async", steps=steps, queue={"failure": "in_place", "deliver": "500ms"})
    assert attempts(trace) == [(0.5, 1.5, "failed"), (2.5, 3.5, "ok")]
