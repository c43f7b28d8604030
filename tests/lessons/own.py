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


def write(folder: Path, text: str) -> str:
    """Put a lesson and its scenarios into *folder*; the path of the lesson."""
    (folder / "names.yaml").write_text(NAMES, encoding="utf-8")
    (folder / "shop.yaml").write_text(SCENARIO, encoding="utf-8")
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    return str(folder / "own.yaml")
