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
    (folder / "queue.yaml").write_text(QUEUE, encoding="utf-8")
    return _written(folder / "luck.yaml", OF_CHANCE, *changes)


EMAIL = """
title: Not faster, just later
scenario: checkout
story: One order. In the asynchronous design the page comes after 1.05 s.
question:
  text: When does the email reach the customer in the asynchronous design?
  figure: async.completion_time_s.max
  options:
    - text: "{value}, together with the page"
      value: 1.05 s
      belief: putting an email on a queue is sending it
      right_if: queueing the email were the same as sending it
    - {text: "{value}, just as in the synchronous design", value: 2.55 s, correct: true}
    - {text: "{value}, only the email's own time", value: 1.5 s, belief: it starts at once, right_if: it did}
rows:
  - {label: customer waits, figure: response_time_s.max}
  - {label: email arrives, figure: completion_time_s.max}
explain: 1
sum: 1.05 s until the page + {number} for the email = {answer}
why: {text: "Why do you think so?"}
discuss: The email arrives no earlier. Where did the time go?
claims: [async.completion_time_s.max == 2.55s]
takeaway: The asynchronous design moves the wait from the customer to the queue.
change:
  text: Ten orders at once, still one worker.
  set: {traffic.requests: 10}
  sum: 1.05 s + 10 x 1.5 s = 16.05 s
  claims: [async.completion_time_s.max == 16.05s]
more:
  - text: Ten orders at once and ten workers.
    set: {traffic.requests: 10, workers.count: 10}
    sum: every email has its own worker
    claims: [async.completion_time_s.max == 2.55s]
students:
  path: steps[send email].duration
  label: the email takes
  numbers:
    - {number: 1.5 s, values: [1.05 s, 2.55 s, 1.5 s]}
    - {number: 2.4 s, values: [1.05 s, 3.45 s, 2.4 s]}
assumes: [no network time]
"""
WHY_IN_WORDS = 'why: {text: "Why do you think so?"}'
WHY = """why:
  text: Why at that time?
  options:
    - {text: The email waits for the page., correct: true}
    - {text: A queue sends at once., right_if: the queue were the mail server}"""
CHANGE = """change:
  question:
    text: When does the last of ten emails arrive?
    figure: async.completion_time_s.max
    options:
      - {text: "after {value}", value: 16.05 s, correct: true}
      - {text: "after {value}", value: 2.55 s, right_if: there were ten workers}"""
TRANSFER = """transfer:
  story: A video is uploaded, and a worker makes it smaller.
  scenario: checkout
  rows: [{label: the small video is there, figure: completion_time_s.max}]
  question:
    text: When is the small video there?
    figure: async.completion_time_s.max
    options:
      - {text: with the page, value: 1.05 s, right_if: the page waited for it}
      - {text: later than the page, value: 2.55 s, correct: true}
  sum: 1.05 s + 1.5 s
  claims: [async.completion_time_s.max == 2.55s]
recall: {lesson: luck.yaml}
assumes:"""
QUESTIONS = """  - text: What alone makes queues?
    options:
      - {text: Chance., correct: true}
      - {text: Hurry., right_if: everybody came at once}
  - text: Who waits longer on average?
    options:
      - {text: The customer of a thread that is busy 60 % of the time., right_if: work made it quicker}
      - {text: The customer of a thread that is busy 90 % of the time., correct: true}
"""
"""What the lesson of chance has for later lessons."""


def email(folder: Path, *changes: tuple[str, str]) -> Path:
    """A lesson on the bundled checkout, with one question and nothing to choose from later; its text changed
    as told."""
    return _written(folder / "email.yaml", EMAIL, *changes)


def every_part(folder: Path, *changes: tuple[str, str]) -> Path:
    """A lesson that has all that a lesson can have, and the one of chance, which it asks about; its text
    changed as told."""
    of_chance(folder, ("more:", f"review:\n{QUESTIONS}more:"))
    parts = (
        (WHY_IN_WORDS, WHY),
        ("discuss:", "look_for: Look at the right end of the last bar.\ndiscuss:"),
        ("change:", CHANGE),
        ("assumes:", TRANSFER),
    )
    return email(folder, *parts, *changes)


def _written(path: Path, text: str, *changes: tuple[str, str]) -> Path:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path
