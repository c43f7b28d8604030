"""Runs read back from JSON documents: whatever does not fit is refused, with its place and a cure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from syncasync_sim.errors import ScenarioError, visible
from syncasync_sim.files.check_sum import CHECK
from syncasync_sim.files.diagnostics import clipped, listed
from syncasync_sim.files.source_text import control_character, first_control_character
from syncasync_sim.model.measured import Columns, columns_of_data, known_columns
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.document import (
    FIRST_WITH_CHECK,
    FORMAT,
    RARE_TABLES,
    READABLE,
    TABLES,
    with_check,
)
from syncasync_sim.stats import Comparison, compare_summaries, summarise
from syncasync_sim.trace.checking import DamagedError, check
from syncasync_sim.trace.columns import Row, Rows
from syncasync_sim.trace.records import Trace

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Recording:
    """What was read back: the runs by their design.

    *live* is how they were measured, if they were: `speed`, `servers` by design, `day`, `warnings`, and the
    `version` of this program.
    """

    scenario: Scenario
    traces: dict[Mode, Trace]
    live: Mapping[str, Any] | None = None

    @property
    def comparison(self) -> Comparison:
        """The result, counted again from what happened."""
        return compare_summaries(*(summarise(trace) for trace in self.traces.values()))


def read_document(text: str | bytes, name: str = "trace") -> Recording:
    """Read the runs of a document, equal to those that were written.

    Args:
        text: the JSON text.
        name: the name for messages.

    Raises:
        ScenarioError: it is no such document; the error has the cure.
    """
    try:
        plain = json.loads(text)
    except json.JSONDecodeError as error:
        position = f"{name}:{error.lineno}:{error.colno}"
        raise _refusal(position, f"it is no JSON: {error.msg}", _WRITTEN) from None
    except UnicodeDecodeError as error:
        raise _refusal(name, f"it is no JSON: byte {error.start + 1:,} is no text", _WRITTEN) from None
    except (ValueError, RecursionError) as error:  # a number, or brackets, without end
        raise _refusal(name, f"it is no JSON: {clipped(str(error))}", _WRITTEN) from None
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise _refusal(name, f"it is no {FORMAT} document: its format is another", _WRITTEN)
    if plain.get("version") not in READABLE:
        versions = listed(list(map(str, READABLE)))
        given = clipped(repr(plain.get("version")))
        problem = f"it is of version {given}, and this program reads versions {versions}"
        raise _refusal(name, problem, "write it again with this program, or read it with a newer one")
    cure = f"write it again with  {_MADE_BY[plain.get('source') == 'measured']}"
    _check_text(plain, name, cure)
    try:
        recording = _recording(plain)
        _check_unchanged(plain)
        return recording
    except DamagedError as error:
        raise _refusal(name, f"it is damaged: {error}", cure) from None


_MADE_BY = ("run SCENARIO --trace FILE", "live SCENARIO --record FILE")
"""The command that writes a run: of a simulation, or for real."""


def _check_unchanged(plain: Mapping[str, Any]) -> None:
    """Every part has its check sum. Raises DamagedError with the first that has not."""
    if CHECK not in plain and plain["version"] < FIRST_WITH_CHECK:
        return
    stored, computed = _value(plain, "", CHECK, dict), with_check(plain)[CHECK]
    changed = next((path for path in {**computed, **stored} if stored.get(path) != computed.get(path)), None)
    if changed is not None:
        path = clipped(visible(changed))
        raise DamagedError(f"{path}: its contents no longer match its check sum")


def _recording(plain: Mapping[str, Any]) -> Recording:
    """Raises DamagedError, which says where it is damaged."""
    scenario = _model(Scenario, "scenario", _value(plain, "", "scenario", dict), _columns(plain))
    lanes: dict[Mode, Trace] = {}
    for number, lane in enumerate(_value(plain, "", "lanes", list)):
        where = f"lanes[{number}]."
        mode = _value({"": lane}, where, "", dict).get("id")
        if isinstance(mode, str) and mode in MODES:
            lanes[mode] = _trace(plain, lane, where, scenario)
    if not lanes:
        raise DamagedError("lanes: no design was run in it")
    live = plain.get("live")
    measurement = None if live is None else _model(Measurement, "live", live).model_dump()
    return Recording(scenario, lanes, measurement)


def _columns(plain: Mapping[str, Any]) -> Columns:
    """The values of the files that the scenario named when it was run."""
    measured = _value(plain, "", "measured", list) if "measured" in plain else []
    try:
        return known_columns(columns_of_data(measured))
    except ValueError:
        raise DamagedError("measured: it does not hold the values of files") from None


def _model(kind: type[ModelT], where: str, plain: object, columns: Columns | None = None) -> ModelT:
    try:
        return kind.model_validate(plain, context=columns)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(map(str, (where, *first["loc"])))
        raise DamagedError(f"{visible(path)}: {first['msg']}") from None


def _value(plain: Mapping[str, Any], where: str, key: str, kind: type[T]) -> T:
    """The value of a key, if it has the right kind. Raises DamagedError with the place."""
    value = plain.get(key)
    if type(value) is not kind:  # True is no number here
        raise DamagedError(f"{f'{where}{key}'.rstrip('.')}: {_KINDS[kind]} is missing")
    return value


_KINDS: Mapping[type, str] = {
    **{int: "a whole number", bool: "true or false", str: "text", list: "a list", dict: "a mapping"}
}
_WRITTEN = "give a file that was written by --trace"


class Measurement(BaseModel):
    """How a recorded run for real was measured."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    speed: float = Field(gt=0)
    servers: dict[str, str]
    day: str
    version: str
    warnings: list[str] = []
    note: str = ""


