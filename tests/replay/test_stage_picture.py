"""What the page looks like in a real browser: all of it on the screen, nothing spilt, nothing too small."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replay.pages import clock, opened, run_of, until, written
from replay.test_exported import made
from syncasync_sim.replay.document import DOES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = [(1280, 860, ""), (1024, 768, "&projector"), (420, 900, "")]
NAMES = ["checkout", "worker-crash", "email-down-resubmit", "short-visibility-timeout", "traffic-spike"]
NAMES += ["frozen-worker", "deploy"]
SPILT = """() => [...document.querySelectorAll(".sa-token")].filter((token) => {
    if (!token.offsetParent) return false;
    const [a, b] = [token, token.closest(".sa-place")].map((e) => e.getBoundingClientRect());
    return a.left < b.left || a.right > b.right || a.top < b.top || a.bottom > b.bottom;
}).length"""
"""How many tokens stick out of their boxes."""
SMALL = """() => [...document.querySelectorAll("#replay *")].filter((e) => e.offsetParent
    && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())
    && parseFloat(getComputedStyle(e).fontSize) < 18).map((e) => e.className)"""
"""What is written in letters of less than 18 pixels."""


def bottom(page: Page, place: str) -> float:
    box = page.locator(place).bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize(("width", "height", "more"), SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_it_fits(browser: Browser, tmp_path: Path, name: str, width: int, height: int, more: str) -> None:
    third = run_of(name)["time"]["end"] / 3e6
    size = {"width": width, "height": height}
    with opened(browser, written(tmp_path, name), f"#t={third}{more}", viewport=size) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(SPILT) == 0
        if more:
            assert page.evaluate(SMALL) == []
        if width > 420:
            assert bottom(page, ".sa-scrub" if more else ".sa-log") <= height


def test_a_line_longer_than_its_box_says_so(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "traffic-spike"), "#t=40") as page:
        note = page.locator(".sa-sync .sa-queue .sa-note").text_content() or ""
        drawn = page.locator(".sa-sync .sa-queue .sa-token").count()
        assert note == f"first {drawn} of 53 drawn"
        assert 0 < drawn < 53


def test_what_was_done_too_often_is_told(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "email-down-resubmit"), "#t=90") as page:
        told = page.locator(".sa-sync .sa-effects li").all_text_contents()
        assert told[:2] == ["send email is down", "card charged 200, 100 too often"]


@pytest.mark.parametrize(("t", "down"), [(29, 0), (31, 2), (89, 2), (91, 0)])
def test_an_outage_is_told_while_it_lasts(browser: Browser, tmp_path: Path, t: int, down: int) -> None:
    file = written(tmp_path, "email-down-resubmit", "steps[3].outages=[{from: 30s, for: 60s}]")
    with opened(browser, file, f"#t={t}") as page:
        assert page.locator(".sa-outage").all_text_contents() == ["send email is down"] * down


def test_a_hundred_threads_do_not_overflow(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, "ten-orders", "traffic.requests=100")
    with opened(browser, file, "#t=0.5") as page:
        drawn = page.locator(".sa-async .sa-threads .sa-token").count()
        assert 0 < drawn < 100
        note = page.locator(".sa-async .sa-threads .sa-note").text_content()
        assert note == f"first {drawn} of 100 drawn"
        assert page.evaluate(SPILT) == 0
        assert bottom(page, ".sa-scrub") <= 860


def test_room_that_is_left_in_a_finite_line_is_drawn(browser: Browser, tmp_path: Path) -> None:
    file = written(tmp_path, "ten-orders", "server.threads=3", "server.backlog=10")
    with opened(browser, file, "#t=0.5") as page:
        assert page.locator(".sa-sync .sa-queue .sa-count").text_content() == "7 of 10"
        assert page.locator(".sa-sync .sa-queue .sa-free").count() == 3


def test_the_page_says_what_each_design_is(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "checkout")) as page:
        assert page.locator(".sa-does").all_inner_texts() == list(DOES.values())
    assert all(len(does.split()) <= 12 for does in DOES.values())


SHOWN = ["checkout", "email-down", "worker-crash", "traffic-spike", "retry-storm", "broker-partitions"]
OVER_OTHERS = """() => {
    const box = (element) => element.getBoundingClientRect();
    const seen = (element) => element.offsetParent && box(element).width;
    const apart = (a, b) => a.left > b.right - 1 || a.top > b.bottom - 1;
    const clear = (a, b) => apart(a, b) || apart(b, a);
    const found = [];
    for (const lane of document.querySelectorAll(".sa-lane")) {
        const all = (places) => [...lane.querySelectorAll(places)].filter(seen);
        const heads = all("h2, .sa-does, .sa-spinners, .sa-longest"), boxes = all(".sa-place");
        const words = all(".sa-end:not(.sa-to-come) .sa-end-text");
        for (const [a, others] of [...heads.map((a) => [a, heads]), ...words.map((a) => [a, boxes])]) {
            const text = a.textContent, [here, room] = [a, lane].map(box);
            if (others.some((b) => a !== b && !clear(here, box(b)))) found.push(`${text} lies over another`);
            if (here.left < room.left || here.right > room.right) found.push(`${text} is outside`);
        }
    }
    return found;
}"""
"""Texts over another or outside in the heads of the lanes, and words of bars that lie over a box."""


@pytest.mark.parametrize(("width", "height", "more"), [*SIZES[:2], (360, 740, "")])
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_lies_over_another(
    browser: Browser, tmp_path: Path, name: str, width: int, height: int, more: str
) -> None:
    end = run_of(name)["time"]["end"] / 1e6
    size = {"width": width, "height": height}
    with opened(browser, written(tmp_path, name), more and "#projector", viewport=size) as page:
        for share in (0.25, 0.5, 1):
            page.evaluate(f"location.hash = 't={end * share:.2f}{more}'")
            until(page, lambda t=end * share: abs(clock(page) - t) < 0.01)  # type: ignore[misc]
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert page.evaluate(SPILT) == 0
            assert page.evaluate(OVER_OTHERS) == []
            if more:
                assert bottom(page, ".sa-strip") <= height


def test_a_dead_worker_is_called_so_for_a_class_too(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "worker-crash"), "#t=12&projector") as page:
        assert page.is_visible(".sa-dead >> text=dead")


CROWDED = """() => [...document.querySelectorAll(".sa-rows")].flatMap((rows) => {
    const lane = rows.closest(".sa-lane").getBoundingClientRect();
    const seen = (place) => [...rows.querySelectorAll(place)].filter((e) => e.offsetParent);
    const cut = seen(".sa-who").filter((who) => {
        const range = document.createRange();
        range.selectNodeContents(who);
        return range.getBoundingClientRect().left < lane.left;
    });
    const words = seen(".sa-end:not(.sa-to-come) .sa-end-text").map((e) => [e, e.getBoundingClientRect()]);
    const over = words.filter(([, a]) => words.some(([, b]) => a.y < b.y && a.bottom > b.top + 3
        && a.left < b.right && b.left < a.right));
    return [...cut, ...over.map(([e]) => e)].map((e) => e.textContent);
})"""
"""Names that are cut off, and words of bars that others lie over."""


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (1920, 1080)])
@pytest.mark.parametrize("name", ["retry-storm", "email-down-resubmit", "traffic-spike"])
def test_a_class_sees_a_few_bars_and_why_these(
    browser: Browser, tmp_path: Path, name: str, width: int, height: int
) -> None:
    file, size = made(tmp_path, "export", name), {"width": width, "height": height}
    with opened(browser, file, "#t=99999", viewport=size) as page:
        assert page.locator(".sa-sync .sa-who:visible").count() == 12
    with opened(browser, file, "#t=99999&projector", viewport=size) as page:
        assert page.locator(".sa-sync .sa-who:visible").count() == 6
        reasons = page.locator(".sa-who small:visible").all_inner_texts()
        assert "worst off" in reasons
        assert "customer" not in reasons
        assert page.evaluate(SMALL) == []
        assert page.evaluate(CROWDED) == []
        assert bottom(page, ".sa-strip") <= height
        title = page.locator(".sa-title").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert title >= 0.02 * height
        assert page.locator(".sa-lane").first.bounding_box()["width"] > 0.97 * width  # type: ignore[index]


HEIGHTS = """async () => {
    const heights = [];
    for (let frame = 0; frame < 12; frame++) {
        await new Promise(requestAnimationFrame);
        heights.push(document.documentElement.scrollHeight);
    }
    return new Set(heights.slice(4)).size;
}"""
"""How many heights the page has in eight frames, when it has come to rest."""


@pytest.mark.parametrize("width", [360, 420, 640, 700, 828, 1024, 1280])
def test_a_picture_at_rest_stays_as_it_is(browser: Browser, tmp_path: Path, width: int) -> None:
    for name in ("worker-crash", "slow-email", "email-down-resubmit"):
        with opened(browser, written(tmp_path, name), viewport={"width": width, "height": 740}) as page:
            for t in (0, 0.5, 1.5, 5, 31):
                page.evaluate(f"location.hash = 't={t}'")
                assert page.evaluate(HEIGHTS) == 1, (name, t)
