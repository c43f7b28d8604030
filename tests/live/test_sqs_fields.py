"""What docs/live-brokers.md says becomes of the fields of `queue` on SQS, on each emulator that is here.

Each row of the table has a function of its name, which fails if the emulator or the adapter does otherwise.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from live.servers import (
    Servers,
    dead_letters,
    message,
    new_broker,
    nothing_comes,
    publish,
    queue_at,
    take,
    wanted,
)
from syncasync_sim import load_scenario, simulate, summarise
from syncasync_sim.cli.live_run import LiveRun
from syncasync_sim.cli.signals import Stop
from syncasync_sim.live import moto_server
from syncasync_sim.live.measure import measure
from syncasync_sim.live.sqs_adapter import Sqs
from syncasync_sim.trace.records import DeliveryOutcome

PAGE = Path(__file__).parents[2] / "docs" / "live-brokers.md"
FIFO: dict[str, Any] = {"partitions": 2, "assignment": "locked", "late_ack": "ignored"}
LONG = "20s"


@contextmanager
def process(port: int, *command: str) -> Iterator[str]:
    """The URL of a server that is run here."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 60.0
            while time.monotonic() < deadline:
                assert server.poll() is None, "it has ended"
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
                    break
                time.sleep(0.05)
            yield f"sqs+http://127.0.0.1:{port}"
        finally:
            server.kill()


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def other_moto() -> Iterator[str]:
    port = free_port()
    with process(port, sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)) as url:
        yield url


@pytest.fixture(scope="module")
def elasticmq() -> Iterator[str]:
    home = os.environ.get("ELASTICMQ_HOME")
    if not home:
        pytest.skip("ElasticMQ is not here, or ELASTICMQ_HOME does not say where (docs/live-brokers.md)")
    port = free_port()
    settings = [
        f"-Dnode-address.port={port}", f"-Drest-sqs.bind-port={port}",
        "-Drest-sqs.bind-hostname=127.0.0.1", "-Drest-stats.enabled=false",
    ]  # fmt: skip
    with process(port, "java", *settings, "-cp", f"{home}/*", "org.elasticmq.server.Main") as url:
        yield url


@pytest.fixture(params=["moto", "elasticmq"])
def url(request: pytest.FixtureRequest, servers: Servers) -> str:
    return servers["sqs"] if request.param == "moto" else str(request.getfixturevalue("elasticmq"))


def ack(url: str) -> None:
    with queue_at(url, "sqs", ack="before") as broker:
        publish(broker, 5)
        first = broker.consumer()
        assert first.acknowledge(take(first))
        assert nothing_comes(broker.consumer(), 1.6)


def crash_detection(url: str) -> None:
    comes_back(url, 1.0, forget=lambda consumer: consumer._client.close())


def host_crash_detection(url: str) -> None:
    comes_back(url, 1.0, forget=lambda _: None, host_crash_detection="none")


def visibility_timeout(url: str) -> None:
    comes_back(url, 2.0, forget=lambda _: None, visibility_timeout="2s")


def comes_back(url: str, after_s: float, *, forget: Callable[[Any], None], **fields: Any) -> None:
    """Nobody notices that a worker is gone: its message is visible again when its time is over."""
    with queue_at(url, "sqs", **fields) as broker:
        publish(broker, 5)
        dead = broker.consumer()
        first = take(dead)
        forget(dead)
        assert broker.observer().waiting() == 0
        again = take(broker.consumer())
        assert after_s - 0.05 <= again.taken_at - first.taken_at <= after_s + 0.5
        assert (again.message, first.number, again.number) == (message(5), 1, 2)


