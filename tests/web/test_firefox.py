"""The browser edition in a second browser, from a server and from its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.firefox import Tab, firefox
from web.site import SINGLE_FILE, served

READY = "document.body.dataset.ready === 'yes'"
FIGURE = "syncasync.summary('checkout').then((all) => all.modes.async.response_time_s.max)"
PAUSE = "new Promise((done) => setTimeout(() => done(true), 500))"


def until(tab: Tab, holds: str) -> None:
    """Wait, for a minute and a half at most."""
    for _ in range(180):
        if tab.evaluate(holds):
            return
        tab.evaluate(PAUSE)
    raise AssertionError(f"it did not come: {holds}")


def test_the_site_in_firefox(tmp_path: Path) -> None:
    with served() as address, firefox(tmp_path) as tab:
        tab.goto(f"{address}playground.html", 1280, 860)
        until(tab, READY)
        assert tab.evaluate(FIGURE) == 1.05
        assert tab.wrong == []


def test_a_scene_and_a_lesson_in_firefox(tmp_path: Path) -> None:
    with served() as address, firefox(tmp_path) as tab:
        tab.goto(f"{address}index.html", 1280, 860)
        until(tab, "document.querySelector('#spinner .sa-lane') !== null")
        tab.evaluate("document.querySelectorAll('#spinner .story-options button')[2].click()")
        until(tab, "document.querySelector('#spinner .story-skip-run') !== null")
        tab.evaluate("document.querySelector('#spinner .story-skip-run').click()")
        until(tab, "document.querySelector('#spinner .story-keep') !== null")
        assert "2.55" in tab.evaluate("document.querySelector('#spinner .story-few').textContent")
        tab.goto(f"{address}lessons.html#lesson=1", 1280, 860)
        until(tab, "document.querySelector('.lesson-form') !== null")
        until(tab, READY)
        tab.press("a", "3")
        tab.evaluate(
            "document.querySelector('[name=lesson-sure]').form.querySelector('[type=submit]').click()"
        )
        until(tab, "document.querySelector('[name=lesson-why]') !== null")
        tab.evaluate("document.querySelector('[name=lesson-why]').click()")
        tab.evaluate(
            "document.querySelector('[name=lesson-why]').form.querySelector('[type=submit]').click()"
        )
        until(tab, "document.querySelector('.lesson-picture .sa-lane') !== null")
        assert tab.wrong == []


def test_the_single_file_in_firefox(tmp_path: Path) -> None:
    if not SINGLE_FILE.exists():
        pytest.skip("the single file is not built (make site)")
    with firefox(tmp_path) as tab:
        tab.goto(f"{SINGLE_FILE.as_uri()}#page=playground", 1280, 860)
        until(tab, READY)
        assert tab.evaluate(FIGURE) == 1.05
        assert tab.wrong == []
