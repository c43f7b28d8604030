"""Strict YAML: plain data, the place of every key and value, and nothing that a scenario does not need.

Read from PyYAML's event stream, which is a state machine: nothing recurses, and the limits hold before any
data exists. Plain scalars follow YAML 1.2: only true and false are truth values, `no` and `1:30` are text.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import yaml

from syncasync_sim.errors import visible
from syncasync_sim.files.diagnostics import Path, Source, Span, clipped, refusal
from syncasync_sim.files.source_text import control_character, first_control_character, joined, source_of
from syncasync_sim.files.yaml_errors import explain_yaml_error

if TYPE_CHECKING:
    from syncasync_sim.model.fields import StrictModel
    from syncasync_sim.model.measured import Columns

MOST_VALUES = 20_000
MOST_LEVELS = 32
LONGEST_NUMBER = 40

_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


@dataclass
class Document:
    """What a text says, and where it says it. `overridden` are the paths that `--set` has put in.

    `part` is the kind of mapping it is to be, a scenario or a lesson; it is set when it is validated.
    """

    source: Source
    data: Any = None
    value_at: dict[Path, Span] = field(default_factory=dict)
    key_at: dict[Path, Span] = field(default_factory=dict)
    overridden: list[Path] = field(default_factory=list)
    part: type[StrictModel] = field(init=False, repr=False, compare=False)
    columns: Columns | None = None
    """Gives the values of the files that a scenario names."""

    def copy(self) -> Document:
        """A copy that can be changed without a change of this document."""
        return replace(
            self,
            data=deepcopy(self.data),
            value_at=dict(self.value_at),
            key_at=dict(self.key_at),
            overridden=list(self.overridden),
        )

    def value(self, path: Path) -> Any:
        """The value at a path that exists."""
        value = self.data
        for part in path:
            value = value[part]
        return value


@dataclass(slots=True)
class _Open:
    """A mapping or list that has begun and not ended; `key` is the one waiting for its value."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


def read_yaml(text: str, name: str) -> Document:
    """Read a YAML document strictly.

    Args:
        text: the YAML text.
        name: the name for messages.

    Raises:
        ScenarioError: it is not one plain document; the error has line, column and cure.
    """
    source = source_of(text, name)
    return read_lines(source, "\n".join(source.lines))


def read_lines(source: Source, text: str) -> Document:
    """Read a YAML document whose places are those of a source.

    Args:
        source: the source, for messages.
        text: the YAML text, with the same lines and columns.

    Raises:
        ScenarioError: it is not one plain document.
    """
    builder = _Builder(source)
    loader = yaml.SafeLoader(text)
    try:
        while (event := loader.get_event()) is not None:  # type: ignore[no-untyped-call]
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise explain_yaml_error(error, source) from None
    except (ValueError, OverflowError):  # chr() of an escape such as "\UFFFFFFFF" in PyYAML's scanner
        mark = loader.get_mark()
        raise refusal(
            Span(source, mark.line, mark.column),
            "this escape names no character",
            "write the character itself",
        ) from None
    finally:
        loader.dispose()
    return builder.document


class _Builder:
    """Takes events and makes the document."""

    def __init__(self, source: Source):
        self.document = Document(source)
        self.source = source
        self.open: list[_Open] = []
        self.values = 0
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.open.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self._refusal(
                    event, "a second document begins here", "a scenario is one document: remove '---'"
                )

    def _node(self, event: yaml.NodeEvent) -> None:
        self._check_plainness(event)
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            top.key = self._key(event, top)
            return
        self._count(event)
        span = self._span(event)
        value: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, span)
        path = self._put(value, top)
        self.document.value_at[path] = span
        if not isinstance(event, yaml.ScalarEvent):
            self.open.append(_Open(value, path))

    def _put(self, value: Any, top: _Open | None) -> Path:
        """Put a value where it belongs and give its path."""
        if top is None:
            self.document.data = value
            return ()
        if isinstance(top.value, list):
            top.value.append(value)
            return (*top.path, len(top.value) - 1)
        key, top.key = top.key or "", None
        top.value[key] = value
        return (*top.path, key)

    def _check_plainness(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self._refusal(
                event, f"aliases (*{event.anchor}) are not used in scenarios", "write the value out"
            )
        if event.anchor is not None:
            message = f"anchors (&{event.anchor}) are not used in scenarios"
            raise self._refusal(event, message, "write the value out where it is needed")
        if getattr(event, "tag", None) is not None:
            raise self._refusal(event, "tags (!) are not used in scenarios", 'put text with a "!" in quotes')

    def _key(self, event: yaml.NodeEvent, top: _Open) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            cure = "put text that holds [ ] { } in quotes"
            raise self._refusal(event, "a key must be a word, not a list or a mapping", cure)
        key, span = joined(str(event.value)), self._span(event)
        self._check_text(key, span)
        path = (*top.path, key)
        if not key:
            raise refusal(span, "there is no key in front of this ':'", "write  key: value")
        if key == "<<":
            raise refusal(span, "merge keys (<<) are not used in scenarios", "write the keys out")
        if key in top.value:
            first = self.document.key_at[path]
            cure = f"keep one; the first is on line {first.source.first + first.line}"
            raise refusal(span, f"the key '{clipped(visible(key))}' is given twice in one mapping", cure)
        self.document.key_at[path] = span
        return key

    def _count(self, event: yaml.NodeEvent) -> None:
        self.values += 1
        if self.values > MOST_VALUES:
            message = f"this is value {self.values:,}; a scenario holds at most {MOST_VALUES:,}"
            raise self._refusal(event, message, "write long traffic as phases")
        if len(self.open) >= MOST_LEVELS:
            message = f"lists and mappings are nested more than {MOST_LEVELS} deep"
            raise self._refusal(event, message, "a scenario needs five or so levels")

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:  # only events made by hand have no marks
            return Span(self.source, 0, 0)
        line = self.source.lines[start.line] if start.line < len(self.source.lines) else ""
        if end.line > start.line:
            return Span(self.source, start.line, start.column, max(1, len(line) - start.column))
        text_column = None
        if isinstance(event, yaml.ScalarEvent):
            begin = start.column + (1 if event.style in ("'", '"') else 0)
            text_column = begin if line.startswith(event.value, begin) else None
        return Span(self.source, start.line, start.column, max(1, end.column - start.column), text_column)

    def _scalar(self, event: yaml.ScalarEvent, span: Span) -> object:
        text = joined(str(event.value))
        self._check_text(text, span)
        return text if event.style or not event.implicit[0] else _plain_scalar(text, span)

    def _check_text(self, text: str, span: Span) -> None:
        if odd := first_control_character(text):
            raise refusal(span, control_character(odd), "write it without the escape")

    def _refusal(self, event: yaml.Event, message: str, cure: str) -> Exception:
        return refusal(self._span(event), message, cure)


def _plain_scalar(text: str, span: Span) -> object:
    """What a scalar without quotes stands for."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _NOT_FINITE.fullmatch(text):
        raise refusal(span, f"a number must be finite, not {text}", "for no limit write none or unlimited")
    if not _FLOAT.fullmatch(text):
        return text
    if len(text) > LONGEST_NUMBER:
        raise refusal(
            span, f"a number of {len(text)} characters", "write a shorter one, or put it in quotes as text"
        )
    if _INT.fullmatch(text):
        return int(text)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise refusal(span, f"a number must be finite, and {text} is too large", "write a smaller one")
    return number
