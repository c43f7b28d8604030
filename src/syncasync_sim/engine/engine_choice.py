"""What a run was computed by, in words: one pass, or events and why."""

from __future__ import annotations

from collections.abc import Iterator

from syncasync_sim.engine.fast_path_rules import reasons_for_events
from syncasync_sim.trace.records import Trace, Way

_WORDS = {
    (
        Way.WORKERS_BY_EVENTS,
        "sync",
    ): "the threads in one pass, and events for idle workers",
    (Way.WORKERS_BY_EVENTS, "async"): "the threads in one pass, the workers event by event",
    (Way.BY_EVENTS, "sync"): "event by event",
    (Way.BY_EVENTS, "async"): "event by event",
}


def engine_choice(trace: Trace) -> Iterator[str]:
    """Yield lines that say how a run was computed, and why.

    Args:
        trace: the run.
    """
    mode, how = trace.mode, trace.computed
    if how is None:
        yield f"{mode}: a recorded run, of which nothing was computed"
    elif how.way == Way.ONE_PASS:
        and_messages = " and their messages" if mode == "async" else ""
        yield f"{mode}: one pass over the customers{and_messages}, without events"
    else:
        yield f"{mode}: {_WORDS[how.way, mode]}, because of"
        for rule in reasons_for_events(trace.scenario, mode):
            yield f"  {rule.key} ({rule.when}): {rule.reason}"
        for reason in how.because:
            yield f"  what happened in this run: {reason}"
