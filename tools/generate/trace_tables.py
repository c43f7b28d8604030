"""The tables of docs/trace.md: the row types, their words, and the deliveries of two small runs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import fields
from textwrap import dedent
from typing import Any

from generate.pages import TOP, table
from syncasync_sim.engine import simulate
from syncasync_sim.model.attempts import AttemptOutcome, LabelledIntEnum
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import (
    Attempt,
    Crash,
    Delivery,
    DeliveryOutcome,
    Message,
    MessageStatus,
    Pause,
    PauseReason,
    Request,
    ResponseStatus,
    ServerOutcome,
    Trace,
    WorkedOn,
    WorkStatus,
)

ROWS: tuple[type[Any], ...] = (Request, Attempt, Message, Delivery, Crash, WorkedOn, Pause)
WORDS: tuple[type[LabelledIntEnum], ...] = (
    ResponseStatus,
    ServerOutcome,
    WorkStatus,
    AttemptOutcome,
    MessageStatus,
    DeliveryOutcome,
    PauseReason,
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
    rows = [(column_of(kind, field), f"`{field}`", texts[field]) for field in fields_of(kind)]
    return table(("column", "in a row", "meaning"), rows)


def trace_table() -> str:
    texts = told(Trace)
    return table(("field", "meaning"), [(f"`{field}`", texts[field]) for field in fields_of(Trace)])


def words() -> str:
    """The words of every enumeration, in the order of their numbers."""
    rows = [(f"`{kind.__name__}`", ", ".join(f"`{word}`" for word in kind)) for kind in WORDS]
    return table(("kind", "from 0 on"), rows)


WRITTEN = {
    "message": ("published",),
    "delivery": ("number", "worker", "taken", "in_hand"),
    "in_hand": ("in_hand",),
    "done": ("done",),
    "delivery_ended": ("ended", "result"),
    "returned": ("returned",),
    "visible": ("visible",),
    "gone": ("gone", "fate"),
}
"""The columns of a message and of its deliveries that each method of `Recorder` writes."""


def writers() -> str:
    """One row per method of `Recorder`: the columns it writes, and who in the engine calls it."""
    called: dict[str, list[str]] = {method: [] for method in WRITTEN}
    for path in sorted((TOP / "src/syncasync_sim/engine").glob("*.py")):
        for name, function in _methods(ast.parse(path.read_text(encoding="utf-8"))):
            for method in filter(called.__contains__, map(_recorder_method, ast.walk(function))):
                called[method].append(f"`{name}`")
    rows = [
        (
            ", ".join(f"`{column}`" for column in columns),
            f"`{method}`",
            ", ".join(dict.fromkeys(called[method])),
        )
        for method, columns in WRITTEN.items()
    ]
    return table(("columns", "of `Recorder`", "called by"), rows)


def _methods(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The methods of a module's classes, by their dotted names."""
    for kind in module.body:
        for function in kind.body if isinstance(kind, ast.ClassDef) else ():
            if isinstance(kind, ast.ClassDef) and isinstance(function, ast.FunctionDef):
                yield f"{kind.name}.{function.name}", function


def _recorder_method(node: ast.AST) -> str:
    """The method that a node calls on a recorder; empty for any other node."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return ""
    return node.func.attr if ast.unparse(node.func.value).endswith("recorder") else ""


def deliveries(trace: Trace) -> str:
    """The deliveries of a run, as they are read."""
    names = fields_of(Delivery)[1:]
    return table(names, [[str(getattr(row, name)) for name in names] for row in trace.deliveries])


def _email(duration: str, more: dict[str, Any], **parts: Any) -> Trace:
    step = {"name": "email", "duration": duration, "effect": "email", "background": True, **more}
    return simulate(
        Scenario.model_validate({"traffic": {"requests": 1}, "steps": [step], **parts}), "async", seed=1
    )


def in_place() -> Trace:
    """A message whose only worker fails at 1 s, keeps it, and tries again 2 s later."""
    outage = {"outages": [{"from": "0s", "for": "1s"}], "retry": {"delay": "2s"}}
    return _email("1s", outage, queue={"failure": "in_place"})


def late() -> Trace:
    """A message whose work takes 3 s, where the visibility timeout is 2 s and a late word counts."""
    queue = {"visibility_timeout": "2s", "late_ack": "accepted"}
    return _email("3s", {}, queue=queue, workers={"count": 2})
