"""What is counted of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

from second_opinion.records import Reading, Request
from second_opinion.rules import us
from second_opinion.simulation import Run

PERCENTILES = {
    "p50": Fraction(50, 100),
    "p90": Fraction(90, 100),
    "p95": Fraction(95, 100),
    "p99": Fraction(99, 100),
}
Figures = dict[str, Any]
Answer = tuple[str, int | None, int | None, str]


class Simulation(Run):
    """A run, and its figures under the names of the JSON."""

    def work(self, request: Request) -> str:
        states = {m.state for m in self.messages if m.request is request}
        if len(request.succeeded) == len(self.scenario.steps):
            return "completed"
        if request.went_wrong or request.began is None:
            return "failed"
        if request in self.forgotten:
            states.add("lost")
        return next((fate for fate in ("lost", "dead_lettered") if fate in states), "unfinished")

    def answers(self) -> dict[tuple[int, int], Answer]:
        """Per (customer, click): response, when it came, when all was done, what became of the work."""
        table: dict[tuple[int, int], Answer] = {}
        for r in self.requests:
            work = self.work(r)
            completed = max(r.succeeded.values()) if work == "completed" else None
            table[r.customer, r.click] = (r.response, r.replied, completed, work)
        return table

    def figures(self) -> Figures:
        """The figures of one design, under the names of the JSON."""
        start = us(self.scenario.warm_up_s)
        counted = {r.customer for r in self.requests if r.click == 0 and r.arrived >= start}
        requests = [r for r in self.requests if r.customer in counted]
        answers = self.answers()
        of = {r.number: answers[r.customer, r.click] for r in requests}
        works, responses = [a[3] for a in of.values()], [r.response for r in requests]
        effects = {s.effect: 0 for s in self.scenario.steps if s.effect is not None}
        duplicates = dict(effects)
        for (effect, customer), times in self.happened.items():
            if customer in counted:
                effects[effect] += times
                duplicates[effect] += times - 1
        service = sum(
            (self.end if a.ended is None else a.ended) - a.started
            for a in self.attempts
            if a.request.customer in counted and a.started is not None
        )
        threads = self.scenario.server.threads
        intervals = [(r.began, r.ended) for r in self.requests if r.began is not None]
        return {
            "requests": len(requests),
            "customers": len(counted),
            "customers_with_page": len({r.customer for r in requests if r.response == "ok"}),
            "responses": {n: responses.count(n) for n in ("ok", "error", "timed_out", "rejected", "none")},
            "work": {
                n: works.count(n) for n in ("completed", "failed", "dead_lettered", "lost", "unfinished")
            },
            "wait_s": stats(
                [
                    0 if r.response == "rejected" else r.replied - r.arrived
                    for r in requests
                    if r.replied is not None
                ]
            ),
            "response_time_s": stats(
                [r.replied - r.arrived for r in requests if r.replied is not None and r.response == "ok"]
            ),
            "error_time_s": stats(
                [r.replied - r.arrived for r in requests if r.replied is not None and r.response == "error"]
            ),
            "completion_time_s": stats(
                [done - r.arrived for r in requests if (done := of[r.number][2]) is not None]
            ),
            "phantom_errors": sum(
                r.response in ("error", "timed_out", "rejected")
                and any(self.scenario.steps[step].effect is not None for step in r.done)
                for r in requests
            ),
            "silent_failures": sum(r.response == "ok" and r.went_on for r in requests),
            "effects": effects,
            "duplicates": duplicates,
            "service_time_s": service / 1e6,
            "server": {
                "threads": threads,
                "utilisation": self.utilisation(intervals, threads or 0),
                "peak_waiting": max((level for _, level in self.levels(lambda r: r.waiting)), default=0),
                "peak_busy": max((level for _, level in self.levels(lambda r: r.busy_threads)), default=0),
            },
            "queue": self.queue_figures(counted) if self.mode == "async" else None,
            "workers": self.worker_figures() if self.mode == "async" else None,
            "ended_at_s": self.last / 1e6,
        }

    def queue_figures(self, counted: set[int]) -> Figures:
        messages = [m for m in self.messages if m.request.customer in counted]
        deliveries = [d for d in self.deliveries if d.message.request.customer in counted]
        levels = self.levels(lambda r: len(r.in_queue))
        peak = max((level for _, level in levels), default=0)
        first = next((at for at, level in levels if level == peak and peak), None)
        fell = [at for (_, before), (at, level) in pairwise(levels) if before and not level]
        waits = [m.first_taken - m.published for m in messages if m.first_taken is not None]
        steps = pairwise([*levels, (self.end, 0)])  # what happens after the end weighs nothing
        area = sum(level * (min(until, self.end) - min(at, self.end)) for (at, level), (until, _) in steps)
        observed = self.end - us(self.scenario.warm_up_s)
        return {
            "published": len(messages),
            "delivered": len(deliveries),
            "redelivered": sum(d.number > 1 for d in deliveries),
            "dead_lettered": sum(m.state == "dead_lettered" for m in messages),
            "lost": sum(m.state == "lost" for m in messages)
            + sum(r.customer in counted for r in self.forgotten),
            "peak_held": max((level for _, level in self.levels(lambda r: r.held)), default=0),
            "peak_depth": peak,
            "peak_depth_at_s": None if first is None else first / 1e6,
            "mean_depth": area / observed if observed > 0 else None,
            "empty_at_s": fell[-1] / 1e6 if fell else None,
            "max_wait_s": max(waits) / 1e6 if waits else None,
        }

    def worker_figures(self) -> Figures:
        intervals = [(d.turn, d.ended) for d in self.deliveries if d.turn is not None]
        size = len(self.workers)
        return {"count": size, "utilisation": self.utilisation(intervals, size), "crashes": self.crashes}

    def utilisation(self, intervals: list[tuple[int, int | None]], size: int) -> float | None:
        start = us(self.scenario.warm_up_s)
        upto = [(begin, self.end if to is None else min(to, self.end)) for begin, to in intervals]
        clipped = [max(to - max(begin, start), 0) for begin, to in upto]
        return sum(clipped) / (size * (self.end - start)) if size and self.end > start else None

    def levels(self, read: Callable[[Reading], int]) -> list[tuple[int, int]]:
        """What *read* gives for each reading from the end of the warm-up on, the one it begins with first."""
        return [(reading.at, read(reading)) for reading in self.observed()]

    def observed(self) -> list[Reading]:
        """The readings from the end of the warm-up on; the first is what there was at its end."""
        start = us(self.scenario.warm_up_s)
        if start > self.end:
            return []
        before = [Reading(start, (), 0, 0, 0), *(r for r in self.readings if r.at <= start)]
        return [replace(before[-1], at=start), *(r for r in self.readings if start < r.at)]


def stats(times: list[int]) -> Figures | None:
    if not times:
        return None
    ordered, n = sorted(times), len(times)
    nearest = {name: ordered[ceil(p * n) - 1] / 1e6 for name, p in PERCENTILES.items()}
    ends = {"min": ordered[0] / 1e6, "max": ordered[-1] / 1e6}
    return {"count": n, "mean": sum(times) / n / 1e6, **ends, **nearest}
