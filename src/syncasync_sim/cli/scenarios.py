"""`syncasync-sim scenarios`: the scenarios that come with the program; and `schema`, for editors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from syncasync_sim.cli.options import BundledArgument
from syncasync_sim.cli.printed import command, named
from syncasync_sim.cli.signals import tidily

HELP = """
\b
syncasync-sim scenarios list
syncasync-sim scenarios show checkout       read it
syncasync-sim scenarios copy checkout       a copy to change

The scenarios that come with the program.
"""
SCHEMA_HELP = """
\b
syncasync-sim schema > scenario.schema.json
syncasync-sim schema lesson > lesson.schema.json

Print the JSON Schema of a scenario or a lesson: editors that know it complete keys and show mistakes as
you type. The first line of a scenario names it:

\b
# yaml-language-server: $schema=./scenario.schema.json
"""
KINDS = ("scenario", "lesson")


def _kind(text: str) -> str:
    if text not in KINDS:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(KINDS)}.")
    return text


def list_all() -> None:
    """The names of the bundled scenarios, each with its title."""
    from syncasync_sim.files.headings import scenario_titles

    titles = scenario_titles()
    width = max(map(len, titles), default=0)
    for name, title in titles.items():
        print(f"{name:<{width}}  {title}".rstrip())


def show(name: BundledArgument) -> None:
    """Print a bundled scenario as it is written."""
    from syncasync_sim.files import bundled

    print(bundled.read(name), end="")


def copy(
    name: BundledArgument,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="[DIR]", help="The folder to copy it into. Default: this one.", show_default=False
        ),
    ] = Path(),
) -> None:
    """Copy a bundled scenario into a folder, to change it. No file is overwritten."""
    from syncasync_sim.files import bundled
    from syncasync_sim.files.atomic_write import check_folder

    check_folder(folder)
    with tidily():
        target = bundled.copy(name, folder)
    print(named(target))
    print(f"Next: {command('run', str(target))}", file=sys.stderr)


def schema(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="[scenario | lesson]",
            parser=_kind,
            autocompletion=lambda: KINDS,
            help="The kind of file. Default: scenario.",
            show_default=False,
        ),
    ] = KINDS[0],
) -> None:
    from syncasync_sim.files import schema_text
    from syncasync_sim.model.lesson_file import Lesson
    from syncasync_sim.model.scenario import Scenario

    print(schema_text(Lesson if kind == "lesson" else Scenario), end="")
