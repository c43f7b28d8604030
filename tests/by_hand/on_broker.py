"""Runs on a broker, for the tests by hand of what each broker does.

To publish takes no time in them: what it takes was measured, not documented. The message is an email of 2 s,
there is one customer, and there are two workers.
"""

from __future__ import annotations

from typing import Any

from by_hand.timeline import Data, email, run, step, taken
from syncasync_sim.trace.records import Trace


def on(
    broker: str,
    *steps: Data,
    workers: int = 2,
    worker: Data | None = None,
    queue: Data | None = None,
    **parts: Any,
) -> Trace:
    """Run *steps*, or one email, on *broker*; *worker* has more about the workers."""
    return run(
        "async",
        steps=list(steps) or [email("2s")],
        queue={"broker": broker, "publish": "0", **(queue or {})},
        workers={"count": workers, **(worker or {})},
        **parts,
    )


def dies(at: str = "1s", restart_after: str = "never", **more: str) -> Data:
    return {"crashes": [{"worker": 1, "at": at, "restart_after": restart_after, **more}]}


def two(first: Data | None = None) -> list[Data]:
    """Two messages of one customer: the one given, or an email, and a label."""
    return [first or email("2s"), step("label", "2s", effect="label", background=True)]


def bad(attempts: int) -> Data:
    """Always fails; tried again after 1 s, then 2 s."""
    return email("2s", failure_rate="100%", retry={"attempts": attempts, "delay": "1s", "factor": 2})


def when(trace: Trace, place: int) -> float:
    """When the delivery at *place*, in order of time, was taken."""
    return taken(trace)[place][0]
