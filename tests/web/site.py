"""The built site behind a web server of this computer, and a browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
SITE = TOP / "build" / "site"
SINGLE_FILE = TOP / "build" / "syncasync-sim.html"
BELOW = "/some/folder/"
"""Where the site is on its server: not at the top."""
PATIENCE_MS = 120_000
"""For what takes two seconds on a computer that does nothing else."""


class _Handler(SimpleHTTPRequestHandler):
    """The files of the site below a folder, and nothing else."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(
            path.removeprefix(BELOW.rstrip("/")) if path.startswith(BELOW) else "/none"
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def served() -> Iterator[str]:
    """The address of the site; skips the test, with the reason, where it is not built."""
    if not (SITE / "playground.html").exists():
        pytest.skip("the site is not built (make site)")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(SITE))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{BELOW}"
        server.shutdown()
