"""Where a queue of RabbitMQ is, and how to connect to it."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from syncasync_sim.errors import LiveError, masked
from syncasync_sim.live.adapter_base import client_library, translate_errors, without_ca_file
from syncasync_sim.live.protocol import PASSWORD_VARIABLE, BrokerError, QueueRequirements
from syncasync_sim.live.rabbitmq_management import without_management

EXTRA = "rabbitmq"
"""The extra of the package that installs the client library."""


class RabbitMQConnection:
    """A queue by its URL, with its queues for dead letters and for those that wait."""

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        self.url, self.wanted = url, wanted
        self.queue, self.dead = wanted.name, f"{wanted.name}-dead"
        self.delays_ms = sorted({round(s * 1000) for s in wanted.retry_delays_s if round(s * 1000)})

    def waits(self, delay_ms: int) -> str:
        """The name of the queue in which messages wait for a retry delay."""
        return f"{self.queue}-wait-{delay_ms}"

    def connect(self, heartbeat_s: int = 0) -> Any:
        """A new connection; without heartbeats for a publisher, which has no loop to send them.

        Args:
            heartbeat_s: seconds between heartbeats; 0 for none.

        Raises:
            BrokerError: the broker cannot be reached, or refuses.
            LiveError: pika is not installed, or the URL has a user and no password.
        """
        pika = client_library("pika", EXTRA)
        with self.translate_errors():
            parts = urlsplit(self.url)
            if parts.username and parts.password is None:
                raise LiveError(
                    f"{masked(self.url)}: a user without a password: {PASSWORD_VARIABLE} may have it"
                )
            # The standard's `//` for the virtual host "/" is what everybody means by no path at all.
            query, context = without_ca_file(without_management(parts.query))
            parts = parts._replace(path=parts.path.rstrip("/") or "/%2F", query=query)
            parameters = pika.URLParameters(urlunsplit(parts))
            if (tls := parameters.ssl_options) is not None:  # pika itself does not say for which host
                host = tls.server_hostname or parameters.host
                parameters.ssl_options = pika.SSLOptions(context or tls.context, host)
            parameters.heartbeat, parameters.blocked_connection_timeout = heartbeat_s, 10.0
            parameters.connection_attempts, parameters.socket_timeout = 1, 5.0
            parameters.stack_timeout = 10.0
            # Where nobody listens pika only says AMQPConnectionError, and the reason to a logger.
            logging.getLogger("pika").setLevel(logging.CRITICAL)
            socket.create_connection((parameters.host, parameters.port), 5.0).close()
            workflow = client_library("pika.adapters.utils.connection_workflow", EXTRA)
            try:
                return pika.BlockingConnection(parameters)
            except (workflow.AMQPConnectorException, pika.exceptions.IncompatibleProtocolError) as error:
                raise BrokerError(
                    f"{masked(self.url)}: something listens there, but it does not answer as RabbitMQ does"
                ) from error

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn the errors of the client library into BrokerError, as `adapter_base.translate_errors`."""
        errors = client_library("pika.exceptions", EXTRA)
        with translate_errors(self.url, errors.AMQPError, OSError, ValueError):
            yield
