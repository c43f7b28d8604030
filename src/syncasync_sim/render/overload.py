"""Where a run's numbers say little because more comes than can be done: they grow with its length."""

from __future__ import annotations

from collections.abc import Sequence

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.saturation import Overload, overloads


def overload_lines(scenario: Scenario, modes: Sequence[Mode]) -> list[str]:
    """Return one sentence for each queue that grows without end; empty without any.

    Args:
        scenario: the scenario.
        modes: the designs.
    """
    return [_sentence(mode, told) for mode in modes for told in overloads(scenario, mode)]


def _sentence(mode: Mode, told: Overload) -> str:
    """`Overloaded, sync: 3 requests/s arrive, but 4 threads can serve only 1.57/s, so the queue ...`"""
    possible = f"{told.possible_per_s:.3g}"
    least = "at most" if told.station.is_bound else "only"
    can = f"but {_servers(told)} {least} {possible}/s"
    if possible == f"{told.offered_per_s:.3g}":
        can = f"and {_servers(told)} no more than that"
    return f"Overloaded, {mode}: {_arrivals(told)}, {can}, so {_what_grows(told)}."


def _arrivals(told: Overload) -> str:
    """How many requests arrive a second, when, and what is not counted in it."""
    least, offered = (f"{rate:.3g}" for rate in (told.least_per_s, told.offered_per_s))
    arrive = f"{offered} request/s arrives" if offered == "1" else f"{offered} requests/s arrive"
    if not told.always:
        arrive = f"up to {offered} requests/s arrive {_when(told)}"
    elif least != offered:
        arrive = f"{least} to {offered} requests/s arrive"
    return f"{arrive}, not counting second clicks after time-outs" if told.at_least else arrive


def _when(told: Overload) -> str:
    stretch = f"between {format_time(told.from_s)} and {format_time(told.until_s)}"
    return stretch if told.times == 1 else f"{stretch} (the worst of {told.times} such times)"


def _servers(told: Overload) -> str:
    station = told.station
    if station.kind == "service":
        return f"the service of '{station.step}' takes {station.number:,} at once and can do"
    who = station.kind.removesuffix("s") + "s" * (station.number != 1)
    return f"{station.number:,} {who} can {'serve' if station.kind == 'threads' else 'do the work of'}"


def _what_grows(told: Overload) -> str:
    """Behind the queue nobody waits for the page, but the work comes ever later."""
    grows = "keep growing" if told.always else f"grow {'at least ' if told.at_least else ''}until then"
    return f"the queue and the {'delay of the work' if told.station.behind_queue else 'waits'} {grows}"