def failure(url: str) -> None:
    with queue_at(url, "sqs", visibility_timeout="2s") as broker:  # the preset's: timeout
        publish(broker, 5)
        consumer = broker.consumer()
        first = take(consumer)
        consumer.fail(first, 0.0, last=False)
        assert take(consumer).taken_at - first.taken_at >= 1.95
    with queue_at(url, "sqs", visibility_timeout=LONG, failure="requeue", retry_delays_s=(0.0,)) as broker:
        publish(broker, 5)
        consumer = broker.consumer()
        first = take(consumer)
        consumer.fail(first, 0.0, last=False)
        assert take(consumer).taken_at - first.taken_at < 1.0
    with queue_at(url, "sqs", visibility_timeout="2s", failure="requeue", retry_delays_s=(0.0,)) as broker:
        publish(broker, 5)
        late, other = broker.consumer(), broker.consumer()
        first, again = take(late), take(other)
        late.fail(first, 0.0, last=False)
        assert take(late).taken_at - again.taken_at >= 1.95, "a late failure changes nothing"


def a_retry_delay(url: str) -> None:
    with queue_at(url, "sqs", visibility_timeout=LONG, failure="requeue", retry_delays_s=(2.0,)) as broker:
        publish(broker, 5)
        consumer = broker.consumer()
        first = take(consumer)
        consumer.fail(first, 2.0, last=False)
        assert 1.95 <= take(consumer).taken_at - first.taken_at <= 2.6


def the_limit_of_deliveries(url: str) -> None:
    more = {"visibility_timeout": LONG, "failure": "requeue", "retry_delays_s": (0.0,)}
    with queue_at(url, "sqs", max_deliveries=3, **more) as broker:
        publish(broker, 5)
        consumer = broker.consumer()
        for number in (1, 2, 3):
            delivery = take(consumer)
            assert delivery.number == number
            consumer.fail(delivery, 0.0, last=number == 3)
        assert nothing_comes(consumer, 0.5)


def limit_counts(url: str) -> None:
    with queue_at(url, "sqs", max_deliveries=2, limit_counts="failures") as broker:
        publish(broker, 5)
        silent, observer = broker.consumer(), broker.observer()
        assert [take(broker.consumer()).number for _ in range(2)] == [1, 2]
        assert nothing_comes(silent, 1.6), "a delivery that timed out counts"
        assert dead_letters(observer) == [message(5)]


def dead_letter(url: str) -> None:
    more = {"visibility_timeout": LONG, "failure": "requeue", "retry_delays_s": (0.0,), "max_deliveries": 1}
    for wants in (True, False):
        with queue_at(url, "sqs", dead_letter=wants, **more) as broker:
            publish(broker, 5)
            consumer: Any = broker.consumer()
            observer, asked = broker.observer(), ["RedrivePolicy"]
            got = consumer._client.get_queue_attributes(QueueUrl=consumer._queue, AttributeNames=asked)
            policy = json.loads(got["Attributes"]["RedrivePolicy"])
            assert policy["deadLetterTargetArn"].endswith("-dead")
            assert int(policy["maxReceiveCount"]) == 1
            consumer.fail(take(consumer), 0.0, last=True)
            assert nothing_comes(consumer, 0.3)
            assert dead_letters(observer) == ([message(5)] if wants else [])
            assert not observer.dead_letters(), "it is told once"


def capacity(url: str) -> None:
    with queue_at(url, "sqs") as broker:
        publish(broker, *range(40))
        assert broker.observer().waiting() == 40
    assert_only("capacity", 40, "unlimited")


def prefetch(url: str) -> None:
    with queue_at(url, "sqs", prefetch=3, visibility_timeout=LONG) as broker:
        publish(broker, *range(5))
        consumer = broker.consumer()
        held = list(consumer.receive(0.5))
        assert [delivery.message.key for delivery in held] == [0, 1, 2], "one receive brings them"
        assert not consumer.receive(0.2)
        assert consumer.acknowledge(held[1])
        assert take(consumer).message.key == 3
    with queue_at(url, "sqs", prefetch=10, visibility_timeout=LONG) as broker:
        publish(broker, *range(12))
        assert len(broker.consumer().receive(0.5)) == 10


