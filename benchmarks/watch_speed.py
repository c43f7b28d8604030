"""What a picture in the terminal costs, and what it takes to begin.

    python benchmarks/watch_speed.py [ROUNDS]

Milliseconds of processor time: median and the slowest of twenty of a picture with all that the terminal is
sent, once while time passes and once at moments in no order, as stepping back and scrubbing ask for them.
Twenty pictures a second leave 50 ms for each.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterable
from random import Random  # noqa: TID251 - which moments are drawn does not matter
from statistics import median, quantiles

from rich.console import Console

from syncasync_sim import load_scenario, run_designs
from syncasync_sim.replay.document import document
from syncasync_sim.replay.terminal_frame import Scene, frame

SCENARIOS = ("checkout", "worker-crash", "email-down-resubmit", "traffic-spike", "overload")
SIZES = ((80, 24), (100, 30), (200, 50))


def costs(scene: Scene, moments: Iterable[int], width: int, height: int) -> list[float]:
    """Milliseconds of each picture at *moments*."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=height)
    taken = []
    with console.screen():
        for t in moments:
            begun = time.process_time()
            console.update_screen(frame(scene, t, width, height, controls=["Playing, speed 1", "q: quit"]))
            taken.append((time.process_time() - begun) * 1e3)
    return taken


def told(taken: list[float]) -> str:
    return f"{median(taken):5.1f} ({quantiles(taken, n=20)[-1]:.1f})"


def main(rounds: int) -> None:
    print(f"{'scenario':22}{'moves':>7}{'begin ms':>10}  {'screen':8}{'playing':>15}{'in no order':>15}")
    for name in SCENARIOS:
        scenario = load_scenario(name)
        comparison, traces = run_designs(scenario, seed=scenario.seed)
        begun = time.process_time()
        scene = Scene(document(comparison, traces, with_rows=False))
        begin_ms = (time.process_time() - begun) * 1e3
        moves = sum(len(read.moves) for read in scene.readers)
        playing = [scene.end * part // rounds for part in range(rounds)]
        jumping = Random(1).sample(playing, rounds)
        for width, height in SIZES:
            passing, anywhere = (told(costs(scene, moments, width, height)) for moments in (playing, jumping))
            size = f"{width}x{height}"
            print(f"{name:22}{moves:>7,}{begin_ms:>10.0f}  {size:8}{passing:>15}{anywhere:>15}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
