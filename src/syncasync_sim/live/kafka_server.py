"""How a Kafka of our own is run, where its jars are: one process that is broker and controller (KRaft)."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from syncasync_sim.errors import LiveError

LOOPBACK = "127.0.0.1"
OLDEST = 4
"""The first version in which a group may choose the protocol of KIP-848."""
_OURS = "syncasync-sim-"
"""With it begins the id of a cluster of our own, then comes the version: Kafka itself does not tell it."""
_LEAN = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A small Java that starts quickly: its compiler would take the processors from the run."""
_LONGEST_MS = 24 * 60 * 60 * 1000
_USUAL: Mapping[str, object] = {
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    # Members that join within this time of each other get their partitions together, in their order.
    "group.initial.rebalance.delay.ms": 500,
    "group.consumer.assignment.interval.ms": 0,
    # By default a session lasts at least 6 s, or 45 s with the protocol of KIP-848: too long at speed 10.
    "group.min.session.timeout.ms": 1000,
    "group.max.session.timeout.ms": _LONGEST_MS,
    "group.consumer.min.session.timeout.ms": 1000,
    "group.consumer.max.session.timeout.ms": _LONGEST_MS,
    "group.consumer.min.heartbeat.interval.ms": 10,
    "group.consumer.max.heartbeat.interval.ms": _LONGEST_MS,
}
_LOG: Mapping[str, object] = {
    "rootLogger.level": "warn",
    "rootLogger.appenderRef.out.ref": "OUT",
    "appender.out.type": "Console",
    "appender.out.name": "OUT",
    "appender.out.layout.type": "PatternLayout",
    "appender.out.layout.pattern": "%m%n",
}


def version_of(cluster: str) -> str | None:
    """Return the version of a Kafka that this program has started; None for another.

    Args:
        cluster: the id of the cluster.
    """
    return cluster.removeprefix(_OURS) if cluster.startswith(_OURS) else None


def kafka_home() -> Path | None:
    """The folder of a Kafka, by $KAFKA_HOME or its script on the PATH; None without one.

    Raises:
        LiveError: there is no jar of Kafka in $KAFKA_HOME.
    """
    if home := os.environ.get("KAFKA_HOME"):
        if _version(Path(home)) is None:
            raise LiveError(f"$KAFKA_HOME is {home}, and there is no kafka_*.jar in it or in its folder libs")
        return Path(home)
    script = shutil.which("kafka-server-start.sh")
    folder = Path(script).resolve().parent.parent if script else None
    return folder if folder and _version(folder) else None


def _jars(home: Path) -> Path:
    """The folder with the jars: `libs` of an unpacked archive, or the folder itself."""
    return home / "libs" if (home / "libs").is_dir() else home


def _version(home: Path) -> str | None:
    """Of the jar with the broker in it, as `kafka_2.13-4.4.0.jar`."""
    named = (re.fullmatch(r"kafka_[\d.]+-(\d[\d.]*)\.jar", jar.name) for jar in sorted(_jars(home).iterdir()))
    return next((found[1] for found in named if found), None) if _jars(home).is_dir() else None


def kafka_command(home: Path, folder: Path, port: int, controller: int) -> tuple[str, ...]:
    """Return the command that starts Kafka.

    Java runs the classes themselves, so that the jars are enough and no script is needed.

    Args:
        home: the folder with the jars.
        folder: the folder for its data and settings.
        port: the port for clients.
        controller: the port for its controller.

    Raises:
        LiveError: there is no Java, or the Kafka is too old.
    """
    version = _version(home)
    assert version is not None
    if int(version.split(".")[0]) < OLDEST:
        raise LiveError(f"the Kafka in {home} is {version}; it has to be {OLDEST}.0 or later")
    log = _written(folder / "log4j2.properties", _LOG)
    file = _written(folder / "server.properties", {
        **_USUAL,
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "log.dirs": folder / "data",
    })  # fmt: skip
    both = (
        'id=$1 file=$2; shift 2; "$@" kafka.tools.StorageTool format -t "$id" -c "$file" && '
        'exec "$@" kafka.Kafka "$file"'
    )
    run = (_java(home), *_LEAN, f"-Dlog4j2.configurationFile={log}", "-cp", f"{_jars(home)}/*")
    return ("sh", "-c", both, "sh", f"{_OURS}{version}", file, *run)


def _java(home: Path) -> str:
    java_home = os.environ.get("JAVA_HOME")
    places = (*([f"{java_home}/bin"] if java_home else []), os.environ.get("PATH", ""))
    if java := shutil.which("java", path=os.pathsep.join(places)):
        return java
    raise LiveError(
        f"the Kafka in {home} needs Java 17 or later (Debian, Ubuntu: apt-get install default-jre-headless)"
    )


def _written(file: Path, settings: Mapping[str, object]) -> str:
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return str(file)
