"""`syncasync-sim size`: what it answers, how sure it says it is, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rich.cells import cell_len

from surface.test_brokers_command import sim, words
from syncasync_sim.cli import exit_codes

WORKERS = ("--vary", "workers.count=1..3")
TARGET = ("--target", "async.completion_time_s.p95 < 10s")


def test_size_names_the_smallest_value_and_what_is_below() -> None:
    result = sim("size", "slow-email", *TARGET, "--vary", "workers.count=1..50")
    told = words(result.stdout)
    assert result.exit_code == exit_codes.DONE
    assert "The smallest workers.count that meets async.completion_time_s.p95 < 10s is 4." in told
    assert "At 3 it is 30.55 s in every replication. At 4 it is 9.55 s in every replication." in told
    assert "Next: syncasync-sim run slow-email --set workers.count=4" in result.stderr
    for width in (80, 30):
        narrow = sim("size", "slow-email", *TARGET, "--vary", "workers.count=1..50", width=width).stdout
        assert max(cell_len(line) for line in narrow.splitlines()) <= width


@pytest.mark.parametrize(
    ("target", "varied", "code", "says"),
    [
        (
            "async.completion_time_s.p95 < 1s",
            "1..9",
            3,
            "No value of workers.count that was tried, from 1 to 9,",
        ),
        (
            "async.completion_time_s.p95 < 1h",
            "1..9",
            0,
            "Every value of workers.count that was tried, from 1 to 9,",
        ),
        (
            "async.completion_time_s.p95 > 10s",
            "1..9",
            0,
            "is 3: the target is met up to there, and no longer after it.",
        ),
        ("async.workers.utilisation < 50%", "1..9", 0, "that meets async.workers.utilisation < 50% is 9."),
    ],
)
def test_size_says_how_the_values_fall_out(target: str, varied: str, code: int, says: str) -> None:
    result = sim("size", "slow-email", "--target", target, "--vary", f"workers.count={varied}")
    assert result.exit_code == code
    assert says in words(result.stdout)


def test_size_in_json() -> None:
    arguments = (
        "size",
        "slow-email",
        *TARGET,
        "--vary",
        "workers.count=1..50",
        "--replications",
        "2",
        "--json",
    )
    result = sim(*arguments)
    data: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (exit_codes.DONE, "")
    assert (data["verdict"], data["answer"], data["below"]) == ("found", 4, 3)
    assert data["tried"][3] == {
        **{"value": 4, "meets": True, "sure": True},
        **{"figure": 9.55, "low": 9.55, "high": 9.55, "theory_s": None, "settles": True},
        **{"share": 1, "holds": True, "ends": True},
    }


def test_size_tells_how_sure_it_is_and_what_theory_says() -> None:
    scenario = (
        "traffic: {rate: 8/s, for: 100s, arrivals: poisson}\nserver: {threads: 5}\n"
        "steps: [{name: work, duration: exponential(mean=500ms)}]\n"
    )
    flags = ("--target", "sync.response_time_s.mean < 640ms", "--vary", "server.threads=5..8")
    told = words(sim("size", "-", *flags, text=scenario).stdout)
    assert "Theory: in the long run 6 is the smallest that meets it, with 571" in told
    assert "the whole 95 % interval" in told or "reaches across" in told
    assert "One replication has no interval" in words(
        sim("size", "-", *flags, "--replications", "1", text=scenario).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (WORKERS, "nothing to meet: add --target"),
        (TARGET, "one key is varied"),
        ((*TARGET, *WORKERS, *WORKERS), "one key is varied"),
    ],
)
def test_a_wrong_command_line_of_size(arguments: tuple[str, ...], says: str) -> None:
    result = sim("size", "slow-email", *arguments)
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert says in words(result.stderr)


@pytest.mark.parametrize(
    ("target", "says", "cure"),
    [
        (
            "async.completion_time.p95 < 9s",
            "--target:1:7: there is no figure",
            "= did you mean 'completion_time_s'?",
        ),
        (
            "async.completion_time_s < 9s",
            "--target:1:7: 'completion_time_s' has several parts",
            "= one of count,",
        ),
        (
            "sync.nonsense < 9",
            "--target:1:6: there is no figure 'nonsense'",
            "completion_time_s and 9 more; syncasync-sim run SCENARIO --json  shows all",
        ),
        ("asink.requests < 9", "--target:1:1: 'asink' is not a design", "= did you mean 'async'?"),
        (
            "async.requests",
            "--target:1:1: expected a figure, a comparison and a value",
            "= write for instance",
        ),
    ],
)
def test_a_target_that_cannot_be_read_is_pointed_at(target: str, says: str, cure: str) -> None:
    result = sim("size", "slow-email", "--target", target, *WORKERS)
    code, message = exit_codes.describe(result.exception)
    assert code == exit_codes.BAD_REQUEST
    assert says in message
    assert cure in message
