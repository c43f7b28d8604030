"""The scenario of a fit as YAML, with comments that say where each number comes from; and its data files."""

from __future__ import annotations

import json
from array import array
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from syncasync_sim.fit.distribution import FittedDistribution, fitted_distribution
from syncasync_sim.fit.fitted import Fit, FittedStep
from syncasync_sim.fit.judging import Finding
from syncasync_sim.model.formats import format_count, format_share, format_time
from syncasync_sim.model.quantities import US_PER_S, format_duration

WIDTH = 100
"""Characters of a line of comment."""
YEAR_US = 366 * 86_400 * US_PER_S
"""A stamp below it counts from the beginning of a run, and is no date."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Written:
    """The texts of a fitted scenario."""

    scenario: str
    """The YAML text."""
    data: dict[str, str]
    """The text of each data file, by its name."""
    distributions: dict[str, tuple[str, array[int], FittedDistribution]]
    """The step, its measured durations and the distribution that takes their place, by the column's name."""


def written(fit: Fit, stem: str, sources: Sequence[str], distribution: str | None = None) -> Written:
    """Write a fit as a scenario and its data files.

    Args:
        fit: what was found.
        stem: the name of the scenario file without its ending; data files begin with it.
        sources: the names of the logs.
        distribution: the name of a distribution that takes the place of the measured durations, or `best`.

    Raises:
        LogError: there is no such distribution, or the durations do not allow it.
    """
    durations = _Durations(f"{stem}-customers.csv", distribution, {"arrival": fit.arrivals_us})
    steps = [line for step in fit.steps for line in _step(fit, step, durations)]
    queue = [] if fit.publish is None else _queue(fit.publish, durations)
    lines = [*_heading(fit, sources), *_traffic(fit, durations.file, paired=distribution is None)]
    if fit.log.noun != "jobs":
        lines += _server(fit)
    lines += ["steps:", *steps, *queue]
    if fit.workers:
        lines += _workers(fit)
    elif any(step.background for step in fit.steps):
        lines += ["workers:", "  count: 1  # a first guess: syncasync-sim size finds how many are enough"]
    data = {durations.file: table(durations.columns)}
    return Written("\n".join(lines) + "\n", data, durations.fitted)


@dataclass(slots=True)
class _Durations:
    """How durations are written: as columns of a file, or as distributions that are fitted to them."""

    file: str
    distribution: str | None
    columns: dict[str, array[int]]
    """What the file holds."""
    fitted: dict[str, tuple[str, array[int], FittedDistribution]] = field(default_factory=dict)

    def of(self, step: FittedStep) -> tuple[str, str]:
        """The duration of a step as YAML, and what must be said about it."""
        name = _column(step, {*self.columns, *self.fitted})
        if self.distribution is None:
            self.columns[name] = step.durations_us
            without = f"{format_count(step.without)} have none in the log, and have that of the one before"
            return f'"empirical(file={self.file}, column={name})"', without if step.without else ""
        fitted = fitted_distribution(step.durations_us, self.distribution)
        self.fitted[name] = (step.name, step.durations_us, fitted)
        distance = (
            f"at most {format_share(fitted.distance)} of them away from it (Kolmogorov-Smirnov distance)"
        )
        number = format_count(len(step.durations_us))
        return f'"{fitted.distribution}"', f"fitted to {number} measured durations; {distance}"


def table(columns: dict[str, array[int]]) -> str:
    """Return columns of microseconds as CSV in seconds, with a header.

    Args:
        columns: the values of each column, by its name; all of one length.
    """
    rows = zip(*(values for values in columns.values()), strict=True)
    body = "\n".join(",".join(map(_seconds, row)) for row in rows)
    return ",".join(f"{name}" for name in columns) + "\n" + body + "\n"


def _seconds(us: int) -> str:
    return f"{us // US_PER_S}.{us % US_PER_S:06}"


def _column(step: FittedStep, taken: Container[str]) -> str:
    """The name of the column of a step: letters, digits and hyphens, and another one for each step."""
    name = "-".join("".join(c if c.isalnum() else " " for c in step.name.lower()).split()) or "work"
    numbers = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(free for free in numbers if free not in taken)


def _heading(fit: Fit, sources: Sequence[str]) -> Iterator[str]:
    log, calls = fit.log, fit.log.calls
    named = ", ".join(sources[:3]) + (f" and {len(sources) - 3} more" if len(sources) > 3 else "")
    yield from _comment(
        f"Made by syncasync-sim fit of {named} ({log.format}): {format_count(len(calls))} {log.noun} "
        f"{_period(calls.start_us[0], max(calls.end_us), has_zone=log.has_zone)}."
    )
    for reason, number in log.left_out.most_common():
        yield from _comment(f"Left out: {format_count(number)} {reason}.")
    if log.unreadable_count:
        number = log.unreadable_count
        lines = f"{format_count(number)} line{'s' * (number > 1)}"
        yield from _comment(f"{lines} cannot be read; the first: {log.unreadable[0]}.")
    for caution in log.cautions:
        yield from _comment(f"Note: {caution}.")


