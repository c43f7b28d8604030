"""Every figure of a design: its name, its unit, what a row calls it, and how it is read off a result.

One figure is one row of FIGURES. Claims, tables, `size`, `sweep`, notebooks and documents all ask here, so
that a figure has one unit and one name wherever it is shown. A result is the plain data of a run's JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from syncasync_sim.errors import UnknownFigureError, one_of
from syncasync_sim.model.formats import Unit
from syncasync_sim.model.quantities import QuantityError, parse_duration

WAITS, DONE, REQUESTS = "customer waits", "all work done", "requests"
WRONG, SERVER, QUEUE = "what went wrong", "web server", "queue and workers"

STATS: Final = ("count", "mean", "min", "p50", "p90", "p95", "p99", "max")
"""The parts of a figure that is a set of times."""
OF_EFFECTS: Final = ("effects", "duplicates")
"""Figures with one part for each effect of the scenario."""
CLOSE = 5e-7
"""Two figures are equal when they differ by less than half the engine's microsecond."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a design: its dotted name, its unit, and the group and label of its row in a table.

    `means` says what it is: its row in docs/scenario-reference.md. `of` names the share that a time speaks
    of: the figure that counts those who have such a time at all (None: all have).
    """

    name: str
    unit: Unit
    group: str
    label: str
    means: str
    of: str | None = None

    @property
    def in_words(self) -> str:
        """The name of the figure without a group above it: `all work done, mean`."""
        is_part = self.name.rpartition(".")[2] in STATS
        return f"{self.group}, {self.label}" if is_part else self.label

    @property
    def is_harm(self) -> bool:
        """Whether more of it is worse for customers or their work."""
        return self.group == WRONG


def _times(name: str, group: str, lead: str, means: str, of: str | None) -> Iterator[Figure]:
    """The figures of a set of times."""
    for part in STATS:
        unit: Unit = "count" if part == "count" else "s"
        yield Figure(f"{name}.{part}", unit, group, f"{lead}{part}", means, of)


def _counts(group: str, named: Iterable[tuple[str, str, str]]) -> Iterator[Figure]:
    return (Figure(name, "count", group, label, means) for name, label, means in named)


_ROWS: tuple[Figure, ...] = (
    *_counts(
        REQUESTS,
        [
            ("requests", "requests", "clicks: each is one request"),
            ("customers", "customers", "people, however often they clicked"),
            ("customers_with_page", "customers who got the page", "people who got a page at least once"),
            ("responses.ok", "answered with the page", "clicks that got the page"),
        ],
    ),
    *_counts(
        WRONG,
        [
            ("responses.error", "error pages", "clicks that got an error page"),
            ("responses.timed_out", "timed out", "clicks whose customer gave up"),
            ("responses.rejected", "rejected", "clicks refused as too many waited"),
            ("responses.none", "still waiting at the end", "clicks without an answer when the run was cut"),
        ],
    ),
    Figure("work.completed", "count", REQUESTS, "all work completed", "clicks whose every step succeeded"),
    *_counts(
        WRONG,
        [
            (
                "work.failed",
                "work failed for good",
                "clicks whose work failed in the request or never began",
            ),
            ("work.dead_lettered", "work dead-lettered", "clicks not completed, with a dead letter"),
            ("work.lost", "work lost", "clicks not completed, with a lost message"),
            ("work.unfinished", "work unfinished", "clicks not completed when the run was over"),
        ],
    ),
    *_times("wait_s", WAITS, "any answer, ", "from click to whatever answer came, or giving up", None),
    *_times("response_time_s", WAITS, "", "from click to the page", "responses.ok"),
    *_times("error_time_s", WAITS, "error page, ", "from click to an error page", "responses.error"),
    *_times("completion_time_s", DONE, "", "from click to the last step's success", "work.completed"),
    Figure(
        "phantom_errors",
        "count",
        WRONG,
        "phantom errors (work was done)",
        "requests answered with an error, time-out or rejection in which a step had its effect, "
        "before or after the answer",
    ),
    Figure(
        "silent_failures",
        "count",
        WRONG,
        "silent failures",
        "clicks that got the page although a step of the request had failed for good",
    ),
    Figure(
        "service_time_s",
        "s",
        SERVER,
        "time spent on steps",
        "all time spent on attempts, failed ones included; cut short by a crash or by `stop_at`: up to there",
    ),
    Figure("server.threads", "count", SERVER, "threads", "threads of the web server; none: unlimited"),
    Figure(
        "server.utilisation",
        "share",
        SERVER,
        "threads busy",
        "busy time of the threads / (number of threads x observed time); null for unlimited threads",
    ),
    *_counts(
        SERVER,
        [
            ("server.peak_waiting", "most waiting for a thread", "the most requests waiting for a thread"),
            ("server.peak_busy", "most threads busy", "the most requests that had a thread at once"),
        ],
    ),
    *_counts(
        QUEUE,
        [
            (
                "queue.published",
                "messages published",
                "messages the queue accepted; a refused one is not published",
            ),
            ("queue.delivered", "messages delivered", "all takings"),
            ("queue.redelivered", "messages redelivered", "takings that were not the first of their message"),
        ],
    ),
    *_counts(
        WRONG,
        [
            ("queue.dead_lettered", "messages dead-lettered", "messages that ended in the dead-letter queue"),
            ("queue.lost", "messages lost", "messages that ended lost, or were refused and ignored"),
        ],
    ),
    Figure(
        "queue.peak_held",
        "count",
        QUEUE,
        "most messages at workers",
        "the most messages that all workers held at once; one that two of them held counts twice",
    ),
    Figure("queue.peak_depth", "count", QUEUE, "most messages waiting", "the greatest depth of the queue"),
    Figure(
        "queue.peak_depth_at_s",
        "s",
        QUEUE,
        "queue longest at",
        "when the greatest depth was first reached; null if it never rose",
    ),
    Figure(
        "queue.mean_depth",
        "count",
        QUEUE,
        "messages waiting on average",
        "the average depth over the observed time",
    ),
    Figure(
        "queue.empty_at_s",
        "s",
        QUEUE,
        "queue empty at",
        "when the depth last fell to 0; null if it never did",
    ),
    Figure(
        "queue.max_wait_s",
        "s",
        QUEUE,
        "longest wait until first taken",
        "the longest from being visible to the first taking",
    ),
    Figure("workers.count", "count", QUEUE, "workers", "how many workers there are"),
    Figure(
        "workers.utilisation",
        "share",
        QUEUE,
        "workers busy",
        "time with a message in hand / (number of workers x observed time); what a worker only holds does "
        "not count",
    ),
    Figure("workers.crashes", "count", WRONG, "workers died", "deaths of workers in the whole run"),
    Figure(
        "ended_at_s",
        "s",
        SERVER,
        "run over at",
        "the last answer, end of work (if only cut short by a crash) or end of a message; in a run that was "
        "cut, the last one before the cut",
    ),
)
FIGURES: Mapping[str, Figure] = {figure.name: figure for figure in _ROWS}
"""Every figure with a name of its own. Those of effects, and shares within a time, are made by `figure`."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    **{
        head: tuple(name.partition(".")[2] for name in FIGURES if name.startswith(f"{head}."))
        for head in dict.fromkeys(name.partition(".")[0] for name in FIGURES if "." in name)
    },
    **dict.fromkeys(OF_EFFECTS, ()),
}
"""Figures that have parts: their names, in a result's order, and those of the parts."""

