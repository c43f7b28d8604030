r"""A path into a scenario: `workers.count`, `steps[3].duration`, `steps[send email].retry.attempts`.

A key follows a dot; an item of a list is in brackets. In brackets a whole number is a place, counted from 0,
and anything else a name; so that each means one thing, a name that is a number, or holds a bracket, or begins
with a quote, is written as JSON writes it: `steps["0"]`, `steps["pay [1]"]`.

Everything that reads or writes a path does it here: `--set`, `--vary`, `vary()`, advice, sliders, messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_STEPS_DOWN = 16
"""No path that leads anywhere is longer."""
EXAMPLE = "as in  workers.count  or  steps[send email].duration"

_KEY = re.compile(r"[^.\[\]=]+")
_NAME = re.compile(r'(?!")[^\[\]]+')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')
_PLACE = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Named:
    """The item of a list that has this name."""

    name: str


Step = str | int | Named
"""One step down: a key of a mapping, the place of an item in a list, or its name."""
Keys = tuple[str | int, ...]
"""Where a path leads in one scenario's data: keys, and places instead of names."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path as it was read: its steps, where each stands in the text (start, width), and where it ended."""

    text: str
    steps: tuple[Step, ...]
    spans: tuple[tuple[int, int], ...]
    end: int

    def until(self, number: int) -> str:
        """The text of the path up to the end of a step, for a message."""
        start, width = self.spans[number]
        closing = 0 if isinstance(self.steps[number], str) else 1
        return self.text[: start + width + closing]


