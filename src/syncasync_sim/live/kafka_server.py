"""How a Kafka of our own is run, where it is installed: from 3.3 on by itself, before with ZooKeeper."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from syncasync_sim.errors import LiveError

LOOPBACK = "127.0.0.1"
_BY_ITSELF = (3, 3)
"""From this version on it needs no ZooKeeper."""
_LEAN = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A small Java that starts quickly: its compiler would take the processors from the run."""
_USUAL = {
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
    # The least session timeout that a consumer may ask for is 6 s by default: too long at speed 10.
    "group.min.session.timeout.ms": 1000,
    "group.max.session.timeout.ms": 30 * 60 * 1000,  # an old one says 30 s, and the preset has 45
}
_OLD_PARTITIONS = 16
"""An old one makes a topic when it is first asked about, with so many partitions."""


def kafka_home() -> Path | None:
    """The folder of a Kafka installation, by $KAFKA_HOME or its script on the PATH; None without one.

    Raises:
        LiveError: $KAFKA_HOME is no such folder.
    """
    if home := os.environ.get("KAFKA_HOME"):
        if _version(Path(home)) is None:
            raise LiveError(f"$KAFKA_HOME is {home}, and there is no libs/kafka_*.jar in it")
        return Path(home)
    script = shutil.which("kafka-server-start.sh")
    folder = Path(script).resolve().parent.parent if script else None
    return folder if folder and _version(folder) else None


def _version(home: Path) -> str | None:
    """Of the jar with the broker in it, as `libs/kafka_2.13-4.1.0.jar`."""
    named = (jar.stem.rpartition("-")[2] for jar in sorted(home.glob("libs/kafka_*.jar")))
    return next((name for name in named if name.replace(".", "").isdigit()), None)


def kafka_command(home: Path, folder: Path, port: int, other: int) -> tuple[tuple[str, ...], str]:
    """Return the command that starts Kafka, and its version.

    Args:
        home: the folder of the installation.
        folder: the folder for its data and settings.
        port: the port for clients.
        other: the port for its controller, or for ZooKeeper.
    """
    version = _version(home)
    assert version is not None
    if _number(version) < _BY_ITSELF:
        return _with_zookeeper(home, folder, port, other), version
    file = _written(folder / "server.properties", {
        **_USUAL,
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{other}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{other}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "log.dirs": folder / "data",
    })  # fmt: skip
    both = 'id=$("$1" random-uuid) && "$1" format -t "$id" -c "$3" && exec "$2" "$3"'
    storage, start = (str(home / "bin" / f"kafka-{name}.sh") for name in ("storage", "server-start"))
    return ("sh", "-c", both, "sh", storage, start, file), version


def _with_zookeeper(home: Path, folder: Path, port: int, zookeeper: int) -> tuple[str, ...]:
    """Java itself, as the scripts of that time set options that a Java of today refuses."""
    java = shutil.which("java", path=os.pathsep.join((*_java_home(), os.environ.get("PATH", ""))))
    if java is None:
        raise LiveError(
            f"the Kafka in {home} needs Java (Debian, Ubuntu: apt-get install default-jre-headless)"
        )
    log = _written(folder / "log4j.properties", {
        "log4j.rootLogger": "WARN, out",
        "log4j.appender.out": "org.apache.log4j.ConsoleAppender",
        "log4j.appender.out.layout": "org.apache.log4j.SimpleLayout",
    })  # fmt: skip
    zookeeper_file = _written(folder / "zookeeper.properties", {
        "dataDir": folder / "zookeeper",
        "clientPort": zookeeper,
        "clientPortAddress": LOOPBACK,
        "tickTime": 500,
    })  # fmt: skip
    server = _written(folder / "server.properties", {
        **_USUAL,
        "broker.id": 0,
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "zookeeper.connect": f"{LOOPBACK}:{zookeeper}",
        "num.partitions": _OLD_PARTITIONS,
        "log.dirs": folder / "data",
        "log.cleaner.enable": "false",
    })  # fmt: skip
    # ZooKeeper does not hear the sign to stop: it is there until Kafka has stopped, and is killed then.
    both = (
        'zoo=$1 kafka=$2; shift 2; (trap "" TERM; exec "$@" org.apache.zookeeper.server.quorum.QuorumPeerMain'
        ' "$zoo") & exec "$@" kafka.Kafka "$kafka"'
    )
    run = (java, *_LEAN, f"-Dlog4j.configuration=file:{log}", "-cp", _jars(home))
    return ("sh", "-c", both, "sh", zookeeper_file, server, *run)


def _java_home() -> tuple[str, ...]:
    home = os.environ.get("JAVA_HOME")
    return (f"{home}/bin",) if home else ()


def _jars(home: Path) -> str:
    others = ("-scaladoc", "-sources", "-javadoc", "-test", "-test-sources")
    return os.pathsep.join(
        str(jar) for jar in sorted(home.glob("libs/*.jar")) if not jar.stem.endswith(others)
    )


def _written(file: Path, settings: Mapping[str, object]) -> str:
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return str(file)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
