"""Pages for teachers in a browser and on paper: nothing is cut, nothing is loaded, few pages are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lessons.files import every_part
from lessons.test_pages import all_run
from replay.pages import opened
from syncasync_sim.files.concept_test import load_concept_test
from syncasync_sim.files.lessons import lessons, load_lesson
from syncasync_sim.lessons.answer_key import Ran, key, run_all
from syncasync_sim.lessons.concept_test import form
from syncasync_sim.lessons.guide import guide
from syncasync_sim.lessons.handout import handout, handouts
from syncasync_sim.lessons.review_sheet import deal, review_sheet
from syncasync_sim.lessons.slides import slides

CUT = """() => [...document.querySelectorAll("section")]
  .filter((slide) => slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1)
  .map((slide) => slide.innerText)"""
DRAWN_BADLY = """() => [...document.querySelectorAll("svg")].flatMap((svg) => {
  const {width, height} = svg.viewBox.baseVal;
  const boxes = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBBox()]);
  const isCut = ([, b]) => b.x < 0 || b.y < -1 || b.x + b.width > width || b.y + b.height > height + 1;
  const apart = (a, b) => a.x + a.width <= b.x + 1 || a.y + a.height <= b.y + 3;
  const isOver = ([text, a], at) => boxes.some(([, b], other) => other > at && !apart(a, b) && !apart(b, a));
  return boxes.filter((box, at) => isCut(box) || isOver(box, at)).map(([text]) => text);
})"""
NARROW = """() => [...document.querySelectorAll("td")]
  .filter((cell) => cell.clientHeight > 3.5 * parseFloat(getComputedStyle(cell).fontSize))
  .map((cell) => cell.innerText)"""
SPLIT = """() => [...document.querySelectorAll("table, p, .keep")]
  .filter((part) => getComputedStyle(part).breakInside !== "avoid").map((part) => part.innerText)"""
SHOWN = """() => [...document.querySelectorAll("section")]
  .findIndex((slide) => Math.abs(slide.getBoundingClientRect().top) < 2)"""


@pytest.fixture
def whole(tmp_path: Path) -> Ran:
    return run_all(load_lesson(every_part(tmp_path)))


def written(folder: Path, text: str) -> Path:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    return path


def paper(browser: Browser, file: Path) -> int:
    """How many pages of paper a file takes."""
    with opened(browser, file) as tab:
        return len(re.findall(rb"/Type ?/Page\b", tab.pdf(prefer_css_page_size=True, format="A4")))


def test_slides_are_not_cut_on_any_screen(browser: Browser, whole: Ran, tmp_path: Path) -> None:
    bundled = (all_run(file.lesson.name) for file in lessons())
    for ran in (whole, *bundled):
        for width, height in ((1280, 720), (1024, 768)):
            size = {"width": width, "height": height}
            with opened(browser, written(tmp_path, slides(ran)), viewport=size) as tab:
                assert tab.evaluate(CUT) == []
                assert tab.evaluate(DRAWN_BADLY) == []
                assert tab.evaluate(NARROW) == [], "a cell has two lines at most"


def test_all_words_of_a_drawing_can_be_read(browser: Browser, whole: Ran, tmp_path: Path) -> None:
    for ran in (whole, *(all_run(file.lesson.name) for file in lessons())):
        for page in (handout(ran.file), key(ran)):
            with opened(browser, written(tmp_path, page.html())) as tab:
                assert tab.evaluate(DRAWN_BADLY) == [], page.title


def test_keys_move_from_slide_to_slide(browser: Browser, whole: Ran, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, slides(whole))) as tab:
        for key, slide in (
            ("ArrowLeft", 0),
            ("ArrowRight", 1),
            ("Space", 2),
            ("PageDown", 3),
            ("ArrowUp", 2),
        ):
            tab.keyboard.press(key)
            tab.wait_for_function(f"({SHOWN})() === {slide}")


def test_each_slide_is_a_page_of_paper(browser: Browser, whole: Ran, tmp_path: Path) -> None:
    page = slides(whole)
    assert paper(browser, written(tmp_path, page)) == page.count("<section")


def test_no_table_is_split_between_two_pages_of_paper(browser: Browser, whole: Ran, tmp_path: Path) -> None:
    for page in (key(whole), guide(whole)):
        with opened(browser, written(tmp_path, page.html())) as tab:
            assert tab.evaluate(SPLIT) == []


def test_sheets_take_one_or_two_pages(browser: Browser, whole: Ran, tmp_path: Path) -> None:
    assert paper(browser, written(tmp_path, handout(whole.file).html())) == 2
    for file in lessons():
        assert paper(browser, written(tmp_path, handout(file, 1).html())) <= 2, file.lesson.name
        assert paper(browser, written(tmp_path, guide(all_run(file.lesson.name)).html())) <= 2, (
            file.lesson.name
        )
    assert paper(browser, written(tmp_path, handouts(whole.file, range(1, 5)).html())) == 8
    for seed in (1, 2):
        sheet = review_sheet(deal(lessons(), 8, seed), seed)
        assert paper(browser, written(tmp_path, sheet.html())) == 1, seed
    assert paper(browser, written(tmp_path, form(load_concept_test(), "A").html())) == 2
