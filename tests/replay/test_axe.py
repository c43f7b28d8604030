"""axe finds nothing on the pages that shuts somebody out: light, dark, large, narrow, asked and answered."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docs_site.check import violations
from lessons.test_replay import session_of
from replay.pages import answer, opened, until, written
from surface.test_play_page import playing
from syncasync_sim.lessons.replay_page import replay

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES_ON_BARS = """() => [...document.querySelectorAll(".sa-work:not(:empty)")].map((bar) =>
    [bar.textContent, getComputedStyle(bar).color, getComputedStyle(bar).backgroundColor])"""
"""The names on the bars, each with its colour and its bar's: they are clipped, so axe does not judge them."""
MOMENTS = ["#t=12", "#t=12&projector", "#t=9999"]
SEEN_AS: list[dict[str, Any]] = [
    {},
    {"color_scheme": "dark"},
    {"viewport": {"width": 420, "height": 900}},
    {"viewport": {"width": 420, "height": 900}, "color_scheme": "dark"},
]


@pytest.fixture(scope="module")
def axe() -> str:
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def found(page: Page, axe: str) -> list[str]:
    return list(violations(page, axe))


@pytest.mark.parametrize("seen_as", SEEN_AS)
def test_the_page_of_a_run(browser: Browser, tmp_path: Path, axe: str, seen_as: dict[str, Any]) -> None:
    file = written(tmp_path, "worker-crash")
    for moment in MOMENTS:
        with opened(browser, file, moment, bypass_csp=True, **seen_as) as page:
            assert found(page, axe) == [], moment


@pytest.mark.parametrize("seen_as", SEEN_AS)
def test_the_page_of_a_lesson(browser: Browser, tmp_path: Path, axe: str, seen_as: dict[str, Any]) -> None:
    session, file = session_of(2), tmp_path / "lesson.html"
    session.reveal()
    file.write_text(replay(session, session.run()), encoding="utf-8")
    with opened(browser, file, bypass_csp=True, **seen_as) as page:
        assert found(page, axe) == []
        answer(page, 0)
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        page.keyboard.press(" ")
        assert found(page, axe) == []
        page.keyboard.press("End")
        until(page, lambda: page.locator(".sa-verdict p").count() > 0)
        assert found(page, axe) == []


@pytest.mark.parametrize("seen_as", SEEN_AS)
def test_the_page_of_play(browser: Browser, axe: str, seen_as: dict[str, Any]) -> None:
    with playing(browser, "worker-crash", "#t=12", bypass_csp=True, **seen_as) as page:
        until(page, lambda: page.locator(".sa-lane").count() == 2)
        assert found(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_names_on_the_bars_can_be_read(browser: Browser, tmp_path: Path, scheme: str) -> None:
    with opened(browser, written(tmp_path, "checkout"), "#t=9", color_scheme=scheme) as page:
        named = page.evaluate(NAMES_ON_BARS)
    assert {"charge card", "send email"} <= {name for name, *_ in named}
    assert {name for name, ink, ground in named if contrast(ink, ground) < 4.5} == set()


def contrast(*colours: str) -> float:
    """The contrast of two colours, each written as `rgb(1, 2, 3)`, as WCAG defines it."""
    dark, light = sorted(map(luminance, colours))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
