"""Where something stands in a text, and how a problem there is shown: line, caret and cure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncasync_sim.errors import ScenarioError, visible

Path = tuple[str | int, ...]
"""The keys and list places that lead to a value: ("steps", 0, "duration")."""

MOST_SHOWN = 10
WIDEST = 100
"""A longer line is shown only around the place that matters."""
LONGEST_MESSAGE = 240


@dataclass(frozen=True, slots=True)
class Source:
    """A text with a name. `first` is the number its first line has: for `--set`, which of the flags it is."""

    name: str
    lines: tuple[str, ...]
    first: int = 1


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line; line and column count from 0, width is in characters.

    `text_column` is where a scalar's text begins, if it stands on the line just as it reads.
    """

    source: Source
    line: int
    column: int
    width: int = 1
    text_column: int | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong, where it is, and what to do about it."""

    span: Span
    message: str
    cure: str = ""


def refusal(span: Span, message: str, cure: str = "") -> ScenarioError:
    """The error with one problem.

    Args:
        span: the place of the problem in the source.
        message: the fault, in words.
        cure: the text to write instead, in words.
    """
    return ScenarioError(render([Diagnostic(span, message, cure)]))


def render(problems: Iterable[Diagnostic], unshown: int = 0) -> str:
    """The text of the problems in the order of their places, at most ten, without a final newline.

    Args:
        problems: the problems; equal ones are shown once.
        unshown: the number of further problems that are not given.
    """
    unique = dict.fromkeys(problems)
    ordered = sorted(
        unique, key=lambda p: (p.span.source.name, p.span.source.first, p.span.line, p.span.column)
    )
    texts = [_problem_text(problem) for problem in ordered[:MOST_SHOWN]]
    unshown += len(ordered) - len(texts)
    if unshown:
        texts.append(f"and {unshown} more")
    return "\n".join(texts)


def _problem_text(problem: Diagnostic) -> str:
    from rich.cells import cell_len  # here: only an error needs it

    span = problem.span
    number = str(span.source.first + span.line)
    margin = " " * len(number)
    text = span.source.lines[span.line] if span.line < len(span.source.lines) else ""
    left = max(0, span.column - WIDEST // 2) if len(text) > WIDEST else 0
    right = left + WIDEST
    lead = ("…" if left else "") + visible(text[left : span.column])
    marked = visible(text[span.column : min(right, span.column + span.width)])
    rest = visible(text[span.column + span.width : right]) + ("…" if len(text) > right else "")
    lines = [
        f"{visible(span.source.name)}:{number}:{span.column + 1}: {clipped(visible(problem.message))}",
        f"  {number} | {lead}{marked}{rest}".rstrip(),
        f"  {margin} | {' ' * cell_len(lead)}{'^' * max(1, cell_len(marked))}",
    ]
    if problem.cure:
        lines.append(f"  {margin} = {clipped(visible(problem.cure))}")
    return "\n".join(lines)


def clipped(text: str) -> str:
    """The text, cut in the middle if it is very long."""
    if len(text) <= LONGEST_MESSAGE:
        return text
    half = LONGEST_MESSAGE // 2
    return f"{text[:half]}…{text[-half:]}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """The words as a list in a sentence: `a, b and c`.

    Args:
        words: the words.
        last: the word before the last one.
    """
    return " ".join((", ".join(words[:-1]), last, words[-1])) if len(words) > 1 else "".join(words)
