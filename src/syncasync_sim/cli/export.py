"""`syncasync-sim export`: a run as one HTML page, which works without Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from syncasync_sim.cli import exit_codes, outputs
from syncasync_sim.cli.customer_limit import is_measured, refuse_recorded
from syncasync_sim.cli.options import ForceOption, ModeOption, ScenarioOrRunArgument, SeedOption, SetOption
from syncasync_sim.cli.runner import Answer, Question, answer
from syncasync_sim.cli.signals import NO_FILE

HELP = """
\b
syncasync-sim export checkout                   writes checkout-replay.html
syncasync-sim export traffic-spike -o spike.html
syncasync-sim export run.json                   a run that --trace wrote

Write a run as one HTML page. The page plays both designs on one clock, or goes through the run step by step.
It works offline and without Python.
"""


def export(
    scenario: ScenarioOrRunArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The page. Default: the scenario's name and -replay.html, here.",
            show_default=False,
        ),
    ] = None,
    seed: SeedOption = None,
    sets: SetOption = None,
    mode: ModeOption = "both",
    force: ForceOption = False,
) -> None:
    if output is not None:
        outputs.check(output, force=force)
    question = Question(scenario, sets or (), seed, mode)
    result = answer(question, says=NO_FILE)
    if result.stopped:
        raise typer.Exit(exit_codes.INTERRUPTED)
    page = page_of(result)
    target = output or Path(f"{result.scenario.name}-replay.html")
    outputs.check(target, force=force)
    outputs.write(target, page, force=force)
    outputs.tell(target)
    print("Open it with a browser; space plays.", file=sys.stderr)


def page_of(result: Answer) -> str:
    """The replay page of a run: its first replication, and of many customers the first part.

    Args:
        result: the run.

    Raises:
        ScenarioError: a run that was measured, which cannot be run again, has too many customers.
    """
    from syncasync_sim.replay.document import document
    from syncasync_sim.replay.first_part import first_part
    from syncasync_sim.replay.html_page import page
    from syncasync_sim.replay.recording import Recording

    if is_measured(result):
        refuse_recorded(result)
    traces, part = first_part(result.traces)
    comparison = Recording(next(iter(traces.values())).scenario, dict(traces)).comparison
    return page(document(comparison, traces, with_rows=False, part=part))
