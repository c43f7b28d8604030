"""`syncasync-sim run`: one scenario in both designs, side by side."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from syncasync_sim import __version__
from syncasync_sim.cli import charts, exits, streams
from syncasync_sim.cli.options import (
    FolderOption,
    ModeOption,
    ReplicationsOption,
    ScenarioArgument,
    SeedOption,
    SetOption,
)
from syncasync_sim.cli.running import Answer, Question, answer

HELP = """
\b
syncasync-sim run checkout                  one checkout in both designs
syncasync-sim run my-checkout.yaml          a scenario of your own
syncasync-sim run checkout --set 'steps[3].duration=10s'
syncasync-sim run flaky-email --replications 10
syncasync-sim run checkout --json           the numbers, for programs

Run a scenario and show what the user waits for, and when the work is done.

What the scenario expects is shown with a tick or a cross; a cross makes the exit code 3. After a change
by --set or --seed crosses are only shown, unless --set gave the expectations too.
"""


def run(
    scenario: ScenarioArgument,
    seed: SeedOption = None,
    sets: SetOption = None,
    replications: ReplicationsOption = 1,
    mode: ModeOption = "both",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the numbers as JSON, nothing else; charts only with -o.")
    ] = False,
    output: FolderOption = None,
    no_charts: Annotated[bool, typer.Option("--no-charts", help="Draw no charts.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print one sentence only.")] = False,
) -> None:
    draw = (output is not None or not as_json) and not no_charts
    if draw and output is not None:
        charts.check_folder(output)
    result = answer(Question(scenario, sets or (), seed, mode, replications), bar=not quiet)
    _show(result, as_json=as_json, quiet=quiet)
    talkative = not (as_json or quiet)
    if draw and not result.stopped:
        _draw(result, output or charts.DEFAULT / result.scenario.name, tell=talkative)
    raise typer.Exit(_end(result, tell=talkative))


def _show(result: Answer, *, as_json: bool, quiet: bool) -> None:
    """The result, on standard output."""
    if as_json:
        print(_json(result.comparison.to_dict(__version__)))
        return
    from rich.console import Console

    from syncasync_sim.report import tables

    sentence = tables.headline(result.comparison)
    if quiet and not sys.stdout.isatty():
        print(sentence)  # one line, for scripts
    elif quiet:
        Console(highlight=False).print(tables.Lines([sentence]))
    else:
        Console(highlight=False).print(tables.page(result.comparison, result.traces))


def _json(data: dict[str, Any]) -> str:
    """JSON text for standard output; pure ASCII where that stream would not hold everything."""
    return json.dumps(data, indent=2, ensure_ascii=not streams.speaks_unicode(), allow_nan=False)


def _draw(result: Answer, folder: Path, *, tell: bool) -> None:
    sys.stdout.flush()  # the tables first: they can be read while the charts are drawn
    drawn = charts.write_charts(result.comparison, result.traces, folder)
    if tell:
        charts.tell_charts(drawn, folder)


def _end(result: Answer, *, tell: bool) -> int:
    """The exit code, and what there is to say about it on standard error."""
    if result.stopped:
        _tell_finished(result)
        return exits.INTERRUPTED
    missed = [claim.claim for claim in result.comparison.claims if not claim.holds]
    if missed and not result.question.is_changed:
        total = len(result.comparison.claims)
        of_how_many = "the only expectation" if total == 1 else f"{len(missed)} of {total} expectations"
        print(f"syncasync-sim: {of_how_many} missed: {'; '.join(missed)}", file=sys.stderr)
        return exits.CLAIM_MISSED
    if tell and missed:
        print("The crosses are no error here: the scenario was changed on the command line.", file=sys.stderr)
    if tell and result.question.source != "-":
        from syncasync_sim.report.story import hardest_hit

        customer = str(hardest_hit(result.traces.values()))
        words = ["syncasync-sim", "explain", result.question.source, customer, *result.question.arguments()]
        print(f"Next: {shlex.join(words)}", file=sys.stderr)
    return exits.DONE


def _tell_finished(result: Answer) -> None:
    """Of several replications, how many the numbers are of."""
    finished, wanted = result.comparison.replications, result.question.replications
    if finished < wanted:
        print(f"Stopped: the numbers are those of {finished:,} of {wanted:,} replications.", file=sys.stderr)
