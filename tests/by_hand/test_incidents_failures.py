"""Public incidents that are failures: each as it was reported, worked out on paper.

In all of them the third customer is the poisoned one, if anybody is: of the first ten customers only that one
draws less than 1 % (seed 1, step `email`).
"""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, attempts, done, email, fates, figures, replies, run, step, window, works

POISON: Data = {"poison": "1%"}
ENDLESS: Data = {"attempts": "unlimited", "delay": "1s", "factor": 1}


def test_one_message_kills_its_worker_and_seven_innocent_ones_are_lost_with_it() -> None:
    # taskiq-aio-pika 35: ten messages in one worker's hands, five deliveries, no dead letters. Two are done
    # by 2; the third kills at 3, and the eight that are held come back together. The worker is back after a
    # second, takes all eight again and dies of the same one at 5, 7, 9 and 11, which was the last delivery of
    # them all.
    queue = {"broker": "rabbitmq", "publish": "0", "prefetch": 10, "max_deliveries": 5, "dead_letter": False}
    steps = [email(**POISON, poison_kills=True, retry={"attempts": "unlimited"})]
    trace = run(
        "async",
        traffic={"requests": 10},
        steps=steps,
        queue=queue,
        workers={"restart_after": "1s"},
    )
    assert [crash.at_s for crash in trace.crashes] == [3.0, 5.0, 7.0, 9.0, 11.0]
    assert fates(trace) == [("acknowledged", 1.0), ("acknowledged", 2.0), *[("lost", 11.0)] * 8]


@pytest.mark.parametrize(
    ("most", "third", "last", "delivered"),
    [("unlimited", None, None, 2 + 528), (3, None, 30.1, 6)],
)
def test_one_record_that_cannot_be_read_stops_its_partition(
    most: object, third: float | None, last: float | None, delivered: int
) -> None:
    # spring-kafka 1287: the record of 20 s is read again for ever, every 1.1 s: at 20, 21.1, ... 599.7, 528
    # times until the cut, and the good one of 30 s waits behind it. With three attempts it is a dead letter
    # at 22.3, and the good one is done at once.
    queue = {"broker": "kafka", "publish": "0", "partitions": 1}
    steps = [email("100ms", **POISON, retry={**ENDLESS, "attempts": most})]
    trace = run("async", traffic={"at": ["0s", "10s", "20s", "30s"]}, steps=steps, queue=queue, stop_at="10m")
    assert done(trace) == [0.1, 10.1, third, last]
    assert figures(trace)["queue"]["delivered"] == delivered


def broker_down(**more: object) -> Data:
    """Orders for a minute; the broker is down from 20 to 30 s, when ten customers save and cannot publish."""
    return {
        "traffic": {"rate": "1/s", "for": "60s"},
        "steps": [step("save", "50ms", effect="saved"), email("500ms")],
        "queue": {"publish": "5ms", "outages": [window("20s", "10s")], **more},
        "workers": {"count": 2},
    }


def test_saved_not_published_and_told_that_it_was_done() -> None:
    # pipeshub 3421: the failure was logged, and that was all. Sixty pages after 55 ms, ten emails never sent.
    trace = run("async", **broker_down(publish_failure="ignore"))
    numbers = figures(trace)
    assert (numbers["responses"]["ok"], numbers["response_time_s"]["max"]) == (60, 0.055)
    assert numbers["effects"] == {"saved": 60, "email": 50}
    assert (numbers["work"]["lost"], numbers["phantom_errors"], numbers["silent_failures"]) == (10, 0, 0)


def test_saved_and_published_later() -> None:
    # dirigible 6816 with an outbox: nobody sees an error page, nobody clicks again, nothing is there twice.
    # The looks of 20 to 29 s are refused; that of 30 s publishes the eleven messages written from 19.05 to
    # 29.05, at 30.005, 30.01, ... 30.055. Two workers take one each, and nine wait.
    numbers = figures(run("async", **broker_down(publish_failure="outbox"), customer={"resubmits": 1}))
    assert (numbers["responses"]["ok"], numbers["requests"]) == (60, 60)
    assert numbers["effects"] == {"saved": 60, "email": 60}
    assert numbers["duplicates"] == {"saved": 0, "email": 0}
    assert numbers["queue"]["peak_depth"] == 9


def test_sent_three_times_though_it_was_said_to_have_failed() -> None:
    # freescout 5457: for 4 min the mail server takes 120 s instead of 2, and the client waits for 60. It is
    # cut at 60.05 and sent at 120.05; tried again then, cut at 180.05 and sent at 240.05; tried again then,
    # and sent at 242.05, with an answer.
    slow = [window("0s", "4m", factor=60)]
    retry = {"attempts": 5, "delay": "60s", "factor": 1}
    steps = [
        step("accept", "50ms", effect="saved"),
        email("2s", slowdowns=slow, timeout="60s", on_timeout="works_on", retry=retry),
    ]
    trace = run("async", steps=steps)
    assert attempts(trace)[1:] == [
        (0.05, 60.05, "timed_out"),
        (120.05, 180.05, "timed_out"),
        (240.05, 242.05, "ok"),
    ]
    assert [call.ended_s for call in trace.worked_on] == [120.05, 240.05]
    assert figures(trace)["effects"] == {"saved": 1, "email": 3}
    assert figures(trace)["duplicates"]["email"] == 2
    # With an idempotency key it is sent once.
    steps[1]["idempotent"] = True
    assert figures(run("async", steps=steps))["effects"]["email"] == 1


@pytest.mark.parametrize(
    ("most", "deaths", "last"),
    [
        ("unlimited", [4.0, 6.0, 8.0, 36.0, 38.0, 40.0, 68.0, 70.0, 72.0], None),
        (5, [4.0, 6.0, 8.0, 36.0, 38.0], 52.0),
    ],
)
def test_it_kills_every_worker_that_it_meets(most: object, deaths: list[float], last: float | None) -> None:
    # OasisPlatform 975: three workers, two seconds of work, 30 s until a dead one is back. The message of 2 s
    # kills worker 1 at 4, worker 2 at 6 and worker 3 at 8, then again when they are back at 34, 36, 38, and
    # at 66, 68, 70. The good one of 50 s finds nobody, and later always the other before it, up to the cut at
    # 80 s. With five deliveries that is over at 38, and worker 3 does the good one at once.
    steps = [email("2s", **POISON, poison_kills=True, retry={"attempts": most})]
    trace = run(
        "async",
        traffic={"at": ["0s", "1s", "2s", "50s"]},
        steps=steps,
        workers={"count": 3, "restart_after": "30s"},
        stop_at="80s",
    )
    assert [crash.at_s for crash in trace.crashes] == deaths
    assert done(trace) == [2.0, 3.0, None, last]
    assert works(trace)[2] == ("unfinished" if last is None else "dead_lettered")
    assert replies(trace)[3] == ("ok", 50.0)
