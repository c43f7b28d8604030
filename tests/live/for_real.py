"""Runs for real in tests, and a look at what they leave behind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import enumerate as threads

import pytest

from syncasync_sim import Scenario, Summary, load_scenario, simulate, summarise
from syncasync_sim.live.measure import Measured, measure
from syncasync_sim.model.modes import Mode

SPEED = 10.0
GENEROUS = 0.2, 1.0
"""A share and seconds of the scenario: on a machine that does much else, a tenth of a second for real."""


def both(name: str, mode: Mode, *sets: str, speed: float = SPEED) -> tuple[Summary, Measured]:
    """The prediction, and the same for real."""
    scenario = load_scenario(name, sets)
    predicted = summarise(simulate(scenario, mode, seed=scenario.seed))
    return predicted, measure(scenario, mode, seed=scenario.seed, speed=speed)


def small(*sets: str) -> Scenario:
    """The checkout, a customer every half second."""
    return load_scenario("checkout", ["traffic.requests=4", *sets])


def processes_of_runs(folder: Path) -> list[str]:
    """The processes of the runs that keep themselves in *folder*, whoever their parent is."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, UnicodeDecodeError):
            continue
        if "syncasync_sim.live." in command and str(folder) in command:
            found.append(f"{entry.name}: {command}")
    return found


@contextmanager
def nothing_left(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Inside, temporary files go into *folder*; afterwards there are none, and no process and no thread."""
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = set(threads())
    yield
    for thread in set(threads()) - before:
        thread.join(3)  # a customer may be waiting for an answer that will not come
    assert set(threads()) <= before
    assert processes_of_runs(folder) == []
    assert list(folder.iterdir()) == []
