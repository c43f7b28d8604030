"""What `make generated` writes is what stands in the files, and a missing mark is told with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from generate.blocks import BLOCKS
from generate.pages import Block, mistakes, write


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.page} {block.mark}".strip())
def test_a_generated_block_is_what_its_function_makes(block: Block) -> None:
    written = block.written()
    assert written is not None, block.cure
    assert written == block.make(), f"{block.page} is out of date: run make generated"


def test_every_mark_is_there_and_is_filled_in() -> None:
    assert list(mistakes(BLOCKS)) == []


ROW = Block("docs/page.md", "table: nats-jetstream", lambda: "| new |\n")


def page_with(folder: Path, text: str) -> Path:
    """docs/page.md below *folder*."""
    (folder / "docs").mkdir()
    (folder / ROW.page).write_text(text, encoding="utf-8")
    return folder


def test_a_block_is_written_between_its_marks_and_only_there(tmp_path: Path) -> None:
    top = page_with(
        tmp_path,
        "| old |\n<!-- table: nats-jetstream -->\n| old |\n<!-- end -->\n| old |\n",
    )
    assert write(ROW, top)
    assert (top / ROW.page).read_text(encoding="utf-8") == (
        "| old |\n<!-- table: nats-jetstream -->\n| new |\n<!-- end -->\n| old |\n"
    )
    assert not write(ROW, top)


@pytest.mark.parametrize("text", ["", "<!-- table: nats-jetstream -->\n| old |\n"])
def test_a_missing_mark_is_told_with_its_cure(tmp_path: Path, text: str) -> None:
    top = page_with(tmp_path, text)
    assert not write(ROW, top)
    assert list(mistakes([ROW], top)) == [
        "put <!-- table: nats-jetstream --> into docs/page.md, and <!-- end --> on the line below it"
    ]


def test_a_block_that_is_not_closed_does_not_swallow_the_next(tmp_path: Path) -> None:
    other = Block(ROW.page, "table: other", lambda: "| other |\n")
    top = page_with(tmp_path, "<!-- table: nats-jetstream -->\ntext\n<!-- table: other -->\n<!-- end -->\n")
    assert [write(block, top) for block in (ROW, other)] == [False, True]
    assert "text\n" in (top / ROW.page).read_text(encoding="utf-8")
    assert list(mistakes([ROW, other], top)) == [ROW.cure]


def test_a_mark_that_nothing_fills_in_is_told(tmp_path: Path) -> None:
    top = page_with(tmp_path, "<!-- output of: syncasync-sim run x -->\n")
    assert list(mistakes([], top)) == [
        "nothing makes <!-- output of: syncasync-sim run x --> in docs/page.md: take it out, "
        "or add a row to BLOCKS in tools/generate/blocks.py"
    ]
