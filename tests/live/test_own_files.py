"""What a run cannot tell its own processes, or they cannot write down, ends it with a reason."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from live.for_real import nothing_left, small
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.main import main
from syncasync_sim.errors import LiveError
from syncasync_sim.live.child_process import Process
from syncasync_sim.live.event_log import EventLog
from syncasync_sim.live.measure import measure
from syncasync_sim.live.plan import Plan, wanted_of
from syncasync_sim.model.modes import Mode


def plan_in(folder: Path) -> Plan:
    scenario = small()
    plan = Plan(scenario, "async", 1, 0, 1.0, "sqlite:", wanted_of(scenario, "a", 1.0), folder)
    plan.save()
    return plan


def test_a_process_that_dies_before_it_is_told_something_is_named(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    event_log = EventLog.new(plan.event_log)
    plan.broker().create()
    worker = Process(plan, "worker")
    try:
        worker.expect("loaded", event_log)
        worker.popen.kill()
        worker.popen.wait()
        with pytest.raises(LiveError, match=r"^a worker has died: killed by signal 9 \(SIGKILL\)$"):
            worker.tell("1 0")
    finally:
        worker.kill()
        plan.broker().remove()
        event_log.close()


def test_only_a_reader_that_has_gone_ends_the_program_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("syncasync_sim.cli.main._run", fails)
    assert main([]) == exit_codes.NOT_FINISHED
    assert "Broken pipe" in capsys.readouterr().err


def test_a_process_that_is_killed_while_it_starts_is_told_as_killed(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    event_log = EventLog.new(plan.event_log)
    service = Process(plan, "web_service")
    try:
        service.popen.kill()
        with pytest.raises(LiveError, match=r"does not start: killed by signal 9 \(SIGKILL\)$"):
            service.expect("ready", event_log)
    finally:
        service.kill()
        event_log.close()


@pytest.mark.parametrize(("mode", "room_kb"), [("async", 1), ("async", 600), ("sync", 200)])
def test_a_full_disk_ends_the_run_with_a_reason(
    mode: Mode, room_kb: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Full from the start, or after some customers: no file may grow beyond that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    crowd = small('traffic={"rate":"60/s","for":"30s"}', "workers.count=2", "server.threads=100")
    give_up_at = time.monotonic() + 60

    def go_on(*_: int) -> bool:
        return time.monotonic() < give_up_at

    with nothing_left(monkeypatch, tmp_path):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room_kb * 1024, before[1]))
        try:
            told = measure(crowd, mode, seed=1, watch=go_on).trouble
        except (LiveError, OSError) as error:
            told = exit_codes.describe(error)[1]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert time.monotonic() < give_up_at
    assert any(why in told for why in ("cannot write", "cannot be written", "too large", "disk")), told
