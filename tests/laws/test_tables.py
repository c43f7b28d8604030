"""A figure is told in the same text in every table that shows it, but for the unit that its table chose."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from html import unescape

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from rich.console import Console, RenderableType

from laws.scenarios import Data
from laws.test_laws import LAWS, random_data, runs, scenario_of
from syncasync_sim import size, sweep
from syncasync_sim.experiment import BrokerRun, compare_brokers
from syncasync_sim.model.figures import GIVEN_UP
from syncasync_sim.model.formats import Unit, format_value
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.broker_table import BrokerTable, rows_of
from syncasync_sim.render.change_table import ChangeTable
from syncasync_sim.render.headline import headline
from syncasync_sim.render.html import comparison_html
from syncasync_sim.render.size_result import Trials
from syncasync_sim.render.sweep_columns import table_of
from syncasync_sim.render.sweep_table import CellTable
from syncasync_sim.render.tables import FigureTable
from syncasync_sim.stats import compare_summaries, summarise
from syncasync_sim.stats.change import Change, change_of
from syncasync_sim.stats.rows import in_common_unit

WIDE = 500
FEWER = settings(LAWS, max_examples=30)
"""Each example is run some ten times."""
MINUTES = re.compile(r"\d (min|h|d)\b")
LONG_IN_SECONDS = re.compile(r"(\d{3,}|[6-9]\d)\.\d\d s")
Cells = list[str]


@st.composite
def long_and_short(draw: DrawFn) -> Data:
    """A scenario whose times may be of milliseconds in one place and of minutes in another."""
    data = draw(random_data())
    for step in data["steps"]:
        step["duration"] = draw(st.sampled_from(("70.3ms", "61s", "591.6s", "1127s", "2h")))
        step.pop("timeout", None)
    data = {key: value for key, value in data.items() if key not in ("stop_at", "customer")}
    return {**data, "expect": [], "warm_up": "0s"}


@given(long_and_short())
@FEWER
def test_a_figure_has_one_text_in_every_table(data: Data) -> None:
    scenario = scenario_of(data)
    summaries = {mode: summarise(trace) for mode, trace in runs(scenario).items()}
    comparison = compare_summaries(*summaries.values())
    rows = comparison.rows()

    lines = printed(FigureTable(comparison, rows))
    in_terminal = [cells for cells in lines[1:] if len(cells) > 1]
    assert in_terminal == list(in_notebook(comparison_html(comparison)))
    for row, cells in zip(rows, in_terminal, strict=True):
        for mode, text in zip(MODES, cells[1:], strict=False):
            assert_is_told(text, comparison.figure(mode, row.figure), row.unit, may_be_missing=True)
    for given_up in GIVEN_UP:
        shown = [one.async_ for one in rows if one.figure == given_up.name]
        number = comparison.figure("async", given_up.name)
        assert shown == ([number] if number else [])
    sentence = headline(comparison)
    assert_alike([*lines, re.split(r"[(),.:;] ?(?!\d)", sentence)])

    unchanged: dict[Mode, Change] = {mode: change_of([summaries[mode]], [summaries[mode]]) for mode in MODES}
    lines = printed(ChangeTable(unchanged))
    named = {one.figure for one in unchanged["async"].rows()}
    assert all(comparison.figure("async", g.name) == 0 or g.name in named for g in GIVEN_UP)
    compared = [(design, one) for design, both in unchanged.items() for one in both.rows()]
    for (design, one), cells in zip(compared, [cells for cells in lines[1:] if len(cells) > 1], strict=True):
        assert cells[1] == cells[2]
        assert_is_told(cells[1], comparison.figure(design, one.figure), one.unit)
    assert_alike(lines)

    varied = {"workers.count": [scenario.workers.count]}
    swept = sweep(scenario, varied)
    heads = [" ".join(filter(None, head)) for head in table_of(swept).heads]
    for mode, line in zip(MODES, table_of(swept).lines, strict=True):
        told = dict(zip(heads, line, strict=True))
        for head, figure in (
            ("waits p50", "response_time_s.p50"),
            ("all done slowest", "completion_time_s.max"),
        ):
            if head in told:
                assert_is_told(told[head], comparison.figure(mode, figure), "s")
    assert_alike(printed(CellTable(swept)))

    sized = Trials(size(scenario, "async.completion_time_s.max < 1s", varied, replications=1))
    assert_is_told(sized.lines[0][1], comparison.figure("async", "completion_time_s.max"), "s")


@given(long_and_short())
@FEWER
def test_a_figure_has_one_text_in_the_table_of_the_brokers(data: Data) -> None:
    columns = compare_brokers(scenario_of(data))
    rows = in_common_unit(rows_of(columns))
    lines = printed(BrokerTable([column.broker for column in columns], rows))
    named = {cells[0]: cells[1:] for cells in lines[1:]}
    waits, last = rows[0].label, next(row.label for row in rows if row.label.endswith("done, max"))
    for label, figure in ((waits, "response_time_s.mean"), (last, "completion_time_s.max")):
        for column, text in zip(columns, named[label], strict=True):
            if isinstance(column, BrokerRun):
                assert_is_told(text, column.comparison.figure("async", figure), "s")
    assert_alike(lines)


def printed(table: RenderableType) -> list[Cells]:
    """The lines of the table up to its notes, as cells: two blanks stand between them."""
    stream = io.StringIO()
    Console(file=stream, width=WIDE).print(table)
    lines = stream.getvalue().partition("\n\n")[0].splitlines()
    return [re.split(r" {2,}", line.strip()) for line in lines]


def in_notebook(page: str) -> Iterable[Cells]:
    for line in re.findall(r"<tr>(<td.*?)</tr>", page):
        cells = [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", line)]
        yield [cell for cell in cells if cell]


def assert_is_told(text: str, value: float | None, unit: Unit, *, may_be_missing: bool = False) -> None:
    """The text is that of the value, in seconds or in minutes as its table has them."""
    allowed = {format_value(value, unit), format_value(value, unit, 600.0)}
    assert text in allowed or (may_be_missing and text == "-")


def assert_alike(lines: Iterable[Cells]) -> None:
    """Where one time of a table is told in minutes, none of more than a minute is told in seconds."""
    cells = [cell for line in lines for cell in line]
    if any(MINUTES.search(cell) for cell in cells):
        assert [cell for cell in cells if LONG_IN_SECONDS.search(cell)] == []
