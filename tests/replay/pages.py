"""Documents of runs, and a browser to look at their pages with, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncasync_sim import load_scenario, run_designs
from syncasync_sim.replay.document import document
from syncasync_sim.replay.page import page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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
