"""How long it takes from the move of a slider to the new picture, on the page of `play`.

    python benchmarks/slider.py [MOVES]

Needs Playwright and Chromium. Milliseconds, the median of MOVES (default 20): the program's answer by itself,
and from the slider's event until the browser has drawn what came of it: `new` for a stop of which nothing is
known, `other` for another stop of the same slider that was never shown, `again` for one that was. Beside it:
how many times `plain` that is: 2,000 numbers in elements of their own, made and drawn by the same browser. It
says how fast the computer is just then. Compare these multiples, not the milliseconds.
"""

from __future__ import annotations

import gc
import shutil
import sys
import time
from statistics import median
from threading import Thread

from playwright.sync_api import Page, sync_playwright

from replay import plain_of
from syncasync_sim.cli.main import OBJECTS_BETWEEN_COLLECTIONS
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.explorer import Explorer
from syncasync_sim.replay.kept_answers import to_json
from syncasync_sim.replay.play_server import PlayServer

SIZES = (100, 200, 500)
PAUSE_S = 0.2
"""Between two moves: a hand moves a slider no faster, and meanwhile the program is ready."""
MOVE = """async (stop) => {
  const slider = document.querySelector("input[name=workers]"), shown = document.querySelector(".sa-command");
  const start = performance.now(), there = new Promise((done) => {
    const changes = new MutationObserver(() => { changes.disconnect(); done(); });
    changes.observe(shown, { childList: true, characterData: true });
  });
  slider.value = stop;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  await there; // at once: to look again and again finds the answer only after the frame that shows it
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


PLAIN = """async () => {
  const root = document.createElement("div"), start = performance.now();
  root.style.cssText = "position: fixed; inset: 0; overflow: hidden; background: white";
  for (let number = 0; number < 2000; number++) {
    root.append(Object.assign(document.createElement("span"), { textContent: `${number} ` }));
  }
  document.body.append(root);
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const took = performance.now() - start;
  root.remove();
  await new Promise(requestAnimationFrame);
  return took;
}"""


def main() -> None:
    moves = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)  # as in the command `play`
    print("customers   kB   answer   plain      new        other       again")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for customers in SIZES:
            explorer = Explorer(Scenario.model_validate(plain_of(customers)["scenario"]))
            with PlayServer(explorer, 0) as server:
                Thread(target=server.serve_forever, daemon=True).start()
                tab = browser.new_page(viewport={"width": 1280, "height": 860})
                tab.goto(f"{server.address}#t={customers / 8}")
                row = measured(tab, server, moves)
                tab.close()
                server.shutdown()
            size, answer = len(to_json(explorer.answer({}))) / 1000, answered(explorer, moves)
            plain = row["plain"]
            multiples = "".join(
                f"{row[kind]:6.0f} ({row[kind] / plain:.1f})" for kind in ("new", "other", "again")
            )
            print(f"{customers:9}{size:5.0f}{answer:9.0f}{plain:8.0f} {multiples}")
        browser.close()


def measured(tab: Page, server: PlayServer, moves: int) -> dict[str, float]:
    """The median of each kind, in milliseconds; the kinds take turns."""
    seen: dict[str, list[float]] = {"plain": [], "new": [], "other": [], "again": []}

    def move(kind: str, stop: int) -> None:
        time.sleep(PAUSE_S)
        if kind == "new":
            server.answers.forget()
        seen[kind].append(tab.evaluate(MOVE, stop))

    tab.evaluate(MOVE, 4)
    for _ in range(moves):
        seen["plain"].append(tab.evaluate(PLAIN))
        move("new", 5)
        move("other", 7)
        move("again", 5)
        tab.evaluate(MOVE, 4)
    return {kind: median(took) for kind, took in seen.items()}


def answered(explorer: Explorer, moves: int) -> float:
    """The median time of an answer by itself, in milliseconds."""
    took = []
    for move in range(moves):
        start = time.perf_counter()
        explorer.answer({"workers": 4 + move % 2})
        took.append((time.perf_counter() - start) * 1000)
    return median(took)


if __name__ == "__main__":
    main()
