"""Whether a number of threads that was found is known, a lower bound, or declined."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

from syncasync_sim.fit import threads as fcfs_rule
from syncasync_sim.fit.threads import Fcfs, WaitEffect
from syncasync_sim.model.formats import format_count, format_share, format_time
from syncasync_sim.model.quantities import US_PER_S

Certainty = Literal["known", "at least", "unknown"]
FEWEST_RULED_OUT = 2.0
"""One thread more would have shown itself in at least so many requests."""
FEWEST_MET_SHARE = 0.01
"""The share of the requests that must have waited before one thread is taken for all that there is."""
LEAST_VARIATION = 0.5
"""The coefficient of variation of the work below which no request being impossible proves nothing."""
CERTAINLY_LESS = 4.0
"""Standard errors, as for those of `WaitEffect`."""
SHARED = "the threads share a processor, are of several servers, or rows are missing"
KINDS = "requests of very different kinds are in one log"
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


def judged(name: str, rule: Fcfs) -> Capacity:
    """Accept, bound or decline the number of threads that first come, first served gives.

    Args:
        name: the name of the finding.
        rule: what the rule made of arrivals and replies.
    """
    if _is_trivial(rule):
        return _bounded(name, rule)
    if _seem_late(rule):
        rule = _with_equal_work(rule)
    if reason := _why_not(rule):
        return declined(name, reason, LOG_THE_WORK)
    more = rule.with_threads(rule.threads + 1).wait_effect
    if more and more.is_more and rule.wait_effect:
        fewer = rule.with_threads(rule.threads - 1).wait_effect if rule.threads > 1 else None
        return _known(name, rule, _by_work(rule, more, fewer))
    if rule.ruled_out < FEWEST_RULED_OUT or rule.variation < LEAST_VARIATION:
        return _bounded(name, rule) if rule.waited < rule.requests / 2 else _too_busy(name, rule)
    if not rule.has_knee:
        return declined(
            name,
            f"no number of threads stands out: with {rule.threads} threads {format_share(rule.share)} of the "
            f"requests are impossible, with one fewer {format_share(rule.share_with_one_fewer)}",
            LOG_THE_WORK,
        )
    return _known(name, rule, _by_knee(rule))


def _seem_late(rule: Fcfs) -> bool:
    """Whether those who waited seem to work less than the others, or hardly anybody else is left.

    Where the number stands out already, only a difference that is certain moves it.
    """
    effect = rule.wait_effect
    if effect is None:
        return rule.waited > rule.requests / 2
    stands_out = rule.has_knee and rule.variation >= LEAST_VARIATION
    return effect.z < -CERTAINLY_LESS if stands_out else effect.is_less


def _with_equal_work(rule: Fcfs) -> Fcfs:
    """The smallest number of threads with which those who waited do not seem to work less.

    Work that varies little makes hardly any request impossible: replies are nearly in order then.
    """
    counts = range(rule.threads + 1, rule.at_once + 1)
    index = bisect_left(counts, True, key=lambda count: not _seem_late(rule.with_threads(count)))
    return rule.with_threads(counts[index]) if index < len(counts) else rule


def _why_not(rule: Fcfs) -> str:
    """Why the requests were not served first come, first served by these threads; empty if they may have."""
    threads = f"with {rule.threads} thread{'s' * (rule.threads > 1)}"
    effect, correlation = rule.wait_effect, rule.correlation or 0.0
    limit = max(fcfs_rule.MOST_CORRELATION, 3 / rule.requests**0.5)
    if effect and (effect.is_more or _seem_late(rule)):
        kind = "more" if effect.is_more else "less"
        return (
            f"{threads} those who waited would work {kind} than the others ({effect.ratio:.2f} times as "
            f"long): {SHARED if effect.is_more else KINDS}"
        )
    if abs(correlation) > limit:
        change = "grows" if correlation > 0 else "falls"
        return (
            f"{threads} the work found {change} with the number of requests there (rank correlation "
            f"{correlation:+.2f}, allowed {limit:.2f}): {SHARED if correlation > 0 else KINDS}"
        )
    return ""


def _by_work(rule: Fcfs, more: WaitEffect, fewer: WaitEffect | None) -> str:
    own = rule.wait_effect.ratio if rule.wait_effect else 1.0
    below = f", with one fewer {fewer.ratio:.2f} times" if fewer else ""
    return (
        f"those who waited work {own:.2f} times as long as the others with {rule.threads}, with one more "
        f"{more.ratio:.2f} times{below}; {format_count(rule.waited)} of {format_count(rule.requests)} waited"
    )


def _by_knee(rule: Fcfs) -> str:
    return (
        f"with one fewer {format_share(rule.share_with_one_fewer)} of the requests would end before they "
        f"began, with {rule.threads} it is {format_share(rule.share)}; {format_count(rule.waited)} of "
        f"{format_count(rule.requests)} waited"
    )


def _known(name: str, rule: Fcfs, reason: str) -> Capacity:
    finding = Finding(name, "known", f"{rule.threads}", reason)
    return Capacity(finding, rule.threads, rule.work_us, work_finding(rule, "known"))


def _is_trivial(rule: Fcfs) -> bool:
    """Whether one thread is all that is needed only because hardly any two requests met.

    With none every request is impossible, so that one thread has a knee in any case.
    """
    return rule.threads == 1 and rule.waited < max(
        FEWEST_MET_SHARE * rule.requests, fcfs_rule.FEWEST_IMPOSSIBLE
    )


def _too_busy(name: str, rule: Fcfs) -> Capacity:
    reason = (
        f"{format_count(rule.waited)} of {format_count(rule.requests)} requests waited: too few did not, for "
        "a comparison, and no number of threads stands out"
    )
    return declined(name, reason, "give a log with calmer times, too")


def _bounded(name: str, rule: Fcfs) -> Capacity:
    waited = (
        "nobody"
        if not rule.waited
        else f"only {format_count(rule.waited)} of {format_count(rule.requests)} requests"
    )
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