SHARED: Mapping[str, str] = {row.name.partition(".")[0]: row.of for row in _ROWS if row.of}
"""Sets of times that only some clicks have, as `response_time_s`, and the figure that counts those clicks."""

WITHIN: Mapping[str, tuple[str, str, str]] = {
    "answered_within": (REQUESTS, "answered with the page within", "share of all clicks that got the page"),
    "done_within": (REQUESTS, "all work done within", "share of all clicks whose work was completed"),
}
"""Shares of all clicks within a time, written with it, as `answered_within(2s)`."""
_WITHIN = re.compile(rf"(?P<name>{'|'.join(WITHIN)})\((?P<limit>[^()]+)\)")

HARMS = tuple(figure for figure in _ROWS if figure.is_harm and figure.name.startswith("responses."))
"""What a customer may see instead of the page."""
PHANTOM = FIGURES["phantom_errors"]
SILENT = FIGURES["silent_failures"]
NOT_DONE = tuple(figure for figure in _ROWS if figure.is_harm and figure.name.startswith("work."))
"""What may become of work that is not completed."""
GIVEN_UP = (FIGURES["queue.dead_lettered"], FIGURES["queue.lost"])
"""What may become of a message, whatever became of the work."""
GIVEN_UP_WITH_WORK = tuple(zip(GIVEN_UP, ("work.dead_lettered", "work.lost"), strict=True))
"""The same, each beside the figure of the work that was given up with it."""


