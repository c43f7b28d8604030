"""What stands in the places of the picture, as text: who waits, who is at what, what is counted."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.style import TIED, wrapped
from syncasync_sim.replay.captions import IN_WORDS, STATES, WHOSE, EventKind
from syncasync_sim.replay.replay_state import DesignReader

NOBODY = "none"
APART = "   "


def moment(t: int, end: int) -> str:
    """A time of the clock, always with as many digits, so that it does not jump about."""
    return f"{t / US_PER_S:.2f} s" if end >= US_PER_S else format_time(t / US_PER_S)


def name_of(read: DesignReader, number: int, *, with_step: bool) -> str:
    """The item of a move, as it stands in a line: `#5`, or `#5 send email` where one customer has several."""
    kind, customer, _, step = read.items[read.moves[number][1]]
    name = WHOSE[read.plain["kinds"][kind]].format(customer + 1)
    return f"{name}{TIED}{read.plain['steps'][step]}" if with_step and step >= 0 else name


def work_of(read: DesignReader, number: int) -> str:
    """Whose work and which: `#5 send email`, `#5 (gone) charge card`, `#5 send email, try 2`."""
    _, item, _, _, _, mark, attempt, *_ = read.moves[number]
    kind, customer, *_ = read.items[item]
    again = f", try {attempt}" if attempt > 1 and mark not in IN_WORDS else ""
    return f"{WHOSE[read.plain['kinds'][kind]].format(customer + 1)} {doing(read, number)}{again}"


def doing(read: DesignReader, number: int) -> str:
    """What a thread or worker is at: the name of a step, or in a few words."""
    step, mark = read.moves[number][4], read.moves[number][5]
    name = read.plain["steps"][step] if step >= 0 else ""
    return (STATES[EventKind(mark)] if mark in IN_WORDS else "{step}").format(step=name)


def crowd(names: Sequence[str], room: int, limit: int | None = None) -> str:
    """Who is in a place, in their order: `3: #4 #5 #6`, or as many as there is room for, and of how many."""
    count = format_count(len(names))
    of = "" if limit is None else f" of {format_count(limit)} places"
    if not names:
        return NOBODY + (f", {format_count(limit)} places" if limit is not None else "")
    between = ", " if any(TIED in name for name in names) else " "
    text = f"{count}{of}: {between.join(names)}"
    shown = len(names)
    while cell_len(text) > room and shown > 1:
        shown = min(shown - 1, max(room, 1))  # a name takes a column at least
        text = f"{count}{of}, first {shown}: {between.join(names[:shown])}"
    return text if cell_len(text) <= room else f"{count}{of}"


def flow(parts: Sequence[tuple[str, str]], width: int) -> list[Text]:
    """Parts with their styles in lines of at most *width* columns, none broken if it fits a line."""
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
    """How far it is, in *width* columns."""
    done = 0 if share is None else int(share * width)
    return "━" * done + "·" * (width - done)


def beside(label: str, left: int, lines: Sequence[Text]) -> list[Text]:
    """Lines beside their label, which stands in a column *left* wide."""
    heads = [label, *[""] * (len(lines) - 1)]
    return [Text(head.ljust(left)).append_text(line) for head, line in zip(heads, lines, strict=True)]