def deal(url: str) -> None:
    with queue_at(url, "sqs", visibility_timeout=LONG) as broker:
        idle, busy = broker.consumer(), broker.consumer()
        publish(broker, 1, 2, 3)
        take(busy)
        assert not busy.receive(0.0)
        assert broker.observer().waiting() == 2, "who does not ask gets nothing"
        assert take(idle).message == message(2)
    assert_only("deal", "round_robin", "least_held")


def partitions(url: str) -> None:
    with queue_at(url, "sqs", **FIFO, visibility_timeout="2s") as broker:
        publish(broker, 0, 2, 1, 4)
        one, other, third = broker.consumer(), broker.consumer(), broker.consumer()
        first = take(one)
        assert first.message == message(0)
        second = take(other)
        assert second.message == message(1), "2 is in the group of 0"
        assert other.acknowledge(second)
        assert nothing_comes(third, 0.3)
        again = take(third)
        assert again.message == message(0), "a group keeps its order when a message comes back"
        assert third.acknowledge(again)
        assert take(third).message == message(2), "and is free when its message is deleted"


def rebalance(url: str) -> None:
    with queue_at(url, "sqs", **FIFO, visibility_timeout=LONG) as broker:
        publish(broker, 0, 1)
        first = broker.consumer()
        held = take(first)
        second = broker.consumer()
        began = time.monotonic()
        assert take(second).message == message(1)
        assert time.monotonic() - began < 0.5, "who joins does not wait"
        assert first.acknowledge(held), "and takes nothing away"


def late_ack(url: str) -> None:
    with queue_at(url, "sqs") as broker:
        publish(broker, 5)
        slow = broker.consumer()
        first = take(slow)
        time.sleep(1.2)
        assert slow.acknowledge(first)
        assert nothing_comes(slow, 1.2), "nobody had taken it again"
        publish(broker, 6)
        other, third = broker.consumer(), broker.consumer()
        first, again = take(slow), take(other)
        slow.acknowledge(first)
        last = take(third)
        assert (last.message, last.number) == (message(6), 3), "another worker had it"
        assert last.taken_at - again.taken_at >= 0.95
        assert third.acknowledge(last)
        other.acknowledge(again)
        assert nothing_comes(slow, 1.2)


def fifo_late_ack(url: str) -> None:
    with queue_at(url, "sqs", **FIFO) as broker:
        publish(broker, 5)
        slow = broker.consumer()
        first = take(slow)
        time.sleep(1.2)
        assert not slow.acknowledge(first)
        again = take(slow)
        assert (again.message, again.number) == (message(5), 2)
        assert not slow.acknowledge(first)
        assert slow.acknowledge(again)
        assert nothing_comes(slow, 1.2)


def workers_renew(url: str) -> None:
    for renews in (True, False):
        with queue_at(url, "sqs", renew=renews, visibility_timeout="2s") as broker:
            publish(broker, 5)
            slow, other = broker.consumer(), broker.consumer()
            delivery = take(slow)
            slow.work(delivery, 2.6)
            assert nothing_comes(other, 0.4) == renews
            slow.acknowledge(delivery)


def assert_only(field: str, refused: object, cure: str) -> None:
    [problem] = Sqs("sqs+http://127.0.0.1:1", wanted("sqs", {field: refused})).unsupported()
    assert problem.startswith(f"queue.{field}: {refused} cannot be had from SQS")
    assert problem.endswith(f"choose {cure}")


ROWS: dict[str, Callable[[str], None]] = {
    "ack: before": ack,
    "crash_detection": crash_detection,
    "host_crash_detection": host_crash_detection,
    "visibility_timeout": visibility_timeout,
    "failure": failure,
    "a retry delay": a_retry_delay,
    "the limit of deliveries": the_limit_of_deliveries,
    "limit_counts: failures": limit_counts,
    "dead_letter": dead_letter,
    "capacity": capacity,
    "prefetch": prefetch,
    "deal": deal,
    "partitions": partitions,
    "rebalance": rebalance,
    "late_ack": late_ack,
    "workers.renew": workers_renew,
}


