"""What a run was computed by, in words: one pass, or events and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from syncasync_sim.engine.delivery_pass import NeedsEventsError
from syncasync_sim.engine.fast_path_rules import reasons_for_events, serves_ahead
from syncasync_sim.engine.simulation import one_pass, workers_by_events
from syncasync_sim.model.customers import random_streams
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario


def engine_choice(scenario: Scenario, mode: Mode, seed: int) -> Iterator[str]:
    """Yield lines that say how this design of a scenario is computed, and why.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
        seed: the random seed of the run; some runs begin in one pass and turn out to need events.
    """
    if rules := reasons_for_events(scenario, mode):
        yield f"{mode}: {_by_events(scenario, mode, seed)}, because of"
        for rule in rules:
            yield f"  {rule.key} ({rule.when}): {rule.reason}"
        return
    try:
        one_pass(scenario, mode, random_streams(scenario, seed))
    except NeedsEventsError as error:
        yield f"{mode}: {_by_events(scenario, mode, seed)}, because {error}"
    else:
        yield f"{mode}: one pass over the customers and their messages, without events"


def _by_events(scenario: Scenario, mode: Mode, seed: int) -> str:
    if serves_ahead(scenario, mode):
        with suppress(NeedsEventsError):
            workers_by_events(scenario, mode, random_streams(scenario, seed))
            return "the threads in one pass, the workers event by event"
    return "event by event"
