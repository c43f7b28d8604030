"""`syncasync-sim validate`: a scenario beside a log, and what differs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncasync_sim._version import __version__
from syncasync_sim.cli import charts, console, exit_codes
from syncasync_sim.cli.log_options import (
    ColumnOption,
    FormatOption,
    LineFormatOption,
    LogArgument,
    LogQuestion,
    ServerOption,
    UnitOption,
    ZoneOption,
)
from syncasync_sim.cli.options import DESIGNS, ScenarioArgument, SeedOption, SetOption, whole_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from syncasync_sim.fit.validation import Validation
    from syncasync_sim.model.modes import Mode

HELP = """
\b
syncasync-sim validate mine.yaml access.log
syncasync-sim validate mine.yaml access.log --holdout 50%
syncasync-sim validate mine.yaml access.log --mode sync     measured before a step was moved

Judge a scenario by a log, three legs side by side: measured; measured arrivals and work with simulated
waits; all simulated. The first difference says whether the waits, the arrivals or the work are not those of
the service.

With --holdout the first part of the log gives arrivals and work, and only the rest is judged. The exit code
is 3 if a leg differs from the log.
"""
MOST_HOLDOUT = 0.9


def validate(
    scenario: ScenarioArgument,
    logs: LogArgument,
    holdout: Annotated[
        str, typer.Option("--holdout", metavar="SHARE", help="The part at the end that is judged, as 50%.")
    ] = "0%",
    replications: Annotated[
        int,
        typer.Option(
            "--replications", metavar="R", parser=whole_number(2, 1_000), help="Number of runs of each leg."
        ),
    ] = 20,
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode",
            metavar="|".join(DESIGNS[1:]),
            help="Design of the log: sync before a step was moved. Default: async if a step is background.",
            show_default=False,
        ),
    ] = None,
    seed: SeedOption = None,
    sets: SetOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Draw the chart into this folder.", show_default=False
        ),
    ] = None,
    format_name: FormatOption = None,
    columns: ColumnOption = None,
    unit: UnitOption = None,
    line_format: LineFormatOption = "",
    zone: ZoneOption = "+00:00",
    server: ServerOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, nothing else.")] = False,
) -> None:
    from syncasync_sim.files import load_scenario
    from syncasync_sim.fit.validation import validate as judge

    part, design = _share(holdout), None if mode is None else _design(mode)
    if output is not None:
        charts.check_can_draw(output)
    own = load_scenario(scenario, sets or ())
    question = LogQuestion(logs, format_name, columns or (), unit, line_format, zone, server)
    result = judge(own, question.read(), holdout=part, replications=replications, seed=seed, mode=design)
    if as_json:
        from syncasync_sim.render.validation_table import validation_data

        print(console.json_text(validation_data(result, __version__)))
    else:
        _show(result)
    if output is not None:
        sys.stdout.flush()
        charts.tell_charts(charts.write_figures({"validation": lambda: _chart(result)}, output), output)
    raise typer.Exit(exit_codes.DONE if result.agrees else exit_codes.CLAIM_MISSED)


def _design(text: str) -> Mode:
    if text in DESIGNS[1:]:
        return text  # type: ignore[return-value]  # just checked
    raise typer.BadParameter(f"'{text}' is no design of a log: write {' or '.join(DESIGNS[1:])}.")


def _share(text: str) -> float:
    match = re.fullmatch(r"(\d{1,2}(?:\.\d+)?)\s*%|(0(?:\.\d+)?)", text.strip())
    share = (float(match[1]) / 100 if match[1] else float(match[2])) if match else -1
    if not 0 <= share <= MOST_HOLDOUT:
        raise typer.BadParameter(f"'{text}' is no share from 0% to 90%: write it as 50%.")
    return share


def _show(result: Validation) -> None:
    from rich.console import Console

    from syncasync_sim.render.validation_table import validation_page

    Console(highlight=False).print(validation_page(result))


def _chart(result: Validation) -> Figure:
    from syncasync_sim.render.charts.measured_shares import validation_chart

    return validation_chart(result)
