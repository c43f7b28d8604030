"""Where more comes than can be done: what becomes of those who are too many."""

from __future__ import annotations

from collections.abc import Sequence

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.saturation import Overload, all_overloads, overloads


def overload_lines(scenario: Scenario, modes: Sequence[Mode]) -> list[str]:
    """Return one sentence for each overload: at most one for the threads and one for the workers.

    Args:
        scenario: the scenario.
        modes: the designs.
    """
    return [
        f"Overloaded, {mode}: {_clause(scenario, each)}."
        for mode in modes
        for each in all_overloads(scenario, mode)
    ]


def growing_line(scenario: Scenario, mode: Mode) -> tuple[str, str] | None:
    """Return why a line grows for as long as customers come, and what to do about it; None if none does.

    Args:
        scenario: the scenario.
        mode: the design.
    """
    for overload in overloads(scenario, mode):
        more = {
            "threads": "add threads (server.threads)",
            "workers": "add workers (workers.count)",
            "service": f"let '{overload.station.step}' do more at once (concurrency)",
        }[overload.station.kind]
        return _clause(scenario, overload), f"let fewer customers come (traffic), or {more}"
    return None


def _clause(scenario: Scenario, overload: Overload) -> str:
    """`3 requests/s arrive, but 4 threads can serve only 1.57/s, so the queue and the waits keep growing`"""
    possible = f"{overload.possible_per_s:.3g}"
    least = "at most" if overload.station.is_bound else "only"
    can = f"but {_servers(overload)} {least} {possible}/s"
    if possible == f"{overload.offered_per_s:.3g}":
        can = f"and {_servers(overload)} no more than that"
    result = (
        f", so {_what_grows(overload)}" if overload.line == "grows" else f"; {_limit(scenario, overload)}"
    )
    return f"{_arrivals(scenario, overload)}, {can}{result}"


def _arrivals(scenario: Scenario, overload: Overload) -> str:
    """How many requests arrive a second, when, and what is not counted in it."""
    least, offered = (f"{rate:.3g}" for rate in (overload.least_per_s, overload.offered_per_s))
    arrive = f"{offered} request/s arrives" if offered == "1" else f"{offered} requests/s arrive"
    if not overload.always:
        arrive = f"up to {offered} requests/s arrive {_when(overload)}"
    elif least != offered:
        arrive = f"{least} to {offered} requests/s arrive"
    return (
        f"{arrive}, not counting second clicks{_after(scenario, overload)}" if overload.at_least else arrive
    )


def _after(scenario: Scenario, overload: Overload) -> str:
    """The answers after which second clicks are not counted."""
    answers = [] if scenario.customer.patience_s is None else ["time-outs"]
    if overload.line == "full":
        answers.append("errors of the full queue" if overload.station.behind_queue else "rejections")
    return f" after {' and '.join(answers)}"


def _when(overload: Overload) -> str:
    stretch = f"between {format_time(overload.from_s)} and {format_time(overload.until_s)}"
    return stretch if overload.times == 1 else f"{stretch} (the worst of {overload.times} such times)"


def _servers(overload: Overload) -> str:
    station = overload.station
    if station.kind == "service":
        return f"the service of '{station.step}' takes {station.number:,} at once and can do"
    servers = station.kind.removesuffix("s") + "s" * (station.number != 1)
    return f"{station.number:,} {servers} can {'serve' if station.kind == 'threads' else 'do the work of'}"


def _what_grows(overload: Overload) -> str:
    """Behind the queue nobody waits for the page, but the work comes ever later."""
    at_least = "at least " if overload.at_least else ""
    grows = "keep growing" if overload.always else f"grow {at_least}until then"
    return f"the queue and the {'delay of the work' if overload.station.behind_queue else 'waits'} {grows}"


def _limit(scenario: Scenario, overload: Overload) -> str:
    """What happens to those for whom there is no place, or no time, in the line."""
    if overload.line == "given up":
        return "customers whose patience is over leave the line unserved (drop_expired)"
    if not overload.station.behind_queue:
        if scenario.server.backlog == 0:
            return "nobody may wait (backlog: 0), so the others are rejected"
        return f"the line is full at {scenario.server.backlog:,} (backlog), so the others are rejected"
    others = "the others are refused" if scenario.queue.when_full == "refuse" else "the oldest are dropped"
    return f"the queue is full at {scenario.queue.capacity:,} (capacity), so {others}"
