"""What a cell of a sweep costs beside its runs, and a line of a list: counted as in `test_work`."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from laws.test_work import MOST_MORE, counted
from syncasync_sim.cli import lesson as lesson_command
from syncasync_sim.cli import scenarios as scenarios_command
from syncasync_sim.experiment import Sweep, sweeping
from syncasync_sim.experiment.grid import grid
from syncasync_sim.files import bundled, headings
from syncasync_sim.files.scenario_loader import load_scenario
from syncasync_sim.files.sweep_csv import SweepFile
from syncasync_sim.files.varying import load_grid
from syncasync_sim.render.sweep_table import sweep_page

FEW, MANY = 100, 1_000
WORK_OF_A_CELL = {
    "made": 760,
    "made in Python": 750,
    "put into the file": 870,
    "taken up again": 1_740,
    "shown": 3_200,
}
"""Lines and calls, beside the runs."""
WORK_OF_A_HEADING = {"lesson": 12_200, "scenario": 2_600}


def load(cells: int) -> Sweep:
    scenario, axes, made = load_grid("checkout", (), [f"workers.count=1..{cells}"])
    return Sweep(scenario, axes, made, 1)


@cache
def figures() -> sweeping.Figures:
    found = sweeping.run_cell(load_scenario("checkout"), sweeping.CellSettings(1, 1))
    assert found is not None
    return found


def into_the_file(sweep: Sweep, path: Path) -> None:
    """As `sweep --csv` does it."""
    with SweepFile(path, sweep, resumes=False) as file:
        for rows in sweep.run():
            file.add(rows)
        file.put_in_order()


def taken_up(sweep: Sweep, path: Path) -> None:
    with SweepFile(path, sweep, resumes=True):
        assert not sweep.partial


def shown(sweep: Sweep) -> None:
    Console(file=io.StringIO(), width=100, highlight=False).print(sweep_page(sweep))


def work_of(cells: int, folder: Path) -> dict[str, int]:
    """The work of each part of a sweep of so many cells, whose runs cost nothing."""
    path, made = folder / f"{cells}.csv", partial(load, cells)
    in_python = partial(grid, load_scenario("checkout"), {"workers.count": f"1..{cells}"})
    work = {"made": counted(made)[0], "made in Python": counted(in_python)[0]}
    sweep = made()
    work["put into the file"] = counted(partial(into_the_file, sweep, path))[0]
    work["taken up again"] = counted(partial(taken_up, made(), path))[0]
    work["shown"] = counted(partial(shown, sweep))[0]
    return work


@pytest.fixture
def works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[int, dict[str, int]]:
    done = figures()
    monkeypatch.setattr(sweeping, "run_cell", lambda *_: done)
    monkeypatch.setattr("os.fsync", lambda _: None)
    work_of(2, tmp_path)  # what is worked out once
    (tmp_path / "2.csv").unlink()
    return {cells: work_of(cells, tmp_path) for cells in (2, FEW, MANY)}


def check(what: str, now: float, known: float) -> None:
    said = f"{what} takes {now:.0f} lines and calls, not {known}"
    assert now <= known * (1 + MOST_MORE), said
    assert now >= known * (1 - 2 * MOST_MORE), f"{said}: write that down, so that it stays so"


def test_a_cell_costs_the_same_in_a_sweep_of_any_size(works: Mapping[int, Mapping[str, int]]) -> None:
    for what, known in WORK_OF_A_CELL.items():
        for fewer, more in ((2, FEW), (FEW, MANY)):
            each = (works[more][what] - works[fewer][what]) / (more - fewer)
            check(f"a cell of {more}, {what},", each, known)


# -- lists ----------------------------------------------------------------------------------------

LISTS: dict[str, tuple[Callable[[], Any], str, str, str]] = {
    "lesson": (lesson_command.list_all, "lessons_root", "not-faster", "claims"),
    "scenario": (scenarios_command.list_all, "root", "checkout", "expect"),
}
"""How a kind of file is listed, the folder, one of them, and a key of it that is a list."""


def listed(show: Callable[[], Any]) -> int:
    headings.lesson_headings.cache_clear()
    out = io.StringIO()
    with redirect_stdout(out):
        work, _ = counted(show)
    assert out.getvalue()
    return work


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_costs_what_it_shows_of_each_file(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show, folder, name, key = LISTS[kind]
    text = (getattr(bundled, folder)() / f"{name}.yaml").read_text(encoding="utf-8")
    monkeypatch.setattr(bundled, folder, lambda: tmp_path)
    works = {}
    for files in (2, 10, 30):
        for number in range(files):
            (tmp_path / f"file-{number}.yaml").write_text(text, encoding="utf-8")
        works[files] = listed(show)
    for fewer, more in ((2, 10), (10, 30)):
        each = (works[more] - works[fewer]) / (more - fewer)
        check(f"a {kind} in a list of {more}", each, WORK_OF_A_HEADING[kind])
    longer = text.replace(f"{key}:\n", f"{key}:\n" + "  - sync.response_time_s.max == 2.55s\n" * 500)
    assert longer != text
    for number in range(30):
        (tmp_path / f"file-{number}.yaml").write_text(longer, encoding="utf-8")
    assert listed(show) <= works[30] * (1 + MOST_MORE), "the rest of a file costs something"
