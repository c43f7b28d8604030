"""What was found in a log as plain data, for `fit --json`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from syncasync_sim.fit.findings import resolution_us
from syncasync_sim.fit.fitted import Fit, FittedStep
from syncasync_sim.fit.judging import Capacity, Finding
from syncasync_sim.fit.threads import most_at_once
from syncasync_sim.model.quantities import US_PER_S

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def document(fit: Fit, version: str) -> dict[str, Any]:
    """Return what was found as plain data: times in seconds, shares from 0 to 1.

    Args:
        fit: what was found.
        version: the version of the program.
    """
    log, calls, response = fit.log, fit.log.calls, fit.response
    span_s = (calls.start_us[-1] - calls.start_us[0]) / US_PER_S
    return {
        "syncasync_sim": version,
        "format": log.format,
        "noun": log.noun,
        "stamp": log.stamp,
        "measures": log.measures,
        "has_zone": log.has_zone,
        "resolution_s": resolution_us(log) / US_PER_S,
        "lines": log.lines,
        "unreadable": log.unreadable_count,
        "left_out": dict(log.left_out),
        "requests": len(calls),
        "failed": sum(calls.failed),
        "mean_s": response.mean,
        "p50_s": response.p50,
        "p95_s": response.p95,
        "p99_s": response.p99,
        "max_s": response.max,
        "first": (_EPOCH + timedelta(microseconds=calls.start_us[0])).isoformat(),
        "span_s": span_s,
        "rate_per_s": (len(calls) - 1) / span_s if span_s else None,
        "most_at_once": most_at_once(calls.start_us, calls.end_us),
        "waited": log.waited_count or None,
        "mean_wait_s": log.waited_us / US_PER_S / len(calls) if log.waited_count else None,
        "arrivals": _finding(fit.arrivals),
        "threads": None if log.noun == "jobs" else _capacity(fit.threads),
        "work": _finding(fit.work),
        "steps": [_step(step) for step in fit.steps],
        "workers": None if fit.workers is None else _capacity(fit.workers),
        "cautions": list(log.cautions),
        "complete": fit.is_complete,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "certainty": finding.certainty,
        "value": finding.value,
        "reason": finding.reason,
        "cure": finding.cure,
    }


def _capacity(capacity: Capacity) -> dict[str, Any]:
    work_us = capacity.work_us
    mean_s = None if work_us is None else sum(work_us) / len(work_us) / US_PER_S
    return {"count": capacity.count, "mean_work_s": mean_s, **_finding(capacity.finding)}


def _step(step: FittedStep) -> dict[str, Any]:
    return {
        "name": step.name,
        "background": step.background,
        "attempts": step.attempts,
        "failed": step.failed,
        "mean_s": step.mean_us / US_PER_S,
        **{key: value for key, value in _finding(step.certainty).items() if key != "value"},
    }
