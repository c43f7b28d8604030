"""What only one of the brokers can do, and how it does it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from live.servers import (
    KAFKA_ITSELF,
    Servers,
    broker_class,
    dead_letters,
    message,
    new_broker,
    nothing_comes,
    publish,
    queue_at,
    skip_unless_there,
    started,
    take,
    take_all,
    topics_of,
    wanted,
)
from syncasync_sim.errors import ScenarioError
from syncasync_sim.live.protocol import BrokerError, RefusedError
from syncasync_sim.live.rabbitmq_server import rabbitmq_command
from syncasync_sim.live.redis_adapter import GROUP


def test_rabbitmq_waits_with_a_retry_in_a_queue_of_its_own(servers: Servers) -> None:
    more = {"retry_delays_s": (0.5, 1.0), "max_deliveries": 3}
    with queue_at(servers["rabbitmq"], "rabbitmq", **more) as broker:
        publish(broker, 5)
        consumer, observer = broker.consumer(), broker.observer()
        for number, delay_s in ((1, 0.5), (2, 1.0)):
            delivery = take(consumer)
            assert delivery.number == number
            consumer.fail(delivery, delay_s, last=False)
            failed_at = time.monotonic()
            assert nothing_comes(consumer, delay_s - 0.2)
            assert observer.waiting() == 0
            publish(broker, 9)  # which overtakes it
            other = take(consumer)
            assert other.message == message(9)
            consumer.acknowledge(other)
        delivery = take(consumer)
        assert delay_s <= delivery.taken_at - failed_at + 0.01 <= delay_s + 1.0
        assert (delivery.message, delivery.number) == (message(5), 3)
        consumer.fail(delivery, 0.0, last=True)
        assert dead_letters(observer) == [message(5)]
        consumer.close()
        observer.close()


@pytest.mark.parametrize("kind", ["rabbitmq", "kafka", *KAFKA_ITSELF])
def test_what_is_kept_in_place_is_not_overtaken(kind: str, servers: Servers) -> None:
    with queue_at(servers[kind], kind, failure="in_place") as broker:
        publish(broker, 1, 2)
        consumer = broker.consumer()
        delivery = take(consumer)
        consumer.fail(delivery, 0.5, last=False)
        failed_at = time.monotonic()
        again = take(consumer)
        assert again.message == message(1)
        assert 0.5 <= again.taken_at - failed_at <= 1.5
        assert again.number == (None if "kafka" in kind else 2)
        consumer.acknowledge(again)
        assert take(consumer).message == message(2)
        consumer.close()


def test_redis_looks_at_all_that_is_pending_before_it_waits(servers: Servers) -> None:
    with queue_at(servers["redis"], "redis") as broker:
        publish(broker, *range(30))
        consumer = broker.consumer()
        client, stream = consumer._client, broker.stream  # type: ignore[attr-defined]
        [(_, entries)] = client.xreadgroup(GROUP, "another", {stream: ">"}, count=30)
        time.sleep(1.2)
        fresh = [id_ for id_, _ in entries[:-1]]
        client.xclaim(stream, GROUP, "another", 0, fresh, idle=0, justid=True)
        [delivery] = consumer.receive(0.0)
        assert delivery.message == message(29)
        consumer.close()


def test_a_full_queue_of_rabbitmq_refuses(servers: Servers) -> None:
    with queue_at(servers["rabbitmq"], "rabbitmq", capacity=2, when_full="refuse") as broker:
        publish(broker, 0, 1, 2)  # a quorum queue looks a message late
        time.sleep(0.2)
        with pytest.raises(RefusedError):
            publish(broker, 3)


def test_a_full_queue_of_rabbitmq_drops_the_oldest_which_is_no_dead_letter(servers: Servers) -> None:
    with queue_at(servers["rabbitmq"], "rabbitmq", capacity=2, when_full="drop_oldest") as broker:
        publish(broker, 1, 2, 3)
        consumer, observer = broker.consumer(), broker.observer()
        assert take(consumer).message == message(2)
        assert not observer.dead_letters()
        consumer.close()
        observer.close()


def test_an_older_rabbitmq_cannot_keep_a_consumer_timeout_in_time(servers: Servers) -> None:
    with queue_at(servers["rabbitmq"], "rabbitmq") as usual:
        if not str(usual.create()).startswith("RabbitMQ 3."):
            pytest.skip("this RabbitMQ may have one")
    broker = new_broker(servers["rabbitmq"], "rabbitmq", visibility_timeout="10m")
    with pytest.raises(
        ScenarioError, match=r"visibility_timeout: 600s cannot be had from RabbitMQ 3\.\d+.*: "
    ):
        broker.create()
    with queue_at(servers["rabbitmq"], "rabbitmq", visibility_timeout="uniform(30m, 31m)"):
        pass  # what its server does anyway


@pytest.mark.parametrize(
    ("version", "values"),
    [
        (
            "3.10.8",
            {
                "deal": "rotation",
                "max_deliveries": "unlimited",
                "limit_counts": "all",
                "visibility_timeout": "uniform(9000s, 9300s)",
            },
        ),
        (
            "4.2.1",
            {"deal": "rotation", "limit_counts": "all", "visibility_timeout": "uniform(9000s, 9300s)"},
        ),
        ("4.3.0", {"deal": "rotation"}),
        ("5.0.0-rc.1", {"deal": "rotation"}),
    ],
)
def test_what_a_rabbitmq_has_otherwise_than_the_preset(version: str, values: dict[str, object]) -> None:
    broker: Any = new_broker("amqp://127.0.0.1:1", "rabbitmq", speed=5.0)
    assert broker.differences(version) == values
    timeout = broker._settings(version).get("x-consumer-timeout")
    assert timeout == (None if "limit_counts" in values else 360_000), (
        "30 minutes at speed 5, where a queue can have it"
    )


@pytest.fixture(scope="module")
def impatient() -> Iterator[str]:
    """A RabbitMQ with a consumer timeout of a second, at which it looks five times a second."""
    skip_unless_there("rabbitmq")

    def command(*args: Any) -> Any:
        run, env, then = rabbitmq_command(*args)
        key = "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"
        times = "-rabbit consumer_timeout 1000 -rabbit channel_tick_interval 200"
        return run, {**env, key: f"{env[key]} {times}"}, then

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("syncasync_sim.live.servers.rabbitmq_command", command)
        with started("rabbitmq") as url:
            yield url


@pytest.mark.parametrize("prefetch", [1, 3])
def test_a_consumer_of_rabbitmq_that_timed_out_goes_on(prefetch: int, impatient: str) -> None:
    with queue_at(impatient, "rabbitmq", prefetch=prefetch) as broker:
        publish(broker, *range(prefetch))
        slow, other = broker.consumer(), broker.consumer()
        held = take_all(slow, prefetch)
        slow.work(held[0], 1.8)
        again = take_all(other, prefetch)
        assert [(d.message.key, d.number) for d in again] == [(n, 2) for n in range(prefetch)]
        assert all(other.acknowledge(delivery) for delivery in again)
        other.close()
        publish(broker, 7)
        for number, delivery in enumerate(held, 1):
            assert not slow.receive(0.3), "it holds no more than its prefetch, timed out or not"
            if number == 2:
                slow.fail(delivery, 0.0, last=True)
            else:
                assert not slow.acknowledge(delivery), "too late"
        delivery = take(slow)
        assert (delivery.message, delivery.number) == (message(7), 1)
        assert slow.acknowledge(delivery)
        slow.close()
        observer = broker.observer()
        assert observer.waiting() == 0
        assert not observer.dead_letters()
        observer.close()


def test_a_cancelled_consumer_of_rabbitmq_keeps_what_is_not_late(servers: Servers) -> None:
    # Since 4.3 the server says basic.cancel, and takes back what has timed out; so does one that is told.
    with queue_at(servers["rabbitmq"], "rabbitmq", prefetch=2) as broker:
        publish(broker, 1, 2)
        consumer: Any = broker.consumer()
        held = take_all(consumer, 2)
        consumer._on_cancel(None)
        publish(broker, 3)
        old = replace(held[0], taken_at=held[0].taken_at - 1800.0)
        assert not consumer.acknowledge(old)
        assert consumer.acknowledge(held[1])
        # The server knows nothing of it, and returns the first with the old channel.
        assert [delivery.message.key for delivery in take_all(consumer, 2)] == [1, 3]
        consumer.close()


def test_rabbitmq_says_why_it_closes_a_channel_for_another_reason(servers: Servers) -> None:
    with queue_at(servers["rabbitmq"], "rabbitmq") as broker:
        publish(broker, 1)
        consumer = broker.consumer()
        delivery = take(consumer)

        def acknowledge_twice() -> None:
            consumer.acknowledge(delivery)
            consumer.acknowledge(delivery)
            consumer.receive(5.0)  # the refusal comes a moment later

        with pytest.raises(BrokerError, match="unknown delivery tag"):
            acknowledge_twice()
        consumer.close()


def test_sqs_fifo_gives_one_message_of_a_group_at_a_time(servers: Servers) -> None:
    fifo = {"partitions": 2, "assignment": "locked", "late_ack": "ignored", "visibility_timeout": "20s"}
    with queue_at(servers["sqs"], "sqs", **fifo) as broker:
        publish(broker, 0, 2, 1)
        one, other = broker.consumer(), broker.consumer()
        first = take(one)
        assert first.message == message(0)
        assert take(other).message == message(1), "2 is in the group of 0"
        one.acknowledge(first)
        assert take(one).message == message(2)
        one.close()
        other.close()


def test_sqs_gives_a_message_again_as_soon_as_its_visibility_timeout_is_over(servers: Servers) -> None:
    late_s = []
    with queue_at(servers["sqs"], "sqs") as broker:  # 1 s
        idle = broker.consumer()
        for number in range(4):
            publish(broker, number)
            first = take(broker.consumer())  # which says no more
            time.sleep(0.2 * number)  # so that the looks begin at another moment each time
            again = take(idle)
            late_s.append(again.taken_at - first.taken_at - 1.0)
            idle.acknowledge(again)
        idle.close()
    assert min(late_s) > -0.1
    assert sorted(late_s)[2] < 0.3  # of a second that moto would let pass


def test_sqs_brings_a_failed_message_back_after_whole_seconds(servers: Servers) -> None:
    more = {"failure": "requeue", "retry_delays_s": (2.0,), "visibility_timeout": "20s"}
    with queue_at(servers["sqs"], "sqs", **more) as broker:
        publish(broker, 5)
        consumer = broker.consumer()
        consumer.fail(take(consumer), 2.0, last=False)
        failed_at = time.monotonic()
        assert 1.9 <= take(consumer).taken_at - failed_at <= 2.0 + 1.0
        consumer.close()


@pytest.mark.parametrize("kind", ["kafka", *KAFKA_ITSELF])
def test_each_partition_of_kafka_has_one_reader(kind: str, servers: Servers) -> None:
    with queue_at(servers[kind], kind, partitions=2, workers=2) as broker, ThreadPoolExecutor(2) as pool:
        ready, is_over = [Event(), Event()], Event()

        def read(which: int) -> list[int]:
            consumer, keys = broker.consumer(which + 1), list[int]()
            ready[which].set()
            while not is_over.is_set():
                for delivery in consumer.receive(0.1):
                    keys.append(delivery.message.key)
                    consumer.acknowledge(delivery)
            consumer.close()
            return keys

        readers = [pool.submit(read, which) for which in (1, 0)]
        assert all(one.wait(30) for one in ready)
        publish(broker, *range(6))
        time.sleep(2.0)
        is_over.set()
        assert [reader.result() for reader in readers] == [[1, 3, 5], [0, 2, 4]]  # in their order


@pytest.mark.parametrize("kind", KAFKA_ITSELF)
def test_the_topics_of_kafka_are_there_for_the_run_and_not_longer(kind: str, servers: Servers) -> None:
    before = topics_of(servers[kind])
    with queue_at(servers[kind], kind, partitions=3) as broker:
        name = broker.wanted.name  # type: ignore[attr-defined]
        assert topics_of(servers[kind]) == before | {name: 3, f"{name}-dead": 1}
    deadline = time.monotonic() + 5.0  # a broker forgets them a moment after it has said so
    while topics_of(servers[kind]) != before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert topics_of(servers[kind]) == before


def test_times_that_the_broker_keeps_and_refuses_are_told(servers: Servers) -> None:
    times = {"crash_detection": "uniform(500ms, 700ms)"}  # a session of less than a second
    broker = broker_class("kafka://")(servers["new-kafka"], wanted("kafka", times))
    with pytest.raises(
        ScenarioError, match=r"consumer\.session\.timeout\.ms 600, .* this Kafka refuses that"
    ):
        broker.create()
    assert broker.remove() == ""
    assert broker.topic not in topics_of(servers["new-kafka"])


def test_the_mock_of_kafka_has_the_classic_protocol_only(servers: Servers) -> None:
    broker = new_broker(f"{servers['kafka']}?group.protocol=consumer", "kafka")
    with pytest.raises(ScenarioError, match=r"the mock of Kafka does not know group\.protocol=consumer"):
        broker.create()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_is_no_kafka_is_told_soon_with_a_cure(answer: bytes) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        ThreadPoolExecutor(1) as pool,
        ExitStack() as callers,
    ):

        def listen() -> None:
            with suppress(OSError):
                while True:
                    caller = callers.enter_context(server.accept()[0])
                    caller.sendall(answer)
                    if answer:
                        caller.close()

        pool.submit(listen)
        began = time.monotonic()
        with pytest.raises(BrokerError, match="does not answer as Kafka does: is it the port of its clients"):
            new_broker(f"kafka://127.0.0.1:{server.getsockname()[1]}", "kafka").create()
        assert time.monotonic() - began < 7.0
        server.shutdown(socket.SHUT_RDWR)


def test_a_kafka_that_has_just_begun_is_asked_twice(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient

    asked, ask = list[float](), AdminClient.list_topics

    def answers_at_last(client: AdminClient, *args: Any, **more: Any) -> Any:
        asked.append(1)
        if len(asked) == 1:
            raise KafkaException(KafkaError(KafkaError._PARTIAL))
        return ask(client, *args, **more)

    url = servers["kafka"]
    monkeypatch.setattr(AdminClient, "list_topics", answers_at_last)
    with queue_at(url, "kafka"):
        assert len(asked) >= 2


def test_the_mock_of_kafka_says_how_many_partitions_it_has(servers: Servers) -> None:
    broker = new_broker(servers["kafka"], "kafka", partitions=5)
    with pytest.raises(
        ScenarioError,
        match=r"from the mock of Kafka: its topics have 4; it runs with  --set queue\.partitions=4",
    ):
        broker.create()
