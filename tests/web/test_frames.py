"""Pages of the site in a frame of somebody else's page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docs_site.check import violations
from replay.pages import until
from web.site import Opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame

FAR_BELOW_PX = 4_000
FRAMES = {
    "playground": "playground.html?embed#scenario=worker-crash&workers=3",
    "lessons": "lessons.html?embed#lesson=3",
    "story": "index.html?embed=queue",
}


@contextmanager
def within(browser: Browser, folder: Path, inside: str) -> Iterator[Opened]:
    """A page of another origin; it has nothing to complain of."""
    text = f'<!DOCTYPE html><html lang="en"><link rel="icon" href="data:,"><title>A course</title>{inside}'
    (folder / "course.html").write_text(text, encoding="utf-8")
    with served(folder) as course:
        page = Opened(browser, f"{course}course.html")
        yield page
        page.context.close()
    assert page.wrong == []


@pytest.fixture(scope="module")
def host(browser: Browser, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Three frames far below the first screen."""
    boxes = "".join(
        f'<div style="height: {FAR_BELOW_PX}px"></div>'
        f'<iframe id="{name}" src="{address}{file}" width="100%" height="760" title="{name}"></iframe>'
        for name, file in FRAMES.items()
    )
    with within(browser, tmp_path_factory.mktemp("course"), boxes) as page:
        yield page


def inside(page: Opened, name: str) -> Frame:
    element = page.tab.query_selector(f"#{name}" if name in FRAMES else name)
    assert element is not None
    frame = element.content_frame()
    assert frame is not None
    return frame


def come_to(page: Opened, name: str) -> Frame:
    page.tab.locator(f"#{name}").scroll_into_view_if_needed()
    return inside(page, name)


def has(frame: Frame, part: str) -> bool:
    """Whether it is there; a frame that is not seen draws nothing, so it cannot be waited for otherwise."""
    return frame.locator(part).count() == 1


def engines(page: Opened) -> int:
    """How often the engine was asked for."""
    return sum(url.endswith(".wasm") for url in page.asked)


def test_the_engine_waits_until_its_frame_is_seen(host: Opened) -> None:
    for name, part in {
        "lessons": "[name=lesson-sure] >> nth=0",
        "playground": ".cm-content",
        "story": "#queue",
    }.items():
        frame = inside(host, name)
        until(host.tab, partial(has, frame, part))
    assert engines(host) == 0
    assert host.tab.evaluate("scrollY") == 0  # a frame does not scroll the page around it
    come_to(host, "playground").wait_for_selector("body[data-ready]")
    assert engines(host) > 0
    assert inside(host, "lessons").evaluate("syncasync.times === undefined")  # it is still below


def test_a_link_in_a_frame_runs_when_the_reader_says_so(host: Opened) -> None:
    frame = come_to(host, "playground")
    frame.wait_for_selector("#play-run:enabled")
    assert frame.locator("#play-replay .sa-lane").count() == 0
    for hidden in ("#play-editor", "#play-name", "nav[aria-label=Pages]"):
        assert frame.locator(hidden).is_hidden(), hidden
    frame.click("#play-run")
    frame.wait_for_selector('body[data-runs="1"]')
    picture, results = (frame.locator(f"#play-{name}").bounding_box() for name in ("picture", "results"))
    assert picture is not None
    assert results is not None
    assert picture["y"] < results["y"]
    whole = frame.locator("text=Open in full")
    whole.hover()
    assert (whole.get_attribute("href") or "").endswith("/playground.html#scenario=worker-crash&workers=3")


def test_a_lesson_in_a_frame_leads_to_no_other(host: Opened) -> None:
    frame = come_to(host, "lessons")
    assert frame.locator("h1").inner_text().startswith("Lesson 3:")
    assert frame.locator("text=All lessons").is_hidden()
    assert (frame.get_attribute("text=Open in full", "href") or "").endswith("/lessons.html#lesson=3")


def test_one_scene_in_a_frame_and_then_the_next(host: Opened) -> None:
    frame = come_to(host, "story")
    assert frame.locator("main > section:visible").evaluate_all("all => all.map(({ id }) => id)") == ["queue"]
    assert frame.locator("nav[aria-label=Scenes]").is_hidden()
    assert (frame.get_attribute("text=Open in full", "href") or "").endswith("/index.html#queue")
    frame.click("#queue .story-options button >> nth=0")
    frame.click("#queue .story-skip-run")
    frame.click("#queue .story-next")
    frame.wait_for_selector("#later .sa-lane")
    assert frame.locator("#queue").is_hidden()


@pytest.mark.parametrize("seen_as", [{}, {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark"}])
@pytest.mark.parametrize("file", FRAMES.values())
def test_nobody_is_shut_out_of_a_frame(
    file: str, seen_as: dict[str, object], browser: Browser, address: str
) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    page = Opened(browser, f"{address}{file}", bypass_csp=True, **seen_as)
    page.tab.wait_for_selector("h1", state="attached")
    assert list(violations(page.tab, axe)) == []
    assert page.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_the_line_for_another_page(browser: Browser, address: str, tmp_path: Path) -> None:
    page = Opened(browser, f"{address}playground.html#scenario=checkout&workers=2")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.wait_until_ready()
    page.tab.click("#play-run")
    page.tab.wait_for_selector('body[data-runs="1"]')
    page.tab.click("#play-frame")
    page.tab.wait_for_function("() => document.querySelector('#play-engine').textContent === 'Ready.'")
    line: str = page.tab.evaluate("() => navigator.clipboard.readText()")
    page.context.close()
    assert page.wrong == []
    with within(browser, tmp_path, line) as course:
        frame = inside(course, "iframe")
        frame.wait_for_selector("#play-run:enabled")
        assert frame.url == f"{address}playground.html?embed#scenario=checkout&workers=2"
