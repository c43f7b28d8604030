"""What the notebooks tell of their runs, by the cell that ran.

In a notebook itself a reader would see it before anything has run.
"""

from __future__ import annotations

CLAIMS: dict[str, tuple[str, ...]] = {
    "01-run-1": (
        'comparison.figure("sync", "response_time_s.max") == 2.55',
        'comparison.figure("async", "response_time_s.max") == 1.05',
    ),
    "01-run-2": (
        'comparison.figure("sync", "completion_time_s.max") == 2.55',
        'comparison.figure("async", "completion_time_s.max") == 2.55',
    ),
    "01-run-3": (
        'comparison.figure("sync", "completion_time_s.max") == 2.55',
        'comparison.figure("async", "response_time_s.max") == 1.05',
        'comparison.figure("async", "completion_time_s.max") == 16.05',
    ),
    "02-run-1": (
        '[step.name for step in advice.steps if step.place == "async"] == ["send email", "make invoice"]',
        'comparison.figure("sync", "response_time_s.max") == 5.68',
        'comparison.figure("async", "response_time_s.max") == 1.18',
    ),
    "02-run-2": (
        'hasty.figure("async", "response_time_s.max") == 0.93',
        "check_stock.promises.pages == 1",
    ),
    "02-run-3": (
        'login.figure("async", "response_time_s.max") == 0.005',
        'login.figure("sync", "completion_time_s.max") == 0.08',
        'login.figure("async", "completion_time_s.max") == 0.805',
    ),
    "02-run-4": (
        'asynchronous.figure("async", "response_time_s.max") == 1.05',
        "round(slowest_s[4], 2) == 56.08",
        "round(slowest_s[7], 2) == 7.97",
    ),
    "03-run-1": ("last_s == {1: 16.05, 2: 8.55, 3: 7.05, 5: 4.05, 10: 2.55}",),
    "03-run-2": (
        'spike.figure("async", "response_time_s.max") == 1.05',
        'round(spike.figure("sync", "response_time_s.max"), 2) == 13.35',
        'spike.figure("async", "queue.peak_depth") == 80',
        'spike.figure("async", "queue.peak_depth_at_s") == 41.05',
        'spike.figure("async", "queue.empty_at_s") == 119.65',
    ),
    "03-run-3": (
        "round(rate, 2) == 1.55",
        "round(mean_wait_s, 2) == 14.18",
        "round(rate * mean_wait_s, 2) == 21.95",
        'round(spike.figure("async", "queue.mean_depth"), 2) == 21.95',
    ),
    "03-run-4": (
        "theory_s == {0.2: 2.14, 0.4: 3.75, 0.6: 15.0}",
        "measured_s == {0.2: 2.15, 0.4: 3.78, 0.6: 16.75}",
    ),
    "04-run-1": (
        'crash.figure("async", "work.lost") == 0',
        'crash.figure("async", "queue.redelivered") == 1',
        'crash.figure("async", "completion_time_s.max") == 34.05',
    ),
    "04-run-2": (
        'flaky.figure("sync", "response_time_s.max") == 8.55',
        'flaky.figure("async", "response_time_s.max") == 1.05',
        'flaky.figure("sync", "responses.error") == 21',
        'flaky.figure("sync", "phantom_errors") == 21',
        'flaky.figure("async", "work.dead_lettered") == 21',
    ),
    "04-run-3": (
        'down.figure("sync", "effects.card charged") == 200',
        'down.figure("async", "effects.card charged") == 100',
        'safe.figure("sync", "effects.card charged") == 100',
        'safe.figure("sync", "responses.error") == 200',
    ),
    "04-run-4": (
        'impatient.figure("async", "effects.email sent") == 200',
        'patient.figure("async", "effects.email sent") == 100',
    ),
    "05-run-1": (
        'last_s["rabbitmq"] == 14.55',
        'last_s["sqs"] == 34.06',
        'last_s["kafka"] == 62.25',
    ),
    "05-run-2": (
        'last_s["rabbitmq"] == 5.55',
        'last_s["kafka"] == 19.06',
    ),
    "05-run-3": (
        'last_s == {"workers.count=8": 19.06, "queue.partitions=3": 7.06, "queue.partitions=4": 5.56}',
    ),
    "05-run-4": (
        'email_sent_s["rabbitmq"] == 2.3',
        'email_sent_s["kafka"] == 6.81',
        'email_sent_s["sqs-fifo"] == 92.31',
    ),
    "06-run-1": (
        "fit.threads.count == 4",
        "round(sum(fit.threads.work_us) / len(fit.threads.work_us) / 1e6, 2) == 2.51",
        "round(fit.response.mean, 2) == 4.28",
    ),
    "06-run-2": (
        'round(comparison.figure("async", "response_time_s.mean"), 2) == 1.02',
        'round(comparison.figure("sync", "response_time_s.mean"), 2) == 4.28',
    ),
    "06-run-3": ('sizing.answer.value.written == "3"',),
    "06-run-4": (
        "right.agrees",
        "more.legs[0].agrees is False",
        'round(more.legs[0].ranges["p95"].mean, 2) == 6.47',
        "round(right.measured.p95, 2) == 14.77",
    ),
}
