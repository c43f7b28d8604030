"""The lessons in a browser: nothing of an answer is there before it is given, then what the terminal says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from docs_site.check import violations
from lessons.own import CHANCE, HOSTILE, NAMES, SCENARIO
from replay.pages import until
from syncasync_sim.files.lessons import lessons as bundled
from syncasync_sim.files.lessons import load_lesson
from syncasync_sim.lessons import page_lesson
from syncasync_sim.lessons.notebook_lesson import NotebookLesson
from syncasync_sim.lessons.session import Part, Session
from web.site import SITE, Opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PARTS: tuple[Part, ...] = ("why", "change", "transfer")
NUMBERS = [file.lesson.number for file in bundled()]
NO_STORAGE = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no storage'); } });"
SHOWN = """() => {
  const roots = [...document.querySelectorAll(".lesson-words, .lesson-changes form > div, .lesson-fine")];
  const blocks = roots.flatMap((root) => [...root.querySelectorAll(".lesson-lines, table, .lesson-drawn")]);
  return blocks.map((block) => {
    if (block.tagName === "PRE") return block.textContent.split("\\n");
    const inside = block.querySelectorAll(block.tagName === "TABLE" ? "td, th" : "p");
    return [...inside].map((part) => part.textContent);
  });
}"""
MAIN = ".lesson-form:has([name=lesson-sure])"
SUBMIT = f"{MAIN} [type=submit]"
WIDE = "document.documentElement.scrollWidth - innerWidth"
SEEN_AS: list[dict[str, Any]] = [{}, {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark"}]


@contextmanager
def fresh(browser: Browser, address: str, place: str = "", **context: Any) -> Iterator[Opened]:
    """The page of the lessons in a browser that has not seen it; nothing may go wrong in it."""
    page = Opened(browser, f"{address}lessons.html{place}", **context)
    yield page
    page.context.close()
    assert page.wrong == []
    assert {urlsplit(url).netloc for url in page.asked} == {urlsplit(address).netloc}


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """The same for all lessons, with the engine loaded once."""
    with fresh(browser, address) as page:
        page.wait_until_ready()
        yield page


def reveal(tab: Page, letter: str = "a", sure: int = 3) -> None:
    """Answer, and go on wherever the lesson leaves time to think, until the run is there."""
    tab.wait_for_selector(".lesson-form")  # a key that comes before the question is lost
    tab.keyboard.press(letter)
    tab.keyboard.press(str(sure))
    tab.click(SUBMIT)
    give_reason(tab)
    tab.wait_for_selector(".lesson-after .lesson-words p")
    if (think := tab.locator(".lesson-think")).count():
        think.click()
    tab.wait_for_selector(".lesson-picture .sa-lane")


def give_reason(tab: Page) -> None:
    """Say why, before anything is run: the first of the reasons, or words."""
    tab.wait_for_selector("[name=lesson-why]")
    choices = tab.locator("[name=lesson-why][type=radio]")
    if choices.count():
        choices.first.check()
    else:
        tab.fill("[name=lesson-why]", "so it is")
    tab.click("text=Run it")


def to_the_list(tab: Page) -> None:
    """Back to the list; a page follows a link to itself a moment after the click."""
    tab.click("text=All lessons")
    tab.wait_for_selector("h1:text-is('Lessons')")


def told(tab: Page) -> str:
    """What came of the answer."""
    return tab.locator(".lesson-after > .lesson-words").inner_text()


def change(tab: Page, guess: str = "") -> None:
    if tab.locator("[name=lesson-change]").count():
        choose(tab, "change")
    else:
        tab.fill("[name=lesson-guess]", guess)
        tab.click(".lesson-changes [type=submit]")
    tab.wait_for_selector(".lesson-changes .lesson-words p")
    if tab.locator("[name=lesson-transfer]").count():
        choose(tab, "transfer")
    tab.wait_for_selector(".lesson-fine p")


def choose(tab: Page, part: str) -> None:
    """Choose the first answer to a question, and commit it."""
    tab.locator(f"[name=lesson-{part}]").first.check()
    tab.click(f".lesson-form:has([name=lesson-{part}]) [type=submit]")


def result_of(session: Session, width: int) -> list[list[str]]:
    """The texts of what a lesson says after the answer and the change, block by block."""
    told = page_lesson.result(session, width=width)
    guess = "" if session.question_of("change") else "as before"
    done = page_lesson.case_result(session, 0, guess, width=width)
    blocks = [*told["blocks"], *told["next"], *done["blocks"], *done["next"]]
    if (transfer := done["transfer"]) is not None:
        done = page_lesson.transfer_result(session, width=width)
        blocks += [*transfer["blocks"][:1], *done["blocks"]]
    blocks += done["fine_print"]
    return [list(_texts(block)) for block in blocks if block["kind"] != "gate"]


def _texts(block: dict[str, Any]) -> Iterator[str]:
    if block["kind"] != "table":
        yield from block.get("texts") or block["lines"]
        return
    yield from block["heads"]
    before = None
    for name, *cells in block["lines"]:
        yield from [name] if name != before else []
        yield from cells
        before = name


@pytest.mark.parametrize("number", NUMBERS)
def test_from_the_question_to_the_takeaway(number: int, opened: Opened) -> None:
    tab = opened.tab
    session = Session(load_lesson(number))
    wrong = next(letter for at, letter in enumerate(session.letters) if at != session.lesson.question.correct)
    tab.goto(f"{opened.tab.url.partition('#')[0]}#lesson={number}")
    asked = page_lesson.question(session)
    tab.wait_for_selector(f"h1:text-is('{asked['heading']}')")
    before = tab.locator("main").inner_text()
    for text in (*asked["story"], asked["question"], *asked["options"]):
        assert text in before
    everything = tab.content()
    session.answer(wrong, 3)
    for part in PARTS:
        if session.letters_of(part):
            session.answer("a", part=part)
    lines = [
        text for block in result_of(session, 90) for text in block if len(text) > 30 or is_new(text, before)
    ]
    assert len(lines) > 10
    for text in [*lines, session.lesson.takeaway, session.lesson.question.options[0].right_if or "The sum"]:
        assert text not in everything

    tab.keyboard.press(wrong)
    tab.keyboard.press("3")
    tab.click(SUBMIT)
    give_reason(tab)
    tab.wait_for_selector(".lesson-after .lesson-words p")
    if session.level == "advanced":
        assert session.lesson.takeaway not in tab.content()
        assert session.lesson.sum not in tab.content()
        tab.click(".lesson-think")
    tab.wait_for_selector(".lesson-picture .sa-lane")
    assert tab.locator(".lesson-after").inner_text().count(f"Look for: {session.lesson.look_for}") == 1
    left_out = page_lesson.picture(session)["left_out"]
    assert (left_out or "") in tab.locator(".lesson-picture .sa-about").inner_text()
    change(tab, "as before")
    shown = tab.evaluate(SHOWN)
    assert shown in [result_of(session, width) for width in range(24, 91)]
    printed = " ".join(repr(NotebookLesson(session)).split())
    for block in shown:  # what is drawn, and how a table is laid out, depends on the width
        for text in block:
            assert (
                " ".join(text.split()) in printed
                or "You guessed" in text
                or "To go on" in text
                or is_art(text)
            )


def is_new(text: str, before: str) -> bool:
    """Whether it is a number with a unit that the question does not name."""
    return bool(re.search(r"\d.* ", text)) and text not in before


def is_art(text: str) -> bool:
    """Whether it is drawn with characters, or a heading over such."""
    return bool(re.search(r"[\u2500-\u257f·]|  |^\W*$|bars too narrow", text))


def test_the_question_is_there_before_the_engine(browser: Browser, address: str) -> None:
    waiting: list[Any] = []

    def wait(route: Any) -> None:
        waiting.append(route)

    with fresh(browser, address, "#nothing") as page:
        tab = page.tab
        tab.route("**/*.pack", wait)
        tab.goto(f"{address}lessons.html#lesson=3")
        tab.reload()
        reading = tab.locator("main").inner_text()
        assert page_lesson.question(Session(load_lesson(3)))["question"] in reading
        assert "Loading the engine" in tab.locator("#lesson-status").inner_text()
        tab.keyboard.press("c")
        tab.keyboard.press("2")
        tab.keyboard.press("Enter")
        give_reason(tab)
        until(tab, lambda: bool(waiting))
        assert tab.locator(".lesson-after .lesson-words").count() == 0
        for route in waiting:
            route.continue_()
        tab.wait_for_selector(".lesson-after .lesson-words p")
        assert "Correct" in told(tab)
        assert "I think so" in told(tab)
        tab.wait_for_selector(".lesson-picture .sa-lane")


def test_both_are_asked_for(opened: Opened) -> None:
    tab = opened.tab
    start(tab, 2)
    told = tab.locator(f"{MAIN} .lesson-hint")
    tab.click(SUBMIT)
    assert told.inner_text() == "Choose an answer, and how sure you are."
    tab.keyboard.press("b")
    assert told.inner_text() == ""
    tab.click(SUBMIT)
    assert told.inner_text() == "Choose an answer, and how sure you are."
    assert tab.locator(".lesson-after .lesson-words").count() == 0


def start(tab: Page, number: int) -> None:
    """Come to a lesson that nobody has answered."""
    tab.evaluate("localStorage.clear()")
    tab.goto(tab.url.partition("#")[0])
    tab.reload()
    tab.wait_for_selector("body[data-ready]")
    tab.goto(f"{tab.url.partition('#')[0]}#lesson={number}")
    tab.wait_for_selector(f"h1:has-text('Lesson {number}:')")


def test_progress_is_kept_until_it_is_forgotten(opened: Opened) -> None:
    tab = opened.tab
    start(tab, 1)
    reveal(tab, "a", 2)
    tab.goto(f"{tab.url.partition('#')[0]}#")
    assert tab.locator(".lesson-state").all_inner_texts() == ["answered"]
    tab.go_back()
    tab.wait_for_selector("h1:has-text('Lesson 1:')")
    tab.reload()
    assert tab.locator("[value=a]").is_checked()
    assert tab.locator("[name=lesson-sure][value='2']").is_checked()
    assert tab.locator("[value=b]").is_disabled()
    assert tab.locator(".lesson-after .lesson-words").count() == 0
    tab.click("text=Show what came of it")
    tab.wait_for_selector(".lesson-picture .sa-lane")
    change(tab)
    to_the_list(tab)
    assert tab.locator(".lesson-state").all_inner_texts() == ["done"]
    tab.click("#lesson-forget")
    tab.click("text=Keep them")
    assert tab.locator(".lesson-state").count() == 1
    tab.click("#lesson-forget")
    tab.keyboard.press("Escape")
    assert tab.locator("dialog").count() == 0
    tab.click("#lesson-forget")
    tab.click("text=Forget them")
    assert tab.locator(".lesson-state").count() == 0
    tab.reload()
    assert tab.locator(".lesson-state").count() == 0
    assert tab.locator("#lesson-forget").count() == 0


def test_the_text_for_a_teacher(opened: Opened, tmp_path: Path) -> None:
    tab = opened.tab
    start(tab, 3)
    choose(tab, "recall")
    tab.wait_for_selector(".lesson-recall .lesson-words p")
    reveal(tab, "b", 3)
    change(tab)
    to_the_list(tab)
    tab.click(".lesson-teacher summary")
    text = tab.input_value("#lesson-summary")
    first, *lines, last = text.split("\n")
    assert first.startswith("syncasync-sim lessons, 1 of 17 answered, 20")
    assert last == ""
    session = Session(load_lesson(3))
    asks: dict[Part, str] = {
        "recall": "an earlier lesson",
        "question": "the question",
        "why": "the reason",
        "change": "the change",
        "transfer": "somewhere else",
    }
    expected = ["Lesson 3: When sync wins; done"]
    for part, name in asks.items():
        index = 1 if part == "question" else 0
        right = "right" if session.correct(part) == index else "not right"
        sure = "; sure" if part == "question" else ""
        expected.append(f"  {name}: {'ab'[index]}) {session.options(part)[index]}{sure}; {right}")
    assert lines == expected
    wrong = [name for part, name in asks.items() if session.correct(part) != (part == "question")]
    assert tab.locator(".lesson-review li").inner_text() == f"When sync wins: {', '.join(wrong)}"
    with tab.expect_download() as download:
        tab.click("text=Save as a file")
    assert download.value.suggested_filename == "lessons.txt"
    download.value.save_as(tmp_path / "lessons.txt")
    assert (tmp_path / "lessons.txt").read_text(encoding="utf-8") == text
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.click("text=Copy")
    tab.wait_for_selector("text=Copied.")
    assert tab.evaluate("navigator.clipboard.readText()") == text


def test_a_browser_that_keeps_nothing(browser: Browser, address: str) -> None:
    with fresh(browser, address, "#none") as page:
        page.tab.add_init_script(NO_STORAGE)
        page.tab.goto(f"{address}lessons.html")
        page.tab.reload()
        page.tab.wait_for_selector("text=This browser keeps nothing")
        page.tab.click("text=The spinner")
        reveal(page.tab)
        to_the_list(page.tab)
        assert page.tab.locator(".lesson-state").all_inner_texts() == ["answered"]


def test_what_was_kept_is_not_trusted(browser: Browser, address: str) -> None:
    with fresh(browser, address, "#none") as page:
        kept = '{"the-spinner": {"letter": "z", "sure": 3}, "not-faster": 7, "the-crash": {"letter": "<b>"}}'
        page.tab.evaluate("(kept) => localStorage.setItem('syncasync-lessons', kept)", kept)
        page.tab.reload()
        assert page.tab.locator(".lesson-list li").count() == len(NUMBERS)
        assert page.tab.locator(".lesson-state").count() == 0
        page.tab.evaluate("localStorage.setItem('syncasync-lessons', '[1, {')")
        page.tab.reload()
        assert page.tab.locator(".lesson-list li").count() == len(NUMBERS)


def test_back_and_forward(opened: Opened) -> None:
    tab = opened.tab
    start(tab, 1)
    tab.evaluate("location.hash = 'lesson=not-faster'")
    tab.wait_for_selector("h1:has-text('Lesson 2:')")
    assert tab.title() == "syncasync-sim: Lesson 2: Not faster, just later"
    assert tab.evaluate("document.activeElement.tagName") == "H1"
    tab.go_back()
    tab.wait_for_selector("h1:has-text('Lesson 1:')")
    tab.go_forward()
    tab.wait_for_selector("h1:has-text('Lesson 2:')")
    tab.evaluate("location.hash = 'lesson=77'")
    tab.wait_for_selector("text=There is no lesson")


def test_by_keyboard_alone(opened: Opened) -> None:
    tab = opened.tab
    start(tab, 2)
    tab.evaluate("location.hash = ''")
    tab.wait_for_selector("h1:text-is('Lessons')")
    tab_to(tab, "Not faster, just later")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("h1:has-text('Lesson 2:')")
    for key in ("c", "2", "Enter", "Space", "Enter"):  # the last two for the first of the reasons
        tab.keyboard.press(key)
    tab.wait_for_selector(".lesson-picture .sa-lane")
    assert tab.evaluate("document.activeElement.textContent") == "What came of it"
    tab_to(tab, "Play")
    tab.keyboard.press("End")
    for part in ("change", "transfer"):
        tab.locator(f"[name=lesson-{part}]").first.wait_for()
        for _ in range(80):
            if tab.evaluate("document.activeElement.name") == f"lesson-{part}":
                break
            tab.keyboard.press("Tab")
        tab.keyboard.press("Space")
        tab.keyboard.press("Enter")
    tab.wait_for_selector(".lesson-fine p")
    tab_to(tab, "Next: Lesson 3: When sync wins")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("h1:has-text('Lesson 3:')")


def tab_to(tab: Page, text: str) -> None:
    """Press Tab until the focus is on what has this text."""
    for _ in range(80):
        if tab.evaluate("document.activeElement.textContent.trim()") == text:
            return
        tab.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {text}")


def test_a_long_lesson_shows_how_far_it_is_and_is_cancelled(opened: Opened) -> None:
    tab = opened.tab
    start(tab, 8)
    for key in ("a", "1", "Enter"):
        tab.keyboard.press(key)
    give_reason(tab)
    tab.wait_for_selector("text=Running the lesson ...")
    far = "document.querySelector('.lesson-status progress').value"
    until(tab, lambda: 0.03 < tab.evaluate(far) < 0.9)
    before = tab.evaluate(far)
    until(tab, lambda: bool(before < tab.evaluate(far) <= 1))
    tab.click("#lesson-cancel")
    tab.wait_for_selector("text=Run it again")
    assert tab.locator(".lesson-after .lesson-words").count() == 0
    assert tab.locator("[name=lesson-letter][value=a]").is_checked()
    tab.evaluate("location.hash = 'lesson=2'")
    tab.wait_for_selector("h1:has-text('Lesson 2:')")
    reveal(tab)
    assert "2.55 s" in told(tab)


def test_who_leaves_a_long_lesson_does_not_wait_for_it(opened: Opened) -> None:
    tab = opened.tab
    start(tab, 8)
    for key in ("a", "1", "Enter"):
        tab.keyboard.press(key)
    give_reason(tab)
    tab.wait_for_selector("text=Running the lesson ...")
    tab.evaluate(
        "void (syncasync.cancel = ((end) => () => { syncasync.ended = true; end(); })(syncasync.cancel))"
    )
    to_the_list(tab)
    assert tab.evaluate("syncasync.ended")
    tab.click("text=The spinner")
    reveal(tab)
    assert tab.locator("h1").first.inner_text() == "Lesson 1: The spinner"
    assert tab.locator("text=Run it again").count() == 0


def test_a_lesson_of_ones_own(opened: Opened) -> None:
    tab = opened.tab
    start(tab, 1)
    to_the_list(tab)
    upload(tab, ("own.yaml", CHANCE.replace("completed > 100", "completed < 1")), ("shop.yaml", SCENARIO))
    tab.wait_for_selector("h1:text-is('Left to chance')")
    reveal(tab)
    assert "12 runs, a dot for each" in told(tab)
    change(tab)
    assert (
        "the lesson does not fit its runs: async.work.completed < 1 (it is"
        in tab.locator(".lesson-fine").inner_text()
    )


def upload(tab: Page, *texts: tuple[str, str]) -> None:
    kind = "application/yaml"
    payload: list[Any] = [{"name": name, "mimeType": kind, "buffer": text.encode()} for name, text in texts]
    tab.set_input_files("#lesson-file", payload)


def test_a_broken_lesson_and_a_hostile_one(opened: Opened) -> None:
    tab = opened.tab
    start(tab, 1)
    to_the_list(tab)
    upload(tab, ("own.yaml", CHANCE.replace("takeaway", "takaway")), ("shop.yaml", SCENARIO))
    tab.wait_for_selector("text=did you mean 'takeaway'?")
    assert tab.locator(".lesson-problem").inner_text().startswith("own.yaml:")
    upload(tab, ("evil.yaml", HOSTILE), ("names.yaml", NAMES))
    tab.wait_for_selector("h1:has-text('<script>alert(1)</script>')")
    reveal(tab)
    change(tab, "<b>bold</b>")
    assert "You guessed: <b>bold</b>." in tab.locator(".lesson-changes").first.inner_text()
    assert tab.locator("main :is(script, i, hr, it, style):not(.lesson-picture *)").count() == 0


@pytest.mark.parametrize("seen_as", SEEN_AS)
def test_axe_finds_nothing_and_nothing_sticks_out(
    browser: Browser, address: str, seen_as: dict[str, Any]
) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    with fresh(browser, address, bypass_csp=True, **seen_as) as page:
        tab = page.tab
        page.wait_until_ready()
        check_page(tab, axe)
        tab.click("text=When sync wins")
        tab.wait_for_selector("h1:has-text('Lesson 3:')")
        check_page(tab, axe)
        reveal(tab)
        check_page(tab, axe)
        change(tab, "80 ms")
        check_page(tab, axe)
        to_the_list(tab)
        tab.click(".lesson-teacher summary")
        check_page(tab, axe)
        tab.click("#lesson-forget")
        check_page(tab, axe)


def check_page(tab: Page, axe: str) -> None:
    """Nothing sticks out, and axe finds nothing."""
    assert tab.evaluate(WIDE) == 0
    assert list(violations(tab, axe)) == []


def test_without_a_network_after_the_first_visit(browser: Browser) -> None:
    with served() as address:
        page = Opened(browser, f"{address}lessons.html")
        page.wait_until_ready()
        page.tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    # The server is gone.
    page.tab.goto(f"{address}lessons.html#lesson=2")
    page.tab.reload()
    page.wait_until_ready()
    reveal(page.tab)
    assert "2.55 s" in told(page.tab)
    page.context.close()
    assert page.wrong == []


def test_nothing_of_an_answer_is_in_the_files_of_the_page() -> None:
    scripts = [path.read_text(encoding="utf-8") for path in SITE.glob("assets/lessons-*.js")]
    if not scripts:
        pytest.skip("the site is not built (make site)")
    for file in bundled():
        lesson = file.lesson
        assert any(lesson.title in script for script in scripts)
        told = [lesson.takeaway, lesson.sum, lesson.discuss, lesson.change.text]
        told += [option.right_if for option in lesson.question.options if option.right_if]
        for text in told:
            assert not any(text in script for script in scripts)
