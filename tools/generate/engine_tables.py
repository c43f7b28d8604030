"""The table of docs/performance.md: what needs events."""

from __future__ import annotations

from generate.pages import table
from syncasync_sim.engine.fast_path_rules import EVENT_RULES


def event_rules() -> str:
    """One row a reason."""
    return table(("key", "needs events if", "why"), [(f"`{r.key}`", r.when, r.reason) for r in EVENT_RULES])
