"""Lessons of a teacher's own, in files: one with chance in it, and one whose words try to be marks."""

from __future__ import annotations

from pathlib import Path

SCENARIO = """
traffic: {rate: 0.6/s, for: 300s, arrivals: poisson}
steps:
  - {name: save order, duration: 50ms}
  - {name: send email, duration: exponential(mean=1s), background: true}
"""
NAMES = """
traffic: {requests: 1}
steps:
  - {name: charge card, duration: 800ms}
  - {name: "<i>check", duration: 250ms}
  - {name: "``` <b>", duration: 1500ms, background: true}
"""
CHANCE = """
title: Left to chance
scenario: shop.yaml
replications: 12
question:
  text: How long is the email on its way, on average?
  figure: async.completion_time_s.mean
  options:
    - {text: about 1 s, value: 1s, belief: nobody waits at 60 %, right_if: they came evenly}
    - {text: about 2.5 s, value: 2.55s, correct: true}
    - {text: about 60 s, value: 60s, belief: 60 % is nearly full, right_if: it were 98 %}
rows:
  - {label: email arrives, figure: completion_time_s.mean}
  - {label: messages that wait, figure: queue.peak_depth}
sum: 50 ms and then 1 s / (1 - 0.6)
why: {text: "Why more than a second?"}
discuss: "Why more than a second?"
claims: [async.completion_time_s.mean > 1.5s]
theory: {value: 2.55s, formula: 50 ms + 1 s / (1 - 0.6)}
takeaway: Chance makes queues.
change:
  text: Two workers.
  set: {workers.count: 2}
  sum: hardly anybody waits
  claims: [async.completion_time_s.mean < 1.5s, async.work.completed > 100]
"""
HOSTILE = """
title: "<script>alert(1)</script> | *bold* [link](x) `code` & &amp; _under_ <b>"
scenario: names.yaml
story: "# not a heading | a </style> story"
question:
  text: "1. Who & why <i>?"
  figure: async.response_time_s.max
  options:
    - {text: "- \\"1.05 s\\" | <b>", value: 1.05s, correct: true}
    - {text: "</table> ```", value: 2s, belief: "a | b", right_if: "<hr> | ok"}
rows: [{label: "a | b <td>", figure: response_time_s.max}]
explain: 1
sum: "1 < 2 & 3 > 2"
why: {text: "<why>"}
discuss: "<why>"
claims: [async.response_time_s.max == 1.05s]
takeaway: "**keep** <it>"
change:
  text: "| more |"
  set: {traffic.requests: 2}
  sum: "<sum>"
  claims: [async.response_time_s.max == 1.05s]
assumes: ["<nothing> | at all"]
"""
WHOLE = """
title: All parts
minutes: 20
needs: lesson 1
scenario: checkout
story: One order of a shop. The shop checks it, charges the card, saves it and sends an email.
question:
  text: When does the email reach the customer in the asynchronous design?
  figure: async.completion_time_s.max
  options:
    - text: "{value}, just as in the synchronous design"
      value: 2.55 s
      correct: true
    - text: "{value}, together with the page"
      value: 1.05 s
      belief: putting an email on a queue is sending it
      right_if: queueing the email were the same as sending it
    - text: "{value}, only its own time counts"
      value: 1.5 s
      belief: the email starts at once
      right_if: the email were queued at the click
rows:
  - {label: customer waits, figure: response_time_s.max}
  - {label: email arrives, figure: completion_time_s.max}
explain: 1
sum: 1.05 s + {number} = {answer}
why:
  text: Which reason is behind your answer?
  options:
    - {text: The work is done later and takes as long., correct: true}
    - {text: The queue sends it., right_if: a queue could do work}
look_for: Look at the right end of the last bar.
discuss: Where did the time go?
claims: [async.completion_time_s.max == 2.55s]
takeaway: A queue moves the wait and removes no work.
change:
  text: Ten orders at once, still one worker.
  set: {traffic.requests: 10}
  rows:
    - {label: last email arrives, figure: completion_time_s.max}
  question:
    text: When does the last email arrive?
    figure: async.completion_time_s.max
    options:
      - text: "after {value}"
        value: 25.5 s
        belief: orders are served one by one
        right_if: all of an order had to wait
      - {text: "after {value}", value: 16.05 s, correct: true}
      - {text: "after {value}", value: 2.55 s, right_if: each email had a worker}
  sum: 1.05 s + 10 x 1.5 s = 16.05 s
  claims: [async.completion_time_s.max == 16.05s]
transfer:
  story: A login checks a password and shows the first page.
  scenario: login
  rows: [{label: user waits, figure: response_time_s.max}]
  question:
    text: Which of the two designs lets the user in sooner?
    options:
      - {text: the asynchronous one, belief: async is faster, right_if: the page could go on without it}
      - {text: the synchronous one, correct: true}
  sum: The page has nothing to show before the check is over.
  claims: [sync.response_time_s.max < 1s]
recall: {lesson: before, question: 1}
students:
  path: steps[send email].duration
  label: the email takes
  numbers:
    - {number: 1.2 s, values: [2.25 s, 1.05 s, 1.2 s]}
    - {number: 1.5 s, values: [2.55 s, 1.05 s, 1.5 s]}
assumes: [no network time]
"""
BEFORE = (
    CHANCE
    + """
review:
  - text: What makes a queue, even if the worker has time to spare?
    options:
      - {text: chance, correct: true}
      - {text: an overload, right_if: the load were above 100 %}
  - text: Who waits longer, on average?
    options:
      - {text: the customer of a worker that is busy 60 % of the time, right_if: work made it quicker}
      - {text: the customer of a worker that is busy 90 % of the time, correct: true}
"""
)


def write_whole(folder: Path) -> str:
    """Put a lesson with all parts, and the one that it recalls, into *folder*; the path of the lesson."""
    (folder / "shop.yaml").write_text(SCENARIO, encoding="utf-8")
    (folder / "before.yaml").write_text(BEFORE, encoding="utf-8")
    (folder / "whole.yaml").write_text(WHOLE, encoding="utf-8")
    return str(folder / "whole.yaml")


def write(folder: Path, text: str) -> str:
    """Put a lesson and its scenarios into *folder*; the path of the lesson."""
    (folder / "names.yaml").write_text(NAMES, encoding="utf-8")
    (folder / "shop.yaml").write_text(SCENARIO, encoding="utf-8")
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    return str(folder / "own.yaml")
