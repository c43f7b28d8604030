"""The result in two or three sentences, worked out from the numbers: who waits, for how long, what was done.

Every case has its own words: an asynchronous design that is worse, a change that is not clear, customers
who only see error pages although something was done, nobody answered, one design alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncasync_sim.model.formats import format_count, format_share, format_spread, format_time
from syncasync_sim.model.scenario import Mode
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.rows import CLOSE, FigureRow, rows


def headline(comparison: Comparison) -> str:
    """One short paragraph without line breaks."""
    modes = list(comparison.modes)
    told = [*_all_bad(comparison), *_both(comparison)] if len(modes) > 1 else _one(comparison, modes[0])
    return " ".join(told)


def _one(comparison: Comparison, mode: Mode) -> Iterator[str]:
    bad = _nobody_served(comparison, mode)
    if bad:
        yield bad
    else:
        mean, often = _mean(comparison, mode, "response_time_s")
        yield f"{mode.capitalize()}: the customer waits {format_time(mean)}{often}."
    yield from _bad_answers(comparison, [mode])
    done, often = _mean(comparison, mode, "completion_time_s")
    if done is not None:
        yield f"{_work_done(comparison, [mode]).capitalize()} is done after {format_time(done)}{often}."
    yield from _incomplete(comparison, [mode])
    yield from _too_often(comparison)


def _both(comparison: Comparison) -> Iterator[str]:
    served = [mode for mode in comparison.modes if comparison.figure(mode, "responses.ok")]
    if len(served) == 2:
        yield _wait(comparison)
    yield from _bad_answers(comparison, served)
    yield from _work(comparison, told=served if len(served) == 1 else [])
    yield from _incomplete(comparison, list(comparison.modes))
    yield from _too_often(comparison)


def _all_bad(comparison: Comparison) -> Iterator[str]:
    """Designs in which nobody gets the page come first: a time would only hide that."""
    told = [(mode, _nobody_served(comparison, mode)) for mode in comparison.modes]
    bad = [text for _, text in told if text]
    yield from bad
    for mode, text in told:
        if not text and bad:
            mean, often = _mean(comparison, mode, "response_time_s")
            page = f"{mode.capitalize()}: the page comes after {format_time(mean)}{often}"
            rest = [m for m in comparison.modes if m != mode and comparison.figure(m, "completion_time_s")]
            done, often = (None, "") if rest else _mean(comparison, mode, "completion_time_s")
            work = f", {_work_done(comparison, [mode])} is done after {format_time(done)}{often}"
            yield f"{page}." if done is None else f"{page}{work}."


def _nobody_served(comparison: Comparison, mode: Mode) -> str:
    """What everybody sees instead of the page, and what was done all the same; empty if somebody sees it."""

    def figure(name: str) -> Any:
        return comparison.figure(mode, name)

    if figure("responses.ok"):
        return ""
    if not figure("requests"):
        return f"{mode.capitalize()}: nobody came."
    error = figure("error_time_s.mean")
    if figure("responses.error") == figure("requests"):
        told = f"{mode.capitalize()}: every customer sees an error page after {format_time(error)}"
    else:
        told = f"{mode.capitalize()}: nobody gets the page ({_answers(comparison, mode)})"
    done = [effect for effect, number in figure("effects").items() if number]
    return f"{told}, and yet: {', '.join(done)}." if done and figure("phantom_errors") else f"{told}."


def _answers(comparison: Comparison, mode: Mode) -> str:
    """The answers other than the page, as `12 error pages, 3 timed out`."""
    words = (
        ("responses.error", "error page", "error pages"),
        ("responses.timed_out", "timed out", "timed out"),
        ("responses.rejected", "rejected", "rejected"),
        ("responses.none", "still waiting", "still waiting"),
    )
    numbers = [(comparison.figure(mode, name), one, many) for name, one, many in words]
    return ", ".join(f"{format_count(n)} {one if n == 1 else many}" for n, one, many in numbers if n)


def _bad_answers(comparison: Comparison, modes: list[Mode]) -> Iterator[str]:
    """Bad answers where others did get the page."""
    for mode in modes:
        told, phantom = _answers(comparison, mode), comparison.figure(mode, "phantom_errors")
        if not told or not comparison.figure(mode, "responses.ok"):
            continue
        requests = format_count(comparison.figure(mode, "requests"))
        bad = sum(comparison.figure(mode, f"responses.{kind}") for kind in ("error", "timed_out", "rejected"))
        some = "all" if phantom == bad else format_count(phantom)
        yet = f", {some} of them although something was done" if phantom else ""
        yield f"{mode.capitalize()}, of {requests} requests: {told}{yet}."


def _row(comparison: Comparison, name: str) -> FigureRow:
    return next(row for row in rows(comparison) if row.figure == f"{name}.mean")


def _mean(comparison: Comparison, mode: Mode, name: str) -> tuple[float | None, str]:
    """The mean, and ` on average` where not all are the same."""
    stats: Any = comparison.figure(mode, name)
    if stats is None:
        return None, ""
    return stats["mean"], " on average" if stats["max"] - stats["min"] > CLOSE else ""


def _wait(comparison: Comparison) -> str:
    """What the customer waits, and the change."""
    row = _row(comparison, "response_time_s")
    often = max((_mean(comparison, mode, "response_time_s")[1] for mode in comparison.modes), key=len)
    sync, asynchronous = format_time(row.sync), format_time(row.async_)
    if row.unclear:
        return f"No clear change in what the customer waits: {sync} in sync, {asynchronous} in async{often}."
    if abs(row.change or 0) < CLOSE:
        return f"The customer waits {sync}{often} in both designs."
    return f"The customer waits {asynchronous} instead of {sync}{often} ({_by_how_much(row)})."


def _by_how_much(row: FigureRow) -> str:
    """`1.50 s less, 59 %`, with half the width of the interval where there is one."""
    before, change = row.sync or 0.0, row.change or 0.0
    low, high = row.interval or (0.0, 0.0)
    size = format_time(abs(change))
    if high - low > CLOSE:
        size = format_spread(abs(change), (high - low) / 2, "s").removeprefix("+")
    size = f"{size} {'less' if change < 0 else 'more'}"
    if before <= 0:
        return size
    if change > before:
        return f"{size}, {(before + change) / before:,.3g} times as long"
    return f"{size}, {format_share(round(abs(change) / before, 2) or abs(change) / before)}"


def _work(comparison: Comparison, told: list[Mode]) -> Iterator[str]:
    """When all work is done, the clock that asynchronous does not make faster; *told* has been told."""
    row = _row(comparison, "completion_time_s")
    modes = list(comparison.modes)
    if row.sync is None or row.async_ is None:
        for mode in (mode for mode in modes if mode not in told):
            mean, often = _mean(comparison, mode, "completion_time_s")
            if mean is not None:
                work = _work_done(comparison, [mode])
                yield f"{mode.capitalize()}: {work} is done after {format_time(mean)}{often}."
        return
    often = max((_mean(comparison, mode, "completion_time_s")[1] for mode in modes), key=len)
    sync, asynchronous = format_time(row.sync), format_time(row.async_)
    work = _work_done(comparison, modes).capitalize()
    if row.unclear:
        yield f"{work} is done after {sync} in sync and {asynchronous} in async{often}: no clear change."
    elif abs(row.change or 0) < CLOSE:
        yield f"{work} is done after {sync}{often} in both{_moral(comparison)}."
    else:
        yield f"{work} is done after {asynchronous} instead of {sync}{often}{_why(comparison, row)}."


def _work_done(comparison: Comparison, modes: list[Mode]) -> str:
    return "the work that gets done" if list(_incomplete(comparison, modes)) else "all work"


def _moral(comparison: Comparison) -> str:
    """The lesson, where the customer waits less and the work is done no sooner."""
    wait = _row(comparison, "response_time_s")
    less = wait.change is not None and wait.change < -CLOSE and not wait.unclear
    return ": asynchronous is not faster, the customer just does not wait for it" if less else ""


def _why(comparison: Comparison, row: FigureRow) -> str:
    """The reason, where the numbers show it."""
    waited, redelivered = (comparison.figure("async", f"queue.{n}") for n in ("max_wait_s", "redelivered"))
    if (row.change or 0) < 0:
        threads = [comparison.figure(mode, "server.peak_waiting") or 0 for mode in ("sync", "async")]
        if threads[0] > threads[1]:
            return ": the customers no longer queue for a thread"
        at_once = sum(step.background for step in comparison.scenario.steps) > 1
        several = at_once and comparison.scenario.workers.count > 1
        return ": several workers do the steps of one request at the same time" if several else ""
    again = "some of it is delivered more than once" if redelivered else ""
    moved = "it is now the work that waits, in the queue" if waited else ""
    reasons = "; ".join(filter(None, (moved, again)))
    return f": {reasons}" if reasons else ""


def _incomplete(comparison: Comparison, modes: list[Mode]) -> Iterator[str]:
    """How much of the work was never completed, where some was not."""
    numbers = {mode: [comparison.figure(mode, n) for n in ("work.completed", "requests")] for mode in modes}
    if any(done < asked for done, asked in numbers.values()):
        told = ", ".join(
            f"{mode} {format_count(done)} of {format_count(asked)}" for mode, (done, asked) in numbers.items()
        )
        yield f"Not all work gets done: {told} requests."


def _too_often(comparison: Comparison) -> Iterator[str]:
    """What happened to customers more than once, per design, where something did."""
    for mode in comparison.modes:
        duplicates: dict[str, float] = comparison.figure(mode, "duplicates")
        told = [f"{effect} ({format_count(number)})" for effect, number in duplicates.items() if number]
        if told:
            yield f"{mode.capitalize()}, too often: {', '.join(told)}."
