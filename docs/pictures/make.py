"""The pictures of README and docs: a run in the terminal, a chart, and the stage.

`make pictures` makes them anew. Each carries what the run says, so that a test can tell a stale one: the
terminal as its text, the others in the file, under `Description`.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from syncasync_sim import Comparison, Trace, load_scenario, run_designs
from syncasync_sim.model.modes import Mode
from syncasync_sim.render import tables
from syncasync_sim.render.charts import depth, save
from syncasync_sim.replay.document import document
from syncasync_sim.replay.html_page import page

FOLDER = Path(__file__).parent
TERMINAL, CHART, STAGE = (FOLDER / name for name in ("run-checkout.svg", "traffic-spike.png", "stage.png"))
SPIKE, CRASH = "traffic-spike", "worker-crash"
"""The scenarios of the chart and of the stage."""
MOMENT_S, SIZE = 12, (1280, 860)
"""When and how large the stage is shown."""
FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
"""Rich has a font fetched from elsewhere, which a picture in a page may not do."""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--force-device-scale-factor=1"),
]


def result_of(name: str) -> tuple[Comparison, Mapping[Mode, Trace]]:
    """The run of a bundled scenario with its own seed, as `run` makes it."""
    scenario = load_scenario(name)
    return run_designs(scenario, seed=scenario.seed)


def told_by(name: str) -> str:
    """The rows of a scenario's result as lines of text: `queue, longest: sync none, async 80`."""
    comparison, traces = result_of(name)
    rows = document(comparison, traces, with_rows=False)["table"]
    return "\n".join(
        f"{row['group']}, {row['label']}: sync {row['sync']}, async {row['async']}" for row in rows
    )


def draw_terminal() -> None:
    """What `run checkout` prints, 80 columns wide."""
    console = Console(
        record=True,
        width=80,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    console.print(tables.page(*result_of("checkout")))
    look = FONTS.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code, monospace", "ui-monospace, monospace")
    svg = console.export_svg(title="syncasync-sim run checkout", code_format=look, unique_id="run")
    TERMINAL.write_text("".join(f"{line.rstrip()}\n" for line in svg.splitlines()), encoding="utf-8")


def draw_chart() -> None:
    """Who waits while a spike of traffic passes."""
    figure = depth(*result_of(SPIKE))
    assert figure is not None, "nobody waits in the spike"
    finish(save(figure, CHART), told_by(SPIKE))


def draw_stage() -> None:
    """The page that `export` writes, at a moment, as Chromium shows it."""
    if CHROMIUM is None:
        print(f"No Chromium is installed: {STAGE.name} stays as it is.", file=sys.stderr)
        return
    with TemporaryDirectory() as folder:
        file = Path(folder, "replay.html")
        file.write_text(page(document(*result_of(CRASH), with_rows=False)), encoding="utf-8")
        size = f"--window-size={SIZE[0]},{SIZE[1]}"
        shot = Path(folder, STAGE.name)
        own = f"--user-data-dir={folder}/browser"
        command = [CHROMIUM, *FLAGS, own, size, f"--screenshot={shot}", f"{file.as_uri()}#t={MOMENT_S}"]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        finish(shot, told_by(CRASH))
        shutil.copy(shot, STAGE)


def finish(path: Path, told: str) -> None:
    """Make a PNG small, in 256 colours, and write into it what its run says."""
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    info = PngInfo()
    info.add_itxt("Description", told)
    small.save(path, optimize=True, pnginfo=info)


if __name__ == "__main__":
    draw_terminal()
    draw_chart()
    draw_stage()
