"""`syncasync-sim live`: what it prints and writes, and how it refuses."""

from __future__ import annotations

import json
import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
import typer

from live.servers import Servers
from live.test_endings import LEFT_TO_LIE
from surface.processes import syncasync
from surface.screen import Screen
from syncasync_sim import load_scenario, simulate, summarise
from syncasync_sim.cli.live import KINDS, kind_to_start
from syncasync_sim.cli.live_run import LiveRun, preset_of, url_to_be
from syncasync_sim.experiment.near_ties import shifted_runs
from syncasync_sim.live.leftovers import leftovers
from syncasync_sim.live.plan import broker_at, wanted_of
from syncasync_sim.live.protocol import ADAPTERS
from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.modes import MODES
from syncasync_sim.replay.saved import load_trace


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A run of both designs that drew and recorded: (its folder, what it printed, what it said beside)."""
    folder = tmp_path_factory.mktemp("live")
    program = syncasync(
        *("live", "checkout", "--speed", "5", "-o", "charts", "--record", "run.json"), folder=folder
    )
    assert program.returncode == 0, program.stderr
    return folder, program.stdout, program.stderr


def test_the_table_has_what_was_predicted_beside_what_was_measured(done: tuple[Path, str, str]) -> None:
    _, shown, _ = done
    lines = shown.splitlines()
    assert lines[0] == "A checkout form, for real"
    assert "the queue is SQLite" in shown
    assert "(a file, no broker)" in " ".join(shown.split())
    [heads] = [line.split() for line in lines if "predicted" in line]
    assert heads == ["predicted", "measured", "difference"]
    medians = [line.split() for line in lines if line.strip().startswith("p50")]
    assert [words[1] for words in medians] == ["2.55", "2.55", "1.05", "2.55"]
    answered = [line.split() for line in lines if line.strip().startswith("answered")]
    assert answered == [["answered", "1", "1", "none"]] * 2


def test_the_record_is_a_run_that_other_commands_read(done: tuple[Path, str, str]) -> None:
    folder, _, told = done
    assert "Recorded: run.json" in told
    recorded = json.loads((folder / "run.json").read_text())
    assert recorded["source"] == "measured"
    again = syncasync("run", "run.json", "--no-charts", folder=folder)
    assert again.returncode == 0, again.stderr
    assert "Measured for real" in again.stdout
    assert "Failed expectations do not count here, because the run was measured for real." in again.stderr
    story = syncasync("explain", "run.json", "1", folder=folder)
    assert "send email took" in story.stdout
    page = syncasync("export", "run.json", "-o", "run.html", folder=folder)
    assert page.returncode == 0, page.stderr
    assert "<h1>A checkout form, measured for real</h1>" in (folder / "run.html").read_text()


def test_the_record_is_shown_again_as_it_was_and_when(done: tuple[Path, str, str]) -> None:
    folder, shown, _ = done
    again = syncasync("replay", "run.json", "-o", "again", folder=folder)
    assert again.returncode == 0, again.stderr
    before, after = (" ".join(text.split()) for text in (shown, again.stdout))
    assert re.sub(r"Run on \d{4}-\d\d-\d\d", "Run", after) == before
    assert {path.name for path in (folder / "again").iterdir()} == {
        path.name for path in (folder / "charts").iterdir()
    }


def test_what_was_simulated_is_not_shown_as_measured(tmp_path: Path) -> None:
    assert syncasync("run", "checkout", "--trace", "run.json", "-q", folder=tmp_path).returncode == 0
    program = syncasync("replay", "run.json", folder=tmp_path)
    assert program.returncode == 2
    assert "this run was simulated" in program.stderr
    assert "= syncasync-sim run run.json" in program.stderr


def test_the_record_is_watched_and_opened_as_a_run_that_was_measured(done: tuple[Path, str, str]) -> None:
    folder, _, _ = done
    screen = Screen("watch", "run.json", "--speed", "20", folder=folder, columns=80, lines=24)
    screen.read_until(lambda: "The end" in screen.text)
    assert screen.text.splitlines()[0].strip() == "A checkout form, measured for real"
    assert "email sent 1" in screen.text
    screen.child.send("q")
    assert screen.to_the_end() == 0
    opened = syncasync("run", "run.json", "--open", "--no-charts", folder=folder, TMPDIR=str(folder))
    assert opened.returncode == 0, opened.stderr
    assert "Replay: " in opened.stderr
    [page] = folder.glob("**/*-replay.html")
    assert "measured for real" in page.read_text()


def test_the_charts_are_those_of_a_run_and_one_more(done: tuple[Path, str, str]) -> None:
    folder, _, _ = done
    names = {path.name for path in (folder / "charts").iterdir()}
    assert names == {
        f"{chart}.{kind}" for chart in ("timeline", "depth", "measured") for kind in ("png", "svg")
    }


def test_json_has_both_and_what_they_were_measured_with() -> None:
    program = syncasync("live", "checkout", "--speed", "5", "--json", "--mode", "async")
    assert program.returncode == 0, program.stderr
    plain = json.loads(program.stdout)
    assert plain["speed"] == 5
    [mode] = plain["modes"].values()
    assert mode["server"]["name"] == "SQLite"
    assert mode["partial"] is False
    assert mode["predicted"]["response_time_s"]["max"] == 1.05
    assert 1.05 <= mode["measured"]["response_time_s"]["max"] < 2.05
    assert {row["mode"] for row in plain["rows"]} == {"async"}


def test_a_warm_up_to_be_found_is_found_before() -> None:
    sets = ("warm_up=auto", 'traffic={"rate": "40/s", "for": "2s"}')
    words = [word for text in sets for word in ("--set", text)]
    program = syncasync("live", "checkout", "--json", "--mode", "sync", *words)
    assert program.returncode == 0, program.stderr
    assert json.loads(program.stdout)["modes"]["sync"]["predicted"]["requests"] == 80
    program = syncasync("live", "checkout", "--set", "warm_up=auto")
    assert program.returncode == 2
    assert "warm_up: auto: sync does not settle: the run is too short to tell" in program.stderr


def test_a_run_too_fast_for_the_machine_says_so() -> None:
    program = syncasync("live", "checkout", "--speed", "1000", "--set", "traffic.requests=20")
    assert program.returncode == 0, program.stderr
    assert "TOO FAST for this machine, sync" in program.stdout
    assert "Try --speed" in program.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--broker", "redis://x", "--start", "redis"), "give --broker or --start, not both"),
        (("--start", "mongo"), "'mongo' is not one of redis, sqs, rabbitmq, kafka"),
        (("--speed", "0"), "0 is out of range"),
        (("--record", "run.txt"), "'run.txt' does not end in .json"),
        (("--broker", "nothing"), "'nothing' is no broker's URL"),
        (("--set", "steps[3].concurrency=1"), "not for real: steps.concurrency"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_started(arguments: tuple[str, ...], told: str) -> None:
    program = syncasync("live", "checkout", *arguments)
    assert program.returncode == 2
    assert told in " ".join(program.stderr.split())
    assert program.stdout == ""


@pytest.mark.parametrize(
    ("speed", "sets", "told"),
    [
        (1.0, (), []),  # two runs of 2.55 s
        (0.1, (), ["This takes about 51 s. Ctrl-C ends it."]),
        (
            1.0,
            ("stop_at=7s", 'traffic={"rate":"1/s","for":"30s"}'),
            ["This takes about 14 s. Ctrl-C ends it."],
        ),
        # What the worker held does not come back; 3 s of silence end the run.
        (1.0, LEFT_TO_LIE, ["This takes about 13 s. Ctrl-C ends it."]),
    ],
)
def test_a_long_run_says_how_long_before_it_starts(
    speed: float, sets: tuple[str, ...], told: list[str]
) -> None:
    run = LiveRun(load_scenario("checkout", sets), 1, speed)
    run.predict(MODES)
    assert run.remarks(MODES) == told


@pytest.mark.parametrize(
    "arguments",
    [
        ("brokers", "show", "{}"),
        ("brokers", "show", "{}", "--json"),
        ("run", "checkout", "--set", "queue.broker={}", "--json"),
        ("brokers", "checkout", "--set", "queue.{}.prefetch=3", "--json"),
    ],
)
def test_every_name_of_a_broker_is_taken_everywhere(arguments: tuple[str, ...]) -> None:
    first, second = (
        syncasync(*(word.format(name) for word in arguments)) for name in ("redis", "redis-streams")
    )
    assert (first.returncode, first.stdout) == (0, second.stdout), first.stderr


@pytest.mark.parametrize(
    ("start", "preset", "scheme"),
    [
        ("redis", "redis-streams", "redis"),
        ("redis-streams", "redis-streams", "redis"),
        ("sqs", "sqs", "sqs+http"),
        ("sqs-fifo", "sqs-fifo", "sqs+http"),
        ("rabbitmq", "rabbitmq", "amqp"),
    ],
)
def test_start_takes_the_names_of_the_presets(start: str, preset: str, scheme: str) -> None:
    patient = load_scenario("checkout", ["queue.visibility_timeout=uniform(30s, 30.6s)"])
    run = LiveRun(patient if scheme == "redis" else load_scenario("checkout"), 1, 1.0)
    run.check(url_to_be(None, start), MODES, preset_of(start))
    assert run.scenario.queue.broker == preset
    assert run.url == f"{scheme}://"


@pytest.mark.parametrize("start", BROKERS)
def test_what_start_takes_can_be_started_but_for_the_queue_without_a_broker(start: str) -> None:
    if not BROKERS[start].is_real:
        with pytest.raises(typer.BadParameter, match=f"'{start}' is not one of redis"):
            kind_to_start(start)
    else:
        assert kind_to_start(f"{start}?x=y") == f"{start}?x=y"


@pytest.mark.parametrize("scheme", ADAPTERS)
def test_the_scheme_of_a_url_may_be_in_capitals(scheme: str) -> None:
    wanted = wanted_of(load_scenario("checkout"), "a", 1.0)
    one, other = (broker_at(f"{name}://me@HOST:1/A", wanted) for name in (scheme, scheme.upper()))
    assert type(one) is type(other)
    assert vars(one) == vars(other)


@pytest.mark.parametrize("kind", ["redis", "sqs"])
def test_a_broker_answers_at_a_url_in_capitals(kind: str, servers: Servers) -> None:
    scheme, rest = servers[kind].split(":", 1)
    leftovers(f"{scheme.upper()}:{rest}")


FOLDER = Path(__file__).parents[2] / "docs" / "live-runs"
RECORDED = sorted(FOLDER.glob("*.json"))


@pytest.fixture(scope="module")
def records() -> ModuleType:
    """The program that makes the recordings, and tables of them."""
    made_of = spec_from_file_location("record_runs", FOLDER / "record_runs.py")
    assert made_of is not None
    assert made_of.loader is not None
    module = module_from_spec(made_of)
    sys.modules["record_runs"] = module  # its data classes look themselves up
    made_of.loader.exec_module(module)
    return module


def test_every_scenario_is_recorded_on_every_broker_that_can_run_it(records: ModuleType) -> None:
    files = [run.file(kind) for run in records.RUNS for kind in run.brokers]
    files += [records.KILLED.file(where) for where, _ in records.DESIGNS.values()]
    assert sorted(files) == RECORDED
    assert {kind.partition("?")[0] for kind in records.BROKERS} == set(KINDS)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_run_of_the_documents_lost_nothing_that_the_prediction_keeps(
    path: Path, records: ModuleType
) -> None:
    recording = load_trace(path)
    [trace] = recording.traces.values()
    assert trace.source == "measured"
    assert not trace.partial
    predicted = simulate(recording.scenario, "async", seed=trace.seed)
    work = summarise(trace).work
    for name, (low, high) in records.ranges([predicted, *shifted_runs(predicted)]).items():
        group, _, part = name.partition(".")
        assert group != "work" or low <= work[part] <= high
    assert len(trace.crashes) == len(predicted.crashes)
    for planned in recording.scenario.workers.crashes:
        assert planned.worker in {crash.worker for crash in trace.crashes}
    assert recording.live is not None
    assert recording.live["servers"]["async"]
    assert path.stat().st_size < 120_000


def test_a_count_is_as_predicted_within_its_range_or_named(records: ModuleType) -> None:
    three, four, five = (
        simulate(load_scenario("checkout", [f"traffic.requests={count}"]), "async", seed=1)
        for count in (3, 4, 5)
    )
    assert records.counts([four], four) == "as predicted"
    assert records.counts([three, five], four) == "within their ranges, as requests: 3 to 5 \u2192 4"
    assert records.counts([three, four], five).startswith(
        "requests: 3 to 4 and 5; responses.ok: 3 to 4 and 5; "
    )
    assert records.counts([four], five).startswith("requests: 4 and 5; ")


def test_the_documents_mark_every_difference_that_is_no_chance(records: ModuleType) -> None:
    for run in records.RUNS:
        for broker in run.brokers:
            _, *figures, counts = records.cells(run.file(broker), broker)
            assert len(figures) == len(records.FIGURES)
            assert all(" \u2192 " in text or text == "-" for text in figures)
            assert counts
