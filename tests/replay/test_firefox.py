"""The page in a second browser: the same picture, the same keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.firefox import firefox
from replay.pages import counts, run_of, times, written

STATE = "document.getElementById('replay').dataset.state"
CLOCK = "parseFloat(document.querySelector('.sa-time').textContent)"
ROOM, WIDTH = (f"document.documentElement.{side}Width" for side in ("client", "scroll"))
PLAY = "document.querySelector('.sa-play').textContent"


def test_the_page_in_firefox(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    name, end = "worker-crash", run_of("worker-crash")["time"]["end"]
    file = written(tmp_path, name)
    with firefox(profile) as tab:
        for width, height, more in [(1280, 860, ""), (1024, 768, "&projector"), (500, 860, "")]:
            tab.goto("about:blank", width, height)
            tab.goto(f"{file.as_uri()}#t=12{more}", width, height)
            assert tab.evaluate(STATE) == counts(name, 12_000_000)
            assert tab.evaluate(WIDTH) == tab.evaluate(ROOM)
            assert tab.evaluate("innerWidth") == width
        tab.press("ArrowRight")
        assert tab.evaluate(CLOCK) * 1e6 == min(t for t in times(name) if t > 12_000_000)
        tab.press(" ")
        assert tab.evaluate(PLAY) == "Pause"
        moved = f"new Promise((done) => setTimeout(() => done({CLOCK}), 500))"
        before = tab.evaluate(CLOCK)
        assert tab.evaluate(moved) > before
        tab.press(" ", "End")
        assert tab.evaluate(CLOCK) == pytest.approx(end / 1e6)
        assert tab.evaluate(STATE) == counts(name, end)
        assert not tab.wrong
