"""The blocks of a lesson as HTML for a notebook: every text escaped, no colours of its own."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from syncasync_sim.lessons.presenter import Block, Gate
from syncasync_sim.render.answer_options import AnswerOptions
from syncasync_sim.render.before_after import HEADS, BeforeAfter
from syncasync_sim.render.html import Line, html_table
from syncasync_sim.render.tables import FigureTable, Lines
from syncasync_sim.stats.rows import change_text

WIDTH = 90
"""Of what is drawn with characters."""


def to_html(blocks: Iterable[Block | Gate]) -> str:
    """The blocks as HTML, one below the other; a gate is left out, as a page does not wait."""
    parts = (_html(block) for block in blocks if not isinstance(block, Gate))
    return f'<div style="max-width:60em">{"".join(parts)}</div>'


def _html(block: Block) -> str:
    if isinstance(block, Lines):
        tag = "b" if block.style == "bold" else "span"
        return f"<p>{'<br>'.join(f'<{tag}>{escape(text)}</{tag}>' for text in block.sentences)}</p>"
    if isinstance(block, FigureTable):
        return _figures(block)
    if isinstance(block, BeforeAfter):
        lines = [Line([label, mode, *values]) for label, mode, values in block.cells()]
        return html_table(["", "", *HEADS], lines, left=(0, 1))
    if isinstance(block, AnswerOptions) and block.votes is None:
        pairs = zip(block.letters, block.texts, strict=True)
        return "<p>" + "<br>".join(f"<b>{letter})</b> {escape(text)}" for letter, text in pairs) + "</p>"
    lines_of_text = [line[1] if isinstance(line, tuple) else line for line in block.lines(WIDTH)]
    return f'<pre style="line-height:1.2">{escape(chr(10).join(lines_of_text))}</pre>'


def _figures(table: FigureTable) -> str:
    """Both designs and the change between them."""
    lines = []
    for row in table.rows:
        values = [row.text(mode) for mode in table.modes]
        lines.append(Line([row.label, *values, change_text(row), row.in_words()]))
    return html_table(["", *table.modes, "change", ""], lines, left=(0, len(table.modes) + 2))
