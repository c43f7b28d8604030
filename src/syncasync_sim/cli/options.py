"""The arguments and options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

Designs = Literal["both", "sync", "async"]
DESIGNS: tuple[Designs, ...] = ("both", "sync", "async")


LONGEST_NUMBER = 40
"""No number that an option takes has so many characters."""


def _abbreviated(text: str) -> str:
    """What was given, as a message repeats it: not all of 5,000 digits."""
    return text if len(text) <= 2 * LONGEST_NUMBER else f"{text[:LONGEST_NUMBER]}…"


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers in a range, which refuses anything else in plain words.

    Args:
        least: the least number.
        most: the greatest number; None without a limit.
    """
    words = f"{least:,} or more" if most is None else f"{least:,} to {most:,}"

    def read(given: str | int) -> int:
        text = str(given)  # a default comes here, too, as it is
        if not re.fullmatch(r"[+-]?[0-9]+", text.strip()):
            raise typer.BadParameter(f"'{_abbreviated(text)}' is not a whole number.")
        if len(text) > LONGEST_NUMBER:
            raise typer.BadParameter(f"{_abbreviated(text)} has {len(text):,} digits: choose a smaller one.")
        number = int(text)
        if number < least or (most is not None and number > most):
            size = "small" if number < least else "large"
            raise typer.BadParameter(f"{number:,} is too {size}: choose {words}.")
        return number

    return read


def decimal(least: float, most: float) -> Callable[[str], float]:
    """A parser of numbers in a range, which refuses anything else in plain words.

    Args:
        least: the least number.
        most: the greatest number.
    """

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            raise typer.BadParameter(f"'{_abbreviated(text)}' is not a number.") from None
        if not least <= number <= most:  # what is no number at all, `nan`, is neither
            raise typer.BadParameter(f"{_abbreviated(text)} is out of range: choose {least:,g} to {most:,g}.")
        return number

    return read


def _designs(text: str) -> Designs:
    """Reads which designs to run."""
    for design in DESIGNS:
        if text == design:
            return design
    raise typer.BadParameter(f"'{_abbreviated(text)}' is not one of {', '.join(DESIGNS)}.")


def bundled_names(incomplete: str) -> Iterator[str]:
    """Return the bundled names that complete a word; a shell adds files if none does."""
    from syncasync_sim.files import bundled

    return (name for name in bundled.names() if name.startswith(incomplete))


_SCENARIO = typer.Argument(
    metavar="SCENARIO",
    help="A scenario file, a bundled scenario, or - for standard input.",
    autocompletion=bundled_names,
    show_default=False,
)
ScenarioArgument = Annotated[str, _SCENARIO]
ScenarioIfAnyArgument = Annotated[str | None, _SCENARIO]
ScenarioOrRunArgument = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="A scenario file, a bundled scenario, - for standard input, or a run that --trace wrote.",
        autocompletion=bundled_names,
        show_default=False,
    ),
]
BundledArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A bundled scenario.", autocompletion=bundled_names, show_default=False
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        parser=whole_number(0),
        help="Random seed. Default: the scenario's own.",
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change the scenario, as in --set workers.count=3. May be repeated.",
        show_default=False,
    ),
]
VaryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="KEY=VALUES",
        help="As in workers.count=1..8, traffic.rate=1/s..5/s:9, server.threads=2,4,unlimited.",
        show_default=False,
    ),
]
ReplicationsOption = Annotated[
    int,
    typer.Option(
        "--replications",
        metavar="R",
        parser=whole_number(1, 10_000),
        help="Number of runs, each with different random numbers.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Run even if it will take very long.")]
ModeOption = Annotated[
    Designs,
    typer.Option(
        "--mode",
        metavar="|".join(DESIGNS),
        parser=_designs,
        autocompletion=lambda: DESIGNS,
        help="The designs to run.",
    ),
]
CompareOption = Annotated[
    str | None,
    typer.Option(
        "--compare-to",
        metavar="SCENARIO",
        autocompletion=bundled_names,
        help="Show the difference from this scenario, run with the same random numbers.",
        show_default=False,
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="The folder for the charts. Default: output/ and the scenario's name.",
        show_default=False,
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.", show_default=False)]
