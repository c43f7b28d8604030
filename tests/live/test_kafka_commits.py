"""Commits that Kafka does not answer: the group is being rebalanced, or nobody is there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from live.servers import (
    KAFKA_ITSELF,
    Servers,
    nothing_comes,
    publish,
    queue_at,
    skip_unless_there,
    started,
    take,
)
from live.test_started_servers import SERVERS, processes_of
from surface.processes import environment
from syncasync_sim.live.protocol import BrokerError


def test_work_goes_on_while_the_group_waits_for_a_dead_member_and_is_committed_then(servers: Servers) -> None:
    url = servers["real-kafka"]
    with (
        queue_at(url, "real-kafka", partitions=2, workers=2) as broker,
        process_of_a_member(url, broker) as dying,
        ThreadPoolExecutor(1) as pool,
    ):
        member: Any = broker.consumer(2)
        topic = broker.wanted.name  # type: ignore[attr-defined]
        [own] = [partition.partition for partition in partitions_of(member)]
        keys = [own + 2 * number for number in range(4)]
        publish(broker, *keys)
        assert member.acknowledge(take(member))
        dying.kill()
        dying.wait()
        joining = pool.submit(broker.consumer, 1)
        time.sleep(1.5)  # the member works; its client hears of it with the next heartbeat, and joins again
        began = time.monotonic()
        for key in keys[1:]:
            delivery = take(member)
            assert delivery.message.key == key
            assert member.acknowledge(delivery)
        assert time.monotonic() - began < 3.0, "the session of the dead one lasts 6 s"
        assert not joining.done()
        while not joining.done():
            assert not member.receive(0.1)
        joining.result().close()
        assert nothing_comes(member, 0.5)
        [there] = member._consumer.committed([TopicPartition(topic, own)], 10)
        assert there.offset == len(keys)
        member.close()


@contextmanager
def process_of_a_member(url: str, broker: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that is a member of the group, and may be killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "live.holder", url, json.dumps(broker.wanted.to_data())],
        stdout=subprocess.PIPE, text=True, env={**environment(), "PYTHONPATH": "tests"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def partitions_of(member: Any) -> list[Any]:
    """The partitions of a member, once it has some."""
    deadline = time.monotonic() + 30
    while not (its := member._consumer.assignment()) and time.monotonic() < deadline:
        member.receive(0.1)
    return list(its)


@pytest.mark.parametrize("kind", KAFKA_ITSELF)
def test_a_broker_that_is_frozen_ends_a_worker_in_one_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_unless_there(kind)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with started(kind) as url, queue_at(url, kind) as broker:
        listed = processes_of(tmp_path).items()
        server = [id_ for id_, line in listed if SERVERS[-1] in line and "live.watchdog" not in line]
        publish(broker, 1)
        consumer = broker.consumer()
        delivery = take(consumer)
        for id_ in server:
            os.kill(id_, signal.SIGSTOP)
        try:
            assert consumer.acknowledge(delivery)  # it is on its way
            with pytest.raises(BrokerError) as error:
                take(consumer, 60)
        finally:
            for id_ in server:
                os.kill(id_, signal.SIGCONT)
        assert str(error.value).startswith(url)
        assert "\n" not in str(error.value)
        consumer.close()
