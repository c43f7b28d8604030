"""What a log tells about the service: each finding is known, a lower bound, or unknown with the reason."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import fmean, pstdev

from syncasync_sim.fit import threads as fcfs_rule
from syncasync_sim.fit.judging import Capacity, Finding, declined, judged, work_finding
from syncasync_sim.fit.lanes import disagreement, measures_work, overlaps
from syncasync_sim.fit.log import UNKNOWN, Calls, Log
from syncasync_sim.model.formats import format_count, format_share, format_time
from syncasync_sim.model.quantities import US_PER_S

RESOLUTIONS_US = (1_000_000, 100_000, 10_000, 1_000, 100, 10, 1)
JUST_AFTER_US = 2_000
"""A user who sends again at once takes no longer after the reply."""
FOLLOW_SHARE = 0.9
"""So many of the arrivals follow a reply in a closed loop."""
REGULAR = 0.1
"""The coefficient of variation of the gaps below which arrivals come from a clock."""
CLOSED_LOOP_SHARE = 0.8
"""So many of the arrivals meet the same number of requests: each user sends again after the reply."""


def resolution_us(log: Log) -> int:
    """Return the step of the stamps of a log in microseconds, as the values themselves show it."""
    calls = log.calls
    columns = {"start": [calls.start_us], "end": [calls.end_us], "both": [calls.start_us, calls.end_us]}
    return min(map(_step_us, columns[log.stamp]))


def _step_us(stamps_us: Sequence[int]) -> int:
    return next(step for step in RESOLUTIONS_US if not any(stamp % step for stamp in stamps_us))


def closed_loop_users(log: Log) -> int | None:
    """Return how many users send requests in a closed loop, each after its last reply; None if open.

    The load generator says it, or nearly every arrival finds the same number of requests there.
    """
    calls = log.calls
    if log.is_load_test:
        return log.users or len(calls.lane_names) or fcfs_rule.most_at_once(calls.start_us, calls.end_us)
    present = list(fcfs_rule.in_house(calls.start_us, calls.end_us))
    usual, same = Counter(present).most_common(1)[0]
    is_steady = usual >= 2 and same >= CLOSED_LOOP_SHARE * len(present) and not _is_regular(calls)
    return usual + 1 if is_steady or _follow_replies(log) else None


def _is_regular(calls: Calls) -> bool:
    """Whether the arrivals come at nearly equal distances, as from a clock."""
    gaps = [later - earlier for earlier, later in pairwise(calls.start_us)]
    return len(gaps) > 1 and pstdev(gaps) < REGULAR * fmean(gaps)


def _follow_replies(log: Log) -> bool:
    """Whether nearly all requests arrive just after a reply, although chance would bring few there."""
    calls = log.calls
    window_us = max(JUST_AFTER_US, resolution_us(log))
    replies, after = sorted(calls.end_us), 0
    for arrival in calls.start_us:
        index = bisect_right(replies, arrival)
        after += index > 0 and arrival - replies[index - 1] <= window_us
    span_us = max(calls.start_us[-1] - calls.start_us[0], 1)
    by_chance = len(calls) * window_us / span_us
    return by_chance < 0.5 and after >= FOLLOW_SHARE * len(calls)


def arrivals(log: Log) -> Finding:
    """What is known about when the calls of a log came."""
    calls = log.calls
    span_s = (calls.start_us[-1] - calls.start_us[0]) / US_PER_S
    rate = f"{(len(calls) - 1) / span_s:.4g}/s" if span_s else ""
    reason, cure = _why_no_arrivals(log)
    if reason:
        return Finding("arrivals", "unknown", rate, reason, cure)
    step_us = resolution_us(log)
    return Finding(
        "arrivals",
        "known",
        rate,
        f"{format_count(len(calls))} measured arrivals, to {format_time(step_us / US_PER_S)}",
    )


def _why_no_arrivals(log: Log) -> tuple[str, str]:
    """The reason why the arrivals of a log are not those of the service, and the cure; empty if they are."""
    if log.sampled_share is not None and log.sampled_share < 1:
        return _sampled_reason(log.sampled_share), "log every request (100 %)"
    if not log.is_load_test and _begins_only(log):
        return (
            f"the log says when the work on the {log.noun} began, not when they came",
            "log when a job is put into the queue"
            if log.noun == "jobs"
            else "log the arrival too, as a proxy in front of it does",
        )
    users = closed_loop_users(log)
    if not users:
        return "", ""
    each = "each of which waits for the reply" if users > 1 else "who waits for each reply"
    return (
        f"a closed loop of {users} user{'s' * (users > 1)}, {each}: the arrivals depend on the replies "
        "and are not independent",
        "log a service with real users, or send at a fixed rate (an open load test)",
    )


def _begins_only(log: Log) -> bool:
    """Whether the log has the begins of the work, and calls may have waited before without a trace."""
    calls = log.calls
    if log.measures == "response" and not measures_work(log):
        return False
    if any(ready != UNKNOWN for ready in calls.ready_us):
        return False
    busy = fcfs_rule.most_at_once(calls.start_us, calls.end_us)
    return not log.processes or busy >= len(log.processes)


def _sampled_reason(share: float) -> str:
    return f"only {format_share(share)} of the requests are in the log (it is sampled)"


def capacity(log: Log, name: str = "threads") -> Capacity:
    """Find how many threads (or workers) served the calls, and the work of each.

    Args:
        log: the log; it has at least one call.
        name: the name of the finding, `threads` or `workers`.
    """
    calls = log.calls
    if log.measures == "work" or measures_work(log):
        return _of_begun_work(log, name)
    if any(work != UNKNOWN for work in calls.work_us):
        return _of_named_work(log, name)
    reason, cure = _too_little(log)
    if not reason and len(calls.server_names) > 1:
        reason, cure = _several_servers(log)
    if reason:
        return declined(name, reason, cure)
    if named := _named_count(log):
        count, why = named
        rule = fcfs_rule.fcfs(calls.start_us, calls.end_us, count)
        return Capacity(
            Finding(name, "known", f"{count}", why), count, rule.work_us, work_finding(rule, "known")
        )
    return _inferred(log, name)


def _inferred(log: Log, name: str) -> Capacity:
    """The threads that follow from arrivals and replies, if the stamps are fine enough for it."""
    step_us = resolution_us(log)
    tolerance_us = 2 * step_us if step_us > 1 else 0
    rule = fcfs_rule.fcfs(log.calls.start_us, log.calls.end_us, tolerance_us=tolerance_us)
    if step_us * fcfs_rule.FINEST_PART > rule.mean_work_us:
        return declined(name, *_too_coarse(log, step_us, rule.mean_work_us))
    return judged(name, rule)


# -- what the log names itself ---------------------------------------------------------------------------


def _named_count(log: Log) -> tuple[int, str] | None:
    """The number of threads that the log names, and how; None if it does not.

    Processes that a log names may have several threads each: then so few are impossible. The most connections
    that a proxy counts are all threads only if requests waited meanwhile.
    """
    calls, processes, most = log.calls, len(log.processes), log.most_in_service
    allowed = fcfs_rule.MOST_IMPOSSIBLE * len(calls)
    if processes and fcfs_rule.impossible(calls.start_us, calls.end_us, processes) <= allowed:
        return processes, f"the log names {_processes(processes)}"
    if most and log.waited_count >= fcfs_rule.FEWEST_IMPOSSIBLE:
        waited = format_count(log.waited_count)
        return most, f"the log counts at most {most} in service, and {waited} requests that waited"
    return None


def _processes(count: int) -> str:
    return "one process or thread" if count == 1 else f"{count} processes or threads"


def _of_named_work(log: Log, name: str) -> Capacity:
    """The log names the work of each request itself: nothing has to be inferred."""
    calls = log.calls
    known_us = [work for work in calls.work_us if work != UNKNOWN]
    mean_us = sum(known_us) / len(known_us)
    if reason := _work_too_long(calls):
        return declined(name, reason, "name its unit: --unit, or in the name of the column, as work_ms")
    work_us = array("q", (work if work != UNKNOWN else round(mean_us) for work in calls.work_us))
    work = Finding(
        "work", "known", f"{format_time(mean_us / US_PER_S)} on average", "the log names the work itself"
    )
    if named := _named_count(log):
        count, why = named
        return Capacity(Finding(name, "known", f"{count}", why), count, work_us, work)
    reason, cure = _too_little(log)
    if reason:
        return Capacity(Finding(name, "unknown", "", reason, cure), None, work_us, work)
    if log.most_in_service:
        finding = Finding(
            name,
            "at least",
            f"{log.most_in_service}",
            f"the log counts at most {log.most_in_service} in service, and nobody waited: there may be more",
            "give a log of a busier hour",
        )
        return Capacity(finding, log.most_in_service, work_us, work)
    inferred = _inferred(log, name)
    return Capacity(inferred.finding, inferred.count, work_us, work)


def _work_too_long(calls: Calls) -> str:
    """Why the work that the log names cannot be; empty if it is within the responses."""
    pairs = zip(calls.work_us, calls.start_us, calls.end_us, strict=True)
    longer = sum(work > 1.01 * (end - start) + 2_000 for work, start, end in pairs)
    if longer <= fcfs_rule.MOST_IMPOSSIBLE * len(calls):
        return ""
    return f"the work that the log names is longer than the response in {format_count(longer)} requests"


def _of_begun_work(log: Log, name: str) -> Capacity:
    """The log says when each piece of work began: as many served as were busy at once."""
    calls = log.calls
    work_us = array("q", (end - start for start, end in zip(calls.start_us, calls.end_us, strict=True)))
    mean_us = sum(work_us) / len(work_us)
    work = Finding(
        "work",
        "known",
        f"{format_time(mean_us / US_PER_S)} on average",
        "the log measures the work itself, from its begin to its end",
    )
    busy = fcfs_rule.most_at_once(calls.start_us, calls.end_us)
    names = log.processes or tuple(calls.lane_names)
    if names and _too_many_at_once(calls, len(names)) <= fcfs_rule.MOST_IMPOSSIBLE * len(calls):
        count = len(names)
        reason = f"the log names {_processes(count)}, at most {min(busy, count)} busy at once"
        return Capacity(Finding(name, "known", f"{count}", reason), count, work_us, work)
    reason, cure = _too_little(log)
    if reason:
        return Capacity(Finding(name, "unknown", "", reason, cure), None, work_us, work)
    waited = _waited_while_busy(calls, busy)
    if waited >= fcfs_rule.FEWEST_IMPOSSIBLE:
        reason = f"{format_count(waited)} {log.noun} waited, each until one of {busy} was done"
        return Capacity(Finding(name, "known", f"{busy}", reason), busy, work_us, work)
    finding = Finding(
        name,
        "at least",
        f"{busy}",
        f"at most {busy} {log.noun} were worked on at once, and no queue shows that there were no more",
        "log when a job is put into the queue, or the name of the process that does it",
    )
    return Capacity(finding, busy, work_us, work)


def _too_many_at_once(calls: Calls, processes: int) -> int:
    """How many calls began while a process was busy that does one at a time: then there are more of them."""
    if calls.lane:
        return overlaps(calls)
    return sum(number >= processes for number in fcfs_rule.in_house(calls.start_us, calls.end_us))


def _waited_while_busy(calls: Calls, busy: int) -> int:
    """How many calls waited although ready, and began when one of *busy* had just ended."""
    if not any(ready != UNKNOWN for ready in calls.ready_us):
        return 0
    present = fcfs_rule.in_house(calls.start_us, calls.end_us)
    return sum(
        ready not in (UNKNOWN, start) and number + 1 == busy
        for ready, start, number in zip(calls.ready_us, calls.start_us, present, strict=True)
    )


# -- why a log tells nothing about threads ----------------------------------------------------------------


def _too_little(log: Log) -> tuple[str, str]:
    """The reason why a log holds too little, and the cure; empty if it does not."""
    calls = log.calls
    if len(calls) < fcfs_rule.FEWEST_REQUESTS:
        there = f"one {log.noun[:-1]} is" if len(calls) == 1 else f"{len(calls)} {log.noun} are"
        return f"{there} too few; {fcfs_rule.FEWEST_REQUESTS} are the least", "give a longer log"
    if log.sampled_share is not None and log.sampled_share < 1:
        return _sampled_reason(log.sampled_share), "log every request (100 %)"
    late = calls.reversed
    if late > fcfs_rule.MOST_IMPOSSIBLE * len(calls):
        return f"{format_count(late)} {log.noun} end before they start: two clocks disagree", "use one clock"
    if calls.lane_names and (reason := disagreement(log)):
        return reason, "say which moment the stamp is"
    return "", ""


def _several_servers(log: Log) -> tuple[str, str]:
    calls, names = log.calls, list(log.calls.server_names)
    parts = []
    for name, number in calls.server_names.items():
        part = log.of([row for row, server in enumerate(calls.server) if server == number])
        if len(part.calls) < fcfs_rule.FEWEST_REQUESTS:
            parts.append(f"{name}: too few")
            continue
        single = _inferred(part, "threads")
        bound = "at least " if single.finding.certainty == "at least" else ""
        parts.append(f"{name}: {bound}{single.count}" if single.count else f"{name}: unknown")
    listed = ", ".join(parts[:4]) + (f" and {len(parts) - 4} more" if len(parts) > 4 else "")
    return (
        f"{len(names)} servers answered, each with threads of its own ({listed})",
        f"fit one of them: --server {names[0]}",
    )


STAMP_CURES = {
    "nginx": "put $msec into log_format",
    "apache": "put %{msec_frac}t or %{usec_frac}t into LogFormat",
    "gunicorn": "log in a proxy in front of it, with milliseconds ($msec of nginx)",
}
"""How to get finer stamps, by the beginning of the format's name."""


def _too_coarse(log: Log, step_us: int, mean_us: float) -> tuple[str, str]:
    least = format_time(step_us * fcfs_rule.FINEST_PART / US_PER_S)
    reason = (
        f"the stamps are to {format_time(step_us / US_PER_S)}, and the work found with them would be "
        f"{format_time(mean_us / US_PER_S)}: they must be {fcfs_rule.FINEST_PART} times finer than the work "
        f"(here they tell work from {least} on)"
    )
    cures: Iterable[str] = (cure for name, cure in STAMP_CURES.items() if log.format.startswith(name))
    return reason, next(iter(cures), "log milliseconds")
