"""Damaged files given to the program, one after the other, and what each of them costs it.

    PYTHONPATH=tests python tests/bad_input/damage.py 1000

prints, for so many of each kind of file, what came of them, the longest time and the most memory. The time
is a processor's, so that it is the same on a busy machine. Each file is read by the command line in this
process, which is made for nothing else; the most memory since the file was opened is told by Linux.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import random  # noqa: TID251 - which file is damaged and where, not what happens in a run
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from bad_input.test_damaged_runs import NAMES, RECORDED, damaged, made, read_back
from surface.test_sweep_files import damage
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.main import main
from syncasync_sim.replay.document import with_check

MOST_BYTES = 2_000_000_000
"""More the system does not give this process: a file that asks for it fails, and hurts nobody else."""
SWEEP = ("sweep", "ten-orders", "--vary", "workers.count=1..2", "--no-charts", "--csv", "f.csv", "--resume")
TRACE, RECORDING = "f.json", "r.json"
READERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "trace": (
        ("run", TRACE, "--no-charts"),
        ("explain", TRACE, "1"),
        ("watch", TRACE, "--t", "1"),
        ("export", TRACE, "-o", "page.html", "--force"),
    ),
    "recording": (("replay", RECORDING), ("run", RECORDING, "--no-charts"), ("explain", RECORDING, "1")),
    "sweep": (SWEEP,),
}
"""By the kind of file, the commands that read one."""
File = tuple[str, bytes]


@dataclass(slots=True)
class Cost:
    """What the files of one kind came to; the most that any one took, of time and of memory."""

    files: int = 0
    codes: dict[int, int] = field(default_factory=dict)
    most_s: float = 0.0
    most_bytes: int = 0
    messages: list[str] = field(default_factory=list)


def measured(kind: str, files: Iterator[File], luck: random.Random) -> Cost:
    """Give every file to one of the commands that read its kind."""
    cost = Cost()
    for name, content in files:
        Path(name).write_bytes(content)
        told = io.StringIO()
        forget_the_peak()
        began = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(told):
            code = main(luck.choice(READERS[kind]))
        cost.most_s = max(cost.most_s, time.process_time() - began)
        cost.most_bytes = max(cost.most_bytes, peak_bytes())
        cost.files += 1
        cost.codes[code] = cost.codes.get(code, 0) + 1
        if code != exit_codes.DONE:
            cost.messages.append(told.getvalue())
    return cost


def forget_the_peak() -> None:
    """From now on the greatest memory is counted anew."""
    with contextlib.suppress(OSError):  # where that is not allowed, the peak is that of all files so far
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """The most that this process has held at a time since the peak was forgotten."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def documents(name: str, plains: Sequence[dict[str, Any]], many: int, luck: random.Random) -> Iterator[File]:
    """Half with other values and check sums that fit them, half cut off or with another byte somewhere."""
    for _ in range(many):
        plain = luck.choice(plains)
        if luck.random() < 0.5:
            yield name, json.dumps(with_check(damaged(plain, luck))).encode()
            continue
        raw = json.dumps(with_check(plain)).encode()
        place = luck.randrange(1, len(raw))
        other = bytes([luck.randrange(256)]) + raw[place + 1 :] if luck.random() < 0.5 else b""
        yield name, raw[:place] + other


def bombs(plain: dict[str, Any]) -> Iterator[File]:
    """In every column once a number that would be 16 GB of counters for whoever believes it."""
    for lane, part in enumerate(plain["lanes"]):
        for name, table in part["rows"].items():
            for column in range(len(table["columns"]) if table["rows"] else 0):
                broken = copy.deepcopy(plain)
                broken["lanes"][lane]["rows"][name]["rows"][0][column] = 2**31
                yield TRACE, json.dumps(with_check(broken)).encode()


def sweeps(many: int, luck: random.Random) -> Iterator[File]:
    Path("f.csv").unlink(missing_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(SWEEP) == exit_codes.DONE
    whole = Path("f.csv").read_bytes()
    for _ in range(many):
        yield "f.csv", damage(whole, luck)


def all_kinds(many: int) -> dict[str, Cost]:
    """So *many* of each kind of file."""
    luck = random.Random(20)
    traces = [read_back(made(name)) for name in NAMES]
    recordings = [read_back(json.loads(path.read_bytes())) for path in RECORDED[:3]]
    kinds: dict[str, Callable[[], Iterator[File]]] = {
        "trace": lambda: chain(bombs(traces[0]), documents(TRACE, traces, many, luck)),
        "recording": lambda: documents(RECORDING, recordings, many, luck),
        "sweep": lambda: sweeps(many, luck),
    }
    return {kind: measured(kind, files(), luck) for kind, files in kinds.items()}


def table(costs: dict[str, Cost]) -> Iterator[str]:
    yield f"{'':10} {'files':>6} {'refused':>8} {'right':>6} {'else':>5} {'longest':>8} {'most memory':>12}"
    for kind, cost in costs.items():
        refused, right = cost.codes.get(exit_codes.BAD_REQUEST, 0), cost.codes.get(exit_codes.DONE, 0)
        rest = cost.files - refused - right
        size, long = f"{cost.most_bytes / 1e6:.0f} MB", f"{cost.most_s:.2f} s"
        yield f"{kind:10} {cost.files:>6} {refused:>8} {right:>6} {rest:>5} {long:>8} {size:>12}"


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        found = all_kinds(int(sys.argv[1]))
    if "--json" in sys.argv:
        print(json.dumps({kind: asdict(cost) for kind, cost in found.items()}))  # noqa: T201 - a program's output
    else:
        print("\n".join(table(found)))  # noqa: T201
