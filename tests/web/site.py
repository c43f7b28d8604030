"""The built site behind a web server of this computer, and a browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

TOP = Path(__file__).parents[2]
SITE = TOP / "build" / "site"
SINGLE_FILE = TOP / "build" / "syncasync-sim.html"
BELOW = "/some/folder/"
"""Where the site is on its server: not at the top."""
PATIENCE_MS = 120_000
"""For what takes two seconds on a computer that does nothing else."""


class _Handler(SimpleHTTPRequestHandler):
    """The files of a folder, and nothing else."""

    def __init__(self, *words: Any, below: str, **more: Any) -> None:
        self.below = below
        super().__init__(*words, **more)

    def translate_path(self, path: str) -> str:
        below = self.below
        return super().translate_path(path.removeprefix(below[:-1]) if path.startswith(below) else "/none")

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def served(folder: Path = SITE, below: str = BELOW) -> Iterator[str]:
    """The address of a folder, by itself the site; skips the test, with the reason, where it is not built."""
    if folder == SITE and not (SITE / "playground.html").exists():
        pytest.skip("the site is not built (make site)")
    handler = partial(_Handler, directory=str(folder), below=below)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{below}"
        server.shutdown()


class Opened:
    """A page, what it asked for, and what went wrong in it."""

    def __init__(self, browser: Browser, url: str, **context: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        self.tab: Page = self.context.new_page()
        self.tab.set_default_timeout(PATIENCE_MS)
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.context.on("request", self._asked)
        self.tab.on("console", lambda message: self.wrong.append(message.text))
        self.tab.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.tab.goto(url)

    def _asked(self, request: Request) -> None:
        self.asked.append(request.url)

    def wait_until_ready(self) -> None:
        self.tab.wait_for_selector("body[data-ready]")

    def call(self, name: str, *arguments: Any) -> Any:
        """The answer of the page's interface, or the code and the message of its error."""
        return self.tab.evaluate(
            "([name, words]) => syncasync[name](...words).then((value) => ({ value }), "
            "(error) => ({ code: error.code, message: error.message }))",
            [name, list(arguments)],
        )
