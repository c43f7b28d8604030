"""One truth: a number is the same, to its last digit, wherever it is shown.

The terminal's table, `--json`, a notebook's table, the document for pictures and the last frame of `watch`
are asked for the same rows.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from replay.recorded import MODERATE
from syncasync_sim import Comparison, load_scenario, run_designs
from syncasync_sim.cli.app import app
from syncasync_sim.model.figures import DONE, WAITS
from syncasync_sim.model.formats import format_value
from syncasync_sim.render.html import comparison_html
from syncasync_sim.render.tables import FigureTable
from syncasync_sim.replay.document import document, to_json
from syncasync_sim.replay.recording import read_document
from syncasync_sim.replay.terminal_frame import Scene, frame

Cells = list[str]


@cache
def ran(name: str) -> tuple[Comparison, dict[str, Any]]:
    """The result of a bundled scenario, and its document as a reader in another language gets it."""
    scenario = load_scenario(name)
    comparison, traces = run_designs(scenario, seed=scenario.seed)
    plain: dict[str, Any] = json.loads(to_json(document(comparison, traces)))
    return comparison, plain


@cache
def printed_json(name: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["run", name, "--json"])
    plain: dict[str, Any] = json.loads(result.stdout)
    return plain


def columns(line: str) -> Cells:
    """The cells of a line, which stand at least two spaces apart."""
    return re.split(r" {2,}", line.strip())


def in_terminal(comparison: Comparison) -> Iterator[Cells]:
    """The rows as the terminal shows them, without the headings."""
    stream = io.StringIO()
    Console(file=stream, width=200).print(FigureTable(comparison, comparison.rows()))
    return (cells for cells in map(columns, stream.getvalue().splitlines()[1:]) if len(cells) > 1)


def in_notebook(comparison: Comparison) -> Iterator[Cells]:
    """The rows as a notebook shows them."""
    for row in re.findall(r"<tr>(<td.*?)</tr>", comparison_html(comparison)):
        cells = [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        yield [cell for cell in cells if cell]


def in_document(plain: dict[str, Any]) -> Iterator[Cells]:
    """The rows as the document brings them to pictures."""
    for row in plain["table"]:
        yield [row[n] for n in ("label", *plain["figures"], "change", "words") if row[n]]


@pytest.mark.parametrize("name", MODERATE)
def test_every_row_is_the_same_everywhere(name: str) -> None:
    comparison, plain = ran(name)
    rows = list(in_document(plain))
    assert list(in_terminal(comparison)) == rows
    assert list(in_notebook(comparison)) == rows
    assert len(rows) == len(comparison.rows()) >= 3


@pytest.mark.parametrize("name", MODERATE)
def test_the_same_sentences_stand_above_the_rows_everywhere(name: str) -> None:
    comparison, plain = ran(name)
    told = CliRunner().invoke(app, ["run", name, "--quiet"]).stdout.strip()
    assert plain["headline"] == told
    before, _, _ = comparison_html(comparison).partition("<table")
    assert unescape(re.sub("<[^>]+>", "", before)) == told


@pytest.mark.parametrize("name", MODERATE)
def test_every_figure_is_the_same_in_json_and_document(name: str) -> None:
    _, plain = ran(name)
    printed = printed_json(name)
    assert plain["seed"] == printed["seed"]
    for mode, figures in printed["modes"].items():
        theory = figures.pop("theory")
        assert plain["figures"][mode] == figures
        figures["theory"] = theory


@pytest.mark.parametrize("name", MODERATE)
def test_what_is_shown_is_the_figure_of_the_json(name: str) -> None:
    comparison, plain = ran(name)
    for shown, row in zip(plain["table"], comparison.rows(), strict=True):
        for mode in plain["figures"]:
            if shown[mode] != "-":
                assert shown[mode].removeprefix("cut at ") == format_value(
                    figure(printed_json(name), mode, row.figure), row.unit, row.longest_s
                )


def figure(printed: dict[str, Any], mode: str, name: str) -> Any:
    value: Any = printed["modes"][mode]
    for part in name.split(".", 1):
        value = value[part]
    return value


@pytest.mark.parametrize("name", MODERATE)
def test_the_last_frame_ends_with_the_clocks_of_the_table(name: str) -> None:
    _, plain = ran(name)
    told = [columns(line) for line in frame(Scene(plain), plain["time"]["end"], 100).plain.splitlines()]
    clocks = [row for row in plain["table"] if row["group"].startswith((WAITS, DONE))]
    for row in clocks:
        label = row["group"] if row["label"] == row["group"] else f"{row['group']}, {row['label']}"
        assert [label, *(row[n] for n in ("sync", "async", "change", "words") if row[n])] in told
    assert len(clocks) >= 2


@pytest.mark.parametrize("name", [name for name in MODERATE if not load_scenario(name).warm_up_s])
def test_what_the_last_frame_counts_are_the_figures(name: str) -> None:
    _, plain = ran(name)
    text = frame(Scene(plain), plain["time"]["end"], 200).plain
    for lane, part in zip(plain["lanes"], text.split("Asynchronous\n"), strict=True):
        figures = plain["figures"][lane["id"]]
        counted = {
            label: int(n.replace(",", "")) for label, n in re.findall(r"([A-Z][a-z ]+) ([\d,]+)", part)
        }
        assert counted["Got the page"] == figures["responses"]["ok"]
        assert counted["Error page"] == figures["responses"]["error"]
        for effect, happened in figures["effects"].items():
            again = figures["duplicates"][effect]
            assert f"{effect} {happened:,}" + (f", {again:,} too often" if again else "") in part


@pytest.mark.parametrize("name", MODERATE)
def test_a_document_read_back_counts_the_same(name: str) -> None:
    comparison, plain = ran(name)
    back = read_document(to_json(plain)).comparison
    assert back.to_dict("0") == comparison.to_dict("0")
    assert list(in_terminal(back)) == list(in_terminal(comparison))
