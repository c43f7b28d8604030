"""The runs for real in docs/live.md: four scenarios on four brokers, recorded, and as tables.

`make live-runs` makes them anew, in about ten minutes and on a computer that does nothing else; where
there is no RabbitMQ it says so, and where there is no Kafka (docs/live-brokers.md) it takes the mock. With
names, as in `python docs/live-runs/record_runs.py crash`, only those. `make generated` then makes the tables
of all recordings.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncasync_sim import Trace, load_trace, simulate, summarise
from syncasync_sim.model.formats import format_change, format_share, format_time
from syncasync_sim.stats.predicted import PredictedRow, predicted_rows

FOLDER = Path(__file__).parent
BROKERS = ("redis", "rabbitmq", "sqs", "kafka")


@dataclass(frozen=True)
class Run:
    """One scenario; its words for `live`, those on Kafka besides."""

    name: str
    says: str
    words: tuple[str, ...]
    on_kafka: tuple[str, ...]

    def file(self, broker: str) -> Path:
        """Its recording."""
        return FOLDER / f"{self.name}-{broker}.json"


STEADILY = 'traffic={"rate":"4/s","for":"15s"}'
DIES = 'workers={"count":7,"crashes":[{"worker":1,"at":"3s","restart_after":"1s"}]}'
BURST = '{"rate":"1/s","for":"5s"},{"rate":"10/s","for":"5s"},{"rate":"1/s","for":"5s"}'
RUNS = (
    Run(
        "checkout",
        "Sixty customers, four a second, and seven workers.",
        words=("checkout", "--speed", "2", "--set", STEADILY, "--set", "workers.count=7"),
        on_kafka=("--set", "queue.partitions=7"),
    ),
    Run(
        "checkout-crash",
        "The same, and one of the workers is killed after 3 s while it sends an email;"
        " it is back a second later (on Kafka, never).",
        words=("checkout", "--speed", "2", "--set", STEADILY, "--set", DIES),
        on_kafka=("--set", "queue.partitions=7", "--set", DIES.replace("1s", "never")),
    ),
    Run(
        "crash",
        "Ten customers at one moment, and two workers; one is killed after 3 s while it sends an email.",
        words=("broker-crash", "--speed", "1"),
        on_kafka=(),
    ),
    Run(
        "spike",
        "One customer a second, for five seconds ten, and one again; three workers.",
        words=("traffic-spike", "--speed", "2", "--set", f'traffic={{"phases":[{BURST}]}}'),
        on_kafka=("--set", "queue.partitions=3"),
    ),
)
FIGURES = {
    "response_time_s.p50": "until the page, p50",
    "response_time_s.p95": "until the page, p95",
    "completion_time_s.p50": "until all work is done, p50",
    "completion_time_s.p95": "until all work is done, p95",
    "retaken_after_s": "from the crash until taken again",
}
COUNTS = "customers, deliveries, effects, duplicates, losses"


def record(run: Run, broker: str) -> None:
    """Run it for real, and keep what happened."""
    words = [*run.words, *(run.on_kafka if broker == "kafka" else ())]
    options = ["--mode", "async", "--start", broker, "--record", str(run.file(broker)), "--force"]
    command = [sys.executable, "-m", "syncasync_sim", "live", *words, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{run.name} on {broker}: {done.stderr.strip().splitlines()[-1]}")
    print(f"{run.name} on {broker}")


# -- the tables ---------------------------------------------------------------------------------------


def page_part() -> str:
    """All tables, in Markdown."""
    first = load_trace(RUNS[0].file(BROKERS[0])).live or {}
    made = f"Made on {first['day']}, on a computer with two processors, in the scenario's seconds.\n\n"
    return made + "\n".join(line for run in RUNS for line in table(run))


def table(run: Run) -> Iterator[str]:
    """One scenario on all brokers."""
    yield from (f"{run.says}", "", "| | predicted | measured | difference | 95 % interval |")
    yield "| --- | --- | --- | --- | --- |"
    for broker in BROKERS:
        yield from lines(run.file(broker))
    words, on_kafka = (
        " ".join(f"'{word}'" if "{" in word else word for word in said) for said in (run.words, run.on_kafka)
    )
    kafka = f", on Kafka also  `{on_kafka}`" if run.on_kafka else ""
    yield from ("", f"`syncasync-sim live {words} --mode async --start redis`{kafka}", "")


def lines(file: Path) -> Iterator[str]:
    """Those of one recording."""
    recording = load_trace(file)
    about, measured = recording.live or {}, recording.traces["async"]
    predicted = simulate(recording.scenario, "async", seed=measured.seed)
    yield f"| **{about['servers']['async']}** | | | | |"
    rows = {row.figure: row for row in predicted_rows({"async": predicted}, {"async": measured})}
    for figure, label in FIGURES.items():
        if figure in rows:
            yield f"| {label} | {' | '.join(cells(rows[figure]))} |"
    yield f"| {COUNTS} | {counts(predicted, measured)} | | | |"
    if about["warnings"]:
        yield f"| {about['warnings'][0].partition(':')[0]} | | | | |"


def cells(row: PredictedRow) -> tuple[str, ...]:
    assert row.predicted is not None
    assert row.measured is not None
    difference = row.measured - row.predicted
    share = f" ({format_share(abs(difference) / row.predicted)})" if row.predicted else ""
    interval = " to ".join(format_change(end, "s") for end in row.interval or ())
    both = (format_time(row.predicted), format_time(row.measured))
    return (*both, f"{format_change(difference, 's')}{share}", interval)


def counts(predicted: Trace, measured: Trace) -> str:
    """Whether all that is counted came out as predicted; else what did not."""
    first, second = (counted(summarise(trace).to_dict()) for trace in (predicted, measured))
    other = [f"{name}: {first[name]} and {second[name]}" for name in first if first[name] != second[name]]
    return "; ".join(other) or "as predicted"


def counted(figures: Mapping[str, Any]) -> dict[str, Any]:
    queue = {name: figures["queue"][name] for name in ("delivered", "redelivered", "dead_lettered", "lost")}
    names = ("requests", "responses", "work", "phantom_errors", "effects", "duplicates")
    return {name: figures[name] for name in names} | queue


def main() -> None:
    for run in RUNS:
        if not sys.argv[1:] or run.name in sys.argv[1:]:
            for broker in BROKERS:
                record(run, broker)


if __name__ == "__main__":
    main()
