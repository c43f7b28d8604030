"""PyYAML's complaints, in words that name the mistake behind them."""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.diagnostics import Source, Span, refusal

_QUOTES = 'put the text in quotes: "..."'
_DIRECTIVE = "lines that begin with '%' are not used in scenarios"

# Of each: what PyYAML's sentence holds, whether the mistake is at its beginning (context) or where it was
# noticed, what is wrong, what to do. The first that fits counts.
_COMPLAINTS: tuple[tuple[str, bool, str, str], ...] = (
    ("found unexpected end of stream", True, "this quote is never closed", "close it with the same quote"),
    (
        "found unexpected document separator",
        True,
        "this quote is never closed",
        "close it with the same quote",
    ),
    (
        "found unknown escape",
        False,
        'a backslash means something else inside " "',
        "use single quotes: '...'",
    ),
    ("expected escape sequence", False, "this escape is not complete", "use single quotes: '...'"),
    ("could not find expected ':'", True, "a key needs a ':' and a space behind it", "as in  key: value"),
    ("sequence entries are not", False, "a list item cannot begin here", "begin it on a line of its own"),
    ("mapping keys are not allowed", False, "a '?' is not allowed here", _QUOTES),
    ("while scanning a directive", True, _DIRECTIVE, "remove the line"),
    ("YAML directive", False, _DIRECTIVE, "remove the line"),
    ("YAML document (version", False, _DIRECTIVE, "remove the line"),
    ("tag handle", False, "tags (!) are not used in scenarios", _QUOTES),
    ("ing a tag", True, "tags (!) are not used in scenarios", _QUOTES),
    ("while scanning an alias", True, "a value cannot begin with '*'", _QUOTES),
    ("while scanning an anchor", True, "a value cannot begin with '&'", _QUOTES),
    ("a block scalar", False, "after '|' or '>' the text begins on the next line", "break the line"),
    ("expected the node content", False, "a value is missing here", "write it, or remove the character"),
    ("<document start>", False, "this does not belong to the lines above", "one mapping makes a scenario"),
)
_GLUED = re.compile(r"[ -]*+\w+(?P<colon>:)[^\s:]\S*\s*$")
_LINED_UP = (
    "this line is not lined up with the ones above it",
    "give keys of one mapping the same number of spaces",
)


def explain_yaml_error(error: yaml.MarkedYAMLError, source: Source) -> ScenarioError:
    """The error of the YAML parser with its place, the fault and a cure.

    Args:
        error: the error of the parser.
        source: the source, which has the lines.
    """
    sentence = f"{error.context or ''} {error.problem or ''}"
    noticed = _span(source, error.problem_mark or error.context_mark)
    begun = _span(source, error.context_mark or error.problem_mark)
    for part, tell in _SPECIAL:
        if part in sentence:
            return refusal(*tell(noticed, begun))
    for part, at_beginning, message, cure in _COMPLAINTS:
        if part in sentence:
            return refusal(begun if at_beginning else noticed, message, cure)
    return refusal(
        noticed, "this is not YAML as scenarios use it", "compare with one of the bundled scenarios"
    )


def _colon(noticed: Span, begun: Span) -> tuple[Span, str, str]:
    """A ': ' too many: text with a colon in it, or a line that is indented too far."""
    del begun
    line = noticed.source.lines[noticed.line]
    if re.search(r":\s", line[: noticed.column]):
        return noticed, "there is a second ': ' on this line", 'put text that holds one in quotes: "..."'
    if noticed.line and (glued := _GLUED.match(noticed.source.lines[noticed.line - 1])):
        span = Span(noticed.source, noticed.line - 1, glued.start("colon"))
        return span, "a space is missing behind this ':'", "as in  key: value"
    start = len(line) - len(line.lstrip())
    return Span(noticed.source, noticed.line, start), *_LINED_UP


def _character(noticed: Span, begun: Span) -> tuple[Span, str, str]:
    """A character that no value begins with."""
    del begun
    character = noticed.source.lines[noticed.line][noticed.column : noticed.column + 1]
    if character == "\t":
        return noticed, "a tab stands where YAML allows only spaces", "put a space in its place"
    return noticed, f"a value cannot begin with '{character}'", _QUOTES


def _after_the_end(noticed: Span, begun: Span) -> tuple[Span, str, str]:
    """Something after a value that is complete: on its line, or on a line that is not lined up."""
    del begun
    line = noticed.source.lines[noticed.line]
    character = line[noticed.column : noticed.column + 1]
    if character in ("]", "}"):
        return noticed, f"this '{character}' closes nothing", "remove it, or open it before"
    if character == ":":
        return noticed, "there is no key in front of this ':'", "write  key: value"
    if line[: noticed.column].strip(" -"):
        return (
            noticed,
            "the value ends before this",
            "put the whole text in quotes, with a quote in it doubled",
        )
    return noticed, *_LINED_UP


def _in_brackets(noticed: Span, begun: Span) -> tuple[Span, str, str]:
    """Inside brackets: text that is cut by a bracket of its own, or a bracket that nobody closed."""
    bracket = begun.source.lines[begun.line][begun.column : begun.column + 1]
    closing = {"[": "]", "{": "}"}.get(bracket, bracket)
    if noticed.line == begun.line and noticed.column < len(noticed.source.lines[noticed.line]):
        cure = "inside brackets, text that holds , [ ] { } or ': ' must be in quotes"
        return noticed, f"expected ',' or '{closing}' here", cure
    return begun, f"this '{bracket}' is never closed", f"close it with '{closing}'"


_SPECIAL: tuple[tuple[str, Callable[[Span, Span], tuple[Span, str, str]]], ...] = (
    ("mapping values are not allowed", _colon),
    ("cannot start any token", _character),
    ("<block end>", _after_the_end),
    ("while parsing a flow sequence", _in_brackets),
    ("while parsing a flow mapping", _in_brackets),
)


def _span(source: Source, mark: yaml.Mark | None) -> Span:
    """The place of a mark; the end of the text is shown at the end of its last line that holds anything."""
    if mark is None:
        return Span(source, 0, 0)
    line = min(mark.line, len(source.lines) - 1)
    column = mark.column if line == mark.line else len(source.lines[line])
    while line > 0 and not source.lines[line].strip():
        line -= 1
        column = len(source.lines[line])
    return Span(source, line, min(column, len(source.lines[line])))
