"""Who and what there is: requests, messages, workers, deliveries, attempts."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Request:
    number: int
    customer: int
    click: int
    arrived: int
    step: int = -1
    tries: int = 0
    began: int | None = None
    ended: int | None = None
    response: str = "none"
    replied: int | None = None
    went_wrong: bool = False  # a step in the request failed for good, or a publish was refused
    went_on: bool = False  # a step failed for good, and that was not its end
    done: set[int] = field(default_factory=set)  # steps that happened in the world, known or not
    succeeded: dict[int, int] = field(default_factory=dict)  # step -> its first success
    attempt: Attempt | None = None  # the last one it asked for


@dataclass(eq=False)
class Message:
    number: int
    request: Request
    step: int
    published: int
    place: int
    state: str = "visible"  # visible | retrying | in flight | acknowledged | dead_lettered | lost
    deliveries: int = 0
    timed_out: int = 0  # of these, those that a visibility timeout brought back
    first_taken: int | None = None
    held_by: Delivery | None = None


@dataclass(eq=False)
class Worker:
    number: int
    up: bool = True
    holds: list[Delivery] = field(default_factory=list)  # in the order of taking; the first is in its hands
    joined: int = 0  # the rotation, after so many others
    member: bool = True  # of the group that owns the partitions
    unnoticed: bool = False  # died, and the group does not know yet
    noticed_at: float = 0
    ups: int = 0  # how often the web server took it down: a restart from before counts no more
    stopping: bool = False  # gives back, ends what it has in hand, then is down
    stops: int = 0  # begun so far
    back_after_s: float | None = None  # after the end of the stop
    still_since: int | None = None  # it stands still
    still_until: int = 0
    removed: bool = False  # evicted or taken for dead, until it has ended what it has in hand

    @property
    def takes(self) -> bool:
        return self.up and not self.stopping and not self.removed and self.still_since is None


@dataclass(eq=False)
class Delivery:
    message: Message
    worker: Worker
    number: int
    there: int  # when it has been delivered
    turn: int | None = None  # since when it is in the worker's hands
    out: int | None = None  # when its visibility timeout is over; None: it does not run
    ended: int | None = None
    attempt: Attempt | None = None
    put_off: str = ""  # begin | try: what its worker would do with it, but it stands still
    between_tries: bool = False
    void: bool = False  # its worker was evicted: it cannot acknowledge any more


@dataclass(frozen=True)
class Reading:
    """What there is when everything at an instant has happened."""

    at: int
    in_queue: tuple[Message, ...]  # those that the depth counts
    waiting: int  # for a thread
    busy_threads: int
    held: int  # copies, by all workers


@dataclass(frozen=True)
class Course:
    """How an attempt goes, for who makes it and for the service that is called."""

    caller: int  # how long the caller has to do with it
    success: bool  # what the caller knows in the end
    service: int  # how long it takes in full
    happens: bool  # whether the service has done in the end what it is for

    @property
    def is_cut(self) -> bool:
        return self.caller < self.service


@dataclass(eq=False)
class Attempt:
    owner: Request | Delivery
    step: int
    started: int | None = None
    ends: int = 0  # as things stand
    ended: int | None = None
    course: Course | None = None  # how it goes, once it has begun

    @property
    def request(self) -> Request:
        return self.owner if isinstance(self.owner, Request) else self.owner.message.request

    @property
    def number(self) -> int:
        """The how many-th attempt at its step for this click, from 1."""
        return self.owner.tries + 1 if isinstance(self.owner, Request) else self.owner.number

    @property
    def rank(self) -> tuple[int, int]:
        return (0, self.owner.number) if isinstance(self.owner, Request) else (1, self.owner.worker.number)

    @property
    def stands(self) -> bool:
        """Its worker stands still."""
        return isinstance(self.owner, Delivery) and self.owner.worker.still_since is not None
