"""What a run for real is shown as: just now by `live`, or later by `replay`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncasync_sim.cli import charts
from syncasync_sim.cli.printed import named

if TYPE_CHECKING:
    from syncasync_sim import Scenario, Trace
    from syncasync_sim.model.modes import Mode
    from syncasync_sim.stats.predicted import PredictedRow


def show(
    scenario: Scenario,
    predicted: Mapping[Mode, Trace],
    measured: Mapping[Mode, Trace],
    metadata: Mapping[str, Any],
    *,
    tells_day: bool = False,
) -> None:
    """Print the prediction beside the measured values, on standard output.

    Args:
        scenario: the scenario.
        predicted: the simulated trace of each design.
        measured: the measured trace of each design.
        metadata: the facts of the live run, as in a recording.
        tells_day: whether the day of the run is printed.
    """
    from rich.console import Console

    from syncasync_sim.render.prediction_table import PredictedTable
    from syncasync_sim.render.tables import Lines

    console = Console(highlight=False)
    rows = beside(predicted, measured, float(metadata.get("speed", 1)))
    console.print(Lines([f"{scenario.title or scenario.name}, for real"], style="bold"))
    if warnings := [str(warning) for warning in metadata.get("warnings", ())]:
        console.print(Lines(warnings, style="bold"))
    seed = next((trace.seed for trace in measured.values()), scenario.seed)
    console.print(Lines(_lines(scenario, metadata, seed, tells_day=tells_day)))
    if rows:
        console.print()
        console.print(PredictedTable(rows))


def beside(
    predicted: Mapping[Mode, Trace], measured: Mapping[Mode, Trace], speed: float
) -> list[PredictedRow]:
    """Return each figure as predicted and as measured, with how much its prediction depends on near ties.

    Args:
        predicted: the simulated trace of each design.
        measured: the measured trace of each design.
        speed: how many times as fast as the scenario it was measured.
    """
    from syncasync_sim.experiment.near_ties import SHIFT_S, shifted_runs
    from syncasync_sim.stats.predicted import predicted_rows

    shifted = {mode: shifted_runs(predicted[mode], SHIFT_S * speed) for mode in measured if mode in predicted}
    return predicted_rows(predicted, measured, shifted)


def _lines(scenario: Scenario, metadata: Mapping[str, Any], seed: int, *, tells_day: bool) -> list[str]:
    """With what it was measured, and how fast."""
    servers, speed = list(metadata.get("servers", {}).values()), float(metadata.get("speed", 1))
    parts = (
        f"A web service on waitress, worker processes; the queue is {servers[0]}"
        if servers
        else ("A web service on waitress; no queue")
    )
    if servers and scenario.queue.in_process:
        parts = "A web service on waitress; the queue is in its memory, and the workers are threads of it"
    fast = "as fast as the scenario" if speed == 1 else f"{speed:g} times as fast as the scenario"
    day = f" on {metadata['day']}" if tells_day and "day" in metadata else ""
    note = str(metadata.get("note", ""))
    return [
        f"{parts}.",
        *([note] if note else []),
        f"Run{day} {fast}; times are the scenario's; seed {seed}; "
        f"syncasync-sim {metadata.get('version', '')}.",
    ]


def draw(
    scenario: Scenario, predicted: Mapping[Mode, Trace], measured: dict[Mode, Trace], folder: Path
) -> None:
    """Draw all charts of the measured runs, and every request against its prediction.

    Args:
        scenario: the scenario.
        predicted: the simulated trace of each design.
        measured: the measured trace of each design.
        folder: the folder for the charts.
    """
    charts.prepare_matplotlib()
    from syncasync_sim.render.charts import live_chart as scatter
    from syncasync_sim.replay.recording import Recording

    sys.stdout.flush()
    comparison, figure = Recording(scenario, measured).comparison, scatter.measured(predicted, measured)
    drawn = charts.write_charts(
        comparison, measured, folder, {} if figure is None else {scatter.NAME: figure}
    )
    print(f"\nCharts: {named(folder)}/ ({len(drawn)} files)", file=sys.stderr)
