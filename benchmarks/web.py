"""How fast the browser edition is: its start, its first picture, a move of a slider, and what a visit loads.

    python benchmarks/web.py [VISITS]

Needs Playwright, Chromium, Linux and the built site (`make site`). Every visit is a first one; times are
medians of VISITS (default 5), and of MOVES moves of a slider. "4x slower": the processes of the browser are
stopped for three quarters of the time, since Chromium's own throttling leaves workers out. A loop in a worker
tells how much slower it was; less than that on a computer that has other work.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from slider import MOVE

SITE = Path(__file__).parents[1] / "build" / "site"
FLAGS = ["--no-sandbox", "--disable-gpu"]
PATIENCE_MS = 240_000
MOVES, CUSTOMERS, SLOW, SLICE_S = 20, 200, 4, 0.008
READY_S, FIRST_PICTURE_S, MOVE_MS, VISIT_MB = 4.0, 1.0, 100.0, 9.5
SEEN = """
new MutationObserver((_, watch) => {
  if (!document.querySelector(".story-seen")) return;
  watch.disconnect();
  requestAnimationFrame(() => setTimeout(() => { globalThis.seen = performance.now(); }));
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
LOOP = """async () => {
  const loop = `const start = performance.now(); let sum = 0;
    for (let i = 0; i < 3e7; i += 1) sum = (sum + i) | 0; postMessage([performance.now() - start, sum]);`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(loop)}`);
  return new Promise((done, failed) => {
    Object.assign(worker, { onmessage: ({ data }) => done(data[0]), onerror: failed });
  });
}"""


class _Server(ThreadingHTTPServer):
    """The site, and which of its files were asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(SITE)))
        self.asked: set[str] = set()
        self.address = f"http://127.0.0.1:{self.server_port}/"


class _Handler(SimpleHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.asked.add(self.path.partition("?")[0].lstrip("/") or "index.html")
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def main() -> None:
    visits = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    server = _Server()
    Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        with _visit(playwright) as (browser, tab):
            print(f"On {_processor()}, {os.cpu_count()} cores, Chromium {browser.version}")
            _playground(tab, server)
            visit_mb = _loaded_mb(server.asked)
            moves = _moves(tab)
        for factor in (1, SLOW):
            starts: list[dict[str, float]] = []
            seen: list[float] = []
            for _ in range(visits):
                with _visit(playwright) as (browser, tab), _slowed(browser, factor):
                    starts.append(_playground(tab, server))
                with _visit(playwright) as (browser, tab), _slowed(browser, factor):
                    seen.append(_first_picture(tab, server))
            slower = f", {factor}x slower" if factor > 1 else ""
            parts = {name: median(start[name] for start in starts) / 1000 for name in starts[0]}
            ready = parts.pop("ready")
            _tell(f"the playground is ready{slower}", ready, "s", READY_S if factor == 1 else None)
            print(f"     ({', '.join(f'{name} {value:.2f}' for name, value in parts.items())})")
            _tell(f"the story's first picture is drawn{slower}", median(seen) / 1000, "s", FIRST_PICTURE_S)
        with _visit(playwright) as (browser, tab):
            plain = tab.evaluate(LOOP)  # in an empty page, which has no policy
            with _slowed(browser, SLOW):
                print(f"     (a loop in a worker was slowed {tab.evaluate(LOOP) / plain:.1f} times)")
    _tell(f"a move of a slider, {CUSTOMERS} customers (worst {max(moves):.0f})", median(moves), "ms", MOVE_MS)
    _tell("a first visit of the playground loads, compressed", visit_mb, "MB", VISIT_MB)
    server.shutdown()


def _tell(what: str, value: float, unit: str, target: float | None) -> None:
    number = f"{value:.0f}" if unit == "ms" else f"{value:.2f}"
    wanted = "" if target is None else f" target {target:g} {unit}: {'met' if value < target else 'NOT MET'}"
    print(f"{number:>7} {unit:2}  {what:55}{wanted}")


@contextmanager
def _visit(playwright: Playwright) -> Iterator[tuple[Browser, Page]]:
    """A browser that has nothing kept; without a service worker, which would load the rest of the site."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    context = browser.new_context(service_workers="block", viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE_MS)
    yield browser, context.new_page()
    browser.close()


@contextmanager
def _slowed(browser: Browser, factor: int) -> Iterator[None]:
    """Every process of the browser runs for one part of the time in *factor*, and is stopped for the rest."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    group = os.getpgid(next(process["id"] for process in processes if process["type"] == "browser"))
    assert group != os.getpgid(0), "the browser has a process group of its own"
    over = Event()

    def slow() -> None:
        while not over.is_set():
            os.killpg(group, signal.SIGSTOP)
            time.sleep(SLICE_S * (factor - 1))
            os.killpg(group, signal.SIGCONT)
            time.sleep(SLICE_S)

    thread = Thread(target=slow if factor > 1 else over.wait)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _playground(tab: Page, server: _Server) -> dict[str, float]:
    """The parts of a start, and when it was `ready`, in milliseconds from the opening of the page."""
    tab.goto(f"{server.address}playground.html#scenario=checkout&customers={CUSTOMERS}")
    tab.wait_for_selector("body[data-ready]")
    times: dict[str, float] = tab.evaluate("syncasync.times")
    return times


def _first_picture(tab: Page, server: _Server) -> float:
    """When the picture of the first scene was drawn, in milliseconds from the opening of the page."""
    tab.add_init_script(SEEN)
    tab.goto(server.address)
    seen: float = tab.wait_for_function("globalThis.seen").json_value()
    return seen


def _moves(tab: Page) -> list[float]:
    """From the event of a slider until what came of it is drawn, in milliseconds."""
    tab.click("#play-run:enabled")
    tab.wait_for_selector("#play-replay .sa-lane")
    taken = []
    for move in range(MOVES + 2):  # the first two are for the browser to warm up
        tab.wait_for_timeout(1500)  # the table of the figures follows half a second after a move
        taken.append(tab.evaluate(MOVE, 4 + move % 2))
    assert f"traffic.requests={CUSTOMERS}" in tab.inner_text(".sa-command")
    return taken[2:]


def _loaded_mb(asked: set[str]) -> float:
    """What these files are over the wire, from a server that compresses."""
    files = {path: SITE / path for path in asked if (SITE / path).is_file()}
    sent = {path: len(gzip.compress(file.read_bytes(), 6)) for path, file in files.items()}
    for path, size in sorted(sent.items(), key=lambda one: -one[1]):
        if size > 10_000:  # smaller files are counted, and not listed
            print(f"{size / 1e6:7.2f} MB  {path}")
    return sum(sent.values()) / 1e6


def _processor() -> str:
    named = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return named[1] if named else "a processor without a name"


if __name__ == "__main__":
    main()
