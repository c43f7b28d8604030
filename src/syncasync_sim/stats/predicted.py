"""A run for real beside the simulation of the same scenario: figure by figure, and request by request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from syncasync_sim.errors import BooksError
from syncasync_sim.live.keep_up import GRACE_S, SHARE
from syncasync_sim.model.figures import DONE, QUEUE, REQUESTS, WAITS, WRONG, read, unit_of
from syncasync_sim.model.formats import Unit
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.stats.bootstrap import percentile_differences
from syncasync_sim.stats.rows import in_common_unit
from syncasync_sim.stats.summary import Summary, summarise
from syncasync_sim.trace.columns import NEVER, seconds
from syncasync_sim.trace.queries import of_counted
from syncasync_sim.trace.records import ResponseStatus, Trace
from syncasync_sim.trace.worker_queries import retaken_after_us

_CLOCKS = ((WAITS, "response_time_s"), (WAITS, "error_time_s"), (DONE, "completion_time_s"))
_FIGURES = (
    *((group, f"{name}.{part}") for group, name in _CLOCKS for part in ("p50", "p95", "max")),
    (REQUESTS, "requests"),
    *((REQUESTS, f"responses.{kind}") for kind in ("ok", "error", "timed_out", "rejected", "none")),
    *((REQUESTS, f"work.{kind}") for kind in ("completed", "failed", "dead_lettered", "lost", "unfinished")),
    (WRONG, "phantom_errors"),
    *((QUEUE, f"queue.{kind}") for kind in ("published", "delivered", "redelivered", "peak_depth")),
    (QUEUE, "workers.crashes"),
)
_LABELS = {
    **{f"{name}.{part}": part for _, name in _CLOCKS for part in ("p50", "p95", "max")},
    **{f"error_time_s.{part}": f"error page, {part}" for part in ("p50", "p95", "max")},
    **{"requests": "all", "responses.ok": "answered", "responses.error": "error page"},
    **{"responses.none": "never answered", "work.completed": "work completed", "work.failed": "work failed"},
    **{"work.lost": "work lost", "work.unfinished": "work unfinished", "phantom_errors": "phantom errors"},
}
_RETAKEN_AFTER = "retaken_after_s"
_ANSWERED = {int(ResponseStatus.OK): "response_time_s", int(ResponseStatus.ERROR): "error_time_s"}
RETAKEN = "crash, until taken again"
DEPTH = "queue.peak_depth"


@dataclass(frozen=True, slots=True)
class PredictedRow:
    """One figure of one design, simulated and measured for real; None if there is no such time."""

    mode: Mode
    group: str
    label: str
    figure: str
    unit: Unit
    predicted: float | None
    measured: float | None
    interval: tuple[float, float] | None = None
    """The 95 % interval of the difference, of percentiles only, over the requests."""
    span: tuple[float, float] | None = None
    """The least and the greatest prediction, where it depends on which of two things almost together comes
    first."""
    longest_s: float = 0.0
    """The longest time it is shown together with."""

    @property
    def values(self) -> tuple[float | None, ...]:
        """What is compared."""
        return self.predicted, self.measured

    @property
    def difference(self) -> float | None:
        """Measured less predicted."""
        if self.predicted is None or self.measured is None:
            return None
        return round(self.measured - self.predicted, 10) + 0.0

    @property
    def is_within(self) -> bool:
        """Whether the measured value lies in the span of the prediction, or close to it."""
        if self.span is None or self.measured is None:
            return False
        low, high = self.span
        return low - self.close_to(low) <= self.measured <= high + self.close_to(high)

    @property
    def differs(self) -> bool:
        """Whether the real run did otherwise than the prediction: neither chance nor the order explain it.

        A percentile differs by more than 5 % and 20 ms, with an interval that does not reach zero. A count
        differs at all. What has a span lies outside it. The greatest depth is left out, as a message that is
        taken at once may still be seen.
        """
        if self.figure == DEPTH:
            return False
        if self.span is not None:
            return not self.is_within
        if self.predicted is None or self.measured is None:
            return self.predicted != self.measured
        difference = abs(self.measured - self.predicted)
        if self.unit != "s":
            return difference > 0
        if self.interval is None:
            return self.label == RETAKEN and difference > self.close_to(self.predicted)
        low, high = self.interval
        return difference > self.close_to(self.predicted) and not low <= 0 <= high

    def close_to(self, value: float) -> float:
        """Return how much a value may be off and still be as predicted: 5 % and 20 ms of a time."""
        return GRACE_S + SHARE * value if self.unit == "s" else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data, with the difference of its values and whether it is marked."""
        data = asdict(self)
        del data["longest_s"]  # of the table that people read
        return {**data, "difference": self.difference, "differs": self.differs}


@dataclass(frozen=True, slots=True)
class Pair:
    """One click in both: seconds until the answer and until all work was done; None where it never came."""

    customer: int
    click: int
    predicted_wait_s: float | None
    measured_wait_s: float | None
    predicted_done_s: float | None
    measured_done_s: float | None


