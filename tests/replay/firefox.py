"""The Firefox that is installed, driven by WebDriver BiDi: Playwright drives a Firefox of its own only."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
START_S = 60
ANSWER_S = 30
KEYS = {"End": "\ue010", "Home": "\ue011", "ArrowRight": "\ue014"}
"""Keys without a character, as WebDriver has them."""


class Tab:
    """One page, opened without cookies, cache or extensions; it collects what goes wrong in it."""

    def __init__(self, runner: asyncio.Runner, connection: Any) -> None:
        self.runner, self.connection, self.number = runner, connection, 0
        self.wrong: list[str] = []
        self.tell("session.new", capabilities={})
        self.context = self.tell("browsingContext.getTree")["contexts"][0]["context"]
        self.tell("session.subscribe", events=["log.entryAdded"])

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command, and return its result."""
        return self.runner.run(asyncio.wait_for(self._tell(method, params), ANSWER_S))

    async def _tell(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self.number += 1
        await self.connection.write_message(
            json.dumps({"id": self.number, "method": method, "params": params})
        )
        while True:
            said = json.loads(await self.connection.read_message())
            if said["type"] == "event":
                self.wrong.append(said["params"]["text"])
            elif said["id"] == self.number:
                assert said["type"] == "success", said
                return dict(said["result"])

    def goto(self, url: str, width: int, height: int) -> None:
        """Open an address in a window of that size, and wait until it is loaded."""
        size = {"width": width, "height": height}
        self.tell("browsingContext.setViewport", context=self.context, viewport=size)
        self.tell("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page: a text, a number or a truth value."""
        target = {"context": self.context}
        said = self.tell("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert said["type"] == "success", said
        return said["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys one after the other: a character, or a name in KEYS."""
        values = [KEYS.get(key, key) for key in keys]
        strokes = [{"type": kind, "value": value} for value in values for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": strokes}]
        self.tell("input.performActions", context=self.context, actions=actions)


@contextmanager
def firefox(folder: Path) -> Iterator[Tab]:
    """A tab of the Firefox that is installed; skips the test where there is none.

    Args:
        folder: an empty folder, for its profile.
    """
    websocket = pytest.importorskip("tornado.websocket", reason="tornado is not installed")
    if FIREFOX is None:
        pytest.skip("no Firefox is installed")
    command = [FIREFOX, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            with asyncio.Runner() as runner:
                url = f"{_address(process)}/session"
                connection = runner.run(_connected(websocket, url))
                try:
                    yield Tab(runner, connection)
                finally:
                    runner.run(asyncio.wait_for(_closed(connection), ANSWER_S))
        finally:
            process.terminate()


async def _connected(websocket: Any, url: str) -> Any:
    return await asyncio.wait_for(websocket.websocket_connect(url), START_S)


async def _closed(connection: Any) -> None:
    """Close it, and wait until its socket is closed as well."""
    connection.close()
    while await connection.read_message() is not None:
        pass


def _address(process: subprocess.Popen[str]) -> str:
    """Where it listens, as it says at its start."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
            return found[1]
    raise AssertionError("Firefox ended before it listened")
