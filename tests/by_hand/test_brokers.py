"""What each broker does by its defaults: after a death, in order, at most once, after a failure.

The names of the real settings stand beside the numbers, so that they can be checked in the brokers' manuals.
Every part speaks of every broker: a law at the end asks for those that are not named.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from by_hand.on_broker import bad, dies, on, two, when
from by_hand.timeline import attempts, done, email, fates, figures, taken
from syncasync_sim.model.brokers import BROKERS, IDEAL

ALL = [broker for broker in BROKERS if broker != IDEAL]
IN_ORDER = [broker for broker in ALL if "assignment" in BROKERS[broker].settings]
"""Of these, what belongs together goes to one worker."""


# A worker dies at 1 s with the message in its hands --------------------------------------------------------


def test_rabbitmq_sees_the_connection_of_a_dead_process_close() -> None:
    trace = on("rabbitmq", worker=dies())
    assert taken(trace) == [(0.0, 0, 1), (1.0, 0, 2)]
    assert done(trace) == [3.0]


def test_rabbitmq_misses_two_or_three_heartbeats_of_a_dead_host() -> None:
    # heartbeat 60 s: between 2 and 3 of them after the death.
    trace = on("rabbitmq", worker=dies(kind="host"))
    assert 121 <= when(trace, 1) <= 181
    assert taken(trace)[1][1:] == (0, 2)


def test_sqs_waits_for_its_visibility_timeout() -> None:
    # VisibilityTimeout 30 s, from the receiving.
    trace = on("sqs", worker=dies())
    assert taken(trace) == [(0.0, 0, 1), (30.0, 0, 2)]


def test_sqs_knows_no_hosts() -> None:
    assert taken(on("sqs", worker=dies(kind="host"))) == [(0.0, 0, 1), (30.0, 0, 2)]


def test_a_worker_that_renewed_keeps_sqs_waiting_for_a_full_timeout_after_its_death() -> None:
    # ChangeMessageVisibility up to the death at 1 s, then VisibilityTimeout 30 s.
    assert taken(on("sqs", worker={**dies(), "renew": True})) == [(0.0, 0, 1), (31.0, 0, 2)]


def test_sqs_fifo_holds_the_message_group() -> None:
    # The label of the same customer (MessageGroupId) waits behind the email, done 30-32.
    trace = on("sqs-fifo", *two(), worker=dies())
    assert taken(trace) == [(0.0, 0, 1), (30.0, 0, 2), (32.0, 1, 2)]


def test_sqs_fifo_lets_other_groups_pass() -> None:
    trace = on("sqs-fifo", worker=dies(), traffic={"requests": 3})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (2.0, 2, 2), (30.0, 0, 2)]


def test_kafka_waits_for_the_session_timeout() -> None:
    # session.timeout.ms 45 s, heartbeat.interval.ms 3 s either way, after the death at 1 s.
    trace = on("kafka", worker=dies())
    assert 43 <= when(trace, 1) <= 49
    assert taken(trace)[1][1:] == (0, 2)


def test_kafka_holds_the_whole_partition() -> None:
    # Every customer's message is in the one partition (num.partitions 1), which moves to worker 2 at 46.
    trace = on("kafka", worker=dies(), queue={"crash_detection": "45s"}, traffic={"requests": 3})
    assert taken(trace) == [(0.0, 0, 1), (46.0, 0, 2), (48.0, 1, 2), (50.0, 2, 2)]


def test_kafka_is_not_helped_by_a_worker_that_is_back_sooner() -> None:
    # It is a new member; the partition is the dead one's until 46, then the one's that is back.
    queue = {"crash_detection": "45s"}
    trace = on("kafka", worker=dies(restart_after="5s"), queue=queue, traffic={"requests": 2})
    assert taken(trace) == [(0.0, 0, 1), (46.0, 0, 1), (48.0, 1, 1)]


def test_kafka_with_two_partitions_goes_on_with_the_other() -> None:
    # Partition 0 (customers 0 and 2) is worker 1's, partition 1 (customers 1 and 3) worker 2's.
    queue = {"crash_detection": "45s", "partitions": 2}
    trace = on("kafka", worker=dies(), queue=queue, traffic={"requests": 4})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (2.0, 3, 2), (46.0, 0, 2), (48.0, 2, 2)]


def test_redis_waits_until_another_worker_claims_what_is_idle() -> None:
    # XAUTOCLAIM with min-idle-time 30 s, looked at every 0.6 s at the latest.
    trace = on("redis-streams", worker=dies())
    assert 30 <= when(trace, 1) <= 30.6
    assert taken(trace)[1][1:] == (0, 2)


# Two messages of one customer, two workers -----------------------------------------------------------------


@pytest.mark.parametrize("broker", [broker for broker in ALL if broker not in IN_ORDER])
def test_both_workers_take_one(broker: str) -> None:
    assert taken(on(broker, *two())) == [(0.0, 0, 1), (0.0, 1, 2)]


@pytest.mark.parametrize("broker", IN_ORDER)
def test_the_second_waits_for_the_first(broker: str) -> None:
    assert taken(on(broker, *two())) == [(0.0, 0, 1), (2.0, 1, 1)]


def test_kafka_keeps_all_customers_of_a_partition_in_order_sqs_fifo_each_customer() -> None:
    trace = on("kafka", workers=3, traffic={"requests": 3})
    assert taken(trace) == [(0.0, 0, 1), (2.0, 1, 1), (4.0, 2, 1)]
    trace = on("sqs-fifo", workers=3, traffic={"requests": 3})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (0.0, 2, 3)]


# Acknowledged before the work: auto_ack, delete first, commit first, NOACK ---------------------------------


@pytest.mark.parametrize("broker", ALL)
def test_a_crash_then_loses_the_message(broker: str) -> None:
    trace = on(broker, queue={"ack": "before"}, worker=dies())
    assert fates(trace) == [("lost", 1.0)]
    assert len(trace.deliveries) == 1


@pytest.mark.parametrize("broker", ALL)
def test_a_failure_then_loses_the_message(broker: str) -> None:
    trace = on(broker, bad(3), queue={"ack": "before"})
    assert fates(trace) == [("lost", 2.0)]


def test_kafka_holds_the_rest_of_the_partition_all_the_same() -> None:
    queue = {"ack": "before", "crash_detection": "45s"}
    trace = on("kafka", worker=dies(), queue=queue, traffic={"requests": 2})
    assert taken(trace) == [(0.0, 0, 1), (46.0, 1, 2)]


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
    # max.poll.interval.ms 300 s, work 310 s: the commit is refused. Worker 1 is out at 300 to 303, and
    # worker 2 reads the message then; that delivery is the last, and over 300 s to 303 s later.
    trace = on("kafka", email("310s", retry={"attempts": 2}))
    first, (again, _, worker) = taken(trace)
    assert first == (0.0, 0, 1)
    assert worker == 2
    assert 300 <= again <= 303
    fate, at = fates(trace)[0]
    assert fate == "dead_lettered"
    assert at is not None
    assert 300 <= at - again <= 303


def test_redis_takes_an_acknowledgement_from_anybody() -> None:
    # Idle for 30 s although worker 1 is at it: claimed by worker 2. XACK at 40 does not ask who owns it.
    trace = on("redis-streams", email("40s"))
    assert 30 <= when(trace, 1) <= 30.6
    assert fates(trace) == [("acknowledged", 40.0)]
    assert figures(trace)["effects"] == {"email": 2}


# A worker that asks for more time (`workers.renew`) --------------------------------------------------------

RENEWED = {"sqs": "40s", "sqs-fifo": "40s", "kafka": "310s", "redis-streams": "40s"}
"""Work that is longer than the timeout. ChangeMessageVisibility; pause and poll; XCLAIM with JUSTID."""


@pytest.mark.parametrize(("broker", "length"), RENEWED.items())
def test_a_worker_that_renews_keeps_the_message(broker: str, length: str) -> None:
    trace = on(broker, email(length), worker={"renew": True})
    assert len(trace.deliveries) == 1
    assert fates(trace) == [("acknowledged", float(length[:-1]))]


def test_every_broker_that_can_renew_is_here_and_no_other() -> None:
    lacks = sorted({broker for broker in ALL if BROKERS[broker].can_renew} - RENEWED.keys())
    assert lacks == [], (
        f"write {', '.join(lacks)} into RENEWED in tests/by_hand/test_brokers.py, or can_renew=False "
        "into its row in model/brokers/"
    )
    wrong = [broker for broker in RENEWED if not BROKERS[broker].can_renew]
    assert wrong == [], "take it out of RENEWED, or can_renew=False out of its row in model/brokers/"


# Every broker has its cases --------------------------------------------------------------------------------

PARTS = re.findall(
    r"^# (.+?) -{9,}\n(.*?)(?=^# .+ -{9,}$)", Path(__file__).read_text("utf-8"), re.DOTALL | re.M
)


@pytest.mark.parametrize(("part", "text"), PARTS, ids=[part for part, _ in PARTS])
def test_every_part_has_a_case_of_every_broker(part: str, text: str) -> None:
    """By its name, or among those of ALL."""
    lacks = [broker for broker in ALL if f'"{broker}"' not in text]
    assert lacks == [] or re.search(r"\bALL\b", text), (
        f"write a case of {', '.join(lacks)} into tests/by_hand/test_brokers.py, under: {part}"
    )
