"""What the two clocks say in the end: rows of the document's table, as the document has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from syncasync_sim.model.figures import DONE, WAITS
from syncasync_sim.model.modes import MODES
from syncasync_sim.render.style import LOOKS, wrapped
from syncasync_sim.render.tables import aligned


def result_lines(plain: Mapping[str, Any], width: int, *, all_rows: bool) -> list[Text]:
    """Return the result as lines: the times that customers wait, and the times until all work is done.

    If the columns are too wide, each row is a sentence.

    Args:
        plain: the document.
        width: the greatest width, in columns.
        all_rows: whether all rows are shown; otherwise the first one of each group.
    """
    modes = [mode for mode in MODES if mode in plain["figures"]]
    change = ["change", "words"] if len(modes) > 1 else []
    heading = [Text(), *(Text(mode, LOOKS[mode].terminal) for mode in modes), *map(Text, change[:1])]
    lines = [heading]
    for name, row in _rows(plain, all_rows):
        label = Text(name, "bold" if row["label"] == row["group"] or not all_rows else "")
        lines.append([label, *(Text(row[column]) for column in (*modes, *change))])
    table = aligned(lines)
    if max(line.cell_len for line in table) <= width:
        return table
    return [
        Text(line)
        for name, row in _rows(plain, all_rows)
        for line in wrapped(f"{name}: {', '.join(f'{mode} {row[mode]}' for mode in modes)}", width, hanging=2)
    ]


def _rows(plain: Mapping[str, Any], all_rows: bool) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each row with its name: `customer waits, p95`."""
    for group in (WAITS, DONE):
        rows = [row for row in plain["table"] if row["group"].startswith(group)]
        for row in rows if all_rows else rows[:1]:
            own = row["group"]
            yield own if row["label"] == own else f"{own}, {row['label']}", row
