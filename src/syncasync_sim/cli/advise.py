"""`syncasync-sim advise`: which steps belong in the request, which on a queue, and what a move does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from syncasync_sim._version import __version__
from syncasync_sim.cli import console, exit_codes
from syncasync_sim.cli.options import ReplicationsOption, ScenarioArgument, SeedOption, SetOption
from syncasync_sim.cli.printed import command
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.runner import Question
from syncasync_sim.cli.signals import Stop

if TYPE_CHECKING:
    from syncasync_sim import Advice

HELP = """
\b
syncasync-sim advise checkout
syncasync-sim advise my-checkout.yaml   a scenario of your own
syncasync-sim advise login              a page that does not wait
syncasync-sim advise flaky-email --replications 10

For each step, say whether it belongs in the request (sync) or on the queue (async), and why.

Then measure each move: run the asynchronous design with only that step moved, on the same customers with the
same random numbers. The rules and the run may disagree; the output shows both.

Last, check the settings of the queue, and try the change that corrects each problem.
"""


def advise(
    scenario: ScenarioArgument,
    seed: SeedOption = None,
    sets: SetOption = None,
    replications: ReplicationsOption = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, nothing else.")] = False,
) -> None:
    question = Question(scenario, sets or (), seed, "async", replications)
    with Stop() as stop:
        advice = _advice(question, stop)
    _show(advice, as_json=as_json)
    if stop.requested:
        raise typer.Exit(exit_codes.INTERRUPTED)
    if not as_json and advice.sets and question.source != "-":
        _tell_next(question, advice)
    raise typer.Exit(exit_codes.DONE)


def _advice(question: Question, stop: Stop) -> Advice:
    from syncasync_sim.advice import advise as ask
    from syncasync_sim.advice.queue_rules import QUEUE_RULES
    from syncasync_sim.files import load_scenario

    scenario = load_scenario(question.source, question.sets)
    # each step moved, as it is, as advised, all sync, and at most a change of the queue for each rule
    runs = (len(scenario.steps) + 3 + len(QUEUE_RULES)) * question.replications
    seed = scenario.seed if question.seed is None else question.seed
    with Watcher(runs, stop, on_screen=True) as watch:
        return ask(scenario, seed=seed, replications=question.replications, watch=watch)


def _show(advice: Advice, *, as_json: bool) -> None:
    """The advice, on standard output."""
    if as_json:
        print(console.json_text(advice.to_dict(__version__)))
        return
    from rich.console import Console

    from syncasync_sim.render.advice_page import advice_page

    Console(highlight=False).print(advice_page(advice))


def _tell_next(question: Question, advice: Advice) -> None:
    """The command that runs the advised design."""
    sets = [word for text in advice.sets for word in ("--set", text)]
    print(f"Next: {command('run', question.source, *question.arguments(), *sets)}", file=sys.stderr)
