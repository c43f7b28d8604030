"""`--set steps[3].duration=3s`: a change to the plain data, before it is validated."""

from __future__ import annotations

import re
from typing import Any

from syncasync_sim.errors import ScenarioError, did_you_mean
from syncasync_sim.files.places import Path, Source, Span, listed, refusal
from syncasync_sim.files.text import source_of, too_big
from syncasync_sim.files.yaml import Document, read_lines

FLAG, VARY = "--set", "--vary"
LONGEST = 10_000
MOST_STEPS_DOWN = 16

_STEP = re.compile(r"(?:^|\.)(?P<key>[^.\[\]=]+)|\[(?P<item>[^\[\]]+)\]")
_EXAMPLE = "as in  --set workers.count=3  or  --set steps[0].duration=3s"


def apply_set(document: Document, flag: str, number: int, name: str = FLAG) -> None:
    """Put one `path=value` into the document; *number* says which of the flags of that *name* it is, from 1.

    What stands above the value must exist, or be a section that may. Raises ScenarioError that points
    into the flag.
    """
    if len(flag) > LONGEST:
        raise too_big(name)
    source = source_of(flag, name, number)
    if len(source.lines) > 1:
        raise refusal(
            Span(source, 0, len(source.lines[0])), "a flag is one line", "put long values in the file"
        )
    steps, equals = steps_of(source)
    lead = " " * (equals + 1)
    value = read_lines(source, lead + flag[equals + 1 :])
    parent, path = _parent(document, steps)
    last, span = steps[-1]
    key = _item(parent, last, span) if isinstance(parent, list) else last
    if isinstance(parent, dict) and span.source.lines[0][span.column - 1 : span.column] == "[":
        raise refusal(span, "this is a mapping, not a list", "write a '.' and the key")
    parent[key] = value.data
    _note(document, value, (*path, key), span)


def steps_of(source: Source) -> tuple[list[tuple[str, Span]], int]:
    """The parts of the path in front of the '=', each with its place, and where the '=' is."""
    flag, position = source.lines[0], 0
    steps: list[tuple[str, Span]] = []
    while match := _STEP.match(flag, position):
        name = "key" if match["key"] is not None else "item"
        steps.append((match[name], Span(source, 0, match.start(name), len(match[name]))))
        position = match.end()
    if position >= len(flag) or flag[position] != "=" or not steps or flag.startswith("["):
        here = 0 if flag.startswith("[") else min(position, max(0, len(flag) - 1))
        raise refusal(Span(source, 0, here), "expected a path, '=' and a value", _EXAMPLE)
    if len(steps) > MOST_STEPS_DOWN:
        raise refusal(steps[MOST_STEPS_DOWN][1], "this path is too long", _EXAMPLE)
    return steps, position


def _parent(document: Document, steps: list[tuple[str, Span]]) -> tuple[Any, Path]:
    """The mapping or list that holds what the last step names; a section that is not there yet is begun."""
    here, path = document.data, ()  # type: Any, Path
    for place, (step, span) in enumerate(steps[:-1]):
        into_list = span.source.lines[0][steps[place + 1][1].column - 1] == "["
        key: str | int = _item(here, step, span) if isinstance(here, list) else step
        if isinstance(here, dict) and here.get(step) is None:
            if into_list:
                raise refusal(
                    span, f"there is no list '{step}' here", f"set all of it: --set '{_until(span)}=[...]'"
                )
            here[step] = {}
            document.key_at[(*path, step)] = document.value_at[(*path, step)] = span
        here, path = here[key], (*path, key)
        if not isinstance(here, dict | list):
            raise refusal(
                span, f"'{step}' is a single value; nothing can be set under it", f"write {_until(span)}=..."
            )
    return here, path


def _until(span: Span) -> str:
    """The flag up to the end of one part of its path."""
    return span.source.lines[0][: span.column + span.width]


def _item(items: list[Any], step: str, span: Span) -> int:
    """Which item of a list is meant: by its place, from 0, or by its name."""
    names = [item["name"] for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)]
    if span.source.lines[0][span.column - 1 : span.column] != "[":
        raise refusal(
            span, "this is a list: say which item", f"as in  [0]{'  or  [' + names[0] + ']' if names else ''}"
        )
    for place, item in enumerate(items):
        if isinstance(item, dict) and item.get("name") == step:
            return place
    if re.fullmatch(r"[0-9]{1,6}", step):
        if int(step) < len(items):
            return int(step)
        last = f"the last is [{len(items) - 1}]" if items else "the list is empty"
        raise refusal(span, f"there is no item {step}: items are counted from 0", last)
    known = f"the names are {listed(names)}" if names else "write its place, counted from 0"
    raise refusal(span, f"there is no item '{step}'", did_you_mean(step, names) or known)


def _note(document: Document, value: Document, path: Path, key: Span) -> None:
    """Take over the places of the new value, and forget those of the old one."""
    for places in (document.value_at, document.key_at):
        for old in [p for p in places if p[: len(path)] == path]:
            del places[old]
    document.value_at.update({(*path, *inner): span for inner, span in value.value_at.items()})
    document.key_at.update({(*path, *inner): span for inner, span in value.key_at.items()})
    document.value_at.setdefault(path, key)
    document.key_at[path] = key
    document.overridden.append(path)


def apply_sets(document: Document, flags: tuple[str, ...], name: str = FLAG) -> None:
    """Every `--set` (or flag of that *name*), in order; a later one wins."""
    if flags and not isinstance(document.data, dict):
        raise ScenarioError(f"{name}: there is no scenario to change")
    for number, flag in enumerate(flags, start=1):
        apply_set(document, flag, number, name)
