"""A run as a JSON document: everything that happened, and the moves that a picture of it needs.

The same run gives the same bytes. A reader ignores keys it does not know and refuses another version. In a
file, check sums tell whether anything was changed since it was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from syncasync_sim._version import __version__
from syncasync_sim.files.check_sum import CHECK, check_sum
from syncasync_sim.files.source_text import RUN_FORMAT
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.measured import columns_to_data
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.captions import (
    CAPTIONS,
    CLICKS,
    ENDS,
    FIRST_RARE,
    KEYS,
    PAUSE_SIGNS,
    SIGNS,
    STATES,
    EventKind,
)
from syncasync_sim.replay.customer_bars import done_again, longest_waits, shown_customers, stops, waited
from syncasync_sim.replay.items import COLUMNS, KINDS, SPAN_COLUMNS, Lane
from syncasync_sim.replay.moves import lane_of
from syncasync_sim.replay.over_time import effects, over_time, peaks, ticks
from syncasync_sim.replay.picture_limit import FirstPart
from syncasync_sim.replay.player import fitting_speed
from syncasync_sim.replay.processes import places_down, worker_downs, worker_pauses
from syncasync_sim.replay.speeds import SPEEDS
from syncasync_sim.replay.work_progress import Span, spans_of
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.assumptions import assumed
from syncasync_sim.stats.rows import change_text, notes
from syncasync_sim.trace import queries
from syncasync_sim.trace.columns import Row, Rows
from syncasync_sim.trace.records import Attempt, Crash, Delivery, Message, Pause, Request, Trace, WorkedOn

FORMAT, VERSION = RUN_FORMAT, 3
READABLE = (1, 2, VERSION)
"""What can be read back: in 1 the picture was another, and in 1 and 2 there were no check sums."""
FIRST_WITH_CHECK = 3
LABELS: Mapping[Mode, str] = {"sync": "Synchronous", "async": "Asynchronous"}
DOES: Mapping[Mode, str] = {
    "sync": "the page comes when every step is done",
    "async": "the page comes first; workers do the rest from a queue",
}
"""What each design is, in one sentence."""
TABLES: Mapping[str, type[Row]] = {
    "requests": Request,
    "attempts": Attempt,
    "messages": Message,
    "deliveries": Delivery,
    "crashes": Crash,
}
RARE_TABLES: Mapping[str, type[Row]] = {"worked_on": WorkedOn, "pauses": Pause}
"""Written only where they have rows."""


FOR_REAL = {"measured": ", measured for real"}
"""What is said beside the title of a run that was no simulation."""


def document(
    comparison: Comparison,
    traces: Mapping[Mode, Trace],
    *,
    with_rows: bool = True,
    part: FirstPart | None = None,
    lane_of: Callable[[Trace], Lane] = lane_of,
) -> dict[str, Any]:
    """Return the runs of one scenario as plain data; times are whole microseconds.

    Args:
        comparison: the figures of the runs.
        traces: the trace of each design.
        with_rows: whether the rows are included; without them the document is a third of the size and can be
            shown, but `read_document` cannot read it.
        part: the part of other runs that these are; None if they are whole.
        lane_of: gives the moves of a run.
    """
    from syncasync_sim.render.headline import headline, stopped  # reading a document back draws nothing

    first = next(iter(traces.values()))
    end_us = max(trace.observed_us for trace in traces.values())
    scenario = first.scenario
    lanes = [lane_of(traces[mode]) for mode in MODES if mode in traces]
    spans = spans_of(lanes)
    of_which = ", ".join(filter(None, [f"first {part.number:,}" if part else "", _since(scenario)]))
    return {
        "format": FORMAT,
        "version": VERSION,
        "generator": f"syncasync-sim {__version__}",
        "source": first.source,
        "title": (scenario.title or scenario.name) + FOR_REAL.get(first.source, ""),
        "scenario": scenario.to_data(),
        **(_measured_dict(scenario) if with_rows else {}),
        "seed": first.seed,
        "replication": first.replication,
        "time": {"unit": "us", "end": end_us, "ticks": ticks(end_us)},
        "speeds": list(SPEEDS),
        "speed": fitting_speed(end_us),
        "steps": [step.name for step in scenario.steps],
        "outages": _outages(scenario),
        "done": [step.effect or f"{step.name} done" for step in scenario.steps],
        **_texts(lanes),
        "columns": [*COLUMNS, *SPAN_COLUMNS],
        "kinds": [kind for kind in KINDS if kind != "process" or _has_processes(lanes)],
        "shown": [list(row) for row in shown_customers(lanes)],
        "stops": [list(row) for row in stops(lanes)],
        "lanes": [
            {
                **_lane(lane, spans[index], with_rows),
                "waited": list(waited(comparison.modes[lane.trace.mode], of_which)),
            }
            for index, lane in enumerate(lanes)
        ],
        "strip": over_time(lanes, end_us),
        **{"signs": _signs(lanes), "keys": KEYS, "clicks": CLICKS},
        "figures": {mode: comparison.modes[mode] for mode in MODES if mode in comparison.modes},
        "headline": " ".join([*stopped(comparison), headline(comparison)]),
        "table": _table(comparison),
        "notes": [*notes(comparison, comparison.rows()), *_taken_for_granted(comparison, first.source)],
        "counted": _counted(scenario, part),
        **(_part_dict(part) if part else {}),
    }


def _measured_dict(scenario: Scenario) -> dict[str, Any]:
    """The values of the files that the scenario names: the document is read back without the files."""
    columns = columns_to_data(scenario.measured.values())
    return {"measured": columns} if columns else {}


def _texts(lanes: Sequence[Lane]) -> dict[str, list[Any]]:
    """The texts for each mark, up to the last one that anything has."""
    last = max((move.mark for lane in lanes for move in lane.moves), default=0)
    marks = list(EventKind)[: max(FIRST_RARE, last + 1)]
    return {
        "captions": [CAPTIONS[mark] for mark in marks],
        "states": [STATES[mark] for mark in marks],
        "ends": [list(ENDS.get(mark, ())) for mark in marks],
    }


def _has_processes(lanes: Sequence[Lane]) -> bool:
    return any(item.kind == "process" for lane in lanes for item in lane.items)


def _signs(lanes: Sequence[Lane]) -> list[dict[str, str]]:
    """The legend, with the signs of pauses only if there are such."""
    words = {word for lane in lanes for _, word, *_ in worker_pauses(lane.trace)}
    return [*SIGNS, *({"look": word, "text": word} for word in PAUSE_SIGNS if word in words)]


def _part_dict(part: FirstPart) -> dict[str, Any]:
    customers = {"customers": part.customers, "until": part.until_us}
    return {"part": customers, "left_out": part.sentence, "same_part": part.option}


def _since(scenario: Scenario) -> str:
    return f"from {format_time(scenario.warm_up_s)} on" if scenario.warm_up_s else ""


def _counted(scenario: Scenario, part: FirstPart | None) -> str:
    """Of what the figures are: their heading."""
    since = _since(scenario)
    if part:
        return ", ".join(filter(None, [f"The {part.customers}", since]))
    return f"The run {since}" if since else "The whole run"


def _taken_for_granted(comparison: Comparison, source: str) -> list[str]:
    """As in the terminal; what was measured for real has a network, and only leaves some out."""
    return [] if source in FOR_REAL else [assumed(comparison.scenario, comparison.modes)]


def to_json(plain: Mapping[str, Any]) -> str:
    """The document's text with its check sums: one line, plain ASCII."""
    return json.dumps(with_check(plain), separators=(",", ":"), allow_nan=False) + "\n"


