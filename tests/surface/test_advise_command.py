"""`syncasync-sim advise`: what it shows, what it hands to programs, and that it makes sense everywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

import syncasync_sim
from syncasync_sim import __version__, load_scenario
from syncasync_sim.advice.queue_rules import QUEUE_RULES
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.app import app
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.files import bundled
from syncasync_sim.model.rules import RULES
from syncasync_sim.render.html import advice_html

LIE = "traffic: {requests: 2}\nsteps: [{name: pay, duration: 1s, background: true, needed_for_reply: true}]\n"


def sim(*arguments: str, text: str | None = None, width: int = 80) -> Any:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(
        app, list(arguments), input=text, prog_name="syncasync-sim"
    )


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_checkout_fits_a_small_terminal() -> None:
    result = sim("advise", "checkout")
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(lines) <= 26
    assert max(map(cell_len, lines)) <= 80
    assert lines[0] == "A checkout form"
    assert lines[1].startswith("Advised: send email on the queue, the rest in the request")
    assert "charge card (800 ms): sync, as it is" in lines
    assert "  needed: without its answer the customer cannot go on; against: slow" in lines
    assert "If moved into the request (worse): the customer waits 2.55 s (+1.50 s)" in words(result.stdout)


@pytest.mark.parametrize("name", bundled.names())
def test_every_bundled_scenario_gets_sensible_advice(name: str) -> None:
    """The advice is the design as it is, but for the login: its page does not wait for the answer."""
    result = sim("advise", name)
    assert result.exit_code == 0
    assert max(map(cell_len, result.stdout.splitlines())) <= 80
    assert not any(word in result.stdout for word in ("None", "nan", "not run", "{", "PARTIAL"))
    assert ("the design as it is." in words(result.stdout)) == (name != "login")


BUSY = """
traffic: {requests: 20}
server: {threads: 1}
customer: {patience: 1500ms}
steps:
  - {name: pay, duration: 100ms}
  - {name: print, duration: 1s, effect: printed, background: true}
  - {name: post, duration: 900ms, effect: posted, background: true}
"""


def test_a_move_that_changes_many_figures_is_a_table() -> None:
    """One thread, 100 ms each: the 15th of 20 has the page after 1.5 s, just in time; 5 do not.

    With the printing in the request it is 1.1 s each: the first page is in time, 19 are not.
    """
    lines = sim("advise", "-", text=BUSY).stdout.splitlines()
    begin = lines.index("  If moved into the request (mixed result):")
    assert max(map(cell_len, lines)) <= 80
    table = [re.split(r" {2,}", line.strip()) for line in lines[begin + 1 : begin + 8]]
    assert table[0] == ["as it is", "moved", "difference"]
    assert ["clicks that get the page", "75 %", "5 %", "-70 pts"] in table
    # a time of others than before has no difference
    assert ["customer waits (who gets the page), mean", "800 ms", "1.10 s", "other clicks"] in table
    assert ["timed out", "5", "19", "+14"] in table


DOWN = """
traffic: {requests: 2}
steps:
  - {name: pay, duration: 100ms, failure_rate: 100%}
  - {name: post, duration: 1s, effect: posted, background: true}
