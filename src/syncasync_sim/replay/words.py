"""What each kind of move says: a sentence for the move, a few words for the time after it.

Whoever shows them fills them in.
"""

from __future__ import annotations

from enum import IntEnum


class Mark(IntEnum):
    """What happened when somebody or something moved."""

    CLICKS = 0
    CLICKS_AGAIN = 1
    BEGINS = 2
    STEP = 3
    TRIES_AGAIN = 4
    FAILED_WAITS = 5
    WAITS_FOR_PLACE = 6
    PAGE = 7
    ERROR = 8
    GAVE_UP = 9
    REJECTED = 10
    WORKS_ON = 11
    THROWN_AWAY = 12
    SKIPPED = 13
    QUEUED = 14
    TAKEN = 15
    TAKEN_AGAIN = 16
    HELD = 17
    TURNS_TO = 18
    FAILED_LATER = 19
    KEPT = 20
    DIED = 21
    TIMEOUT_OVER = 22
    VISIBLE = 23
    STILL_AT_IT = 24
    DONE = 25
    DEAD = 26
    LOST = 27
    ALSO_DONE = 28
    ALSO_FAILED = 29
    PUBLISHES = 30


CAPTIONS: dict[Mark, str] = {
    Mark.CLICKS: "customer {customer} clicks and waits for a thread",
    Mark.CLICKS_AGAIN: "customer {customer} clicks again and waits for a thread",
    Mark.BEGINS: "thread {slot} begins with customer {customer}, who waited {waited}: {step}",
    Mark.STEP: "thread {slot}, customer {customer}: {step}",
    Mark.TRIES_AGAIN: "thread {slot}, customer {customer}: {step}, try {attempt}",
    Mark.FAILED_WAITS: "{step} failed for customer {customer}; thread {slot} waits to try again",
    Mark.WAITS_FOR_PLACE: "thread {slot}, customer {customer}: waits for a place at {step}",
    Mark.PAGE: "customer {customer} gets the page",
    Mark.ERROR: "customer {customer} sees an error page",
    Mark.GAVE_UP: "customer {customer} gives up",
    Mark.REJECTED: "customer {customer} is rejected: too many are waiting",
    Mark.WORKS_ON: "the server keeps working for customer {customer}, who is gone",
    Mark.THROWN_AWAY: "the server is done, but customer {customer} is gone",
    Mark.SKIPPED: "a thread skips customer {customer}, who is gone",
    Mark.QUEUED: "{step} of customer {customer} goes on the queue",
    Mark.TAKEN: "worker {slot} takes {step} of customer {customer}, which waited {waited}",
    Mark.TAKEN_AGAIN: "worker {slot} takes {step} of customer {customer} again, delivery {attempt}",
    Mark.HELD: "worker {slot} also holds {step} of customer {customer}",
    Mark.TURNS_TO: "worker {slot} turns to {step} of customer {customer}",
    Mark.FAILED_LATER: "{step} of customer {customer} failed; it comes back later",
    Mark.KEPT: "{step} of customer {customer} failed; worker {slot} keeps it and will try again",
    Mark.DIED: "worker {slot} dies with {step} of customer {customer}; nobody knows yet",
    Mark.TIMEOUT_OVER: "{step} of customer {customer} is visible again while a worker still works on it",
    Mark.VISIBLE: "{step} of customer {customer} is visible again",
    Mark.STILL_AT_IT: "worker {slot} is still at {step} of customer {customer}",
    Mark.DONE: "{step} of customer {customer} is done",
    Mark.DEAD: "{step} of customer {customer} goes to the dead letters",
    Mark.LOST: "{step} of customer {customer} is lost",
    Mark.ALSO_DONE: "worker {slot} has done {step} of customer {customer}, too",
    Mark.ALSO_FAILED: "worker {slot}, too, failed at {step} of customer {customer}",
    Mark.PUBLISHES: "thread {slot}, customer {customer}: puts the work on the queue",
}
"""`{waited}` is the time since the move before, in seconds with two decimals."""

STATES: dict[Mark, str] = {
    Mark.CLICKS: "waits for a thread",
    Mark.CLICKS_AGAIN: "waits for a thread",
    Mark.BEGINS: "{step}",
    Mark.STEP: "{step}",
    Mark.TRIES_AGAIN: "{step}, try {attempt}",
    Mark.FAILED_WAITS: "{step} failed, waits",
    Mark.WAITS_FOR_PLACE: "waits for {step}",
    Mark.PAGE: "has the page",
    Mark.ERROR: "sees an error page",
    Mark.GAVE_UP: "has given up",
    Mark.REJECTED: "was rejected",
    Mark.WORKS_ON: "{step} for nobody",
    Mark.THROWN_AWAY: "is thrown away",
    Mark.SKIPPED: "is skipped",
    Mark.QUEUED: "waits for a worker",
    Mark.TAKEN: "{step}",
    Mark.TAKEN_AGAIN: "{step}, delivery {attempt}",
    Mark.HELD: "held by worker {slot}",
    Mark.TURNS_TO: "{step}",
    Mark.FAILED_LATER: "failed, tried again later",
    Mark.KEPT: "{step} failed, waits",
    Mark.DIED: "with dead worker {slot}",
    Mark.TIMEOUT_OVER: "waits for another worker",
    Mark.VISIBLE: "waits for a worker again",
    Mark.STILL_AT_IT: "{step}, still at it",
    Mark.DONE: "is done",
    Mark.DEAD: "is a dead letter",
    Mark.LOST: "is lost",
    Mark.ALSO_DONE: "is done, too",
    Mark.ALSO_FAILED: "failed, too",
    Mark.PUBLISHES: "puts work on the queue",
}
"""What somebody or something is at after such a move, until the next: short enough for a box."""
WAITS = frozenset({Mark.FAILED_WAITS, Mark.WAITS_FOR_PLACE, Mark.KEPT})
"""Somebody is held in a slot, and nothing is worked on."""
IN_WORDS = WAITS | {Mark.PUBLISHES}
"""Marks for which the name of the step does not tell what a thread or worker is at."""
WHOSE = {"customer": "#{}", "orphan": "#{} (gone)", "message": "#{}", "copy": "#{} (still)"}
"""How an item is written, by its kind: the customer's number, and whether they, or the message, have left."""