def figure(name: str, effects: Iterable[str] | None = None) -> Figure:
    """The figure of that name.

    Args:
        name: its dotted name within a design, as `queue.max_wait_s` or `answered_within(2s)`.
        effects: the names of the scenario's effects; None takes any for one.

    Raises:
        UnknownFigureError: there is no such figure; it says where in *name*, and what there is.
    """
    known = FIGURES.get(name)
    if known is not None:
        return known
    if _WITHIN.fullmatch(name):
        return _within(name)
    head, dot, part = name.partition(".")
    if head in OF_EFFECTS and dot:
        return _of_effect(name, head, part, effects)
    if head in GROUPS:
        _refuse_part(name, head, part if dot else None)
    start = name.partition("(")[0]
    if start in WITHIN:
        raise UnknownFigureError(
            f"'{start}' needs a time in round brackets", 0, (), f"write for instance  {start}(2s)"
        )
    choices = tuple(dict.fromkeys([*WITHIN, *(row.partition(".")[0] for row in FIGURES), *OF_EFFECTS]))
    if dot and head in choices:
        raise UnknownFigureError(f"'{head}' has no parts", len(head), (), f"write  {head}")
    cure = f"{one_of(choices)}; syncasync-sim run SCENARIO --json  shows all"
    raise UnknownFigureError(f"there is no figure '{head[:80]}'", 0, choices, cure, given=head)


def _refuse_part(name: str, head: str, part: str | None) -> None:
    parts = GROUPS[head]
    if part is not None:
        message = f"'{head}' has no part '{part[:80]}'"
        raise UnknownFigureError(message, len(head) + 1, parts, given=part)
    raise UnknownFigureError(f"'{name}' has several parts", 0, (), one_of(parts))


def _of_effect(name: str, head: str, effect: str, effects: Iterable[str] | None) -> Figure:
    known = None if effects is None else tuple(effects)
    if known is not None and effect not in known:
        message = f"'{head}' has no part '{effect[:80]}'"
        raise UnknownFigureError(message, len(head) + 1, known, given=effect)
    if head == "duplicates":
        return Figure(
            name,
            "count",
            WRONG,
            f"{effect} too often",
            "how often it happened to a customer beyond the first time, added up",
        )
    return Figure(name, "count", REQUESTS, effect, "how often each effect happened")


def _within(name: str) -> Figure:
    match = _WITHIN.fullmatch(name)
    assert match is not None, "it was looked at"
    try:
        parse_duration(match["limit"])
    except QuantityError as error:
        message, cure = f"{match['name']}: {error}", f"write for instance  {match['name']}(2s)"
        raise UnknownFigureError(message, match.start("limit"), (), cure) from None
    group, label, means = WITHIN[match["name"]]
    return Figure(name, "share", group, f"{label} {match['limit']}", f"{means} within {match['limit']}")


def limit_of(name: str) -> tuple[str, float] | None:
    """Return the name and the limit in seconds of a share within a time; None for another figure."""
    match = _WITHIN.fullmatch(name)
    return None if match is None else (match["name"], parse_duration(match["limit"]))


def unit_of(name: str) -> Unit:
    """The unit of a figure.

    Args:
        name: the dotted name of the figure.

    Raises:
        UnknownFigureError: there is no such figure.
    """
    return figure(name).unit


def read(result: Mapping[str, Any] | None, name: str) -> Any:
    """The value of a figure in the plain data of one design, or all parts of a figure with several.

    It is None if it was not measured, or if the design was not run. The name is not checked: `figure` does
    that.

    Args:
        result: the plain data of the design.
        name: the dotted name of the figure.
    """
    head, dot, part = name.partition(".")
    value = None if result is None else result.get(head)
    return value if not dot or value is None else value.get(part)


def share_of(times: str, value: Callable[[str], Any]) -> float | None:
    """Return the share of all clicks that have a time of this kind; None without clicks.

    Args:
        times: the kind of time, a name of SHARED.
        value: returns a figure by its dotted name.
    """
    clicks = value("requests")
    return value(SHARED[times]) / clicks if clicks else None


def names(effects: Iterable[str]) -> list[str]:
    """Return the dotted names of all figures of a scenario with these effects, in a result's order."""
    listed = list(FIGURES)
    index = listed.index("phantom_errors") + 1
    listed[index:index] = [f"{head}.{effect}" for head in OF_EFFECTS for effect in effects]
    return listed
