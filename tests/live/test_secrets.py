"""No password of a broker is printed, written or left behind; what is wrong with a URL is told."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from live.for_real import small
from surface.test_brokers_command import sim
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.main import main
from syncasync_sim.errors import masked
from syncasync_sim.live.plan import BROKER_VARIABLE, Plan, wanted_of

ASKED = ("live", "checkout", "--mode", "async")
FREE = "queue.visibility_timeout=uniform(30s,30.6s)"


def told(*arguments: str) -> tuple[int, str]:
    """The exit code and all that is said."""
    result = sim(*ASKED, *arguments)
    code, message = exit_codes.describe(result.exception) if result.exception else (result.exit_code, "")
    return code, f"{message}\n{result.stdout}\n{result.stderr}"


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("redis://:s3cr3t@127.0.0.1:1", 1, "redis://***@127.0.0.1:1: "),
        ("redis://127.0.0.1:1?password=s3cr3t", 1, "redis://127.0.0.1:1?password=*** "),
        ("sqs+http://key:s3cr3t@127.0.0.1:1", 1, "sqs+http://***@127.0.0.1:1: "),
        ("amqp://me:s3cr3t@127.0.0.1:1", 1, "amqp://***@127.0.0.1:1: "),
        ("redis://:s3c#r3t@127.0.0.1:1", 2, "'redis://***@127.0.0.1:1' is no broker's URL"),
        ("amqp://guest:s3c/r3t@127.0.0.1:1/", 2, "'amqp://***@127.0.0.1:1/' is no broker's URL"),
        ("redis://:s3c?r3t@127.0.0.1:1", 2, "'redis://***@127.0.0.1:1' is no broker's URL"),
        ("rediss://:s3cr3t@127.0.0.1:1", 1, "rediss://***@127.0.0.1:1: "),
        ("amqps://guest:s3cr3t@127.0.0.1:1", 1, "amqps://***@127.0.0.1:1: "),
        ("http://k:s3cr3t@127.0.0.1:1", 2, "'http://***@127.0.0.1:1' is no broker's URL"),
        ("redis://:s3cr3t@[::1", 2, "'redis://***@[::1' is no broker's URL"),
        ("redis://:s3cr3t@127.0.0.1:port", 2, "is no broker's URL: it has no host and port"),
        ("redis://:s3c r3t@127.0.0.1:1", 2, "holds a space or a control character"),
        ("redis://:s3c\x1b[31mr3t@127.0.0.1:1", 2, "holds a space or a control character"),
        ("redis://:s3cr3t@127.0.0.1:1?x=y", 2, "unexpected keyword argument 'x'; leave it out"),
    ],
)
def test_what_is_wrong_with_a_broker_is_told_without_its_password(url: str, code: int, says: str) -> None:
    exit_code, said = told("--broker", url)
    assert says in said
    assert exit_code == code
    assert "r3t" not in said
    assert "s3c" not in said
    assert "\x1b" not in said


def test_the_url_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BROKER_VARIABLE, "http://:s3cr3t@127.0.0.1:1")
    code, said = told()
    assert code == exit_codes.BAD_REQUEST
    assert "'http://***@127.0.0.1:1' is no broker's URL" in said
    assert "redis://127.0.0.1:1: " in told("--broker", "redis://127.0.0.1:1")[1]


def test_the_url_is_on_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, url = small(), "redis://:s3cr3t@127.0.0.1:1"
    plan = Plan(scenario, "async", 1, 0, 1.0, url, wanted_of(scenario, "a", 1.0), tmp_path)
    plan.save()
    assert "s3cr3t" not in plan.file.read_text()
    assert "url" not in json.loads(plan.file.read_text())
    assert stat.S_IMODE(plan.file.stat().st_mode) == 0o600
    monkeypatch.setenv(BROKER_VARIABLE, plan.environment()[BROKER_VARIABLE])
    assert Plan.load(plan.file) == plan


def test_what_is_masked_and_what_is_not() -> None:
    assert masked("a//b@c d//e:f@g@h i") == "a//***@c d//***@h i"
    assert masked("a//b c@d e@f, g\nh@i") == "a//***@f, g\nh@i"
    assert masked("http://h?x=1&password=2&y=3") == "http://h?x=1&password=***&y=3"
    assert masked("mail me@home, password=no URL") == "mail me@home, password=no URL"


def test_neither_a_bug_nor_its_traceback_shows_a_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> int:
        raise TypeError("redis://:s3cr3t@host has it")

    monkeypatch.setattr("syncasync_sim.cli.main._run", fails)
    monkeypatch.setenv("SYNCASYNC_DEBUG", "1")
    assert main([]) == exit_codes.BUG
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.splitlines()[-2:-1] == ["TypeError: redis://***@host has it"]
    assert "s3cr3t" not in said
