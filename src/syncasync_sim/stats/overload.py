"""Where more comes than can be done: what becomes of those who are too many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.late_work import LateWork, late_work, most_times_done
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory import downtime
from syncasync_sim.model.theory.demand import Station, peak_load, workers_station
from syncasync_sim.model.theory.saturation import Overload, all_overloads, overloads
from syncasync_sim.model.theory.visits import clicks


def overload_lines(scenario: Scenario, modes: Sequence[Mode]) -> list[str]:
    """Return one sentence for each overload: at most one for the threads and one for the workers.

    One more tells of workers that may be overloaded, as messages are handed out again.

    Args:
        scenario: the scenario.
        modes: the designs.
    """
    sentences = [
        (each, f"Overloaded, {mode}: {_clause(scenario, mode, each)}.")
        for mode in modes
        for each in all_overloads(scenario, mode)
    ]
    is_told = "async" not in modes or any(each.station.behind_queue for each, _ in sentences)
    return [*(sentence for _, sentence in sentences), *([] if is_told else _by_late_work(scenario))]


def _by_late_work(scenario: Scenario) -> Iterator[str]:
    """Workers that can do what comes, but perhaps not if most of it is handed out and done again."""
    late, station = late_work(scenario), workers_station(scenario)
    if late is None or not late.is_usual or station is None or not station.is_clear:
        return
    if peak_load(scenario, station) * most_times_done(scenario, late) > 1:
        can = f"{_servers(station)} at most {station.possible_per_s:.3g}/s"
        yield f"Perhaps overloaded, async: {can}, less where it is done again: {_handed_out_again(late)}."


def _handed_out_again(late: LateWork) -> str:
    return (
        f"'{late.step.name}' may take {format_time(late.longest_s)}, and its message is handed out again "
        f"after {format_time(late.timeout_s)} (visibility timeout)"
    )


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
        return _clause(scenario, mode, overload), f"let fewer customers come (traffic), or {more}"
    return None


def _clause(scenario: Scenario, mode: Mode, overload: Overload) -> str:
    """`3 requests/s arrive, but 4 threads can serve only 1.57/s, so the queue and the waits keep growing`"""
    possible = f"{overload.possible_per_s:.3g}"
    least = "at most" if overload.station.is_bound else "only"
    can = f"but {_servers(overload.station)} {least} {possible}/s"
    if possible == f"{overload.offered_per_s:.3g}":
        can = f"and {_servers(overload.station)} no more than that"
    result = (
        f", so {_what_grows(overload)}" if overload.line == "grows" else f"; {_limit(scenario, overload)}"
    )
    less = "".join(_at_times_less(scenario)) if overload.station.behind_queue else ""
    return f"{_arrivals(scenario, mode, overload)}, {can}{less}{result}"


def _at_times_less(scenario: Scenario) -> Iterator[str]:
    """What is not counted in the capacity of the workers: those that are down, and work done again."""
    down, late = downtime.in_words(scenario), late_work(scenario)
    if down:
        yield f", and {down}"
    if late is not None:
        yield f", less where work is done again ({_handed_out_again(late)})"


def _arrivals(scenario: Scenario, mode: Mode, overload: Overload) -> str:
    """How many requests arrive a second, when, and what is not counted in it."""
    least, offered = (f"{rate:.3g}" for rate in (overload.least_per_s, overload.offered_per_s))
    arrive = f"{offered} request/s arrives" if offered == "1" else f"{offered} requests/s arrive"
    if not overload.always:
        arrive = f"up to {offered} requests/s arrive {_when(overload)}"
    elif least != offered:
        arrive = f"{least} to {offered} requests/s arrive"
    uncounted = f"second clicks{_after(scenario, overload)}" if overload.at_least else ""
    if clicks(scenario, mode) > 1 and not overload.station.behind_queue:
        # Who is not answered yet has seen no error page: the second clicks after it are calculated.
        arrive = re.sub(r"arrives?", "would arrive", arrive, count=1)
        beside = f", but not {uncounted}" if uncounted else ""
        return f"{arrive} if all were answered at once (with second clicks after error pages{beside})"
    return f"{arrive}, not counting {uncounted}" if uncounted else arrive


def _after(scenario: Scenario, overload: Overload) -> str:
    """The answers after which second clicks are not counted."""
    answers = [] if scenario.customer.patience_s is None else ["time-outs"]
    if overload.line == "full":
        answers.append("errors of the full queue" if overload.station.behind_queue else "rejections")
    return f" after {' and '.join(answers)}"


def _when(overload: Overload) -> str:
    stretch = f"between {format_time(overload.from_s)} and {format_time(overload.until_s)}"
    return stretch if overload.times == 1 else f"{stretch} (the worst of {overload.times} such times)"


def _servers(station: Station) -> str:
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
