"""The table of docs/performance.md: what needs events."""

from __future__ import annotations

from generate.pages import table
from syncasync_sim.engine.fast_path_rules import EVENT_RULES


def event_rules() -> str:
    """One row a reason."""
    rows = [
        (f"`{rule.key}`", rule.when, "workers" if rule.of_workers else "threads and workers", rule.reason)
        for rule in EVENT_RULES
    ]
    return table(("key", "needs events if", "events of", "why"), rows)
