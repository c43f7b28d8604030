"""The width that the environment asks for: what no table can be read in is not taken for an order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.cells import cell_len

from surface.processes import syncasync
from syncasync_sim.cli import console, exit_codes


def widest(columns: str) -> int:
    """The widest line of a run's tables, in characters."""
    ran = syncasync("run", "ten-orders", "--no-charts", COLUMNS=columns)
    assert ran.returncode == exit_codes.DONE
    assert "Ten orders at once" in ran.stdout
    return max(map(cell_len, ran.stdout.splitlines()))


def test_a_width_of_0_and_what_is_none_are_as_if_not_set() -> None:
    assert len({widest(columns) for columns in ("0", "", "-5", "wide", "000", "\u0663")}) == 1


def test_a_width_is_kept_within_what_can_be_read() -> None:
    assert widest("1") == widest("40") <= 40 < widest("0")
    assert widest("99999999") == widest("9" * 5000) == widest("400") <= 400


@pytest.mark.parametrize(
    ("asked", "kept"),
    [("39", "40"), ("41", "41"), ("399", "399"), ("401", "400"), ("0080", "80"), ("0", None)],
)
def test_the_bounds(asked: str, kept: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", asked)
    console.prepare()
    assert os.environ.get("COLUMNS") == kept


def test_an_empty_name_is_told(tmp_path: Path) -> None:
    ran = syncasync("run", "", folder=tmp_path)
    assert ran.returncode == exit_codes.BAD_REQUEST
    assert ran.stderr.startswith("the name of the scenario is empty\n  = ")
