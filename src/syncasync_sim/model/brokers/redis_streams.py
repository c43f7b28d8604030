"""Redis Streams: one stream and a consumer group whose workers claim idle messages."""

from __future__ import annotations

from types import MappingProxyType

from syncasync_sim.model.brokers.setting import Broker, choice, default, measured

_COMMANDS = "https://redis.io/docs/latest/commands/"
_READ, _CLAIM, _ADD = _COMMANDS + "xreadgroup/", _COMMANDS + "xautoclaim/", _COMMANDS + "xadd/"
_STREAMS = "https://redis.io/docs/latest/develop/data-types/streams/"

REDIS_STREAMS = Broker(
    title="Redis Streams, a consumer group",
    called="Redis",
    notices="",
    timeout="its idle time",
    settings=MappingProxyType(
        {
            "publish": measured("0.7ms", "XADD", _ADD, "Redis 7.0 on one machine"),
            "deliver": default("0", "BLOCK", _READ, "a blocked read returns at once"),
            "capacity": default("unlimited", "MAXLEN", _ADD),
            "when_full": default("drop_oldest", "MAXLEN", _ADD, "trims the oldest, pending ones too"),
            "ack": choice("after", "XACK", _COMMANDS + "xack/", "the application's; before is NOACK"),
            "crash_detection": default(
                "none", "pending entries", _STREAMS, "they stay until they are claimed"
            ),
            "visibility_timeout": choice(
                "uniform(30s, 30.6s)",
                "min-idle-time",
                _CLAIM,
                "no default; 30 s, checked every 0.5 s, between reads of 0.1 s",
            ),
            "redelivery": choice(
                "original", "XAUTOCLAIM", _CLAIM, "the application's: claim before reading new messages"
            ),
            "failure": choice(
                "timeout", "min-idle-time", _CLAIM, "there is no reject before 8.8: the message stays idle"
            ),
            "max_deliveries": default(
                "unlimited", "XPENDING", _COMMANDS + "xpending/", "it counts deliveries, the application acts"
            ),
            "dead_letter": choice(
                True, "(none)", _STREAMS, "default: none; the application makes a stream for it"
            ),
            "prefetch": choice(1, "COUNT", _READ, "default: all messages"),
            "durable": choice(
                True,
                "appendonly",
                "https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/",
                "default: no; and appendfsync everysec may lose a second",
            ),
            "late_ack": default("accepted", "XACK", _COMMANDS + "xack/", "it does not check the owner"),
        }
    ),
    leaves_out=(
        "The claim loop: every worker looks for idle messages at intervals, and a message waits until then.",
        "Up to a second of messages lost when Redis dies (appendfsync everysec), or all without persistence.",
        "A worker that restarts under its old name can read its own pending messages at once.",
        "Acknowledged messages stay in the stream and count towards MAXLEN.",
    ),
)
