"""The texts for each kind of move: a sentence for the move, a few words for the time after it.

The program that shows them fills them in.
"""

from __future__ import annotations

from enum import IntEnum

from syncasync_sim.trace.losses import LossCause


class EventKind(IntEnum):
    """The kind of event with which an item moved."""

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
    LOST_FULL = 31
    LOST_IN_OUTAGE = 32
    LOST_LAST = 33


LOST_BY: dict[LossCause, EventKind] = {
    LossCause.EARLY_ACKNOWLEDGEMENT: EventKind.LOST,
    LossCause.FULL_QUEUE: EventKind.LOST_FULL,
    LossCause.OUTAGE: EventKind.LOST_IN_OUTAGE,
    LossCause.LAST_DELIVERY: EventKind.LOST_LAST,
}
_LOST = "{{step}} of customer {{customer}} is lost ({})"

CAPTIONS: dict[EventKind, str] = {
    EventKind.CLICKS: "customer {customer} clicks and waits for a thread",
    EventKind.CLICKS_AGAIN: "customer {customer} clicks again and waits for a thread",
    EventKind.BEGINS: "thread {slot} begins with customer {customer}, who waited {waited}: {step}",
    EventKind.STEP: "thread {slot}, customer {customer}: {step}",
    EventKind.TRIES_AGAIN: "thread {slot}, customer {customer}: {step}, try {attempt}",
    EventKind.FAILED_WAITS: "{step} failed for customer {customer}; thread {slot} waits to try again",
    EventKind.WAITS_FOR_PLACE: "thread {slot}, customer {customer}: waits for a place at {step}",
    EventKind.PAGE: "customer {customer} gets the page",
    EventKind.ERROR: "customer {customer} sees an error page",
    EventKind.GAVE_UP: "customer {customer} gives up",
    EventKind.REJECTED: "customer {customer} is rejected: too many are waiting",
    EventKind.WORKS_ON: "the server keeps working for customer {customer}, who is gone",
    EventKind.THROWN_AWAY: "the server is done, but customer {customer} is gone",
    EventKind.SKIPPED: "a thread skips customer {customer}, who is gone",
    EventKind.QUEUED: "{step} of customer {customer} goes on the queue",
    EventKind.TAKEN: "worker {slot} takes {step} of customer {customer}, which waited {waited}",
    EventKind.TAKEN_AGAIN: "worker {slot} takes {step} of customer {customer} again, delivery {attempt}",
    EventKind.HELD: "worker {slot} also holds {step} of customer {customer}",
    EventKind.TURNS_TO: "worker {slot} turns to {step} of customer {customer}",
    EventKind.FAILED_LATER: "{step} of customer {customer} failed; it comes back later",
    EventKind.KEPT: "{step} of customer {customer} failed; worker {slot} keeps it and will try again",
    EventKind.DIED: "worker {slot} dies with {step} of customer {customer}; nobody knows yet",
    EventKind.TIMEOUT_OVER: "{step} of customer {customer} is visible again while a worker still works on it",
    EventKind.VISIBLE: "{step} of customer {customer} is visible again",
    EventKind.STILL_AT_IT: "worker {slot} is still at {step} of customer {customer}",
    EventKind.DONE: "{step} of customer {customer} is done",
    EventKind.DEAD: "{step} of customer {customer} goes to the dead letters",
    EventKind.LOST: _LOST.format(LossCause.EARLY_ACKNOWLEDGEMENT),
    EventKind.ALSO_DONE: "worker {slot} has done {step} of customer {customer}, too",
    EventKind.ALSO_FAILED: "worker {slot}, too, failed at {step} of customer {customer}",
    EventKind.PUBLISHES: "thread {slot}, customer {customer}: puts the work on the queue",
    EventKind.LOST_FULL: _LOST.format(LossCause.FULL_QUEUE),
    EventKind.LOST_IN_OUTAGE: _LOST.format(LossCause.OUTAGE),
    EventKind.LOST_LAST: _LOST.format(LossCause.LAST_DELIVERY),
}
"""`{waited}` is the time since the move before, in seconds with two decimals."""

STATES: dict[EventKind, str] = {
    EventKind.CLICKS: "waits for a thread",
    EventKind.CLICKS_AGAIN: "waits for a thread",
    EventKind.BEGINS: "{step}",
    EventKind.STEP: "{step}",
    EventKind.TRIES_AGAIN: "{step}, try {attempt}",
    EventKind.FAILED_WAITS: "{step} failed, waits",
    EventKind.WAITS_FOR_PLACE: "waits for {step}",
    EventKind.PAGE: "has the page",
    EventKind.ERROR: "sees an error page",
    EventKind.GAVE_UP: "has given up",
    EventKind.REJECTED: "was rejected",
    EventKind.WORKS_ON: "{step} for nobody",
    EventKind.THROWN_AWAY: "is thrown away",
    EventKind.SKIPPED: "is skipped",
    EventKind.QUEUED: "waits for a worker",
    EventKind.TAKEN: "{step}",
    EventKind.TAKEN_AGAIN: "{step}, delivery {attempt}",
    EventKind.HELD: "held by worker {slot}",
    EventKind.TURNS_TO: "{step}",
    EventKind.FAILED_LATER: "failed, tried again later",
    EventKind.KEPT: "{step} failed, waits",
    EventKind.DIED: "with dead worker {slot}",
    EventKind.TIMEOUT_OVER: "waits for another worker",
    EventKind.VISIBLE: "waits for a worker again",
    EventKind.STILL_AT_IT: "{step}, still at it",
    EventKind.DONE: "is done",
    EventKind.DEAD: "is a dead letter",
    EventKind.LOST: "is lost",
    EventKind.ALSO_DONE: "is done, too",
    EventKind.ALSO_FAILED: "failed, too",
    EventKind.PUBLISHES: "puts work on the queue",
    EventKind.LOST_FULL: "is lost",
    EventKind.LOST_IN_OUTAGE: "is lost",
    EventKind.LOST_LAST: "is lost",
}
"""The state of an item after such a move, until the next move: short enough for a box."""
WAITS = frozenset({EventKind.FAILED_WAITS, EventKind.WAITS_FOR_PLACE, EventKind.KEPT})
"""The item stays in a slot, but no work is done on it."""
IN_WORDS = WAITS | {EventKind.PUBLISHES}
"""Marks for which the name of the step does not describe the state of the thread or worker."""
ITEM_NAMES = {"customer": "#{}", "orphan": "#{} (gone)", "message": "#{}", "copy": "#{} (still)"}
"""The name of an item, by its kind: the customer's number, and whether the customer or the message has
left."""
SIGNS = [
    {"look": "sa-circle sa-sign-wait", "text": "a customer in line: waits for the page"},
    {"look": "sa-circle sa-sign-serve", "text": "a customer in a thread: waits for the page"},
    {"look": "sa-circle sa-sign-ok", "text": "has the page"},
    {"look": "sa-circle sa-sign-gone", "text": "work for a customer who has given up"},
    {"look": "sa-square sa-sign-job", "text": "a message: work that nobody waits for"},
]
"""The legend of a page: the look of each sign (classes of its style sheet), and its meaning."""
KEYS = (
    "Keys: space plays and pauses, left and right go by event, with shift by a second, Home and End jump, "
    "+ and - change the speed."
)
CLICKS = "Click on a customer to follow them in both lanes; Escape stops this."
