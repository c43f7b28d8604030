"""A log beside its simulations, for people and as plain data."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from syncasync_sim.fit.legs import NAMES, Leg, Range
from syncasync_sim.fit.validation import Validation
from syncasync_sim.model.formats import MISSING, format_count, format_share, format_time

HEADINGS = {"waits": "simulated waits", "all": "all simulated"}


def validation_page(result: Validation) -> Group:
    """The figures of the log and of each leg, and a verdict on each leg."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("")
    table.add_column("measured", justify="right")
    for leg in result.legs:
        table.add_column(HEADINGS[leg.name], justify="right")
    for name in NAMES:
        cells = [_cell(leg.ranges.get(name), name) for leg in result.legs]
        table.add_row(name, _text(result.measured.value(name), name), *cells)
    judged = f"{format_count(result.judged)} requests are judged"
    if result.is_held_out:
        judged += f"; arrivals and work are of the {format_count(result.fitted_on)} before them"
    verdicts = [f"{HEADINGS[leg.name].capitalize()}: {leg.verdict}" for leg in result.legs]
    notes = f"{judged}. One more run lies within ± in 95 of 100 cases."
    return Group(table, Text(), Text(notes), *(Text(verdict) for verdict in verdicts))


def _cell(simulated: Range | None, name: str) -> str:
    if simulated is None:
        return MISSING
    half = _text((simulated.high - simulated.low) / 2, name)
    return f"{_text(simulated.mean, name)} ± {half}"


def _text(value: float, name: str) -> str:
    if name == "failures":
        return format_share(value)
    return f"{value:.3g}/s" if name == "throughput" else format_time(value)


def validation_data(result: Validation, version: str) -> dict[str, Any]:
    """Return a validation as plain data: times in seconds, shares from 0 to 1.

    Args:
        result: the validation.
        version: the version of the program.
    """
    return {
        "syncasync_sim": version,
        "judged": result.judged,
        "fitted_on": result.fitted_on,
        "measured": {name: result.measured.value(name) for name in NAMES},
        "legs": {leg.name: _leg(leg) for leg in result.legs},
        "agrees": result.agrees,
    }


def _leg(leg: Leg) -> dict[str, Any]:
    figures = {name: {"mean": r.mean, "low": r.low, "high": r.high} for name, r in leg.ranges.items()}
    return {"agrees": leg.agrees, "verdict": leg.verdict, "figures": figures}
