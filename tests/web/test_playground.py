"""The playground: an editor that knows the schema, and results in the words of the command line."""

from __future__ import annotations

import gzip
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docs_site.check import violations
from surface.processes import syncasync
from syncasync_sim.files import bundled
from web.site import Opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

OWN = "traffic: {requests: 3}\nsteps: [{name: work, duration: 1s}]\n"
OWN += "expect: [sync.requests == 3, sync.requests == 4]\n"
BROKEN = "traffic: {request: 3}\nsteps:\n  - {name: work, duration: 1s}\n  - {name: more, durations: 1s}\n"
LONG = "traffic: {requests: 90000}\nsteps: [{name: work, duration: exponential(1s), failure_rate: 10%}]\n"
HOSTILE = '"<img src=x onerror=document.title=1>"'
EVIL = f"title: {HOSTILE}\ndescription: {HOSTILE}\ntraffic: {{requests: 3}}\n"
EVIL += f"steps: [{{name: {HOSTILE}, duration: 1s}}]\n"
PLACES = (
    ("tra", {"traffic"}, {"requests", "steps"}),
    ("traffic: {requests: 1}\nworkers:\n  co", {"count"}, {"traffic", "requests"}),
    ("steps:\n  - name: work\n    retry:\n      att", {"attempts"}, {"duration", "count"}),
    ("steps:\n  - {name: work, retry: {att", {"attempts"}, {"duration", "count"}),
    ("steps:\n- name: work\n  du", {"duration"}, {"name", "attempts"}),
)
"""A text with the cursor at its end; what is offered there, and what is not."""


@pytest.fixture
def tab(opened: Opened) -> Page:
    """The page with the first scenario, as it stands, and no mistake."""
    opened.tab.set_viewport_size({"width": 1280, "height": 860})
    opened.tab.select_option("#play-name", "ten-orders")
    opened.tab.select_option("#play-name", "checkout")
    opened.tab.fill("#play-seed", "")
    opened.tab.wait_for_selector("#play-ahead:has-text('checkout')")
    return opened.tab


def write(tab: Page, text: str) -> None:
    """Replace the text, as somebody who types does, but at once."""
    tab.locator("#play-editor .cm-content").click()
    tab.keyboard.press("Control+a")
    tab.keyboard.press("Delete")
    tab.keyboard.insert_text(text)


def run(tab: Page) -> None:
    before = int(tab.get_attribute("body", "data-runs") or 0)
    tab.click("#play-run")
    tab.wait_for_selector(f'body[data-runs="{before + 1}"]')


def look_at(tab: Page, view: str) -> str:
    """The text of a view that is a text of the command line."""
    tab.click(f"#play-tab-{view}")
    tab.wait_for_selector("#play-cancel:disabled")
    return tab.text_content(f"#play-view-{view} pre") or ""


def words(text: str) -> str:
    """Without line breaks and columns, which depend on the width."""
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize(("text", "there", "not_there"), PLACES)
def test_keys_are_completed_where_they_may_stand(
    text: str, there: set[str], not_there: set[str], tab: Page
) -> None:
    write(tab, text)
    tab.keyboard.press("Control+ ")
    tab.wait_for_selector("#play-editor .cm-tooltip-autocomplete li")
    offered = set(
        tab.locator("#play-editor .cm-tooltip-autocomplete li .cm-completionLabel").all_text_contents()
    )
    assert there <= offered
    assert not not_there & offered
    # The text of the field is that of the schema.
    assert len(tab.text_content("#play-editor .cm-completionInfo") or "") > 15
    tab.keyboard.press("Escape")


