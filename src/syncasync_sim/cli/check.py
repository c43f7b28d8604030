"""`syncasync-sim check`: whether scenarios are valid, without running them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.options import bundled_names
from syncasync_sim.cli.printed import named
from syncasync_sim.errors import ScenarioError

HELP = """
\b
syncasync-sim check my-checkout.yaml
syncasync-sim check scenarios/*.yaml

Check scenarios without running them, and show every problem with its line and its cure.
"""


def check(
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENARIO...",
            help="Scenario files, names of bundled scenarios, or - for standard input.",
            autocompletion=bundled_names,
            show_default=False,
        ),
    ],
) -> None:
    from syncasync_sim.cli.described import described
    from syncasync_sim.files import load_scenario

    bad = 0
    for source in scenarios:
        try:
            print(f"{named(source)}: ok: {described(load_scenario(source))}", flush=True)
        except ScenarioError as error:
            bad += 1
            print(exit_codes.describe(error)[1], file=sys.stderr, flush=True)
    raise typer.Exit(exit_codes.BAD_REQUEST if bad else exit_codes.DONE)
