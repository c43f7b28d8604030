"""One picture of a recorded run at a moment, in lines of text: the synchronous design above the other.

It only looks up: who is where is read off the moves, figures are the rows of the document's table.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from syncasync_sim.render.style import plain as plain_text
from syncasync_sim.render.style import wrapped
from syncasync_sim.replay.box_texts import flow, moment
from syncasync_sim.replay.design_picture import LanePicture, PicturePart
from syncasync_sim.replay.line_layout import FORMS, LAST_FORMS, Form, height_of, lines_of, rows_of
from syncasync_sim.replay.replay_state import event_times, readers
from syncasync_sim.replay.result import result_lines
from syncasync_sim.replay.slot_grid import Grid

NARROWEST = 60
"""Columns under which no picture is drawn: a slot, whose work it is and which step have to fit."""


class Scene:
    """A document made ready for its pictures; it does not change."""

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self.plain = plain
        self.readers = readers(plain)
        self.end: int = plain["time"]["end"]
        self.times = event_times(self.readers)
        labels = [box["label"] for read in self.readers for box in read.boxes]
        width = max(map(len, labels)) + 2
        self.lanes = [LanePicture(read, width) for read in self.readers]

    def last_event(self, t: int) -> int | None:
        """Return the time of the last move up to a time, in microseconds; None without one."""
        before = bisect_right(self.times, t)
        return self.times[before - 1] if before else None

    def events(self, at: int) -> list[tuple[str, str]]:
        """Return the events at a time in microseconds, each as the design and its caption."""
        return [
            (read.lane["id"], read.caption(number))
            for read in self.readers
            for number in range(read.upto(at - 1), read.upto(at))
        ]


def frame(
    scene: Scene,
    t: int,
    width: int,
    height: int | None = None,
    *,
    controls: Sequence[str] = (),
    ascii_only: bool = False,
) -> Text:
    """The picture at a time, for a terminal.

    A box with too many slots counts those that are not shown; if that is not enough, the picture says how
    much room it needs.

    Args:
        scene: the scene.
        t: the time, in microseconds.
        width: the greatest width, in columns.
        height: the greatest height, in lines; None without a limit.
        controls: texts for the last line, as many as fit.
        ascii_only: whether the terminal shows ASCII only.
    """
    t = max(0, min(t, scene.end))
    if width < NARROWEST:
        return _text(_too_small(scene, t, width, height, 0), ascii_only)
    least = 0
    best: list[Text] = []
    for form in LAST_FORMS if t >= scene.end else FORMS:
        above, below = _parts(scene, t, width, form, controls)
        parts = [*above, *below]
        rows = rows_of(parts, height)
        if rows is not None:
            blank = 0 if height is None else height - height_of(parts, rows)
            spare: list[PicturePart] = [[Text()] * blank]
            rows_too = [*rows[: len(above)], 0, *rows[len(above) :]]
            best = lines_of([*above, *spare, *below], rows_too, tight=height is None)
            if rows == rows_of(parts, None):  # every slot is shown: it does not get better
                break
        least = height_of(parts, [min(1, part.rows) if isinstance(part, Grid) else 0 for part in parts])
    return _text(best or _too_small(scene, t, width, height, least), ascii_only)


def _parts(
    scene: Scene, t: int, width: int, form: Form, controls: Sequence[str]
) -> tuple[list[PicturePart], list[PicturePart]]:
    """The title with both designs, and the lines at the bottom of the screen."""
    blank: list[PicturePart] = [[Text()]] if form.blank_lines else []
    above: list[PicturePart] = [[Text(line, "bold") for line in wrapped(scene.plain["title"], width)]]
    for lane in scene.lanes:
        above += [*blank, *lane.parts(t, width, idle=form.idle_slots, reserve=form.reserve)]
    result = result_lines(scene.plain, width, all_rows=form.all_result_rows) if t >= scene.end else []
    below: list[PicturePart] = [*blank, result, *blank] if result else blank
    below.append(_outages(scene, t, width))
    below.append(_captions(scene, t, width, form.captions))
    below.append([_scrub(scene, t, width)])
    below.append(flow([(control, "") for control in controls], width)[:1] if controls else [])
    return above, below


def _outages(scene: Scene, t: int, width: int) -> list[Text]:
    """Which steps are down, and until when; or when the next outage begins. Nothing if there is never one."""
    if not scene.plain["outages"]:
        return []
    down, later = [], []
    for step, begin, until in scene.plain["outages"]:
        name = scene.plain["steps"][step]
        if begin <= t and (until is None or t < until):
            end = "to the end" if until is None else f"until {moment(until, scene.end)}"
            down.append(f"{name} is down {end}")
        elif t < begin <= scene.end:
            later.append(f"{name} goes down at {moment(begin, scene.end)}")
    sentences = [*down, *later] or ["nothing is down any more"]
    return [Text(line, "bold" if down else "") for line in wrapped("Outages: " + ", ".join(sentences), width)]


def _captions(scene: Scene, t: int, width: int, most: int) -> list[Text]:
    """What happened last, always *most* lines high if that is enough for the first event."""
    if not most:
        return []
    last = scene.last_event(t)
    if last is None:
        return [Text("nothing has happened yet"), *[Text()] * (most - 1)]
    events, at = scene.events(last), moment(last, scene.end)
    lines: list[Text] = []
    for number, (mode, caption) in enumerate(events):
        head = f"{at}  " if not number else " " * (len(at) + 2)
        caption_lines = [
            Text(line) for line in wrapped(f"{head}{mode:5}  {caption}", width, hanging=len(at) + 9)
        ]
        more = len(events) - number - 1
        if number and len(lines) + len(caption_lines) + bool(more) > most:
            lines.append(Text(" " * (len(at) + 2) + f"and {more + 1} more at this moment"))
            break
        lines += caption_lines
    return lines + [Text()] * (most - len(lines))


def _scrub(scene: Scene, t: int, width: int) -> Text:
    """The time, and how far that is through the run."""
    now, end = moment(t, scene.end), moment(scene.end, scene.end)
    head = f"{now:>{len(end)}} "
    width_left = width - len(head) - len(end) - 2
    done = int(t / scene.end * width_left) if scene.end else width_left
    return Text.assemble(head, "━" * done, ("│", "bold"), "·" * (width_left - done), f" {end}")


def _too_small(scene: Scene, t: int, width: int, height: int | None, least: int) -> list[Text]:
    """Words for a terminal without room for a picture."""
    needs = [f"{NARROWEST} columns"] if width < NARROWEST else []
    needs += [f"{least} lines"] if height is not None and least > height else []
    has = f"{width} x {height}" if height is not None else f"{width} columns"
    sentence = f"{moment(t, scene.end)}. The picture needs {' and '.join(needs)}; there is room for {has}."
    return [Text(line) for line in wrapped(sentence, max(width, 1))][:height]


def _text(lines: Sequence[Text], ascii_only: bool) -> Text:
    text = Text("\n", no_wrap=True, end="").join(lines)
    if ascii_only:
        text.plain = plain_text(text.plain, ascii_only)
    return text
