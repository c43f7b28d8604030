"""How long it takes from the move of a slider to the new picture, on the page of `play`.

    python benchmarks/slider.py [MOVES]

Needs Playwright and Chromium. Milliseconds, the median and the worst of MOVES (default 30): the program's
answer by itself, and from the slider's event until the browser has drawn what came of it.
"""

from __future__ import annotations

import shutil
import sys
import time
from statistics import median
from threading import Thread

from playwright.sync_api import sync_playwright

from replay import plain_of
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.explorer import Explorer
from syncasync_sim.replay.html_page import in_script
from syncasync_sim.replay.play_server import PlayServer

SIZES = (100, 200, 500)
MOVE = """async (stop) => {
  const slider = document.querySelector("input[name=workers]"), shown = document.querySelector(".sa-command");
  const before = shown.textContent, start = performance.now();
  slider.value = stop;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  while (shown.textContent === before) await new Promise((done) => setTimeout(done, 1));
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


def main() -> None:
    moves = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    print("customers   kB   answer  (worst)   slider to picture  (worst)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for customers in SIZES:
            explorer = Explorer(Scenario.model_validate(plain_of(customers)["scenario"]))
            with PlayServer(explorer, 0) as server:
                Thread(target=server.serve_forever, daemon=True).start()
                tab = browser.new_page(viewport={"width": 1280, "height": 860})
                tab.goto(f"{server.address}#t={customers / 8}")
                seen = [tab.evaluate(MOVE, 4 + move % 2) for move in range(moves)]
                tab.close()
                server.shutdown()
            answers = [answered(explorer, 4 + move % 2) for move in range(moves)]
            size = len(in_script(explorer.answer({}))) / 1000
            print(
                f"{customers:9}{size:5.0f}{median(answers):9.0f}{max(answers):9.0f}"
                f"{median(seen):20.0f}{max(seen):9.0f}"
            )
        browser.close()


def answered(explorer: Explorer, stop: int) -> float:
    start = time.perf_counter()
    explorer.answer({"workers": stop})
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
