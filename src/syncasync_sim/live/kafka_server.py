"""How a Kafka of our own is run, where it is installed (4.0 or newer): one node, no ZooKeeper."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LOOPBACK = "127.0.0.1"


def kafka_command(folder: Path, port: int, controller: int) -> tuple[str, ...] | None:
    """The command; None where Kafka is not installed."""
    home = os.environ.get("KAFKA_HOME")
    places = os.pathsep.join((*([f"{home}/bin"] if home else []), os.environ.get("PATH", "")))
    start, storage = (shutil.which(f"kafka-{name}.sh", path=places) for name in ("server-start", "storage"))
    if not start or not storage:
        return None
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "log.dirs": folder / "data",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 1,
        "group.initial.rebalance.delay.ms": 0,
        # The least session timeout that a consumer may ask for is 6 s by default: too long at speed 10.
        "group.min.session.timeout.ms": 1000,
    }
    file = folder / "server.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    both = 'id=$("$1" random-uuid) && "$1" format -t "$id" -c "$3" && exec "$2" "$3"'
    return ("sh", "-c", both, "sh", storage, start, str(file))
