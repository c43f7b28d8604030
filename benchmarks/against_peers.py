"""How fast the engine is beside a plain SimPy program and other simulators, all in one run.

    python benchmarks/against_peers.py [--customers N] [--rounds N] [--python PATH] [--only NAME]...

Each contender runs in an environment of its own in benchmarks/.venvs, made when it is missing, all of them
with one Python. In each round every system is run once by every contender, in a shuffled order, with one
seed, each in a fresh process. A figure is the median over the rounds; a ratio is the median of the rounds'
ratios, so that a busy moment of the machine is in both of its numbers. Slow contenders are given fewer
customers, and all are told by customer. The tables go into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251 - the order of the contenders
from statistics import mean, median

import page

HERE = Path(__file__).parent
VENVS = HERE / ".venvs"
QUEUES = ("M/M/1", "M/M/4")
CHECKOUTS = (
    "sync",
    "async",
    "async, by events",
    "email fails",
    "email fails, by events",
    "email fails, with workers by events",
    "no time in the request",
    "patience",
    "second clicks, by events",
    "crashes, by events",
    "crashes, with workers by events",
)
"""Runs of this engine and plain SimPy. Without "by events" the engine makes one pass, or it stops."""
PYTHONS = ("python3.13", "python3.12")
"""By preference. Some peers do not install on others."""


@dataclass(frozen=True)
class Contender:
    """One program: its script, what pip has to install for it, and how many customers are enough for it."""

    name: str
    script: str
    needs: str
    most: int = 1_000_000
    systems: tuple[str, ...] = QUEUES


@dataclass(frozen=True)
class Run:
    """What one run came to. `us` is processor time a customer."""

    us: float
    mean_s: float
    peak_mb: float


OURS, PLAIN = "this engine", "plain SimPy"
CONTENDERS = (
    Contender(OURS, "ours.py", str(HERE.parent), systems=(*QUEUES, *CHECKOUTS)),
    Contender(PLAIN, "plain_simpy.py", "simpy", systems=(*QUEUES, *CHECKOUTS)),
    Contender("SimPy, process a server", "simpy_workers.py", "simpy"),
    Contender("SimPy, callbacks", "simpy_callbacks.py", "simpy"),
    Contender("bare heap loop", "heap_loop.py", ""),
    Contender("NumPy, one recursion", "numpy_lindley.py", "numpy", systems=QUEUES[:1]),
    Contender("asimpy", "peer_asimpy.py", "asimpy"),
    Contender("Ciw", "peer_ciw.py", "ciw"),
    Contender("simulus", "peer_simulus.py", "simulus", most=100_000),
    Contender("happysim", "peer_happysim.py", "happysim", most=100_000),
    Contender("AsyncFlow", "peer_asyncflow.py", "asyncflow-sim", most=100_000),
    Contender("salabim", "peer_salabim.py", "salabim", most=10_000),
)
Key = tuple[str, str]
"""(contender, system)"""


def main() -> None:
    options = _options()
    python = options.python or _newest()
    pythons = {c: there for c in CONTENDERS if _wanted(c, options.only) if (there := _installed(c, python))}
    if OURS not in {contender.name for contender in pythons}:
        raise SystemExit("without this engine there is nothing to compare")
    rounds = options.rounds or (5 if options.customers <= 100_000 else 3)
    runs: dict[Key, list[Run]] = {}
    for seed in range(1, rounds + 1):
        jobs = [(contender, system) for contender in pythons for system in contender.systems]
        for system in (*QUEUES, *CHECKOUTS):  # contenders for one system follow each other closely
            some = [contender for contender, runs_it in jobs if runs_it == system]
            for contender in Random(seed).sample(some, len(some)):
                _tell(f"round {seed} of {rounds}: {system:36}{contender.name}")
                run = _run(contender, pythons[contender], system, options.customers, seed)
                runs.setdefault((contender.name, system), []).append(run)
    _tell("")
    many = f"{options.customers:,} customers"
    about = f"{many}, median of {rounds} rounds, CPython {_version(python)}, {page.machine()}"
    tables = {
        "peers": f"{about}:\n\n{queues(runs, options.customers)}",
        "checkout": f"{many}, in the same rounds:\n\n{checkouts(runs)}",
    }
    for name, text in tables.items():
        print(f"{text}\n")
        if not options.only:
            page.write(f"{name}, {many}", text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, help="5, or 3 above 100,000 customers")
    parser.add_argument("--python", help=f"the Python for all of them; else {' or '.join(PYTHONS)}")
    parser.add_argument("--only", action="append", help="a contender beside this engine; may be repeated")
    return parser.parse_args()


def _wanted(contender: Contender, only: Sequence[str] | None) -> bool:
    return not only or contender.name in (OURS, *only)


def _newest() -> str:
    """The first of PYTHONS that is here and works, or else this one."""
    for found in filter(None, map(shutil.which, PYTHONS)):
        if subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    return sys.executable


def _installed(contender: Contender, python: str) -> Path | None:
    """The Python of the contender's own environment; None if it could not be installed."""
    folder = VENVS / f"{_version(python)} {contender.name}"
    there, ready = folder / "bin" / "python", folder / "ready"
    if ready.exists():
        return there
    _tell(f"installing {contender.name}")
    subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
    pip: list[str | Path] = [there, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    needs = ["-e", contender.needs] if contender.name == OURS else contender.needs.split()
    tries: list[list[str | Path]] = [[*pip, *needs]] if needs else []
    tries.append([there, HERE / "peers" / contender.script, QUEUES[0], "100", "1"])
    for words in tries:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            why = done.stderr.strip().splitlines()[-1:] or ["it does not say why"]
            _tell(f"left out: {contender.name}, which does not work here: {why[0]}\n")
            return None
    ready.touch()
    return there


def _version(python: str) -> str:
    return subprocess.check_output(
        [python, "-c", "import platform; print(platform.python_version())"], text=True
    ).strip()


def _run(contender: Contender, python: Path, system: str, customers: int, seed: int) -> Run:
    customers = min(customers, contender.most)
    words: list[str | Path] = [python, contender.script, system, str(customers), str(seed)]
    said = json.loads(subprocess.check_output(words, cwd=HERE / "peers", text=True))
    return Run(said["seconds"] / customers * 1e6, said["mean_s"], said["peak_mb"])


def _tell(text: str) -> None:
    print(f"\r{text:70}", end="", file=sys.stderr, flush=True)


def queues(runs: Mapping[Key, Sequence[Run]], customers: int) -> str:
    """The table of all contenders, in Markdown."""
    ran = [contender for contender in CONTENDERS if (contender.name, QUEUES[0]) in runs]
    heads = [
        "",
        *(head for system in QUEUES for head in (f"{system}, µs", "mean wait, s", "times as fast")),
        "MB",
    ]
    parts = [page.table(heads, [_queue_row(runs, contender) for contender in ran])]
    fewer = [contender for contender in ran if contender.most < customers]
    if fewer:
        parts.append(f"With fewer customers: {', '.join(f'{c.name} {c.most:,}' for c in fewer)}.")
    return "\n\n".join(parts)


def checkouts(runs: Mapping[Key, Sequence[Run]]) -> str:
    """The table of the checkouts, this engine beside plain SimPy, in Markdown."""
    both = [system for system in CHECKOUTS if (PLAIN, system) in runs]
    rows = [
        [
            system,
            *(f"{_us(runs[name, system]):.1f}" for name in (PLAIN, OURS)),
            f"{_ratio(runs, PLAIN, system):.1f}",
            *(_mean_s(runs[name, system]) for name in (PLAIN, OURS)),
        ]
        for system in both
    ]
    return page.table(["", f"{PLAIN}, µs", f"{OURS}, µs", "times as fast", f"{PLAIN}, s", f"{OURS}, s"], rows)


def _queue_row(runs: Mapping[Key, Sequence[Run]], contender: Contender) -> list[str]:
    cells = [contender.name]
    for system in QUEUES:
        some = runs.get((contender.name, system))
        if not some:
            cells += [""] * 3
            continue
        times = "" if contender.name == OURS else _two_digits(_ratio(runs, contender.name, system))
        cells += [f"{_us(some):.2f}", _mean_s(some), times]
    return [*cells, f"{max(run.peak_mb for run in runs[contender.name, QUEUES[0]]):.0f}"]


def _two_digits(number: float) -> str:
    return f"{float(f'{number:.2g}'):g}"


def _mean_s(runs: Sequence[Run]) -> str:
    return f"{mean(run.mean_s for run in runs):.3g}"


def _us(runs: Sequence[Run]) -> float:
    return median(run.us for run in runs)


def _ratio(runs: Mapping[Key, Sequence[Run]], name: str, system: str) -> float:
    """How many times as fast as that contender this engine is."""
    pairs = zip(runs[name, system], runs[OURS, system], strict=True)
    return median(theirs.us / ours.us for theirs, ours in pairs)


if __name__ == "__main__":
    main()
