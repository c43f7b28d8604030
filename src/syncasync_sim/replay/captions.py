"""The texts for each kind of move: a sentence for the move, a few words for the time after it.

The program that shows them fills them in.
"""

from __future__ import annotations

from enum import IntEnum

from syncasync_sim.model.modes import Mode
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
    LOST_IN_RESTART = 34
    KILLED = 35
    CUT = 36
    CLOSED = 37
    IN_OUTBOX = 38
    RELAYED = 39
    LOST_IGNORED = 40
    FREEZES = 41
    WAKES = 42
    TAKEN_FOR_DEAD = 43
    EVICTED = 44
    TAKES_AGAIN = 45
    STOPPING = 46
    STOPPED = 47
    DIES_STOPPING = 48
    STARTED = 49
    SERVER_DOWN = 50
    SERVER_OPEN = 51
    STANDS_STILL = 52
    GOES_ON = 53
    WENT_ON = 54
    BROKER_DOWN = 55
    BROKER_BACK = 56


FIRST_RARE = EventKind.FREEZES
"""From this one on, the texts are only in the documents of runs in which such a thing happened."""
LOST_BY: dict[LossCause, EventKind] = {
    LossCause.EARLY_ACKNOWLEDGEMENT: EventKind.LOST,
    LossCause.STOP: EventKind.LOST,
    LossCause.FULL_QUEUE: EventKind.LOST_FULL,
    LossCause.OUTAGE: EventKind.LOST_IN_OUTAGE,
    LossCause.LAST_DELIVERY: EventKind.LOST_LAST,
    LossCause.RESTART: EventKind.LOST_IN_RESTART,
    LossCause.IGNORED_REFUSAL: EventKind.LOST_IGNORED,
}
INTERRUPTED = (EventKind.KILLED, EventKind.CUT, EventKind.CLOSED)
"""The server ended the request: an error page, if anybody still waited for one."""
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
    EventKind.ALSO_DONE: "worker {slot} has done {step} of customer {customer}, but had lost the message",
    EventKind.ALSO_FAILED: "worker {slot} failed at {step} of customer {customer}, but had lost the message",
    EventKind.PUBLISHES: "thread {slot}, customer {customer}: puts the work on the queue",
    EventKind.LOST_FULL: _LOST.format(LossCause.FULL_QUEUE),
    EventKind.LOST_IN_OUTAGE: _LOST.format(LossCause.OUTAGE),
    EventKind.LOST_LAST: _LOST.format(LossCause.LAST_DELIVERY),
    EventKind.LOST_IN_RESTART: _LOST.format(LossCause.RESTART),
    EventKind.KILLED: "the server's time-out is over: the request of customer {customer} is killed",
    EventKind.CUT: "the web server goes down, and the request of customer {customer} is lost",
    EventKind.CLOSED: "customer {customer} finds the web server down",
    EventKind.IN_OUTBOX: "{step} of customer {customer} is written into the outbox",
    EventKind.RELAYED: "the relay puts {step} of customer {customer} on the queue",
    EventKind.LOST_IGNORED: _LOST.format(LossCause.IGNORED_REFUSAL),
    EventKind.FREEZES: "worker {slot} stands still: it is frozen",
    EventKind.WAKES: "worker {slot} wakes",
    EventKind.TAKEN_FOR_DEAD: "worker {slot} has been frozen for too long: the queue takes it for dead",
    EventKind.EVICTED: "worker {slot} was too slow and is evicted; its messages come back",
    EventKind.TAKES_AGAIN: "worker {slot} takes messages again",
    EventKind.STOPPING: "worker {slot} gets a signal to stop: it takes nothing more",
    EventKind.STOPPED: "worker {slot} has nothing left to end and stops",
    EventKind.DIES_STOPPING: "worker {slot}, which had a signal to stop, dies before its work is done",
    EventKind.STARTED: "worker {slot} is started again",
    EventKind.SERVER_DOWN: "the web server goes down",
    EventKind.SERVER_OPEN: "the web server is open again",
    EventKind.STANDS_STILL: "{step} of customer {customer} stands still with worker {slot}, which is frozen",
    EventKind.GOES_ON: "worker {slot} goes on with {step} of customer {customer}",
    EventKind.WENT_ON: "{step} failed for customer {customer}, and the request goes on without it",
    EventKind.BROKER_DOWN: "the broker goes down",
    EventKind.BROKER_BACK: "the broker is back",
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
    EventKind.LOST_IN_RESTART: "is lost",
    **dict.fromkeys(INTERRUPTED, "sees an error page"),
    EventKind.IN_OUTBOX: "in the outbox",
    EventKind.RELAYED: "waits for a worker",
    EventKind.LOST_IGNORED: "is lost",
    EventKind.FREEZES: "frozen",
    EventKind.WAKES: "",
    EventKind.TAKEN_FOR_DEAD: "taken for dead",
    EventKind.EVICTED: "evicted",
    EventKind.TAKES_AGAIN: "",
    EventKind.STOPPING: "stopping",
    EventKind.STOPPED: "stopped",
    EventKind.DIES_STOPPING: "dead",
    EventKind.STARTED: "",
    EventKind.SERVER_DOWN: "down",
    EventKind.SERVER_OPEN: "",
    EventKind.STANDS_STILL: "{step}, frozen",
    EventKind.GOES_ON: "{step}",
    EventKind.WENT_ON: "{step} failed",
    EventKind.BROKER_DOWN: "down",
    EventKind.BROKER_BACK: "",
}
"""The state of an item after such a move, until the next move: short enough for a box."""
WAITS = frozenset({EventKind.FAILED_WAITS, EventKind.WAITS_FOR_PLACE, EventKind.KEPT, EventKind.WENT_ON})
"""The item stays in a slot, but no work is done on it."""
IN_WORDS = WAITS | {EventKind.PUBLISHES}
"""Marks for which the name of the step does not describe the state of the thread or worker."""
ENDS: dict[EventKind, tuple[str, str]] = {
    EventKind.PAGE: ("ok", "page"),
    EventKind.ERROR: ("bad", "error page"),
    EventKind.GAVE_UP: ("gone", "gave up"),
    EventKind.REJECTED: ("bad", "rejected"),
    EventKind.FAILED_WAITS: ("bad", "failed"),
    EventKind.FAILED_LATER: ("bad", "failed"),
    EventKind.KEPT: ("bad", "failed"),
    EventKind.DIED: ("bad", "worker {slot} dies"),
    EventKind.DONE: ("done", "{done}"),
    EventKind.DEAD: ("bad", "dead letter"),
    EventKind.ALSO_DONE: ("done", "{done}"),
    EventKind.ALSO_FAILED: ("bad", "failed"),
    EventKind.THROWN_AWAY: ("gone", "too late"),
    EventKind.SKIPPED: ("gone", "skipped"),
    **dict.fromkeys(LOST_BY.values(), ("bad", "lost")),
    **dict.fromkeys(INTERRUPTED, ("bad", "error page")),
    EventKind.STANDS_STILL: ("frozen", "frozen"),
    EventKind.WENT_ON: ("bad", "{step} failed"),
}
"""The sign at the end of a bar or of a stretch of it, and its words; `{done}` is the effect of the step."""
REASONS: dict[EventKind, str] = {
    EventKind.DIED: "worker died",
    EventKind.DEAD: "dead letter",
    **dict.fromkeys(LOST_BY.values(), "work lost"),
    EventKind.ERROR: "error page",
    **dict.fromkeys(INTERRUPTED, "error page"),
    EventKind.GAVE_UP: "gave up",
    EventKind.REJECTED: "rejected",
    EventKind.TIMEOUT_OVER: "taken twice",
    EventKind.FAILED_LATER: "failed",
    EventKind.KEPT: "failed",
    EventKind.FAILED_WAITS: "failed",
    EventKind.WENT_ON: "failed",
    EventKind.STANDS_STILL: "frozen",
}
"""Why a customer among many has a bar: the first to whom this happened."""


