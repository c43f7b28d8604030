"""The charts of a sweep: what they draw is what was measured, and they can be read."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.text import Text

from surface.test_charts import lines, texts, title
from syncasync_sim import Scenario, Sweep, sweep
from syncasync_sim.model.formats import format_share
from syncasync_sim.render import charts
from syncasync_sim.render.charts.heat import short, short_share
from syncasync_sim.render.charts.load_chart import full_at


def swept(varied: dict[str, Any], replications: int = 1, **parts: Any) -> Sweep:
    """Two threads and one worker, half a second in the page, one behind it, for 100 s."""
    steps = [
        {"name": "page", "duration": "500ms"},
        {"name": "mail", "duration": "1s", "background": True},
    ]
    plain = {"traffic": {"rate": "1/s", "for": "100s"}, "server": {"threads": 2}, "steps": steps}
    return sweep(Scenario.model_validate(plain | parts), varied, replications=replications)


RATES = {"traffic.rate": "0.5/s..2.5/s:5"}
BOTH = {"workers.count": "1..3", "traffic.rate": "2/s..4/s:3"}
RANDOM: dict[str, Any] = {"traffic": {"rate": "3/s", "for": "200s", "arrivals": "poisson"}}


def test_the_load_curve_is_the_rows() -> None:
    result = swept({"traffic.rate": "2/s..4/s:3"})
    figure = charts.load_curve(result)
    assert figure is not None
    drawn = lines(figure)
    rows = result.rows()
    for name, first, column in (
        ("sync: waits", 0, "response_time_s.p95"),
        ("async: waits", 1, "response_time_s.p95"),
        ("async: work finished", 1, "completion_time_s.p95"),
    ):
        expected = [(row["traffic.rate_per_s"], row[column]) for row in rows[first::2]]
        assert [tuple(point) for point in drawn[name]] == expected
    assert title(figure).startswith("traffic.rate 2/s to 4/s: 1 in 20 waits at least 48.50 s to")


def test_too_few_for_a_percentile_are_shown_by_the_slowest() -> None:
    result = swept(RATES)
    figure = charts.load_curve(result)
    assert figure is not None
    assert [y for _, y in lines(figure)["sync: waits"]] == [
        r["response_time_s.max"] for r in result.rows()[::2]
    ]
    assert "the slowest waits" in title(figure)


def test_the_capacity_is_marked() -> None:
    """Sync: two threads for 1.5 s each are 1.33 customers a second; async: one worker, one a second."""
    figure = charts.load_curve(swept(RATES))
    assert figure is not None
    drawn: list[Any] = [line.get_xydata() for line in figure.axes[0].lines]
    marks = [points[0][0] for points in drawn if len(points) == 2]
    assert marks == [pytest.approx(4 / 3), pytest.approx(1.0)]
    told = [text.get_text() for text in texts(figure)]
    assert "sync full above 1.33/s" in told
    assert "async full above 1/s" in told


def test_a_design_that_is_full_at_every_value_says_so() -> None:
    """1.5/s come. Two threads do 1.33/s in sync, whatever the workers do; a worker does 1/s in async."""
    traffic = {"rate": "1.5/s", "for": "100s"}
    for values, words in (("1..3", ["async full below 1.5"]), ("2..3", [])):
        figure = charts.load_curve(swept({"workers.count": values}, traffic=traffic))
        assert figure is not None
        told = [text.get_text() for text in texts(figure) if " full " in text.get_text()]
        assert told == ["sync full everywhere", *words]


@pytest.mark.parametrize(
    ("xs", "loads", "x"),
    [
        ([1, 2, 3], [0.5, 1.0, 1.5], 2),
        ([1, 2], [0.8, 1.6], 1.25),  # a rate: the load is proportional to it
        ([1, 2, 4], [2.5, 1.25, 0.625], 2.5),  # workers: the load is 2.5 over their number
        ([1, 2], [0.5, 0.9], None),
        ([1, 2], [None, 1.5], None),
    ],
)
def test_where_a_design_is_full(xs: list[float], loads: list[float | None], x: float | None) -> None:
    found = full_at(xs, loads)
    assert found == (None if x is None else pytest.approx(x))


def test_the_intervals_are_a_band() -> None:
    result = swept({"workers.count": "4..5"}, 3, **RANDOM)
    figure = charts.load_curve(result)
    assert figure is not None
    low = result.rows()[0]["response_time_s.p95.low"]
    band = figure.axes[0].collections[0].get_paths()[0].get_extents()
    assert band.y0 == pytest.approx(low)


def numbers(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_heat_map_has_a_panel_a_question_and_a_number_a_cell() -> None:
    result = swept(BOTH)
    figure = charts.heat_map(result)
    assert figure is not None
    assert [axes.get_title(loc="left") for axes in figure.axes[:3]] == [
        *("sync: waits", "async: waits", "async: work finished")
    ]
    done = [float(row["completion_time_s.p95"] or 0) for row in result.rows()[1::2]]
    assert numbers(figure.axes[2]) == [short(seconds) for seconds in done]
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["1", "2", "3"]
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["2/s", "3/s", "4/s"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.05, "1.1 s"), (0.2, "200 ms"), (45.4, "45 s"), (980, "16 min"), (3720, "62 min")]
)
def test_a_time_in_a_cell_is_short(seconds: float, text: str) -> None:
    assert short(seconds) == text


def test_one_key_has_a_curve_two_a_map_and_three_neither(tmp_path: Path) -> None:
    three = {**BOTH, "server.threads": "1..2"}
    drawn = [
        [path.name for path in charts.draw_sweep(swept(varied), tmp_path)] for varied in (RATES, BOTH, three)
    ]
    assert drawn == [["load.png", "load.svg"], ["heat-map.png", "heat-map.svg"], []]


def test_the_same_sweep_gives_the_same_bytes(tmp_path: Path) -> None:
    for varied in (RATES, BOTH):
        one, two = (charts.draw_sweep(swept(varied), tmp_path / name) for name in ("one", "two"))
        assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


# times of some

IMPATIENT: dict[str, Any] = {"customer": {"patience": "4s"}}
"""Sync needs 1.5 s a customer at two threads: from 1.33/s on a line grows, and most give up in it."""


def test_the_load_curve_shows_which_times_are_those_of_few() -> None:
    result = swept({"traffic.rate": "1/s,1.37/s,2/s"}, **IMPATIENT)
    figure = charts.load_curve(result)
    assert figure is not None
    (hollow,) = [drawn for drawn in figure.axes[0].collections if isinstance(drawn, PathCollection)]
    few = [
        row
        for row in result.rows()[::2]
        if float(row["responses.ok"] or 0) < 0.95 * float(row["requests"] or 0)
    ]
    assert [row["traffic.rate_per_s"] for row in few] == [1.37, 2.0]  # 92 % and 6 % get the page
    expected = [[row["traffic.rate_per_s"], row["response_time_s.max"]] for row in few]
    points: Any = hollow.get_offsets()
    assert [list(point) for point in points] == expected
    served = [format_share(float(row["responses.ok"] or 0) / float(row["requests"] or 1)) for row in few]
    assert f"in sync (at worst of the {served[-1]} that got the page)" in title(figure)
    told = [text.get_text() for text in figure.texts]
    assert f"Hollow: fewer than 95 % of the clicks have such a time, the fewest {served[-1]}." in told


def test_where_all_have_the_times_there_is_no_word_of_it() -> None:
    for varied, draw in ((RATES, charts.load_curve), (BOTH, charts.heat_map)):
        figure = draw(swept(varied))
        assert figure is not None
        assert not any("of the clicks" in text.get_text() for text in figure.findobj(Text))
        assert not any("of clicks" in text.get_text() for text in figure.findobj(Text))


def test_the_heat_map_says_of_how_many_each_time_is() -> None:
    result = swept({"server.threads": "2..4", "traffic.rate": "1/s,1.37/s,3/s"}, **IMPATIENT)
    figure = charts.heat_map(result)
    assert figure is not None
    parts = [float(row["responses.ok"] or 0) / float(row["requests"] or 1) for row in result.rows()[::2]]
    written = numbers(figure.axes[0])
    assert min(parts) < 0.95
    assert 1 in parts
    for part, text in zip(parts, written, strict=True):
        _, _, share = text.partition("\n")
        assert (share == "") == (part == 1)
        assert not share or abs(100 * part - float(share.removesuffix(" %"))) < 1
    assert len(figure.axes[0].patches) == sum(part < 0.95 for part in parts)
    assert title(figure).startswith(
        f"At worst only {format_share(min(parts))} of the clicks get the page in sync;"
    )
    note = "Beneath a time: the share of the clicks that have it. Hatched: fewer than 95 % of the clicks"
    assert any(text.get_text().startswith(note) for text in figure.texts)


@pytest.mark.parametrize(
    ("part", "text"), [(0, "0 %"), (0.0033, "0.33 %"), (0.027, "2.7 %"), (0.112, "11 %"), (0.9999, "99 %")]
)
def test_a_share_in_a_cell_is_short_and_not_all_is_not_100(part: float, text: str) -> None:
    assert short_share(part) == text


def test_a_heat_map_of_work_that_is_never_done_says_so() -> None:
    steps = [
        {"name": "page", "duration": "500ms"},
        {"name": "mail", "duration": "1s", "background": True, "failure_rate": "100%"},
    ]
    figure = charts.heat_map(swept(BOTH, steps=steps))
    assert figure is not None
    assert title(figure).startswith("At worst none of the clicks get the page in sync;")
    assert title(figure).endswith("none of the clicks have their async work done")


NOBODY = {"server": {"threads": 1, "backlog": 0}, "customer": {"patience": "10ms"}}
CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (RATES, {}),
    (BOTH, {}),
    ({"workers.count": "1..8"}, {}),
    ({"workers.count": "1..40"}, RANDOM),
    ({"server.threads": [1, 2, "unlimited"]}, RANDOM),
    ({"customer.patience": "100ms..2s:5"}, {}),
    ({"steps[mail].duration": ["1s", "exponential(mean=1s)"]}, RANDOM),
    ({"workers.count": "1..20", "traffic.rate": "1/s..5/s:9"}, {}),
    ({"workers.count": [1], "traffic.rate": ["1/s"]}, {}),
    (RATES, NOBODY),
    (BOTH, NOBODY),
    (RATES, IMPATIENT),
    (BOTH, IMPATIENT),
    ({"workers.count": "1..6", "server.threads": "1..6"}, RANDOM | IMPATIENT),
    ({"workers.count": "1..10", "server.threads": "1..6"}, RANDOM | IMPATIENT),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_all_text_can_be_read(case: int) -> None:
    """Inside the canvas, not on other text, and at least 12 points."""
    varied, parts = CASES[case]
    result = swept(varied, **parts)
    for draw in charts.SWEEP_CHARTS.values():
        figure = draw(result)
        if figure is None:
            continue
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
