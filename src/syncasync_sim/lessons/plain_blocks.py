"""The blocks of a lesson as plain data: a notebook and a page in a browser draw them themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncasync_sim.lessons.presenter import Block, Gate
from syncasync_sim.render.answer_options import AnswerOptions
from syncasync_sim.render.before_after import HEADS, BeforeAfter
from syncasync_sim.render.tables import FigureTable, Lines
from syncasync_sim.stats.rows import change_text

WIDTH = 90
"""Of what is drawn with characters, in columns."""


def plain_blocks(blocks: Iterable[Block | Gate], width: int = WIDTH) -> list[dict[str, Any]]:
    """The blocks as plain data, in their order.

    Args:
        blocks: the blocks, and the places to think between them.
        width: of what is drawn with characters, in columns.

    Returns:
        One mapping for each, whose `kind` says what it has: `lines` (texts, and whether they are `bold`),
        `options` (letters and texts), `table` (heads, lines, and the columns that are aligned to the left),
        `drawn` (lines of characters), or `gate` (nothing: what follows waits for the reader).
    """
    return [_plain(block, width) for block in blocks]


def _plain(block: Block | Gate, width: int) -> dict[str, Any]:
    if isinstance(block, Gate):
        return {"kind": "gate"}
    if isinstance(block, Lines):
        return {"kind": "lines", "texts": list(block.sentences), "bold": block.style == "bold"}
    if isinstance(block, FigureTable):
        return _figures(block)
    if isinstance(block, BeforeAfter):
        cells = [[label, mode, *values] for label, mode, values in block.cells()]
        return {"kind": "table", "heads": ["", "", *HEADS], "lines": cells, "left": [0, 1]}
    if isinstance(block, AnswerOptions) and block.votes is None:
        return {"kind": "options", "letters": list(block.letters), "texts": list(block.texts)}
    lines = [line[1] if isinstance(line, tuple) else line for line in block.lines(width)]
    return {"kind": "drawn", "lines": lines}


def _figures(table: FigureTable) -> dict[str, Any]:
    """Both designs and the change between them."""
    lines = [
        [row.label, *(row.text(mode) for mode in table.modes), change_text(row), row.in_words()]
        for row in table.rows
    ]
    heads = ["", *table.modes, table.change_head, ""]
    return {"kind": "table", "heads": heads, "lines": lines, "left": [0, len(heads) - 1]}
