"""The queues people meet, each one row: the values its preset gives to the fields of `queue`.

A field that a row does not name keeps the default of an ideal queue; a scenario may override every one.
"""

from __future__ import annotations

from types import MappingProxyType

from syncasync_sim.model.brokers.in_process import IN_PROCESS
from syncasync_sim.model.brokers.kafka import KAFKA
from syncasync_sim.model.brokers.rabbitmq import RABBITMQ
from syncasync_sim.model.brokers.redis_streams import REDIS_STREAMS
from syncasync_sim.model.brokers.setting import Broker, Older, Range, Setting
from syncasync_sim.model.brokers.sqs import SQS, SQS_FIFO

__all__ = [
    "ALIASES",
    "BROKERS",
    "IDEAL",
    "Broker",
    "Older",
    "Range",
    "Setting",
    "carries_over",
    "preset_name",
]

IDEAL = "ideal"

BROKERS: MappingProxyType[str, Broker] = MappingProxyType(
    {
        IDEAL: Broker(
            title="No broker in particular: an ideal queue, free and all-knowing",
            called="the ideal queue",
            notices="knew at once that the worker had died",
            timeout="its visibility timeout",
            settings=MappingProxyType({}),
            is_real=False,
            leaves_out=("The costs of a real queue, and the delay before it notices a dead worker.",),
        ),
        "rabbitmq": RABBITMQ,
        "sqs": SQS,
        "sqs-fifo": SQS_FIFO,
        "kafka": KAFKA,
        "redis-streams": REDIS_STREAMS,
        "in-process": IN_PROCESS,
    }
)
"""By the name of its preset, in the order in which they are shown."""
ALIASES: MappingProxyType[str, str] = MappingProxyType({"redis": "redis-streams"})
"""Other names of a broker, which are accepted everywhere: each with the name of the preset."""

PARTICULAR = ("partitions", "assignment", "rebalance", "visibility_timeout")
"""Keys of a queue that mean something particular to the broker beside which they are written."""


def preset_name(name: str) -> str:
    """Return the name of a broker's preset; a name that no broker has is returned as it is.

    Args:
        name: any name of the broker.
    """
    return ALIASES.get(name, name)


def carries_over(key: str, own: str, other: str) -> bool:
    """Whether the value of a queue key, written for one broker, holds for another broker as well.

    Kafka's partitions are no setting of RabbitMQ, and its poll interval differs from the visibility timeout
    of SQS: such a key holds only where it has the same name. Keys beside a queue without a broker are about
    no particular one: a timeout holds for all brokers, partitions hold for those that assign them to workers.
    A queue inside the web server is none of a real broker's.

    Args:
        key: the key of the queue.
        own: the broker that it was written for.
        other: the other broker.
    """
    if own == other:
        return True
    if key == "in_process":
        return not BROKERS[other].is_real
    if key not in PARTICULAR:
        return True
    settings = BROKERS[other].settings
    if not BROKERS[own].is_real:
        deals_out = "assignment" in settings and settings["assignment"].value == "owned"
        return key == "visibility_timeout" or deals_out
    if key != "visibility_timeout" or key not in settings:
        return False
    return settings[key].real_name == BROKERS[own].settings[key].real_name
