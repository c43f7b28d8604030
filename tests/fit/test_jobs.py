"""Logs of background jobs are read: each figure here is worked out by hand."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit.logs import lanes, log_of, refusal, times_us, waits_us
from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Wishes

S = 1_000_000
T = 1_600_000_000 * S
"""2020-09-13T12:26:40Z."""

CELERY = """\
[2020-09-13 12:26:40,000: INFO/MainProcess] w1@host ready.
[2020-09-13 12:26:40,100: INFO/MainProcess] Task shop.mail[a-1] received
[2020-09-13 12:26:40,200: INFO/ForkPoolWorker-2] (a line of the application)
[2020-09-13 12:26:41,000: INFO/ForkPoolWorker-2] Task shop.mail[a-1] succeeded in 0.2505s: None
[2020-09-13 12:26:41,500: INFO/ForkPoolWorker-1] Task shop.mail[b-2] retry: Retry in 2s: ValueError('451')
[2020-09-13 12:26:42,000: ERROR/ForkPoolWorker-1] Task shop.mail[b-2] raised unexpected: ValueError('451')
Traceback (most recent call last):
ValueError: 451
[2020-09-13 12:26:43,000: INFO/ForkPoolWorker-1] Task shop.mail[c-3] succeeded in 1.5e-05s: {'a': 1}
"""
OLD_CELERY = """\
[2017-05-11 17:07:27,947: INFO/MainProcess] Received task: tasks.page[411f]
[2017-05-11 17:07:28,096: INFO/Worker-1] (a line of the application)
[2017-05-11 17:07:37,611: INFO/MainProcess] Task tasks.page[411f] succeeded in 9.659418761999405s: None
"""
EVENTS = [
    {"type": "worker-heartbeat", "hostname": "w1@host", "timestamp": 1600000000.0},
    {"type": "task-sent", "uuid": "a", "timestamp": 1600000000.125, "name": "shop.mail"},
    {"type": "task-received", "uuid": "a", "timestamp": 1600000000.2},
    {"type": "task-started", "uuid": "a", "timestamp": 1600000000.5, "hostname": "w1@host"},
    {"type": "task-retried", "uuid": "a", "timestamp": 1600000001.0, "exception": "ValueError()"},
    {"type": "task-sent", "uuid": "a", "timestamp": 1600000001.0, "eta": "2020-09-13T12:26:43"},
    {"type": "task-started", "uuid": "a", "timestamp": 1600000003.0},
    {"type": "task-succeeded", "uuid": "a", "timestamp": 1600000003.25, "runtime": 0.2499, "result": "None"},
    {"type": "task-started", "uuid": "b", "timestamp": 1600000004.0},
    {"type": "task-failed", "uuid": "b", "timestamp": 1600000004.5, "exception": "ValueError()"},
    {"type": "task-succeeded", "uuid": "c", "timestamp": 1600000004.5, "runtime": 1.0},
    {"type": "task-failed", "uuid": "e", "timestamp": 1600000004.5, "exception": "ValueError()"},
    {"type": "task-started", "uuid": "d", "timestamp": 1600000005.0},
]
SIDEKIQ = """\
{"ts":"2020-09-13T12:26:40.500Z","pid":7,"tid":"abc","lvl":"INFO","msg":"start","ctx":{"jid":"j1"}}
{"ts":"2020-09-13T12:26:41.000Z","pid":7,"tid":"abc","lvl":"INFO","msg":"done","ctx":{"jid":"j1","elapsed":"0.25"}}
{"ts":"2020-09-13T12:26:42.000Z","pid":7,"tid":"def","lvl":"INFO","msg":"fail","ctx":{"jid":"j2","elapsed":1.5}}
{"ts":"2020-09-13T12:26:42.100Z","pid":7,"tid":"def","lvl":"INFO","msg":"hello","ctx":{"jid":"j2"}}
Booting Sidekiq
"""
SIDEKIQ_FLAT = """\
{"time":"2020-09-13T12:26:41.000Z","jid":"j1","enqueued_at":"2020-09-13T12:26:40.000Z","job_status":"done","duration_s":0.48085}
{"ts":"2020-09-13T12:26:43.000Z","pid":7,"tid":"x","msg":"done","duration":0.5,"jid":"j2","enqueued_at":1600000002.25}
{"ts":"2020-09-13T12:26:44.000Z","pid":7,"tid":"x","msg":"done","duration":0.5,"jid":"j3","enqueued_at":1600000003250}
{"ts":"2020-09-13T12:26:45.000Z","pid":7,"tid":"x","msg":"done","duration":0.5,"jid":"j3","enqueued_at":1600000001000,"retry_count":1}
"""
SIDEKIQ_TEXT = """\
2020-09-13T12:26:40.000Z pid=7 tid=abc INFO: Booted Rails
2020-09-13T12:26:40.500Z pid=7 tid=abc class=Mail jid=j1 INFO: start
2020-09-13T12:26:41.000Z pid=7 tid=abc class=Mail jid=j1 elapsed=0.25 INFO: done
2020-09-13T12:26:42Z 7 TID-ow3 Mail JID-j2 INFO: fail: 1.5 sec
"""


def job(number: int, **fields: object) -> dict[str, object]:
    """A job of BullMQ: put at 0 s, begun after 0.25 s, done after 1 s; its first attempt went well."""
    times = {"timestamp": 1600000000000, "processedOn": 1600000000250, "finishedOn": 1600000001000}
    return {
        "id": str(number),
        "name": "mail",
        "data": {},
        **times,
        "attemptsMade": 1,
        "returnvalue": None,
        **fields,
    }


BULL = [
    job(1),
    job(2, opts={"attempts": 3, "delay": 100}),
    job(3, opts={"attempts": 3}, attemptsMade=2, processedOn=1600000002000, finishedOn=1600000002500),
    job(4, opts={"attempts": 2}, attemptsMade=2, failedReason="451"),
    job(5, processedOn=None, finishedOn=None),
    {"id": "6", "timestamp": 1600000000000, "processedOn": 1600000000250},
]


def lines_of(records: list[dict[str, object]]) -> str:
    """A JSON record on each line."""
    return "".join(f"{json.dumps(record)}\n" for record in records)


def test_a_celery_log_has_ends_and_run_times(tmp_path: Path) -> None:
    log = log_of(tmp_path, CELERY)
    assert (log.format, log.noun, log.measures, log.stamp) == ("celery", "jobs", "work", "end")
    assert times_us(log) == [(T + 749_500, T + S), (T + 3 * S - 15, T + 3 * S)]
    assert lanes(log) == ["ForkPoolWorker-2", "ForkPoolWorker-1"]
    assert log.processes == ("ForkPoolWorker-2", "ForkPoolWorker-1")
    assert (log.retries, log.has_zone, log.is_load_test, log.unreadable_count) == (1, False, False, 0)
    assert sorted(log.left_out.values()) == [1, 1, 4]
    assert [caution.split()[0] for caution in log.cautions] == ["'received'", "Celery's"]


def test_processes_of_two_services_in_one_log_are_not_the_same(tmp_path: Path) -> None:
    line = "[2020-09-13 12:26:41,000: INFO/ForkPoolWorker-1] Task shop.mail[a] succeeded in 0.25s: None\n"
    log = log_of(tmp_path, f"worker-1  | {line}worker-2  | {line}")
    assert times_us(log) == [(T + 750_000, T + S)] * 2
    assert log.processes == ("worker-1 ForkPoolWorker-1", "worker-2 ForkPoolWorker-1")


@pytest.mark.parametrize("text", [CELERY, SIDEKIQ_TEXT], ids=["celery", "sidekiq"])
def test_syslog_may_add_its_own_beginning(tmp_path: Path, text: str) -> None:
    lines = text.splitlines(keepends=True)
    added = log_of(tmp_path, "".join(f"Oct 09 05:50:03 ip-172-31 worker[592396]: {line}" for line in lines))
    assert times_us(added) == times_us(log_of(tmp_path, text))


def test_events_may_be_wrapped_by_a_monitor(tmp_path: Path) -> None:
    wrapped: list[dict[str, object]] = [
        {"captured_at": "2026-03-12T12:41:16Z", "payload": event} for event in EVENTS
    ]
    assert times_us(log_of(tmp_path, lines_of(wrapped)))[0] == (T + 500_000, T + S)


def test_an_old_celery_log_has_results_of_the_main_process(tmp_path: Path) -> None:
    log = log_of(tmp_path, OLD_CELERY, Wishes(zone_minutes=480))
    end_us = 1_494_522_457_611_000 - 8 * 3600 * S
    assert times_us(log) == [(end_us - 9_659_419, end_us)]
    assert (lanes(log), log.processes) == ([], ("Worker-1",))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "[2020-09-13 12:26:41,000: INFO/W] Task shop.mail[a] succeeded in -1s: None",
            "ends before it starts",
        ),
        ("[2020-09-13 12:26:41,000: INFO/W] Task shop.mail[a] succeeded in 0.2", "no run time"),
        ("[2020-13-13 12:26:41,000: INFO/W] Task shop.mail[a] succeeded in 0.2s: None", "is no date"),
        ("1,000: INFO/W] Task shop.mail[a] succeeded in 0.2s: None", "no time at its beginning"),
    ],
)
def test_a_damaged_result_of_celery_is_refused(tmp_path: Path, line: str, reason: str) -> None:
    log = log_of(tmp_path, f"{CELERY}{line}\n")
    assert (len(log.calls), log.unreadable_count) == (2, 1)
    assert reason in str(log.unreadable[0])
    assert log.unreadable[0].line == 10


def test_celery_events_have_a_job_for_each_attempt(tmp_path: Path) -> None:
    log = log_of(tmp_path, lines_of(EVENTS))
    assert (log.format, log.noun, log.measures, log.stamp) == ("celery-events", "jobs", "work", "both")
    assert times_us(log) == [
        (T + 500_000, T + S),
        (T + 3 * S, T + 3_250_000),
        (T + 3_500_000, T + 4_500_000),
        (T + 4 * S, T + 4_500_000),
    ]
    assert list(log.calls.failed) == [1, 0, 0, 1]
    assert waits_us(log) == [375_000, None, None, None]
    assert (log.retries, log.waited_us, log.waited_count) == (1, 375_000, 1)
    assert sorted(log.left_out.values()) == [1, 1]


def test_a_sidekiq_log_has_ends_and_durations(tmp_path: Path) -> None:
    log = log_of(tmp_path, SIDEKIQ)
    assert (log.format, log.noun, log.measures, log.stamp) == ("sidekiq", "jobs", "work", "end")
    assert times_us(log) == [(T + 500_000, T + 2 * S), (T + 750_000, T + S)]
    assert list(log.calls.failed) == [1, 0]
    assert lanes(log) == ["7/def", "7/abc"]
    assert (log.left_out.total(), log.has_zone) == (2, True)


def test_a_flat_sidekiq_log_has_the_wait_of_first_attempts(tmp_path: Path) -> None:
    log = log_of(tmp_path, SIDEKIQ_FLAT)
    assert times_us(log)[0] == (T + 519_150, T + S)
    assert waits_us(log) == [519_150, 250_000, 250_000, None]
    assert (log.retries, log.waited_count, len(log.cautions)) == (1, 3, 1)


def test_a_job_without_a_field_for_its_duration_may_have_it_in_the_message(tmp_path: Path) -> None:
    record: dict[str, object] = {
        "time": "2020-09-13T12:26:41.000Z",
        "jid": "j1",
        "message": "Mail JID-j1: done: 0.25 sec",
    }
    log = log_of(tmp_path, lines_of([record, {**record, "message": "Mail JID-j1: done"}]))
    assert times_us(log) == [(T + 750_000, T + S)]
    assert log.left_out["without a duration"] == 1


def test_sidekiq_writes_text_in_two_forms(tmp_path: Path) -> None:
    log = log_of(tmp_path, SIDEKIQ_TEXT)
    assert times_us(log) == [(T + 500_000, T + 2 * S), (T + 750_000, T + S)]
    assert list(log.calls.failed) == [1, 0]
    assert lanes(log) == ["ow3", "abc"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(BULL),
        json.dumps(BULL, indent=2),
        json.dumps([{**one, "opts": json.dumps(one.get("opts", {}))} for one in BULL]),
        json.dumps({"completed": BULL[:3], "failed": BULL[3:]}),
        json.dumps({f"bull:mail:{number}": one for number, one in enumerate(BULL)}),
        lines_of(BULL),
    ],
)
def test_jobs_of_bullmq_have_their_last_attempt(tmp_path: Path, text: str) -> None:
    log = log_of(tmp_path, text)
    assert (log.format, log.noun, log.measures, log.stamp) == ("bullmq", "jobs", "work", "both")
    assert times_us(log) == [(T + 250_000, T + S)] * 3 + [(T + 2 * S, T + 2_500_000)]
    assert list(log.calls.failed) == [0, 0, 1, 0]
    assert waits_us(log) == [250_000, 150_000, None, None]
    assert (log.retries, log.waited_us, log.waited_count) == (2, 400_000, 2)
    assert (log.left_out.total(), len(log.cautions)) == (2, 1)


def test_bull_counts_attempts_from_zero(tmp_path: Path) -> None:
    log = log_of(tmp_path, json.dumps([job(1, attemptsMade=0), job(2, attemptsMade=1, returnvalue="ok")]))
    assert (log.retries, waits_us(log)) == (1, [250_000, None])


def test_a_job_of_bullmq_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    log = log_of(tmp_path, json.dumps([job(1), job(2, finishedOn=1), job(3, timestamp="soon"), 5]))
    assert (len(log.calls), log.unreadable_count) == (1, 3)


def test_a_cut_document_of_bullmq_is_refused(tmp_path: Path) -> None:
    assert "cut or damaged" in refusal(tmp_path, json.dumps(BULL)[:-1])
    nested = json.dumps(job(1))[:-1] + ',"x":' + "[" * 100_000
    assert "nested too deep" in refusal(tmp_path, nested)


@pytest.mark.parametrize(
    "text",
    [
        CELERY,
        OLD_CELERY,
        lines_of(EVENTS),
        SIDEKIQ,
        SIDEKIQ_FLAT,
        SIDEKIQ_TEXT,
        json.dumps(BULL),
        lines_of(BULL),
    ],
    ids=["celery", "old", "events", "sidekiq", "flat", "text", "bull", "bull lines"],
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_but_breaks_nothing(
    tmp_path: Path, text: str, data: st.DataObject
) -> None:
    raw = text.encode()
    first = data.draw(st.integers(0, len(raw)))
    last = data.draw(st.integers(first, min(len(raw), first + 30)))
    hostile = st.sampled_from([b"", b"-1", b"NaN", b"1e400", b"9" * 50, b"{}", b"null", b"[" * 3000, b"\r\n"])
    damaged = raw[:first] + data.draw(hostile | st.binary(max_size=20)) + raw[last:]
    with suppress(LogError):
        assert all(start <= end for start, end in times_us(log_of(tmp_path, damaged)))
