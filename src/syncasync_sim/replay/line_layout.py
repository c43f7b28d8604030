"""Making a picture fit the screen: which of its parts get how many lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from syncasync_sim.replay.design_picture import PicturePart
from syncasync_sim.replay.slot_grid import Grid


@dataclass(frozen=True, slots=True)
class Form:
    """One way to fill the screen."""

    blank_lines: bool = True
    captions: int = 3
    reserve: bool = True
    idle_slots: bool = True
    all_result_rows: bool = True


FORMS = (
    Form(captions=6),
    Form(),
    Form(reserve=False),
    Form(blank_lines=False, reserve=False),
    Form(blank_lines=False, captions=2, reserve=False),
)
"""From the roomiest to the barest."""
LAST_FORMS = (
    Form(captions=0),
    Form(captions=0, reserve=False, idle_slots=False),
    Form(captions=0, reserve=False, blank_lines=False, idle_slots=False),
    Form(captions=0, reserve=False, blank_lines=False, idle_slots=False, all_result_rows=False),
)
"""In the end nobody moves any more, and the result needs the room."""


def rows_of(parts: Sequence[PicturePart], height: int | None) -> list[int] | None:
    """Return the number of rows of slots for every part (0 for lines), as many as fit.

    Each part gets one row; then, again and again, the part with the fewest gets one more, the later of two.

    Args:
        parts: the parts of the picture.
        height: the greatest height, in lines; None without a limit.

    Returns:
        The number of rows of each part; None if nothing fits.
    """
    grids = [number for number, part in enumerate(parts) if isinstance(part, Grid)]
    rows = [part.rows if isinstance(part, Grid) else 0 for part in parts]
    if height is None or height_of(parts, rows) <= height:
        return rows
    wanted, rows = rows, [min(1, number) for number in rows]
    if height_of(parts, rows) > height:
        return None
    growing = set(grids)
    while growing:
        number = min(growing, key=lambda index: (rows[index], -index))
        more = [count + (index == number) for index, count in enumerate(rows)]
        if rows[number] == wanted[number] or height_of(parts, more) > height:
            growing.remove(number)
        else:
            rows = more
    return rows


def height_of(parts: Sequence[PicturePart], rows: Sequence[int]) -> int:
    """Return the height of the parts, in lines.

    Args:
        parts: the parts of the picture.
        rows: the number of rows of slots for every part.
    """
    return sum(
        part.height_of(count) if isinstance(part, Grid) else len(part)
        for part, count in zip(parts, rows, strict=True)
    )


def lines_of(parts: Sequence[PicturePart], rows: Sequence[int], *, tight: bool) -> list[Text]:
    """Return all lines of the parts.

    Args:
        parts: the parts of the picture.
        rows: the number of rows of slots for every part.
        tight: whether empty lines are left out.
    """
    lines: list[Text] = []
    for part, count in zip(parts, rows, strict=True):
        own = part.lines(count) if isinstance(part, Grid) else part
        lines += [line for line in own if not tight or len(own) == 1 or line.plain.strip()]
    for line in lines:
        line.rstrip()
    return lines
