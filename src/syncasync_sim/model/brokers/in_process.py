"""No broker: a queue and its workers in the memory of the web server."""

from __future__ import annotations

from types import MappingProxyType

from syncasync_sim.model.brokers.setting import Broker, choice, default

_QUEUE = "https://docs.python.org/3/library/queue.html"
_EXECUTOR = "https://docs.python.org/3/library/concurrent.futures.html"

IN_PROCESS = Broker(
    title="No broker: a queue and its workers inside the web server (just start a thread)",
    called="the web server",
    notices="knew at once that the worker had died",
    timeout="its visibility timeout",
    is_real=False,
    settings=MappingProxyType(
        {
            "publish": default("0", "SimpleQueue.put", _QUEUE, "a write to memory"),
            "deliver": default("0", "SimpleQueue.get", _QUEUE, "a read from memory"),
            "capacity": default("unlimited", "maxsize", _QUEUE),
            "ack": default("before", "SimpleQueue.get", _QUEUE, "what is taken is off the queue"),
            "max_deliveries": default(
                1, "Executor.submit", _EXECUTOR, "an exception stays in the future; nothing tries again"
            ),
            "prefetch": default(1, "SimpleQueue.get", _QUEUE, "one item at a time"),
            "durable": default(False, "(none)", _QUEUE, "in memory"),
            "in_process": choice(
                True, "ThreadPoolExecutor", _EXECUTOR, "the threads end with the process of the web server"
            ),
        }
    ),
    leaves_out=(
        "The workers share processor and memory with the threads of the web server; here they cost nothing.",
        "Several processes of one web server, each with a queue of its own: here there is one.",
        "An orderly stop: ThreadPoolExecutor waits for what it has when the process ends by itself.",
    ),
)
