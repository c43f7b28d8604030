"""The runs for real in docs/live.md: scenarios on four brokers, recorded, and as tables.

`make live-runs` makes them anew, in about half an hour and on a computer that does nothing else; where there
is no RabbitMQ it says so, and where there is no Kafka (docs/live-brokers.md) it takes the mock. With names,
as in `python docs/live-runs/record_runs.py crash`, only those. `make generated` then makes the tables of all
recordings.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncasync_sim import Trace, load_trace, simulate, summarise
from syncasync_sim.experiment.near_ties import SHIFT_S, shifted_runs
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.stats.predicted import PredictedRow, predicted_rows

FOLDER = Path(__file__).parent
CONSUMER = "kafka?group.protocol=consumer"
BROKERS = ("redis", "rabbitmq", "sqs", "kafka", CONSUMER)


@dataclass(frozen=True)
class Run:
    """A scenario and its changes (on some brokers, more of them), and the brokers that cannot run it."""

    name: str
    says: str
    scenario: str
    speed: int
    changes: tuple[str, ...]
    besides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def brokers(self) -> list[str]:
        """The brokers on which it is run."""
        return [broker for broker in BROKERS if broker not in self.left_out]

    @property
    def words(self) -> tuple[str, ...]:
        """Its words for `live`, on every broker."""
        return (self.scenario, "--speed", str(self.speed), *sets(self.changes))

    def on(self, broker: str) -> tuple[str, ...]:
        """Its words on one broker."""
        return (*self.words, *sets(self.besides.get(broker.partition("?")[0], ())))

    def file(self, broker: str) -> Path:
        """Its recording."""
        return FOLDER / f"{self.name}-{broker.replace('?group.protocol=', '-')}.json"


def sets(changes: tuple[str, ...]) -> Iterator[str]:
    """The words that change the scenario."""
    return (word for change in changes for word in ("--set", change))


STEADILY = 'traffic={"rate":"4/s","for":"15s"}'
DIES = 'workers={"count":7,"crashes":[{"worker":1,"at":"3s","restart_after":"1s"}]}'
DIES_AFTER = 'workers={"count":6,"crash_rate":"10%","crash_point":"after_work","restart_after":"1s"}'
BURST = '{"rate":"1/s","for":"5s"},{"rate":"10/s","for":"5s"},{"rate":"1/s","for":"5s"}'
EMAIL = "steps[send email]"
DELAY = (f"{EMAIL}.retry.jitter=none", f"{EMAIL}.retry.delay=2s", f"{EMAIL}.retry.factor=1")
SHORT = "queue.visibility_timeout=uniform(10s, 10.6s)"
POISON = (f"{EMAIL}.poison=10%", f"{EMAIL}.poison_kills=true", f"{EMAIL}.retry.attempts=3")
LATE = (f"{EMAIL}.duration=uniform(1s, 3s)", f"{EMAIL}.timeout=2s", f"{EMAIL}.on_timeout=works_on")
RUNS = (
    Run(
        "checkout",
        "Sixty customers, four a second, and seven workers.",
        *("checkout", 2, (STEADILY, "workers.count=7")),
        {"kafka": ("queue.partitions=7",)},
    ),
    Run(
        "checkout-crash",
        "The same, and one of the workers is killed after 3 s while it sends an email;"
        " it is back a second later (on Kafka, never).",
        *("checkout", 2, (STEADILY, DIES)),
        {"kafka": ("queue.partitions=7", DIES.replace("1s", "never"))},
    ),
    Run(
        "crash",
        "Ten customers at one moment, and two workers; one is killed after 3 s while it sends an email.",
        *("broker-crash", 1, ()),
    ),
    Run(
        "spike",
        "One customer a second, for five seconds ten, and one again; three workers.",
        *("traffic-spike", 2, (f'traffic={{"phases":[{BURST}]}}',)),
        {"kafka": ("queue.partitions=3",)},
    ),
    Run(
        "flaky",
        "The checkout, and one email in five fails and is tried again.",
        *("checkout", 2, (STEADILY, "workers.count=8", f"{EMAIL}.failure_rate=20%", *DELAY)),
        {"kafka": ("queue.partitions=8",), "redis": (SHORT,), "sqs": ("queue.failure=requeue",)},
    ),
    Run(
        "slow-work",
        "Work of 40 s, longer than the visibility timeout of SQS and the idle time of Redis.",
        *("broker-slow-work", 5, ()),
    ),
    Run(
        "poison",
        "A message that always fails, with three attempts, and another message beside it.",
        *("broker-poison", 1, (f"{EMAIL}.retry.attempts=3",)),
        {"redis": (SHORT,), "sqs": ("queue.failure=requeue",)},
    ),
    Run(
        "prefetch",
        "Work of very different lengths, and workers that hold up to ten messages.",
        *("checkout", 1),
        (
            *('traffic={"rate":"3/s","for":"20s","arrivals":"poisson"}', "workers.count=6"),
            *("queue.prefetch=10", f"{EMAIL}.duration=lognormal(p50=1s, p99=6s)"),
        ),
        left_out=("kafka", CONSUMER),
    ),
    Run(
        "idempotent",
        "One worker in ten dies after its work and before it acknowledges; the email has an idempotency key.",
        *("checkout", 2, ('traffic={"rate":"2/s","for":"15s"}', f"{EMAIL}.idempotent=true", DIES_AFTER)),
        {"redis": (SHORT,), "sqs": ("queue.visibility_timeout=10s",), "kafka": ("queue.partitions=6",)},
    ),
    Run(
        "reclick",
        "Four threads for four customers a second, of whom each waits 2 s and clicks again, up to twice;"
        " a second click comes at the very moment of another customer's first.",
        *("checkout", 1),
        (
            *('traffic={"rate":"4/s","for":"10s"}', 'customer={"patience":"2s","resubmits":2}'),
            *("server.threads=4", "steps[charge card].duration=1s", "workers.count=7"),
        ),
        {"kafka": ("queue.partitions=7",)},
    ),
    Run(
        "one-bad-message",
        "One message in ten is poison and kills the worker that tries it, up to three times.",
        *(
            "checkout",
            2,
            (STEADILY, *POISON, f"{EMAIL}.retry.delay=0s", 'workers={"count":8,"restart_after":"1s"}'),
        ),
        {"redis": (SHORT,), "sqs": ("queue.failure=requeue", "queue.visibility_timeout=10s")},
        left_out=("kafka", CONSUMER),
    ),
    Run(
        "lost-answer",
        "One charge in ten fails, and of every second of these only the answer is lost: it is charged again.",
        *("lost-answer", 5, ()),
        {"kafka": ("queue.partitions=4",)},
    ),
    Run(
        "works-on",
        "The email takes 1 to 3 s, and the worker gives up after 2 s; the email service works on.",
        *("checkout", 2, (STEADILY, *LATE, f"{EMAIL}.retry.delay=0s", "workers.count=10")),
        {"sqs": ("queue.failure=requeue",), "redis": (SHORT,)},
        left_out=("kafka", CONSUMER),
    ),
    Run(
        "deploy",
        "Eight workers are stopped after 20 s, and have 10 s to end their work.",
        *("deploy", 2, ()),
        {"kafka": ("queue.partitions=8",)},
        left_out=("kafka", CONSUMER),
    ),
    Run(
        "frozen-worker",
        "A worker stands still for 20 s, in the middle of an email; then it goes on.",
        *("frozen-worker", 2, ("queue.crash_detection=0",)),
        {
            "redis": ("queue.crash_detection=none", SHORT),
            "sqs": ("queue.crash_detection=none", "queue.visibility_timeout=10s"),
            "rabbitmq": ("queue.host_crash_detection=uniform(8s, 12s)",),
        },
        left_out=("kafka", CONSUMER),
    ),
)
DESIGNS = {
    "just a thread": ("in-process", ()),
    "a queue": ("redis", ("queue.broker=redis-streams", SHORT)),
    "a queue and an outbox": (
        "redis-outbox",
        ("queue.broker=redis-streams", SHORT, "queue.publish_failure=outbox"),
    ),
}
"""Where the emails wait: the end of the name of the recording, and the changes."""
KILLED = Run(
    "killed",
    "The web server is killed after 30.1 s and is back 2 s later; one worker in fifty dies after its work.",
    *("just-a-thread", 2, ("server.restarts[0].at=30100ms",)),
)
FIGURES = {
    "response_time_s.p50": "page, p50",
    "response_time_s.p95": "page, p95",
    "completion_time_s.p50": "all done, p50",
    "completion_time_s.p95": "all done, p95",
}


def record(run: Run, broker: str) -> None:
    """Run it for real, and keep what happened."""
    _record(f"{run.name} on {broker}", [*run.on(broker), "--start", broker], run.file(broker))


def record_design(name: str) -> None:
    """Run the killed web server for real, with the emails waiting in one place."""
    where, changes = DESIGNS[name]
    start = [] if where == "in-process" else ["--start", "redis"]
    _record(f"{KILLED.name}: {name}", [*KILLED.words, *sets(changes), *start], KILLED.file(where))


def _record(called: str, words: Sequence[str], file: Path) -> None:
    options = ["--mode", "async", "--record", str(file), "--force"]
    command = [sys.executable, "-m", "syncasync_sim", "live", *words, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{called}: {done.stderr.strip()}")
    print(called)


# -- the tables ---------------------------------------------------------------------------------------


def page_part() -> str:
    """All tables, in Markdown."""
    return "\n".join([*designs_table(), *(line for run in RUNS for line in table(run))])


def designs_table() -> Iterator[str]:
    """A killed web server, with the emails waiting in three places."""
    columns = ("page, p50", "all done, p95", "error pages", "emails lost", "emails sent twice", "counts")
    yield from (KILLED.says, "", f"| where the emails wait | {' | '.join(columns)} |")
    yield f"| --- |{' --- |' * len(columns)}"
    for name, (where, _) in DESIGNS.items():
        server, page, _, _, late, counted = cells(KILLED.file(where), where)
        recording = load_trace(KILLED.file(where))
        traces = (
            simulate(recording.scenario, "async", seed=recording.traces["async"].seed),
            recording.traces["async"],
        )
        figures = [summarise(trace) for trace in traces]
        of_each = (
            [figure.responses["error"] for figure in figures],
            [figure.work["lost"] for figure in figures],
            [figure.duplicates["email sent"] for figure in figures],
        )
        arrows = (f"{predicted} → {measured}" for predicted, measured in of_each)
        yield f"| {name}: {server} | {page} | {late} | {' | '.join(arrows)} | {counted} |"
    yield ""
    for name, (_, changes) in DESIGNS.items():
        start = " --start redis" if changes else ""
        words = quoted((*KILLED.words, *sets(changes)))
        yield f"{name}: `syncasync-sim live {words} --mode async{start}`  "
    yield ""


def table(run: Run) -> Iterator[str]:
    """One scenario on all brokers."""
    yield from (f"{run.says}", "", f"| | {' | '.join(FIGURES.values())} | counts |")
    yield f"| --- |{' --- |' * (len(FIGURES) + 1)}"
    for broker in run.brokers:
        yield f"| {' | '.join(cells(run.file(broker), broker))} |"
    yield from ("", f"`syncasync-sim live {quoted(run.words)} --mode async --start redis`")
    besides = (f"on {broker} also `{quoted(tuple(sets(words)))}`" for broker, words in run.besides.items())
    yield from [f"And {'; '.join(besides)}."] if run.besides else []
    yield ""


def quoted(words: tuple[str, ...]) -> str:
    return " ".join(f"'{word}'" if set(word) & set("{}[]() ") else word for word in words)


def cells(file: Path, broker: str) -> Iterator[str]:
    """The server with the day, each figure as predicted and as measured, and what was counted."""
    recording = load_trace(file)
    about, measured = recording.live or {}, recording.traces["async"]
    predicted = simulate(recording.scenario, "async", seed=measured.seed)
    protocol = ", KIP-848" if broker == CONSUMER else ""
    slow = about["warnings"][0].partition(":")[0] if about["warnings"] else ""
    yield f"**{about['servers']['async']}**{protocol}, {about['day']}{f'; {slow}' if slow else ''}"
    again = shifted_runs(predicted, SHIFT_S * about["speed"])
    shifted: dict[Mode, list[Trace]] = {"async": again}
    rows = {row.figure: row for row in predicted_rows({"async": predicted}, {"async": measured}, shifted)}
    for figure in FIGURES:
        yield times(rows[figure]) if figure in rows else "-"
    yield counts([predicted, *again], measured)


def times(row: PredictedRow) -> str:
    """`1.05 → 1.06 s`, with a mark where it is no chance."""
    if row.predicted is None or row.measured is None:
        return "-"
    before = format_time(row.predicted) if row.span is None else " to ".join(map(format_time, row.span))
    return f"{before} → {format_time(row.measured)}{' *' if row.differs else ''}"


def counts(predicted: Sequence[Trace], measured: Trace) -> str:
    """Whether all that is counted came out as predicted, or within the range of the predictions."""
    spans = ranges(predicted)
    found = {name: low for name, (low, _) in ranges([measured]).items()}
    texts = {
        name: f"{low:,} to {high:,}" if low < high else f"{low:,}" for name, (low, high) in spans.items()
    }
    outside = [name for name, (low, high) in spans.items() if not low <= found.get(name, 0) <= high]
    outside += found.keys() - spans.keys()
    if outside:
        return "; ".join(f"{name}: {texts.get(name, 0)} and {found.get(name, 0):,}" for name in outside)
    if all(low == high for low, high in spans.values()):
        return "as predicted"
    return f"within their ranges, as requests: {texts['requests']} → {found['requests']:,}"


def ranges(traces: Sequence[Trace]) -> dict[str, tuple[int, int]]:
    """The least and the greatest number of each thing that is counted, over several runs of one design."""
    counted = [dict(numbers(summarise(trace).to_dict())) for trace in traces]
    names = {name: None for figures in counted for name in figures}  # a dictionary keeps the order
    values = {name: [figures.get(name, 0) for figures in counted] for name in names}
    return {name: (min(of_all), max(of_all)) for name, of_all in values.items()}


def numbers(figures: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name in ("requests", "responses", "work", "phantom_errors", "effects", "duplicates"):
        group = figures[name] if isinstance(figures[name], Mapping) else {"": figures[name]}
        yield from ((f"{name}.{part}".rstrip("."), number) for part, number in group.items())
    for name in ("delivered", "redelivered", "dead_lettered", "lost"):
        yield name, figures["queue"][name]


def main() -> None:
    if not sys.argv[1:] or KILLED.name in sys.argv[1:]:
        for name in DESIGNS:
            record_design(name)
    for run in RUNS:
        if not sys.argv[1:] or run.name in sys.argv[1:]:
            for broker in run.brokers:
                record(run, broker)


if __name__ == "__main__":
    main()