def test_what_a_choice_allows_is_offered_as_its_value(tab: Page) -> None:
    write(tab, "queue: {broker: ra")
    tab.keyboard.press("Control+ ")
    offered = tab.locator("#play-editor .cm-tooltip-autocomplete li .cm-completionLabel")
    offered.first.wait_for()
    assert offered.all_text_contents() == ["rabbitmq"]
    tab.wait_for_timeout(150)  # a list that has just come takes no key: it might not be meant
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#play-field:has-text('queue.broker: A preset')")
    assert "queue: {broker: rabbitmq" in (tab.text_content("#play-editor .cm-content") or "")


def test_each_mistake_is_marked_at_its_line_and_told_whole(tab: Page, tmp_path: Path) -> None:
    (tmp_path / "checkout.yaml").write_text(BROKEN, encoding="utf-8")
    told = syncasync("check", "checkout.yaml", folder=tmp_path).stderr
    write(tab, BROKEN)
    tab.wait_for_selector("#play-problem:has-text('unknown key')")
    assert tab.text_content("#play-problem") == told.strip().removeprefix("syncasync-sim: ")
    marked = tab.locator("#play-editor .cm-lintRange-error").all_text_contents()
    assert marked == ["request", "durations"] or marked == re.findall(r"unknown key '(\w+)'", told)
    write(tab, OWN)
    tab.wait_for_selector("#play-ahead:has-text('3 customers')")
    assert tab.locator("#play-editor .cm-lintRange-error").count() == 0
    assert tab.is_hidden("#play-problem")


def test_a_text_of_ones_own_runs_and_says_what_was_expected(tab: Page) -> None:
    write(tab, OWN)
    run(tab)
    claims = tab.locator("#play-view-figures .play-claims li").all_text_contents()
    assert claims == ["✓ passed sync.requests == 3", "✗ failed sync.requests == 4 (it is 3)"]
    rows = tab.locator("#play-view-figures .play-figures tr").all_text_contents()
    assert any(row.startswith("customer waits1.00 s") for row in rows)
    assert tab.text_content("#play-command") == "syncasync-sim run checkout.yaml"
    run(tab)  # with a seed, what was expected of another run does not count
    assert tab.locator("#play-view-figures p:has-text('do not count')").count() == 0
    tab.fill("#play-seed", "5")
    run(tab)
    assert tab.locator("#play-view-figures p:has-text('do not count')").count() == 1


def test_the_views_say_what_the_command_line_says(tab: Page) -> None:
    tab.select_option("#play-name", "worker-crash")
    run(tab)
    there = {
        "customer": ("explain", "worker-crash", "2"),
        "advice": ("advise", "worker-crash"),
        "brokers": ("brokers", "worker-crash"),
        "compare": ("run", "worker-crash", "--no-charts", "--compare-to", "ten-orders"),
    }
    tab.click("#play-tab-customer")
    tab.fill("#play-customer", "2")
    tab.click("#play-tab-compare")
    tab.select_option("#play-other", "ten-orders")
    for view, command in there.items():
        printed = look_at(tab, view)
        assert len(printed) > 200
        assert words(printed) == words(syncasync(*command, COLUMNS="82").stdout), view
    tab.click("#play-tab-figures")


def test_sliders_change_every_view_and_what_is_taken_along(tab: Page, tmp_path: Path) -> None:
    tab.select_option("#play-name", "ten-orders")
    run(tab)
    slider = tab.get_by_label("workers", exact=True)
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    tab.wait_for_selector("#play-command:has-text('workers.count=')")
    tab.wait_for_selector("#play-cancel:disabled")
    command = (tab.text_content("#play-command") or "").split()
    there = syncasync(*command[1:], "--json").stdout
    with tab.expect_download() as got:
        tab.click("#play-yaml")
    got.value.save_as(tmp_path / "changed.yaml")
    same = syncasync("run", "changed.yaml", "--json", folder=tmp_path).stdout
    assert json.loads(same)["modes"] == json.loads(there)["modes"]
    assert " workers" in (tab.text_content("#play-view-figures") or "").replace("\N{NO-BREAK SPACE}", " ")
    tab.click("#play-into")
    tab.wait_for_selector("#play-cancel:disabled")
    assert (
        f"# ten-orders.yaml with --set {command[-1]}" in tab.locator("#play-editor .cm-content").inner_text()
    )


