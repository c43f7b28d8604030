"""The scenarios that come with the program: each says what to look for, and what it says is true."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from syncasync_sim.experiment import run_designs
from syncasync_sim.files import load_scenario
from syncasync_sim.model.claims import parse_claim
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.scenario import Scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
WANTED = {
    *("checkout", "ten-orders", "email-down", "email-down-resubmit", "email-down-resubmit-idempotent"),
    *("flaky-email", "slow-email", "traffic-spike", "rush-hour", "overload", "worker-crash", "ack-first"),
    *("short-visibility-timeout", "login", "video-processing", "recommendations", "notifications"),
    *("broker-crash", "broker-poison", "broker-partitions", "broker-slow-work"),
    *("busy-worker", "retry-storm", "box-office", "dual-write", "outbox"),
    *("just-a-thread", "lost-answer", "poison-message", "deploy", "frozen-worker"),
    "consumer-eviction",
}
MODELINE = "# yaml-language-server: $schema=./scenario.schema.json"

# What a comment tells the reader to try, and what then holds.
TRIED: list[tuple[str, list[str], list[str]]] = [
    ("ten-orders", ["workers.count=10"], ["async.completion_time_s.max == 2.55s"]),
    (
        "slow-email",
        ["server.threads=7"],
        [
            "sync.response_time_s.max > 7s",
            "sync.response_time_s.max < 8s",
            "sync.ended_at_s < async.ended_at_s",
        ],
    ),
    (
        "overload",
        ["queue.capacity=200"],
        ["async.responses.error == 400", "async.phantom_errors == 400", "sync.responses.error == 0"],
    ),
    ("ack-first", ["queue.ack=after"], ["async.work.lost == 0", "async.duplicates.email sent == 0"]),
    (
        "ack-first",
        ["queue.ack=after", "workers.crash_point=after_work"],
        ["async.work.lost == 0", "async.duplicates.email sent == async.workers.crashes"],
    ),
    ("short-visibility-timeout", ["queue.visibility_timeout=2s"], ["async.effects.email sent == 100"]),
    ("short-visibility-timeout", ["workers.count=1"], ["async.effects.email sent == 100"]),
    (
        "notifications",
        ["workers.count=4"],
        ["async.queue.peak_depth == 20", "async.queue.peak_depth_at_s > 29s"],
    ),
    (
        "dual-write",
        ["queue.publish_failure=error"],
        ["async.responses.error == 20", "async.phantom_errors == 20"],
    ),
    ("dual-write", ["queue.publish_failure=outbox"], ["async.effects.email sent == 60"]),
    (
        "outbox",
        ["queue.outbox_every=100ms"],
        ["async.completion_time_s.max < 10.7s"],
    ),
    (
        "outbox",
        ["queue.outages=[]"],
        ["async.completion_time_s.mean > 1300ms", "async.completion_time_s.max < 1.7s"],
    ),
    (
        "just-a-thread",
        ["queue.broker=rabbitmq"],
        ["async.queue.lost == 0", "async.duplicates.email sent == 1", "async.responses.error == 6"],
    ),
    (
        "just-a-thread",
        ["queue.broker=rabbitmq", "queue.publish_failure=outbox"],
        ["async.queue.lost == 0", "async.completion_time_s.max > 4s", "async.response_time_s.max == 1.05s"],
    ),
    (
        "deploy",
        ["workers.stops[4].grace=1s"],
        ["async.workers.crashes == 1", "async.completion_time_s.max == 7s"],
    ),
    (
        "frozen-worker",
        ["queue.crash_detection=30s"],
        ["async.duplicates.email sent == 0", "async.completion_time_s.max > 20s"],
    ),
    ("frozen-worker", ["steps[1].idempotent=true"], ["async.duplicates.email sent == 0"]),
    (
        "consumer-eviction",
        ["queue.on_overrun=reread"],
        ["async.duplicates.invoice made == 2", "async.queue.max_wait_s < 11s"],
    ),
    ("consumer-eviction", ["queue.visibility_timeout=15s"], ["async.duplicates.invoice made == 0"]),
    ("lost-answer", ["steps[1].idempotent=true"], ["async.duplicates.card charged == 0"]),
    (
        "lost-answer",
        ["steps[1].retry.in_request=false"],
        ["async.responses.error == 14", "async.phantom_errors == 9", "async.duplicates.card charged == 0"],
    ),
    (
        "poison-message",
        ["queue.broker=kafka"],
        ["async.queue.max_wait_s >= 173s", "async.work.dead_lettered == 5"],
    ),
    ("poison-message", ["steps[1].poison_kills=true"], ["async.workers.crashes == 25"]),
    ("broker-crash", ["queue.broker=sqs"], ["async.completion_time_s.max == 34.06s"]),
    (
        "broker-crash",
        ["queue.broker=redis-streams"],
        ["async.completion_time_s.max >= 34.0507s", "async.completion_time_s.max <= 34.6507s"],
    ),
    (
        "broker-crash",
        ["queue.broker=kafka"],
        ["async.completion_time_s.max >= 58.5s", "async.completion_time_s.max <= 64.5s"],
    ),
    (
        "broker-poison",
        ["queue.broker=kafka"],
        ["async.queue.max_wait_s == 4.4937s", "async.ended_at_s == 6.8063s"],
    ),
    ("broker-poison", ["queue.broker=sqs"], ["async.queue.max_wait_s == 0s", "async.ended_at_s == 90.81s"]),
    (
        "broker-poison",
        ["queue.broker=sqs-fifo"],
        ["async.queue.max_wait_s == 89.99s", "async.ended_at_s == 92.31s"],
    ),
    (
        "broker-poison",
        ["steps[1].retry.attempts=unlimited"],
        ["async.queue.delivered == 22", "async.queue.dead_lettered == 1"],
    ),
    ("broker-partitions", ["workers.count=8"], ["async.completion_time_s.max == 19.0563s"]),
    ("broker-partitions", ["queue.partitions=4"], ["async.completion_time_s.max == 5.5563s"]),
    ("broker-partitions", ["queue.partitions=3"], ["async.completion_time_s.max == 7.0563s"]),
    ("broker-partitions", ["queue.broker=rabbitmq"], ["async.completion_time_s.max == 5.552s"]),
    ("broker-slow-work", ["workers.renew=true"], ["async.effects.invoice made == 1"]),
    ("broker-slow-work", ["queue.visibility_timeout=60s"], ["async.effects.invoice made == 1"]),
    ("broker-slow-work", ["workers.count=1"], ["async.effects.invoice made == 1"]),
    ("broker-slow-work", ["queue.broker=redis-streams"], ["async.effects.invoice made == 2"]),
    ("broker-slow-work", ["queue.broker=rabbitmq"], ["async.effects.invoice made == 1"]),
    (
        "busy-worker",
        ["steps[0].duration=1.5s", "traffic.arrivals=steady"],
        ["async.completion_time_s.max == 1.5s"],
    ),
    ("retry-storm", ["server.drop_expired=true"], ["sync.responses.ok == 180"]),
    ("retry-storm", ["customer.resubmits=1"], ["sync.responses.ok == 0"]),
    ("retry-storm", ["server.backlog=10"], ["sync.responses.ok == 180"]),
    ("retry-storm", ["steps[1].slowdowns[0].factor=31"], ["sync.responses.ok == 180"]),
    ("box-office", ["steps[1].background=true"], ["async.response_time_s.max == 930ms"]),
    ("box-office", ["steps[2].background=true"], ["async.response_time_s.max == 380ms"]),
]


def comment_of(path: Path) -> str:
    """The lines below the modeline that begin with #, as one text."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    end = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    return " ".join(line.removeprefix("# ") for line in lines[:end])


