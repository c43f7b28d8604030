"""A URL that leads to something else, or with a wrong password, ends in one line without the password."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread
from urllib.parse import urlsplit

import pytest
import redis

from live.servers import Servers, new_broker, started
from syncasync_sim.live.protocol import BrokerError

HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nhello"
SECRET = "s3cr3t"


@pytest.fixture
def somebody_else(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server that gives everybody the same answer, and ends; with None it says nothing."""
    answer: bytes | None = request.param
    held = list[socket.socket]()

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                held.append(client)
                if answer is not None:
                    client.recv(100)
                    client.sendall(answer)
                    client.close()

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for client in held:
        client.close()


@pytest.mark.parametrize(
    ("kind", "url", "somebody_else", "told"),
    [
        ("redis", "redis://me:s3cr3t@", HTTP, "Protocol Error: b'HTTP/1.1 400 Bad Request'"),
        ("redis", "redis://me:s3cr3t@", b"", "Connection closed by server"),
        ("rabbitmq", "amqp://me:s3cr3t@", HTTP, "does not answer as RabbitMQ does"),
        ("rabbitmq", "amqp://me:s3cr3t@", b"", "does not answer as RabbitMQ does"),
        ("rabbitmq", "amqp://me:s3cr3t@", None, "does not answer as RabbitMQ does"),
        ("sqs", "sqs+http://", HTTP, "An error occurred (400)"),
    ],
    indirect=["somebody_else"],
    ids=("redis-http", "redis-closes", "rabbitmq-http", "rabbitmq-closes", "rabbitmq-mute", "sqs-http"),
)
def test_somebody_else_listens_there(kind: str, url: str, somebody_else: int, told: str) -> None:
    with pytest.raises(BrokerError) as caught:
        new_broker(f"{url}127.0.0.1:{somebody_else}", kind).create()
    said = str(caught.value)
    assert said.startswith(url.replace("me:s3cr3t@", "***@") + "127.0.0.1:")
    assert told in said
    assert SECRET not in said
    assert "\n" not in said


@pytest.mark.parametrize("login", ["", ":s3cr3t@", "me:s3cr3t@"])
def test_a_wrong_password_for_redis(login: str) -> None:
    with started("redis") as url:
        with redis.Redis.from_url(url) as client:
            client.config_set("requirepass", "right")
        address = urlsplit(url).netloc
        with pytest.raises(BrokerError) as caught:
            new_broker(f"redis://{login}{address}", "redis").create()
    told = "invalid username-password pair" if login else "Authentication required"
    masked = "***@" if login else ""
    assert str(caught.value).startswith(f"redis://{masked}{address}: {told}")


def test_a_wrong_password_for_rabbitmq(servers: Servers) -> None:
    address = urlsplit(servers["rabbitmq"]).netloc
    with pytest.raises(BrokerError) as caught:
        new_broker(f"amqp://guest:{SECRET}@{address}", "rabbitmq").create()
    assert str(caught.value).startswith(f"amqp://***@{address}: ")
    assert "ACCESS_REFUSED" in str(caught.value)
    assert SECRET not in str(caught.value)