"""


@pytest.mark.parametrize("width", [80, 40])
def test_a_table_says_why_a_value_or_a_difference_is_missing(width: int) -> None:
    told = words(sim("advise", "-", text=DOWN, width=width).stdout)
    assert "-: no click gets the page; no click gets all work done." in told
    for line in sim("advise", "-", text=DOWN).stdout.splitlines():
        if line.lstrip().startswith(("customer waits", "all work done")):
            assert len(re.split(r" {2,}", line.strip())) == 4, line


def test_effects_that_happen_equally_often_too_often_share_a_row() -> None:
    twice = BUSY.replace("1500ms}", "1s, resubmits: 1}").replace("requests: 20", "requests: 1")

    lines = sim("advise", "-", text=twice).stdout
    # The one customer leaves after 1 s of 1.1 s, and clicks again: printed and posted twice, once too often.
    assert re.search(r"each of 2 effects, too often +0 +1 +\+1\n", lines)


def test_a_step_that_never_succeeds_is_told_first_with_the_setting_that_lets_it() -> None:
    lines = sim(
        "advise", "checkout", "--set", "steps[send email].timeout=500ms", width=250
    ).stdout.splitlines()
    assert lines[1] == (
        "send email never succeeds, as its shortest attempt takes 1.50 s, longer than its timeout of 500 ms. "
        "Neither design helps: the queue tries each message 5 times and then dead-letters it; with a longer "
        "timeout it can succeed."
    )
    assert "send email (1.50 s): neither design helps" in lines
    assert "  Try: --set 'steps[send email].timeout=5s'" in lines
    lines = sim("advise", "email-down", width=200).stdout.splitlines()
    assert lines[1].startswith(
        "send email never succeeds, as 100 % of its attempts fail. Neither design helps"
    )
    assert not any(line.startswith(("Advised: send email", "  Try")) for line in lines)


def test_a_change_comes_with_the_way_to_try_it() -> None:
    result = sim("advise", "login", "--set", "workers.count=4")
    assert "Try: --set 'steps[check password].background=false'" in result.stdout.splitlines()
    assert result.stderr == (
        "Next: syncasync-sim run login --set workers.count=4 --set 'steps[check password].background=false'\n"
    )
    followed = sim("run", "login", "--no-charts", "--set", "steps[check password].background=false")
    assert "all work done   80 ms  80 ms" in followed.stdout
    assert "Next" not in sim("advise", "-", text=LIE).stderr


def test_json_is_what_python_gets() -> None:
    result = sim("advise", "flaky-email", "--json", "--seed", "3", "--replications", "2")
    advice = syncasync_sim.advise(load_scenario("flaky-email"), seed=3, replications=2)
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(result.stdout)
    assert data == json.loads(json.dumps(advice.to_dict(__version__)))
    assert data["advised"]["send email"] == "async"
    email = data["steps"][3]
    assert (email["rule"], email["agree"], email["needed_for_reply"]) == ("retries", ["flaky", "slow"], False)
    assert email["moved"]["after"]["response_time_s"]["mean"] > 3
    assert {"mean", "low", "high"} == set(email["moved"]["difference"]["response_time_s.mean"])
    assert data["followed"] is None
    assert data["steps"][1]["promises"] == {"pages": 1000, "untrue": 0, "open": 0}


def test_a_notebook_gets_a_table() -> None:
    scenario = load_scenario("checkout", ["steps[0].name=a <b>"])
    html = advice_html(syncasync_sim.advise(scenario, seed=1))
    assert html.startswith("<div>")
    assert html.endswith("</div>")
    assert html.count("<tr>") == 5
    assert "a &lt;b&gt;" in html
    assert "the page would come before the answer is known" in html
    assert "Before you put it on a queue" not in html
    slow = advice_html(syncasync_sim.advise(load_scenario("broker-slow-work"), seed=1))
    assert "<code>--set workers.renew=true</code>: invoice made too often 4 before, 0 with it" in slow


def test_narrow_wide_and_plain_terminals() -> None:
    for width in (40, 60, 120):
        lines = sim("advise", "recommendations", width=width).stdout.splitlines()
        assert max(map(cell_len, lines)) <= width
    assert len(sim("advise", "checkout", width=120).stdout.splitlines()) <= 24


def test_the_documents_tell_every_rule_in_its_order() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    section = page.partition("\n## advise\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\w, ]+) \| (sync|async|as it is) \|", section, re.MULTILINE)
    assert rows == [(rule.name, rule.place or "as it is") for rule in RULES]


def test_the_documents_tell_every_rule_about_the_queue_in_its_order() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    table = page.partition("\n| what is wrong |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (\w[\w -]+) \|", table, re.MULTILINE)
    assert rows == [rule.name for rule in QUEUE_RULES]


def test_a_concern_about_the_queue_comes_with_its_change_and_the_figures_before_and_after() -> None:
    lines = sim("advise", "broker-slow-work").stdout.splitlines()
    begin = lines.index("Before you put it on a queue")
    told = "\n".join(lines[begin:])
    assert "no room in the visibility timeout: make invoice may take" in told
    assert "  Try: --set workers.renew=true" in lines[begin:]
    assert re.search(r"before +with it +difference\n +invoice made too often +4 +0 +-4", told)
    assert "Before you put it on a queue" not in sim("advise", "checkout").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("advise",), "Missing argument 'SCENARIO'"),
        (("advise", "checkout", "--mode", "sync"), "--mode"),
        (("advise", "checkout", "--replications", "0"), "0 is too small"),
    ],
)
def test_a_wrong_command_line(arguments: tuple[str, ...], says: str) -> None:
    result = sim(*arguments)
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert says in words(result.stderr)


def test_a_wrong_scenario_points_at_the_place() -> None:
    code, message = exit_codes.describe(
        sim("advise", "checkout", "--set", "steps[0].needed_for_reply=yes").exception
    )
    assert code == exit_codes.BAD_REQUEST
    assert "needed_for_reply" in message


def test_ctrl_c_shows_the_rules_and_says_what_was_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def press(watcher: Watcher, *_: int) -> bool:
        watcher._stop.requested = True
        return False

    monkeypatch.setattr(Watcher, "__call__", press)
    result = sim("advise", "overload", "--set", "traffic.for=5h")
    assert result.exit_code == exit_codes.INTERRUPTED
    assert result.stdout.splitlines()[1].startswith("PARTIAL")
    assert "If moved into the request: not run, as stopped before it was run." in words(result.stdout)
