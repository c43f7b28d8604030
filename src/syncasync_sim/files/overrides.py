"""`--set steps[3].duration=3s`: a change to the plain data, before it is validated."""

from __future__ import annotations

from typing import Any

from syncasync_sim.command_line import quoted
from syncasync_sim.errors import ScenarioError, did_you_mean
from syncasync_sim.files.diagnostics import Source, Span, refusal
from syncasync_sim.files.source_text import source_of
from syncasync_sim.files.strict_yaml import Document, read_lines
from syncasync_sim.model.brokers import BROKERS, preset_name
from syncasync_sim.model.paths import Keys, Path, PathError, locate, read_path, set_value

FLAG, VARY = "--set", "--vary"
LONGEST = 10_000
"""The most characters of a flag."""

MOST_IN_A_QUEUE = 2
"""A broker and a key of its queue, behind `queue`."""
_EXPECTED = "expected a path, '=' and a value"
_EXAMPLE = f"as in  --set workers.count=3  or  --set {quoted('steps[send email].duration=3s')}"


def apply_set(document: Document, flag: str, number: int, name: str = FLAG) -> None:
    """Put the `path=value` of a flag into a document.

    The section above the value must exist, or be one that the model knows.

    Args:
        document: the document, which is changed.
        flag: the `path=value`.
        number: the number of the flag among those of its name, from 1.
        name: the name of the flag, for messages.

    Raises:
        ScenarioError: the flag cannot be read or applied; the error points into it.
    """
    source, path, value = _read_flag(flag, number, name)
    keys = _keys_at(document.data, path, source)
    set_value(document.data, keys, value.data)
    spans = [Span(source, 0, *span) for span in path.spans]
    for depth, span in enumerate(spans[:-1], start=1):  # a section that this flag has begun
        document.value_at.setdefault(keys[:depth], span)
        document.key_at.setdefault(keys[:depth], span)
    _record_spans(document, value, keys, spans[-1])


def _read_flag(flag: str, number: int, name: str) -> tuple[Source, Path, Document]:
    """The path of a flag and its value, both with their places in the flag."""
    if len(flag) > LONGEST:
        raise refusal(
            Span(Source(name, (flag,), number), 0, 0),
            f"this {name} has {len(flag):,} characters; at most {LONGEST:,} are allowed",
            "put this value into the scenario file",
        )
    source = source_of(flag, name, number)
    if len(source.lines) > 1:
        raise refusal(
            Span(source, 0, len(source.lines[0])), "a flag is one line", "put long values in the file"
        )
    path, equals = path_of(source)
    return source, path, read_lines(source, " " * (equals + 1) + flag[equals + 1 :])


def keys_of_flag(document: Document, flag: str, number: int, name: str) -> Keys:
    """The keys that the path of a flag leads to; the document is not changed.

    Args:
        document: the document.
        flag: the `path=value`.
        number: the number of the flag among those of its name, from 1.
        name: the name of the flag, for messages.

    Raises:
        ScenarioError: the flag cannot be read or applied; the error points into it.
    """
    source = source_of(flag, name, number)
    return _keys_at(document.copy().data, path_of(source)[0], source)


def _keys_at(data: Any, path: Path, source: Source) -> Keys:
    try:
        return locate(data, path)
    except PathError as error:
        raise _path_refusal(error, source) from None


def for_one_broker(flag: str, number: int) -> tuple[str, str] | None:
    """Return the broker of a flag such as `queue.kafka.partitions=8`, and the flag without the broker.

    Args:
        flag: the `path=value`.
        number: the number of the flag, from 1.

    Returns:
        The name of the broker and `queue.partitions=8`; None for a flag that names no broker.
    """
    if len(flag) > LONGEST:
        return None  # to be refused with the others
    path, _ = path_of(source_of(flag, FLAG, number))
    section, *rest = path.steps
    broker = preset_name(str(rest[0])) if rest else ""
    if section != "queue" or len(rest) < MOST_IN_A_QUEUE or broker not in BROKERS:
        return None
    return broker, f"queue{flag[sum(path.spans[1]) :]}"


def plain_value(flag: str) -> tuple[str, Any]:
    """Return the path of a flag, and its value as plain data."""
    _, path, value = _read_flag(flag, 1, FLAG)
    return path.text, value.data


def path_of(source: Source) -> tuple[Path, int]:
    """Return the path in front of the '=' of a flag, and the place of the '='."""
    flag = source.lines[0]
    try:
        path = read_path(flag)
    except PathError as error:
        if error.start == 0:
            raise refusal(Span(source, 0, 0), _EXPECTED, _EXAMPLE) from None
        raise _path_refusal(error, source) from None
    if path.end >= len(flag) or flag[path.end] != "=":
        raise refusal(Span(source, 0, min(path.end, len(flag) - 1)), _EXPECTED, _EXAMPLE)
    return path, path.end


def _path_refusal(error: PathError, source: Source) -> ScenarioError:
    """The same refusal, which points into the flag."""
    cure = did_you_mean(error.given, error.choices) or error.cure
    return refusal(Span(source, 0, error.start, error.width), error.problem, cure)


def _record_spans(document: Document, value: Document, path: Keys, key: Span) -> None:
    """Take over the spans of the new value, and forget those of the old one."""
    for spans in (document.value_at, document.key_at):
        for old in [p for p in spans if p[: len(path)] == path]:
            del spans[old]
    document.value_at.update({(*path, *inner): span for inner, span in value.value_at.items()})
    document.key_at.update({(*path, *inner): span for inner, span in value.key_at.items()})
    document.value_at.setdefault(path, key)
    document.key_at[path] = key
    document.overridden.append(path)


def apply_sets(document: Document, flags: tuple[str, ...], name: str = FLAG) -> None:
    """Apply every flag in order; a later one wins.

    Args:
        document: the document, which is changed.
        flags: the flags, each `path=value`.
        name: the name of the flags, for messages.

    Raises:
        ScenarioError: a flag cannot be read or applied; the error points into it.
    """
    if flags and not isinstance(document.data, dict):
        raise ScenarioError(f"{name}: there is no scenario to change")
    for number, flag in enumerate(flags, start=1):
        apply_set(document, flag, number, name)
