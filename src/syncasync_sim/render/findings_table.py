"""What was found in a log, and what was declined, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from syncasync_sim.fit.fitted import Fit
from syncasync_sim.fit.judging import Finding
from syncasync_sim.fit.threads import most_at_once
from syncasync_sim.model.formats import MISSING, format_count, format_share, format_time

MARKS = {"known": "", "at least": "at least ", "unknown": "unknown"}


def findings_page(fit: Fit, title: str) -> Group:
    """The figures of a log as they were measured, then each finding with its reason.

    Args:
        fit: what was found.
        title: the names of the log files.
    """
    return Group(*_parts(fit, title))


def each_page(results: Mapping[str, Fit | str]) -> Table:
    """A line for each log: its figures and what was found, or why it is refused.

    Args:
        results: what was found, or the message of the refusal, by the name of the file.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("log", "what it holds", "arrivals", "threads, workers"):
        table.add_column(column, overflow="fold", vertical="top")
    for name, result in results.items():
        if isinstance(result, str):
            reason, _, cure = result.partition("\n  = ")
            table.add_row(Text(name), Text(f"refused: {reason}. Cure: {cure}"), Text(MISSING), Text(MISSING))
            continue
        served = [*([] if result.log.noun == "jobs" else [result.threads]), *filter(None, [result.workers])]
        texts = [_short(capacity.finding) for capacity in served]
        table.add_row(
            Text(name), Text(_measured(result)), Text(_short(result.arrivals)), Text("; ".join(texts))
        )
    return table


def _short(finding: Finding) -> str:
    """A finding in a cell: its value if it is known, else why it is not."""
    if finding.certainty == "unknown":
        return f"{finding.name} unknown: {finding.reason}"
    return f"{finding.name} {MARKS[finding.certainty]}{finding.value}"


def _parts(fit: Fit, title: str) -> Iterator[RenderableType]:
    yield Text(f"{title}: {_measured(fit)}")
    yield Text()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("what", "value", "how it is known, or why it is not"):
        table.add_column(column, overflow="fold", vertical="top")
    for finding in fit.findings:
        mark = MARKS[finding.certainty]
        value = finding.value if finding.certainty != "unknown" else "unknown"
        reason = finding.reason + (f". Cure: {finding.cure}" if finding.cure else "")
        table.add_row(
            Text(finding.name),
            Text(f"{mark if finding.certainty == 'at least' else ''}{value}"),
            Text(reason),
        )
    for step in fit.steps if len(fit.steps) > 1 else ():
        where = "on the queue" if step.background else "in the request"
        work = step.certainty
        table.add_row(Text(f"  {step.name}"), Text(work.value), Text(f"{where}: {work.reason}"))
    yield table
    yield from (Text(line) for line in _notes(fit))


def _measured(fit: Fit) -> str:
    log, calls, response = fit.log, fit.log.calls, fit.response
    failed = sum(calls.failed)
    share = f" ({format_share(failed / len(calls))})" if failed else ""
    once = most_at_once(calls.start_us, calls.end_us)
    taken = "response time" if log.measures == "response" else "work time"
    times = {"mean": response.mean, "p50": response.p50, "p95": response.p95, "longest": response.max}
    listed = ", ".join(f"{name} {format_time(seconds)}" for name, seconds in times.items())
    return (
        f"{format_count(len(calls))} {log.noun} ({log.format}), {format_count(failed)} failed{share}, "
        f"at most {once} at once; {taken} {listed}"
    )


def _notes(fit: Fit) -> Iterator[str]:
    log = fit.log
    if log.left_out:
        listed = "; ".join(f"{format_count(count)} {reason}" for reason, count in log.left_out.most_common())
        yield f"Left out: {listed}."
    if log.unreadable_count:
        count = log.unreadable_count
        lines = "line is no record" if count == 1 else "lines are no records"
        yield f"{format_count(count)} {lines} of this format; the first: {log.unreadable[0]}."
    if not log.has_zone:
        yield "The log names no time zone: its times are taken as UTC (--zone +02:00 says another)."
    yield from (f"Note: {caution}." for caution in log.cautions)