@pytest.mark.parametrize("row", ROWS)
def test_sqs_does_what_the_table_says(row: str, url: str) -> None:
    ROWS[row](url)


def test_a_late_acknowledgement_on_a_fifo_queue_is_refused(servers: Servers) -> None:
    fifo_late_ack(servers["sqs"])


def test_each_row_of_the_table_is_tested() -> None:
    table = (
        PAGE.read_text()
        .partition("## What becomes of the fields of `queue`")[2]
        .partition("\n\n`publish`")[0]
    )
    rows = [line.split(" | ")[0].strip("| ").replace("`", "") for line in table.strip().splitlines()[2:]]
    assert rows == list(ROWS)


def test_no_two_receives_get_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.sqs.models import Message, SQSBackend

    def slowly(received: Any, **more: Any) -> None:
        time.sleep(0.1)  # between finding it and marking it
        mark(received, **more)

    mark, receive = Message.mark_received, moto_server.receiving(SQSBackend.receive_message)
    monkeypatch.setattr(Message, "mark_received", slowly)
    backend = SQSBackend("us-east-1", "123456789012")
    backend.create_queue("orders", {})
    sent = [backend.send_message("orders", body).id for body in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(lambda _: receive(backend, "orders", 1, 0, 20), range(2)))
    assert sorted(message.id for [message] in got) == sorted(sent)


def test_what_another_moto_does_otherwise_is_told_and_true(other_moto: str) -> None:
    with queue_at(other_moto, "sqs") as broker:
        server = broker.create()
        assert str(server) == "moto of unknown version (emulator)"
        assert server.differs.startswith("a late acknowledgement deletes there when another worker has")
        publish(broker, 5)
        slow, other = broker.consumer(), broker.consumer()
        first = take(slow)
        take(other)
        slow.acknowledge(first)
        assert nothing_comes(slow, 2.5)


def test_what_elasticmq_does_otherwise_is_told_and_true(elasticmq: str) -> None:
    assert new_broker(elasticmq, "sqs").create().differs == ""
    with queue_at(elasticmq, "sqs", **FIFO) as broker:
        server = broker.create()
        assert server.name == "ElasticMQ"
        assert server.differs.startswith("a late acknowledgement deletes there if nobody has taken")
        publish(broker, 5)
        slow = broker.consumer()
        first = take(slow)
        time.sleep(1.2)
        assert slow.acknowledge(first)
        assert nothing_comes(slow, 1.5)


def test_a_run_prints_what_its_server_does_otherwise(other_moto: str, servers: Servers) -> None:
    for url, told in ((other_moto, True), (servers["sqs"], False)):
        run = LiveRun(load_scenario("checkout", ["traffic.requests=2"]), 1, 10.0)
        run.check(url, ("async",))
        run.predict(("async",))
        with Stop() as stop:
            run.go(url, stop)
        lines = [
            line for line in run.warnings() if line.startswith("NOT AS THE REAL BROKER, moto of unknown")
        ]
        assert bool(lines) == told
        assert not told or "at Amazon it does not" in lines[0]


def test_work_longer_than_the_visibility_timeout_is_done_as_often_as_predicted(servers: Servers) -> None:
    scenario = load_scenario("broker-slow-work")
    live = measure(scenario, "async", seed=1, url=servers["sqs"], speed=15.0)
    for trace in (simulate(scenario, "async", seed=1), live.trace):
        summary = summarise(trace)
        assert summary.queue is not None
        assert (summary.queue.delivered, summary.queue.redelivered, summary.queue.dead_lettered) == (5, 4, 1)
        assert summary.duplicates == {"card charged": 0, "invoice made": 4}
        assert set(trace.deliveries.column("result")) == {DeliveryOutcome.IGNORED}
