"""The headings of the bundled files, for lists: the rest of a file is not read, and nothing is validated.

The tests validate the bundled files, and compare these headings with what is read in full.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from textwrap import dedent
from typing import Any

from syncasync_sim.files import bundled
from syncasync_sim.files.strict_yaml import read_yaml
from syncasync_sim.model.lesson_heading import LessonHeading

_SECTION = re.compile(r"^(?=[a-z_]+:)", re.MULTILINE)
_OF_A_LESSON = ("number", "title", "minutes", "level", "needs")


def scenario_titles() -> dict[str, str]:
    """Return the titles of the bundled scenarios by their names, in alphabetical order."""
    files = {name: bundled.root() / f"{name}{bundled.SUFFIX}" for name in bundled.names()}
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    return {name: values_at_the_top(text, ("title",)).get("title", "") for name, text in texts.items()}


@cache
def lesson_headings() -> tuple[LessonHeading, ...]:
    """Return the headings of the bundled lessons in the order of their numbers."""
    headings = []
    for path in bundled.lessons_root().glob(f"*{bundled.SUFFIX}"):
        text = path.read_text(encoding="utf-8")
        question = values_at_the_top(dedent(_section(text, "question")), ("text",))["text"]
        values = {"number": None, **values_at_the_top(text, _OF_A_LESSON)}
        headings.append(LessonHeading(name=path.stem, question=question, **values))
    return tuple(sorted(headings, key=lambda heading: (heading.number or 1_000, heading.name)))


def values_at_the_top(text: str, keys: Collection[str]) -> dict[str, Any]:
    """Return the values of some keys at the top of a YAML text; keys that are missing are left out.

    Args:
        text: the text, a mapping whose keys at the top are plain words at the beginning of a line.
        keys: the keys.
    """
    wanted = (section for section in _SECTION.split(text) if section.partition(":")[0] in keys)
    return read_yaml("".join(wanted), "heading").data or {}


def _section(text: str, key: str) -> str:
    """The lines below a key at the top."""
    return next(section for section in _SECTION.split(text) if section.startswith(f"{key}:")).partition("\n")[
        2
    ]
