"""One design's part of the picture: its boxes from the customers to the messages, and what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from rich.cells import cell_len
from rich.text import Text

from syncasync_sim.model.formats import format_count
from syncasync_sim.render.style import LOOKS
from syncasync_sim.replay.box_texts import beside, crowd, doing, flow, name_of, work_of
from syncasync_sim.replay.replay_state import DesignReader
from syncasync_sim.replay.slot_grid import FREE, UNUSED, Grid, Slot

PicturePart: TypeAlias = list[Text] | Grid
"""Lines that have to be there, or slots that can do with fewer."""


class LanePicture:
    """A design made ready for its pictures."""

    def __init__(self, read: DesignReader, left: int) -> None:
        """*left*: how wide the column of the labels is."""
        self.read, self.left = read, left
        self.style = LOOKS[read.lane["id"]].terminal
        self._with_step = len({item[3] for item in read.items if item[3] >= 0}) > 1
        self._longest = [""] * len(read.boxes)
        words = {word for _, word, *_ in read.lane.get("pauses", ())}
        for move, (_, _, box, *_) in enumerate(read.moves):
            if box >= 0 and read.boxes[box]["kind"] == "slots":
                texts = (work_of(read, move), *(self._paused_text(move, word) for word in words))
                self._longest[box] = max(self._longest[box], *texts, key=cell_len)

    def parts(self, t: int, width: int, *, idle: bool, reserve: bool) -> Iterator[PicturePart]:
        """Yield the parts of a design's picture: its name, its boxes in order, and its effects.

        Args:
            t: the time, in microseconds.
            width: the greatest width, in columns.
            idle: whether boxes without anybody are shown.
            reserve: whether unlimited threads keep the room for the most that this run needs.
        """
        width_left = width - self.left
        yield [Text(self.read.lane["label"], self.style)]
        there = self.read.numbers(self.read.upto(t))
        paused = self.read.paused(t)
        counters: list[tuple[str, str]] = []
        for box, numbers in zip(self.read.boxes, there, strict=True):
            if box["kind"] == "sink":
                style = "bold" if numbers and box.get("bad") else ""
                counters.append((f"{box['label']} {format_count(len(numbers))}", style))
                continue
            yield from self._counters_part(counters, width_left)
            counters = []
            words = paused if box["id"] == "workers" else {}
            down = self.read.place_down(box["id"], t)
            if down:
                yield beside(box["label"], self.left, [Text(down, "bold")])
            if numbers or words or (idle and not down):
                yield self._box_part(box, numbers, words, t, width_left, reserve)
        yield from self._counters_part(counters, width_left)
        yield from self._effects_part(t, width_left)

    def _box_part(
        self,
        box: Mapping[str, Any],
        numbers: Sequence[int],
        paused: Mapping[int, str],
        t: int,
        width: int,
        reserve: bool,
    ) -> PicturePart:
        if box["kind"] != "slots":
            names = [name_of(self.read, number, with_step=self._with_step) for number in numbers]
            return beside(box["label"], self.left, [Text(crowd(names, width, box.get("limit")))])
        taken = {slot: Slot(word, word, style="bold") for slot, word in paused.items()}
        for number in numbers:
            slot = self.read.moves[number][3]
            share = self.read.share(number, t)
            work, kind = work_of(self.read, number), doing(self.read, number)
            if slot in paused:
                work, kind = self._paused_text(number, paused[slot]), paused[slot]
            taken[slot] = Slot(work, kind, share, has_bar=self.read.works(number))
        unlimited = bool(box.get("unlimited"))
        label = f"{box['label']}, no limit" if unlimited else box["label"]
        longest = self._longest[self.read.boxes.index(box)]
        idle = UNUSED if unlimited else FREE
        return Grid(label, self.left, box["slots"], taken, longest, width, idle, reserve, self.style)

    def _paused_text(self, number: int, word: str) -> str:
        """Whose work a worker has that takes nothing, and why it takes nothing."""
        return f"{name_of(self.read, number, with_step=False)} {word}"

    def _counters_part(self, counters: Sequence[tuple[str, str]], width: int) -> Iterator[PicturePart]:
        if counters:
            yield beside("So far", self.left, flow(counters, width))

    def _effects_part(self, t: int, width: int) -> Iterator[PicturePart]:
        """How often each effect has happened, and how often of that too often."""
        if done := [(text, "bold" if is_repeated else "") for text, is_repeated in self.read.effects(t)]:
            yield beside("Effects", self.left, flow(done, width))
