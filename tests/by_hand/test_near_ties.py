"""Predictions that depend on which of two things comes first, and differences that are marked."""

from __future__ import annotations

import pytest

from by_hand.timeline import run, step
from syncasync_sim.experiment.near_ties import RUNS, shifted_runs
from syncasync_sim.model.formats import Unit
from syncasync_sim.model.modes import Mode
from syncasync_sim.render.prediction_table import PredictedTable, difference_notes
from syncasync_sim.stats.predicted import PredictedRow, predicted_rows
from syncasync_sim.trace.records import Trace

Ends = tuple[float, float]


def re_click() -> Trace:
    """Customer 0 gives up at 2 and clicks again, at the very moment at which customer 1 comes."""
    return run(
        "sync",
        traffic={"at": ["0s", "2s"]},
        customer={"patience": "2s", "resubmits": 1},
        server={"threads": 1},
        steps=[step("pay", "2500ms")],
    )


def served(trace: Trace) -> list[tuple[int, int]]:
    """(customer, click) in the order in which the thread begins with them."""
    begun = sorted((r.began_s, r.customer, r.click) for r in trace.requests if r.began_s is not None)
    return [(customer, click) for _, customer, click in begun]


def test_customers_come_a_little_later_and_both_orders_are_seen() -> None:
    predicted = re_click()
    assert served(predicted)[:3] == [(0, 0), (0, 1), (1, 0)]  # the lower number goes first
    runs = shifted_runs(predicted, 0.01)
    assert len(runs) == RUNS
    for trace in runs:
        first = [r.arrived_s for r in trace.requests if not r.click]
        assert all(at <= later < at + 0.01 for at, later in zip((0.0, 2.0), first, strict=True))
    assert {tuple(served(trace)[:3]) for trace in runs} == {
        ((0, 0), (0, 1), (1, 0)),
        ((0, 0), (1, 0), (0, 1)),
    }


def test_nobody_comes_earlier_or_in_another_order() -> None:
    trace = run("sync", traffic={"requests": 5}, server={"threads": 1}, steps=[step("pay", "1s")])
    for shifted in shifted_runs(trace, 0.01):
        assert served(shifted) == [(customer, 0) for customer in range(5)]


def one_job(duration: str) -> Trace:
    return run("sync", steps=[step("pay", duration)])


def test_the_range_is_the_least_and_the_greatest_of_all_predictions() -> None:
    shifted: dict[Mode, list[Trace]] = {"sync": [one_job("900ms"), one_job("1100ms")]}
    rows = predicted_rows({"sync": one_job("1s")}, {"sync": one_job("1150ms")}, shifted)
    spans = {row.figure: row.span for row in rows}
    assert spans["response_time_s.p50"] == (0.9, 1.1)
    assert spans["requests"] is None
    # 900 to 1,060 ms: 160 ms is more than 20 ms and 5 % of a second. 980 to 1,040 ms: 60 ms is less.
    for least, greatest, span in (("900ms", "1060ms", (0.9, 1.06)), ("980ms", "1040ms", None)):
        shifted = {"sync": [one_job(least), one_job(greatest)]}
        rows = predicted_rows({"sync": one_job("1s")}, {"sync": one_job("1s")}, shifted)
        assert {row.figure: row.span for row in rows}["response_time_s.p50"] == span


@pytest.mark.parametrize(
    ("unit", "predicted", "measured", "interval", "span", "differs"),
    [
        # 5 % of 2 s and 20 ms are 120 ms.
        ("s", 2.0, 2.11, (0.1, 0.2), None, False),
        ("s", 2.0, 2.13, (0.1, 0.2), None, True),
        ("s", 2.0, 1.87, (-0.2, -0.1), None, True),
        ("s", 2.0, 2.13, (-0.01, 0.2), None, False),  # as likely no difference
        ("s", 2.0, 2.13, None, None, False),  # too few for an interval
        ("s", 2.0, None, None, None, True),
        ("count", 3.0, 4.0, None, None, True),
        ("count", 3.0, 3.0, None, None, False),
        ("count", 3.0, 5.0, None, (3.0, 5.0), False),
        ("count", 3.0, 6.0, None, (3.0, 5.0), True),
        # 2.5 s and 145 ms are still close to the greatest prediction.
        ("s", 2.0, 2.64, (0.5, 0.7), (1.9, 2.5), False),
        ("s", 2.0, 2.66, (0.5, 0.7), (1.9, 2.5), True),
        ("s", 2.0, 2.66, None, (1.9, 2.5), True),  # the longest time has no interval
        ("s", 2.0, 2.66, (-0.1, 0.7), (1.9, 2.5), True),
    ],
)
def test_what_is_marked(
    unit: Unit,
    predicted: float,
    measured: float | None,
    interval: Ends | None,
    span: Ends | None,
    differs: bool,
) -> None:
    figure = "response_time_s.p50" if unit == "s" else "queue.delivered"
    row = PredictedRow("async", "group", "label", figure, unit, predicted, measured, interval, span)
    assert row.differs is differs
    assert row.to_dict()["differs"] is differs
    notes = list(difference_notes([row]))
    assert any(note.startswith("* async group label") for note in notes) is differs
    assert any(note.startswith("A range") for note in notes) is (span is not None)
    assert ("*" in PredictedTable([row]).sentences()[0]) is differs


def test_the_greatest_depth_is_no_difference_of_interest() -> None:
    for span in (None, (0.0, 1.0)):
        row = PredictedRow("async", "queue", "depth", "queue.peak_depth", "count", 0, 2, None, span)
        assert not row.differs
        assert "*" not in PredictedTable([row]).sentences()[0]


def test_an_interval_never_falls_off_the_table() -> None:
    row = PredictedRow("async", "waits", "p50", "response_time_s.p50", "s", 1.0, 1.1, (0.001, 0.2))
    texts = [
        *(
            "\n".join(str(line) for grid in grids for line in grid.lines())
            for grids in PredictedTable([row]).ways()
        ),
        PredictedTable([row]).sentences()[0],
    ]
    assert len(texts) == 4
    for text in texts:
        assert "+1 to +200 ms" in text
