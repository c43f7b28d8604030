"""`syncasync-sim size`: the smallest value with which a target is met, or the largest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncasync_sim._version import __version__
from syncasync_sim.cli import console, cost_guard, exit_codes
from syncasync_sim.cli.grids import load_cells
from syncasync_sim.cli.options import (
    ScenarioArgument,
    SeedOption,
    SetOption,
    VaryOption,
    YesOption,
    whole_number,
)
from syncasync_sim.cli.printed import command
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.signals import Stop

if TYPE_CHECKING:
    from syncasync_sim.experiment import Sizing, Trial
    from syncasync_sim.experiment.sizing import TrialSettings

HELP = """
\b
syncasync-sim size slow-email --vary workers.count=1..50 \\
  --target "async.completion_time_s.p95 < 10s"
syncasync-sim size slow-email --vary server.threads=1..20 \\
  --target "sync.response_time_s.max < 5s"

Find the smallest value of one key with which the target is met.

The target is a claim as under 'expect' in a scenario, about the mean over the replications. The search
halves the range of values again and again, so it does not try every value. The exit code is 3 if no value
meets the target.
"""


def size(
    scenario: ScenarioArgument,
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="CLAIM", help="The claim to meet, as under expect.", show_default=False
        ),
    ] = None,
    vary: VaryOption = None,
    replications: Annotated[
        int,
        typer.Option(
            "--replications",
            metavar="R",
            parser=whole_number(1, 10_000),
            help="Number of runs for each value.",
        ),
    ] = 10,
    seed: SeedOption = None,
    sets: SetOption = None,
    of_those_served: Annotated[
        bool,
        typer.Option(
            "--of-those-served",
            help="Accept a time of the clicks that got the page, even if these are few.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, nothing else.")] = False,
    yes: YesOption = False,
) -> None:
    if target is None:
        raise typer.BadParameter('nothing to meet: add --target "async.completion_time_s.p95 < 10s"')
    if vary is None or len(vary) > 1:
        raise typer.BadParameter("one key is varied: --vary workers.count=1..50")
    from syncasync_sim.experiment.sizing import TrialSettings

    settings = (
        TrialSettings(seed, replications, 0.0) if of_those_served else TrialSettings(seed, replications)
    )
    result = _search(scenario, target, vary, sets or (), settings, yes=yes)
    if as_json:
        print(console.json_text(_plain(result)))
    else:
        _show(result, scenario, sets or (), seed)
    raise typer.Exit(_code(result))


def _search(
    source: str,
    target: str,
    vary: Sequence[str],
    sets: Sequence[str],
    settings: TrialSettings,
    *,
    yes: bool,
) -> Sizing:
    from syncasync_sim.engine.estimate import estimate
    from syncasync_sim.experiment.pilot import pilots
    from syncasync_sim.experiment.sizing import search
    from syncasync_sim.files.public_calls import claim_of
    from syncasync_sim.model.modes import MODES

    scenario, (axis,), cells = load_cells(source, sets, vary)
    claim = claim_of(target, scenario, "--target")
    looks = min(len(cells), 3 + len(cells).bit_length())
    times = settings.replications + pilots(scenario)
    modes = [mode for mode in MODES if mode in claim.modes]
    longest = max((estimate(cell.scenario, modes, times) for cell in cells), key=lambda cost: cost.seconds)
    shorter = ["fewer --replications", "fewer customers (traffic)"]
    cost_guard.look_ahead([longest] * looks, source=source, shorter=shorter, yes=yes)
    with (
        Stop() as stop,
        Watcher(looks * times * len(modes), stop, on_screen=True, at_once=len(modes)) as watch,
    ):
        return search(scenario, claim, axis, cells, settings, watch)


def _show(result: Sizing, source: str, sets: Sequence[str], seed: int | None) -> None:
    from rich.console import Console

    from syncasync_sim.render.size_result import sizing_page

    Console(highlight=False).print(sizing_page(result))
    if result.answer is not None and not result.stopped and source != "-":
        again = [*sets, f"{result.axis.key}={result.answer.value.written}"]
        more = [] if seed is None else ["--seed", str(seed)]
        sets_again = [word for text in again for word in ("--set", text)]
        print(f"Next: {command('run', source, *more, *sets_again)}", file=sys.stderr)


def _plain(result: Sizing) -> dict[str, Any]:
    """Plain data: the answer, how the values fall out, and each that was tried."""
    answer = None if result.stopped else result.answer
    beyond = None if answer is None or result.beyond is None else result.beyond.value.plain
    is_falling = result.verdict == "falling"
    theory = None
    if result.theory is not None:
        theory = {"value": result.theory.value.plain, **asdict(result.theory.theory)}
    return {
        **{"schema": 1, "scenario": result.scenario.name, "seed": result.seed, "version": __version__},
        **{"replications": result.replications, "target": result.target.text, "key": result.axis.column},
        **{"verdict": "stopped" if result.stopped else result.verdict},
        "answer": None if answer is None else answer.value.plain,
        "below": None if is_falling else beyond,
        "above": beyond if is_falling else None,
        "theory": theory,
        "tried": [_trial(result, trial) for trial in result.trials],
        **({"partial": True} if result.stopped else {}),
    }


def _trial(result: Sizing, trial: Trial) -> dict[str, Any]:
    low, high = trial.interval or (None, None)
    return {
        **{"value": trial.value.plain, "meets": trial.meets, "sure": trial.is_sure(result.target)},
        **{"figure": trial.figure, "low": low, "high": high, "theory_s": trial.theory_s},
        **{"settles": trial.settles, "share": trial.share, "holds": trial.holds, "ends": trial.ends},
    }


def _code(result: Sizing) -> int:
    if result.stopped:
        return exit_codes.INTERRUPTED
    return exit_codes.DONE if result.answer is not None else exit_codes.CLAIM_MISSED
