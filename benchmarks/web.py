"""How long the browser edition takes to be ready, how much it loads, and how long a move of a slider takes.

    python benchmarks/web.py [VISITS]

Needs Playwright, Chromium and the built site (`make site`). Milliseconds, the median of VISITS (default 5)
first visits, each in a browser that has nothing kept; and the median of 30 answers.
"""

from __future__ import annotations

import gzip
import shutil
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from playwright.sync_api import sync_playwright

SITE = Path(__file__).parents[1] / "build" / "site"
MOVES = 30
LEAST_BYTES = 10_000
"""Smaller files are counted, and not listed."""
LOOK = """async () => {
  const took = [];
  for (let move = 0; move < MOVES; move += 1) {
    const start = performance.now();
    const positions = { customers: CUSTOMERS, workers: move % 2 };
    const { document: picture } = await syncasync.look("checkout", positions);
    if (!picture) throw new Error("no picture");
    took.push(performance.now() - start);
  }
  return took;
}"""
PARTS = {
    "loaded": "fetched, unpacked, compiled (from the opening of the page)",
    "python": "Python starts",
    "program": "the program is imported",
    "ready": "ready (from the opening of the page)",
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def main() -> None:
    visits = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    sizes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(SITE)))
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/playground.html"
    taken: list[dict[str, float]] = []
    with sync_playwright() as playwright:
        for _ in range(visits):
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            tab = browser.new_page()
            tab.goto(address)
            tab.wait_for_selector("body[data-ready]", timeout=120_000)
            taken.append(tab.evaluate("syncasync.times"))
            taken[-1]["first run"] = tab.evaluate(
                "(async () => { const start = performance.now(); await syncasync.run('checkout'); "
                "return performance.now() - start; })()"
            )
            looks = tab.evaluate(look_of(tab))
            browser.close()
    for name, meaning in {**PARTS, "first run": "the first run of the checkout"}.items():
        print(f"{median(one[name] for one in taken):8.0f} ms  {meaning}")
    print(f"{median(looks):8.0f} ms  a picture of 200 customers (worst {max(looks):.0f})")
    server.shutdown()


def look_of(tab: Any) -> str:
    """The script that asks for 200 customers, whatever the number of that stop is."""
    stops = tab.evaluate("syncasync.controls('checkout').then(({ controls }) => controls[0].stops)")
    return LOOK.replace("MOVES", str(MOVES)).replace("CUSTOMERS", str(stops.index("200")))


def sizes() -> None:
    """Print what the first visit loads, as a server that compresses sends it."""
    total = 0
    for path in sorted(SITE.rglob("*"), key=lambda path: -path.stat().st_size):
        if path.is_file():
            sent = len(gzip.compress(path.read_bytes(), 6))
            total += sent
            if sent > LEAST_BYTES:
                print(f"{sent / 1e6:8.2f} MB  {path.name}")
    print(f"{total / 1e6:8.2f} MB  all")


if __name__ == "__main__":
    main()
