"""The blocks of a lesson as HTML for a notebook: every text escaped, no colours of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from syncasync_sim.lessons.telling import Block, Gate
from syncasync_sim.render.before_after import HEADS, BeforeAfter
from syncasync_sim.render.choices import Choices
from syncasync_sim.render.tables import FigureTable, Lines
from syncasync_sim.stats.html import change_text

WIDTH = 90
"""Of what is drawn with characters."""
_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit;background:transparent"
_CELL = "padding:1px 10px;text-align:"


def to_html(blocks: Iterable[Block | Gate]) -> str:
    """The blocks one below the other; where somebody should think first, nothing: a page does not wait."""
    told = (_html(block) for block in blocks if not isinstance(block, Gate))
    return f'<div style="max-width:60em">{"".join(told)}</div>'


def _html(block: Block) -> str:
    if isinstance(block, Lines):
        tag = "b" if block.style == "bold" else "span"
        return f"<p>{'<br>'.join(f'<{tag}>{escape(text)}</{tag}>' for text in block.sentences)}</p>"
    if isinstance(block, FigureTable):
        return _figures(block)
    if isinstance(block, BeforeAfter):
        lines = [[label, mode, *values] for label, mode, values in block.cells()]
        return _table(["", "", *HEADS], lines, words=2)
    if isinstance(block, Choices) and block.votes is None:
        pairs = zip(block.letters, block.texts, strict=True)
        return "<p>" + "<br>".join(f"<b>{letter})</b> {escape(text)}" for letter, text in pairs) + "</p>"
    lines_of_text = [line[1] if isinstance(line, tuple) else line for line in block.lines(WIDTH)]
    return f'<pre style="line-height:1.2">{escape(chr(10).join(lines_of_text))}</pre>'


def _figures(table: FigureTable) -> str:
    """Both designs and the change between them."""
    lines = []
    for row in table.rows:
        values = [row.text(mode) for mode in table.modes]
        lines.append([row.label, *values, change_text(row), row.in_words()])
    return _table(["", *table.modes, "change", ""], lines, words=1)


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]], *, words: int) -> str:
    """The first *words* columns to the left, numbers to the right."""
    sides = ["left" if place < words else "right" for place in range(len(heads))]
    head = "".join(
        f'<th scope="col" style="{_CELL}{side}">{escape(text)}</th>'
        for text, side in zip(heads, sides, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL}{side}">{escape(text)}</td>' for text, side in zip(line, sides, strict=True)
        )
        + "</tr>"
        for line in lines
    )
    return f'<table style="{_TABLE}"><tr>{head}</tr>{body}</table>'
