"""A connection to Kafka: what a URL and the requirements of a run mean to its client library."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from syncasync_sim.errors import ScenarioError, masked
from syncasync_sim.live.adapter_base import client_library, translate_errors
from syncasync_sim.live.protocol import CA_FILE, BrokerError, QueueRequirements

TIMEOUT_S = 10.0
"""For the broker's answer to whatever it is asked."""
FIRST_ANSWER_S = 5.0
"""For its answer to the first question: so soon it is known whether it is there, and a Kafka."""
PROTOCOL, CLASSIC, CONSUMER = "group.protocol", "classic", "consumer"
MECHANISM, MECHANISMS = "sasl.mechanism", ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
LEAST_SESSION_S = 6.0
"""`group.min.session.timeout.ms` of a broker."""
EXTRA = "kafka"
"""The extra of this package that installs the client library."""


class KafkaConnection:
    """What the clients of a run have in common: addresses, login, times, errors, the client for topics."""

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        self.url, self.wanted = url, wanted
        self.topic, self.dead = wanted.name, f"{wanted.name}-dead"
        self._options = _options(url)
        self.protocol = self._options.get(PROTOCOL, CLASSIC)
        self._said = ""

    @property
    def session_s(self) -> float:
        """The session timeout: the middle of the range of `crash_detection`, in real seconds."""
        detection = self.wanted.queue.crash_detection
        return sum(self.wanted.span_s(detection)) / 2 if detection else LEAST_SESSION_S

    @property
    def heartbeat_s(self) -> float:
        """The time between heartbeats: half the width of that range, in real seconds."""
        detection = self.wanted.queue.crash_detection
        low, high = self.wanted.span_s(detection) if detection else (0.0, 0.0)
        return round((high - low) / 2, 3)

    @property
    def servers(self) -> str:
        """The addresses as the client library takes them."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def _security(self) -> dict[str, object]:
        """The settings of TLS and of the login."""
        parts = urlsplit(self.url)
        login, ca_file = parts.netloc.rpartition("@")[0], self._options.get(CA_FILE)
        user, _, password = login.partition(":")
        transport = "SSL" if parts.scheme == "kafka+ssl" else "PLAINTEXT"
        settings: dict[str, object] = {"security.protocol": f"SASL_{transport}" if login else transport}
        if login:
            settings |= {MECHANISM: self._options.get(MECHANISM, MECHANISMS[0])}
            settings |= {"sasl.username": unquote(user), "sasl.password": unquote(password)}
        return {**settings, "ssl.ca.location": ca_file} if ca_file else settings

    def translate_errors(self) -> Any:
        """Turn the errors of the client library into BrokerError, as `adapter_base.translate_errors`."""
        kafka = client_library("confluent_kafka", EXTRA)
        return translate_errors(self.url, kafka.KafkaException, OSError, ValueError, say=error_text)

    def settings(self, **more: object) -> dict[str, object]:
        """Return the settings of any client: no log on the screen, and an error when all brokers are down."""
        errors = client_library("confluent_kafka", EXTRA).KafkaError

        def on_error(error: Any) -> None:
            if error.code() in (errors._AUTHENTICATION, errors._SSL):
                self._said = error.str()
            if error.code() == errors._ALL_BROKERS_DOWN:
                raise BrokerError(f"{masked(self.url)}: the broker is gone: {error.str()}")

        usual = {"log_level": 0, "error_cb": on_error, "socket.timeout.ms": 5000}
        return {"bootstrap.servers": self.servers, **self._security, **usual, **more}

    @cached_property
    def admin(self) -> Any:
        """The client for topics and groups. It is kept: the answers that it waits for end with it."""
        return client_library("confluent_kafka.admin", EXTRA).AdminClient(self.settings())

    def is_mock(self) -> bool:
        """Whether the cluster is the mock cluster of the client library."""
        return is_mock_cluster(self.cluster())

    def cluster(self) -> str:
        """Return the id of the cluster; a Kafka that has only just begun may need to be asked twice.

        Raises:
            BrokerError: nothing answers, or not as Kafka does.
        """
        errors, deadline = client_library("confluent_kafka", EXTRA), time.monotonic() + FIRST_ANSWER_S
        for left in (1, 0):
            try:
                return str(self.admin.list_topics(timeout=max(0.1, deadline - time.monotonic())).cluster_id)
            except errors.KafkaException as error:
                if time.monotonic() > deadline - 0.5 or not left:
                    with suppress(BrokerError):
                        self.admin.poll(0)  # only now its callbacks run
                    if self._said:
                        raise BrokerError(f"{masked(self.url)}: {self._said}") from error
                    raise BrokerError(
                        f"{masked(self.url)}: {error_text(error)}; something listens there, but does not "
                        "answer as Kafka does: is it the port of its clients (by default 9092), and does it "
                        "want TLS (kafka+ssl:)?"
                    ) from error
        raise AssertionError


def _options(url: str) -> dict[str, str]:
    """The options at the end of the URL."""
    given = parse_qs(urlsplit(url).query, keep_blank_values=True)
    options = {name: values[-1] for name, values in given.items()}
    allowed = {PROTOCOL: (CLASSIC, CONSUMER), MECHANISM: MECHANISMS, CA_FILE: (options.get(CA_FILE),)}
    if any(value not in allowed.get(name, ()) for name, value in options.items()):
        raise ScenarioError(
            f"'{masked(url)}' is no URL of Kafka\n  = after the ? stands {PROTOCOL}={CLASSIC} or "
            f"{PROTOCOL}={CONSUMER}, {MECHANISM}={' or '.join(MECHANISMS)}, {CA_FILE}=FILE, or nothing"
        )
    return options


def is_mock_cluster(cluster: str) -> bool:
    """Return whether a cluster with this id is the mock of the client library."""
    return "mock" in cluster


def error_text(error: Exception) -> str:
    """The client library's own sentence, out of its exception."""
    inner = error.args[0] if error.args else error
    return str(inner.str()) if hasattr(inner, "str") else str(error)
