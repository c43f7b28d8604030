"""Showing a page in the user's browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from syncasync_sim.cli.printed import named
from syncasync_sim.cli.signals import tidily

_WINDOWS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def open_page(address: str) -> bool:
    """Open an address in a browser with windows, if there is one; a text browser would take the terminal."""
    import webbrowser

    has_windows = sys.platform != "linux" or any(os.environ.get(name) for name in _WINDOWS)
    return has_windows and webbrowser.open(address)


def show(page: str, name: str) -> None:
    """Write a page into a new temporary folder, open it in a browser if there is one, and print its path.

    Args:
        page: the HTML text.
        name: the name of the file.
    """
    import tempfile

    from syncasync_sim.files.atomic_write import write_atomically

    with tidily():
        target = Path(tempfile.mkdtemp(prefix="syncasync-")) / name
        try:
            write_atomically(target, page.encode())
        except BaseException:
            target.parent.rmdir()
            raise
    print(f"\nReplay: {named(target)} (yours to keep)", file=sys.stderr)
    if not open_page(target.as_uri()):
        print("No browser could be opened: open that file yourself.", file=sys.stderr)
