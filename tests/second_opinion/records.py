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
    succeeded: dict[int, int] = field(default_factory=dict)  # step -> its first success


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


@dataclass(eq=False)
class Attempt:
    owner: Request | Delivery
    step: int
    started: int | None = None
    ends: int = 0  # as things stand
    succeeds: bool = False
    ended: int | None = None

    @property
    def request(self) -> Request:
        return self.owner if isinstance(self.owner, Request) else self.owner.message.request

    @property
    def rank(self) -> tuple[int, int]:
        return (0, self.owner.number) if isinstance(self.owner, Request) else (1, self.owner.worker.number)
