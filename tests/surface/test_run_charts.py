"""The charts of a run as numbers and words: they are those of the pictures that matplotlib draws of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

from surface.processes import environment
from surface.test_charts import BUSY, result, run_designs_of
from syncasync_sim.files import bundled
from syncasync_sim.render import charts
from syncasync_sim.render.run_charts import RUN_CHARTS
from syncasync_sim.render.run_charts.chart import Chart, Panel
from syncasync_sim.render.style import tied

run_of = cache(run_designs_of)


def words(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def of_panel(panel: Panel) -> Iterator[str]:
    """All words of a panel but those of round ticks, and of what has room or not."""
    yield from (panel.title, *(name for _, name in panel.x.ticks + panel.y.ticks))
    yield from (note.text for note in panel.notes)
    yield from (curve.name for curve in panel.curves if curve.is_named)


def of_chart(chart: Chart) -> set[str]:
    panels = [text for panel in chart.panels for text in of_panel(panel)]
    return {words(text) for text in (chart.title, chart.footnote, chart.panels[0].y.label, *panels) if text}


def of_figure(figure: Figure) -> set[str]:
    """All words of a figure but the labels below the panels, ticks without a name, and the names in boxes."""
    without = {id(axes.xaxis.label) for axes in figure.axes}
    without |= {id(text) for axes in figure.axes for text in axes.texts if is_in_a_box(text)}
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            if not isinstance(axis.get_major_locator(), FixedLocator):
                without |= {id(label) for tick in ticks for label in (tick.label1, tick.label2)}
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    return {words(text.get_text()) for text in texts if id(text) not in without} - {""}


def is_in_a_box(text: Text) -> bool:
    return text.get_fontsize() == 13 and text.get_horizontalalignment() == "center"


@pytest.mark.parametrize("chart", RUN_CHARTS)
@pytest.mark.parametrize("name", bundled.names())
def test_a_chart_and_its_picture_have_the_same_words(name: str, chart: str) -> None:
    plain, figure = RUN_CHARTS[chart](*run_of(name)), charts.CHARTS[chart](*run_of(name))
    if plain is None or figure is None:
        assert (plain, figure) == (None, None)
        return
    assert of_chart(plain) == of_figure(figure)
    for panel, axes in zip(plain.panels, figure.axes, strict=True):
        label = axes.get_xlabel()
        assert label.startswith(panel.x.label)
        in_boxes = {text.get_text() for text in axes.texts if is_in_a_box(text)} - {
            n.text for n in panel.notes
        }
        assert in_boxes <= {box.label for box in panel.boxes}
        below = panel.below(lambda box: box.label in in_boxes)  # noqa: B023 - it is called at once
        assert words(f"{panel.x.label} {below}") == words(label)


@pytest.mark.parametrize("name", bundled.names())
def test_a_table_has_a_number_in_every_column(name: str) -> None:
    for chart in RUN_CHARTS.values():
        plain = chart(*run_of(name))
        if plain is not None:
            assert plain.rows
            assert {len(row) for row in plain.rows} == {len(plain.columns)}


def test_the_tables_by_hand() -> None:
    """Three a second; a request takes 2.55 s, or 1.05 s and 1.5 s later; 4 threads, 3 workers."""
    run = result(**BUSY)
    comparison, _ = run
    depth, percentiles = RUN_CHARTS["depth"](*run), RUN_CHARTS["percentiles"](*run)
    timeline = RUN_CHARTS["timeline"](*result())
    assert depth is not None
    assert percentiles is not None
    assert timeline is not None
    assert depth.columns == ("time", "customers (sync)", "messages (async)")
    peaks = [max(int(row[column]) for row in depth.rows) for column in (1, 2)]
    assert peaks == [84, comparison.figure("async", "queue.peak_depth")]
    assert percentiles.columns[1:] == ("sync: waits, all work done", "async: waits", "async: all work done")
    row = next(row for row in percentiles.rows if row[0] == "90 %")
    assert row[1] == f"{comparison.figure('sync', 'response_time_s.p90'):.2f} s"
    assert percentiles.rows[-1][:2] == ("100 %", "56.08 s")
    assert timeline.rows[:2] == (
        ("sync", "customer", "check payment", "0 s", "200 ms"),
        ("sync", "customer", "charge card", "200 ms", "1.00 s"),
    )


def test_the_table_goes_as_far_as_the_line() -> None:
    """1,200 customers: one in a hundred and no fewer; where some leave, the line ends at their share."""
    plain = RUN_CHARTS["percentiles"](*result(traffic={"requests": 1_200}, server={"threads": 9}))
    assert plain is not None
    assert plain.rows[-1][0] == "99 %"
    leaving = result(traffic={"requests": 60}, server={"threads": 1}, customer={"patience": "60s"})
    plain = RUN_CHARTS["percentiles"](*leaving)
    assert plain is not None
    assert [row[0] for row in plain.rows if row[1] != "-"] == ["0 %", "25 %"]  # 23 of 60 are served


def test_a_chart_is_plain_data() -> None:
    for chart in RUN_CHARTS.values():
        plain = chart(*result(**BUSY))
        assert plain is not None
        kept = json.loads(json.dumps(plain.to_dict(), allow_nan=False))
        assert words(kept["title"]) == plain.title
        assert kept["title"] == tied(plain.title)
        assert kept["panels"][0]["x"]["label"] == plain.panels[0].x.label


def test_what_a_chart_shows_needs_no_matplotlib() -> None:
    program = "import sys, syncasync_sim.render.run_charts; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment(), check=True
    )
    modules = set(done.stdout.split())
    assert "syncasync_sim.render.run_charts.depth_chart" in modules
    assert not modules & {"matplotlib", "numpy", "rich.console"}
