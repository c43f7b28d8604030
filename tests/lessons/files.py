"""Lessons for the tests: small, beside the bundled ones."""

from __future__ import annotations

from pathlib import Path

OF_CHANCE = """
title: A little luck
scenario: queue.yaml
replications: 8
question:
  text: How long does it take on average?
  figure: sync.response_time_s.mean
  options:
    - {text: one second <b>& no more</b>, value: 1s, belief: nobody ever waits, right_if: nobody ever waited}
    - {text: twice as long, value: 2s, correct: true}
rows:
  - {label: customer waits, figure: response_time_s.mean}
explain: 1
sum: 1 s / (1 - 0.5) = {answer}
why: {text: "Who waits, if half of the time is free?"}
discuss: "Who waits, if half of the time is free?"
claims: [sync.response_time_s.mean > 1s]
theory: {value: 2s, formula: 1 s / (1 - 0.5)}
takeaway: Chance alone makes queues.
change:
  text: Work that always takes as long.
  set: {'steps[work].duration': 1s}
  sum: half of the wait, 1.50 s
  claims: [sync.response_time_s.mean < 2s]
more:
  - text: Another story, the checkout.
    scenario: checkout
    sum: nothing waits here
    claims: [async.response_time_s.max == 1.05s]
"""
QUEUE = """
title: One thread
traffic: {rate: 0.5/s, for: 300s, arrivals: poisson}
server: {threads: 1}
steps:
  - {name: work, duration: exponential(mean=1s)}
  - {name: later, duration: 1ms, background: true}
"""


def of_chance(folder: Path, *changes: tuple[str, str]) -> Path:
    """A lesson with chance in it, and its scenario; its text changed as told."""
    text = OF_CHANCE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "queue.yaml").write_text(QUEUE, encoding="utf-8")
    path = folder / "luck.yaml"
    path.write_text(text, encoding="utf-8")
    return path
