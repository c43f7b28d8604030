"""Charts: what they draw is what was measured, they can be read, and their bytes are always the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from matplotlib import rc_context
from matplotlib.axis import Tick
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from syncasync_sim.experiment import run_designs
from syncasync_sim.files import load_scenario
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render import charts
from syncasync_sim.render.axes import round_ticks
from syncasync_sim.render.charts.canvas import MissingGlyphWarning, _apart
from syncasync_sim.render.customer_trace import Lane, Stretch
from syncasync_sim.render.run_charts.depth_chart import thinned_steps
from syncasync_sim.render.style import LOOKS
from syncasync_sim.render.timeline_layout import TimelineLayout
from syncasync_sim.stats import Comparison, nearest_rank
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.series import series

Result = tuple[Comparison, Mapping[Mode, Trace]]


def result(email: dict[str, Any] | None = None, modes: tuple[Mode, ...] = MODES, **parts: Any) -> Result:
    steps = [
        {"name": "check payment", "duration": "200ms"},
        {"name": "charge card", "duration": "800ms", "effect": "card charged"},
        {"name": "save order", "duration": "50ms", "effect": "order saved"},
        {"name": "send email", "duration": "1.5s", "effect": "email sent", "background": True}
        | (email or {}),
    ]
    asked = Scenario.model_validate({"traffic": {"requests": 1}, "steps": steps} | parts)
    return run_designs(asked, seed=1, modes=modes)


BUSY: dict[str, Any] = {
    "traffic": {"rate": "3/s", "for": "60s"},
    "server": {"threads": 4},
    "workers": {"count": 3},
}
RANDOM: dict[str, Any] = {
    "traffic": {"rate": "3/s", "for": "400s", "arrivals": "poisson"},
    "server": {"threads": 9},
    "workers": {"count": 5},
}
DOWN = {"outages": [{"from": "0s", "for": "60s"}]}


def drawn(name: str, run: Result) -> Figure:
    figure = charts.CHARTS[name](*run)
    assert figure is not None
    return figure


def lines(figure: Figure) -> dict[str, Any]:
    return {str(line.get_label()): line.get_xydata() for axes in figure.axes for line in axes.lines}


def title(figure: Figure) -> str:
    return figure.get_suptitle().replace("\n", " ")


def test_the_boxes_of_the_timeline_are_the_attempts() -> None:
    figure = drawn("timeline", result())
    axes = figure.axes[0]
    boxes = [(round(p.get_x(), 6), round(p.get_width(), 6)) for p in axes.patches if isinstance(p, Rectangle)]
    assert boxes == [
        (0, 0.2),
        (0.2, 0.8),
        (1.0, 0.05),
        (1.05, 1.5),
        (0, 0.2),
        (0.2, 0.8),
        (1.0, 0.05),
        (1.05, 1.5),
    ]
    assert title(figure) == "The customer waits 1.05 s instead of 2.55 s"


def test_waiting_is_hatched_and_failures_are_crossed() -> None:
    figure = drawn("timeline", result(DOWN))
    axes = figure.axes[0]
    assert sum(patch.get_hatch() is not None for patch in axes.patches) == 4
    assert [line.get_marker() for line in axes.lines] == ["x"] * 6
    assert title(figure) == "The customer: error page after 2.55 s (sync), page after 1.05 s (async)"


def test_the_timeline_of_many_is_that_of_the_one_who_had_it_worst() -> None:
    run = result(traffic={"requests": 10})
    assert title(drawn("timeline", run)) == "Customer 10 of 10 waits 1.05 s instead of 2.55 s"
    first = charts.timeline(*run, customer=1)
    assert first is not None
    assert title(first) == "Customer 1 of 10 waits 1.05 s instead of 2.55 s"


def test_a_very_short_box_is_not_hidden_by_its_edge() -> None:
    run = result(traffic={"requests": 400})
    edges = [patch.get_edgecolor() for patch in drawn("timeline", run).axes[0].patches]
    assert edges
    assert (1.0, 1.0, 1.0, 1.0) not in edges


def test_a_percentile_line_is_the_sorted_times_and_goes_to_what_the_title_tells() -> None:
    """180 are too few for a percentile: the title tells of the slowest, and the line goes on to that."""
    comparison, traces = result(**BUSY)
    figure = drawn("percentiles", (comparison, traces))
    found = lines(figure)
    assert set(found) == {"sync: waits, all work done", "async: waits", "async: all work done"}
    times = sorted(round((r.response_time_s or 0) * 1e6) for r in traces["sync"].requests)
    data = found["sync: waits, all work done"]
    assert title(figure).startswith("The slowest waits 56.08 s")
    assert [round(y * 1e6) for _, y in data] == times
    assert data[-1][0] == pytest.approx(180)
    ninety = max(y for x, y in data if x <= 10 + 1e-9)
    assert ninety == nearest_rank(times, 90) / 1e6 == comparison.figure("sync", "response_time_s.p90")


@pytest.mark.parametrize(("customers", "rare", "x"), [(220, "1 in 20", 20), (1_200, "1 in 100", 100)])
def test_the_percentile_of_the_title_is_a_tick_and_lines_stop_where_ten_remain(
    customers: int, rare: str, x: int
) -> None:
    run = result(traffic={"requests": customers}, server={"threads": 9})
    figure = drawn("percentiles", run)
    assert title(figure).startswith(f"{rare} waits at least")
    axes = figure.axes[0]
    assert x in axes.get_xticks()
    assert axes.get_xlim()[1] > x
    assert lines(figure)["sync: waits, all work done"][-1][0] == pytest.approx(customers / 10)


def test_who_gives_up_is_no_time_and_the_work_is_another_line() -> None:
    """60 at once, one thread, and they wait for 60 s: 23 x 2.55 s, or 57 x 1.05 s without the email."""
    run = result(traffic={"requests": 60}, server={"threads": 1}, customer={"patience": "60s"})
    figure = drawn("percentiles", run)
    # 23 of 60 are 38.3 %, 57 are 95 %
    sync, asynchronous = "(of the 38.3 % that got the page)", "(of the 95 % that got the page)"
    assert title(figure) == f"The slowest waits 58.65 s in sync {sync}, 59.85 s in async {asynchronous}"
    found = lines(figure)
    assert list(found) == [
        "sync: waits\n38.3 % of the clicks",
        "sync: all work done",
        "async: waits\n95 % of the clicks",
        "async: all work done",
    ]
    # the percentiles are of all 60: the lines of 23 and of 57 end at their shares
    assert found["sync: waits\n38.3 % of the clicks"][-1] == pytest.approx((60 / 37, 58.65))
    assert found["sync: all work done"][-1] == pytest.approx((60, 153))
    assert found["async: waits\n95 % of the clicks"][-1] == pytest.approx((20, 59.85))


def test_work_that_is_never_done_ends_its_line_and_a_line_left_out_is_named() -> None:
    """60 at once, and a queue of 29 that drops the oldest: one is at work and 29 wait, the others are lost.
    One thread and a second of patience: the first gets the page after 0.8 s, and all others leave."""
    steps = [
        {"name": "page", "duration": "800ms"},
        {"name": "mail", "duration": "1s", "background": True},
    ]
    queue = {"capacity": 29, "when_full": "drop_oldest"}
    figure = drawn("percentiles", result(traffic={"requests": 60}, steps=steps, queue=queue))
    line = lines(figure)["async: all work done\n50 % of the clicks"]
    assert (len(line), line[-1][0]) == (30, pytest.approx(2))
    assert figure.axes[0].get_xlabel() == "share of all clicks that are answered, or done, within this time"
    impatient: dict[str, Any] = {"server": {"threads": 1}, "customer": {"patience": "1s"}}
    figure = drawn("percentiles", result(traffic={"requests": 60}, steps=steps, **impatient))
    told = [text.get_text() for text in texts(figure)]
    assert "Not drawn: sync: waits, 0 clicks (0 %); async: waits, 1 click (1.7 %). A line needs 20." in told


def test_where_all_lines_end_early_the_ticks_are_shares() -> None:
    """300 at once, one thread and 60 s of patience: 23 are 7.7 % of the clicks, and 57 are 19 %. Nobody is
    served after leaving (drop_expired), so the work is done for the same few, and one more."""
    server = {"threads": 1, "drop_expired": True}
    run = result(traffic={"requests": 300}, server=server, customer={"patience": "60s"})
    axes = drawn("percentiles", run).axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0 %", "5 %", "10 %", "15 %"]
    points: list[Any] = [line.get_xydata() for line in axes.lines]
    assert max(xy[-1][0] for xy in points) < 1 / (1 - 0.2)


def test_the_percentiles_say_in_which_design_nobody_gets_the_page() -> None:
    run = result(DOWN, traffic={"requests": 30})
    assert (
        title(drawn("percentiles", run)) == "The slowest waits 1.05 s in async; nobody gets the page in sync"
    )


def test_a_title_of_two_lines_leaves_no_word_alone() -> None:
    figure = drawn("percentiles", result(DOWN, traffic={"requests": 30}))
    assert figure.get_suptitle() == "The slowest waits 1.05 s in async;\nnobody gets the page in sync"


def test_percentiles_of_a_big_run_keep_their_tail_and_few_points() -> None:
    run = result(modes=("sync",), traffic={"rate": "100/s", "for": "200s"})
    (data,) = lines(drawn("percentiles", run)).values()
    assert len(data) <= 3_100
    assert data[-1][0] == pytest.approx(20_000 / 10)


def test_the_depth_lines_are_the_series_and_share_their_height() -> None:
    comparison, traces = result(**BUSY)
    figure = drawn("depth", (comparison, traces))
    left, right = figure.axes
    assert left.get_ylim() == right.get_ylim()
    found = lines(figure)
    assert max(y for _, y in found["customer"]) == comparison.figure("sync", "server.peak_waiting") == 84
    peak = comparison.figure("async", "queue.peak_depth")
    assert max(y for _, y in found["message"]) == peak == 60
    first = next(x for x, y in found["message"] if y == peak)
    assert first == pytest.approx(comparison.figure("async", "queue.peak_depth_at_s"))


def test_the_warm_up_lies_in_the_shade_and_is_not_counted() -> None:
    """The queue is longest at 60.72 s; from 80 s on it is at most what it was then."""
    comparison, traces = result(**BUSY, warm_up="80s")
    figure = drawn("depth", (comparison, traces))
    peak = comparison.figure("async", "queue.peak_depth")
    assert peak is not None
    assert peak < 60
    assert f"{peak:.0f} messages (async)" in title(figure)
    shades = [box for axes in figure.axes for box in axes.patches if isinstance(box, Rectangle)]
    assert [(box.get_x(), box.get_width()) for box in shades] == [(0, 80), (0, 80)]


def test_the_warm_up_is_named_above_the_name_of_a_peak() -> None:
    """3/s are sent by two workers of 1.5 s each: 20 wait at 30 s, and then the broker loses all."""
    queue = {"outages": [{"from": "30s", "for": "20s"}], "durable": False}
    traffic = {"rate": "2/s", "for": "100s"}
    parts: dict[str, Any] = {"queue": queue, "workers": {"count": 2}, "warm_up": "10s", "stop_at": "75s"}
    figure = drawn("depth", result(traffic=traffic, **parts))
    figure.draw_without_rendering()
    named = [(text.get_text(), text.get_window_extent()) for axes in figure.axes for text in axes.texts]
    shades = [box for text, box in named if text.startswith("warm-up")]
    peaks = [box for text, box in named if "messages" in text]
    assert shades
    assert peaks
    assert not any(shade.overlaps(peak) for shade in shades for peak in peaks)


LIMITED = {"concurrency": 3}


@pytest.mark.parametrize(("parts", "most"), [({}, 60), ({"stop_at": "1m"}, 59)])
def test_customers_who_wait_for_a_service_stand_in_a_line_too(parts: dict[str, Any], most: int) -> None:
    """3/s come and 2/s can be sent: after 60 s there are 60 who wait, in the page or in the queue."""
    run = result(LIMITED, traffic={"rate": "3/s", "for": "60s"}, workers={"count": 3}, **parts)
    figure = drawn("depth", run)
    assert title(figure) == f"Longest line: {most} customers for a service (sync), {most} messages (async)"
    found = lines(figure)
    assert {tuple(point) for point in found["customer"]} == {tuple(point) for point in found["message"]}


def test_a_line_for_a_thread_and_one_for_a_service_are_added() -> None:
    run = result({"concurrency": 1}, ("sync",), traffic={"requests": 5}, server={"threads": 3})
    figure = drawn("depth", run)
    # the table has the line for a thread alone, so the title says what this one is
    assert title(figure) == "Longest line: 4 customers for a thread or a service (sync)"
    assert run[0].figure("sync", "server.peak_waiting") == 2
    data = lines(figure)["customer"]
    # two wait for a thread; at 1.05 s two of the other three wait for the email, one at a time
    expected = [(0, 0), (0, 2), (1.05, 4), (2.55, 2), (3.6, 3), (4.05, 1), (5.1, 2), (5.55, 1), (7.05, 0)]
    assert [(round(x, 6), y) for x, y in data[:-1]] == expected


def test_nobody_waits_in_a_line_while_a_retry_is_due() -> None:
    failing = LIMITED | {"failure_rate": "100%", "retry": {"in_request": True}}
    assert "nobody (sync)" in title(drawn("depth", result(failing)))


def test_thinning_keeps_the_greatest_level() -> None:
    levels = [1 + i % 7 for i in range(50_000)]
    levels[31_337] = 99
    changes = [(at, after - before) for at, (before, after) in enumerate(pairwise([0, *levels]))]
    rises, falls = ([at for at, change in changes for _ in range(sign * change)] for sign in (1, -1))
    times, kept = thinned_steps(series(rises, falls))
    assert len(times) == len(kept) <= 2_000
    assert kept[times.index(31_337)] == 99
    assert (times[0], times[-1]) == (0, 49_999)
    assert list(times) == sorted(times)


def test_a_chart_with_nothing_to_show_is_skipped(tmp_path: Path) -> None:
    assert charts.percentiles(*result(traffic={"requests": 19})) is None
    assert charts.percentiles(*result(traffic={"requests": 20})) is not None
    assert charts.depth(*result()) is None
    names = [path.name for path in charts.draw_all(*result(), tmp_path)]
    assert names == ["timeline.png", "timeline.svg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_the_designs_differ_in_more_than_colour() -> None:
    assert LOOKS["sync"].dash != LOOKS["async"].dash
    assert LOOKS["sync"].marker != LOOKS["async"].marker
    styles = {line.get_linestyle() for line in drawn("percentiles", result(**BUSY)).axes[0].lines}
    assert styles == {"-", "--", ":"}


def test_what_a_reader_has_set_does_not_shape_our_charts(tmp_path: Path) -> None:
    plain = charts.save(drawn("timeline", result()), tmp_path / "one.png").read_bytes()
    own: dict[str, Any] = {
        "savefig.dpi": 600,
        "font.size": 30,
        "axes.facecolor": "black",
        "text.usetex": True,
    }
    with rc_context(own):  # type: ignore[arg-type]  # of some versions of its stubs
        assert charts.save(drawn("timeline", result()), tmp_path / "two.png").read_bytes() == plain


def test_characters_that_no_font_has_are_told_once(tmp_path: Path) -> None:
    figure = drawn("timeline", result({"name": "\ua500\ua501\ua502"}))  # Vai, which no font here has
    with pytest.warns(MissingGlyphWarning, match="Some characters are boxes") as told:
        charts.save(figure, tmp_path / "one.png")
    assert len(told) == 1


def test_waiting_is_hatched_until_the_customer_has_left() -> None:
    run = result(traffic={"requests": 2}, server={"threads": 1}, customer={"patience": "2s"})
    boxes = drawn("timeline", run).axes[0].patches
    assert boxes[0].get_hatch() == "///"  # customer 2 waits for the thread of customer 1, and leaves


def test_a_step_that_has_its_name_somewhere_is_not_listed_as_too_short() -> None:
    """Two tries at the card, a short one and a long one; the order is always saved in no time."""
    tries = Stretch(0, 0.02, "failed", "charge"), Stretch(0.02, 2, "work", "charge")
    stretches = (*tries, Stretch(2, 2.01, "work", "save"), Stretch(2.01, 2.02, "open", "waiting"))
    lane = Lane("sync", "customer", stretches, 2.02, "page", is_customer=True)
    told = TimelineLayout((lane,), 10.0).too_narrow_to_label(
        lambda stretch: stretch.end_s - stretch.begin_s > 1
    )
    assert told == "bars too narrow for their names: save 10 ms"


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (9.03, 31.71, 5, [10, 15, 20, 25, 30]),
        (0, 2.55, 5, [0, 1, 2]),
        (0, 2.5, 5, [0, 0.5, 1, 1.5, 2, 2.5]),
        (-3, 3, 3, [-2, 0, 2]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert round_ticks(low, high, most) == ticks


def test_names_at_the_ends_of_lines_move_apart_and_stay_near() -> None:
    assert _apart([0.2, 0.8], [0.1, 0.1]) == pytest.approx([0.2, 0.8])
    assert _apart([0.5, 0.5], [0.1, 0.1]) == pytest.approx([0.45, 0.55])
    # at the bottom there is no room to go down
    assert _apart([0.0, 0.01, 0.02], [0.1, 0.1, 0.1]) == pytest.approx([0.05, 0.15, 0.25])
    # the third pushes the group of the first two down
    assert _apart([0.5, 0.5, 0.56], [0.1, 0.1, 0.1]) == pytest.approx([0.42, 0.52, 0.62])


@pytest.mark.parametrize("kind", ["png", "svg"])
@pytest.mark.parametrize("name", charts.CHARTS)
def test_the_same_result_gives_the_same_bytes(name: str, kind: str, tmp_path: Path) -> None:
    one = charts.save(drawn(name, result(**BUSY)), tmp_path / f"one.{kind}").read_bytes()
    two = charts.save(drawn(name, result(**BUSY)), tmp_path / f"two.{kind}").read_bytes()
    assert one == two
    assert len(one) > 5_000
    assert b"matplotlib.org" not in one or kind == "svg"
    assert b"<dc:date>" not in one


def test_a_notebook_shows_a_chart() -> None:
    """By its own picture: nobody has imported pyplot, which would teach IPython to draw figures."""
    formatter = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed")
    shown, _ = formatter.DisplayFormatter().format(charts.depth(*result(traffic={"requests": 5})))
    assert shown["image/png"].startswith(b"\x89PNG")


def test_a_chart_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    figure = drawn("timeline", result())
    with pytest.raises(ValueError, match=r"\.png or \.svg"):
        charts.save(figure, tmp_path / "chart.gif")
    with pytest.raises(OSError, match="missing"):
        charts.save(figure, tmp_path / "missing" / "chart.png")
    assert list(tmp_path.iterdir()) == []


def test_a_dollar_sign_and_brackets_are_only_text(tmp_path: Path) -> None:
    run = result({"name": "pay $5 and $6 [red]"})
    assert "pay $5 and $6 [red]" in charts.save(drawn("timeline", run), tmp_path / "a.svg").read_text()


def texts(figure: Figure) -> list[Text]:
    """Every text that is drawn: of the ticks, only those within their axis."""
    ticks = [tick for tick in figure.findobj(Tick) if isinstance(tick, Tick)]
    of_ticks = {id(label) for tick in ticks for label in (tick.label1, tick.label2)}
    found = [text for text in figure.findobj(Text) if isinstance(text, Text) and id(text) not in of_ticks]
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            found += [
                t.label1
                for t in axis.get_major_ticks()
                if low <= t.get_loc() <= high and t.label1.get_visible()
            ]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


RUNS: list[tuple[dict[str, Any] | None, dict[str, Any]]] = [
    (None, {}),
    (DOWN, {}),
    (DOWN, {"customer": {"resubmits": 4}, "traffic": {"requests": 30}}),
    (None, BUSY),
    (None, RANDOM),
    (None, {"traffic": {"requests": 10}}),
    (None, {"traffic": {"rate": "3/s", "for": "10m"}, "workers": {"count": 3}}),
    ({"name": "send a rather long email to them"}, {"customer": {"patience": "1.5s"}}),
    (None, {"queue": {"visibility_timeout": "1s"}, "workers": {"count": 2}}),
    (None, {**BUSY, "warm_up": "20s"}),
    (None, {**BUSY, "customer": {"patience": "8s", "resubmits": 3}}),
    ({"failure_rate": "100%"}, {"customer": {"resubmits": 8}, "traffic": {"requests": 3}}),
    (None, {**BUSY, "customer": {"patience": "3s"}}),
    (None, {"traffic": {"requests": 60}, "server": {"threads": 1}, "customer": {"patience": "2s"}}),
    (None, {"traffic": {"requests": 60}, "server": {"threads": 30, "backlog": 0}}),
    (None, {"traffic": {"requests": 300}, "server": {"threads": 30, "backlog": 0}}),
    (None, {"traffic": {"requests": 300}, "queue": {"capacity": 90, "when_full": "drop_oldest"}}),
    ({"concurrency": 1}, {**BUSY, "warm_up": "20s"}),
]


@pytest.mark.parametrize("name", charts.CHARTS)
@pytest.mark.parametrize("case", range(len(RUNS)))
def test_all_text_can_be_read(name: str, case: int) -> None:
    """Inside the canvas, not on other text, and at least 12 points."""
    email, parts = RUNS[case]
    figure = charts.CHARTS[name](*result(email, **parts))
    if figure is None:
        return
    figure.draw_without_rendering()
    boxes = [(text.get_window_extent(), text) for text in texts(figure)]
    for box, text in boxes:
        assert float(text.get_fontsize()) >= 12
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y1 <= figure.bbox.y1, text
    for (one, first), (other, second) in combinations(boxes, 2):
        apart = one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0
        assert apart, f"{first.get_text()!r} lies on {second.get_text()!r}"


def test_matplotlibs_own_settings_are_nothing_to_the_command_line(tmp_path: Path) -> None:
    """A backend that is none, a file of settings that asks for LaTeX, a folder that cannot be written."""
    rc = tmp_path / "matplotlibrc"
    rc.write_text("text.usetex: True\nsavefig.dpi: 600\n", encoding="utf-8")
    (tmp_path / "file").write_text("", encoding="utf-8")
    own = {"MPLBACKEND": "bogus", "MATPLOTLIBRC": str(rc), "MPLCONFIGDIR": str(tmp_path / "file" / "no")}
    command = [sys.executable, "-m", "syncasync_sim", "run", "checkout", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 3  # nothing, where the charts are, what to do next
    expected = charts.save(drawn("timeline", run_designs_of("checkout")), tmp_path / "plain.png")
    assert (tmp_path / "out" / "timeline.png").read_bytes() == expected.read_bytes()


def run_designs_of(name: str) -> Result:
    return run_designs(load_scenario(name), seed=1)
