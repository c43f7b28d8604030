"""One rule for every table of the terminal: two blanks between columns, nothing cut, a sentence at last."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.render import (
    before_after,
    change_table,
    prediction_table,
    size_result,
    sweep_table,
)
from syncasync_sim.render.broker_table import BrokerTable, Row
from syncasync_sim.render.responsive import Grid, Responsive
from syncasync_sim.render.tables import FigureTable


class Small(Responsive):
    """Two ways, the second narrower, and a sentence."""

    def ways(self) -> Iterator[Sequence[Grid]]:
        head = Text("value", "bold")
        yield [Grid([["", head, "words"], ["waits", "2.55 s", "± half"]], "lrl", ("Below the wide one.",))]
        yield [Grid([["", head], ["waits", "2.55 s"]], "lr"), Grid([["done", "9 s"]], "lr")]

    def sentences(self) -> list[str]:
        return ["waits: 2.55 s"]

    def notes(self) -> list[str]:
        return ["Below."]


def shown(table: Responsive, width: int, encoding: str = "utf-8") -> list[str]:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    Console(file=stream, width=width, color_system=None, force_terminal=False).print(table)
    stream.flush()
    return [line.rstrip() for line in raw.getvalue().decode(encoding).splitlines()]


def test_the_first_way_that_fits_is_drawn_with_its_own_notes() -> None:
    # the wide one is 5 + 2 + 6 + 2 + 6 = 21 columns, the narrow one 5 + 2 + 6 = 13
    wide = ["        value  words", "waits  2.55 s  ± half", "", "Below the wide one."]
    assert shown(Small(), 21) == wide
    assert shown(Small(), 20) == shown(Small(), 13) == ["        value", "waits  2.55 s", "", "done  9 s"]
    assert shown(Small(), 12) == ["waits:", "2.55 s", "", "Below."]


def test_our_own_characters_are_replaced_before_a_column_is_measured() -> None:
    assert shown(Small(), 30, "ascii")[1] == "waits  2.55 s  +/- half"


@pytest.mark.parametrize(
    "kind",
    [
        FigureTable,
        change_table.ChangeTable,
        prediction_table.PredictedTable,
        sweep_table.CellTable,
        before_after.BeforeAfter,
        size_result.Trials,
        BrokerTable,
    ],
)
def test_every_table_follows_the_rule_and_has_none_of_its_own(kind: type[Responsive]) -> None:
    assert issubclass(kind, Responsive)
    assert "__rich_console__" not in vars(kind)


@pytest.mark.parametrize("width", [*range(20, 121, 10), 84, 85])
def test_two_blanks_stand_between_the_columns_of_brokers_however_little_room_there_is(width: int) -> None:
    # label 17, columns 6 + 11 + 6 + 10 + 10 + 13 = 56: 79 columns with one blank between, 85 with two
    brokers = list(BROKERS)[:6]
    row = Row("last work done at", "s", (1.3, 692.0, 1.09, 5_400.0, 4_505.0, 292.0))
    lines = shown(BrokerTable(brokers, [row]), width)
    assert max(map(cell_len, lines)) <= width
    if "last work done at:" in " ".join(lines):
        assert width < 50
        return
    tables = [line for line in lines if line.startswith("last work done at")]
    assert len(tables) == (1 if width >= 85 else 2 if width >= 60 else 3)
    assert (
        re.split(" {2,}", "  ".join(table.partition("done at  ")[2].strip() for table in tables)) == row.texts
    )