def test_what_is_downloaded_is_the_text_and_the_page_of_export(tab: Page, tmp_path: Path) -> None:
    run(tab)
    with tab.expect_download() as got:
        tab.click("#play-yaml")
    assert got.value.suggested_filename == "checkout.yaml"
    assert Path(got.value.path()).read_text(encoding="utf-8") == bundled.read("checkout")
    with tab.expect_download() as got:
        tab.click("#play-page")
    syncasync("export", "checkout", folder=tmp_path)
    assert got.value.suggested_filename == "checkout-replay.html"
    assert Path(got.value.path()).read_bytes() == (tmp_path / "checkout-replay.html").read_bytes()


def test_a_file_is_opened_and_a_long_run_is_announced_and_cancelled(tab: Page, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(LONG, encoding="utf-8")
    tab.set_input_files("#play-file", tmp_path / "mine.yaml")
    tab.wait_for_selector("#play-ahead:has-text('The picture shows the first 500 of 90,000 customers.')")
    assert "mine.yaml" in (tab.text_content("#play-about") or "")
    before = int(tab.get_attribute("body", "data-runs") or 0)
    tab.click("#play-run")
    tab.wait_for_timeout(500)
    tab.click("#play-cancel")
    tab.wait_for_selector(f'body[data-runs="{before + 1}"]')
    assert tab.is_hidden("#play-problem")
    tab.wait_for_selector("#play-engine:has-text('Ready.')")
    tab.select_option("#play-name", "checkout")
    run(tab)
    assert "checkout" in (tab.text_content("#play-command") or "")


def test_what_would_take_too_long_is_refused_with_the_words_of_the_program(tab: Page) -> None:
    write(tab, "traffic: {rate: 100000/s, for: 10h}\nsteps: [{name: work, duration: 1s}]\n")
    tab.wait_for_selector("#play-problem:has-text('a run takes at most 5,000,000')")


def test_no_text_of_a_scenario_becomes_markup(tab: Page) -> None:
    title = tab.title()
    write(tab, EVIL)
    run(tab)
    for view in ("customer", "advice", "brokers", "compare"):
        look_at(tab, view)
    tab.click("#play-tab-figures")
    assert "<img src=x" in (tab.text_content("#play-view-figures") or "")
    assert tab.locator("img").count() == 0
    assert tab.title() == title


def test_the_state_is_read_and_applied(tab: Page) -> None:
    state = {"scenario": "ten-orders", "text": OWN, "seed": 4, "positions": {"workers": 2}}
    read: Any = tab.evaluate(
        "(state) => { const page = syncasync.playground; page.apply(state); return page.state; }", state
    )
    assert read == state
    tab.evaluate("syncasync.playground.apply({ scenario: 'no-such' })")
    assert tab.evaluate("syncasync.playground.state") == {
        "scenario": "checkout",
        "text": None,
        "seed": None,
        "positions": {},
    }


def test_keyboard_alone_from_the_choice_to_a_result(tab: Page) -> None:
    before = int(tab.get_attribute("body", "data-runs") or 0)
    tab.focus("#play-name")
    tab.keyboard.type("ten-orders")
    for _ in range(4):  # the file, its data, Run, Cancel is disabled, the seed
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "play-seed"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "play-editor"
    tab.keyboard.press("Tab")  # indents
    assert tab.evaluate("document.activeElement.id") == "play-editor"
    tab.keyboard.press("Escape")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") != "play-editor"
    tab.focus("#play-editor .cm-content")
    tab.keyboard.press("Control+z")
    tab.keyboard.press("Control+Enter")
    tab.wait_for_selector(f'body[data-runs="{before + 1}"]')
    tab.focus("#play-tab-figures")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    tab.keyboard.press("Home")
    assert tab.evaluate("document.activeElement.id") == "play-tab-figures"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(scheme: Any, browser: Browser, address: str) -> None:
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    context = browser.new_context(
        color_scheme=scheme, bypass_csp=True, reduced_motion="reduce", viewport={"width": 320, "height": 640}
    )
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.goto(f"{address}playground.html#scenario=worker-crash")
    tab.wait_for_selector("body[data-ready]")
    run(tab)
    sideways = "document.documentElement.scrollWidth - innerWidth"
    assert tab.evaluate(sideways) <= 0
    assert list(violations(tab, axe)) == []
    for view in ("customer", "advice", "brokers", "compare"):
        look_at(tab, view)
        assert tab.evaluate(sideways) <= 0
    tab.set_viewport_size({"width": 1280, "height": 860})
    write(tab, BROKEN)
    tab.wait_for_selector("#play-problem:has-text('unknown key')")
    tab.keyboard.press("Escape")  # the list of keys is scrolled from the text: axe does not know
    assert list(violations(tab, axe)) == []
    context.close()


MEASURED = "traffic: {file: times.csv, paired: true}\nserver: {threads: 1}\n"
MEASURED += 'steps: [{name: work, duration: "empirical(file=lengths.csv.gz, unit=ms)"}]\n'
DROP = """(files) => {
  const data = new DataTransfer();
  for (const [name, text] of Object.entries(files)) data.items.add(new File([text], name));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def test_files_of_measured_times_stay_in_the_page(tab: Page, opened: Opened) -> None:
    before = len(opened.asked)
    write(tab, MEASURED)
    tab.wait_for_selector("#play-problem:has-text('times.csv: there is no such file in the current folder')")
    assert "Drop the missing file on this page" in (tab.text_content("#play-ahead") or "")
    packed = gzip.compress(b"length\n500\n1250\n")
    lengths: FilePayload = {"name": "lengths.csv.gz", "mimeType": "", "buffer": packed}
    tab.set_input_files("#play-data", [lengths])
    tab.evaluate(DROP, {"times.csv": "time\n0\n0.25\n"})
    tab.wait_for_selector("#play-ahead:has-text('2 customers')")
    assert tab.text_content("#play-data-kept") == "Kept in this page: lengths.csv.gz, times.csv."
    run(tab)
    # The second waits from 0.25 to 0.5, and is done at 1.75: after 1.5.
    assert "1.50 s" in words(tab.text_content("#play-views") or "")
    assert tab.is_hidden("#play-old")
    tab.evaluate(DROP, {"times.csv": "time\n0\n3\n"})
    tab.wait_for_selector("#play-old:has-text('as it was run')")
    run(tab)
    assert "1.25 s" in words(tab.text_content("#play-views") or "")
    assert [url for url in opened.asked[before:] if "/icon-" not in url] == []  # that of the tab is its own


def test_files_are_there_when_python_starts_again(tab: Page) -> None:
    tab.evaluate(DROP, {"again.csv": "time\n0\n1\n2\n"})
    write(tab, "traffic: {file: again.csv}\nsteps: [{name: work, duration: 1s}]\n")
    tab.wait_for_selector("#play-ahead:has-text('3 customers')")
    tab.evaluate("syncasync.cancel()")
    write(tab, "traffic: {file: again.csv, rows: 2}\nsteps: [{name: work, duration: 1s}]\n")
    tab.wait_for_selector("#play-ahead:has-text('2 customers')")


def test_a_scenario_may_be_dropped_with_its_files(tab: Page) -> None:
    scenario = "traffic: {file: dropped.csv}\nsteps: [{name: work, duration: 1s}]\n"
    tab.evaluate(DROP, {"shop.yaml": scenario, "dropped.csv": "0\n1\n2\n4\n"})
    tab.wait_for_selector("#play-ahead:has-text('shop, 4 customers')")
