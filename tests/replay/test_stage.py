"""The page in a real browser without a network: it plays, steps, scrubs, follows and asks; mouse and keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replay.pages import box_of, clock, counts, opened, press, run_of, state, times, until, written
from syncasync_sim.replay.speeds import SPEEDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUESTION = {
    "text": "When is the email sent?",
    "options": [
        {
            "text": "with the page",
            "correct": False,
            "refutation": "It would be right if queueing were sending.",
        },
        {"text": "later", "correct": True},
    ],
    "story": ["One order."],
    "sum": "1.05 s + 1.5 s",
    "takeaway": "Nobody waits for it.",
}


def test_the_address_says_when(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=10") as page:
        assert state(page) == counts("worker-crash", 10_000_000)
        assert page.is_visible(".sa-dead >> text=dead")
        page.evaluate("location.hash = 't=33'")
        until(page, lambda: clock(page) == 33)
        assert state(page) == counts("worker-crash", 33_000_000)


def test_it_plays_and_pauses_and_ends_where_everybody_has_gone(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        page.select_option("select", "20")
        page.click(".sa-play")
        until(page, lambda: clock(page) > 3)
        page.click(".sa-play")
        stopped = clock(page)
        page.wait_for_timeout(100)
        assert clock(page) == stopped
        assert 3 < stopped < 34.05
        page.click(".sa-play")
        until(page, lambda: clock(page) == 34.05)
        assert page.text_content(".sa-play") == "Play"
        assert state(page) == counts("worker-crash", run_of("worker-crash")["time"]["end"])


def test_keys_step_by_events_and_seconds(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        page.focus("#replay")
        press(page, "ArrowRight", "ArrowRight")
        assert clock(page) * 1e6 == times("worker-crash")[2]
        press(page, "ArrowLeft")
        assert clock(page) * 1e6 == times("worker-crash")[1]
        press(page, "Shift+ArrowRight")
        assert clock(page) * 1e6 == times("worker-crash")[1] + 1e6
        press(page, "End")
        assert clock(page) == run_of("worker-crash")["time"]["end"] / 1e6
        press(page, "Shift+ArrowLeft", "Home")
        assert clock(page) == 0
        press(page, "+", "+", "-")
        assert page.input_value("select") == "2"
        press(page, " ")
        assert page.text_content(".sa-play") == "Pause"
        press(page, " ")
        assert page.text_content(".sa-play") == "Play"


def test_everything_can_be_reached_with_the_tab_key(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=2") as page:
        seen = set()
        for _ in range(80):
            press(page, "Tab")
            told = "e => (e.getAttribute('aria-label') || e.textContent).split(':')[0]"
            seen.add(page.evaluate(f"({told})(document.activeElement)"))
        buttons = {
            "To the start (Home)",
            "Event before (left)",
            "Play",
            "Next event (right)",
            "To the end (End)",
        }
        assert buttons | {"Speed", "Follow customer number", "Time", "customer 10"} <= seen


def test_a_mouse_on_the_bar_and_on_the_strip_goes_there(browser: Browser, file: Path) -> None:
    end = run_of("worker-crash")["time"]["end"]
    with opened(browser, file) as page:
        for place in (".sa-scrub", ".sa-plot"):
            box = box_of(page, place)
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            assert clock(page) * 1e6 == pytest.approx(end / 2, rel=0.02)
            assert state(page) == counts("worker-crash", round(clock(page) * 1e6))
            page.keyboard.press("Home")
        page.mouse.move(box["x"] + 10, box["y"] + 10)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 10, steps=5)
        page.mouse.up()
        assert clock(page) * 1e6 == pytest.approx(end, rel=0.02)


def test_a_customer_is_followed_in_both_lanes(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=2") as page:
        page.click(".sa-sync .sa-token[data-customer='2']")
        assert (
            page.locator(".sa-sync .sa-where").text_content()
            == "customer 3 is in thread 3: send email, so far 2.00 s"
        )
        told = "customer 3 has the page after 1.05 s; send email waits for a worker"
        assert page.locator(".sa-async .sa-where").text_content() == told
        assert page.locator(".sa-token.sa-followed").count() == 2
        page.focus(".sa-sync .sa-token[data-customer='3']")
        press(page, "Enter")
        assert (page.locator(".sa-sync .sa-where").text_content() or "").startswith("customer 4 ")
        press(page, "Enter")
        assert page.locator(".sa-token.sa-followed").count() == 0


TURNING = (
    "document.getAnimations().filter(a => a.animationName === 'sa-turn' && a.playState === 'running').length"
)


def test_with_reduced_motion_nothing_glides_or_turns(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=0.5", reduced_motion="reduce") as page:
        assert page.locator(".sa-waits").count() == 20
        assert page.evaluate("document.getAnimations().length") == 0
        page.focus("#replay")
        press(page, "ArrowRight", " ")
        until(page, lambda: clock(page) >= 2.55)
        assert page.evaluate("document.getAnimations().length") == 0


def test_who_waits_is_seen_to_turn(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=0.3") as page:
        assert page.evaluate(TURNING) == 0
        page.click(".sa-play")
        until(page, lambda: page.evaluate(TURNING) == 20)


def test_who_moves_is_seen_moving(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "checkout"), "#t=1") as page:
        page.evaluate("""() => {
            window.moved = [];
            Element.prototype.animate = function () { window.moved.push(this.getAttribute("aria-label")); };
        }""")
        page.click("[title^='Next event']")
        assert page.evaluate("window.moved") == [
            "message of customer 1: send email",
            "customer 1: has the page",
        ]


def test_a_question_comes_first(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "checkout", question=QUESTION)) as page:
        told = "One order. When is the email sent? a) with the page b) later Choose first; then it plays."
        for keys in ((), (" ", "ArrowRight", "End")):
            page.focus("#replay")
            press(page, *keys)
            assert " ".join(page.inner_text("body").split()) == f"A checkout form {told}"
        page.click("text=with the page")
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        assert not page.is_visible(".sa-figures")  # nothing of what is to come
        press(page, "End")
        told = page.inner_text(".sa-figures > .sa-headline")
        assert told.startswith("The customer waits 1.05 s instead of 2.55 s"), told
        assert page.locator(".sa-verdict p").all_text_contents() == [
            'You said "with the page". It was "later".',
            "It would be right if queueing were sending.",
            "The sum: 1.05 s + 1.5 s",
            "Keep this: Nobody waits for it.",
        ]


def test_a_number_follows_too_and_one_that_nobody_has_does_not(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=2") as page:
        page.fill("input[type=number]", "7")
        assert page.locator(".sa-token.sa-followed").count() == 2
        page.fill("input[type=number]", "70")
        assert page.locator(".sa-token.sa-followed").count() == 0
        assert page.locator(".sa-where").all_text_contents() == ["", ""]


def test_events_are_read_out_unless_it_plays(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        live = []
        for key in ("Home", " ", " "):
            page.focus("#replay")
            press(page, key)
            live.append(page.get_attribute(".sa-log", "aria-live"))
        assert live == ["polite", "off", "polite"]


def test_space_plays_on_a_fresh_page_and_whatever_has_the_focus(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=2") as page:
        press(
            page, "ArrowRight", "Home", "End", "Home", "Shift+ArrowRight", "Shift+ArrowRight"
        )  # keys at once
        assert (clock(page), page.evaluate("scrollY")) == (2, 0)
        press(page, *"------")  # as slow as can be: who is clicked below has not left by then
        press(page, " ")
        assert page.text_content(".sa-play") == "Pause"
        press(page, " ")
        page.click(".sa-sync .sa-token[data-customer='2']")
        for place in (".sa-sync .sa-token.sa-followed", "[title^='Next event']", "input[type=number]"):
            page.focus(place)
            press(page, " ")
            assert page.text_content(".sa-play") == "Pause", place
            press(page, " ")
            assert page.text_content(".sa-play") == "Play", place
            assert page.locator(".sa-token.sa-followed").count() == 2, place
        press(page, "Enter")
        assert page.evaluate("document.activeElement.id") == "replay"
        assert page.evaluate("scrollY") == 0
        press(page, "Escape")
        assert page.locator(".sa-token.sa-followed").count() == 0


def test_the_focus_never_falls_to_nothing(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=0.5") as page:
        page.focus(".sa-sync .sa-token[data-customer='2']")
        press(page, "End")
        assert page.evaluate("document.activeElement !== document.body")
        page.evaluate("location.hash = 't=2'")
        until(page, lambda: clock(page) == 2)
        page.click(".sa-sync .sa-token[data-customer='2']")
        press(page, " ")
        until(page, lambda: page.locator(".sa-sync .sa-slots .sa-token").count() == 0 and clock(page) > 2.6)
        press(page, " ")
        assert (page.text_content(".sa-play"), page.evaluate("scrollY")) == ("Play", 0)


def test_the_letter_of_an_option_chooses_it(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "checkout", question=QUESTION)) as page:
        press(page, "z", "b")
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        assert page.get_attribute(".sa-option >> nth=1", "aria-pressed") == "true"


def test_a_stall_does_not_move_the_clock_on(browser: Browser, file: Path) -> None:
    """A second in which nothing is drawn, at 20 times: a tenth of it counts, two seconds."""
    with opened(browser, file) as page:
        page.select_option("select", "20")
        stalled = """() => { const began = performance.now();
            const before = parseFloat(document.querySelector(".sa-time").textContent);
            while (performance.now() - began < 1000);
            return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
                done(parseFloat(document.querySelector(".sa-time").textContent) - before)))); }"""
        press(page, " ")
        assert page.evaluate(stalled) <= 6


HIDDEN = """(hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_page_that_is_not_seen_does_not_go_on(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        press(page, " ")
        page.evaluate(HIDDEN, True)
        page.evaluate(HIDDEN, False)
        assert page.text_content(".sa-play") == "Play"


def test_a_finger_on_the_strip_scrolls_the_page_up_and_down(browser: Browser, file: Path) -> None:
    with opened(browser, file, viewport={"width": 360, "height": 740}, has_touch=True) as page:
        plot = page.locator(".sa-strip .sa-plot")
        assert plot.evaluate("e => getComputedStyle(e).touchAction") == "pan-y"


@pytest.mark.parametrize("width", [360, 828])
def test_play_stays_in_sight(browser: Browser, file: Path, width: int) -> None:
    """On a telephone and in a notebook the picture is longer than what is seen of it."""
    with opened(browser, file, "#t=12", viewport={"width": width, "height": 740}) as page:
        page.locator(".sa-scrub").scroll_into_view_if_needed()
        assert page.evaluate("scrollY") > 200
        assert 0 <= box_of(page, ".sa-play")["y"] < 100


def test_one_line_of_the_log_that_stays_is_the_same_element(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=2.9") as page:
        page.evaluate("window.first = document.querySelector('.sa-log li')")
        press(page, "ArrowRight")
        assert page.evaluate("[...document.querySelectorAll('.sa-log li')].includes(window.first)")
        assert page.evaluate("document.querySelector('.sa-time').getAttribute('role')") == "timer"
        assert page.evaluate("document.querySelectorAll('.sa-log li').length") == 2


def test_the_projector_leaves_the_time_alone(browser: Browser, file: Path) -> None:
    with opened(browser, file, "#t=10") as page:
        page.evaluate("location.hash = 'projector'")
        until(page, lambda: page.locator(".sa-projector").count() == 1)
        assert clock(page) == 10
        page.click("[title^='For a projector']")
        assert page.locator(".sa-projector").count() == 0
        page.evaluate("location.hash = 't=0x10'")
        page.wait_for_timeout(50)
        assert clock(page) == 10


def test_the_speeds_are_those_of_the_terminal(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        told = page.locator("select option").all_text_contents()
        assert told == [f"{speed:g}x" for speed in SPEEDS]


def test_a_number_that_nobody_has_is_answered(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        page.fill("input[type=number]", "9999")
        assert page.text_content(".sa-nobody") == "there are customers 1 to 10"


def test_guided_play_stops_at_the_first_event_of_each_kind(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        press(page, "g")
        assert page.get_attribute("text=Guided", "aria-pressed") == "true"
        page.select_option("select", "20")
        heads, times_s = [], []
        while clock(page) < 34.05:
            press(page, " ")
            until(page, lambda: page.text_content(".sa-play") == "Play")
            heads += page.locator(".sa-stop b").all_text_contents()
            times_s.append(clock(page))
        stops = run_of("worker-crash")["stops"]
        assert times_s == sorted({t / 1e6 for t, *_ in stops} | {34.05})
        assert heads == [
            "1.05 s async: send email of customer 1 goes on the queue.",
            "1.05 s async: customer 1 gets the page.",
            "2.55 s sync: customer 1 gets the page.",
            "3.00 s async: worker 1 dies with send email of customer 3; nobody knows yet.",
            "32.55 s async: worker 2 takes send email of customer 3 again, delivery 2.",
        ]
        press(page, "Home")
        assert page.locator(".sa-stop").inner_text() == ""


BARS = """(lane) => [...document.querySelectorAll(`.sa-${lane} .sa-row`)].map((row) => [
    row.querySelector(".sa-who").getAttribute("aria-label"),
    [...row.querySelectorAll(".sa-end:not(.sa-to-come)")].map((end) => end.textContent)])"""
"""Each bar: what a screen reader says of it, and the signs that are seen."""


def test_a_bar_grows_and_stays_and_says_how_it_ended(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "checkout"), "#t=2") as page:
        assert page.evaluate(BARS, "sync") == [["customer 1", []]]
        assert page.evaluate(BARS, "async") == [["customer 1, page 1.05 s", ["page 1.05 s"]]]
        assert page.locator(".sa-sync .sa-headline-now").inner_text().split("\n") == [
            "1",
            "waiting for the page, longest wait in the run so far 2.00 s",
        ]
        press(page, "End")
        assert page.evaluate(BARS, "sync") == [["customer 1, page 2.55 s", ["page 2.55 s"]]]
        assert page.evaluate(BARS, "async") == [
            ["customer 1, page 1.05 s, email sent 2.55 s", ["page 1.05 s", "email sent 2.55 s"]]
        ]
        told = page.locator(".sa-headline-now").evaluate_all(
            "all => all.map((e) => e.innerText.split('\\n'))"
        )
        assert told == [[wait, "until the page"] for wait in ("2.55 s", "1.05 s")]


def test_two_dots_stand_over_the_bar_of_somebody_who_was_charged_twice(
    browser: Browser, tmp_path: Path
) -> None:
    with opened(browser, written(tmp_path, "email-down-resubmit"), "#t=3") as page:
        dots = ".sa-sync [data-customer='0'] + div .sa-dot:not(.sa-to-come)"
        assert page.locator(dots).count() == 0
        page.evaluate("location.hash = 't=6'")
        until(page, lambda: page.locator(dots).count() == 4)
        told = page.locator(dots).evaluate_all("all => all.map((e) => e.title)")
        assert told == ["card charged more than once"] * 2 + ["order saved more than once"] * 2


def test_who_is_asked_for_gets_a_bar(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "traffic-spike"), "#t=40") as page:
        assert page.locator(".sa-sync .sa-who").count() == 12
        page.fill("input[type=number]", "60")
        assert page.locator(".sa-sync .sa-row.sa-followed .sa-who").inner_text().split() == ["customer", "60"]
        press(page, "Escape")
        assert page.locator(".sa-sync .sa-who").count() == 12
