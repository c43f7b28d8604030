"""What every adapter promises, against its server, or the emulator or mock that pip brings."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from live.servers import (
    QUICK,
    Servers,
    message,
    new_broker,
    nothing_comes,
    publish,
    queue_at,
    skip_unless_there,
    started,
    take,
)
from surface.processes import environment
from syncasync_sim.live.protocol import Broker, BrokerError

KINDS = tuple(QUICK)
COUNTING = ("redis", "sqs", "rabbitmq")
"""Those that count deliveries."""


@contextmanager
def holding(url: str, broker: Broker, number: int) -> Iterator[tuple[subprocess.Popen[str], float]]:
    """A process that holds a new message, and when it took it."""
    plain = json.dumps(broker.wanted.to_data())  # type: ignore[attr-defined]
    process = subprocess.Popen(
        [sys.executable, "-m", "live.holder", url, plain],
        stdout=subprocess.PIPE, text=True, env={**environment(), "PYTHONPATH": "tests"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        publish(broker, number)
        yield process, float(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("kind", KINDS)
def test_messages_come_in_order_and_are_gone_when_acknowledged(kind: str, servers: Servers) -> None:
    with queue_at(servers[kind], kind) as broker:
        publish(broker, 3, 1, 2)
        consumer = broker.consumer()
        for number in (3, 1, 2):
            delivery = take(consumer)
            assert delivery.message == message(number)
            assert delivery.number == (None if "kafka" in kind else 1)
            assert not consumer.receive(0.0), "it holds one already"
            consumer.work(delivery, 0.01)
            assert consumer.acknowledge(delivery)
        consumer.close()
        again, observer = broker.consumer(), broker.observer()
        assert nothing_comes(again, 1.5)
        assert observer.waiting() == (None if "kafka" in kind else 0)
        assert not observer.dead_letters()
        again.close()
        observer.close()


@pytest.mark.parametrize("kind", COUNTING)
def test_a_worker_holds_no_more_than_prefetch(kind: str, servers: Servers) -> None:
    with queue_at(servers[kind], kind, prefetch=2, **_slow(kind)) as broker:
        publish(broker, 0, 1, 2)
        consumer = broker.consumer()
        held = [*consumer.receive(1.0)]
        held += consumer.receive(0.2) if len(held) < 2 else ()
        assert [delivery.message.key for delivery in held] == [0, 1]
        assert not consumer.receive(0.2)
        consumer.acknowledge(held[0])
        assert take(consumer).message.key == 2
        consumer.close()


@pytest.mark.parametrize(
    ("kind", "low_s", "high_s"),
    [
        ("redis", 1.0, 1.3),
        ("sqs", 1.0, 1.0),
        ("rabbitmq", 0.0, 0.0),
        ("kafka", 5.4, 6.6),
        ("real-kafka", 5.4, 6.6),
        ("new-kafka", 5.4, 6.6),
    ],
)
def test_a_killed_workers_message_comes_back_when_the_model_says(
    kind: str, low_s: float, high_s: float, servers: Servers
) -> None:
    with queue_at(servers[kind], kind) as broker, holding(servers[kind], broker, 5) as (worker, taken_at):
        worker.kill()
        worker.wait()
        died_at = time.monotonic()
        consumer = broker.consumer()
        delivery = take(consumer)
        since = taken_at if kind in ("redis", "sqs") else died_at
        assert low_s - 0.05 <= delivery.taken_at - since <= high_s + 1.0
        assert delivery.message == message(5)
        assert delivery.number == (None if "kafka" in kind else 2)
        assert consumer.acknowledge(delivery)
        consumer.close()


def test_a_frozen_hosts_message_comes_back_after_two_to_three_heartbeats(servers: Servers) -> None:
    url = servers["rabbitmq"]
    with (
        queue_at(url, "rabbitmq", host_crash_detection="uniform(2s, 3s)", has_host_crash=True) as broker,
        holding(url, broker, 5) as (worker, _),
    ):
        worker.send_signal(signal.SIGSTOP)
        frozen_at = time.monotonic()
        consumer = broker.consumer()
        assert 2.0 - 0.05 <= take(consumer).taken_at - frozen_at <= 3.0 + 1.0
        consumer.close()


@pytest.mark.parametrize("dead_letter", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_after_the_last_delivery_it_goes_to_the_dead_letters_or_is_dropped(
    kind: str, dead_letter: bool, servers: Servers
) -> None:
    with queue_at(servers[kind], kind, dead_letter=dead_letter, max_deliveries=2) as broker:
        publish(broker, 7)
        consumer, observer = broker.consumer(), broker.observer()
        for number in (1, 2):
            delivery = take(consumer)
            assert delivery.number in (number, None)
            assert not observer.dead_letters()
            consumer.fail(delivery, 0.0, last=number == 2)
        assert nothing_comes(consumer, 1.8)
        assert list(observer.dead_letters()) == ([message(7)] if dead_letter else [])
        assert not observer.dead_letters(), "it is told once"
        consumer.close()
        observer.close()


@pytest.mark.parametrize("kind", COUNTING)
def test_what_is_acknowledged_before_the_work_never_comes_back(kind: str, servers: Servers) -> None:
    with (
        queue_at(servers[kind], kind, ack="before") as broker,
        holding(servers[kind], broker, 5) as (worker, _),
    ):
        worker.kill()
        worker.wait()
        consumer = broker.consumer()
        assert nothing_comes(consumer, 2.0)
        consumer.close()


@pytest.mark.parametrize("kind", COUNTING)
def test_who_leaves_cleanly_gives_back_what_is_held(kind: str, servers: Servers) -> None:
    with queue_at(servers[kind], kind, **_slow(kind)) as broker:
        publish(broker, 5)
        first = broker.consumer()
        take(first)
        first.close()
        second = broker.consumer()
        assert take(second, within_s=5.0).message == message(5)
        second.close()


def _slow(kind: str) -> dict[str, str]:
    """Time enough for a busy machine; RabbitMQ has it anyway."""
    slow = {"redis": {"visibility_timeout": "uniform(20s, 20.6s)"}, "sqs": {"visibility_timeout": "20s"}}
    return slow.get(kind, {})


@pytest.mark.parametrize("renew", [True, False])  # on SQS: test_sqs_fields
def test_a_slow_workers_message_is_handed_out_again_unless_it_renews(renew: bool, servers: Servers) -> None:
    timeout = "uniform(1s, 1.3s)"
    with queue_at(servers["redis"], "redis", renew=renew, visibility_timeout=timeout) as broker:
        publish(broker, 5)
        slow, other = broker.consumer(), broker.consumer()
        delivery = take(slow)
        slow.work(delivery, 2.5)
        assert nothing_comes(other, 0.5) == renew
        slow.acknowledge(delivery)
        slow.close()
        other.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_that_goes_away_is_one_line_with_its_address(kind: str) -> None:
    skip_unless_there(kind)
    with ExitStack() as stack:
        url = stack.enter_context(started(kind))
        broker = new_broker(url, kind, max_deliveries=3)
        broker.create()
        publisher, consumer, observer = broker.publisher(), broker.consumer(), broker.observer()
        stack.close()
        for ask in (
            lambda: consumer.receive(5.0),
            lambda: publisher.publish(message(1)),
            observer.dead_letters,
        ):
            with pytest.raises(BrokerError) as error:
                ask()
            assert str(error.value).startswith(url)
            assert "\n" not in str(error.value)
        for one in (publisher, consumer, observer):
            one.close()
        name = broker.wanted.name  # type: ignore[attr-defined]
        left = broker.remove()
        assert left.startswith(f"what begins with {name} could not be removed") or kind == "kafka", left
        assert "\n" not in left


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("redis", "redis://:secret@127.0.0.1:1"),
        ("sqs", "sqs+http://127.0.0.1:1"),
        ("rabbitmq", "amqp://me:secret@127.0.0.1:1"),
        ("kafka", "kafka://me:secret@127.0.0.1:1"),
    ],
)
def test_nobody_there_is_one_line_without_the_password(kind: str, url: str) -> None:
    broker = new_broker(url, kind)
    with pytest.raises(
        BrokerError, match=r"127\.0\.0\.1:1: .*[Cc]o(nnection refused|uld not connect)"
    ) as error:
        broker.create()
    broker.remove()
    assert "secret" not in str(error.value)