def predicted_rows(
    predicted: Mapping[Mode, Trace],
    measured: Mapping[Mode, Trace],
    shifted: Mapping[Mode, Sequence[Trace]] | None = None,
) -> list[PredictedRow]:
    """Return the rows that compare a prediction with a measurement, design by design.

    Args:
        predicted: the simulated trace of each design.
        measured: the measured trace of each design; a design without both has no rows.
        shifted: the prediction of each design again, with customers who come a little later.
    """
    return in_common_unit(
        row
        for mode in MODES
        if mode in measured and mode in predicted
        for row in _with_spans(
            _rows(mode, predicted[mode], measured[mode]),
            [_figures(trace) for trace in (shifted or {}).get(mode, ())],
        )
    )


def _with_spans(rows: Iterable[PredictedRow], shifted: Sequence[dict[str, Any]]) -> Iterator[PredictedRow]:
    """The rows; where the shifted runs make another prediction, with the span of all of them."""
    for row in rows:
        values = [row.predicted, *(read(figures, row.figure) for figures in shifted)]
        known = [value for value in values if value is not None]
        span = min(known, default=0.0), max(known, default=0.0)
        spread = span[1] - span[0] > row.close_to(row.predicted or 0.0)
        yield replace(row, span=span) if known and spread else row


def _rows(mode: Mode, predicted: Trace, measured: Trace) -> Iterator[PredictedRow]:
    first, second = _figures(predicted), _figures(measured)
    intervals = _intervals(predicted, measured)
    for group, figure in _FIGURES:
        values = read(first, figure), read(second, figure)
        is_clock = figure.partition(".")[0].endswith("_s")
        if values == (None, None) or (not is_clock and not any(values)):
            continue
        label = _LABELS.get(figure) or figure.partition(".")[2].replace("_", " ")
        yield PredictedRow(mode, group, label, figure, unit_of(figure), *values, intervals.get(figure))
    for effect, times in first["duplicates"].items():
        again = second["duplicates"][effect]
        if times or again:
            yield PredictedRow(mode, WRONG, f"twice: {effect}", f"duplicates.{effect}", "count", times, again)
    retaken = first[_RETAKEN_AFTER], second[_RETAKEN_AFTER]
    if any(after is not None for after in retaken):
        yield PredictedRow(mode, QUEUE, RETAKEN, _RETAKEN_AFTER, "s", *retaken)


def _figures(trace: Trace) -> dict[str, Any]:
    """The figures of a run, and the longest time from a crash until what it left is taken again."""
    retaken_s = seconds(max(retaken_after_us(trace), default=NEVER))
    return {**summarise(trace).to_dict(), _RETAKEN_AFTER: retaken_s}


def _intervals(predicted: Trace, measured: Trace) -> dict[str, tuple[float, float] | None]:
    """Of the p50 and the p95 of each clock, over the requests that it timed in both."""
    first, second = _times_by_click(predicted), _times_by_click(measured)
    intervals: dict[str, tuple[float, float] | None] = {}
    for _, name in _CLOCKS:
        pairs = [(took, second[name][click]) for click, took in first[name].items() if click in second[name]]
        for percent, interval in zip((50, 95), percentile_differences(pairs, (50, 95), 1), strict=True):
            intervals[f"{name}.p{percent}"] = interval
    return intervals


def _times_by_click(trace: Trace) -> dict[str, dict[tuple[int, int], int]]:
    """Per clock, by (customer, click), the microseconds of the requests that count."""
    times_us: dict[str, dict[tuple[int, int], int]] = {name: {} for _, name in _CLOCKS}
    names = ("customer", "click", "arrived", "replied", "response", "completed")
    for customer, click, arrived, replied, response, completed in of_counted(trace, *names):
        key = customer, click
        if response in _ANSWERED:
            times_us[_ANSWERED[response]][key] = replied - arrived
        if completed != NEVER:
            times_us["completion_time_s"][key] = completed - arrived
    return times_us


def pairs(predicted: Trace, measured: Trace) -> list[Pair]:
    """Return the clicks that are in both traces, in the order of the prediction.

    Args:
        predicted: the simulated trace.
        measured: the trace of the real run.
    """
    measured_clicks = {(row[0], row[1]): row[2:] for row in _clicks(measured)}
    return [
        Pair(
            customer,
            click,
            wait,
            measured_clicks[customer, click][0],
            done,
            measured_clicks[customer, click][1],
        )
        for customer, click, wait, done in _clicks(predicted)
        if (customer, click) in measured_clicks
    ]


def _clicks(trace: Trace) -> Iterator[tuple[int, int, float | None, float | None]]:
    names = ("customer", "click", "arrived", "replied", "completed")
    for customer, click, arrived, replied, completed in trace.requests.columns(*names):
        wait, done = (None if at == NEVER else (at - arrived) / US_PER_S for at in (replied, completed))
        yield customer, click, wait, done


def check_counts(
    summary: Summary, effects: Mapping[str, int], duplicates: Mapping[str, int], phantom_errors: int
) -> None:
    """Check that the effects counted outside the run agree with its trace.

    Args:
        summary: the figures of the trace.
        effects: how often each effect happened, by its name.
        duplicates: how often each effect happened again to the same customer, by its name.
        phantom_errors: the number of error pages after an effect had happened.

    Raises:
        BooksError: the counts differ.
    """
    counted = dict(effects), dict(duplicates), phantom_errors
    traced = summary.effects, summary.duplicates, summary.phantom_errors
    if counted != traced:
        raise BooksError(f"the database holds {counted}, the trace says {traced}")
