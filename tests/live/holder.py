"""A worker that takes one message and holds it: `python holder.py URL WANTED`, to be killed or frozen."""

from __future__ import annotations

import json
import sys

from live.servers import broker_class
from syncasync_sim.live.protocol import QueueRequirements

if __name__ == "__main__":
    url, plain = sys.argv[1:]
    consumer = broker_class(url)(url, QueueRequirements.of(json.loads(plain))).consumer()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not (taken := consumer.receive(0.1)):
        pass
    sys.stdout.write(f"{taken[0].taken_at}\n")
    sys.stdout.flush()
    consumer.work(taken[0], 600.0)
