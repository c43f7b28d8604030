"""A message that somebody else has written into the queue of a run ends it in one line that says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from live.for_real import nothing_left, small
from live.servers import Servers, queue_at
from syncasync_sim.experiment import on_broker
from syncasync_sim.live.leftovers import leftovers
from syncasync_sim.live.measure import Measured, measure
from syncasync_sim.live.payload import Payload
from syncasync_sim.live.protocol import BrokerError

TOLD = "the queue holds a message that this run has not published: somebody else writes there"


def to_redis(broker: Any, queue: str, body: str) -> None:
    with broker.connect() as client:
        client.xadd(queue, {"text": body})


def to_rabbitmq(broker: Any, queue: str, body: str) -> None:
    with broker.connect() as connection:
        connection.channel().basic_publish("", queue, body.encode())


def to_sqs(broker: Any, queue: str, body: str) -> None:
    client = broker.connect()
    client.send_message(QueueUrl=client.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody=body)


WAYS: Mapping[str, Callable[[Any, str, str], None]] = {
    "redis": to_redis,
    "rabbitmq": to_rabbitmq,
    "sqs": to_sqs,
}


def for_some_time(look: Callable[[], object]) -> None:
    deadline = monotonic() + 30
    while monotonic() < deadline:
        look()


@pytest.mark.parametrize("kind", WAYS)
def test_a_worker_tells_that_somebody_else_writes_into_its_queue(kind: str, servers: Servers) -> None:
    with queue_at(servers[kind], kind) as broker, closing(broker.consumer()) as consumer:
        WAYS[kind](broker, broker.wanted.name, "hello")  # type: ignore[attr-defined]
        with pytest.raises(BrokerError, match=f"^{TOLD}$"):
            for_some_time(lambda: consumer.receive(0.1))


@pytest.mark.parametrize("kind", WAYS)
def test_so_does_who_looks_at_the_dead_letters(kind: str, servers: Servers) -> None:
    with (
        queue_at(servers[kind], kind, max_deliveries=2) as broker,
        closing(broker.observer()) as observer,
    ):
        WAYS[kind](broker, broker.dead, "hello")  # type: ignore[attr-defined]
        with pytest.raises(BrokerError, match=f"^{TOLD}$"):
            for_some_time(observer.dead_letters)


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"hello", b"\xff", b"7", b"[]", b'{"request": 1}'),
        b'{"request": "1", "customer": 1, "click": 0, "step": 2}',
    ],
)
def test_what_is_no_payload_is_told(text: bytes) -> None:
    with pytest.raises(BrokerError, match=f"^{TOLD}$"):
        Payload.read(text)
    assert Payload.read(Payload(1, 2, 3, 4).write()) == Payload(1, 2, 3, 4)


def test_a_run_into_which_somebody_else_writes_ends_in_one_line(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, done = servers["redis"], list[Measured]()
    there = leftovers(url)
    scenario = on_broker(small('traffic={"rate":"2/s","for":"60s"}'), "redis")

    def write() -> None:
        import redis

        with redis.Redis.from_url(url) as client:
            while not (new := leftovers(url).keys() - there.keys()) and not done:
                sleep(0.02)
            for name in new:
                client.xadd(name, {"body": "hello", "key": 1})

    with nothing_left(monkeypatch, tmp_path):
        stranger = Thread(target=write)
        stranger.start()
        done.append(measure(scenario, "async", seed=1, url=url))
        stranger.join()
    assert done[0].trouble == TOLD
    assert done[0].trace.partial
    assert leftovers(url) == there
