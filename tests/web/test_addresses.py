"""Links in the playground: what is shared is what is shown elsewhere, and a bad one is a sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from web.site import Opened
from web.test_links import BAD, SMALL, packed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OWN = SMALL + "workers: {count: 2}\n"
SCRIPT = "<img src=x onerror=document.body.dataset.hacked=1>"
QUOTED = json.dumps(SCRIPT)
HOSTILE = f"title: {QUOTED}\ndescription: {QUOTED}\n{SMALL.replace('work,', f'{QUOTED},')}"
SOME_BAD = [hash for hash in BAD if "\x00" not in hash][::5]


@pytest.fixture(autouse=True)
def clipboard(opened: Opened) -> None:
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])


def run(page: Opened) -> None:
    before = page.tab.get_attribute("body", "data-runs") or "0"
    page.tab.click("#play-run")
    page.tab.wait_for_selector(f'body[data-runs="{int(before) + 1}"]')


def follow(page: Opened, hash: str) -> None:
    """Open a link in the page that is open already."""
    page.tab.evaluate("(hash) => syncasync.playground.follow(hash)", hash)


@pytest.mark.parametrize(
    "link", ["#scenario=worker-crash&workers=3&seed=2&t=4.5", f"{packed({'text': OWN})}&seed=3"]
)
def test_a_link_shows_the_same_elsewhere(link: str, browser: Browser, address: str, opened: Opened) -> None:
    follow(opened, link)
    run(opened)
    assert opened.tab.text_content("#play-problem") == ""
    opened.tab.click("#play-share")
    opened.tab.wait_for_function("() => document.querySelector('#play-engine').textContent === 'Ready.'")
    copied: str = opened.tab.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith(f"{address}playground.html#")
    elsewhere = Opened(browser, copied)
    elsewhere.wait_until_ready()
    assert elsewhere.tab.get_attribute("body", "data-runs") is None  # it may be somebody else's
    run(elsewhere)
    for part in ("#play-views", ".sa-time", "#play-command"):
        assert elsewhere.tab.text_content(part) == opened.tab.text_content(part), part
    assert elsewhere.tab.evaluate("() => syncasync.playground.state") == opened.tab.evaluate(
        "() => syncasync.playground.state"
    )
    elsewhere.context.close()
    assert elsewhere.wrong == []


def test_the_address_follows_the_sliders(opened: Opened) -> None:
    follow(opened, "#scenario=worker-crash")
    run(opened)
    slider = opened.tab.locator("input[name=workers]")
    slider.focus()
    slider.press("ArrowRight")
    opened.tab.wait_for_function("() => location.hash.includes('workers=')")
    shown = opened.tab.text_content(".sa-slider:has(input[name=workers]) .sa-value")
    assert f"workers={shown}" in opened.tab.evaluate("() => location.hash")


@pytest.mark.parametrize("hash", SOME_BAD, ids=[hash[:30] for hash in SOME_BAD])
def test_a_bad_link_is_told_and_runs_nothing(hash: str, opened: Opened) -> None:
    before = opened.tab.get_attribute("body", "data-runs")
    text = opened.tab.evaluate("() => syncasync.playground.now.text")
    follow(opened, hash)
    assert BAD[hash] in opened.tab.text_content("#play-link")  # type: ignore[operator]
    assert opened.tab.get_attribute("body", "data-runs") == before
    assert opened.tab.evaluate("() => syncasync.playground.now.text") == text
    follow(opened, "#scenario=checkout")
    assert opened.tab.is_hidden("#play-link")


def test_a_change_that_the_scenario_does_not_have_is_told(opened: Opened) -> None:
    follow(opened, "#scenario=checkout&kittens=3")
    run(opened)
    assert "does not have" in opened.tab.text_content("#play-problem")  # type: ignore[operator]
    run(opened)  # without it
    assert opened.tab.text_content("#play-problem") == ""


def test_a_file_of_the_readers_own_takes_nothing_of_a_link(opened: Opened) -> None:
    follow(opened, "#scenario=worker-crash&workers=3")
    file = {"name": "mine.yaml", "mimeType": "text/yaml", "buffer": OWN.encode()}
    opened.tab.set_input_files("#play-file", file)  # type: ignore[arg-type]
    opened.tab.wait_for_function("() => syncasync.playground.now.name === 'mine.yaml'")
    run(opened)
    assert opened.tab.text_content("#play-problem") == ""
    assert opened.tab.evaluate("() => syncasync.playground.state.positions") == {}


def test_script_in_a_link_is_text(opened: Opened) -> None:
    follow(opened, packed({"text": HOSTILE}))
    run(opened)
    assert SCRIPT in opened.tab.text_content("#play-replay")  # type: ignore[operator]
    assert opened.tab.get_attribute("body", "data-hacked") is None


def test_a_slider_where_none_can_be_is_told_before_and_after_run(opened: Opened) -> None:
    tab = opened.tab
    follow(opened, "#scenario=worker-crash&workers=99999")
    tab.wait_for_selector("#play-link:not([hidden])")
    wrong = 'The link changes what this scenario does not have: "workers=99999".'
    assert (tab.text_content("#play-link") or "").startswith(wrong)
    run(opened)
    checked = int(tab.get_attribute(".play", "data-checked") or "0")
    tab.wait_for_timeout(600)  # a look for mistakes that is on its way changes nothing
    assert int(tab.get_attribute(".play", "data-checked") or "0") >= checked
    assert (tab.text_content("#play-problem") or "").startswith(wrong)
    assert tab.locator("#play-ahead").is_hidden()


def test_a_result_says_that_it_is_of_another_text(opened: Opened) -> None:
    tab = opened.tab
    follow(opened, "#scenario=checkout")
    run(opened)
    assert tab.locator("#play-old").is_hidden()
    tab.select_option("#play-name", "login")
    assert (tab.text_content("#play-old") or "").startswith("This is the result of checkout as it was run.")
    run(opened)
    assert tab.locator("#play-old").is_hidden()


@pytest.mark.parametrize("hash", ["#lesson=3", "#page=lessons"])
def test_a_link_to_another_page_is_told(hash: str, opened: Opened) -> None:
    follow(opened, hash)
    opened.tab.wait_for_selector("#play-link:not([hidden])")
    assert opened.tab.text_content("#play-link") == "The link names another page. Choose it at the top."
