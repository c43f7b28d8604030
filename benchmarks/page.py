"""Writes what a benchmark measured into the page about speed, between two markers."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def write(name: str, text: str) -> None:
    """Put *text* where the page has a place for the measurement called *name*, if it has one."""
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    page = PAGE.read_text(encoding="utf-8")
    room = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    PAGE.write_text(room.sub(lambda _: f"{begin}\n{text.strip()}\n{end}", page, count=1), encoding="utf-8")


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(re.sub(r"\|  (?=\|)", "| ", f"| {' | '.join(line)} |") for line in lines)


def machine() -> str:
    """What it was measured on, in a few words."""
    return f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()}"
