"""The rows of a result: the same numbers in the JSON, the table, the notebook and the data frame."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from syncasync_sim.engine import simulate
from syncasync_sim.experiment import replicate, run_designs
from syncasync_sim.files import load_scenario
from syncasync_sim.model.figures import unit_of
from syncasync_sim.model.formats import format_value
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.html import comparison_html
from syncasync_sim.stats import Comparison, summarise
from syncasync_sim.stats.change import change_of
from syncasync_sim.stats.rows import FigureRow, change_in_words, change_text, in_common_unit, notes


def scenario(email: dict[str, Any] | None = None, **parts: Any) -> Scenario:
    steps = [
        {"name": "charge card", "duration": "1s", "effect": "card charged"},
        {"name": "send email", "duration": "1.5s", "effect": "email sent", "background": True}
        | (email or {}),
    ]
    return Scenario.model_validate({"traffic": {"requests": 1}, "steps": steps} | parts)


def compared(asked: Scenario, replications: int = 1, modes: tuple[Mode, ...] = MODES) -> Comparison:
    return run_designs(asked, seed=1, replications=replications, modes=modes)[0]


def row(comparison: Comparison, figure: str) -> FigureRow:
    return next(row for row in comparison.rows() if row.figure == figure)


def labels(comparison: Comparison) -> list[str]:
    return [row.label for row in comparison.rows()]


def test_one_customer_has_one_row_a_clock_the_customers_first() -> None:
    first, second, third = compared(scenario()).rows()
    assert (first.label, first.sync, first.async_, first.change) == ("customer waits", 2.5, 1.0, -1.5)
    assert (second.label, second.sync, second.async_, second.change) == ("all work done", 2.5, 2.5, 0.0)
    assert (first.in_words(), second.in_words()) == ("2.5x as fast", "the same")
    assert (third.label, third.sync, third.async_) == ("requests", 1, 1)


@pytest.mark.parametrize(
    "asked",
    [
        scenario(),
        scenario(traffic={"requests": 10}, server={"threads": 4}),
        scenario({"outages": [{"from": "0s", "for": "forever"}]}, customer={"resubmits": 1}),
        scenario(traffic={"rate": "2/s", "for": "600s"}, server={"threads": 3}, workers={"count": 3}),
    ],
)
@pytest.mark.parametrize("replications", [1, 3])
def test_every_row_holds_the_figure_of_the_json(asked: Scenario, replications: int) -> None:
    comparison = compared(asked, replications)
    modes = comparison.to_dict("1")["modes"]
    for one in comparison.rows():
        for mode in MODES:
            value = one.value(mode)
            name, _, part = one.figure.partition(".")
            whole = modes[mode][name]
            written = whole[part] if part and whole is not None else None if part else whole
            assert value == written or (value is None and part in ("p95", "p99")), one


def test_what_went_wrong_is_told_in_human_terms_and_only_if_it_did() -> None:
    asked = scenario({"outages": [{"from": "0s", "for": "forever"}]}, customer={"resubmits": 1})
    wrong = {r.label: (r.sync, r.async_) for r in compared(asked).rows() if r.group == "what went wrong"}
    assert wrong == {
        "error pages": (2, 0),
        "phantom errors (work was done)": (2, 0),
        "card charged too often": (1, 0),
        "work failed for good": (2, 0),
        "work dead-lettered": (0, 1),
        "messages dead-lettered": (None, 1),
    }
    well = compared(scenario())
    assert notes(well, well.rows()) == ["Everybody got the page, all work was completed, nothing went wrong."]


def test_percentiles_are_shown_only_with_ten_times_beyond_them() -> None:
    def shown(customers: int) -> list[str]:
        asked = scenario(traffic={"requests": customers}, server={"threads": 7}, workers={"count": 100})
        comparison = compared(asked, modes=("sync",))
        assert ("p95 is shown from" in " ".join(notes(comparison, comparison.rows()))) is (customers < 1000)
        return [row.label for row in comparison.rows() if row.group == "customer waits"]

    assert shown(199) == ["mean", "p50", "max"]
    assert shown(200) == ["mean", "p50", "p95", "max"]
    assert shown(1000) == ["mean", "p50", "p95", "p99", "max"]


def test_the_queue_says_how_deep_when_and_how_long() -> None:
    comparison = compared(scenario(traffic={"requests": 10}))
    queue = {r.label: (r.sync, r.async_) for r in comparison.rows() if r.group == "queue and workers"}
    assert queue["most messages waiting"] == (None, 9)
    assert queue["queue longest at"] == (None, 1.0)
    assert queue["longest wait until first taken"] == (None, 13.5)


def test_the_most_messages_at_workers_are_told_where_workers_hold_more_than_they_work_on() -> None:
    def at_workers(**queue: Any) -> list[float | None]:
        comparison = compared(scenario(traffic={"requests": 10}, queue=queue, workers={"count": 2}))
        return [row.async_ for row in comparison.rows() if row.label == "most messages at workers"]

    assert at_workers() == []  # two, as many as there are workers
    assert at_workers(prefetch=3) == [6]
    assert at_workers(prefetch="unlimited") == [10]
    assert at_workers(max_in_flight=2) == [2]  # the limit was met
    assert at_workers(max_in_flight=3) == []
    held, plain = (
        summarise(simulate(scenario(traffic={"requests": 9}, queue=queue), "async", seed=1))
        for queue in ({"prefetch": 4}, {})
    )
    (change,) = [one for one in change_of([plain], [held]).rows() if one.figure == "queue.peak_held"]
    assert (change.before, change.after) == (1, 4)
    assert not [one for one in change_of([plain], [plain]).rows() if one.figure == "queue.peak_held"]


def test_what_the_queue_gave_up_is_told_whatever_became_of_the_work() -> None:
    # Done at 1.5 s, but its visibility timeout of 1 s was over: its last delivery, so a dead letter.
    late = compared(scenario(queue={"visibility_timeout": "1s", "max_deliveries": 1}))
    assert late.figure("async", "work.completed") == 1
    assert row(late, "queue.dead_lettered").async_ == 1
    # Dropped instead it is lost, and so is the work of one whose only attempt fails.
    gone = compared(scenario(queue={"visibility_timeout": "1s", "max_deliveries": 1, "dead_letter": False}))
    assert row(gone, "queue.lost").async_ == 1
    fails = compared(scenario({"failure_rate": 1, "retry": {"attempts": 1}}, queue={"dead_letter": False}))
    assert (row(fails, "queue.lost").async_, row(fails, "work.lost").async_) == (1, 1)


def test_the_change_is_async_minus_sync_with_its_paired_interval() -> None:
    asked = scenario({"duration": "exponential(mean=1.5s)"}, traffic={"requests": 50})
    comparison = compared(asked, replications=10)
    waits = row(comparison, "response_time_s.mean")
    assert comparison.interval is not None
    paired = comparison.interval["difference"]["response_time_s.mean"]
    assert waits.change == pytest.approx(-paired["mean"])
    assert waits.interval == (-paired["high"], -paired["low"])
    assert waits.change is not None
    assert waits.interval[0] < waits.change < waits.interval[1] < 0
    assert waits.in_words().endswith("x as fast")


def test_a_change_whose_interval_spans_zero_is_not_clear() -> None:
    def waits(interval: tuple[float, float]) -> FigureRow:
        return FigureRow("customer waits", "mean", "response_time_s.mean", "s", 1.0, 0.9, -0.1, interval)

    assert waits((-0.3, 0.1)).in_words() == "no clear change"
    assert waits((-0.15, -0.05)).in_words() == "1.1x as fast"
    assert FigureRow("requests", "x", "requests", "count", 1, 2, 1, (-1, 3)).in_words() == "no clear change"


def test_a_change_that_nobody_can_feel_is_told_without_powers_of_ten() -> None:
    def done(after: float) -> str:
        return FigureRow(
            "done", "mean", "completion_time_s.mean", "s", 4200.0, after, after - 4200.0
        ).in_words()

    assert done(4200.002) == "about the same"  # 2 ms of 70 min: not "4.8e-05 % longer"
    assert done(4199.58) == "about the same"
    assert done(4326.0) == "1.03x as long"


def test_a_moment_is_earlier_or_later_not_longer() -> None:
    assert FigureRow("q", "over", "ended_at_s", "s", 2.0, 3.0, 1.0).in_words() == "later"


def test_the_end_of_a_run_is_not_called_work() -> None:
    # The only attempt fails at 1 s; at 30 s the message is dead-lettered: an end, but no work.
    steps = [
        {"name": "mail", "duration": "1s", "background": True, "failure_rate": 1, "retry": {"attempts": 1}}
    ]
    asked = Scenario.model_validate(
        {
            "traffic": {"requests": 1},
            "steps": steps,
            "queue": {"failure": "timeout", "visibility_timeout": "30s"},
        }
    )
    over = row(compared(asked), "ended_at_s")
    assert (over.label, over.sync, over.async_) == ("run over at", 1.0, 30.0)


def test_the_data_frame_has_the_rows() -> None:
    comparison = compared(scenario())
    frame = comparison.to_frame()
    assert list(frame.columns[:7]) == ["group", "label", "figure", "unit", "sync", "async", "change"]
    assert frame["async"].tolist() == [r.async_ for r in comparison.rows()]


def test_without_pandas_the_data_frame_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'syncasync-sim\[pandas\]'"):
        compared(scenario()).to_frame()
    with pytest.raises(ImportError, match=r"pip install 'syncasync-sim\[pandas\]'"):
        simulate(scenario(), "sync", seed=1).to_frame()


def test_the_notebook_shows_every_number_of_the_rows_and_escapes_text() -> None:
    asked = scenario(title="<b>&", traffic={"requests": 10})
    comparison = compared(asked)
    html = comparison_html(comparison)
    assert "<b>&lt;b&gt;&amp;</b>" in html
    for one in comparison.rows():
        assert f">{format_value(one.async_, one.unit)}</td>" in html
    assert html.count("<tr>") == html.count("</tr>")
    assert "background:#" not in html
    assert "background:white" not in html


def test_one_design_alone_has_no_change() -> None:
    alone = compared(scenario(), modes=("async",))
    assert all(one.change is None and one.sync is None for one in alone.rows())
    assert ">change</th>" not in comparison_html(alone)


def test_the_synchronous_design_alone_has_no_queue_to_speak_of() -> None:
    email = {"failure_rate": "100%"}
    ended = row(compared(scenario(email), modes=("sync",)), "ended_at_s")
    assert (ended.group, ended.sync) == ("web server", 2.5)


def test_the_notebook_sets_rows_of_a_group_apart() -> None:
    html = comparison_html(compared(scenario(traffic={"requests": 10})))
    assert '1px 30px">mean</td>' in html
    assert '1px 10px">requests</td>' in html


@pytest.mark.parametrize(
    ("figure", "unit"),
    [
        ("response_time_s.max", "s"),
        ("response_time_s.count", "count"),
        ("queue.peak_depth", "count"),
        ("queue.peak_depth_at_s", "s"),
        ("workers.utilisation", "share"),
        ("ended_at_s", "s"),
        ("effects.card charged", "count"),
    ],
)
def test_a_figure_has_its_unit(figure: str, unit: str) -> None:
    assert unit_of(figure) == unit


def test_every_replication_has_its_figure() -> None:
    comparison = replicate(load_scenario("flaky-email"), 3, seed=1)
    values = comparison.each("sync", "response_time_s.mean")
    assert len(set(values)) == 3
    assert sum(values) / 3 == pytest.approx(comparison.figure("sync", "response_time_s.mean"))
    assert comparison.each("sync", "server.utilisation") == (None, None, None)


def test_the_time_of_some_is_not_called_shorter_than_that_of_others() -> None:
    # One thread, patience 3 s: of three customers only the first has the page, at 2.5 s. With the email on
    # the queue the pages come at 1, 2 and 3 s, the last just in time.
    some = compared(
        scenario(traffic={"requests": 3}, server={"threads": 1}, customer={"patience": "3s"}), modes=MODES
    )
    waits = row(some, "response_time_s.max")
    assert (waits.group, waits.sync, waits.async_) == ("customer waits (who got the page)", 2.5, 3)
    assert (waits.of_some, waits.in_words()) == (True, "")
    everybody = row(compared(scenario()), "response_time_s.mean")
    assert (everybody.of_some, everybody.in_words()) == (False, "2.5x as fast")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.080, 0.805, "10.1x as long"),  # 805 / 80 = 10.06
        (2.55, 1.05, "2.4x as fast"),  # 2.55 / 1.05 = 2.43
        (16.73, 17.30, "1.03x as long"),  # a change of 3.4 %: still a ratio, as the rows above and below it
        (17.30, 16.73, "1.03x as fast"),
        (1.0, 1.094, "1.09x as long"),
        (1.0, 1.096, "1.1x as long"),
        (1.0, 1.004, "about the same"),
        (1.0, 99.94, "99.9x as long"),
        (1.0, 99.96, "100x as long"),
        (1.0, 1000.4, "1,000x as long"),
        (1.0, 1234.5, "more than 1,000x as long"),
        (31_622_400_000.0, 0.001, "more than 1,000x as fast"),
        (0.0, 2.0, "longer"),
        (2.0, 0.0, "shorter"),
    ],
)
def test_a_ratio_has_one_meaning_however_large_it_is(before: float, after: float, words: str) -> None:
    assert change_in_words("response_time_s.mean", before, after, after - before) == words


def test_all_times_of_a_table_are_told_as_the_longest_of_them() -> None:
    # 591.6 s = 9 min 51.6 s, 1,127 s = 18 min 47 s, 535.4 s = 8 min 55.4 s; 1,523 - 500.08 = 1,022.92 s
    values = [(591.6, 1127.0), (1523.0, 1022.92), (25.0, 0.07)]
    rows = [
        FigureRow("all work done", "mean", "completion_time_s.mean", "s", sync, later, later - sync)
        for sync, later in values
    ]
    told = [(one.text("sync"), one.text("async"), change_text(one)) for one in in_common_unit(rows)]
    assert told == [
        ("9 min 52 s", "18 min 47 s", "+8 min 55 s"),
        ("25 min 23 s", "17 min 03 s", "-8 min 20 s"),
        ("25.00 s", "70 ms", "-24.93 s"),
    ]
    alone = [(one.text("sync"), change_text(one)) for one in in_common_unit(rows[2:])]
    assert alone == [("25.00 s", "-24.93 s")]


def test_the_interval_of_a_change_is_told_as_the_change() -> None:
    interval = -94.0, -86.0
    row = FigureRow("all work done", "mean", "completion_time_s.mean", "s", 700.0, 610.0, -90.0, interval)
    (told,) = in_common_unit([row])
    assert change_text(told) == "-1 min 30 s ± 4.00 s"
