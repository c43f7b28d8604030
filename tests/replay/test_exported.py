"""Every bundled scenario and lesson as the file that the commands write, opened in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from replay.pages import answer, clock, opened, until
from syncasync_sim import load_scenario, run_designs
from syncasync_sim.cli.app import app
from syncasync_sim.files import bundled
from syncasync_sim.trace.queries import customers_came

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LESSONS = range(1, 18)
MOST = 500
"""So many customers a picture shows at most, as docs/replay.md says."""
SMALL, SMALL_BYTES = 200, 300_000


def made(folder: Path, *command: str) -> Path:
    """The page that a command writes."""
    target = folder / "page.html"
    result = CliRunner().invoke(app, [*command, "-o", str(target)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return target


def end_of(page: Page) -> float:
    return float((page.text_content(".sa-time") or "").split()[3])


def look_through(page: Page) -> None:
    """Go to the start, the middle and the end: everybody is somewhere, and in the end nobody waits."""
    end = end_of(page)
    assert end / float(page.input_value("select")) >= 10  # seconds: nothing is over before anybody has looked
    for t in (0, round(end / 2, 2), end):
        page.keyboard.press("End") if t == end else page.evaluate(f"location.hash = 't={t}'")
        until(page, lambda t=t: clock(page) == pytest.approx(t, abs=0.01))  # type: ignore[misc]
        lanes = (page.get_attribute("#replay", "data-state") or "").split("|")
        assert len(lanes) == page.locator(".sa-lane").count() == 2
        assert all(sum(map(int, lane.split(","))) > 0 for lane in lanes) or t == 0
        assert page.locator(".sa-row").count() > 0
    told = page.locator(".sa-longest").all_text_contents()
    assert all("waiting" not in text for text in told), "in the end stands the mean"


@pytest.mark.parametrize("name", bundled.names())
def test_every_scenario_can_be_opened(browser: Browser, tmp_path: Path, name: str) -> None:
    scenario = load_scenario(name)
    traces = run_designs(scenario, seed=scenario.seed)[1]
    customers = max(customers_came(trace) for trace in traces.values())
    file = made(tmp_path, "export", name)
    if customers <= SMALL:
        assert file.stat().st_size < SMALL_BYTES
    with opened(browser, file) as page:
        look_through(page)
        shown = int(page.get_attribute("input[type=number]", "max") or 0)
        about = page.text_content(".sa-about") or ""
    assert shown == customers if customers <= MOST else 0 < shown <= MOST
    assert (f"the first {shown:,} of {customers:,} customers" in about) == (customers > MOST)
    assert ("of the first" in about) == (customers > MOST)


@pytest.mark.parametrize("number", LESSONS)
def test_every_lesson_can_be_opened(browser: Browser, tmp_path: Path, number: int) -> None:
    with opened(browser, made(tmp_path, "lesson", "replay", str(number))) as page:
        answer(page, 0)
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        page.keyboard.press(" ")
        look_through(page)
        assert page.locator(".sa-verdict p").count() > 0
