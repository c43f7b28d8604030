"""The page of `play` in a real browser: a slider moves, and the picture is another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

from replay.pages import until
from syncasync_sim import load_scenario
from syncasync_sim.replay.explorer import Explorer
from syncasync_sim.replay.play_server import PlayServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = [(1280, 860, ""), (1024, 768, "&projector"), (420, 900, "")]


@contextmanager
def playing(browser: Browser, name: str, address: str = "#t=30", **context: Any) -> Iterator[Page]:
    """The page of a scenario, as `play` serves it; it asks nobody else, and complains of nothing."""
    wrong: list[str] = []
    asked: set[str] = set()
    with PlayServer(Explorer(load_scenario(name), source=name), 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        inside = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **context})
        try:
            tab = inside.new_page()
            tab.set_default_timeout(20_000)
            tab.on("pageerror", lambda error: wrong.append(str(error)))
            tab.on("request", lambda request: asked.add(request.url.partition("#")[0]))
            tab.goto(server.address + address)
            yield tab
        finally:
            inside.close()
            server.shutdown()
            thread.join()
    assert not wrong
    assert asked <= {server.address, f"{server.address}run"}


def state(page: Page) -> str:
    return page.locator("#replay").get_attribute("data-state") or ""


def command(page: Page) -> str:
    return page.locator(".sa-command").inner_text()


def drag(page: Page, name: str, first: float, last: float, moves: int = 10) -> None:
    """Pull a slider with the mouse from one part of its length to another."""
    box = page.locator(f"input[name={name}]").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + first * box["width"], y)
    page.mouse.down()
    for move in range(moves):
        page.mouse.move(box["x"] + (first + (last - first) * (move + 1) / moves) * box["width"], y)
    page.mouse.up()


def settled(page: Page, text: str) -> None:
    page.wait_for_function("text => document.querySelector('.sa-command').textContent === text", arg=text)


def test_a_slider_that_is_dragged_changes_the_picture_and_not_the_time(browser: Browser) -> None:
    with playing(browser, "slow-email") as page:
        before, time = state(page), page.locator(".sa-time").inner_text().partition(" /")[0]
        drag(page, "workers", 0.2, 1.0)
        settled(page, "syncasync-sim run slow-email --set workers.count=12")
        assert state(page) != before
        assert page.locator(".sa-time").inner_text().partition(" /")[0] == time == "30.00 s"
        page.get_by_role("button", name="Reset").click()
        settled(page, "syncasync-sim run slow-email")
        assert state(page) == before
        assert page.get_by_role("button", name="Reset").is_disabled()


def test_buttons_do_things_to_the_run_at_this_moment_and_can_be_undone(browser: Browser) -> None:
    plain, killed = "syncasync-sim run ten-orders", "{worker: 1, at: 2s, restart_after: 10s}"
    with playing(browser, "ten-orders", "#t=2") as page:
        page.get_by_role("button", name="Kill a worker").click()
        settled(page, f"{plain} --set 'workers.crashes=[{killed}]'")
        assert page.locator(".sa-time").inner_text().startswith("2.00 s")
        assert page.locator(".sa-async .sa-dead").count() == 1
        page.wait_for_function("() => location.hash === '#t=2&kill=2'")
        page.get_by_role("button", name="send email is down").click()
        outage = "--set 'steps[send email].outages=[{from: 2s, for: 30s}]'"
        settled(page, f"{plain} --set 'workers.crashes=[{killed}]' {outage}")
        assert page.locator(".sa-async .sa-outage").inner_text() == "send email is down"
        page.keyboard.press("Control+z")
        settled(page, f"{plain} --set 'workers.crashes=[{killed}]'")
        drag(page, "customers", 0.3, 0.0)
        settled(page, f"{plain} --set traffic.requests=1 --set 'workers.crashes=[{killed}]'")
        undo = page.get_by_role("button", name="Undo")
        undo.click()
        settled(page, f"{plain} --set 'workers.crashes=[{killed}]'")
        undo.click()
        settled(page, plain)
        assert undo.is_disabled()
        page.wait_for_function("() => location.hash === '#t=2'")
        spike = page.get_by_role("button", name="A spike")
        spike.click()
        page.keyboard.press(" ")  # plays, and does not press the button again
        assert page.text_content(".sa-play") == "Pause"
        page.wait_for_function("() => location.hash === '#t=2&spike=2'")


def test_the_address_keeps_what_was_done(browser: Browser) -> None:
    with playing(browser, "ten-orders", "#t=2&kill=2,13.5&spike=x") as page:
        crashes = "{worker: 1, at: 2s, restart_after: 10s}, {worker: 1, at: 13.5s, restart_after: 10s}"
        settled(page, f"syncasync-sim run ten-orders --set 'workers.crashes=[{crashes}]'")
        page.evaluate("location.hash = 't=3&workers=2'")  # an address that is copied into the open page
        settled(page, "syncasync-sim run ten-orders --set workers.count=2")


def test_of_a_hundred_quick_moves_the_last_is_shown(browser: Browser) -> None:
    with playing(browser, "slow-email") as page:
        page.evaluate("""() => {
            const slider = document.querySelector("input[name=workers]");
            for (let move = 1; move <= 100; move++) {
                slider.value = move % 12;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
            }
        }""")
        settled(page, "syncasync-sim run slow-email --set workers.count=5")  # 100 % 12 is 4: the fifth stop
        shown = state(page)
    with playing(browser, "slow-email") as page:
        for _ in range(2):
            page.locator("input[name=workers]").press("ArrowRight")
        settled(page, "syncasync-sim run slow-email --set workers.count=5")
        assert state(page) == shown


def test_a_slow_program_is_asked_once_at_a_time_and_then_the_newest(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    answer = Explorer.answer

    def slow(self: Explorer, positions: Any) -> Any:
        asked.append(positions)
        sleep(0.3)
        return answer(self, positions)

    monkeypatch.setattr(Explorer, "answer", slow)
    with playing(browser, "checkout") as page:
        for _ in range(8):
            page.locator("input[name=workers]").press("ArrowRight")
        settled(page, "syncasync-sim run checkout --set workers.count=9")
    assert len(asked) < 8
    assert asked[-1] == {"workers": 8}


def test_what_does_not_go_together_is_told_and_the_picture_stays(browser: Browser) -> None:
    with playing(browser, "email-down", "#t=2") as page:
        before = state(page)
        page.locator("input[name=tries]").press("End")
        problem = page.locator(".sa-problem")
        page.wait_for_function("() => document.querySelector('.sa-problem').textContent")
        assert problem.inner_text().startswith("This run would never end: 'send email' fails every time")
        assert problem.inner_text().endswith("The picture is the one before.")
        assert (state(page), command(page)) == (before, "syncasync-sim run email-down")
        page.locator("input[name=tries]").press("ArrowLeft")
        settled(page, "syncasync-sim run email-down --set 'steps[send email].retry.attempts=10'")
        assert problem.inner_text() == ""


def test_a_program_that_is_gone_is_told(browser: Browser) -> None:
    with playing(browser, "checkout") as page:
        page.route("**/run", lambda route: route.abort())
        page.locator("input[name=workers]").press("ArrowRight")
        page.wait_for_function("() => document.querySelector('.sa-problem').textContent")
        assert page.locator(".sa-problem").inner_text().startswith("The program does not answer any more")


def test_who_is_left_out_is_told(browser: Browser) -> None:
    with playing(browser, "overload") as page:
        assert page.locator(".sa-capped").inner_text() == (
            "The picture and the figures are of the first 498 of 1,800 customers; "
            "nobody comes after 165.67 s."
        )
        assert page.locator(".sa-figures h2").inner_text() == "The first 498 of 1,800 customers"
        assert command(page) == "syncasync-sim run overload --set traffic.for=166s"


def test_every_slider_has_a_name_and_says_where_it_stands(browser: Browser) -> None:
    with playing(browser, "checkout") as page:
        page.get_by_role("slider", name="send email takes").press("ArrowRight")
        slider = page.get_by_role("slider", name="send email takes")
        assert slider.get_attribute("aria-valuetext") == "2.00 s"


@pytest.mark.parametrize(("width", "height", "more"), SIZES)
@pytest.mark.parametrize("name", ["recommendations", "email-down-resubmit", "checkout"])
def test_it_fits(browser: Browser, name: str, width: int, height: int, more: str) -> None:
    with playing(browser, name, f"#t=1{more}", viewport={"width": width, "height": height}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        spilt = """() => [...document.querySelectorAll(".sa-slider > *")].filter(
            (e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline").length"""
        assert page.evaluate(spilt) == 0


@pytest.mark.parametrize("name", ["worker-crash", "retry-storm", "broker-partitions"])
def test_a_class_sees_sliders_bars_and_strip_on_one_screen(browser: Browser, name: str) -> None:
    with playing(browser, name, "#t=20&projector", viewport={"width": 1024, "height": 768}) as page:
        page.wait_for_selector(".sa-few td")
        for part in (".sa-slider-row", ".sa-few", ".sa-sync .sa-row", ".sa-async .sa-row", ".sa-scrub"):
            box = page.locator(part).first.bounding_box()
            assert box is not None, part
            assert 0 <= box["y"] < box["y"] + box["height"] <= 768, part


def test_the_address_keeps_the_positions(browser: Browser) -> None:
    with playing(browser, "slow-email") as page:
        page.locator("input[name=workers]").press("ArrowRight")
        page.wait_for_selector("#sliders[data-shown]")
        moved, address = command(page), page.evaluate("location.hash")
        assert "workers=4" in address
        assert "t=30" in address
        page.reload()
        page.wait_for_selector("#sliders[data-shown]")
        assert command(page) == moved
        assert "workers.count=4" in moved


FEW = """() => [...document.querySelectorAll(".sa-few tr")].map(
    (row) => [...row.cells].map((cell) => cell.textContent))"""
"""The few figures above the picture, row by row."""


def few(page: Page) -> list[list[str]]:
    rows: list[list[str]] = page.evaluate(FEW)
    return rows


def shown(page: Page, positions: str) -> None:
    """Wait until the run of these positions is on the page."""
    page.wait_for_selector(f"#sliders[data-shown='{positions}']", state="attached")


def test_beside_the_sliders_stand_the_figures_before_the_last_move_and_now(browser: Browser) -> None:
    # ten orders at once: each page after 1.05 s or 2.55 s, then one worker takes 1.5 s for each email, so the
    # work is done 1.05 s + 1.5 s x (1 + ... + 10) / 10 = 9.30 s after the click, on average; with two workers
    # 1.05 s + 1.5 s x (1 + 1 + ... + 5 + 5) / 10 = 5.55 s; with three 1.05 s + 1.5 s x 22 / 10 = 4.35 s
    heads = ["before the move → now", "customer waits, mean", "all work done, mean"]
    with playing(browser, "ten-orders", viewport={"width": 1280, "height": 800}) as page:
        workers = page.locator("input[name=workers]")
        assert few(page) == [heads, ["sync", "2.55 s", "2.55 s"], ["async", "1.05 s", "9.30 s"]]
        height = page.locator(".sa-few").bounding_box()
        workers.press("ArrowRight")
        shown(page, '{"workers":1}')
        assert few(page)[1:] == [["sync", "2.55 s", "2.55 s"], ["async", "1.05 s", "9.30 s → 5.55 s"]]
        workers.press("ArrowRight")
        shown(page, '{"workers":2}')
        assert few(page)[2] == ["async", "1.05 s", "5.55 s → 4.35 s"]
        assert page.locator(".sa-few").bounding_box() == height  # the picture below stays where it is
        assert height is not None
        assert height["y"] + height["height"] < 800
        page.get_by_role("button", name="Reset").click()
        shown(page, "{}")
        assert few(page)[2] == ["async", "1.05 s", "4.35 s → 9.30 s"]


def test_a_slider_that_is_dragged_is_one_move(browser: Browser) -> None:
    with playing(browser, "ten-orders") as page:
        drag(page, "workers", 0.3, 1.0)
        shown(page, '{"workers":11}')
        assert few(page)[2] == ["async", "1.05 s", "9.30 s → 2.55 s"]  # twelve workers: nobody queues


def test_what_went_wrong_before_and_now_is_told(browser: Browser) -> None:
    with playing(browser, "email-down") as page:
        page.locator("input[name=fails]").press("Home")  # the email never fails any more
        shown(page, '{"fails":0}')
        heads, sync, asynchronous = few(page)
        # where only some got the page, the time is that of those; in the run now these are all
        assert heads[1:4] == [
            "customer waits (who got the page), mean",
            "all work done (only where it got done), mean",
            "error pages",
        ]
        assert sync[1:4] == ["- → 2.55 s", "- → 2.55 s", "1 → 0"]
        dead = heads.index("work dead-lettered")
        assert (sync[dead], asynchronous[dead]) == ("0", "1 → 0")
        page.locator("input[name=fails]").press("End")
        shown(page, "{}")
        assert few(page)[1][1:4] == ["2.55 s → -", "2.55 s → -", "0 → 1"]


TOPS = """() => [".sa-title", ".sa-controls", ".sa-sync", ".sa-async", ".sa-strip"].map(
    (part) => document.querySelector(part).getBoundingClientRect().top)"""
"""Where the parts of the picture begin, in pixels."""


@pytest.mark.parametrize(("width", "height", "more"), SIZES)
def test_no_message_moves_the_picture(browser: Browser, width: int, height: int, more: str) -> None:
    with playing(browser, "email-down", f"#t=2{more}", viewport={"width": width, "height": height}) as page:
        before, problem = page.evaluate(TOPS), page.locator(".sa-problem")
        page.locator("input[name=tries]").press("End")  # without end: refused in a long sentence
        until(page, lambda: problem.inner_text().startswith("This run would never end"))
        assert page.evaluate(TOPS) == before
        page.locator("input[name=tries]").press("ArrowLeft")  # a longer command
        settled(page, "syncasync-sim run email-down --set 'steps[send email].retry.attempts=10'")
        assert page.evaluate(TOPS) == before
        page.route("**/run", lambda _: None)  # a program that takes its time
        page.locator("input[name=tries]").press("ArrowLeft")
        until(page, lambda: problem.inner_text() == "Running ...")
        assert page.evaluate(TOPS) == before
        note = "The picture and the figures are of the first 498 of 1,800 customers."
        page.evaluate("(note) => { document.querySelector('.sa-capped').textContent = note; }", note)
        assert page.evaluate(TOPS) == before
        page.locator(".sa-token").first.dispatch_event("click")
        assert page.locator(".sa-sync .sa-where").inner_text().startswith("customer 1 ")
        assert page.evaluate(TOPS) == before
        page.locator("input[type=number]").evaluate(
            "(who) => { who.value = 99; who.dispatchEvent(new Event('input')); }"
        )
        assert (page.locator(".sa-nobody").text_content() or "").startswith("there are customers 1 to ")
        assert page.evaluate(TOPS) == before
