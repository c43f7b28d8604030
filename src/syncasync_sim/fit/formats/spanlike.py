"""What the readers of traces have in common: their spans go into the columns, or are noted as unreadable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from syncasync_sim.fit.formats.kinds import Reader, Wishes
from syncasync_sim.fit.json_items import as_dict, as_list, as_text, read_items
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.fit.spans import Span, Spans

SpanOrError = Span | ValueError
"""A span, or why it cannot be read."""


def reader(
    opening: re.Pattern[str],
    spans_of: Callable[[object], Iterable[SpanOrError]],
    foreign: Callable[[str], str | None] = lambda _: None,
) -> Reader:
    """Return the reader of a format of traces: it gathers the spans of a file.

    Args:
        opening: the text with which the array of items begins.
        spans_of: the spans of an item.
        foreign: the reason why a line without such an array is left out; None if it should hold one.
    """

    def read(source: Source, log: Log, _wishes: Wishes) -> None:
        spans = log.gathered if isinstance(log.gathered, Spans) else Spans()
        log.gathered = spans

        def take(item: object, line: int) -> None:
            for span in spans_of(item):
                log.lines += 1
                try:
                    _add(span, spans, log)
                except ValueError as error:
                    log.refuse(source.name, line, str(error))

        read_items(source, log, opening, take, foreign)

    return read


def _add(span: SpanOrError, spans: Spans, log: Log) -> None:
    if isinstance(span, ValueError):
        raise span
    if not spans.add(span):
        log.leave_out("spans with an id that is there already")


def each(values: Iterable[object], span_of: Callable[[dict[str, object]], Span]) -> Iterable[SpanOrError]:
    """Yield the span of each JSON object, or why it is none.

    Args:
        values: the objects.
        span_of: makes a span of one; raises ValueError if it is none.
    """
    for value in values:
        try:
            yield span_of(as_dict(value))
        except ValueError as error:
            yield error


def tags_of(
    pairs: object, wanted: frozenset[str], text_of: Callable[[object], str] = as_text
) -> dict[str, str]:
    """Return the tags that are wanted out of a list of objects with `key` and `value`.

    Args:
        pairs: the list.
        wanted: the keys that are kept.
        text_of: the text of a value.
    """
    tags = {}
    for pair in map(as_dict, as_list(pairs)):
        key = pair.get("key")
        if isinstance(key, str) and key in wanted:
            tags[key] = text_of(pair.get("value"))
    return tags


def first_of(tags: dict[str, str], keys: Sequence[str]) -> str:
    """Return the first tag of some that is not empty; else an empty text.

    Args:
        tags: the tags.
        keys: the keys in order of preference.
    """
    return next((tags[key] for key in keys if tags.get(key)), "")
