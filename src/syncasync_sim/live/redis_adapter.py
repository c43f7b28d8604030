"""Redis Streams (6.2 or newer, or Valkey): a stream, a consumer group, and workers that claim what lies idle.

| field of the queue | what it becomes |
|---|---|
| `visibility_timeout` | `min-idle-time` of XAUTOCLAIM; the width of its range is how often a worker looks |
| `max_deliveries` | counted by XPENDING; the worker that claims one too many takes it away instead |
| `dead_letter` | XADD to a stream of its own, then XACK |
| `prefetch` | COUNT |
| `ack: before` | NOACK |
| `renew` | XCLAIM ... JUSTID by the owner, three times in each `min-idle-time` |
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from syncasync_sim.errors import LiveError, masked
from syncasync_sim.live.adapter_base import (
    WORKERS_ASK,
    Fixed,
    client_library,
    refusal,
    refusals,
    translate_errors,
    what_stays,
    work_in_slices,
)
from syncasync_sim.live.payload import published_by_us
from syncasync_sim.live.protocol import BEGINNING, Delivery, Message, QueueRequirements, Server

GROUP = "workers"
_LOOK_AT_LEAST_EVERY_S = 0.02
_UNLIMITED = 1000
_BEGINNING = b"0-0"
_FIXED: Fixed = {
    "capacity": (("unlimited",), "MAXLEN counts what workers hold as well, and drops that first"),
    "crash_detection": (("none",), "Redis never notices that a worker is gone"),
    "host_crash_detection": (("as crash_detection", "none"), "Redis never notices that a host is gone"),
    "redelivery": (("original",), "what is claimed is taken before anything new"),
    "failure": (("timeout",), "it has no reject; what has failed lies idle until it is claimed"),
    "partitions": (("none",), "a stream has no partitions"),
    "deal": WORKERS_ASK,
    "durable": ((True,), "what it loses when it goes down is up to how it was started"),
    "late_ack": (("accepted",), "XACK does not ask whose the message is"),
}


class RedisStreams:
    """The broker's three ends; see the protocol."""

    preset = "redis-streams"
    extra = "redis"

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        self.url, self.wanted = url, wanted
        self.stream, self.dead = wanted.name, f"{wanted.name}-dead"

    def unsupported(self) -> Sequence[str]:
        problems = refusals(self.wanted, "Redis", _FIXED) + self._odd_options()
        timeout = self.wanted.queue.visibility_timeout
        if timeout is None and self.wanted.queue.ack == "after":
            why = "nothing else brings a message back when its worker is gone"
            problems.append(
                refusal("Redis", "visibility_timeout", "none", why, "for instance uniform(30s, 30.6s)")
            )
        if timeout is not None and self.wanted.span_s(timeout)[0] < 0.001:
            why = "min-idle-time is at least a millisecond"
            problems.append(
                refusal("Redis", "visibility_timeout", timeout, why, "a longer one, or a lower --speed")
            )
        return problems

    def _odd_options(self) -> list[str]:
        """The options after the `?` of the URL that the client library does not have."""
        pool = self.connect().connection_pool
        try:
            pool.connection_class(**pool.connection_kwargs)  # connects to nobody yet
        except TypeError as error:
            return [f"the broker's URL: {masked(str(error).rpartition('() ')[2])}; leave it out"]
        return []

    def connect(self) -> Any:
        """A new connection without retries, which would blur the measured times."""
        redis = client_library("redis", self.extra)
        return redis.Redis.from_url(
            re.sub("^valkey", "redis", self.url), protocol=2, socket_connect_timeout=5.0, socket_timeout=10.0,
            retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0),
        )  # fmt: skip

    def translate_errors(self) -> Any:
        """Turn the errors of the client library into BrokerError, as `adapter_base.translate_errors`.

        A URL without sense raises ValueError in the library.
        """
        return translate_errors(self.url, client_library("redis", self.extra).RedisError, OSError, ValueError)

    def create(self) -> Server:
        with self.translate_errors(), self.connect() as client:
            info = client.info("server")
            name = {"valkey": "Valkey"}.get(info.get("server_name", ""), "Redis")
            version = str(info.get("valkey_version") or info["redis_version"])
            if tuple(map(int, str(info["redis_version"]).split(".")[:2])) < (6, 2):
                raise LiveError(f"{masked(self.url)}: {name} {version} has no XAUTOCLAIM; it came with 6.2")
            client.xgroup_create(self.stream, GROUP, id="0", mkstream=True)
        return Server(name, version)

    def publisher(self) -> _Publisher:
        """A new publisher with a connection of its own."""
        return _Publisher(self)

    def consumer(self, worker: int = 1) -> _Consumer:  # noqa: ARG002 - all alike
        return _Consumer(self)

    def observer(self) -> _Observer:
        """A new observer with a connection of its own."""
        return _Observer(self)

    def remove(self) -> str:
        return what_stays(self.url, self.wanted, self._remove)

    def _remove(self) -> None:
        with self.translate_errors(), self.connect() as client:
            client.delete(self.stream, self.dead)

    def names(self) -> Iterable[str]:
        if odd := self._odd_options():
            raise LiveError("; ".join(odd))
        with self.translate_errors(), self.connect() as client:
            return {key.decode() for key in client.scan_iter(f"{BEGINNING}*", count=1000, _type="stream")}

    def messages(self, name: str) -> int:
        with self.translate_errors(), self.connect() as client:
            return int(client.xlen(name))

    def drop(self, name: str) -> None:
        with self.translate_errors(), self.connect() as client:
            client.delete(name)


class _End:
    """A connection that may be closed at any time."""

    def __init__(self, broker: RedisStreams) -> None:
        self._broker, self._telling = broker, broker.translate_errors
        with self._telling():
            self._client = broker.connect()
            self._client.ping()

    def close(self) -> None:
        with suppress(Exception):
            self._client.close()


