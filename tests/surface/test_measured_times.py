"""A scenario with files of measured times goes through every command, and further on needs no files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from by_hand.test_measured import ARRIVALS, SCENARIO, WORK, rows, scenario_in
from surface.processes import syncasync
from syncasync_sim import load_scenario, load_trace, run_designs, sweep
from syncasync_sim.engine import simulate
from syncasync_sim.errors import ScenarioError
from syncasync_sim.live.plan import Plan, wanted_of
from syncasync_sim.replay.document import document, to_json
from syncasync_sim.replay.explorer import Explorer
from syncasync_sim.replay.picture_limit import cap_of
from syncasync_sim.replay.recording import read_document


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a scenario and its files in a folder below."""
    (tmp_path / "shop").mkdir()
    scenario_in(tmp_path / "shop")
    return tmp_path


def without_files(folder: Path) -> None:
    for path in (folder / "shop").glob("*.csv"):
        path.unlink()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("check", "ok: shop, 3 customers"),
        ("run --no-charts", "4.15 s"),
        ("run --replications 3 --no-charts", "4.27 s"),
        ("explain SCENARIO 2", "charge took 500 ms"),
        ("sweep --vary workers.count=1..2 --jobs 2", "4.15 s"),
        ("size --vary workers.count=1..3 --target async.completion_time_s.max<4s", "is 2."),
        ("advise", "email on the queue"),
        ("brokers", "rabbitmq"),
        ("watch", "4.15 s"),
    ],
)
def test_every_command(shop: Path, words: str, text: str) -> None:
    command, *options = words.split()
    scenario = "shop/shop.yaml"
    arguments = [scenario if word == "SCENARIO" else word for word in options]
    arguments = arguments if scenario in arguments else [scenario, *arguments]
    done = syncasync(command, *arguments, folder=shop)
    assert done.returncode == 0, done.stderr
    assert text in done.stdout


def test_standard_input_is_relative_to_the_current_folder(shop: Path) -> None:
    assert syncasync("check", "-", folder=shop / "shop", text=SCENARIO).returncode == 0
    done = syncasync("check", "-", folder=shop, text=SCENARIO)
    assert done.returncode == 2
    assert "arrivals.csv: there is no such file in the current folder" in done.stderr


def test_a_recorded_run_needs_no_files(shop: Path) -> None:
    scenario = load_scenario(shop / "shop" / "shop.yaml")
    assert (
        syncasync("run", "shop/shop.yaml", "--no-charts", "--trace", "run.json", folder=shop).returncode == 0
    )
    without_files(shop)
    recording = load_trace(shop / "run.json")
    assert recording.scenario == scenario
    assert rows(recording.traces["async"]) == rows(simulate(scenario, "async"))
    assert "charge took 500 ms" in syncasync("explain", "run.json", "2", folder=shop).stdout


@pytest.mark.parametrize(
    "measured",
    [[], [{}], [3], 3, [{"file": "work.csv", "values_us": [1]}], [{"file": "a", "values_us": [-1]}]],
)
def test_a_recorded_run_whose_values_are_damaged(shop: Path, measured: object) -> None:
    comparison, traces = run_designs(load_scenario(shop / "shop" / "shop.yaml"))
    plain = document(comparison, traces)
    with pytest.raises(ScenarioError, match="damaged"):
        read_document(to_json({**plain, "measured": measured}))


def test_the_plan_of_a_live_run_has_the_values(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load_scenario(shop / "shop" / "shop.yaml")
    plan = Plan(scenario, "async", 1, 0, 1.0, "sqlite:", wanted_of(scenario, "a", 1.0), shop)
    plan.save()
    without_files(shop)
    monkeypatch.setenv("SYNCASYNC_BROKER", "sqlite:")
    read = Plan.load(plan.file)
    assert read == plan
    lengths = [attempts.length(customer, 0, 1) for attempts in read.attempts() for customer in range(3)]
    assert lengths == [1_000_000, 500_000, 250_000, 2_550_000, 1_000_000, 300_000]


def test_other_values_have_another_digest(shop: Path) -> None:
    digests = set()
    for work in (WORK, WORK.replace("2550", "2551"), WORK):
        scenario = scenario_in(shop, work=work)
        digests.add(sweep(scenario, {"workers.count": [1]}, replications=1).identity["digest"])
    assert len(digests) == 2


def test_sliders_move_what_is_not_measured(shop: Path) -> None:
    explorer = Explorer(load_scenario(shop / "shop" / "shop.yaml"), None, "shop.yaml")
    without_files(shop)
    assert {"workers", "threads"} <= {control.name for control in explorer.controls}
    assert "takes" not in {control.name for control in explorer.controls}
    assert "spike" not in {incident["name"] for incident in explorer.incidents}
    with pytest.raises(ScenarioError, match="nobody can be added to measured arrivals"):
        explorer.look({"spike": [1]})
    assert explorer.look({"workers": 1}).flags == ("workers.count=2",)


def test_a_picture_shows_the_first_rows(shop: Path) -> None:
    many = "".join(f"{number}\n" for number in range(600))
    scenario = scenario_in(shop, SCENARIO.replace(", paired: true", ""), arrivals=f"arrival\n{many}")
    assert cap_of(scenario) == "traffic.rows=500"
    part = Explorer(scenario, None, "shop.yaml").look({}).part
    assert part is not None
    assert (part.number, part.until_us) == (500, 499_000_000)


def test_a_page_without_rows_has_no_values(shop: Path) -> None:
    comparison, traces = run_designs(load_scenario(shop / "shop" / "shop.yaml"))
    assert "values_us" in json.dumps(document(comparison, traces))
    assert "values_us" not in json.dumps(document(comparison, traces, with_rows=False))


def test_an_absolute_path_is_one(tmp_path: Path) -> None:
    (tmp_path / "arrivals.csv").write_text(ARRIVALS, encoding="utf-8")
    text = f"traffic: {{file: {tmp_path}/arrivals.csv}}\nsteps: [{{name: a, duration: 1s}}]\n"
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "shop.yaml").write_text(text, encoding="utf-8")
    assert load_scenario(tmp_path / "deep" / "shop.yaml").traffic.expected_customers == 3
