"""`syncasync-sim fit`: a scenario from a log of a real service."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from syncasync_sim._version import __version__
from syncasync_sim.cli import console, exit_codes, outputs
from syncasync_sim.cli.options import ForceOption
from syncasync_sim.cli.printed import command, named
from syncasync_sim.model.stamps import TimeUnit

if TYPE_CHECKING:
    from syncasync_sim.fit.fitted import Fit

HELP = """
\b
syncasync-sim fit access.log                  what the log tells, and what it does not
syncasync-sim fit access.log -o mine.yaml     the scenario, with its data beside it
syncasync-sim fit mine.csv --column start=began --column end=replied
syncasync-sim fit access.log -o mine.yaml --move "send email=300ms"

Read a log of a real service (access log, trace, load test, background jobs) and write it as a scenario: the
measured arrivals, the threads, the work of each step, failures, workers.

What the log cannot tell is declined, with the number behind it and what to log instead; the scenario then
has '# unknown' there, and the exit code is 3.
"""
UNITS = get_args(TimeUnit)
ROLES = ("start", "end", "duration", "work", "ready", "status", "server", "process", "lane")


def fit(
    logs: Annotated[
        list[Path],
        typer.Argument(
            metavar="LOG...", help="The log; several files of one format, gzip or not.", show_default=False
        ),
    ],
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
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="The format; by default recognised.", show_default=False
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="WHAT=NAME",
            help=f"The column of a CSV file for {', '.join(ROLES[:-1])} or {ROLES[-1]}; repeat it.",
            show_default=False,
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option("--unit", metavar="UNIT", help="The unit of plain numbers: s, ms, us or ns."),
    ] = None,
    line_format: Annotated[
        str,
        typer.Option(
            "--line-format",
            metavar="TEXT",
            help="The LogFormat of Apache, the access_log_format of gunicorn or the log_format of nginx.",
            show_default=False,
        ),
    ] = "",
    zone: Annotated[
        str,
        typer.Option("--zone", metavar="+HH:MM", help="The time zone of a log that names none."),
    ] = "+00:00",
    server: Annotated[
        str | None,
        typer.Option(
            "--server", metavar="NAME", help="Only the requests of this server.", show_default=False
        ),
    ] = None,
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
    force: ForceOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, nothing else.")] = False,
) -> None:
    from syncasync_sim.fit.fitted import fit_log
    from syncasync_sim.fit.formats.kinds import Wishes
    from syncasync_sim.fit.moving import move
    from syncasync_sim.fit.reading import of_server, read_log
    from syncasync_sim.fit.source import Source

    if output is not None:
        outputs.check(output, force=force)
    wishes = Wishes(_columns(columns or ()), _unit(unit), line_format, _zone_minutes(zone))
    log = read_log([Source(path) for path in logs], format_name, wishes)
    result = fit_log(log if server is None else of_server(log, server))
    for text in moved or ():
        result = move(result, text)
    if output is not None:
        _write(result, output, logs, distribution, force=force)
    if as_json:
        from syncasync_sim.fit.document import document

        print(console.json_text(document(result, __version__)))
    else:
        _show(result, logs, output)
    raise typer.Exit(exit_codes.DONE if result.is_complete else exit_codes.CLAIM_MISSED)


def _columns(given: list[str] | tuple[str, ...]) -> Mapping[str, str]:
    columns = {}
    for text in given:
        role, equals, name = text.partition("=")
        if role not in ROLES or not equals or not name:
            raise typer.BadParameter(
                f"'{text}' is not like start=NAME, where start is one of {', '.join(ROLES)}."
            )
        columns[role] = name
    return columns


def _unit(text: str | None) -> TimeUnit | None:
    if text is not None and text not in UNITS:
        raise typer.BadParameter(f"'{text}' is no unit here: write s, ms, us or ns.")
    return text  # type: ignore[return-value]  # just checked


def _zone_minutes(text: str) -> int:
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text.strip())
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        raise typer.BadParameter(f"'{text}' is no time zone: write it as +02:00.")
    return (1 if match[1] == "+" else -1) * (int(match[2]) * 60 + int(match[3]))


def _write(result: Fit, output: Path, logs: list[Path], distribution: str | None, *, force: bool) -> None:
    from syncasync_sim.cli.signals import tidily
    from syncasync_sim.files.atomic_write import write_all
    from syncasync_sim.files.scenario_loader import slug
    from syncasync_sim.fit.scenario_text import written

    texts = written(result, slug(output.stem), [path.name for path in logs], distribution)
    contents = {output: texts.scenario} | {output.parent / name: text for name, text in texts.data.items()}
    for target in contents:
        outputs.check(target, force=force)
    with tidily():
        write_all({target: text.encode() for target, text in contents.items()}, replace=force)


def _show(result: Fit, logs: list[Path], output: Path | None) -> None:
    from rich.console import Console

    from syncasync_sim.render.findings_table import findings_page

    title = ", ".join(named(path.name) for path in logs[:3]) + (" and more" if len(logs) > 3 else "")
    Console(highlight=False).print(findings_page(result, title))
    print(file=sys.stderr)
    for line in _next(result, logs, output):
        print(line, file=sys.stderr)


def _next(result: Fit, logs: list[Path], output: Path | None) -> list[str]:
    """What to do next: write it, or run, move and size what was written."""
    if output is None:
        return [f"Next: {command('fit', *map(str, logs), '-o', 'mine.yaml')}  writes the scenario"]
    target = str(output)
    lines = [f"Wrote {named(output)} and its data beside it.", f"Next: {command('run', target)}"]
    if any(step.background for step in result.steps):
        goal = "async.completion_time_s.p95 < 10s"
        lines.append(f"      {command('size', target, '--vary', 'workers.count=1..50', '--target', goal)}")
    else:
        lines.append(f"      {command('advise', target)}")
    return [*lines, f"      {command('validate', target, *map(str, logs))}"]
