"""The texts of the boxes of the picture: the items that wait, the items at work, and the counts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.style import TIED, wrapped
from syncasync_sim.replay.captions import IN_WORDS, ITEM_NAMES, STATES, EventKind
from syncasync_sim.replay.replay_state import DesignReader

NOBODY = "none"
APART = "   "


def moment(t: int, end: int) -> str:
    """The text of the clock, with a constant number of digits.

    Args:
        t: the time, in microseconds.
        end: the end of the run, in microseconds.
    """
    return f"{t / US_PER_S:.2f} s" if end >= US_PER_S else format_time(t / US_PER_S)


def name_of(read: DesignReader, number: int, *, with_step: bool) -> str:
    """The item of a move in a line: `#5`, or `#5 send email` if one customer has several.

    Args:
        read: the design.
        number: the number of the move.
        with_step: whether the name of the step is shown.
    """
    kind, customer, _, step = read.items[read.moves[number][1]]
    name = ITEM_NAMES[read.plain["kinds"][kind]].format(customer + 1)
    return f"{name}{TIED}{read.plain['steps'][step]}" if with_step and step >= 0 else name


def work_of(read: DesignReader, number: int) -> str:
    """The owner and the work of a move: `#5 send email`, `#5 (gone) charge card`, `#5 send email, try 2`.

    Args:
        read: the design.
        number: the number of the move.
    """
    _, item, _, _, _, mark, attempt, *_ = read.moves[number]
    kind, customer, *_ = read.items[item]
    again = f", try {attempt}" if attempt > 1 and mark not in IN_WORDS else ""
    return f"{ITEM_NAMES[read.plain['kinds'][kind]].format(customer + 1)} {doing(read, number)}{again}"


def doing(read: DesignReader, number: int) -> str:
    """The work of a thread or worker: the name of a step, or a few words.

    Args:
        read: the design.
        number: the number of the move.
    """
    step, mark = read.moves[number][4], read.moves[number][5]
    name = read.plain["steps"][step] if step >= 0 else ""
    return (STATES[EventKind(mark)] if mark in IN_WORDS else "{step}").format(step=name)


def crowd(names: Sequence[str], width: int, limit: int | None = None) -> str:
    """The items in a box in order, as many as fit: `3: #4 #5 #6`.

    Args:
        names: the texts of the items.
        width: the greatest width, in columns.
        limit: the capacity of the box; None without a limit.
    """
    count = format_count(len(names))
    of = "" if limit is None else f" of {format_count(limit)} places"
    if not names:
        return NOBODY + (f", {format_count(limit)} places" if limit is not None else "")
    between = ", " if any(TIED in name for name in names) else " "
    text = f"{count}{of}: {between.join(names)}"
    number = len(names)
    while cell_len(text) > width and number > 1:
        number = min(number - 1, max(width, 1))  # a name takes a column at least
        text = f"{count}{of}, first {number}: {between.join(names[:number])}"
    return text if cell_len(text) <= width else f"{count}{of}"


def flow(parts: Sequence[tuple[str, str]], width: int) -> list[Text]:
    """Return parts of text in lines; a part is broken only if it is wider than a line.

    Args:
        parts: each part with its style.
        width: the greatest width, in columns.
    """
    lines = [Text()]
    for part, style in parts:
        gap = APART if lines[-1].cell_len else ""
        if lines[-1].cell_len + cell_len(gap + part) <= width:
            lines[-1].append(gap).append(part, style)
            continue
        pieces = [Text(piece, style) for piece in wrapped(part, width)]
        lines = lines + pieces if lines[-1].cell_len else pieces
    return lines


def bar(share: float | None, width: int) -> str:
    """A bar that shows the share of work done.

    Args:
        share: the share, from 0 to 1; None if unknown.
        width: the width of the bar, in columns.
    """
    done = 0 if share is None else int(share * width)
    return "━" * done + "·" * (width - done)


def beside(label: str, left: int, lines: Sequence[Text]) -> list[Text]:
    """Return lines with a label in front of the first one.

    Args:
        label: the label.
        left: the width of the label's column.
        lines: the lines.
    """
    heads = [label, *[""] * (len(lines) - 1)]
    return [Text(head.ljust(left)).append_text(line) for head, line in zip(heads, lines, strict=True)]
