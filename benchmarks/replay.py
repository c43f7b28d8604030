"""How large a replay's page is, how soon it shows its first picture, and what a frame of it costs.

    python benchmarks/replay.py [SECONDS]

Needs Playwright and Chromium. Each page plays for SECONDS (default 5) at its highest speed, 20; the cost of a
frame is the processor time of the page's main thread, whatever else the computer does meanwhile. A browser
without a graphics card draws in software: compare the rows, not the machines.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from syncasync_sim.experiment import run_designs
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.document import document
from syncasync_sim.replay.html_page import page

SIZES = (100, 200, 500)
VIEW: ViewportSize = {"width": 1280, "height": 860}
PLAYED = """async (seconds) => {
  const speed = document.querySelector("select"), began = performance.now();
  speed.value = "20";
  speed.dispatchEvent(new Event("change"));
  document.querySelector(".sa-play").click();
  for (let frames = 1; ; frames++) {
    await new Promise(requestAnimationFrame);
    if (performance.now() - began > seconds * 1000) return frames;
  }
}"""
UPDATED = """(other) => {
  const root = document.createElement("div");
  document.getElementById("replay").replaceWith(root);
  const doc = JSON.parse(document.getElementById("document").textContent);
  const stage = syncasync.mount(root, doc), costs = [];
  for (let turn = 0; turn < 20; turn++) {
    const start = performance.now();
    stage.update(turn % 2 ? doc : other); // of another seed: nothing can be kept
    root.offsetHeight;
    costs.push(performance.now() - start);
  }
  return costs.sort((a, b) => a - b)[10];
}"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def plain_of(customers: int, seed: int = 1) -> dict[str, Any]:
    """A checkout at 4 customers a second: 6 threads and 4 workers, both too few for a while."""
    scenario = Scenario.model_validate(
        {
            "title": f"{customers} customers",
            "traffic": {"rate": "4/s", "for": f"{customers / 4}s"},
            "server": {"threads": 6},
            "workers": {"count": 4},
            "steps": [
                {"name": "check payment", "duration": "exponential(mean=200ms)"},
                {"name": "charge card", "duration": "exponential(mean=800ms)", "effect": "card charged"},
                {"name": "send email", "duration": "exponential(mean=1500ms)", "background": True},
            ],
        }
    )
    return document(*run_designs(scenario, seed=seed), with_rows=False)


def first_picture_ms(browser: Browser, file: Path) -> float:
    """From opening the file until something is seen; the median of five."""
    firsts: list[float] = []
    for _ in range(5):
        tab = browser.new_page(viewport=VIEW)
        tab.goto(file.as_uri())
        while (painted := tab.evaluate(PAINTED)) is None:
            time.sleep(0.02)
        firsts.append(painted)
        tab.close()
    return median(firsts)


def frames(browser: Browser, file: Path, seconds: float, other: dict[str, Any]) -> tuple[float, float, float]:
    """Processor time of the page per frame in ms, frames a second, and ms until another document stands."""
    tab = browser.new_page(viewport=VIEW)
    tab.goto(file.as_uri())
    devtools = tab.context.new_cdp_session(tab)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy_s() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))

    before = busy_s()
    count: int = tab.evaluate(PLAYED, seconds)
    cost = (busy_s() - before) / count * 1000
    update: float = tab.evaluate(UPDATED, other)
    tab.close()
    return cost, count / seconds, update


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("customers   page  gzipped  first picture   frame  frames  another document")
    print("              kB       kB             ms      ms     a s                ms")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for customers in SIZES:
            text = page(plain_of(customers)).encode()
            file = Path(folder) / f"{customers}.html"
            file.write_bytes(text)
            first = first_picture_ms(browser, file)
            cost, rate, update = frames(browser, file, seconds, plain_of(customers, seed=2))
            sizes = f"{len(text) / 1000:7.0f}{len(gzip.compress(text)) / 1000:9.0f}"
            print(f"{customers:9}{sizes}{first:15.0f}{cost:8.1f}{rate:8.0f}{update:18.0f}")
        browser.close()


if __name__ == "__main__":
    main()
