"""`syncasync-sim export`: a run as one HTML page that moves, to give away or to show without Python."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from syncasync_sim.cli import exits, targets
from syncasync_sim.cli.crowds import refuse_many, too_many
from syncasync_sim.cli.options import ForceOption, ModeOption, ScenarioOrRunArgument, SeedOption, SetOption
from syncasync_sim.cli.running import Answer, Question, answer

HELP = """
\b
syncasync-sim export checkout                   writes checkout-replay.html
syncasync-sim export traffic-spike -o spike.html
syncasync-sim export run.json                   a run that  run --trace  wrote

Write a run as one HTML page: both designs above each other on one clock, to play, to step through and to
scrub. It needs no network and no Python, and asks nothing of anybody.
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
        targets.check(output, force=force)
    question = Question(scenario, sets or (), seed, mode)
    result = answer(question, first=partial(refuse_many, question=question))
    if result.stopped:
        raise typer.Exit(exits.INTERRUPTED)
    page = page_of(result)
    target = output or Path(f"{result.scenario.name}-replay.html")
    targets.check(target, force=force)
    targets.write(target, page, force=force)
    print(target)
    print("Open it with a browser; space plays.", file=sys.stderr)


def page_of(result: Answer) -> str:
    """The page of a run, of several replications the first. Raises ScenarioError for too many customers."""
    from syncasync_sim.replay.cap import MOST_CUSTOMERS
    from syncasync_sim.replay.document import Recording, document
    from syncasync_sim.replay.page import page
    from syncasync_sim.trace.queries import customers_came

    came = max(map(customers_came, result.traces.values()))
    if came > MOST_CUSTOMERS:
        raise too_many(came, result.scenario, result.question)
    comparison = Recording(result.scenario, result.traces).comparison
    return page(document(comparison, result.traces, with_rows=False))