def with_check(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with a check sum for each of its parts, by the path of the part."""
    return {**plain, CHECK: {path: _check_sum(value) for path, value in _parts(plain)}}


_DIVIDED = re.compile(r"(lanes\[\d+\](\.rows)?)?")
"""The mappings whose values each have a check sum: so a damage is found in a table, not in a file."""


def _parts(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """What has a check sum, with its place."""
    if isinstance(value, Mapping) and _DIVIDED.fullmatch(where):
        for key, inside in value.items():
            if (where, key) != ("", CHECK):
                yield from _parts(inside, f"{where}.{key}".removeprefix("."))
    elif isinstance(value, list) and where == "lanes":
        for number, inside in enumerate(value):
            yield from _parts(inside, f"lanes[{number}]")
    else:
        yield where, value


def _check_sum(part: Any) -> str:
    """That of a part's values, however they are spaced and in whatever order the keys stand."""
    return check_sum([json.dumps(part, sort_keys=True)])


def _lane(lane: Lane, spans: Mapping[int, Span], with_rows: bool) -> dict[str, Any]:
    trace, moves = lane.trace, [move.numbers() for move in lane.moves]
    for number, span in spans.items():
        moves[number] += span
    plain = {**lane.once(_without_moves), "moves": moves}
    if with_rows:
        names = [*TABLES, *(name for name in RARE_TABLES if len(getattr(trace, name)))]
        plain["rows"] = {name: _rows(getattr(trace, name)) for name in names}
    return plain


def _without_moves(lane: Lane) -> dict[str, Any]:
    trace, happened = lane.trace, queries.effects(lane.trace)
    plain: dict[str, Any] = {
        "id": trace.mode,
        "label": LABELS[trace.mode],
        "does": DOES[trace.mode],
        "places": [
            {**box.to_dict(), "peak": peak} for box, peak in zip(lane.boxes, peaks(lane), strict=True)
        ],
        "items": [[KINDS.index(item.kind), item.customer, item.click, item.step] for item in lane.items],
        "moves": [],
        "longest": [list(row) for row in longest_waits(lane)],
        "effects": effects(trace.scenario.effects, happened),
        "again": [list(row) for row in done_again(happened)],
        "down": [list(row) for row in worker_downs(trace)],
        "ended": trace.ended_at_us,
        "observed": trace.observed_us,
        "partial": trace.partial,
    }
    if pauses := worker_pauses(trace):
        plain["pauses"] = [list(row) for row in pauses]
    if downs := places_down(lane):
        plain["places_down"] = downs
    return plain


def _rows(rows: Rows[Any]) -> dict[str, Any]:
    names = rows.kind.COLUMNS
    return {"columns": list(names), "rows": list(map(list, rows.columns(*names)))}


def _outages(scenario: Scenario) -> list[list[int | None]]:
    """Which step fails from when until when (None: for ever)."""
    return [
        [number, round(w.from_s * US_PER_S), None if w.until_s is None else round(w.until_s * US_PER_S)]
        for number, step in enumerate(scenario.steps)
        for w in step.outages
    ]


def _table(comparison: Comparison) -> list[dict[str, str]]:
    """The rows of the result as they are shown everywhere, already written out."""
    return [
        {
            **{"group": row.group, "label": row.label},
            **{mode: row.text(mode) for mode in comparison.modes},
            **{"change": change_text(row), "words": row.in_words()},
        }
        for row in comparison.rows()
    ]
