"""A lesson that asks in every part, and the earlier one it asks about."""

from __future__ import annotations

from pathlib import Path

EARLIER = """
title: Before
scenario: checkout
question:
  text: How long?
  options:
    - {text: long, correct: true}
    - {text: short, belief: it flies, right_if: it flew}
rows: [{label: customer waits, figure: response_time_s.max}]
sum: as it is
why: {text: "Why so long?"}
claims: [async.response_time_s.max == 1.05s]
takeaway: It takes time.
change: {text: Two orders., set: {traffic.requests: 2}, sum: no more, claims: [async.work.completed == 2]}
review:
  - text: What did the queue do before?
    options:
      - {text: it kept the email, correct: true}
      - {text: it sent the email, right_if: it were a worker}
"""
EVERY_PART = """
title: Every part
scenario: checkout
recall: {lesson: before.yaml}
question:
  text: When is the email sent?
  figure: async.completion_time_s.max
  options:
    - {text: at 1.05 s, value: 1.05s, belief: queueing is sending, right_if: queueing were sending}
    - {text: at 2.55 s, value: 2.55s, correct: true}
why: REASON
rows: [{label: email sent, figure: completion_time_s.max}]
sum: 1.05 s + 1.5 s
claims: [async.completion_time_s.max == 2.55s]
takeaway: The work takes as long as before.
change:
  text: Ten orders come at once.
  set: {traffic.requests: 10}
  question:
    text: When is the last email sent now?
    figure: async.completion_time_s.max
    options:
      - {text: after 16.05 s, value: 16.05s, correct: true}
      - {text: after 2.55 s, value: 2.55s, right_if: there were ten workers}
  sum: 1.05 s + 10 x 1.5 s
  claims: [async.completion_time_s.max == 16.05s]
transfer:
  story: Twenty people log in.
  question:
    text: Does the queue help them?
    options:
      - {text: the queue helps, right_if: nobody waited for the answer}
      - {text: the queue does not help, correct: true}
  sum: They wait for the answer in any case
"""
CHOICE = """
  text: Why then?
  options:
    - {text: the worker begins after the page, correct: true}
    - {text: the worker is faster, right_if: it had less to do}
"""
OWN_WORDS = "{text: 'Why then?'}"


def every_part(folder: Path, why: str = CHOICE) -> str:
    """Put both lessons into *folder*; the path of the later one."""
    (folder / "before.yaml").write_text(EARLIER, encoding="utf-8")
    path = folder / "every-part.yaml"
    path.write_text(EVERY_PART.replace("REASON", why), encoding="utf-8")
    return str(path)
