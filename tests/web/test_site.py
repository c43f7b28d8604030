"""The browser edition in a real browser: it says what the command line says, and asks nobody else.

`make site` builds it; `.ci/run` does where Node is.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surface.processes import syncasync
from syncasync_sim import load_scenario
from syncasync_sim.files import bundled
from syncasync_sim.replay.explorer import Explorer
from web.site import SITE, Opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROKEN = "traffic: {request: 1}\nsteps: [{name: work, duration: 1s}]\n"
LONG = "traffic: {requests: 90000}\nsteps: [{name: work, duration: exponential(1s), failure_rate: 10%}]\n"
TOLD = (
    ("run", "worker-crash", "--no-charts", "--seed", "3"),
    ("schema",),
    ("advise", "checkout"),
    ("lesson", "2", "--reveal"),
    ("--help",),
    ("check", "no-such-scenario"),
)
AFTERWARDS = """async () => {
  const told = (promise) => promise.then(() => "done", ({ code, message }) => ({ code, message }));
  const before = told(syncasync.run(LONG));
  await new Promise((done) => setTimeout(done, 300));
  syncasync.cancel();
  return [await before, await syncasync.summary("checkout", { seed: 1, mode: "async" })];
}"""


@pytest.mark.parametrize("name", bundled.names())
def test_a_run_has_the_bytes_of_the_command_line(name: str, opened: Opened, tmp_path: Path) -> None:
    syncasync("run", name, "--seed", "1", "--no-charts", "--trace", "run.json", folder=tmp_path)
    told = opened.call("run", bundled.read(name), {"seed": 1, "name": f"{name}.yaml"})
    assert told == {"value": (tmp_path / "run.json").read_text(encoding="utf-8")}


def test_the_figures_are_those_of_the_command_line(opened: Opened) -> None:
    there = json.loads(syncasync("run", "overload", "--json", "--mode", "async", "--seed", "2").stdout)
    how = {"seed": 2, "mode": "async", "name": "overload.yaml"}
    assert opened.call("summary", bundled.read("overload"), how)["value"] == there


def test_a_move_of_a_slider(opened: Opened) -> None:
    explorer = Explorer(load_scenario("worker-crash"), None, "worker-crash")
    positions = {"workers": 3, "kill": [2.5]}
    asked = opened.call("look", "worker-crash", positions)["value"]
    assert asked == json.loads(json.dumps(explorer.answer(positions)))
    assert asked["document"]["lanes"]
    assert opened.call("look", "worker-crash", {"workers": 99})["value"] == explorer.answer({"workers": 99})
    controls = opened.call("controls", "worker-crash")["value"]
    assert controls == {"controls": [c.to_dict() for c in explorer.controls], "incidents": explorer.incidents}


@pytest.mark.parametrize("words", TOLD, ids=" ".join)
def test_the_command_line_prints_the_same(words: tuple[str, ...], opened: Opened) -> None:
    here = syncasync(*words, COLUMNS="100")
    there = opened.call("tell", list(words))["value"]
    assert there == {"code": here.returncode, "out": here.stdout, "err": here.stderr}


def test_a_file_of_the_page_is_found_and_what_a_command_wrote(opened: Opened) -> None:
    files = {"mine.yaml": bundled.read("checkout")}
    told = opened.call("tell", ["run", "mine.yaml", "--no-charts", "--trace", "mine.json"], {"files": files})
    assert told["value"]["code"] == 0
    told = opened.call("tell", ["explain", "mine.json", "1"])["value"]
    assert "send email" in told["out"]
    told = opened.call("tell", ["run", "-", "--json"], {"input": files["mine.yaml"]})["value"]
    assert (json.loads(told["out"])["scenario"], json.loads(told["out"])["seed"]) == ("stdin", 1)


@pytest.mark.parametrize("words", [["live", "checkout"], ["play", "checkout"], ["run", "checkout", "--open"]])
def test_what_no_page_can_do_is_a_sentence(words: list[str], opened: Opened) -> None:
    told = opened.call("tell", words)["value"]
    assert told["code"] == 1
    assert re.fullmatch(r"syncasync-sim: a page cannot .+; .+\n", told["err"])


def test_a_mistake_is_our_own_message(opened: Opened) -> None:
    told = opened.call("run", BROKEN, {"name": "mine.yaml"})
    assert told["code"] == 2
    assert told["message"].splitlines() == [
        "mine.yaml:1:11: unknown key 'request'",
        "  1 | traffic: {request: 1}",
        "    |           ^^^^^^^",
        "    = did you mean 'requests'?",
    ]


def test_a_run_is_cancelled_and_the_next_one_works(opened: Opened) -> None:
    cancelled, figures = opened.tab.evaluate(AFTERWARDS.replace("LONG", json.dumps(LONG)))
    assert cancelled == {"code": 130, "message": "cancelled"}
    printed = syncasync("run", "checkout", "--json", "--seed", "1", "--mode", "async").stdout
    assert figures == json.loads(printed)


def test_the_playground_shows_tables_and_picture(opened: Opened) -> None:
    tab = opened.tab
    tab.select_option("#play-name", "worker-crash")
    before = tab.get_attribute("body", "data-runs") or "0"
    tab.click("#play-run")
    tab.wait_for_selector(f'body[data-runs="{int(before) + 1}"]')
    assert "(1.50 s less, 59 %)" in (tab.text_content("#play-view-figures .play-finding") or "")
    assert tab.locator("#play-replay .sa-stretch").count() > 20
    # Where it stands is a style: what the policy lets through, and not the attribute.
    assert (
        len(
            {
                box["x"]
                for n in range(10)
                if (box := tab.locator("#play-replay .sa-stretch").nth(n).bounding_box())
            }
        )
        > 1
    )


def test_every_page_has_the_policy_and_hashes() -> None:
    pages = sorted(SITE.glob("*.html"))
    if not pages:
        pytest.skip("the site is not built (make site)")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
        assert len(policy) == 1
        assert policy[0].startswith("default-src 'none'; ")
        assert "unsafe-inline" not in policy[0]
        assert "http" not in policy[0]
        loaded = re.findall(r'"(assets/[^"]+)"', text)
        assert loaded or page.name == "index.html"  # the story loads the engine when it is needed
        assert all(re.search(r"-[0-9a-f]{12}\.\w+$", name) and (SITE / name).is_file() for name in loaded)


def test_without_a_network_after_the_first_visit(browser: Browser) -> None:
    with served() as address:
        page = Opened(browser, f"{address}playground.html")
        page.wait_until_ready()
        page.tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    # The server is gone.
    page.tab.reload()
    page.wait_until_ready()
    assert page.call("summary", "checkout")["value"]["modes"]["async"]["requests"] == 1
    page.context.close()
    assert page.wrong == []
