"""What a list of lessons shows of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["intro", "advanced"]


@dataclass(frozen=True, kw_only=True)
class LessonHeading:
    """The facts about a lesson that may be shown before its answer; what has a default may be left out."""

    number: int | None
    name: str
    title: str
    minutes: int = 10
    level: Level = "intro"
    needs: str = "nothing"
    question: str
