"""`syncasync-sim explain`: what happened to one customer, step by step."""

from __future__ import annotations

from typing import Annotated

import typer

from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.options import ModeOption, ScenarioOrRunArgument, SeedOption, SetOption, whole_number
from syncasync_sim.cli.runner import Question, answer

HELP = """
\b
syncasync-sim explain checkout 1
syncasync-sim explain ten-orders 10         the last of ten
syncasync-sim explain ten-orders 10 --set workers.count=3 --mode async

Show the events of one customer in both designs, in order of time: arrived, waited, charged, answered,
queued, done.
"""


def explain(
    scenario: ScenarioOrRunArgument,
    customer: Annotated[
        int,
        typer.Argument(
            metavar="CUSTOMER",
            parser=whole_number(1),
            help="The number of the customer, from 1.",
            show_default=False,
        ),
    ],
    seed: SeedOption = None,
    sets: SetOption = None,
    mode: ModeOption = "both",
) -> None:
    result = answer(Question(scenario, sets or (), seed, mode))
    from rich.console import Console

    from syncasync_sim.render.customer_log import customer_log

    Console(highlight=False).print(customer_log(result.traces, customer))
    raise typer.Exit(exit_codes.INTERRUPTED if result.stopped else exit_codes.DONE)
