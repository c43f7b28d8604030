"""`syncasync-sim run`: one scenario in both designs, side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncasync_sim._version import __version__
from syncasync_sim.cli import browser, charts, console, cost_guard, exit_codes, export, outputs
from syncasync_sim.cli.options import (
    CompareOption,
    FolderOption,
    ForceOption,
    ModeOption,
    ReplicationsOption,
    ScenarioOrRunArgument,
    SeedOption,
    SetOption,
    YesOption,
)
from syncasync_sim.cli.printed import command, named
from syncasync_sim.cli.runner import Answer, Question, answer

if TYPE_CHECKING:
    from syncasync_sim.model.scenario import Scenario

STDIN = "-"
HELP = """
\b
syncasync-sim run checkout                  one checkout in both designs
syncasync-sim run my-checkout.yaml          a scenario of your own
syncasync-sim run checkout --set "steps[send email].duration=10s"
syncasync-sim run flaky-email --replications 10
syncasync-sim run ten-orders --set workers.count=3 --compare-to ten-orders
syncasync-sim run checkout --json           the numbers, for programs
syncasync-sim run checkout --trace run.json record the run in a file
syncasync-sim run checkout --open           show the run in a browser

Run a scenario and show what the user waits for, and when the work is done.

What the scenario expects is shown with a tick or a cross; a cross makes the exit code 3. After a change
by --set or --seed crosses are only shown, unless --set gave the expectations too.
"""


def run(
    scenario: ScenarioOrRunArgument,
    seed: SeedOption = None,
    sets: SetOption = None,
    replications: ReplicationsOption = 1,
    mode: ModeOption = "both",
    compare_to: CompareOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the numbers as JSON, nothing else; charts only with -o.")
    ] = False,
    output: FolderOption = None,
    no_charts: Annotated[bool, typer.Option("--no-charts", help="Draw no charts.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print one sentence only.")] = False,
    trace: Annotated[
        Path | None,
        typer.Option(
            "--trace", metavar="FILE", help="Write the run into a .json file as well.", show_default=False
        ),
    ] = None,
    explain_engine: Annotated[
        bool,
        typer.Option("--explain-engine", help="Say whether each design needed events, and why."),
    ] = False,
    force: ForceOption = False,
    open_page: Annotated[bool, typer.Option("--open", help="Show the run as a page in a browser.")] = False,
    yes: YesOption = False,
) -> None:
    if compare_to == scenario == STDIN:
        raise typer.BadParameter("standard input can be read only once: put one of the scenarios in a file")
    draw = (output is not None or not (as_json or compare_to)) and not no_charts
    if draw and output is not None:
        charts.check_can_draw(output)
    if trace is not None:
        _check_trace(trace, force=force)
    question = Question(scenario, sets or (), seed, mode, replications, compare_to)

    def before(loaded: Scenario) -> None:
        _look_ahead(loaded, question, yes=yes, tell=not quiet)

    result = answer(question, bar=not quiet, first=before)
    _show(result, as_json=as_json, quiet=quiet)
    if explain_engine:
        _explain_engine(result)
    talkative = not (as_json or quiet)
    folder = (output or charts.DEFAULT / result.scenario.name) if draw else None
    _write(result, trace, folder, force=force, open_page=open_page, tell=talkative)
    raise typer.Exit(_end(result, tell=talkative))


def _show(result: Answer, *, as_json: bool, quiet: bool) -> None:
    """The result, on standard output."""
    if as_json:
        print(console.json_text({**result.comparison.to_dict(__version__), **_compared(result)}))
        return
    from rich.console import Console

    from syncasync_sim.render import change_table, tables

    baseline = result.baseline if result.contrasts else None
    if quiet:
        lines = change_table.findings(result.contrasts) if baseline else [tables.headline(result.comparison)]
        lines = [*tables.stopped(result.comparison), *lines]
        if sys.stdout.isatty():
            Console(highlight=False).print(tables.Lines(lines))
        else:
            print(" ".join(lines))  # one line, for scripts
        return
    if baseline is None:
        page = tables.page(result.comparison, result.traces)
    else:
        page = change_table.change_page(result.comparison, baseline, result.contrasts)
    Console(highlight=False).print(page)


def _explain_engine(result: Answer) -> None:
    """Say on standard error how each design was computed."""
    from syncasync_sim.engine.engine_choice import engine_choice

    sys.stdout.flush()
    for trace in result.traces.values():
        print("\n".join(engine_choice(trace)), file=sys.stderr)


def _compared(result: Answer) -> dict[str, Any]:
    """The part of the JSON that compares the run with another scenario."""
    if result.baseline is None or not result.contrasts:
        return {}
    from syncasync_sim.model.differences import differences

    changes = [change.to_dict() for change in differences(result.baseline, result.scenario)]
    modes = {mode: contrast.to_dict() for mode, contrast in result.contrasts.items()}
    return {"compared_to": {"scenario": result.baseline.name, "changes": changes, "modes": modes}}


def _write(
    result: Answer, trace: Path | None, folder: Path | None, *, force: bool, open_page: bool, tell: bool
) -> None:
    """Write the trace if it is whole, and the pictures if nobody stopped the run; say what is not written."""
    unwritten = []
    if trace is not None and any(run.partial for run in result.traces.values()):
        unwritten.append(f"the trace {named(trace)}")
    elif trace is not None:
        _write_trace(result, trace, force=force, tell=tell)
    if result.stopped:
        unwritten += ["the charts"] * (folder is not None) + ["the page"] * open_page
    else:
        _show_pictures(result, folder, open_page=open_page, tell=tell)
    if unwritten:
        sys.stdout.flush()
        print(f"Not written, because the run was stopped: {', '.join(unwritten)}.", file=sys.stderr)


def _show_pictures(result: Answer, folder: Path | None, *, open_page: bool, tell: bool) -> None:
    if folder is not None:
        _draw(result, folder, tell=tell)
    if open_page:
        sys.stdout.flush()
        browser.show(export.page_of(result), f"{result.scenario.name}-replay.html")


def _draw(result: Answer, folder: Path, *, tell: bool) -> None:
    sys.stdout.flush()  # the tables first: they can be read while the charts are drawn
    if not charts.can_draw(tell=tell):
        return
    drawn = charts.write_charts(result.comparison, result.traces, folder)
    if tell:
        charts.tell_charts(drawn, folder)


def _look_ahead(scenario: Scenario, question: Question, *, yes: bool, tell: bool) -> None:
    """Say how long it will be, if it is long; refuse what is very long, unless *yes*."""
    from syncasync_sim.engine.estimate import estimate
    from syncasync_sim.experiment.pilot import pilots
    from syncasync_sim.model.modes import MODES

    modes = MODES if question.mode == "both" else (question.mode,)
    runs, scenarios = question.replications + pilots(scenario), 1 if question.compare_to is None else 2
    shorter = ["fewer customers (traffic)"]
    shorter += ["fewer --replications"] if question.replications > 1 else []
    shorter += ["one design (--mode)"] if len(modes) > 1 else []
    ahead = estimate(scenario, modes, runs, scenarios)
    cost_guard.look_ahead([ahead], source=question.source, shorter=shorter, yes=yes, tell=tell)


def _check_trace(trace: Path, *, force: bool) -> None:
    """Refuse a name that is not a trace's, or a file that cannot be written, before the run."""
    from syncasync_sim.replay.saved import SUFFIX

    if trace.suffix.lower() != SUFFIX:
        raise typer.BadParameter(f"'{trace}' does not end in {SUFFIX}.", param_hint="--trace")
    outputs.check(trace, force=force)


