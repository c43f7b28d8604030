"""What stands beside a number says what it counts: a number has one value, and says of whom it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replay.pages import opened, run_of, written
from replay.test_exported import made
from surface.test_play_page import playing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def legend(page: Page, label: str) -> str:
    """The value at the cursor that the strip has beside a label."""
    told = [text.strip() for text in page.locator(".sa-legend li").all_text_contents()]
    [value] = [text.removeprefix(f"{label} ") for text in told if text.startswith(f"{label} ")]
    return value


def box(page: Page, label: str) -> str:
    """The number in a box of the asynchronous design."""
    return page.locator(f".sa-async .sa-place[aria-label='{label}'] .sa-count").inner_text()


def test_who_has_given_up_does_not_wait_and_is_no_page(browser: Browser, tmp_path: Path) -> None:
    """Six customers come each second; synchronously nobody has had the page for 50 s."""
    with opened(browser, written(tmp_path, "retry-storm", "traffic.for=83.3s"), "#t=80") as page:
        line = page.locator(".sa-sync .sa-place[aria-label='Line for a thread'] .sa-count").inner_text()
        assert line == "395, 359 have left"
        assert page.locator(".sa-sync .sa-spinners").inner_text() == "36"
        assert legend(page, "pages, sync") == "0.0/s"
        assert float(legend(page, "pages, async").removesuffix("/s")) == pytest.approx(6, abs=0.5)
        assert float(legend(page, "customers who come").removesuffix("/s")) == pytest.approx(6, abs=0.5)


@pytest.mark.parametrize("name", ["slow-email", "email-down", "worker-crash", "traffic-spike"])
def test_a_number_has_one_value_on_the_page(browser: Browser, tmp_path: Path, name: str) -> None:
    for t in (5, 6, 30):
        with opened(browser, written(tmp_path, name), f"#t={t}") as page:
            for mode in ("sync", "async"):
                waiting = page.locator(f".sa-{mode} .sa-spinners").inner_text()
                if not re.fullmatch(r"\d+", waiting):
                    continue  # the run is over
                assert legend(page, f"waiting for the page, {mode}") == waiting, t
            later = page.locator(".sa-async .sa-delay .sa-token").evaluate_all(
                "all => all.map((e) => e.title)"
            )
            again = [title for title in later if "dead worker" not in title]  # that one is still delivered
            depth = int(box(page, "Queue")) + len(again)
            assert legend(page, "messages waiting, retries included") == str(depth), t


def test_a_customer_alone_has_no_rate(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "checkout"), "#t=0") as page:
        assert page.locator(".sa-rates").count() == 0


def test_the_figures_say_of_which_part_of_the_run_they_are(browser: Browser, tmp_path: Path) -> None:
    told = "The picture and the figures are of the first 500 of 540 customers; nobody comes after 83.17 s."
    with opened(browser, made(tmp_path, "export", "retry-storm"), "#t=99999") as page:
        assert (page.text_content(".sa-about") or "").startswith(told)
        parts = page.locator(".sa-figures > *").evaluate_all("all => all.map((e) => e.tagName)")
        assert parts[:3] == ["H2", "P", "TABLE"]  # before the headline stands of whom it is
        assert page.inner_text(".sa-figures h2") == "The first 500 of 540 customers, from 60.00 s on"
        notes = page.locator(".sa-figures p").all_text_contents()
        assert any(n.startswith("Assumes") and "before 60.00 s are not counted" in n for n in notes)
        ends = page.locator(".sa-longest").all_inner_texts()
        assert [end[-33:] for end in ends] == ["page (first 500, from 60.00 s on)"] * 2
        assert legend(page, "nobody else") == "comes in this picture"
        plot, rest = (
            page.locator(f".sa-strip {place}").bounding_box() for place in (".sa-plot", ".sa-plot .sa-rest")
        )
        assert plot is not None
        assert rest is not None
        assert (rest["x"] - plot["x"]) / plot["width"] == pytest.approx(83.17 / 90, abs=0.01)
        assert not page.is_visible(".sa-part")
        page.evaluate("location.hash = 'projector'")
        page.locator(".sa-projector").wait_for()
        assert page.inner_text(".sa-title") == "The storm that stays the first 500 of 540 customers"
    with playing(browser, "retry-storm") as page:
        assert page.locator(".sa-capped").inner_text() == told
        assert page.inner_text(".sa-figures h2") == "The first 500 of 540 customers, from 60.00 s on"
    with opened(browser, written(tmp_path, "checkout"), "#t=99999") as page:
        assert page.inner_text(".sa-figures h2") == "The whole run"
        assert page.locator(".sa-rest, .sa-part").count() == 0


def test_the_page_says_what_to_watch_and_what_the_signs_are(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "worker-crash"), "#t=12") as page:
        about = " ".join((page.text_content(".sa-about") or "").split())
        assert about.endswith("Watch the email that worker 1 has when it dies.")
        signs = page.locator(".sa-signs li").all_inner_texts()
    assert signs == [sign["text"] for sign in run_of("worker-crash")["signs"]]
    assert {"customer", "message", "work for nobody", "page", "gave up"} <= set(signs)


def test_two_messages_of_a_customer_have_two_names(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, "notifications", "workers.count=1"), "#t=1") as page:
        messages = ".sa-async .sa-queue .sa-message[data-customer='0']"
        press_right(page, messages)
        names = page.locator(messages).evaluate_all(
            "all => all.map((e) => [e.getAttribute('aria-label'), e.title])"
        )
    assert len(names) > 1
    assert len({name for name, _ in names}) == len(names)
    assert all(name == title for name, title in names)


def press_right(page: Page, place: str) -> None:
    """Go from event to event until two of them are there."""
    for _ in range(100):
        if page.locator(place).count() > 1:
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError("there are never two")


@pytest.mark.parametrize("name", ["slow-email", "worker-crash", "checkout"])
def test_every_tick_stands_at_its_time(browser: Browser, tmp_path: Path, name: str) -> None:
    """Of the last, whose words would stick out, the right edge does."""
    end_s = run_of(name)["time"]["end"] / 1e6
    with opened(browser, written(tmp_path, name)) as page:
        axis = page.locator(".sa-sync .sa-ticks").bounding_box()
        assert axis is not None
        for tick in page.locator(".sa-sync .sa-ticks span").all():
            at, place = float(tick.inner_text().split()[0]), tick.bounding_box()
            assert place is not None
            x = axis["x"] + axis["width"] * at / end_s
            middle = place["x"] + place["width"] / 2
            edge = place["x"] + (
                0 if at == 0 else place["width"] if at > 0.97 * end_s else place["width"] / 2
            )
            assert edge == pytest.approx(x, abs=1.5), (at, middle)


def test_the_longest_name_of_an_effect_fits_a_telephone(browser: Browser, tmp_path: Path) -> None:
    effect = "confirmation message with an invoice sent by letter"
    file = written(tmp_path, "checkout", f"steps[3].effect='{effect}'")
    with opened(browser, file, "#t=99999", viewport={"width": 360, "height": 740}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert effect in page.locator(".sa-async .sa-effects").inner_text()


def test_an_old_page_is_told_that_it_is_of_another_program(browser: Browser) -> None:
    with playing(browser, "ten-orders") as page:
        before = page.get_attribute("#replay", "data-state")
        page.route(
            "**/run", lambda r: r.continue_(headers={**r.request.headers, "x-syncasync-start": "another"})
        )
        page.locator("input[name=workers]").press("ArrowRight")
        page.wait_for_function("() => document.querySelector('.sa-problem').textContent")
        assert "load" in page.locator(".sa-problem").inner_text()
        assert page.get_attribute("#replay", "data-state") == before


def test_without_scripts_play_tells_the_result(browser: Browser) -> None:
    with playing(browser, "checkout", java_script_enabled=False) as page:
        told = page.locator("body").inner_text()
    assert "need JavaScript, which is off" in told
    assert "2.55 s" in told
