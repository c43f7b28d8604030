"""`live --sweep`: what killed runs have left on a broker is listed, and removed when that is wanted."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from live.servers import Servers, new_broker, publish, skip_unless_there
from live.servers import started as server
from live.test_endings import started
from surface.processes import environment, syncasync
from syncasync_sim.live.leftovers import leftovers, remove
from syncasync_sim.live.protocol import BrokerError
from syncasync_sim.live.servers import Ports

RUN = "syncasync-0123456789ab"
MINE = "syncasync-notes"
"""A name that no run gives."""


@pytest.fixture(scope="module")
def managed_rabbitmq() -> Iterator[str]:
    """A RabbitMQ with its management plugin."""
    skip_unless_there("rabbitmq")
    at = list[int]()

    def with_management(folder: Path, ports: Ports) -> None:
        at.append(ports.take())
        (folder / "plugins").write_text("[rabbitmq_management].\n")
        with (folder / "rabbitmq.conf").open("a") as settings:
            settings.write(f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {at[0]}\n")

    with server("rabbitmq", with_management) as url:
        yield f"{url}?management_port={at[0]}"


@pytest.fixture(scope="module")
def own_redis() -> Iterator[str]:
    """A server without what runs of other tests have left."""
    with server("redis") as url:
        yield url


def url_of(kind: str, request: pytest.FixtureRequest) -> str:
    if kind in ("redis", "rabbitmq"):
        return str(request.getfixturevalue("own_redis" if kind == "redis" else "managed_rabbitmq"))
    return str(request.getfixturevalue("servers")[kind])


def until_listed(url: str, expected: dict[str, int]) -> dict[str, int]:
    """What this file has left, once it is as expected; runs of other tests may have left something, too.

    A management plugin comes to know a queue some seconds later.
    """
    deadline = time.monotonic() + 10
    while (found := left_by_this_file(url)) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def left_by_this_file(url: str) -> dict[str, int]:
    return {name: number for name, number in leftovers(url).items() if name.startswith((RUN, MINE))}


@pytest.mark.parametrize("kind", ["redis", "sqs", "rabbitmq", "real-kafka"])
def test_what_a_run_leaves_is_listed_and_removed_and_nothing_else(
    kind: str, request: pytest.FixtureRequest
) -> None:
    url = url_of(kind, request)
    left, mine = (new_broker(url, kind, name=name) for name in (RUN, MINE))
    for broker in (left, mine):
        broker.create()
    publish(left, 1, 2, 3)
    try:
        dead = (
            {} if kind in ("redis", "sqs") else {f"{RUN}-dead": 0}
        )  # made with the first dead letter, or limit
        assert until_listed(url, {RUN: 3, **dead}) == {RUN: 3, **dead}
        assert remove(url, [RUN, *dead]) == {}
        assert until_listed(url, {}) == {}
        publish(mine, 1)
    finally:
        for broker in (left, mine):
            broker.remove()


@pytest.mark.parametrize("by", ["a run", "a sweep", "a sweep by the URL of the other protocol"])
def test_the_times_of_a_group_of_kafka_go_with_its_topics(by: str, servers: Servers) -> None:
    url = servers["new-kafka"]
    left: Any = new_broker(url, "new-kafka", name=RUN)
    left.create()
    assert left._has_times(RUN)
    if by == "a run":
        assert left.remove() == ""
    else:
        where = url if by == "a sweep" else url.partition("?")[0]
        assert remove(where, [RUN, f"{RUN}-dead"]) == {}
    assert not left._has_times(RUN)
    assert until_listed(url, {}) == {}


def test_a_rabbitmq_without_its_management_plugin_says_what_to_do(servers: Servers) -> None:
    with pytest.raises(BrokerError, match="and at port 1 there is none: Connection refused"):
        leftovers(f"{servers['rabbitmq']}?management_port=1")


def test_a_killed_run_is_swept(own_redis: str, tmp_path: Path) -> None:
    url = own_redis
    program = started(tmp_path, "--mode", "async", "--speed", "0.1", "--broker", url)
    program.send_signal(signal.SIGKILL)
    program.communicate()
    listed = syncasync("live", "--sweep", url)
    assert listed.returncode == 0
    assert re.search(rf"Left on {url}:\n  syncasync-[0-9a-f]{{12}}  +\d+ message", listed.stdout)
    assert listed.stderr == "Nothing is removed; with --yes it is.\n"
    swept = syncasync("live", "--sweep", url, "--yes")
    assert swept.returncode == 0, swept.stderr
    assert "Removed: 1 of 1." in swept.stdout
    assert syncasync("live", "--sweep", url).stdout == f"Nothing of syncasync-sim is left on {url}.\n"


@pytest.mark.parametrize(("answer", "is_left"), [("y", False), ("n", True), ("", True), ("\x03", True)])
def test_on_a_terminal_it_asks(answer: str, is_left: bool, own_redis: str) -> None:
    url = own_redis
    broker = new_broker(url, "redis", name=RUN)
    broker.create()
    try:
        child = pexpect.spawn(
            sys.executable, ["-m", "syncasync_sim", "live", "--sweep", url], env=environment(), timeout=30
        )
        child.expect("Remove it.*N. ")
        child.send(answer) if answer == "\x03" else child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == (130 if answer == "\x03" else 0)
        assert (RUN in leftovers(url)) == is_left
    finally:
        broker.remove()


def test_what_cannot_be_removed_is_named(own_redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise BrokerError("no permission")

    monkeypatch.setattr("syncasync_sim.live.redis_adapter.RedisStreams.drop", refuses)
    assert remove(own_redis, [RUN]) == {RUN: "no permission"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--sweep", "sqlite:"), "the next run removes it"),
        (("checkout", "--sweep", "redis://h"), "--sweep runs nothing: leave the scenario out"),
        ((), "Missing argument 'SCENARIO'"),
        (("--sweep", "http://me:s3cr3t@h"), "'http://***@h' is no broker's URL"),
    ],
)
def test_a_mistake_is_told(arguments: tuple[str, ...], told: str) -> None:
    program = syncasync("live", *arguments)
    assert program.returncode == 2
    assert told in " ".join(program.stderr.split())