def _write_trace(result: Answer, trace: Path, *, force: bool, tell: bool) -> None:
    """Write the run; of several replications the first, with its own figures."""
    from syncasync_sim.replay.document import document, to_json
    from syncasync_sim.replay.recording import Recording

    comparison = Recording(result.scenario, result.traces).comparison
    sys.stdout.flush()
    outputs.write(trace, to_json(document(comparison, result.traces)), force=force)
    if tell:
        first = " (the first replication)" if result.question.replications > 1 else ""
        print(f"\nTrace: {named(trace)}{first}", file=sys.stderr)


def _end(result: Answer, *, tell: bool) -> int:
    """Return the exit code, and print the reason on standard error."""
    if result.stopped:
        if result.baseline is not None and not result.contrasts:
            print("Stopped: the scenario to compare to was not run.", file=sys.stderr)
        _tell_finished(result)
        return exit_codes.INTERRUPTED
    missed = [claim.claim for claim in result.comparison.claims if not claim.holds]
    measured = any(trace.source == "measured" for trace in result.traces.values())
    if missed and not result.question.is_changed and not measured:
        total = len(result.comparison.claims)
        of_how_many = "the only expectation" if total == 1 else f"{len(missed)} of {total} expectations"
        print(f"syncasync-sim: {of_how_many} missed: {'; '.join(missed)}", file=sys.stderr)
        return exit_codes.CLAIM_MISSED
    if tell and missed and not result.contrasts:  # else they are not shown
        why = "the run was measured for real" if measured else "you changed the scenario on the command line"
        print(f"Failed expectations do not count here, because {why}.", file=sys.stderr)
    if (
        tell
        and result.question.source != "-"
        and any(len(trace.requests) for trace in result.traces.values())
    ):
        from syncasync_sim.trace.worst_off import hardest_hit

        customer = str(hardest_hit(result.traces.values()))
        again = command("explain", result.question.source, customer, *result.question.arguments())
        print(f"Next: {again}", file=sys.stderr)
    return exit_codes.DONE


def _tell_finished(result: Answer) -> None:
    """Print how many of the replications the numbers cover."""
    finished, wanted = result.comparison.replications, result.question.replications
    if finished < wanted:
        print(f"Stopped: the numbers are those of {finished:,} of {wanted:,} replications.", file=sys.stderr)
