"""What each broker does by its defaults, when a worker dies, when messages belong together, and at most once.

The names of the real settings stand beside the numbers, so that they can be checked in the brokers' manuals.
"""

from __future__ import annotations

import pytest

from by_hand.on_broker import bad, dies, on, two, when
from by_hand.timeline import done, fates, taken
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
