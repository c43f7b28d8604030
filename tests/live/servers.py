"""The servers that the tests of the adapters talk to: one of each kind per test process, once asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from syncasync_sim.live import servers
from syncasync_sim.live.protocol import ADAPTERS, Broker, Delivery, Message, Observer, QueueRequirements
from syncasync_sim.model.brokers import preset_name
from syncasync_sim.model.queue_parts import Queue

QUICK: Mapping[str, Mapping[str, object]] = {
    "redis": {"visibility_timeout": "uniform(1s, 1.3s)"},
    "sqs": {"visibility_timeout": "1s"},
    "rabbitmq": {},
    "kafka": {"crash_detection": "uniform(5.4s, 6.6s)"},
    "real-kafka": {"crash_detection": "uniform(5.4s, 6.6s)"},
    "new-kafka": {"crash_detection": "uniform(5.4s, 6.6s)"},
}
"""Kind of server: fields beside its preset that make it quick to test."""


KAFKA_ITSELF = {"real-kafka": "kafka", "new-kafka": "kafka?group.protocol=consumer"}
"""Kafka with either protocol of consumers: what `--start` takes for it. `kafka` is the mock here."""
REAL_KAFKA = os.environ.setdefault("SYNCASYNC_TEST_KAFKA_HOME", os.environ.pop("KAFKA_HOME", ""))
"""Where Kafka is; under another name, also for the other test processes, so that `kafka` is the mock."""


def skip_unless_there(kind: str) -> None:
    """RabbitMQ and Kafka are no Python packages, so they may be missing; the others come with the tests."""
    if kind in KAFKA_ITSELF and not REAL_KAFKA:
        pytest.skip("Kafka is not here, or KAFKA_HOME does not say where (docs/live-brokers.md)")
    places = Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists(), shutil.which("rabbitmq-server")
    if kind == "rabbitmq" and not any(places):
        pytest.skip("RabbitMQ is not installed (apt-get install rabbitmq-server)")


Change = Callable[[Path, servers.Ports], object]


@contextmanager
def started(kind: str, change: Change | None = None) -> Iterator[str]:
    """The URL of a server of that kind, as `live --start` has it; *change* may write into its settings."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        if change is not None:
            name = preset_name(KAFKA_ITSELF.get(kind, kind).partition("?")[0])
            changed = _changed(servers.SERVERS[name], change)
            patch.setattr(servers, "SERVERS", {**servers.SERVERS, name: changed})
        if kind in KAFKA_ITSELF:
            patch.setenv("KAFKA_HOME", REAL_KAFKA)
        url = stack.enter_context(servers.started(KAFKA_ITSELF.get(kind, kind)))
        patch.undo()
        yield url


def _changed(start: Callable[[Path, servers.Ports], servers.Command], change: Change) -> Any:
    def changed(folder: Path, ports: servers.Ports) -> servers.Command:
        command = start(folder, ports)
        change(folder, ports)
        return command

    return changed


class Servers:
    """By kind, the URL of a server that is kept until the end of the tests."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack, self._urls = stack, dict[str, str]()

    def __getitem__(self, kind: str) -> str:
        skip_unless_there(kind)
        if kind not in self._urls:
            self._urls[kind] = self._stack.enter_context(started(kind))
        return self._urls[kind]


def broker_class(url: str) -> Any:
    module, name = ADAPTERS[url.partition("://")[0]]
    return getattr(import_module(f"syncasync_sim.live.{module}"), name)


def wanted(preset: str, fields: Mapping[str, object] | None = None, **more: Any) -> QueueRequirements:
    """What a run may want, with a preset and *fields* of the queue beside it."""
    usual: dict[str, Any] = {
        "name": f"test-{uuid4().hex[:10]}",
        "queue": Queue.model_validate({"broker": preset, **(fields or {})}),
        "workers": 1,
        "renew": False,
        "speed": 1.0,
        "max_deliveries": None,
        "retry_delays_s": (),
        "has_jitter": False,
        "has_host_crash": False,
    }
    return QueueRequirements(**{**usual, **more})


def new_broker(url: str, kind: str, **fields: Any) -> Broker:
    """The adapter for a new queue on the server; *fields* are those of the queue and of its requirements."""
    of_run = {name: fields.pop(name) for name in QueueRequirements.__slots__ if name in fields}
    adapter = broker_class(url)
    broker: Broker = adapter(url, wanted(adapter.preset, {**QUICK[kind], **fields}, **of_run))
    assert not broker.unsupported()
    return broker


@contextmanager
def queue_at(url: str, kind: str, **fields: Any) -> Iterator[Broker]:
    """The same, made, and removed at the end."""
    broker = new_broker(url, kind, **fields)
    broker.create()
    try:
        yield broker
    finally:
        broker.remove()


def message(number: int) -> Message:
    return Message(b"message %d" % number, number)


def publish(broker: Broker, *numbers: int) -> None:
    with closing(broker.publisher()) as publisher:
        for number in numbers:
            publisher.publish(message(number))


def take(consumer: Any, within_s: float = 30.0) -> Delivery:
    """The next delivery; there must be one, and no more."""
    deadline = monotonic() + within_s
    while monotonic() < deadline:
        if taken := consumer.receive(0.1):
            (delivery,) = taken
            assert isinstance(delivery, Delivery)
            return delivery
    pytest.fail(f"nothing came within {within_s} s")


def take_all(consumer: Any, count: int, within_s: float = 30.0) -> list[Delivery]:
    """The next deliveries, so many and no more."""
    taken, deadline = list[Delivery](), monotonic() + within_s
    while len(taken) < count and monotonic() < deadline:
        taken += consumer.receive(0.1)
    assert len(taken) == count
    return taken


def topics_of(url: str) -> dict[str, int]:
    """The topics of a Kafka but its own, each with its number of partitions."""
    from confluent_kafka.admin import AdminClient

    there = AdminClient({"bootstrap.servers": urlsplit(url).netloc}).list_topics(timeout=10.0).topics
    return {name: len(topic.partitions) for name, topic in there.items() if not name.startswith("__")}


def nothing_comes(consumer: Any, for_s: float) -> bool:
    deadline = monotonic() + for_s
    while monotonic() < deadline:
        if consumer.receive(0.1):
            return False
    return True


def dead_letters(observer: Observer) -> list[Message]:
    """Those that have come within two seconds, or as soon as there are some."""
    found, deadline = list[Message](), monotonic() + 2.0
    while not found and monotonic() < deadline:
        found += observer.dead_letters()
    return found
