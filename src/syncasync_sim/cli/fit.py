"""`syncasync-sim fit`: a scenario from a log of a real service."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncasync_sim._version import __version__
from syncasync_sim.cli import charts, console, exit_codes, outputs
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
from syncasync_sim.cli.options import ForceOption
from syncasync_sim.cli.printed import command, named
from syncasync_sim.errors import LogError, safe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from syncasync_sim.fit.distribution import FittedDistribution
    from syncasync_sim.fit.fitted import Fit

HELP = """
\b
syncasync-sim fit access.log                  what the log tells, and what it does not
syncasync-sim fit access.log -o mine.yaml     the scenario, with its data beside it
syncasync-sim fit mine.csv --column start=began --column end=replied
syncasync-sim fit access.log -o mine.yaml --move "send email=300ms"
syncasync-sim fit --each logs/*               a line for each file

Read a log of a real service (access log, trace, load test, background jobs) and write it as a scenario: the
measured arrivals, the threads, the work of each step, failures, workers.

What the log cannot tell is declined, with the number behind it and what to log instead; the scenario then
has '# unknown' there, and the exit code is 3.
"""


def fit(
    logs: LogArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write the scenario here, and its data beside it.",
            show_default=False,
        ),
    ] = None,
    format_name: FormatOption = None,
    columns: ColumnOption = None,
    unit: UnitOption = None,
    line_format: LineFormatOption = "",
    zone: ZoneOption = "+00:00",
    server: ServerOption = None,
    moved: Annotated[
        list[str] | None,
        typer.Option(
            "--move",
            metavar="STEP=TIME",
            help="A part of each request that could go to a queue: its time (300ms) or its share (40%).",
            show_default=False,
        ),
    ] = None,
    distribution: Annotated[
        str | None,
        typer.Option(
            "--distribution",
            metavar="NAME",
            help="Fit a distribution to the work in place of the measured values: lognormal, ... or best.",
            show_default=False,
        ),
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="Read each file by itself, and print a line for each.")
    ] = False,
    force: ForceOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, nothing else.")] = False,
) -> None:
    from syncasync_sim.fit.fitted import fit_log
    from syncasync_sim.fit.moving import move

    if output is not None:
        outputs.check(output, force=force)
    question = LogQuestion(logs, format_name, columns or (), unit, line_format, zone, server)
    if each:
        if output is not None or as_json or moved:
            raise typer.BadParameter("--each only shows: leave out -o, --json and --move.")
        _show_each(question)
    result = fit_log(question.read())
    for text in moved or ():
        result = move(result, text)
    if output is not None:
        _write(result, output, distribution, force=force)
    if as_json:
        from syncasync_sim.fit.document import document

        print(console.json_text(document(result, __version__)))
    else:
        _show(result, question, output, moved or ())
    raise typer.Exit(exit_codes.DONE if result.is_complete else exit_codes.CLAIM_MISSED)


def _show_each(question: LogQuestion) -> None:
    """A line for each file, also for one that is refused; ends the command."""
    from rich.console import Console

    from syncasync_sim.fit.fitted import fit_log
    from syncasync_sim.render.findings_table import each_page

    results: dict[str, Fit | str] = {}
    for path in question.paths:
        try:
            results[named(path)] = fit_log(replace(question, paths=[path]).read())
        except LogError as error:
            results[named(path)] = safe(str(error))
    Console(highlight=False).print(each_page(results))
    is_complete = all(not isinstance(result, str) and result.is_complete for result in results.values())
    raise typer.Exit(exit_codes.DONE if is_complete else exit_codes.CLAIM_MISSED)


def _write(result: Fit, output: Path, distribution: str | None, *, force: bool) -> None:
    from syncasync_sim.cli.signals import tidily
    from syncasync_sim.files.atomic_write import write_all
    from syncasync_sim.files.fitted_files import contents_of

    texts, contents = contents_of(result, output, distribution)
    for target in contents:
        outputs.check(target, force=force)
    with tidily():
        write_all({target: text.encode() for target, text in contents.items()}, replace=force)
    if texts.distributions and charts.can_draw(tell=True):
        charts.write_figures(
            {f"{output.stem}-{name}": partial(_chart, *parts) for name, parts in texts.distributions.items()},
            output.parent,
        )


def _chart(name: str, durations_us: Sequence[int], fitted: FittedDistribution) -> Figure:
    from syncasync_sim.render.charts.measured_shares import distribution_chart

    return distribution_chart(name, durations_us, fitted)


def _show(result: Fit, question: LogQuestion, output: Path | None, moved: Sequence[str]) -> None:
    from rich.console import Console

    from syncasync_sim.render.findings_table import findings_page

    paths = question.paths
    title = ", ".join(named(path.name) for path in paths[:3]) + (" and more" if len(paths) > 3 else "")
    Console(highlight=False).print(findings_page(result, title))
    print(file=sys.stderr)
    for line in _next(result, question.words, output, moved):
        print(line, file=sys.stderr)


def _next(result: Fit, log: Sequence[str], output: Path | None, moved: Sequence[str]) -> list[str]:
    """What to do next: write it, or run, move and size what was written."""
    if output is None:
        parts = [word for text in moved for word in ("--move", text)]
        return [f"Next: {command('fit', *log, '-o', 'mine.yaml', *parts)}  writes the scenario"]
    target = str(output)
    lines = [f"Wrote {named(output)} and its data beside it.", f"Next: {command('run', target)}"]
    if any(step.background for step in result.steps):
        goal = "async.completion_time_s.p95 < 10s"
        lines.append(f"      {command('size', target, '--vary', 'workers.count=1..50', '--target', goal)}")
    else:
        lines.append(f"      {command('advise', target)}")
    before = ("--mode", "sync") if moved else ()  # what was measured is the service before the move
    return [*lines, f"      {command('validate', target, *log, *before)}"]
