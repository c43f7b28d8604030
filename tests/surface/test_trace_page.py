"""docs/trace.md is right: its tables are made from the row types and from runs.

After a change of the rows, write the tables anew with `python tests/surface/test_trace_page.py`.
"""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import fields
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

if __name__ == "__main__":  # run by its path: the tests' own folder is not known yet
    sys.path.insert(0, str(Path(__file__).parents[1]))

from by_hand.timeline import email, run, window
from surface.reference import write_anew, written_in
from syncasync_sim.model.attempts import AttemptOutcome, LabelledIntEnum
from syncasync_sim.trace.records import (
    Attempt,
    Crash,
    Delivery,
    DeliveryOutcome,
    Message,
    MessageStatus,
    Request,
    ResponseStatus,
    Rows,
    ServerOutcome,
    Trace,
    WorkStatus,
)

PAGE = Path(__file__).parents[2] / "docs" / "trace.md"
ROWS: tuple[type[Any], ...] = (Request, Attempt, Message, Delivery, Crash)
WORDS: tuple[type[LabelledIntEnum], ...] = (
    ResponseStatus,
    ServerOutcome,
    WorkStatus,
    AttemptOutcome,
    MessageStatus,
    DeliveryOutcome,
)


def told(kind: type[Any]) -> dict[str, str]:
    """The text below each field of a class."""
    (node,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(node.body, node.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[field.target.id] = " ".join(str(text.value.value).split())
    return found


def fields_of(kind: type[Any]) -> list[str]:
    return [field.name for field in fields(kind)]


def column_of(kind: type[Any], field: str) -> str:
    """The column in which a field is kept; "-" for the place of the row."""
    name = "by" if field in ("thread", "worker") and "by" in kind.COLUMNS else field.removesuffix("_s")
    return f"`{name}`" if name in kind.COLUMNS else "-"


def table_of(kind: type[Any]) -> str:
    """One row a field."""
    texts = told(kind)
    rows = ["| column | in a row | meaning |", "|---|---|---|"]
    rows += [f"| {column_of(kind, field)} | `{field}` | {texts[field]} |" for field in fields_of(kind)]
    return "\n".join(rows) + "\n"


def trace_table() -> str:
    texts = told(Trace)
    rows = [f"| `{field}` | {texts[field]} |" for field in fields_of(Trace)]
    return "\n".join(["| field | meaning |", "|---|---|", *rows]) + "\n"


def words() -> str:
    """The words of every enumeration, in the order of their numbers."""
    rows = ["| kind | from 0 on |", "|---|---|"]
    for kind in WORDS:
        assert [int(word) for word in kind] == list(range(len(kind)))
        rows.append(f"| `{kind.__name__}` | {', '.join(f'`{word}`' for word in kind)} |")
    return "\n".join(rows) + "\n"


def deliveries(rows: Rows[Delivery]) -> str:
    """The rows of a run, as they are read."""
    names = fields_of(Delivery)[1:]
    shown = [[str(getattr(row, name)) for name in names] for row in rows]
    lines = [names, ["---"] * len(names), *shown]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


IN_PLACE = run(
    "async",
    steps=[email(outages=[window("0s", "1s")], retry={"delay": "2s"})],
    queue={"failure": "in_place"},
)
LATE = run(
    "async",
    steps=[email("3s")],
    queue={"visibility_timeout": "2s", "late_ack": "accepted"},
    workers={"count": 2},
)
TABLES = {
    "Trace": trace_table(),
    **{kind.__name__: table_of(kind) for kind in ROWS},
    "words": words(),
    "in_place": deliveries(IN_PLACE.deliveries),
    "late": deliveries(LATE.deliveries),
}


@pytest.mark.parametrize("kind", [*ROWS, Trace], ids=lambda kind: kind.__name__)
def test_every_field_has_its_text(kind: type[Any]) -> None:
    assert set(told(kind)) == set(fields_of(kind)), kind


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
def test_every_column_is_in_a_row(kind: type[Any]) -> None:
    columns = {column_of(kind, field) for field in fields_of(kind)}
    assert columns - {"-"} == {f"`{name}`" for name in kind.COLUMNS}


def test_the_page_has_every_table_as_it_is_made() -> None:
    written = written_in(PAGE)
    assert list(written) == list(TABLES)
    assert written == TABLES, "write the tables anew: python tests/surface/test_trace_page.py"


def test_a_retry_in_place_is_a_new_delivery_that_ends_the_one_before() -> None:
    # Fails at 1, kept for 2 s, tried again at 3, done at 4.
    first, second = IN_PLACE.deliveries
    assert (first.ended_s, first.returned_s, first.visible_s, first.result) == (
        3.0,
        3.0,
        3.0,
        DeliveryOutcome.FAILED,
    )
    assert (second.taken_s, second.in_hand_s, second.ended_s) == (3.0, 3.0, 4.0)
    assert [(a.number, a.ended_s) for a in IN_PLACE.attempts] == [(1, 1.0), (2, 4.0)]


def test_a_late_acknowledgement_ends_the_message_and_the_other_goes_on() -> None:
    first, second = LATE.deliveries
    assert (first.returned_s, first.ended_s, first.result) == (2.0, 3.0, DeliveryOutcome.ACKNOWLEDGED)
    assert (second.taken_s, second.ended_s, second.result) == (2.0, 5.0, DeliveryOutcome.IGNORED)
    assert (LATE.messages[0].done_s, LATE.messages[0].gone_s) == (3.0, 3.0)


if __name__ == "__main__":
    write_anew(PAGE, TABLES)
