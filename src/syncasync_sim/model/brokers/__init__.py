"""The queues people meet, each one row: the values its preset gives to the fields of `queue`.

A field that a row does not name keeps the default of an ideal queue; a scenario may override every one.
"""

from __future__ import annotations

from types import MappingProxyType

from syncasync_sim.model.brokers.kafka import KAFKA
from syncasync_sim.model.brokers.rabbitmq import RABBITMQ
from syncasync_sim.model.brokers.redis_streams import REDIS_STREAMS
from syncasync_sim.model.brokers.setting import Broker, Range, Setting
from syncasync_sim.model.brokers.sqs import SQS, SQS_FIFO

__all__ = ["BROKERS", "IDEAL", "Broker", "Range", "Setting"]

IDEAL = "ideal"

BROKERS: MappingProxyType[str, Broker] = MappingProxyType(
    {
        IDEAL: Broker(
            title="No broker in particular: an ideal queue, free and all-knowing",
            called="the ideal queue",
            notices="knew at once that the worker had died",
            timeout="its visibility timeout",
            settings=MappingProxyType({}),
            leaves_out=("That every real queue costs something and learns things late.",),
        ),
        "rabbitmq": RABBITMQ,
        "sqs": SQS,
        "sqs-fifo": SQS_FIFO,
        "kafka": KAFKA,
        "redis-streams": REDIS_STREAMS,
    }
)
"""By the name a scenario uses for it, in the order in which they are shown."""
