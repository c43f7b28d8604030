"""One scenario on every broker: the table, the reasons, and what a broker's preset holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from rich.console import Group, RenderableType
from rich.text import Text

from syncasync_sim.experiment import BrokerRefusal, BrokerRun
from syncasync_sim.model.brokers import BROKERS, Broker, carries_over
from syncasync_sim.model.figures import SHARED, WAITS, share_of
from syncasync_sim.model.formats import Unit, format_count, format_time, format_value
from syncasync_sim.model.scenario import NEVER_ENDS, Scenario
from syncasync_sim.model.written import display_text
from syncasync_sim.render.broker_reasons import reasons
from syncasync_sim.render.responsive import Cell, Grid, Lines, Responsive
from syncasync_sim.render.tables import footer, stopped
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.assumptions import cut_note
from syncasync_sim.stats.rows import ENOUGH, cut_at_s, in_common_unit

LONGEST_LABEL = 18
"""A longer effect's name would make the table wider than a terminal."""
CLOCKS = "response_time_s", "completion_time_s"
WAITS_OF_SOME = "wait of those served"
NOTHING = "Nothing happened that brokers do differently: no worker died, no queued work failed or was slow."
EMPTY_HANDED = "Nothing happened that brokers do differently: workers died, but held no message."
NO_MESSAGES = "No step of this scenario is a background step: no message is published, no broker is used."
IN_FIRST = "In the first replication"
FIRST = "What happened in the first replication:"
TOO_FEW = "Too few times for a p95: it needs 200 of them."


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, with its value on every broker; `words` replace a value that a broker does not have."""

    label: str
    unit: Unit
    values: tuple[float | None, ...]
    words: tuple[str, ...] = ()
    longest_s: float = 0.0

    @property
    def texts(self) -> list[str]:
        words = self.words or ("",) * len(self.values)
        return [
            word or format_value(value, self.unit, self.longest_s)
            for value, word in zip(self.values, words, strict=True)
        ]


Columns = Sequence[BrokerRun | BrokerRefusal]
Only = Mapping[str, Mapping[str, object]]


def brokers_page(columns: Columns, sync: Comparison | None, own: Scenario, only: Only | None = None) -> Group:
    """The page that compares brokers, for a terminal of any width.

    Args:
        columns: the run on each broker, at least one of them not refused.
        sync: the synchronous design for comparison, if it was run.
        own: the scenario as it was asked for.
        only: the changes that were made for one broker only.
    """
    runs = _ran(columns)
    first = runs[0].comparison
    rows = in_common_unit(rows_of(columns))
    parts: list[RenderableType] = [Lines([own.title or own.name], style="bold")]
    parts.append(Lines(list(_stopped(columns, sync)), style="bold"))
    parts += [
        "",
        BrokerTable([column.broker for column in columns], rows),
        Lines([*_no_brokers(columns), *_publishing(runs, rows[0]), *_beside(runs, sync)]),
        "",
    ]
    sentences = [*_refused(columns), *_why(columns)]
    parts += [Lines(sentences, hanging=2), ""] if sentences else []
    parts += [Lines([*_overridden(own, only or {}), footer(first)[0]])]
    return Group(*parts)


def is_stopped(columns: Columns) -> bool:
    """Whether somebody stopped it before every broker was finished."""
    return len(columns) < len(BROKERS) or any(run.comparison.partial for run in _ran(columns))


def _stopped(columns: Columns, sync: Comparison | None) -> Iterator[str]:
    """That somebody stopped it, and which brokers were finished before that; nothing otherwise."""
    unfinished = [line for run in _ran(columns) for line in stopped(run.comparison)]
    if unfinished:
        yield f"{unfinished[0].removesuffix('.')} on {_ran(columns)[0].broker}, and no broker was finished."
    elif is_stopped(columns):
        missing = [broker for broker in BROKERS if broker not in {column.broker for column in columns}]
        finished = ", ".join(column.broker for column in columns)
        yield f"PARTIAL: stopped before the end. Finished: {finished}. Not finished: {', '.join(missing)}."
    elif sync is not None and sync.partial:
        yield "PARTIAL: stopped when all brokers were finished, before the synchronous design was."


def _ran(columns: Columns) -> list[BrokerRun]:
    return [column for column in columns if isinstance(column, BrokerRun)]


def _refused(columns: Columns) -> Iterator[str]:
    """Why there is no run on some brokers; once where the reason is the same."""
    brokers: dict[tuple[str, str], list[str]] = {}
    for column in columns:
        if isinstance(column, BrokerRefusal):
            brokers.setdefault((column.refusal, column.why), []).append(column.broker)
    for (refusal, why), names in brokers.items():
        yield f"{', '.join(names)}: {refusal}: {why.removeprefix(f'{NEVER_ENDS}: ')}."


def rows_of(columns: Columns) -> Iterator[Row]:
    """Yield the rows: both clocks, work done twice or never, and faults that happened on some broker.

    Times of only some of the clicks say so. Beside the wait for the page stand the share that got it and the
    wait of all clicks for any answer.
    """

    def row(label: str, unit: Unit, read: Callable[[BrokerRun], float | None]) -> Row:
        return Row(label, unit, tuple(read(c) if isinstance(c, BrokerRun) else None for c in columns))

    runs = _ran(columns)
    refused = tuple("" if isinstance(column, BrokerRun) else column.refusal for column in columns)

    def figure(name: str) -> Callable[[BrokerRun], float | None]:
        return lambda run: run.comparison.figure("async", name)

    some_unserved, some_undone = (any(_rest(run, SHARED[times]) for run in runs) for times in CLOCKS)
    waits = WAITS_OF_SOME if some_unserved else WAITS
    yield replace(row(waits, "s", figure("response_time_s.mean")), words=refused)
    if some_unserved:
        yield row("clicks with a page", "share", lambda run: _share(run, CLOCKS[0]))
        yield row("wait for any answer", "s", figure("wait_s.mean"))
    done = "all done" if not some_undone else "where all done"
    yield row(f"{done}, p50", "s", figure("completion_time_s.p50"))
    if any(map(_has_p95, runs)):
        p95 = figure("completion_time_s.p95")
        yield row(f"{done}, p95", "s", lambda run: p95(run) if _has_p95(run) else None)
    yield row(f"{done}, max", "s", figure("completion_time_s.max"))
    yield row("last work done at", "s", lambda run: run.last_work_s)
    yield row("redelivered", "count", figure("queue.redelivered"))
    yield from _done_again(runs[0].comparison.scenario, row)
    yield row("lost", "count", figure("queue.lost"))
    yield row("dead-lettered", "count", figure("queue.dead_lettered"))
    yield from _where_any(row("not completed", "count", lambda run: _rest(run, "work.completed")))


def _has_p95(run: BrokerRun) -> bool:
    """Whether so much was done on a broker that it has a p95."""
    return (run.comparison.figure("async", "completion_time_s.count") or 0) >= ENOUGH["p95"]


def _share(run: BrokerRun, times: str) -> float | None:
    """The share of all clicks that have one of *times*."""
    return share_of(times, partial(run.comparison.figure, "async"))


def _where_any(row: Row) -> Iterator[Row]:
    if any(row.values):
        yield row


def _rest(run: BrokerRun, name: str) -> float:
    """Requests that are not among those of a figure."""
    figures = run.comparison.figure
    return float(figures("async", "requests") - figures("async", name))


def _done_again(
    scenario: Scenario, row: Callable[[str, Unit, Callable[[BrokerRun], float]], Row]
) -> Iterator[Row]:
    """How often the effects of work on the queue happened again; and those of the request, where any did."""
    on_queue = list(dict.fromkeys(s.effect for s in scenario.steps if s.effect and s.background))
    others = [effect for effect in scenario.effects if effect not in on_queue]
    yield row(_again(on_queue, "effects again"), "count", lambda run: _duplicates(run, on_queue))
    yield from _where_any(row(_again(others, "others again"), "count", lambda run: _duplicates(run, others)))


def _again(effects: Sequence[str], several: str) -> str:
    """`email sent again`, where one effect is meant and its name is short."""
    named = f"{effects[0]} again" if len(effects) == 1 else ""
    return named if 0 < len(named) <= LONGEST_LABEL else several


def _duplicates(run: BrokerRun, effects: Sequence[str]) -> float:
    duplicates = run.comparison.figure("async", "duplicates")
    return float(sum(duplicates[effect] for effect in effects))


class BrokerTable(Responsive):
    """One row a figure, one column a broker; where that is too wide, the brokers in two or three tables.

    Where even that is too wide each figure has its own lines.
    """

    def __init__(self, brokers: Sequence[str], rows: Sequence[Row]) -> None:
        self.brokers, self.rows = brokers, rows

    def ways(self) -> Iterator[Sequence[Grid]]:
        every = range(len(self.brokers))
        for tables in (1, 2, 3):
            size = max(-(-len(every) // tables), 1)
            groups = [every[first : first + size] for first in range(0, len(every), size)]
            yield [Grid(self._lines(group), "lr") for group in groups]

    def sentences(self) -> list[str]:
        return [self._sentence(row) for row in self.rows]

    def _lines(self, which: Sequence[int]) -> list[list[Cell]]:
        """The columns of some of the brokers."""
        heading: list[Cell] = ["", *(Text(self.brokers[i], "bold") for i in which)]
        lines: list[list[Cell]] = [[row.label, *(row.texts[i] for i in which)] for row in self.rows]
        return [heading, *lines]

    def _sentence(self, row: Row) -> str:
        """`lost: 0`, or `all done, max: ideal 2.55 s, rabbitmq 2.55 s, ...`; one value where all agree."""
        if len(set(row.texts)) == 1:
            return f"{row.label}: {row.texts[0]}"
        return f"{row.label}: " + ", ".join(f"{b} {t}" for b, t in zip(self.brokers, row.texts, strict=True))


def _no_brokers(columns: Columns) -> Iterator[str]:
    """Which of the columns are no brokers, where others are."""
    names = [column.broker for column in columns if not BROKERS[column.broker].is_real]
    if 0 < len(names) < len(columns):
        yield f"No broker: {', '.join(names)}."


def _publishing(runs: Sequence[BrokerRun], waits: Row) -> Iterator[str]:
    """Why the customer does not wait the same on all brokers, where that can be seen."""
    if len(set(waits.texts)) > 1:
        lengths = {run.broker: run.comparison.scenario.queue.publish_in_request.mean_s for run in runs}
        times = ", ".join(f"{broker} {format_time(length)}" for broker, length in lengths.items() if length)
        if times:  # with an outbox nobody waits for it
            yield f"The customer also waits until each message is published: {times}."


def _beside(runs: Sequence[BrokerRun], sync: Comparison | None) -> Iterator[str]:
    """Yield the lines below the table: the missing figures, and the synchronous design for comparison."""
    if not any(run.comparison.figure("async", "requests") for run in runs):
        yield "Nobody came."
        return
    if not all(map(_has_p95, runs)):
        yield TOO_FEW
    yield from cut_note(at for run in runs for at in cut_at_s(run.comparison).values())
    if sync is None or sync.partial:
        return
    waits = sync.figure("sync", "response_time_s.mean")
    requests = sync.figure("sync", "requests")
    bad = requests - sync.figure("sync", "responses.ok")
    some = "nobody gets the page" if bad == requests else ""
    without = some or f"{format_count(bad)} of {format_count(requests)} clicks get no page" if bad else ""
    waiting = "the others wait" if bad else "the customer waits"
    page = f"{waiting} {format_time(waits)}, for all of the work" if waits is not None else ""
    yield f"Synchronous, for comparison: {'; '.join(filter(None, (without, page)))}."


def _why(columns: Columns) -> list[str]:
    """One paragraph a broker, of what happened on it; that nothing did is said only of all of them."""
    runs = _ran(columns)
    if not _background(runs[0]):
        return [NO_MESSAGES]
    brokers: dict[str, list[str]] = {}
    for run in runs:
        brokers.setdefault(" ".join(reasons(run)), []).append(run.broker)
    lines = [f"{', '.join(names)}: {text}" for text, names in brokers.items() if text]
    several = runs[0].comparison.replications > 1
    if lines:
        return [FIRST, *lines] if several else lines
    if is_stopped(columns):
        return []
    nothing = EMPTY_HANDED if any(run.trace.crashes for run in runs) else NOTHING
    return [f"{IN_FIRST} {nothing[0].lower()}{nothing[1:]}" if several else nothing]


def _background(run: BrokerRun) -> bool:
    return any(step.background for step in run.comparison.scenario.steps)


def _overridden(own: Scenario, only: Only) -> Iterator[str]:
    """What the scenario says about its queue itself, and for which brokers."""
    for_all: list[str] = []
    for key in sorted(own.queue.model_fields_set - {"broker"}):
        brokers = [broker for broker in BROKERS if carries_over(key, own.queue.broker, broker)]
        if len(brokers) == len(BROKERS):
            for_all.append(f"queue.{key}")
        else:
            yield f"The scenario itself sets queue.{key}, which is meant for {', '.join(brokers)} only."
    if for_all:
        yield f"The scenario itself sets {', '.join(for_all)}: the same for every broker here."
    for broker, changes in only.items():
        settings = ", ".join(f"{path} = {display_text(value)}" for path, value in changes.items())
        yield f"For {broker} only: {settings}."


def broker_page(name: str) -> Group:
    """The page of a broker's preset: each value, its name there, its source, and the limits of the model."""
    broker = BROKERS[name]
    parts: list[RenderableType] = [Lines([f"{name}: {broker.title}"], style="bold"), ""]
    sources = list(dict.fromkeys(setting.source for setting in broker.settings.values()))
    if broker.settings:
        width = max(len(display_text(setting.value)) for setting in broker.settings.values())
        for field, setting in broker.settings.items():
            value = f"{field:<20}  {display_text(setting.value):<{width}}"
            number = sources.index(setting.source) + 1
            parts.append(Lines([f"{value}  {setting.real_name} [{number}]"], hanging=2))
            parts.append(Lines([f"  {setting.remark}"], hanging=2))
        parts += ["", *(Text(f"[{n}] {source}") for n, source in enumerate(sources, 1)), ""]
    if broker.older:
        parts += [*_older_versions(broker), ""]
    parts.append(
        Lines(["What the model leaves out:", *(f"- {text}" for text in broker.leaves_out)], hanging=2)
    )
    return Group(*parts)


def _older_versions(broker: Broker) -> Iterator[RenderableType]:
    """The values of older versions beside those of the preset, and what there is to say about them."""
    fields = [field for field in broker.settings if any(field in row.settings for row in broker.older)]
    table = [("", *(row.versions for row in broker.older), broker.version)]
    for field in fields:
        newest = broker.settings[field]
        own = (*(row.settings.get(field, newest) for row in broker.older), newest)
        table.append((field, *(display_text(setting.value) for setting in own)))
    yield "Older versions:"
    yield from Grid(table, "l").lines()
    for field in fields:
        notes = dict.fromkeys(s.note for row in broker.older if (s := row.settings.get(field)))
        yield Lines([f"- {field}: {note}" for note in notes], hanging=2)
