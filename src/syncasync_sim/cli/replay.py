"""`syncasync-sim replay`: a run for real that was recorded, shown again without any broker."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncasync_sim.cli import charts, live_page
from syncasync_sim.cli.printed import command
from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim.replay.recording import Recording

HELP = """
\b
syncasync-sim live checkout --start redis --record run.json
syncasync-sim replay run.json

Show a recorded live run next to its prediction, as 'live' did. No broker is needed.

Other commands read the same file: 'watch' plays it, 'export' writes it as an HTML page, and 'explain' shows
the events of one customer.
"""


def replay(
    recording: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file of 'live --record'.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="A folder for the charts.", show_default=False),
    ] = None,
) -> None:
    if output is not None:
        charts.check_can_draw(output)
    loaded = _load(recording)
    from syncasync_sim.engine import simulate

    predicted = {
        mode: simulate(loaded.scenario, mode, seed=trace.seed, replication=trace.replication)
        for mode, trace in loaded.traces.items()
    }
    live_page.show(loaded.scenario, predicted, loaded.traces, loaded.live or {}, tells_day=True)
    if output is not None:
        live_page.draw(loaded.scenario, predicted, loaded.traces, output)
    print(f"Next: {command('watch', str(recording))}", file=sys.stderr)


def _load(file: Path) -> Recording:
    """The recording. Raises ScenarioError if the file is not a recorded live run."""
    from syncasync_sim.replay.saved import load_trace

    recording = load_trace(file)
    if any(trace.source != "measured" for trace in recording.traces.values()):
        raise ScenarioError(
            f"{file}: this run was simulated, so there is nothing to compare\n  = {command('run', str(file))}"
        )
    return recording
