"""Generated blocks in the files of the repository: where each stands, and how it is written.

In a page a block stands between `<!-- table: NAME -->` (or `<!-- output of: COMMAND -->`) and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- {} -->\n", "<!-- end -->\n"
_OPENED = r"<!-- (?:table|output of): "
MARKED = re.compile(
    rf"<!-- (?P<mark>(?:table|output of): [^\n]+?) -->\n(?P<text>(?:(?!{_OPENED}).)*?){END}", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """One generated piece of a file."""

    page: str
    """The file, from the top of the repository."""
    mark: str
    """What its mark says, as `table: Queue`; empty where the whole file is generated."""
    make: Callable[[], str]

    def written(self, top: Path = TOP) -> str | None:
        """The text as it stands in the file; None where the mark is missing."""
        text = (top / self.page).read_text(encoding="utf-8")
        return marks_in(text).get(self.mark) if self.mark else text

    @property
    def cure(self) -> str:
        """What to do where the mark is missing."""
        return f"put <!-- {self.mark} --> into {self.page}, and <!-- end --> on the line below it"


def marks_in(text: str) -> dict[str, str]:
    """The texts of the blocks of a page, by their marks."""
    return {match["mark"]: match["text"] for match in MARKED.finditer(text)}


def mistakes(blocks: Iterable[Block], top: Path = TOP) -> Iterator[str]:
    """Marks that are missing, and marks that nothing fills in: each with what to do."""
    blocks = list(blocks)
    yield from (block.cure for block in blocks if block.written(top) is None)
    known = {(block.page, block.mark) for block in blocks}
    for path in sorted([*top.glob("*.md"), *top.glob("docs/*.md")]):
        page = path.relative_to(top).as_posix()
        for mark in re.findall(rf"^({_OPENED}.+?) -->$", path.read_text(encoding="utf-8"), re.MULTILINE):
            if (page, said := mark.removeprefix("<!-- ")) not in known:
                yield (
                    f"nothing makes <!-- {said} --> in {page}: take it out, "
                    "or add a row to BLOCKS in tools/generate/blocks.py"
                )


def write(block: Block, top: Path = TOP) -> bool:
    """Write the block into its file, if its mark is there; gives whether that changed anything."""
    written, made = block.written(top), block.make()
    if written is None or written == made:
        return False
    file = top / block.page
    before, new = file.read_text(encoding="utf-8"), made
    if block.mark:
        old, new = (BEGIN.format(block.mark) + text + END for text in (written, made))
        new = before.replace(old, new)
    file.write_text(new, encoding="utf-8")
    return True


def table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(cells)} |\n" for cells in (head, *rows)]
    return "".join([lines[0], "|---" * len(head) + "|\n", *lines[1:]])
