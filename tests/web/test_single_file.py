"""The single file: the same pages from a disk, and it asks for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from surface.processes import syncasync
from web.site import SINGLE_FILE, Opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FILE = SINGLE_FILE.as_uri()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """The file as it opens; it asks for nothing, and complains of nothing."""
    if not SINGLE_FILE.exists():
        pytest.skip("the single file is not built (make site)")
    page = Opened(browser, FILE)
    yield page
    page.context.close()
    assert page.wrong == []
    assert {url.partition("#")[0] for url in page.asked if not url.startswith("data:")} == {FILE}


def go(page: Opened, name: str) -> None:
    page.tab.click(f"nav[aria-label=Pages] >> text={name}")


def test_a_tour(opened: Opened) -> None:
    tab = opened.tab
    tab.wait_for_selector("#spinner .sa-lane")
    assert tab.title() == "Who waits for the work?"
    go(opened, "Lessons")
    tab.wait_for_selector(".lesson-list")
    assert tab.get_by_text("SCORM").count() == 0  # the packages are beside a site, and not in the file
    tab.click(".lesson-list a >> nth=1")
    tab.wait_for_selector("h1:has-text('Lesson 2:')")
    opened.wait_until_ready()
    tab.reload()
    tab.wait_for_selector("h1:has-text('Lesson 2:')")
    tab.click("text=All lessons")
    tab.wait_for_selector(".lesson-list")
    go(opened, "Playground")
    opened.wait_until_ready()
    there = json.loads(syncasync("run", "worker-crash", "--json").stdout)
    assert opened.call("summary", "worker-crash")["value"] == there
    tab.click("#play-run")
    tab.wait_for_selector('body[data-runs="1"]')
    assert "(1.50 s less, 59 %)" in (tab.text_content("#play-view-figures .play-finding") or "")
    tab.go_back()
    tab.wait_for_selector(".lesson-list")
    go(opened, "Story")
    tab.wait_for_selector("#spinner .sa-lane")


def test_a_slider_of_the_story_goes_where_nothing_is_recorded(opened: Opened) -> None:
    tab = opened.tab
    tab.click("#spinner .story-options button >> nth=0")
    tab.click("#spinner .story-skip-run")
    slider = tab.locator("#spinner .story-slider input")
    recorded = int(slider.get_attribute("max") or 0)
    slider.focus()
    tab.wait_for_function(
        "(recorded) => document.querySelector('#spinner .story-slider input').max > recorded", arg=recorded
    )
    slider.press("ArrowRight")
    tab.wait_for_selector("#spinner[data-shown]")
    assert tab.locator("#spinner .story-problem").inner_text() == ""


@pytest.mark.parametrize(
    ("hash", "shown"),
    [
        ("#page=nowhere", "#spinner .sa-lane"),
        ("#spike", "#spike .sa-lane"),
        ("#lesson=3", "h1:has-text('Lesson 3:')"),
        ("#page=lessons&lesson=99", "text=There is no lesson"),
        ("#scenario=overload&workers=2", "#play-editor"),
        ("#s=2.x", "text=of another version"),
    ],
)
def test_an_address_says_which_page(hash: str, shown: str, opened: Opened) -> None:
    opened.tab.goto("about:blank")
    opened.tab.goto(f"{FILE}{hash}")
    opened.tab.wait_for_selector(shown)
    opened.asked[:] = [url for url in opened.asked if url != "about:blank"]
