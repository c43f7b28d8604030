"""The result in two or three sentences, worked out from the numbers: who waits, for how long, what was done.

Every case has its own words: an asynchronous design that is worse, a change that is not clear, customers
who only see error pages although something was done, nobody answered, one design alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from syncasync_sim.model.distributions import Constant
from syncasync_sim.model.figures import CLOSE, GIVEN_UP_WITH_WORK, Figure
from syncasync_sim.model.formats import format_count, format_share, format_spread, format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.theory import downtime
from syncasync_sim.model.theory.downtime import long_downtimes
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.rows import FigureRow

UNTIL_THEN = "the numbers are of what had happened until then"
PARTIAL = f"PARTIAL: stopped before the end; {UNTIL_THEN}."


def stopped(comparison: Comparison) -> list[str]:
    """Return the line that says that the run was stopped, and which design or after how many replications.

    It is empty for a run that was not stopped.
    """
    done, planned = comparison.replications, comparison.asked
    if not comparison.partial:
        return []
    if done not in (1, planned):
        return [
            f"PARTIAL: stopped before the end; the numbers are those of {done:,} of {planned:,} replications."
        ]
    line = PARTIAL
    if _is_unequal(comparison):
        names = [mode for mode in comparison.modes if mode in comparison.stopped]
        subject = f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'}"
        line = f"PARTIAL: {subject} stopped before the end, so the designs are not compared; {UNTIL_THEN}."
    if done < planned:
        line = f"{line[:-1]} in the first of {planned:,} replications."
    return [line]


def headline(comparison: Comparison) -> str:
    """One short paragraph without line breaks.

    A time of those who got the page, or of the work that was completed, says of how many it is wherever they
    are not all, and then it is not compared with that of the other design: the others are not the same.
    Nothing is compared where a design was stopped.
    """
    modes = list(comparison.modes)
    sentences = [*_means(comparison), *_pages(comparison, modes), *_works(comparison, modes)]
    return " ".join([*sentences, *_down(comparison), *_given_up(comparison), *_too_often(comparison)])


def _means(comparison: Comparison) -> Iterator[str]:
    """Why the sentences tell parts of a customer."""
    if comparison.replications > 1:
        yield f"The numbers are means of {comparison.replications:,} replications."


def _is_unequal(comparison: Comparison) -> bool:
    """Whether there are two designs of which one was stopped."""
    return len(comparison.modes) > 1 and bool(comparison.stopped)


# -- the page -----------------------------------------------------------------------------------------


def _pages(comparison: Comparison, modes: list[Mode]) -> Iterator[str]:
    """Who gets the page, and when."""
    is_equal = not _is_unequal(comparison)
    if len(modes) > 1 and is_equal and all(_everybody_served(comparison, mode) for mode in modes):
        yield _wait(comparison)
        return
    for design, sentence in _by_design(modes, lambda mode: _served(comparison, mode)):
        yield f"{design.capitalize()}: {sentence}"


def _by_design(modes: list[Mode], sentence_of: Callable[[Mode], str]) -> Iterator[tuple[str, str]]:
    """Each design and its text; once for `both designs` where it is the same word for word."""
    by_design: dict[str, str] = {mode: sentence_of(mode) for mode in modes}
    if len(by_design) > 1 and len(set(by_design.values())) == 1:
        by_design = {"both designs": sentence_of(modes[0])}
    yield from ((design, text) for design, text in by_design.items() if text)


def _served(comparison: Comparison, mode: Mode) -> str:
    return " ".join([f"{_page(comparison, mode)}.", *_all_the_same(comparison, mode)])


def _everybody_served(comparison: Comparison, mode: Mode) -> bool:
    clicks = comparison.figure(mode, "requests")
    return bool(clicks) and comparison.figure(mode, "responses.ok") == clicks


def _page(comparison: Comparison, mode: Mode) -> str:
    """How many get the page in one design, after how long, and what the others see instead."""
    clicks, pages = (comparison.figure(mode, name) for name in ("requests", "responses.ok"))
    if not clicks:
        return "nobody came"
    mean, often = _mean(comparison, mode, "response_time_s")
    if pages == clicks:
        waits = "the customer waits" if len(comparison.modes) == 1 else "everybody gets the page, after"
        return f"{waits} {_time(comparison, mean)}{often}"
    if pages:
        clickers = _clicks(comparison, mode, format_share(pages / clicks))
        sentence = (
            f"only {format_count(pages)} of {clickers} get the page, after {_time(comparison, mean)}{often}"
        )
        return f"{sentence}; {_answers(comparison, mode)}"
    if comparison.figure(mode, "responses.error") == clicks:
        error, often = _mean(comparison, mode, "error_time_s")
        sentence = f"every customer sees an error page after {_time(comparison, error)}{often}"
    else:
        sentence = f"nobody gets the page ({_answers(comparison, mode)})"
    done = [effect for effect, number in comparison.figure(mode, "effects").items() if number]
    phantom = done and comparison.figure(mode, "phantom_errors")
    return f"{sentence}, and yet: {', '.join(done)}" if phantom else sentence


def _clicks(comparison: Comparison, mode: Mode, share: str) -> str:
    """`180 customers (5 %)`; where some click again, `the 10,630 clicks (5 %) of 5,892 customers`."""
    clicks, customers = (comparison.figure(mode, name) for name in ("requests", "customers"))
    people = f"{format_count(customers)} customer{'' if customers == 1 else 's'}"
    if clicks == customers:
        return f"{people} ({share})"
    return f"the {format_count(clicks)} clicks ({share}) of {people}"


def _answers(comparison: Comparison, mode: Mode) -> str:
    """The answers other than the page, as `12 error pages, 3 timed out`."""
    numbers = [(comparison.figure(mode, name), *words) for name, *words in _OTHER_ANSWERS]
    return ", ".join(
        f"{format_count(n)} {singular if n == 1 else plural}" for n, singular, plural in numbers if n
    )


_OTHER_ANSWERS = (
    ("responses.error", "error page", "error pages"),
    ("responses.timed_out", "timed out", "timed out"),
    ("responses.rejected", "rejected", "rejected"),
    ("responses.none", "still waiting", "still waiting"),
)


def _all_the_same(comparison: Comparison, mode: Mode) -> Iterator[str]:
    """How many of the answers other than the page came although something was done."""
    phantom = comparison.figure(mode, "phantom_errors")
    if phantom and comparison.figure(mode, "responses.ok"):
        others = sum(comparison.figure(mode, name) for name, *_ in _OTHER_ANSWERS)
        predicate = "is a phantom error" if phantom == 1 else "are phantom errors"
        some = f"{format_count(phantom)} of them"
        if phantom == others:
            some = "It" if phantom == 1 else "All of them"
        yield f"{some} {predicate}: something was done all the same."


def _time(comparison: Comparison, seconds: float | None) -> str:
    """A time as the table of this comparison tells it, in seconds or in minutes."""
    return format_time(seconds, max((row.longest_s for row in comparison.rows()), default=0.0))


def _row(comparison: Comparison, name: str) -> FigureRow:
    return next(row for row in comparison.rows() if row.figure == f"{name}.mean")


def _mean(comparison: Comparison, mode: Mode, name: str) -> tuple[float | None, str]:
    """The mean, and ` on average` where not all are the same."""
    stats: Any = comparison.figure(mode, name)
    if stats is None:
        return None, ""
    return stats["mean"], " on average" if stats["max"] - stats["min"] > CLOSE else ""


def _wait(comparison: Comparison) -> str:
    """What the customer waits, and the change."""
    row = _row(comparison, "response_time_s")
    often = max((_mean(comparison, mode, "response_time_s")[1] for mode in comparison.modes), key=len)
    sync, asynchronous = row.text("sync"), row.text("async")
    if row.unclear:
        return f"No clear change in what the customer waits: {sync} in sync, {asynchronous} in async{often}."
    if sync == asynchronous:  # as they are written: a change that does not show is none
        return f"The customer waits {sync}{often} in both designs."
    return f"The customer waits {asynchronous} instead of {sync}{often} ({_by_how_much(row)})."


def _by_how_much(row: FigureRow) -> str:
    """`1.50 s less, 59 %`, with half the width of the interval where there is one."""
    before, change = row.sync or 0.0, row.change or 0.0
    low, high = row.interval or (0.0, 0.0)
    size = format_time(abs(change), row.longest_s)
    if high - low > CLOSE:
        size = format_spread(abs(change), (high - low) / 2, "s", row.longest_s).removeprefix("+")
    size = f"{size} {'less' if change < 0 else 'more'}"
    if before <= 0:
        return size
    if change > before:
        return f"{size}, {(before + change) / before:,.3g} times as long"
    return f"{size}, {format_share(round(abs(change) / before, 2) or abs(change) / before)}"


# -- the work -----------------------------------------------------------------------------------------


def _works(comparison: Comparison, modes: list[Mode]) -> Iterator[str]:
    """When all work is done, the clock that asynchronous does not make faster; or how much of it ever is."""
    came = [mode for mode in modes if comparison.figure(mode, "requests")]
    if not came:
        return
    if not any(_completed(comparison, mode)[0] for mode in came):
        yield "Nobody's work gets all done."
    elif _is_unequal(comparison) or any(
        _completed(comparison, mode)[0] < _completed(comparison, mode)[1] for mode in came
    ):
        subject = "all work "
        for design, part in _by_design(came, lambda mode: _part_done(comparison, mode)):
            yield f"In {design} {part.replace('all work ', subject)}."
            subject = "it " if part.startswith("all work") else subject
    elif len(came) > 1:
        yield _work(comparison)
    else:
        mean, often = _mean(comparison, came[0], "completion_time_s")
        yield f"All work is done after {_time(comparison, mean)}{often}."


def _completed(comparison: Comparison, mode: Mode) -> tuple[float, float]:
    done, requests = (comparison.figure(mode, name) for name in ("work.completed", "requests"))
    return done, requests


def _part_done(comparison: Comparison, mode: Mode) -> str:
    """`all work gets done only for 3 of 5 clicks (60 %), after 2.55 s on average`."""
    done, requests = _completed(comparison, mode)
    noun = "customer" if requests == comparison.figure(mode, "customers") else "click"
    if not done:
        none = f"all work gets done for none of the {format_count(requests)} {noun}s"
        return "some work does not get done" if requests == 1 else none
    mean, often = _mean(comparison, mode, "completion_time_s")
    after = f", after {_time(comparison, mean)}{often}"
    if done == requests:
        return f"all work gets done{after}"
    total = f"{format_count(requests)} {noun}{'' if requests == 1 else 's'}"
    some = f"{format_count(done)} of {total} ({format_share(done / requests)})"
    return f"all work gets done only for {some}{after}"


def _work(comparison: Comparison) -> str:
    """When all work is done, where all of it is done in both designs."""
    row = _row(comparison, "completion_time_s")
    often = max((_mean(comparison, mode, "completion_time_s")[1] for mode in comparison.modes), key=len)
    sync, asynchronous = row.text("sync"), row.text("async")
    if row.unclear:
        return f"All work is done after {sync} in sync and {asynchronous} in async{often}: no clear change."
    if sync == asynchronous:
        return f"All work is done after {sync}{often} in both{_moral(comparison)}."
    return f"All work is done after {asynchronous} instead of {sync}{often}{_why(comparison, row)}."


def _moral(comparison: Comparison) -> str:
    """The lesson, where the customer waits less and the work is done no sooner."""
    wait = _row(comparison, "response_time_s")
    less = wait.change is not None and wait.change < -CLOSE and not wait.unclear
    return ": asynchronous is not faster, the customer just does not wait for it" if less else ""


def _why(comparison: Comparison, row: FigureRow) -> str:
    """The reason, where the numbers show it."""
    waited, redelivered = (comparison.figure("async", f"queue.{n}") for n in ("max_wait_s", "redelivered"))
    if (row.change or 0) < 0:
        threads = [comparison.figure(mode, "server.peak_waiting") or 0 for mode in ("sync", "async")]
        if threads[0] > threads[1]:
            return ": the customers no longer queue for a thread"
        at_once = sum(step.background for step in comparison.scenario.steps) > 1
        several = at_once and comparison.scenario.workers.count > 1
        return ": several workers do the steps of one request at the same time" if several else ""
    came_back = "; ".join(_came_back(comparison))
    again = came_back or (
        "some of it is delivered more than once" if redelivered and not _holds(comparison) else ""
    )
    down = long_downtimes(comparison.scenario)
    are_down = "are down" if any(each.is_crash for each in down) else "take nothing"
    while_down = f" while workers {are_down}" if down else ""
    moved = f"it is now the work that waits, in the queue{while_down}" if waited else ""
    reasons = "; ".join(filter(None, (_broker_takes(comparison, row.change or 0.0), moved, again)))
    return f": {reasons}" if reasons else ""


def _came_back(comparison: Comparison) -> Iterator[str]:
    """After how long messages came back from dead workers, or when their visibility timeout was over."""
    after_death, after_timeout = (_time(comparison, us / US_PER_S) if us else "" for us in comparison.returns)
    if after_death and comparison.figure("async", "workers.crashes") == 1:
        yield f"a worker died, and its message came back {after_death} later"
    elif after_death:
        yield f"workers died, and their messages came back up to {after_death} later"
    if after_timeout and not _holds(comparison):
        yield f"a message came back when its visibility timeout was over, {after_timeout} after it was taken"


def _holds(comparison: Comparison) -> bool:
    """Whether a worker may hold several messages: its worker may be the cause of late work."""
    return comparison.scenario.queue.prefetch != 1


A_PART = 0.1
"""What takes a smaller part of a delay is no reason for it."""


def _broker_takes(comparison: Comparison, later_s: float) -> str:
    """`publishing a message takes 2.00 s`, where that is a part of how much later the work is done."""
    queue = comparison.scenario.queue
    if queue.has_outbox:
        every = format_time(queue.outbox_every)
        return f"a message waits until the relay has published it, which looks every {every}"
    times = (("publishing a message", queue.publish.mean_s), ("its delivery", queue.deliver.mean_s))
    long = [(name, mean_s) for name, mean_s in times if mean_s and mean_s >= A_PART * later_s]
    if [name for name, _ in long] == ["its delivery"]:
        long = [("the delivery of a message", queue.deliver.mean_s)]
    often = "" if all(isinstance(t, Constant) for t in (queue.publish, queue.deliver)) else " on average"
    texts = [f"{name} {_time(comparison, mean_s)}" for name, mean_s in long]
    return " and ".join(texts).replace("message ", "message takes ", 1) + (often if texts else "")


def _down(comparison: Comparison) -> Iterator[str]:
    """Who of the workers was down for a good part of the time."""
    down = downtime.with_its_effect(comparison.scenario) if "async" in comparison.modes else ""
    if down:
        yield f"Async: {down}."


def _given_up(comparison: Comparison) -> Iterator[str]:
    """Messages that the queue gave up beside the work that was not done: an alarm for work that was."""
    done, requests = _completed(comparison, "async")
    for figure in _given_up_beside_the_work(comparison):
        number = comparison.figure("async", figure.name)
        were, their = ("message was", "its") if number == 1 else ("messages were", "their")
        all_the_same = f", although {their} work was done" if done == requests else ""
        how = "lost" if figure.name == "queue.lost" else "dead-lettered"
        yield f"Async: {format_count(number)} {were} {how}{all_the_same}."


def _given_up_beside_the_work(comparison: Comparison) -> Iterator[Figure]:
    """The figures of given-up messages, where they are not as many as the work given up.

    Only the asynchronous design has a queue.
    """
    for message, work in GIVEN_UP_WITH_WORK:
        given_up, undone = (comparison.figure("async", name) or 0 for name in (message.name, work))
        if given_up and given_up != undone:
            yield message


def _too_often(comparison: Comparison) -> Iterator[str]:
    """What happened to customers more than once, per design, where something did."""
    for design, effects in _by_design(list(comparison.modes), lambda mode: _repeated(comparison, mode)):
        yield f"{design.capitalize()}, too often: {effects}."


def _repeated(comparison: Comparison, mode: Mode) -> str:
    duplicates: dict[str, float] = comparison.figure(mode, "duplicates")
    return ", ".join(f"{effect} ({format_count(number)})" for effect, number in duplicates.items() if number)
