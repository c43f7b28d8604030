"""The way in and the way out: signals and streams first, then the command, then one exit code.

Nothing heavy is imported at the top, so that Ctrl-C is in hand before the long imports begin.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Sequence

from syncasync_sim.cli import console, signals
from syncasync_sim.cli.exit_codes import BROKEN_PIPE, describe
from syncasync_sim.errors import masked

PROGRAM = "syncasync-sim"
OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""With Python's own number the new modules are searched for garbage again and again, a tenth of a run."""


def main(args: Sequence[str] | None = None) -> int:
    """Run the command that the arguments ask for, and return its exit code.

    Args:
        args: the arguments; by default those of the process.

    Returns:
        The exit code.
    """
    signals.end_in_one_line()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for plug-ins takes 30 ms
    console.prepare()
    try:
        code = _run(args)
        console.flush()
    except OSError as error:
        # The reader, `head` for instance, has enough, and there is nobody to tell; else it is something else.
        code = BROKEN_PIPE if console.reader_has_gone(error) else _tell(error)
    except BaseException as error:
        code = _tell(error)
    console.silence_broken()
    return code


def _run(args: Sequence[str] | None) -> int:
    """Run the command; Typer prints the mistakes of a command line itself."""
    from syncasync_sim.cli.app import app

    try:
        # Nothing asked: the help, which Typer shows sooner when it is asked for.
        app((sys.argv[1:] if args is None else args) or ["--help"], prog_name=PROGRAM)
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    return 0


def _tell(error: BaseException) -> int:
    """Say what went wrong, in one line where it is not a scenario's own message; the exit code."""
    code, message = describe(error)
    with contextlib.suppress(OSError, ValueError):  # if even this cannot be said, the code still can
        if os.environ.get("SYNCASYNC_DEBUG"):
            print(masked("".join(traceback.format_exception(error))), file=sys.stderr, end="")
        if message:
            print(message, file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
