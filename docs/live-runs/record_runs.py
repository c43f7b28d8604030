"""The runs for real in docs/live.md: three scenarios on four brokers, as tables; the crash is also recorded.

`make live-runs` makes them anew, in about seven minutes and on a computer that does nothing else; where there
is no RabbitMQ it says so, and where there is no Kafka (docs/live-brokers.md) it takes the mock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from syncasync_sim.model.formats import format_change, format_share, format_time

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "live.md"
BEGIN, END = "<!-- made by: make live-runs -->\n", "<!-- to here -->\n"
BROKERS = ("redis", "rabbitmq", "sqs", "kafka")


@dataclass(frozen=True)
class Run:
    """One scenario; its words for `live`, those on Kafka besides, and the figures that are shown."""

    name: str
    says: str
    words: tuple[str, ...]
    on_kafka: tuple[str, ...]
    figures: tuple[str, ...]
    is_recorded: bool = False


CLOCKS = ("response_time_s.p50", "response_time_s.p95", "completion_time_s.p50", "completion_time_s.p95")
RUNS = (
    Run(
        "checkout",
        "Sixty customers, four a second, and seven workers.",
        words=(
            *("checkout", "--speed", "2", "--set", 'traffic={"rate":"4/s","for":"15s"}'),
            *("--set", "workers.count=7"),
        ),
        on_kafka=("--set", "queue.partitions=7"),
        figures=CLOCKS,
    ),
    Run(
        "crash",
        "Ten customers at one moment, and two workers; one is killed after 3 s with an e-mail in its hands.",
        words=("broker-crash", "--speed", "1"),
        on_kafka=(),
        figures=(*CLOCKS, "retaken_after_s"),
        is_recorded=True,
    ),
    Run(
        "spike",
        "One customer a second, for five seconds ten, and one again; three workers.",
        words=(
            *("traffic-spike", "--speed", "2", "--set"),
            'traffic={"phases":[{"rate":"1/s","for":"5s"},{"rate":"10/s","for":"5s"},{"rate":"1/s","for":"5s"}]}',
        ),
        on_kafka=("--set", "queue.partitions=3"),
        figures=CLOCKS,
    ),
)
LABELS = {
    "response_time_s.p50": "until the page, p50",
    "response_time_s.p95": "until the page, p95",
    "completion_time_s.p50": "until all work is done, p50",
    "completion_time_s.p95": "until all work is done, p95",
    "retaken_after_s": "from the crash until taken again",
}


def measured(run: Run, broker: str, record: Path) -> dict[str, Any]:
    """What `live --json` says of it."""
    words = [*run.words, *(run.on_kafka if broker == "kafka" else ())]
    options = ["--mode", "async", "--start", broker, "--json", "--record", str(record), "--force"]
    command = [sys.executable, "-m", "syncasync_sim", "live", *words, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{run.name} on {broker}: {done.stderr.strip().splitlines()[-1]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def rows(run: Run, told: dict[str, Any]) -> Iterator[str]:
    """The lines of the table for one broker."""
    server, found = told["modes"]["async"]["server"], {row["figure"]: row for row in told["rows"]}
    note = f" ({server['note']})" if server["note"] else ""
    yield f"| **{server['name']} {server['version']}{note}** | | | |"
    for figure in run.figures:
        row = found[figure]
        if row["predicted"] is None or row["measured"] is None:
            continue
        share = format_share(abs(row["difference"]) / row["predicted"])
        times = f"{format_time(row['predicted'])} | {format_time(row['measured'])}"
        yield f"| {LABELS[figure]} | {times} | {format_change(row['difference'], 's')} ({share}) |"
    yield f"| customers, deliveries, effects, duplicates, losses | {counts(told)} | | |"


def counts(told: dict[str, Any]) -> str:
    """Whether all that is counted came out as predicted; else what did not."""
    both = (told["modes"]["async"][which] for which in ("predicted", "measured"))
    first, second = ({name: _plain(figures)[name] for name in _plain(figures)} for figures in both)
    other = [f"{name}: {first[name]} and {second[name]}" for name in first if first[name] != second[name]]
    return "; ".join(other) or "as predicted"


def _plain(figures: dict[str, Any]) -> dict[str, Any]:
    queue = {name: figures["queue"][name] for name in ("delivered", "redelivered", "dead_lettered", "lost")}
    names = ("requests", "responses", "work", "phantom_errors", "effects", "duplicates")
    return {name: figures[name] for name in names} | queue


def table(run: Run, folder: Path) -> list[str]:
    """One scenario on all brokers, in Markdown."""
    lines = [f"{run.says}", "", "| | predicted | measured | difference |", "| --- | --- | --- | --- |"]
    for broker in BROKERS:
        record = folder / f"{run.name}-{broker}.json"
        told = measured(run, broker, FOLDER / record.name if run.is_recorded else record)
        lines += rows(run, told)
        if not told["modes"]["async"]["keeps_up"]:
            lines.append("| the machine did not keep up (`TOO FAST`) | | | |")
        print(f"{run.name} on {broker}: {counts(told)}")
    command = " ".join(_quoted(run.words))
    kafka = f", on Kafka also  `{' '.join(_quoted(run.on_kafka))}`" if run.on_kafka else ""
    return [*lines, "", f"`syncasync-sim live {command} --mode async --start redis`{kafka}", ""]


def _quoted(words: Sequence[str]) -> list[str]:
    return [f"'{word}'" if "{" in word else word for word in words]


def main() -> None:
    day = time.strftime("%-d %B %Y")
    with TemporaryDirectory() as folder:
        lines = [line for run in RUNS for line in table(run, Path(folder))]
    made = f"Made on {day}, on a computer with {os.cpu_count()} processors, in the scenario's seconds.\n\n"
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + BEGIN + made + "\n".join(lines) + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