LONGEST_TEXT = 100_000
"""No text in a document is longer: a description, a warning."""


def _check_text(plain: Mapping[str, Any], name: str, cure: str) -> None:
    """Refuse text that would deceive a reader, at any place; rows have none."""
    keys = ("generator", "scenario", "live", "source")
    todo: list[tuple[str, Any]] = [(key, plain[key]) for key in keys if key in plain]
    while todo:
        where, value = todo.pop()
        if isinstance(value, Mapping):
            todo += [(f"{where}, a key", str(key)) for key in value]
            todo += [(f"{where}.{key}"[:200], inside) for key, inside in value.items()]
        elif isinstance(value, list):
            todo += [(f"{where}[{index}]", inside) for index, inside in enumerate(value)]
        elif isinstance(value, str):
            odd = first_control_character(value)
            if odd or len(value) > LONGEST_TEXT:
                problem = control_character(odd) if odd else "this text is too long"
                raise _refusal(name, f"{visible(where)}: {problem}", cure)


def _trace(plain: Mapping[str, Any], lane: Mapping[str, Any], where: str, scenario: Scenario) -> Trace:
    if "rows" not in lane:
        raise DamagedError(f"{where}rows: there are none; it holds only what a picture needs")
    written = _value(lane, where, "rows", dict)
    tables = {
        name: _read_rows(kind, f"{lane['id']}, {name}", _value(written, f"{where}rows.", name, dict))
        for name, kind in (*TABLES.items(), *RARE_TABLES.items())
        if name in TABLES or name in written
    }
    source = _value(plain, "", "source", str)
    if source not in ("simulated", "measured"):
        raise DamagedError("source: it is neither simulated nor measured")
    trace = Trace(
        scenario=scenario,
        mode=lane["id"],
        seed=_value(plain, "", "seed", int),
        replication=_value(plain, "", "replication", int),
        source="simulated" if source == "simulated" else "measured",
        **tables,
        ended_at_us=_value(lane, where, "ended", int),
        observed_us=_value(lane, where, "observed", int),
        partial=_value(lane, where, "partial", bool),
    )
    try:
        check(trace)
    except DamagedError as error:
        raise DamagedError(f"{trace.mode}, {error}") from None
    return trace


def _read_rows(kind: type[Row], name: str, plain: Mapping[str, Any]) -> Any:
    """The rows by the names of their columns; further columns are ignored."""
    columns, written = _value(plain, f"{name}, ", "columns", list), _value(plain, f"{name}, ", "rows", list)
    if missing := [column for column in kind.COLUMNS if column not in columns]:
        raise DamagedError(f"{name}, columns: there is no '{missing[0]}'")
    order = [columns.index(column) for column in kind.COLUMNS]
    rows: Rows[Any] = Rows(kind)
    for number, row in enumerate(written):
        try:
            rows.append(*[row[index] for index in order])
        except (LookupError, TypeError, OverflowError):
            raise DamagedError(
                f"{name}, row {number}: it does not hold a whole number for each column"
            ) from None
    return rows


def _refusal(name: str, problem: str, cure: str) -> ScenarioError:
    return ScenarioError(f"{name}: {problem}\n  = {cure}")
