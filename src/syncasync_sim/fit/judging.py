"""Whether a number of threads that was found is known, a lower bound, or declined."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

from syncasync_sim.fit import threads as fcfs_rule
from syncasync_sim.fit.log import Calls
from syncasync_sim.fit.threads import Fcfs
from syncasync_sim.model.formats import format_count, format_share, format_time
from syncasync_sim.model.quantities import US_PER_S

Certainty = Literal["known", "at least", "unknown"]
FEWEST_RULED_OUT = 2.0
"""One thread more would have shown itself in at least so many requests."""
FEWEST_MET_SHARE = 0.01
"""The share of the requests that must have waited before one thread is taken for all that there is."""
LOG_THE_WORK = "log the work itself (begin and end in the handler), and the process or thread that did it"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a log was searched for."""

    name: str
    """As `threads`, `arrivals` or `work`."""
    certainty: Certainty
    value: str
    """As people read it; empty if nothing is known."""
    reason: str
    """How it is known, or the number for which it is declined: a sentence without a full stop."""
    cure: str = ""
    """What to log instead, or what to do."""

    def __str__(self) -> str:
        value = {"known": self.value, "at least": f"at least {self.value}"}.get(self.certainty, "unknown")
        return f"{self.name}: {value} ({self.reason})"

    @property
    def is_known(self) -> bool:
        """Whether nothing about it was declined."""
        return self.certainty == "known"


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many served at once, and the work of each call if that is known."""

    finding: Finding
    count: int | None
    """Threads or workers; None if they are unknown."""
    work_us: array[int] | None
    """The work of each call in order of arrival; None if it is unknown."""
    work: Finding


def judged(name: str, rule: Fcfs, calls: Calls) -> Capacity:
    """Accept, bound or decline the number of threads that first come, first served gives.

    Args:
        name: the name of the finding.
        rule: what the rule made of arrivals and replies.
        calls: the calls, for other numbers of threads.
    """
    if _is_trivial(rule):
        return _bounded(name, rule)
    limit = max(fcfs_rule.MOST_CORRELATION, 2 / rule.requests**0.5)
    correlation = rule.correlation or 0.0
    if correlation < -limit:
        return _by_correlation(name, rule, calls, limit)
    if correlation > limit:
        return declined(
            name,
            f"with {rule.threads} threads the work found grows with the number of requests there "
            f"(rank correlation {correlation:+.2f}, allowed {limit:.2f}): the threads share a processor, are "
            "of several servers, or rows are missing",
            LOG_THE_WORK,
        )
    if rule.ruled_out < FEWEST_RULED_OUT:
        return _bounded(name, rule)
    if not rule.has_knee:
        return declined(
            name,
            f"no number of threads stands out: with {rule.threads} threads {format_share(rule.share)} of the "
            f"requests are impossible, with one fewer {format_share(rule.share_with_one_fewer)}",
            LOG_THE_WORK,
        )
    reason = (
        f"with one fewer {format_share(rule.share_with_one_fewer)} of the requests would end before they "
        f"began, with {rule.threads} it is {format_share(rule.share)}; {format_count(rule.waited)} of "
        f"{format_count(rule.requests)} waited"
    )
    finding = Finding(name, "known", f"{rule.threads}", reason)
    return Capacity(finding, rule.threads, rule.work_us, work_finding(rule, "known"))


def _by_correlation(name: str, rule: Fcfs, calls: Calls, limit: float) -> Capacity:
    """Find the threads of work that varies little: replies are nearly in order then, and few are impossible.

    With too few threads the work found falls with the number there, as a request that meets many seems to
    begin late; with too many it grows. So the smallest number with neither is the one, if one thread more
    would show itself.
    """
    starts, ends = calls.start_us, calls.end_us
    counts = range(rule.threads + 1, rule.at_once + 1)

    def correlation_with(count: int) -> float:
        return fcfs_rule.fcfs(starts, ends, count).correlation or 0.0

    index = bisect_left(counts, -limit, key=correlation_with)
    best = fcfs_rule.fcfs(starts, ends, counts[index]) if index < len(counts) else rule
    correlation = best.correlation or 0.0
    if abs(correlation) > limit:
        return declined(
            name,
            f"with {rule.threads} threads the work found falls with the number of requests there (rank "
            f"correlation {rule.correlation:+.2f}, allowed {limit:.2f}), and with no number it does not: "
            "requests of very different kinds are in one log",
            LOG_THE_WORK,
        )
    more = correlation_with(best.threads + 1)
    if more <= limit:
        return _bounded(name, best)
    fewer = correlation_with(best.threads - 1)
    reason = (
        f"with one fewer the work found falls with the number of requests there (rank correlation "
        f"{fewer:+.2f}), with one more it grows ({more:+.2f}), with {best.threads} it does neither "
        f"({correlation:+.2f})"
    )
    finding = Finding(name, "known", f"{best.threads}", reason)
    return Capacity(finding, best.threads, best.work_us, work_finding(best, "known"))


def _is_trivial(rule: Fcfs) -> bool:
    """Whether one thread is all that is needed only because hardly any two requests met.

    With none every request is impossible, so that one thread has a knee in any case.
    """
    return rule.threads == 1 and rule.waited < max(
        FEWEST_MET_SHARE * rule.requests, fcfs_rule.FEWEST_IMPOSSIBLE
    )


def _bounded(name: str, rule: Fcfs) -> Capacity:
    waited = "nobody" if not rule.waited else f"only {rule.waited} of {format_count(rule.requests)} requests"
    finding = Finding(
        name,
        "at least",
        f"{rule.threads}",
        f"{waited} waited for a thread, with at most {rule.at_once} requests there at once: "
        "there may be more",
        "give a log of a busier hour",
    )
    return Capacity(finding, rule.threads, rule.work_us, work_finding(rule, "known"))


def work_finding(rule: Fcfs, certainty: Certainty) -> Finding:
    """Return what is known about the work.

    Args:
        rule: the threads, and the work that follows from them.
        certainty: whether the threads are known.
    """
    mean_us = rule.mean_work_us
    return Finding(
        "work",
        certainty,
        f"{format_time(mean_us / US_PER_S)} on average",
        f"from begin to reply, with {rule.threads} thread{'s' * (rule.threads > 1)}, "
        "first come, first served",
    )


def declined(name: str, reason: str, cure: str) -> Capacity:
    """Return that threads and work are unknown.

    Args:
        name: the name of the finding.
        reason: the reason, with the number behind it.
        cure: what to log instead.
    """
    work = Finding("work", "unknown", "", f"it follows from the {name}, which are unknown")
    return Capacity(Finding(name, "unknown", "", reason, cure), None, None, work)