class _Publisher(_End):
    def publish(self, message: Message) -> None:
        with self._telling():
            self._client.xadd(self._broker.stream, _fields(message))


class _Consumer(_End):
    def __init__(self, broker: RedisStreams) -> None:
        super().__init__(broker)
        # Never the name of one that died: by it the messages of that one could be read at once.
        self._name = f"{os.getpid()}-{uuid4().hex[:8]}"
        queue = broker.wanted.queue
        self._claims = queue.ack == "after" and queue.visibility_timeout is not None
        lowest_s, highest_s = 0.0, 1.0
        if queue.visibility_timeout is not None:
            lowest_s, highest_s = broker.wanted.span_s(queue.visibility_timeout)
        self._idle_ms = max(1, round(lowest_s * 1000))
        self._look_every_s = max((highest_s - lowest_s) * 5 / 6, _LOOK_AT_LEAST_EVERY_S)
        self._renew_every_s = lowest_s / 3 if broker.wanted.renew and self._claims else None
        self._held: list[bytes] = []

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        free = (self._broker.wanted.queue.prefetch or _UNLIMITED) - len(self._held)
        deadline = time.monotonic() + wait_s
        while free > 0:
            with self._telling():
                if taken := self._claimed(free) or self._new(free, deadline - time.monotonic()):
                    return taken
            if time.monotonic() >= deadline:
                break
        return ()

    def _new(self, most: int, wait_s: float) -> list[Delivery]:
        wait_ms = round(min(wait_s, self._look_every_s) * 1000) or 1  # 0 would be for ever
        is_acknowledged = self._broker.wanted.queue.ack == "before"
        got = self._client.xreadgroup(
            GROUP, self._name, {self._broker.stream: ">"},
            count=most, block=wait_ms if wait_s > 0 else None, noack=is_acknowledged,
        )  # fmt: skip
        taken = [
            Delivery(_message(fields), time.monotonic(), id_, 1) for _, new in got for id_, fields in new
        ]
        if not is_acknowledged:
            self._held += [delivery.handle for delivery in taken]
        return taken

    def _claimed(self, most: int) -> list[Delivery]:
        """What has lain idle long enough, now this worker's; what was delivered too often is taken away.

        A call looks at ten times as many as it may bring, so one look goes on until all have been looked at.
        """
        taken: list[Delivery] = []
        cursor = _BEGINNING if self._claims else None
        while cursor is not None and not taken:
            cursor, entries, *_ = self._client.xautoclaim(
                self._broker.stream, GROUP, self._name, self._idle_ms, cursor, count=most
            )
            taken = self._counted(entries)
            cursor = None if cursor == _BEGINNING else cursor
        self._held += [delivery.handle for delivery in taken]
        return taken

    def _counted(self, entries: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> list[Delivery]:
        """What of the claimed may be delivered once more."""
        stream, most = self._broker.stream, self._broker.wanted.max_deliveries
        taken = []
        for id_, fields in entries:
            if not fields:  # it was trimmed away
                continue
            number = self._client.xpending_range(stream, GROUP, id_, id_, 1)[0]["times_delivered"]
            if most is not None and number > most:
                self._end(id_, _message(fields))
            else:
                taken.append(Delivery(_message(fields), time.monotonic(), id_, number))
        return taken

    def _end(self, id_: bytes, message: Message) -> None:
        if self._broker.wanted.queue.dead_letter:
            self._client.xadd(self._broker.dead, _fields(message))
        self._client.xack(self._broker.stream, GROUP, id_)

    def work(self, delivery: Delivery, seconds: float) -> None:
        with self._telling():
            work_in_slices(seconds, self._renew_every_s, lambda: self._touch([delivery.handle]))

    def _touch(self, ids: Sequence[bytes], idle_ms: int | None = None) -> None:
        """Set how long they have been idle, without counting it as a delivery."""
        self._client.xclaim(self._broker.stream, GROUP, self._name, 0, ids, idle=idle_ms, justid=True)

    def acknowledge(self, delivery: Delivery) -> bool:
        if self._broker.wanted.queue.ack == "before":
            return True
        self._let_go(delivery)
        with self._telling():
            return bool(self._client.xack(self._broker.stream, GROUP, delivery.handle))

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        del delay_s, last  # it lies idle; whoever claims it then sees how often it was delivered
        self._let_go(delivery)

    def stop_taking(self) -> Sequence[Delivery]:
        """Return nothing: only who asks for a message gets one."""
        return ()

    def give_back(self, delivery: Delivery) -> None:
        self._let_go(delivery)
        if self._claims:
            with self._telling():
                self._touch([delivery.handle], self._idle_ms)

    def _let_go(self, delivery: Delivery) -> None:
        if delivery.handle in self._held:
            self._held.remove(delivery.handle)

    def close(self) -> None:
        with suppress(Exception):
            if self._held:
                self._touch(self._held, self._idle_ms)
        super().close()


class _Observer(_End):
    _last = b"-"

    def dead_letters(self) -> Sequence[Message]:
        with self._telling():
            entries = self._client.xrange(self._broker.dead, min=self._last)
        if entries:
            self._last = b"(" + entries[-1][0]
        return [_message(fields) for _, fields in entries]

    def waiting(self) -> int | None:
        with self._telling():
            (group,) = self._client.xinfo_groups(self._broker.stream)
        lag = group.get("lag")  # since 7.0
        return None if lag is None else int(lag)


def _fields(message: Message) -> dict[str, bytes | int]:
    return {"body": message.body, "key": message.key}


@published_by_us()
def _message(fields: dict[bytes, bytes]) -> Message:
    return Message(fields[b"body"], int(fields[b"key"]))
