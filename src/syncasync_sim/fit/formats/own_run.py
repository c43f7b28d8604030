"""A run of this program in a file, as `run --trace` and `live --trace` write it: times from 0."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.log import UNKNOWN, Log, StepCalls
from syncasync_sim.fit.source import Source
from syncasync_sim.model.attempts import OK
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import ResponseStatus, is_worker

_MARK = '"syncasync-trace"'


def recognise(source: Source) -> bool:
    """Whether a file is a run of this program."""
    return _MARK in source.head[:200]


def read(source: Source, log: Log, wishes: Wishes) -> None:
    """Read one run: the asynchronous design, or the synchronous one if it is alone.

    Args:
        source: the file.
        log: takes the requests and the steps.
        wishes: unused; a run says everything itself.

    Raises:
        LogError: the file is damaged.
    """
    del wishes
    try:
        plain = json.loads(source.document())
        lanes = {lane["id"]: lane["rows"] for lane in plain["lanes"]}
        design = "async" if "async" in lanes else "sync"
        _read_rows(lanes[design], plain["steps"], log)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        message = "this recorded run is damaged, or has no rows"
        raise LogError(
            f"{source.name}: {message}\n  = write it again with  syncasync-sim run --trace FILE"
        ) from None
    if len(lanes) > 1:
        log.cautions.append(f"the run has both designs; this is the {design} one")


def _read_rows(rows: Mapping[str, Any], names: list[str], log: Log) -> None:
    lines: dict[int, int] = {}
    for index, request in enumerate(_rows(rows["requests"])):
        log.lines += 1
        if NEVER in (request["began"], request["ended"]):
            log.leave_out("requests that no thread took or ended")
            continue
        lines[index] = len(log.calls)
        failed = request["response"] != ResponseStatus.OK
        log.calls.add(request["arrived"], request["ended"], failed=failed)
    order = sorted(range(len(log.calls)), key=log.calls.start_us.__getitem__)
    row_of = {line: row for row, line in enumerate(order)}
    log.calls.close()
    published = {
        (message["request"], message["step"]): message["published"] for message in _rows(rows["messages"])
    }
    steps: dict[tuple[int, bool], StepCalls] = {}
    for attempt in _rows(rows["attempts"]):
        if attempt["ended"] == NEVER or attempt["request"] not in lines:
            continue
        key = attempt["step"], is_worker(attempt["by"])
        step = steps.setdefault(key, StepCalls(names[key[0]], key[1]))
        step.calls.add(
            attempt["started"],
            attempt["ended"],
            failed=attempt["outcome"] != OK,
            ready_us=_ready_us(published.get((attempt["request"], attempt["step"])), attempt["number"]),
        )
        step.request.append(row_of[lines[attempt["request"]]])
    log.steps += [steps[key] for key in sorted(steps)]


def _ready_us(published: int | None, number: int) -> int | None:
    """When a message could be taken; unknown of a repetition, which comes back later."""
    return published if published not in (None, NEVER, UNKNOWN) and number == 1 else None


def _rows(table: Mapping[str, Any]) -> Iterator[dict[str, int]]:
    columns = table["columns"]
    return (dict(zip(columns, row, strict=True)) for row in table["rows"])


OWN_RUN = Format("syncasync-sim", "recorded run of syncasync-sim", recognise, read)
