"""From what the model refuses to what a person can put right: place, expectation, cure."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from syncasync_sim.command_line import quoted
from syncasync_sim.errors import did_you_mean, what_to_write
from syncasync_sim.files.diagnostics import Diagnostic, Path, Span, clipped, listed
from syncasync_sim.files.model_keys import EXAMPLES, keys_of, part_at, sections_with_key
from syncasync_sim.files.strict_yaml import Document
from syncasync_sim.model.fields import describe_value
from syncasync_sim.model.paths import path_text

_TOKEN = re.compile(r"[^\s,()\[\]=]+")
SLIP, NEAR = 0.85, 0.7
"""How alike two keys are, from 0 to 1, of which one is surely a slip of the pen, or may be meant."""
CALLED_HERE = {
    ("Customer", "timeout"): "patience",
    ("Scenario", "story"): "description",
    ("Scenario", "customers"): "customer",
}
"""Keys that people try, and what they are called in that part of a scenario."""
LOOKED_AT = 50
"""Of more mistakes than this only the number is shown."""

_TRUTHS = {
    "true": "true without quotes",
    "false": "false without quotes",
    "yes": "true",
    "on": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "n": "false",
}


def problems_of(error: ValidationError, document: Document) -> tuple[list[Diagnostic], int]:
    """Return the first problems that pydantic found, in the order of the text, and how many more there are.

    Args:
        error: the error of pydantic.
        document: the document, which knows the places.
    """
    details = sorted(error.errors(include_url=False), key=lambda detail: _sort_key(detail, document))
    near, far = details[:LOOKED_AT], details[LOOKED_AT:]  # a hostile file has 20,000
    split, covered = _split_texts(near, document)
    rest = [d for d in near if tuple(d["loc"]) not in covered]
    meant = {_meant_path(d, document) for d in rest if d["type"] == "extra_forbidden"}
    problems = [_problem(d, document) for d in rest if d["type"] != "missing" or tuple(d["loc"]) not in meant]
    return split + problems, len(far)


def _sort_key(detail: ErrorDetails, document: Document) -> tuple[str, int, int, int]:
    path = _known_path((*detail["loc"], *detail.get("ctx", {}).get("at", ())), document)
    span = document.key_at[path] if detail["type"] == "extra_forbidden" else _span(path, document)
    return span.source.name, span.source.first, span.line, span.column


def _meant_path(detail: ErrorDetails, document: Document) -> Path:
    """The path of the key that an unknown key was meant to be; if it is missing, that is the same mistake."""
    *parent, key = detail["loc"]
    part = part_at(tuple(parent), document.part)
    known = [*keys_of(part)] if part is not None else []
    return (*parent, *difflib.get_close_matches(str(key)[:80].lower(), known, n=1, cutoff=NEAR))


def _problem(detail: ErrorDetails, document: Document) -> Diagnostic:
    kind, path = detail["type"], _known_path(tuple(detail["loc"]), document)
    if kind in ("value", "together"):
        return own_problem(detail["msg"], detail.get("ctx", {}), path, document)
    if kind == "missing":
        return _missing(str(detail["loc"][-1]), document, path)
    if kind == "extra_forbidden":
        return _unknown_key(path, document)
    message, cure = _pydantic_problem(detail, path, document)
    return Diagnostic(_span(path, document), message, cure)


def own_problem(message: str, context: Mapping[str, Any], path: Path, document: Document) -> Diagnostic:
    """The problem of one of the model's own errors.

    The context of the error has the place in the value or the path of another value, and the cure.

    Args:
        message: the fault, in words.
        context: the context of the error.
        path: the path of the value.
        document: the document, which knows the places.
    """
    path = _known_path((*path, *context.get("at", ())), document)
    choices, offset = context.get("choices", ()), context.get("offset", 0)
    span = _span(path, document)
    cure = str(context.get("cure", ""))
    if "at" in context and (changed := _changed_below(path, document)):
        span, cure = changed, cure or f"set all of it at once: --set {quoted(path_text(*path) + '={...}')}"
    if choices or offset:
        span = _inside(span, offset, document.value(path))
    text = str(document.value(path))
    word = token[0] if (token := _TOKEN.match(text, offset)) else ""
    cure = what_to_write(word, choices, cure) or "keep one, leave out the others"
    return Diagnostic(span, message, cure)


def _missing(key: str, document: Document, path: Path) -> Diagnostic:
    where = f"the {document.part.__name__.lower()}" if not path else f"'{path_text(*path)}'"
    cure = f"add for instance  {EXAMPLES.get(key, key + ': ...')}"
    return Diagnostic(_span(path, document), f"'{key}' is missing in {where}", cure)


def _unknown_key(path: Path, document: Document) -> Diagnostic:
    key, part = str(path[-1]), part_at(path[:-1], document.part)
    known = list(keys_of(part)) if part is not None else []
    homes = sections_with_key(key, document.part)
    called = CALLED_HERE.get((part.__name__ if part is not None else "", key))
    cure = f"it is called '{called}' here" if called else did_you_mean(key, known, SLIP)
    if not cure and len(homes) == 1 and homes != [""]:
        cure = f"'{clipped(key)}' belongs under {homes[0]}"
    cure = cure or did_you_mean(key, known, NEAR) or f"the keys here are {listed(known)}"
    return Diagnostic(document.key_at[path], f"unknown key '{clipped(key)}'", cure)


def _pydantic_problem(detail: ErrorDetails, path: Path, document: Document) -> tuple[str, str]:
    """Message and cure for pydantic's own kinds of error."""
    kind, given = detail["type"], detail["input"]
    text = _value_text(given)
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
        near = did_you_mean(given, words) if isinstance(given, str) else ""
        return (
            f"expected {listed(words, 'or')}, not {text}",
            near or f"write {listed(words, 'or')}",
        )
    if kind == "bool_type":
        truth = _TRUTHS.get(str(given).lower(), "true or false")
        return f"expected true or false, not {text}", f"write {truth}"
    if kind == "string_type":
        return f"expected text, not {text}", _as_text(given, path, document)
    if kind in ("tuple_type", "list_type"):
        return (
            f"expected a list, not {text}",
            "begin each item with '- ', or write [ ] for none",
        )
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"expected a mapping, not {text}", _as_mapping(given, path, document)
    message = detail["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:], "see the description of this key in the schema"


def _value_text(given: object) -> str:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    return f"the number {given}" if number else describe_value(given)


def _as_text(given: object, path: Path, document: Document) -> str:
    if given is None or isinstance(given, list | dict):
        return "write text here, in quotes if it holds any of  : # [ ] { } ,"
    span = document.value_at[path]
    source = span.source.lines[span.line]
    return f'put it in quotes: "{source[span.column : span.column + span.width]}"'


def _as_mapping(given: object, path: Path, document: Document) -> str:
    part = part_at(path, document.part)
    keys = listed(list(keys_of(part))[:6], "or") if part is not None else "its keys"
    if given is None:
        return f"indent its keys below it ({keys}), or leave it out"
    return f"write its keys ({keys}), each with a value"


def _known_path(path: Path, document: Document) -> Path:
    """The longest beginning of *path* that stands in the text."""
    known: Path = ()
    for part in path:
        if (*known, part) not in document.value_at:
            break
        known = (*known, part)
    return known


def _span(path: Path, document: Document) -> Span:
    """What to point at: a scalar itself; of anything larger, or of nothing, its key."""
    if document.value(path) is None or isinstance(document.value(path), dict | list):
        return document.key_at.get(path) or _first_line(document.value_at[path])
    return document.value_at[path]


def _first_line(span: Span) -> Span:
    """A list item or the whole text, told by one character where it begins."""
    return Span(span.source, span.line, span.column)


def _inside(span: Span, offset: int, value: object) -> Span:
    """The word at *offset* of a scalar that stands in the text just as it reads; else all of it."""
    if span.text_column is None or not isinstance(value, str) or offset > len(value):
        return span
    word = _TOKEN.match(value, offset)
    width = len(word[0]) if word else 1
    return Span(span.source, span.line, span.text_column + offset, width)


def _changed_below(path: Path, document: Document) -> Span | None:
    """Where a `--set` changed something inside the mapping whose parts do not go together."""
    below = [p for p in document.overridden if len(p) > len(path) and p[: len(path)] == path]
    return document.value_at[below[-1]] if path and below and below[-1] in document.value_at else None


def _split_texts(details: list[ErrorDetails], document: Document) -> tuple[list[Diagnostic], set[Path]]:
    """`{duration: lognormal(p50=1s, p99=2s)}` is cut at its comma into a value and a key: one mistake."""
    problems: list[Diagnostic] = []
    covered: set[Path] = set()
    for detail in details:
        path = tuple(detail["loc"])
        if detail["type"] != "extra_forbidden" or not str(path[-1]).endswith(")"):
            continue
        if cut := _cut_text(path, document):
            before, text = cut
            cure = f"put it in quotes: {before[-1]}: {json.dumps(text, ensure_ascii=False)}"
            message = "the comma ends the value here: inside { } it must be in quotes"
            problems.append(Diagnostic(document.value_at[before], message, cure))
            covered |= {before, *_following(before, path, document)}
    return problems, covered


def _cut_text(path: Path, document: Document) -> tuple[Path, str] | None:
    """The value whose bracket the key at *path* closes, and the text as it was meant."""
    mapping = document.value(path[:-1])
    keys = list(mapping)
    index = keys.index(path[-1])
    for first in range(index - 1, -1, -1):
        value = mapping[keys[first]]
        if isinstance(value, str) and value.count("(") > value.count(")"):
            return (*path[:-1], keys[first]), ", ".join([value, *keys[first + 1 : index + 1]])
        if value is not None:
            return None
    return None


def _following(before: Path, last: Path, document: Document) -> set[Path]:
    """The paths of the keys after *before*, up to *last*, in one mapping."""
    keys = list(document.value(before[:-1]))
    return {(*before[:-1], key) for key in keys[keys.index(before[-1]) + 1 : keys.index(last[-1]) + 1]}
