"""Somebody goes through the whole site; it asks nobody else, and goes on without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from replay.pages import until
from web.site import Opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def of_the_story(tab: Page) -> None:
    """Answer the first scene, and move its slider to where nothing is recorded."""
    tab.click("#spinner .story-options button >> nth=2")
    tab.click("#spinner .story-skip-run")
    slider = tab.locator("#spinner .story-slider input")
    recorded = int(slider.get_attribute("max") or 0)
    slider.focus()
    until(tab, lambda: int(slider.get_attribute("max") or 0) > recorded)
    slider.press("ArrowRight")
    tab.wait_for_selector("#spinner[data-shown]")


def of_a_lesson(tab: Page) -> None:
    tab.click(".lesson-list a >> nth=0")
    tab.click(".lesson-form label >> nth=0")
    tab.click(".lesson-sure label >> nth=0")
    tab.click(".lesson-form [type=submit]")
    tab.click("[name=lesson-why] >> nth=0")
    tab.click("text=Run it")
    tab.wait_for_selector(".lesson-picture .sa-lane")


def of_the_playground(tab: Page, name: str) -> str:
    """Run a scenario; what the picture and the figures say."""
    tab.wait_for_selector("body[data-ready]")
    tab.select_option("#play-name", name)
    tab.click("#play-run")
    tab.wait_for_selector('body[data-runs="1"]')
    return tab.locator("#play-views").inner_text()


def go(tab: Page, name: str) -> None:
    tab.click(f"nav[aria-label=Pages] >> text={name}")


def test_a_tour_asks_nobody_else_and_goes_on_without_a_network(browser: Browser) -> None:
    with served() as address:
        page = Opened(browser, address)
        tab = page.tab
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        of_the_story(tab)
        go(tab, "Lessons")
        of_a_lesson(tab)
        go(tab, "Playground")
        shown = of_the_playground(tab, "worker-crash")
        tab.click("#play-share")
        until(tab, lambda: tab.text_content("#play-engine") == "Ready.")
        link: str = tab.evaluate("() => navigator.clipboard.readText()")
        assert link == f"{address}playground.html#scenario=worker-crash"
        tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    # The server is gone.
    tab.goto("about:blank")
    tab.goto(link)
    tab.wait_for_selector("body[data-ready]")
    tab.click("#play-run")
    tab.wait_for_selector('body[data-runs="1"]')
    assert tab.locator("#play-views").inner_text() == shown
    go(tab, "Story")
    tab.wait_for_selector("#spinner .story-keep")  # the answer is kept
    go(tab, "Lessons")
    tab.wait_for_selector(".lesson-state >> text=answered")
    page.context.close()
    assert page.wrong == []
    hosts = {urlsplit(url).netloc for url in page.asked if urlsplit(url).scheme not in {"data", "about"}}
    assert hosts == {urlsplit(address).netloc}
    assert len(page.asked) > 30


@pytest.mark.parametrize("file", ["index.html", "lessons.html", "playground.html"])
def test_each_page_links_to_the_others(file: str, browser: Browser, address: str) -> None:
    page = Opened(browser, f"{address}{file}")
    links = page.tab.locator("nav[aria-label=Pages] a")
    assert links.all_inner_texts() == ["Story", "Lessons", "Playground"]
    here = page.tab.locator("nav[aria-label=Pages] [aria-current=page]")
    assert here.get_attribute("href") == file
    page.context.close()