class PathError(LookupError):
    """A path that cannot be read, or that leads nowhere.

    `start` and `width` are the part of its text that is wrong, `cure` says what to do. Of a name that is not
    there, `given` is the name and `choices` are those that are.
    """

    def __init__(
        self,
        problem: str,
        start: int,
        width: int = 1,
        *,
        cure: str = "",
        given: str = "",
        choices: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{problem}: {cure}" if cure else problem)
        self.problem = problem
        self.start = start
        self.width = width
        self.cure = cure
        self.given = given
        self.choices = choices


# -- reading and writing --------------------------------------------------------------------------


def parse_path(text: str) -> Path:
    """Parse a text that is a path and nothing else.

    Args:
        text: the path, as `steps[send email].duration`.

    Raises:
        PathError: it is no path; the error has the place.
    """
    path = read_path(text)
    if path.end < len(text):
        raise PathError(f"{text!r} is no path", path.end, cure=EXAMPLE)
    return path


def read_path(text: str) -> Path:
    """Parse the path at the beginning of a text, as far as it goes.

    Args:
        text: the text, as `workers.count=3`.

    Raises:
        PathError: no path begins there, or it cannot be read; the error has the place.
    """
    steps: list[Step] = []
    spans: list[tuple[int, int]] = []
    end = 0
    while end < len(text):
        if steps and text[end] == "[":
            step, start, width = _item_at(text, end + 1)
            end = start + width + 1
        elif (not steps or text[end] == ".") and (key := _KEY.match(text, end + bool(steps))):
            step, start, width = key[0], key.start(), len(key[0])
            end = key.end()
        else:
            break
        steps.append(step)
        spans.append((start, width))
        if len(steps) > MOST_STEPS_DOWN:
            raise PathError("this path is too long", start, width, cure=EXAMPLE)
    if not steps:
        raise PathError("expected a path", 0, cure=EXAMPLE)
    return Path(text[:end], tuple(steps), tuple(spans), end)


def _item_at(text: str, start: int) -> tuple[Step, int, int]:
    """The item in brackets whose text begins at *start*, and where it stands."""
    quoted = text.startswith('"', start)
    match = (_QUOTED if quoted else _NAME).match(text, start)
    if match is None or not text.startswith("]", match.end()):
        problem = (
            "this name in quotes is not closed" if quoted else "this bracket holds no item, or is not closed"
        )
        cure = 'as in  steps["pay [1]"]' if quoted else "as in  steps[send email]  or  steps[0], the first"
        raise PathError(problem, start - 1, cure=cure)
    if quoted:
        try:
            return Named(json.loads(match[0], strict=False)), start, len(match[0])
        except ValueError:
            problem = "this is no name as JSON writes it"
            raise PathError(problem, start, len(match[0]), cure='as in  steps["pay [1]"]') from None
    if _PLACE.fullmatch(match[0]):
        return int(match[0][:9]), start, len(match[0])  # a longer one is no place of any list either
    return Named(match[0]), start, len(match[0])


def path_text(*steps: Step) -> str:
    """The text of a path: `parse_path` gives these steps back."""
    return "".join(
        (f".{step}" if number else step) if isinstance(step, str) else f"[{item_text(step)}]"
        for number, step in enumerate(steps)
    )


def item_text(item: int | Named) -> str:
    """The text between the brackets for an item of a list."""
    if isinstance(item, int):
        return str(item)
    name = item.name
    is_plain = _NAME.fullmatch(name) and not _PLACE.fullmatch(name) and name == name.strip()
    return name if is_plain else json.dumps(name, ensure_ascii=False)


def of_step(name: str, *keys: str) -> str:
    """The path of a key of a step.

    Args:
        name: the name of the step.
        *keys: the keys below the step.
    """
    return path_text("steps", Named(name), *keys)


# -- finding, getting, setting --------------------------------------------------------------------


def locate(data: Any, path: Path) -> Keys:
    """Find a path in the plain data of a scenario; missing sections above it are added.

    Args:
        data: the plain data, which may be changed.
        path: the path.

    Raises:
        PathError: an item is missing, or a value above the path is no section or list.
    """
    here, keys = data, list[str | int]()
    for number, step in enumerate(path.steps):
        key = _key(here, path, number)
        keys.append(key)
        if number == len(path.steps) - 1:
            break
        if isinstance(here, dict) and here.get(step) is None:
            if not isinstance(path.steps[number + 1], str):
                cure = f"set all of it: {path.until(number)}=[...]"
                raise PathError(f"there is no list '{step}' here", *path.spans[number], cure=cure)
            here[step] = {}
        here = here[key]
    return tuple(keys)


def _key(here: Any, path: Path, number: int) -> str | int:
    """The key or place that one step of a path means, where it stands."""
    step, span = path.steps[number], path.spans[number]
    if isinstance(here, dict):
        if not isinstance(step, str):
            raise PathError("this is a mapping, not a list", *span, cure="write a '.' and the key")
        return step
    if isinstance(here, list):
        return _item_index(here, step, span)
    above = path.spans[number - 1]
    parent = path.text[above[0] : sum(above)]
    raise PathError(
        f"'{parent}' is a single value; nothing can be set under it",
        *above,
        cure=f"write {path.until(number - 1)}=...",
    )


def _item_index(items: list[Any], step: Step, span: tuple[int, int]) -> int:
    """Which item of a list is meant."""
    named = {item["name"]: index for index, item in enumerate(items) if _has_name(item)}
    first = next((item_text(Named(name)) for name in named), "0")
    if isinstance(step, str):
        raise PathError("this is a list: say which item", *span, cure=f"as in  [{first}]")
    if isinstance(step, int):
        if step < len(items):
            return step
        last = f"the last is [{len(items) - 1}]" if items else "the list is empty"
        if str(step) in named:
            last = f"the item of that name is [{item_text(Named(str(step)))}]"
        raise PathError(f"there is no item {step}: items are counted from 0", *span, cure=last)
    if step.name in named:
        return named[step.name]
    known = f"the names are {', '.join(named)}" if named else "write its place, counted from 0"
    raise PathError(
        f"there is no item '{step.name}'", *span, cure=known, given=step.name, choices=tuple(named)
    )


def _has_name(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)


def get_value(data: Any, keys: Keys) -> Any:
    """The value at these keys.

    Args:
        data: plain data.
        keys: the keys and indexes from the root.

    Raises:
        LookupError: there is no such value.
    """
    for key in keys:
        data = data[key]
    return data


def set_value(data: Any, keys: Keys, value: Any) -> None:
    """Put a value at the keys that `locate` found.

    Args:
        data: plain data, which is changed.
        keys: the keys and indexes from the root.
        value: the new value.
    """
    get_value(data, keys[:-1])[keys[-1]] = value


def with_value(data: Any, keys: Keys, value: Any) -> Any:
    """Plain data with another value at these keys; all that does not hold the value is shared.

    Args:
        data: plain data, which stays as it is; a section that is missing is added.
        keys: the keys that `locate` found.
        value: the new value.
    """
    if not keys:
        return value
    changed: Any = {} if data is None else data.copy()
    below = changed.get(keys[0]) if isinstance(changed, dict) else changed[keys[0]]
    changed[keys[0]] = with_value(below, keys[1:], value)
    return changed


def leaves(data: Any, above: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Any]]:
    """Yield every single value in plain data, with the steps down to it; items by name if they have one.

    Args:
        data: plain data.
        above: the steps down to *data* itself.
    """
    if isinstance(data, Mapping):
        inside: list[tuple[Step, Any]] = list(data.items())
    elif isinstance(data, list):
        inside = [(Named(item["name"]) if _has_name(item) else n, item) for n, item in enumerate(data)]
    else:
        yield above, data
        return
    for step, value in inside:
        yield from leaves(value, (*above, step))
