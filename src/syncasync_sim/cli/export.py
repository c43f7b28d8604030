"""`syncasync-sim export`: a run as one HTML page that moves, to give away or to show without Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncasync_sim.cli import exits, targets
from syncasync_sim.cli.options import ForceOption, ModeOption, ScenarioArgument, SeedOption, SetOption
from syncasync_sim.cli.running import Answer, Question, answer
from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim.model.scenario import Scenario

HELP = """
\b
syncasync-sim export checkout                   writes checkout-replay.html
syncasync-sim export traffic-spike -o spike.html
syncasync-sim export run.json                   a run that  run --trace  wrote

Write a run as one HTML page: both designs above each other on one clock, to play, to step through and to
scrub. It needs no network and no Python, and asks nothing of anybody.
"""


def export(
    scenario: ScenarioArgument,
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
    result = answer(question, first=lambda read: refuse_many(read, question))
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

    came = max(len(set(trace.requests.column("customer"))) for trace in result.traces.values())
    if came > MOST_CUSTOMERS:
        raise _too_many(came, result.scenario, result.question)
    comparison = Recording(result.scenario, result.traces).comparison
    return page(document(comparison, result.traces, with_rows=False))


def refuse_many(scenario: Scenario, question: Question) -> None:
    """Raise ScenarioError if more customers are to come than a page shows, before they are simulated."""
    from syncasync_sim.replay.cap import cap_of

    if cap_of(scenario) is not None:
        raise _too_many(round(scenario.traffic.expected_customers), scenario, question)


def _too_many(came: int, scenario: Scenario, question: Question) -> ScenarioError:
    """Random arrivals that were to be few enough can be too many: then it is a tenth fewer."""
    import shlex

    from syncasync_sim.replay.cap import MOST_CUSTOMERS, cap_of

    cap = cap_of(scenario) or cap_of(scenario, MOST_CUSTOMERS * 9 // 10) or "traffic.requests=500"
    return ScenarioError(
        f"{question.source}: {came:,} customers are too many for a replay, which shows {MOST_CUSTOMERS}"
        f"\n  = --set {shlex.quote(cap)}"
    )
