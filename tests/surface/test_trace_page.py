"""docs/trace.md is right: every column has its text, and the two runs shown are those of the model."""

from __future__ import annotations

import re
from dataclasses import fields
from inspect import signature
from typing import Any

import pytest

from generate.trace_tables import ROWS, WORDS, WRITTEN, column_of, fields_of, in_place, late, told
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.model.attempts import LabelledIntEnum
from syncasync_sim.trace.columns import NEVER, Rows
from syncasync_sim.trace.records import DeliveryOutcome, Trace


@pytest.mark.parametrize("kind", [*ROWS, Trace], ids=lambda kind: kind.__name__)
def test_every_field_has_its_text(kind: type[Any]) -> None:
    lacks = [name for name in fields_of(kind) if name not in told(kind)]
    assert lacks == [], f"write a docstring below these fields of {kind.__name__} in trace/records.py"


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
def test_a_field_that_may_be_none_says_when_and_no_other_does(kind: type[Any]) -> None:
    may_be_none = {field.name for field in fields(kind) if "None" in str(field.type)}
    says = {name for name, text in told(kind).items() if re.search(r"\bNever\b|\bNone\b", text)}
    assert may_be_none - says == set(), "say in trace/records.py when each is never written: `Never: ...`"
    assert says - may_be_none == set(), "these are never None"


@pytest.mark.parametrize("method", WRITTEN)
def test_the_recorder_writes_the_columns_that_the_page_names(method: str) -> None:
    written, untouched = Recorder(), Recorder()
    adds, write = method in ("message", "delivery"), getattr(written, method)
    for recorder in (written, untouched):
        if not (adds and recorder is written):
            recorder.message(NEVER, NEVER, NEVER)
            recorder.delivery(NEVER, NEVER, NEVER, NEVER, NEVER)
    write(0, *range(7, 6 + len(signature(write).parameters)))  # of row 0
    is_of_message = method in ("message", "done", "gone")
    before, now = (_first_row(recorder, is_of_message=is_of_message) for recorder in (untouched, written))
    changed = {name for name, number in now.items() if number != before[name]}
    assert changed >= set(WRITTEN[method]) if adds else changed == set(WRITTEN[method])


def _first_row(recorder: Recorder, *, is_of_message: bool) -> dict[str, int]:
    new = recorder._new_messages if is_of_message else recorder._new_deliveries
    new.close()
    rows: Rows[Any] = recorder.messages if is_of_message else recorder.deliveries
    return dict(zip(rows.kind.COLUMNS, next(rows.columns(*rows.kind.COLUMNS)), strict=True))


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
def test_every_column_is_in_a_row(kind: type[Any]) -> None:
    columns = {column_of(kind, field) for field in fields_of(kind)}
    assert columns - {"-"} == {f"`{name}`" for name in kind.COLUMNS}


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_the_words_are_numbered_from_zero_on(kind: type[LabelledIntEnum]) -> None:
    assert [int(word) for word in kind] == list(range(len(kind)))


def test_a_retry_in_place_is_a_new_delivery_that_ends_the_one_before() -> None:
    # Fails at 1, kept for 2 s, tried again at 3, done at 4.
    trace = in_place()
    first, second = trace.deliveries
    assert (first.ended_s, first.returned_s, first.visible_s, first.result) == (
        3.0,
        3.0,
        3.0,
        DeliveryOutcome.FAILED,
    )
    assert (second.taken_s, second.in_hand_s, second.ended_s) == (3.0, 3.0, 4.0)
    assert [(a.number, a.ended_s) for a in trace.attempts] == [(1, 1.0), (2, 4.0)]


def test_a_late_acknowledgement_ends_the_message_and_the_other_goes_on() -> None:
    trace = late()
    first, second = trace.deliveries
    assert (first.returned_s, first.ended_s, first.result) == (2.0, 3.0, DeliveryOutcome.ACKNOWLEDGED)
    assert (second.taken_s, second.ended_s, second.result) == (2.0, 5.0, DeliveryOutcome.IGNORED)
    assert (trace.messages[0].done_s, trace.messages[0].gone_s) == (3.0, 3.0)
