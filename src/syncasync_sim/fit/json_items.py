"""The items of arrays in JSON, one after the other: a large document is never in memory as objects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from syncasync_sim.errors import LogError
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import HEAD_BYTES, MOST_DOCUMENT_BYTES, Source

_DECODER = json.JSONDecoder(parse_float=str, parse_constant=str)
"""Numbers with a point stay text: a time in nanoseconds does not fit a float."""
_GAP = re.compile(r"[\s,]*")


class BrokenJsonError(ValueError):
    """JSON that ends early or cannot be read; the text says where."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def items(text: str, opening: re.Pattern[str], first_line: int = 1) -> Iterator[tuple[int, object]]:
    """Yield the line and the value of each item of the arrays that begin with a pattern.

    A pattern that does not end with a bracket is followed by a single value.

    Args:
        text: a JSON document, or several.
        opening: the text with which an array begins, up to its bracket.
        first_line: the number of the first line of the text.

    Raises:
        BrokenJsonError: an item cannot be read, or the text ends inside of an array.
    """
    line, counted, position = first_line, 0, 0
    while match := opening.search(text, position):
        position = match.end()
        if not match[0].endswith("["):
            line += text.count("\n", counted, position)
            counted = position
            value, position = _decoded(text, position, line)
            yield line, value
            continue
        while True:
            position = _after_gap(text, position)
            line += text.count("\n", counted, position)
            counted = position
            if text.startswith("]", position):
                position += 1
                break
            value, position = _decoded(text, position, line)
            yield line, value


def _after_gap(text: str, position: int) -> int:
    match = _GAP.match(text, position)
    return match.end() if match else position


def _decoded(text: str, position: int, line: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        line += text.count("\n", position, error.pos)
        ends = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        what_happens = "ends early" if ends else "is broken"
        where = len(text) if ends else error.pos
        raise BrokenJsonError(f"the JSON {what_happens} at character {where:,}", line) from None
    except RecursionError:
        raise BrokenJsonError(f"the JSON after character {position:,} is nested too deeply", line) from None
    except ValueError:
        raise BrokenJsonError(
            f"the JSON after character {position:,} holds a number too long", line
        ) from None


def texts(source: Source, opening: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield the number of the first line and the text of each JSON document of a file.

    A file with a document in each line is read line by line; any other is one document.

    Args:
        source: the file.
        opening: the text with which the array in a document begins.

    Raises:
        LogError: the file cannot be read.
    """
    in_one_line = "\n" not in source.head.strip() and len(source.head) >= HEAD_BYTES // 4
    lines = source.head_lines
    if in_one_line or _is_object(lines[0]) or any(opening.search(ln) and _is_object(ln) for ln in lines):
        yield from source.lines(MOST_DOCUMENT_BYTES)
    else:
        yield 1, source.document()


def _is_object(line: str) -> bool:
    try:
        return isinstance(_DECODER.decode(line), dict)
    except (ValueError, RecursionError):
        return False


def read_items(
    source: Source,
    log: Log,
    opening: re.Pattern[str],
    take: Callable[[object, int], None],
    foreign: Callable[[str], str | None] = lambda _: None,
) -> None:
    """Hand each item of a file on, and note the lines that cannot be read.

    Args:
        source: the file.
        log: takes the lines that cannot be read.
        opening: the text with which an array of items begins.
        take: takes an item and its line.
        foreign: the reason why a line that holds no such array is left out; None if it should hold one.

    Raises:
        LogError: nothing in the file can be read.
    """
    broken: BrokenJsonError | None = None
    some = False
    for number, text in texts(source, opening):
        if not text.strip():
            continue
        broken = None
        if not opening.search(text):
            if reason := foreign(text):
                log.leave_out(reason)
            else:
                log.refuse(source.name, number, "this is no JSON of traces")
            continue
        try:
            for line, value in items(text, opening, number):
                some = True
                take(value, line)
        except BrokenJsonError as error:
            broken = error
            log.refuse(source.name, error.line, str(error))
    if broken and not some:
        raise LogError(
            f"{source.name}:{broken.line}: {broken}, before one trace is complete\n  = export the file again"
        )
    if not some:
        raise LogError(f"{source.name}: there are no traces in it\n  = export traces of at least 20 requests")
    if broken:
        log.cautions.append(
            f"{source.name}:{broken.line}: {broken}: everything before it was read; export the file again"
        )


def as_dict(value: object) -> dict[str, object]:
    """Return the value if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return the value if it is an array; else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Return a text, a number or a truth as text; else an empty text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 200 else ""
    return value if isinstance(value, str) else ""
