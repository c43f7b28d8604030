"""Where things are in the repository, and where on the site."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

TOP = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SOURCE = TOP / "build" / "site-source"
"""What Sphinx reads: made anew each time."""
SITE = TOP / "site"
REPLAYS = "replays"
"""The folder of the pages that move, on the site."""
_LINK = re.compile(r"(?P<before>\]\()(?P<target>[^)\s]+)(?P<after>\))")
_FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_MOVED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "LICENSE",
    "LICENSE-texts": "LICENSE-texts",
    "SECURITY.md": "security.md",
    "scenarios": "scenarios/index.md",
    "lessons": "lessons/index.md",
}
"""Where a file of the repository is on the site; those in `docs/` are at its top."""


def relative(path: Path) -> PurePosixPath:
    """A path of the repository without the folder that the repository is in."""
    return PurePosixPath(path.relative_to(TOP).as_posix())


def on_site(path: PurePosixPath) -> PurePosixPath | None:
    """Where a file of the repository is on the site, both as relative paths; None: it is not there."""
    if moved := _MOVED.get(str(path)):
        return PurePosixPath(moved)
    match path.parts:
        case ("docs", *rest):
            return PurePosixPath(*rest)
        case ("scenarios" | "lessons", name) if name.endswith(".yaml"):
            return path.with_suffix(".md")
        case ("notebooks", *_):
            return path
    return None


def with_links_of_the_site(page: Path) -> str:
    """The text of a Markdown page of the repository, its links turned to where things are on the site.

    Raises ValueError for a link to something that is not on the site.
    """
    text = page.read_text(encoding="utf-8")
    parts, last = [], 0
    for fence in _FENCE.finditer(text):  # what looks like a link in code is none
        parts += [_turned(text[last : fence.start()], page), fence.group()]
        last = fence.end()
    return "".join([*parts, _turned(text[last:], page)])


def _turned(text: str, page: Path) -> str:
    here = on_site(relative(page))
    assert here is not None, page

    def turned(link: re.Match[str]) -> str:
        path, hash_, anchor = link["target"].partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return link.group()
        meant = (page.parent / path).resolve()
        there = on_site(relative(meant)) if meant.exists() else None
        if there is None:
            raise ValueError(f"{relative(page)}: {link['target']} leads to nothing that is on the site")
        steps_up = "../" * (len(here.parts) - 1)
        return f"{link['before']}{steps_up}{there}{hash_}{anchor}{link['after']}"

    return _LINK.sub(turned, text)
