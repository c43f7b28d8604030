"""A process with the mock cluster of Kafka's client library in it: it speaks the protocol, but is not Kafka.

    python -m syncasync_sim.live.mock_kafka FILE

writes its address to FILE, and ends when it gets a signal.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path


def main(file: str) -> None:
    """Run a mock cluster until the process is ended, and write its address into a file."""
    from confluent_kafka import Producer

    cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    broker = next(iter(cluster.list_topics(timeout=10).brokers.values()))
    written = Path(f"{file}.part")
    written.write_text(f"{broker.host}:{broker.port}")
    written.rename(file)
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1])
