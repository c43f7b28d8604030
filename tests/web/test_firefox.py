"""The browser edition in a second browser, from a server and from its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.firefox import Tab, firefox
from web.site import SINGLE_FILE, served

READY = "document.body.dataset.ready === 'yes'"
STATUS = "document.getElementById('play-engine').textContent"
FIGURE = "syncasync.summary('checkout').then((all) => all.modes.async.response_time_s.max)"
PAUSE = "new Promise((done) => setTimeout(() => done(true), 500))"


def wait_until_ready(tab: Tab) -> None:
    for _ in range(200):
        if tab.evaluate(READY):
            return
        tab.evaluate(PAUSE)
    raise AssertionError(tab.evaluate(STATUS))


def test_the_site_in_firefox(tmp_path: Path) -> None:
    with served() as address, firefox(tmp_path) as tab:
        tab.goto(f"{address}playground.html", 1280, 860)
        wait_until_ready(tab)
        assert tab.evaluate(FIGURE) == 1.05
        assert tab.wrong == []


def test_the_single_file_in_firefox(tmp_path: Path) -> None:
    if not SINGLE_FILE.exists():
        pytest.skip("the single file is not built (make site)")
    with firefox(tmp_path) as tab:
        tab.goto(SINGLE_FILE.as_uri(), 1280, 860)
        wait_until_ready(tab)
        assert tab.evaluate(FIGURE) == 1.05
        assert tab.wrong == []