def _in_both(text: str) -> dict[Mode, str]:
    return {"sync": text, "async": text}


_LOST_FOR_GOOD: dict[Mode, str] = {"async": "Nobody will do this work any more."}
_TRIED_AGAIN: dict[Mode, str] = {
    "async": "One attempt has failed. The message is kept and tried again; nobody waits for it."
}
STOPS: dict[EventKind, dict[Mode, str]] = {
    EventKind.PAGE: {
        "sync": "Every step was done first, and the customer waited for all of them.",
        "async": "The page did not wait for the work on the queue.",
    },
    EventKind.ERROR: {
        "sync": "The customer believes that nothing has happened. What was done before stays done.",
        "async": "A step that the page needs has failed.",
    },
    EventKind.GAVE_UP: _in_both("The customer has left, and the server does not know it."),
    EventKind.CLICKS_AGAIN: _in_both("The second click is a second request, with all its work."),
    EventKind.REJECTED: _in_both("The line is full, so the answer comes at once."),
    EventKind.FAILED_WAITS: _in_both("One attempt has failed. The customer waits for the next one."),
    EventKind.QUEUED: {"async": "The work is a message now. The page does not wait for it."},
    EventKind.IN_OUTBOX: {
        "async": "The work stands in the database. The page does not wait for the broker, which may be down."
    },
    EventKind.FAILED_LATER: _TRIED_AGAIN,
    EventKind.KEPT: _TRIED_AGAIN,
    EventKind.DIED: {"async": "The message was not acknowledged, so the queue will deliver it again."},
    EventKind.TIMEOUT_OVER: {
        "async": "The queue has waited long enough for the acknowledgement: a second worker may take it."
    },
    EventKind.TAKEN_AGAIN: {"async": "The same message is delivered once more."},
    EventKind.DEAD: {"async": "The queue gives up on this message, and keeps it aside."},
    **dict.fromkeys(LOST_BY.values(), _LOST_FOR_GOOD),
    EventKind.KILLED: _in_both(
        "It held its thread for longer than the server allows. What was done stays done."
    ),
    EventKind.CUT: _in_both("Nothing is drained: who waits and who is served sees an error page now."),
    EventKind.CLOSED: _in_both("Nobody is there to answer, so the error page comes at once."),
    EventKind.FREEZES: {"async": "It is not dead, it only stands still. The queue does not know yet."},
    EventKind.TAKEN_FOR_DEAD: {
        "async": "The queue cannot tell a frozen worker from a dead one, so what it holds comes back."
    },
    EventKind.WAKES: {"async": "It does not know that it stood still, and goes on with what it has in hand."},
    EventKind.EVICTED: {
        "async": "It lives, and works on. But its group does not wait: others read its messages once more."
    },
    EventKind.STOPPING: {"async": "It gives back what it only holds, and ends what it has in hand."},
    EventKind.DIES_STOPPING: {
        "async": "Its time to end was too short. Its message will come back, and is done from the beginning."
    },
    EventKind.STOPPED: {"async": "It has ended by itself: nothing is lost, and nothing is done twice."},
    EventKind.SERVER_DOWN: _in_both("As long as it is down, who comes sees an error page at once."),
    EventKind.BROKER_DOWN: {"async": "Nothing can be put on the queue, and nothing taken from it."},
    EventKind.WENT_ON: _in_both("The step has failed for good, and the customer does not see that."),
}
"""What the first event of a kind means in each design, where guided play stops."""
ITEM_NAMES = {"customer": "#{}", "orphan": "#{} (gone)", "message": "#{}", "copy": "#{} (still)"}
"""The name of an item, by its kind: the customer's number, and whether the customer or the message has
left."""
SIGNS = [
    {"look": "sa-sign-customer", "text": "customer"},
    {"look": "sa-sign-message", "text": "message"},
    {"look": "sa-work", "text": "work"},
    {"look": "sa-waiting", "text": "waiting"},
    {"look": "sa-work sa-for-message", "text": "nobody waits for it"},
    {"look": "sa-away", "text": "comes back later"},
    {"look": "sa-for-orphan", "text": "work for nobody"},
    {"look": "ok", "text": "page"},
    {"look": "done", "text": "work done"},
    {"look": "bad", "text": "failed"},
    {"look": "gone", "text": "gave up"},
    {"look": "sa-dot", "text": "done more than once"},
]
"""The legend of a page: the look of a stretch (classes of its style sheet) or of a sign, and its meaning."""
PAUSE_SIGNS = ("frozen", "stopping", "stopped", "evicted")
"""The words for workers that take nothing, though they are not dead: each is a sign of the legend, too."""
KEYS = (
    "Keys: space plays and pauses, left and right go by event, with shift by a second, Home and End jump, "
    "+ and - change the speed, g is guided play."
)
CLICKS = "Click on a customer to follow them in both lanes; Escape stops this."
