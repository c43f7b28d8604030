"""Documents of runs, and a browser to look at their pages with, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncasync_sim import load_scenario, run_designs
from syncasync_sim.replay.document import document
from syncasync_sim.replay.html_page import page
from syncasync_sim.replay.replay_state import DesignReader

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Frame, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


@cache
def run_of(name: str, *sets: str) -> dict[str, Any]:
    """The document of a bundled scenario's run, for pictures."""
    scenario = load_scenario(name, sets)
    comparison, traces = run_designs(scenario, seed=scenario.seed)
    return document(comparison, traces, with_rows=False)


def written(folder: Path, name: str, *sets: str, question: dict[str, Any] | None = None) -> Path:
    """The page of a bundled scenario's run, in a file."""
    target = folder / f"{name}.html"
    target.write_text(page(run_of(name, *sets), question), encoding="utf-8")
    return target


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; skips the test, with the reason, where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


OPTION = ".sa-main > .sa-options > .sa-option"
"""The options of the question of a page, not of what it asks besides."""


def recall(page: Page | Frame) -> None:
    """Choose the first answer about an earlier lesson, where the page asks for one."""
    if (options := page.locator(".sa-gate .sa-besides .sa-option:enabled")).count():
        options.first.click()


def answer(page: Page | Frame, index: int) -> None:
    """Choose an option, and then the first of whatever else is asked of the answer."""
    recall(page)
    page.locator(OPTION).nth(index).click()
    for more in page.locator(".sa-more").all():
        more.locator(".sa-option").first.click()


@contextmanager
def opened(browser: Browser, file: Path, address: str = "", **context: Any) -> Iterator[Page]:
    """The page in *file*, in a browser without a network; nothing may go wrong in it."""
    wrong: list[str] = []
    asked: list[str] = []
    size = {"width": 1280, "height": 860}
    inside = browser.new_context(**{"viewport": size, "offline": True, **context})
    tab = inside.new_page()
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{file.as_uri()}{address}")
    yield tab
    inside.close()
    assert not wrong
    assert {url.partition("#")[0] for url in asked} == {file.as_uri()}


def counts(name: str, t: int, *sets: str) -> str:
    """How many are in each place, as Python has it, written as the page does."""
    plain = run_of(name, *sets)
    lanes = [DesignReader(plain, lane) for lane in plain["lanes"]]
    return "|".join(",".join(str(len(there)) for there in lane.at(lane.upto(t))) for lane in lanes)


def times(name: str) -> list[int]:
    """When something happens, each time once."""
    return sorted({move[0] for lane in run_of(name)["lanes"] for move in lane["moves"]})


def state(tab: Page) -> str | None:
    """How many are in each place, as the page says."""
    return tab.get_attribute("#replay", "data-state")


def clock(tab: Page) -> float:
    """The seconds that the page shows."""
    return float((tab.text_content(".sa-time") or "").split()[0])


def until(tab: Page, holds: Callable[[], bool]) -> None:
    """Wait, for ten seconds at most. (The page's policy forbids what Playwright waits for functions with.)"""
    for _ in range(500):
        if holds():
            return
        tab.wait_for_timeout(20)
    raise AssertionError("it did not come")


def box_of(tab: Page, place: str) -> FloatRect:
    box = tab.locator(place).bounding_box()
    assert box is not None
    return box


def press(tab: Page, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)