def _period(begin_us: int, end_us: int, *, has_zone: bool) -> str:
    """From when to when, as a date if the log has one."""
    if begin_us < YEAR_US:
        return f"in {format_time((end_us - begin_us) / US_PER_S)}"
    begin, end = (_EPOCH + timedelta(microseconds=us) for us in (begin_us, end_us))
    zone = "UTC" if has_zone else "as in the log, which names no time zone"
    return f"from {begin:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} ({zone})"


def _traffic(fit: Fit, file: str, *, paired: bool) -> Iterator[str]:
    yield from _because(fit.arrivals)
    yield "traffic:"
    yield f"  file: {_quoted(file)}"
    yield "  column: arrival"
    if paired:
        yield "  paired: true  # the k-th customer has the values of the k-th row"


def _server(fit: Fit) -> Iterator[str]:
    count = fit.threads.count
    yield from _because(fit.threads.finding)
    yield "server:"
    yield f"  threads: {count if count else 'unlimited  # unknown'}"


def _step(fit: Fit, step: FittedStep, durations: _Durations) -> Iterator[str]:
    is_response = fit.threads.work_us is None and step.attempts == len(fit.log.calls)
    yield f"  - name: {_quoted(step.name)}"
    if is_response and not step.certainty.is_known:
        yield from _comment(
            "unknown: these are the response times, any wait included. With unlimited threads they come out "
            "again as they are; do not change threads or traffic on them.",
            indent=4,
        )
    else:
        yield from _because(step.certainty, indent=4)
    duration, note = durations.of(step)
    yield f"    duration: {duration}"
    yield from _comment(f"{note}.", indent=4) if note else ()
    if step.failed:
        yield f"    failure_rate: {step.failed / step.attempts:.6f}  # {_failed(step)}"
    if step.background:
        yield "    background: true"
    if step.background or step.most_attempts > 1:
        yield from _retry(step)


def _queue(publish: FittedStep, durations: _Durations) -> list[str]:
    duration, note = durations.of(publish)
    note = f"{publish.certainty.value}{'; ' if note else ''}{note}."
    return ["queue:", f"  publish: {duration}", *_comment(note, indent=2)]


def _failed(step: FittedStep) -> str:
    return f"{format_count(step.failed)} of {format_count(step.attempts)} attempts failed"


def _retry(step: FittedStep) -> Iterator[str]:
    """How a step is tried again; the limit of attempts is known only where one gave up at it."""
    if step.most_attempts > 1:
        delay = format_duration(step.retry_delay_us / US_PER_S)
        inside = "" if step.background else ", in_request: true"
        limit = f"attempts: {step.most_attempts}, " if step.gave_up else ""
        yield f"    retry: {{{limit}delay: {delay}, factor: 1{inside}}}"
        given_up = "" if step.gave_up else ", and none gave up: their limit is unknown"
        yield from _comment(
            f"the delay is the median of the log; it has at most {step.most_attempts} attempts{given_up}.",
            indent=4,
        )


def _workers(fit: Fit) -> Iterator[str]:
    assert fit.workers is not None  # the caller knows
    count = fit.workers.count
    yield from _because(fit.workers.finding)
    yield "workers:"
    yield f"  count: {count if count else '1  # unknown'}"


def _because(finding: Finding, indent: int = 0) -> Iterator[str]:
    """Comments that say how a number is known, or why it is not."""
    mark = {"known": "", "at least": "unknown, at least this: ", "unknown": "unknown: "}[finding.certainty]
    value = f"{finding.value}: " if finding.value and finding.certainty == "known" else ""
    cure = f" Cure: {finding.cure}." if finding.cure else ""
    yield from _comment(f"{mark}{value}{finding.reason}.{cure}", indent)


def _comment(text: str, indent: int = 0) -> Iterator[str]:
    """A comment in lines of at most WIDTH characters; nothing in it can end the comment."""
    begin = " " * indent + "#"
    line = begin
    for word in "".join(c if c.isprintable() else "?" for c in text).split():
        if len(line) + len(word) + 1 > WIDTH and line != begin:
            yield line
            line = begin
        line += f" {word}"
    yield line


def _quoted(text: str) -> str:
    """A YAML scalar: plain if that is safe, else in double quotes as JSON writes it."""
    safe = text and all(c.isalnum() or c in " -_./" for c in text) and text[0].isalpha()
    reserved = text.lower() in ("true", "false", "yes", "no", "on", "off", "null", "none")
    return text if safe and text.isascii() and text.strip() == text and not reserved else json.dumps(text)
