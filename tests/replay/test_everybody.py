"""The page without a mouse, for a screen reader, enlarged, and on paper."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replay.pages import clock, opened, press, run_of, times, until, written
from replay.test_stage import QUESTION
from replay.test_stage_picture import SPILT
from surface.test_play_page import playing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LISTEN = """() => {
    window.told = [];
    const live = "[aria-live=polite], [aria-live=assertive], [role=status], [role=alert], output";
    new MutationObserver((changes) => {
        for (const { target, addedNodes, type } of changes) {
            const element = target.nodeType === 1 ? target : target.parentElement;
            const within = element.closest("[aria-live], " + live);
            if (!within || !within.matches(live)) continue;
            const parts = type === "characterData" ? [target] : [...addedNodes];
            window.told.push(...parts.map((part) => part.textContent).filter((text) => text.trim()));
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
"""Collect what a screen reader would read out by itself: what is added in a live region."""
TOLD = "window.told.splice(0)"
ON_PAPER_PX = 718
"""The width of A4 between margins of 10 mm, at 96 pixels an inch."""


def tab_to(page: Page, place: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(150):
        if page.evaluate(f"document.activeElement.matches({place!r})"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {place}")


def test_everything_can_be_done_with_keys_alone(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, "traffic-spike", "traffic={requests: 30}", question=QUESTION)
    with opened(browser, file) as page:
        tab_to(page, ".sa-option:nth-child(2)")
        press(page, "Enter")
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        press(page, " ", "Home")
        tab_to(page, "[title^='Stop at the first event']")
        press(page, "Enter", "+", " ")
        until(page, lambda: page.locator(".sa-stop p").count() > 0)
        tab_to(page, ".sa-sync .sa-who[data-customer]")
        press(page, "Enter")
        assert page.locator(".sa-row.sa-followed").count() == 2
        tab_to(page, "select")
        press(page, "End")
        assert page.input_value("select") == "20"
        page.focus("#replay")
        press(page, "End")
        assert page.locator(".sa-verdict p").count() > 0
        tab_to(page, "summary")  # what tells the result is there now
        press(page, "Enter")
        assert page.is_visible(".sa-rates svg >> nth=0")
        tab_to(page, ".sa-figures")


def test_while_it_plays_nothing_is_read_out(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        page.evaluate(LISTEN)
        press(page, " ")
        until(page, lambda: clock(page) > 1.2)
        assert page.evaluate(TOLD) == []


@pytest.mark.parametrize("first", [(), ("g", " "), ("+", "+", "+", " ")], ids=["fresh", "guided", "played"])
def test_each_event_is_read_out_once(browser: Browser, file: Path, first: tuple[str, ...]) -> None:
    """From the start, after guided play has stopped, and after the run has played to its end."""
    with opened(browser, file) as page:
        press(page, *first)
        until(page, lambda: page.text_content(".sa-play") == "Play")
        page.evaluate(LISTEN)
        if clock(page) == run_of("worker-crash")["time"]["end"] / 1e6:
            press(page, "Home")
            assert len(page.evaluate(TOLD)) == 2
        begin = clock(page) * 1e6
        steps = [t / 1e6 for t in times("worker-crash") if t > begin][:8]
        press(page, *["ArrowRight"] * len(steps))
        told = page.evaluate(TOLD)
        assert len(told) == len(set(told))
        assert {line.split(" s ")[0] for line in told} == {f"{t:.2f}" for t in steps}


def test_the_sentence_of_guided_play_is_read_out_once(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        page.evaluate(LISTEN)
        press(page, "g", " ")
        until(page, lambda: page.locator(".sa-stop p").count() > 0)
        shown = page.locator(".sa-stop p").all_text_contents()
        assert page.evaluate(TOLD) == shown
        assert shown[-1] == "Space goes on."
        assert len(shown) > 1


def test_a_moment_is_told_without_the_picture(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=12") as page:
        told = page.locator(".sa-async").aria_snapshot()
        time = page.get_attribute(".sa-scrub", "aria-valuetext")
    assert time == "12.00 s"
    lines = [line.strip(" -") for line in told.splitlines()]
    assert [line for line in lines if "customer 3" in line] == [
        'button "customer 3, page 1.05 s, worker 1 dies 3.00 s": customer 3',
        '\'button "message of customer 3, send email: with dead worker 1"\': "3"',
    ]
    assert {'region "Asynchronous":', 'group "Queue": Queue 0', "listitem: email sent 8"} <= set(lines)


def test_enlarged_to_twice_the_size_it_is_all_there(browser: Browser, file: Path) -> None:
    size = {"width": 640, "height": 430}
    with opened(browser, file, "#t=12", viewport=size, device_scale_factor=2) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 640
        assert page.evaluate(SPILT) == 0
        for place in (
            ".sa-play",
            ".sa-sync .sa-rows",
            ".sa-async .sa-rows",
            ".sa-async .sa-dead",
            ".sa-scrub",
        ):
            page.locator(place).scroll_into_view_if_needed()
            assert page.is_visible(place), place
        page.locator(".sa-async").scroll_into_view_if_needed()
        assert page.locator(".sa-play").bounding_box()["y"] >= 0  # type: ignore[index]


def test_on_paper_the_picture_stays_and_what_is_pressed_goes(browser: Browser, file: Path) -> None:
    size = {"width": ON_PAPER_PX, "height": 1000}
    with opened(browser, file, "#t=12", viewport=size) as page:
        page.emulate_media(media="print")
        page.wait_for_timeout(100)
        shown = {
            place: page.locator(place).first.is_visible()
            for place in (".sa-controls", ".sa-scrub", ".sa-key", ".sa-async", ".sa-plot", ".sa-figures")
        }
        assert [place for place, seen in shown.items() if not seen] == [
            ".sa-controls",
            ".sa-scrub",
            ".sa-key",
        ]
        assert page.evaluate("document.documentElement.scrollWidth") == ON_PAPER_PX
        assert page.evaluate(SPILT) == 0
        exact = "e => getComputedStyle(e).printColorAdjust"
        for place in (".sa-work", ".sa-waiting", ".sa-token", ".sa-dead", ".sa-bar"):
            assert page.locator(place).first.evaluate(exact) == "exact"
        names = page.locator(".sa-async .sa-end.sa-newest .sa-end-text").all()
        boxes = [box for name in names if (box := name.bounding_box())]
        below = sorted(boxes, key=lambda box: box["y"])
        assert all(a["y"] + a["height"] <= b["y"] + 4 for a, b in pairwise(below))


GROUNDS = """() => [document.body, document.querySelector("#replay")].map((e) => {
    const style = getComputedStyle(e);
    return [style.backgroundColor, style.color, style.colorScheme];
})"""


@pytest.mark.parametrize("name", ["run", "play"])
def test_paper_is_light_in_a_dark_scheme_too(browser: Browser, file: Path, name: str) -> None:
    dark = {"color_scheme": "dark"}
    with opened(browser, file, **dark) if name == "run" else playing(browser, "checkout", **dark) as page:
        on_screen = page.evaluate(GROUNDS)
        page.emulate_media(media="print", color_scheme="dark")
        on_paper = page.evaluate(GROUNDS)
        sync = page.locator(".sa-sync h2").first.evaluate("e => getComputedStyle(e).borderLeftColor")
    assert {ground for ground, *_ in on_screen} == {"rgb(21, 24, 28)"}
    assert {ground for ground, *_ in on_paper} == {"rgb(255, 255, 255)"}
    assert on_paper[1][1:] == ["rgb(17, 17, 17)", "light"]
    assert sync == "rgb(213, 94, 0)"  # the colour of the charts on white


def test_a_moment_of_printing_is_measured_at_the_width_of_the_paper(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "slow-email"), "#t=30") as page:
        page.emulate_media(media="print")
        page.set_viewport_size({"width": ON_PAPER_PX, "height": 1000})
        page.wait_for_timeout(100)
        assert page.evaluate(SPILT) == 0


def test_in_forced_colours_bars_and_the_dead_stay(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=12", forced_colors="active") as page:
        for place in (".sa-work", ".sa-dead", ".sa-bar", ".sa-end"):
            forced = page.locator(place).first.evaluate("e => getComputedStyle(e).forcedColorAdjust")
            assert forced == "none", place
        ground = page.locator(".sa-work").first.evaluate("e => getComputedStyle(e).backgroundColor")
        assert ground != page.locator(".sa-rows").first.evaluate("e => getComputedStyle(e).backgroundColor")
