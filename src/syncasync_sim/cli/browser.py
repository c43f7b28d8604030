"""Showing a page in the user's browser, from a file they can keep."""

from __future__ import annotations

import sys
from pathlib import Path

from syncasync_sim.cli.interrupts import tidily


def show(page: str, name: str) -> None:
    """Write *page* into a new temporary folder, open it if a browser is there, and say where it is."""
    import tempfile
    import webbrowser

    with tidily():
        target = Path(tempfile.mkdtemp(prefix="syncasync-")) / name
        target.write_text(page, encoding="utf-8")
    print(f"\nReplay: {target} (yours to keep)", file=sys.stderr)
    if not webbrowser.open(target.as_uri()):
        print("No browser could be opened: open that file yourself.", file=sys.stderr)
