"""What each broker does by its defaults, when the work fails, and when it takes longer than the broker waits.

The names of the real settings stand beside the numbers, so that they can be checked in the brokers' manuals.
"""

from __future__ import annotations

import pytest

from by_hand.on_broker import bad, on, two, when
from by_hand.timeline import attempts, email, fates, figures, taken

# The work fails --------------------------------------------------------------------------------------------


def test_rabbitmq_takes_it_back_and_lets_others_pass() -> None:
    # basic.reject with requeue: tried at 0, 2 + 1 and 5 + 2, each time by the worker in turn; dead-lettered
    # (x-dead-letter-exchange) at 9.
    trace = on("rabbitmq", *two(bad(3)))
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (3.0, 0, 1), (7.0, 0, 2)]
    assert fates(trace) == [("dead_lettered", 9.0), ("acknowledged", 2.0)]


def test_rabbitmq_delivers_21_times_at_most() -> None:
    # x-delivery-limit 20 counts redeliveries. Without a retry delay: 21 attempts of 2 s.
    forever = email("2s", failure_rate="100%", retry={"attempts": "unlimited", "delay": "0"})
    trace = on("rabbitmq", forever)
    assert len(trace.deliveries) == 21
    assert fates(trace) == [("dead_lettered", 42.0)]


def test_sqs_shows_it_again_when_the_visibility_timeout_is_over() -> None:
    # The worker says nothing; maxReceiveCount 3: in the dead-letter queue when the third timeout is over.
    trace = on("sqs", *two(bad(3)))
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (30.0, 0, 1), (60.0, 0, 1)]
    assert fates(trace) == [("dead_lettered", 90.0), ("acknowledged", 2.0)]


def test_sqs_shows_it_again_sooner_if_it_is_told_to() -> None:
    # ChangeMessageVisibility to the retry delay.
    trace = on("sqs", bad(3), queue={"failure": "requeue"})
    assert [at for at, *_ in taken(trace)] == [0.0, 3.0, 7.0]


def test_sqs_fifo_lets_the_group_wait() -> None:
    trace = on("sqs-fifo", *two(bad(2)))
    assert taken(trace) == [(0.0, 0, 1), (30.0, 0, 1), (60.0, 1, 1)]
    assert fates(trace) == [("dead_lettered", 60.0), ("acknowledged", 62.0)]


def test_kafka_lets_the_partition_wait_while_the_worker_tries_again() -> None:
    # seek: no message of the partition overtakes. 0-2, 3-5, 7-9, then the label.
    trace = on("kafka", *two(bad(3)))
    assert taken(trace) == [(0.0, 0, 1), (3.0, 0, 1), (7.0, 0, 1), (9.0, 1, 1)]
    assert fates(trace) == [("dead_lettered", 9.0), ("acknowledged", 11.0)]


def test_redis_leaves_it_pending_until_it_is_claimed() -> None:
    trace = on("redis-streams", *two(bad(2)))
    assert taken(trace)[1] == (0.0, 1, 2)
    second = when(trace, 2)
    assert 30 <= second <= 30.6
    fate, at = fates(trace)[0]
    assert fate == "dead_lettered"
    assert at is not None
    assert 30 <= at - second <= 30.6


# The work is slower than the broker's patience -------------------------------------------------------------


def test_rabbitmq_cancels_a_consumer_after_half_an_hour() -> None:
    # consumer_timeout 30 min, work 31 min. The late acknowledgement is void; the second delivery is the last.
    trace = on("rabbitmq", email("31m", retry={"attempts": 2}))
    assert taken(trace) == [(0.0, 0, 1), (1800.0, 0, 2)]
    assert fates(trace) == [("dead_lettered", 3600.0)]
    assert figures(trace)["effects"] == {"email": 2}


@pytest.mark.parametrize("broker", ["sqs", "sqs-fifo"])
def test_sqs_hands_it_to_a_second_worker(broker: str) -> None:
    # VisibilityTimeout 30 s, work 40 s: at 40 the message is in worker 2's hands, so the old receipt
    # handle deletes nothing. The second delivery is the last: dead-lettered at 60 while still worked on.
    trace = on(broker, email("40s", retry={"attempts": 2}))
    assert attempts(trace) == [(0.0, 40.0, "ok"), (30.0, 70.0, "ok")]
    assert fates(trace) == [("dead_lettered", 60.0)]
    assert figures(trace)["duplicates"] == {"email": 1}


def test_sqs_takes_the_late_word_of_a_worker_that_is_alone() -> None:
    # Visible from 30 on, but nobody took it: the receipt handle is still the newest.
    trace = on("sqs", email("40s"), workers=1)
    assert attempts(trace) == [(0.0, 40.0, "ok")]
    assert fates(trace) == [("acknowledged", 40.0)]


def test_sqs_fifo_does_not() -> None:
    # An expired receipt handle is an error: done again 40-80, dead-lettered at 40 + 30.
    trace = on("sqs-fifo", email("40s", retry={"attempts": 2}), workers=1)
    assert attempts(trace) == [(0.0, 40.0, "ok"), (40.0, 80.0, "ok")]
    assert fates(trace) == [("dead_lettered", 70.0)]


def test_kafka_puts_a_worker_out_of_its_group() -> None:
    # max.poll.interval.ms 300 s, work 310 s: the commit is refused, the message is read once more. In the
    # model the partition stays with worker 1; the second delivery is the last, over at 610 to 613.
    trace = on("kafka", email("310s", retry={"attempts": 2}))
    assert taken(trace) == [(0.0, 0, 1), (310.0, 0, 1)]
    fate, at = fates(trace)[0]
    assert fate == "dead_lettered"
    assert at is not None
    assert 610 <= at <= 613


def test_redis_takes_an_acknowledgement_from_anybody() -> None:
    # Idle for 30 s although worker 1 is at it: claimed by worker 2. XACK at 40 does not ask who owns it.
    trace = on("redis-streams", email("40s"))
    assert 30 <= when(trace, 1) <= 30.6
    assert fates(trace) == [("acknowledged", 40.0)]
    assert figures(trace)["effects"] == {"email": 2}


@pytest.mark.parametrize(("broker", "length"), [("sqs", "40s"), ("kafka", "310s"), ("redis-streams", "40s")])
def test_a_worker_that_renews_keeps_the_message(broker: str, length: str) -> None:
    # ChangeMessageVisibility; pause and poll; XCLAIM with JUSTID.
    trace = on(broker, email(length), worker={"renew": True})
    assert len(trace.deliveries) == 1
    assert fates(trace) == [("acknowledged", float(length[:-1]))]
