"""How large a replay's page is, how soon it shows its first picture, and what a frame of it costs.

    python benchmarks/replay.py [SECONDS]

Needs Playwright and Chromium. Each page plays for SECONDS (default 5), so fast that the run takes as long.
A browser without a graphics card draws in software: compare the rows, not the machines.
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

from playwright.sync_api import Browser, sync_playwright

from syncasync_sim.experiment import run_designs
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.document import document
from syncasync_sim.replay.page import page

SIZES = (100, 200, 500)
FRAMES = """async (seconds) => {
  const root = document.createElement("div");
  document.getElementById("replay").replaceWith(root);
  const doc = JSON.parse(document.getElementById("document").textContent);
  const stage = syncasync.mount(root, doc);
  const costs = [], began = performance.now();
  let frames = 0;
  for (let now = began; now - began < seconds * 1000; frames++) {
    stage.seek(((now - began) / seconds / 1000) * doc.time.end);
    root.offsetHeight;
    costs.push(performance.now() - now);
    now = await new Promise(requestAnimationFrame);
    now = performance.now();
  }
  const updates = [];
  for (let turn = 0; turn < 10; turn++) {
    const start = performance.now();
    stage.update(doc);
    root.offsetHeight;
    updates.push(performance.now() - start);
  }
  const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  return [middle(costs), costs[Math.floor(costs.length * 0.95)], frames / seconds, middle(updates)];
}"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def plain_of(customers: int) -> dict[str, Any]:
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
    return document(*run_designs(scenario, seed=1), with_rows=False)


def measured(browser: Browser, file: Path, seconds: float) -> tuple[float, list[float]]:
    """Milliseconds to the first picture (median of five), and the figures of the frames."""
    firsts = []
    for _ in range(5):
        tab = browser.new_page(viewport={"width": 1280, "height": 860})
        tab.goto(file.as_uri())
        while (painted := tab.evaluate(PAINTED)) is None:
            time.sleep(0.02)
        firsts.append(painted)
        frames = tab.evaluate(FRAMES, seconds) if len(firsts) == 5 else []
        tab.close()
    return median(firsts), frames


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("customers   page  gzipped  first picture   frame  (95 %)  frames   another document")
    print("              kB       kB             ms      ms      ms     a s                 ms")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for customers in SIZES:
            text = page(plain_of(customers)).encode()
            file = Path(folder) / f"{customers}.html"
            file.write_bytes(text)
            first, (cost, slow, rate, update) = measured(browser, file, seconds)
            sizes = f"{len(text) / 1000:7.0f}{len(gzip.compress(text)) / 1000:9.0f}"
            print(f"{customers:9}{sizes}{first:15.0f}{cost:8.1f}{slow:8.1f}{rate:8.0f}{update:19.0f}")
        browser.close()


if __name__ == "__main__":
    main()