def seconds_of_a_run(scenario: Scenario) -> float:
    begin = time.perf_counter()
    run_designs(scenario, seed=scenario.seed)
    return time.perf_counter() - begin


def test_the_folder_holds_the_scenarios_the_documents_speak_of() -> None:
    assert {path.stem for path in FILES} >= WANTED


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestEachScenario:
    def test_says_what_to_look_for(self, path: Path) -> None:
        assert path.read_text(encoding="utf-8").splitlines()[0] == MODELINE
        assert comment_of(path).startswith("Look for: ")
        scenario = load_scenario(path)
        assert scenario.name == path.stem
        assert scenario.title
        assert scenario.description
        assert scenario.expect

    def test_keeps_its_claims(self, path: Path) -> None:
        scenario = load_scenario(path)
        comparison, _ = run_designs(scenario, seed=scenario.seed)
        assert len(comparison.claims) == len(scenario.expect)
        assert [(c.claim, c.value) for c in comparison.claims if not c.holds] == []

    def test_sends_the_same_customers_to_both_designs(self, path: Path) -> None:
        scenario = load_scenario(path)
        comparison, traces = run_designs(scenario, seed=scenario.seed)
        came = [
            [(row.customer, row.arrived_s) for row in traces[mode].requests if not row.click]
            for mode in MODES
        ]
        assert came[0] == came[1]
        assert came[0]
        assert comparison.figure("sync", "customers") == comparison.figure("async", "customers")

    def test_is_done_within_a_second_or_so(self, path: Path) -> None:
        assert seconds_of_a_run(load_scenario(path)) < 2

    def test_is_narrow_enough_for_a_screen(self, path: Path) -> None:
        assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 100


@pytest.mark.parametrize("seed", [2, 3, 4])
@pytest.mark.parametrize("name", ["flaky-email", "recommendations", "ack-first", "busy-worker"])
def test_claims_about_chance_do_not_depend_on_the_seed(name: str, seed: int) -> None:
    comparison, _ = run_designs(load_scenario(FOLDER / f"{name}.yaml"), seed=seed)
    assert [(c.claim, c.value) for c in comparison.claims if not c.holds] == []


@pytest.mark.parametrize(("name", "sets", "claims"), TRIED)
def test_what_a_comment_tells_to_try_comes_out(name: str, sets: list[str], claims: list[str]) -> None:
    path = FOLDER / f"{name}.yaml"
    assert all(f"--set {change}" in comment_of(path) for change in sets)
    scenario = load_scenario(path, sets)
    comparison, _ = run_designs(scenario, seed=scenario.seed)
    effects = tuple(step.effect for step in scenario.steps if step.effect)
    results = {claim: parse_claim(claim, effects).check(comparison.figure) for claim in claims}
    assert {claim: value for claim, (holds, value) in results.items() if not holds} == {}


def test_everything_told_to_try_is_tried_here() -> None:
    told = {
        (path.stem, change)
        for path in FILES
        for change in re.findall(r"--set (\S+?=[^\s,)]+)", comment_of(path))
    }
    assert told == {(name, change) for name, sets, _ in TRIED for change in sets}
