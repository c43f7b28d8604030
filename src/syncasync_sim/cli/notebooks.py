"""`syncasync-sim notebooks`: the notebooks that come with the program."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from syncasync_sim.cli.options import ForceOption
from syncasync_sim.cli.signals import tidily

HELP = """
\b
syncasync-sim notebooks list
syncasync-sim notebooks copy                into the folder notebooks, here
syncasync-sim notebooks copy course         into the folder course

The notebooks that come with the program: predict first, then run the cell. They need Jupyter.
"""


def list_all() -> None:
    """The names of the notebooks."""
    from syncasync_sim.files import bundled_notebooks

    for path in bundled_notebooks.paths():
        print(path.name)


def copy(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="[FOLDER]",
            help="The folder; it is made if it is missing. Default: notebooks.",
            show_default=False,
        ),
    ] = Path("notebooks"),
    force: ForceOption = False,
) -> None:
    """Copy all notebooks into a folder, to work in. Overwrites no file without --force."""
    from syncasync_sim.files import bundled_notebooks
    from syncasync_sim.files.atomic_write import check_folder, folder_made

    check_folder(folder if os.path.lexists(folder) else folder.parent)
    with tidily(), folder_made(folder):
        made = bundled_notebooks.copy(folder, replace=force)
    for target in made:
        print(target)
    print(f"Next: jupyter lab {folder}  (pip install jupyterlab)", file=sys.stderr)
