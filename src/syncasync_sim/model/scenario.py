"""A scenario: traffic, customer, server, steps, queue and workers. It is checked when it is made, and frozen.

Attributes are in seconds (`_s`), per second (`_per_s`) and shares. In a file the keys have no suffix and take
text with a unit. None means `none`, `unlimited`, `never` or `forever`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pydantic import Field, field_validator, model_validator

from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.claims import check_claim
from syncasync_sim.model.distributions import Constant, EmpiricalFile
from syncasync_sim.model.fields import (
    DurationOrAuto,
    Natural,
    PositiveDurationOrNone,
    StrictModel,
    cross_field_error,
    field_error,
)
from syncasync_sim.model.formats import format_share
from syncasync_sim.model.measured import MeasuredColumn, known_columns
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import format_duration
from syncasync_sim.model.queue_parts import Queue, Workers
from syncasync_sim.model.random_streams import PAIRED
from syncasync_sim.model.request_parts import Customer, Server, Step
from syncasync_sim.model.traffic import Traffic

MOST_REQUESTS = 5_000_000
"""The greatest number of requests (customers times clicks) a scenario may ask for."""
MOST_STEPS = 100
CLOCK_S = 2e-6
"""Times are rounded to microseconds: what is closer may be the same."""
ALMOST_SURE = 50
"""Of so many random arrivals on average there is at least one, but for one run in 10 ** 21."""
NEVER_ENDS = "this run would never end"
"""How the refusal of such a run begins."""
_FOR_INSTANCE = "write for instance my-checkout"
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def check_name(name: str) -> str:
    """Check the name of a scenario or a lesson, and give it back.

    Args:
        name: the name.

    Raises:
        PydanticCustomError: it is no valid name.
    """
    if len(name) > 80:
        raise field_error(f"a name has at most 80 characters, not {len(name)}", cure="write a shorter name")
    if not name or not all(c.isascii() and (c.isalnum() or c in "-_.") for c in name):
        raise field_error("a name is made of letters, digits, '-', '_' and '.'", cure=_FOR_INSTANCE)
    if name.startswith((".", "-")):
        raise field_error("a name begins with a letter or a digit", cure=_FOR_INSTANCE)
    if name.endswith(".") or is_reserved(name):
        raise field_error("there can be no folder of that name on every system", cure=_FOR_INSTANCE)
    return name


def is_reserved(name: str) -> bool:
    """Whether Windows takes a file of this name for a device, whatever its ending."""
    return name.partition(".")[0].lower() in _DEVICES


class Scenario(StrictModel):
    """One question: the customers, the work for each of them, and the system that does the work."""

    name: str = "scenario"
    """A short name for files and commands; by default the name of the file without its ending."""
    title: str = ""
    """One line for headings."""
    description: str = ""
    """The points to look for in the result."""
    seed: Natural = 1
    """The random seed; the same seed gives the same run."""
    traffic: Traffic
    """The arrivals of the customers."""
    customer: Customer = Customer()
    """How long a customer waits, and what a customer does after that."""
    server: Server = Server()
    """The web server."""
    steps: tuple[Step, ...]
    """The work for each customer, in order."""
    queue: Queue = Queue()
    """The message queue of the asynchronous design."""
    workers: Workers = Workers()
    """The workers of the asynchronous design."""
    stop_at_s: PositiveDurationOrNone = Field(default=None, alias="stop_at")
    """The time at which the run is cut; `none`: the run ends with its last event."""
    warm_up: DurationOrAuto = 0.0
    """Statistics leave out the customers who arrived before this time; `auto`: pilot runs find the time."""
    expect: tuple[str, ...] = ()
    """Claims about the result, for instance `sync.response_time_s.max == 2.55s`."""

    _check_name = field_validator("name")(check_name)

    @field_validator("title", "description")
    @classmethod
    def _text(cls, text: str) -> str:
        return text.strip()

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        check_scenario(self)
        return self

    @property
    def warm_up_s(self) -> float:
        """Seconds of the warm-up; 0 where it is `auto` and has not been found."""
        return 0.0 if self.warm_up == "auto" else self.warm_up

    @property
    def effects(self) -> tuple[str, ...]:
        """What its steps do in the world, in their order."""
        return tuple(step.effect for step in self.steps if step.effect)

    def background(self, step: Step, mode: Mode) -> bool:
        """Whether a step is a message to the workers in this design, not part of the request.

        Args:
            step: the step.
            mode: the design, `sync` or `async`.
        """
        return step.background and mode == "async"

    def most_deliveries(self, step: Step) -> int | None:
        """Return the greatest number of deliveries of a step's message; None without a limit.

        It is the lower one of the step's own limit and that of the queue.
        """
        limits = (step.retry.attempts, self.queue.max_deliveries)
        return min((limit for limit in limits if limit is not None), default=None)

    def attempts_on_queue(self, step: Step) -> int | None:
        """Return the greatest number of attempts at a step on the queue; None without a limit.

        A message that is acknowledged before the work has one: whatever ends it, it does not come back.
        """
        return 1 if self.queue.ack == "before" else self.most_deliveries(step)

    @property
    def measured(self) -> dict[tuple[str | int, ...], MeasuredColumn]:
        """The columns of files that it holds, each by the path of what names it."""
        return dict(_measured(self, ()))

    def with_data(self, data: dict[str, Any]) -> Scenario:
        """Return the scenario that plain data describes; what it names of a file has the values of this one.

        Args:
            data: the plain data, as `to_data` gives it.

        Raises:
            ValidationError: the data is no valid scenario (an error of pydantic).
        """
        return Scenario.model_validate(data, context=known_columns(self.measured.values()))

    def to_data(self) -> dict[str, Any]:
        """Return the written keys as plain data, as a file holds them.

        Validating the data gives an equal Scenario; `with_data` does it where a file is named.
        """
        data: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return data


# -- what no single value can tell: whether the values go together, and whether the run can end ------------


def check_scenario(scenario: Scenario) -> None:
    """Check that the values of a scenario fit each other.

    Args:
        scenario: the scenario.

    Raises:
        PydanticCustomError: two values do not fit; the error has the path of the one to change.
    """
    _check_steps(scenario)
    _check_size(scenario)
    _check_paired(scenario)
    _check_ends(scenario)
    if scenario.stop_at_s is not None and scenario.warm_up_s >= scenario.stop_at_s:
        raise cross_field_error(
            ("warm_up",),
            "nothing is left to count: the run is cut at stop_at",
            cure="a warm-up before stop_at",
        )
    for index, claim in enumerate(scenario.expect):
        check_claim(claim, scenario.effects, ("expect", index))


def _check_steps(scenario: Scenario) -> None:
    if not scenario.steps:
        raise cross_field_error(
            ("steps",), "there is nothing to do", cure="add for instance  - {name: work, duration: 200ms}"
        )
    if len(scenario.steps) > MOST_STEPS:
        raise cross_field_error(
            ("steps",), f"at most {MOST_STEPS} steps, not {len(scenario.steps)}", cure="put several into one"
        )
    names = Counter(step.name for step in scenario.steps)
    for index, step in enumerate(scenario.steps):
        if names[step.name] > 1:
            raise cross_field_error(
                ("steps", index, "name"), f"two steps are called '{step.name}'", cure="names are unique"
            )


def _check_size(scenario: Scenario) -> None:
    customers = scenario.traffic.expected_customers
    requests = customers * (1 + scenario.customer.resubmits)
    if requests > MOST_REQUESTS:
        raise cross_field_error(
            ("traffic",),
            f"this asks for up to {requests:,.0f} requests; a run takes at most {MOST_REQUESTS:,}",
            cure="fewer customers, a lower rate, a shorter time or fewer clicks",
        )


def _measured(part: StrictModel, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The columns in a part of a scenario, each by its path."""
    if isinstance(part, Traffic) and part.measured is not None:
        yield (*path, "file"), part.measured
    for name, info in type(part).model_fields.items():
        value, where = getattr(part, name), (*path, info.alias or name)
        for index, item in enumerate(value if isinstance(value, tuple) else (value,)):
            inner = (*where, index) if isinstance(value, tuple) else where
            if isinstance(item, StrictModel):
                yield from _measured(item, inner)
            elif isinstance(item, EmpiricalFile):
                yield inner, item.column


def _check_paired(scenario: Scenario) -> None:
    if not scenario.traffic.paired:
        return
    come = round(scenario.traffic.expected_customers)
    for path, column in scenario.measured.items():
        if path[-1] in PAIRED and len(column.values_us) < come:
            raise cross_field_error(
                path,
                f"{column.reference.file} has {len(column.values_us):,} rows for {come:,} customers; with "
                "traffic.paired each customer has a row",
                cure=f"give a file with at least {come:,} rows, or leave paired out",
            )


def _check_ends(scenario: Scenario) -> None:
    """Refuse what can only go on for ever; what merely may is stopped by the engine's own limit."""
    if scenario.stop_at_s is not None:
        return
    killed = scenario.server.interrupts  # a request that would go on for ever may be ended by the server
    lost = scenario.queue.in_process and bool(scenario.server.restarts)  # and so may a message
    for index, step in enumerate(scenario.steps):
        if step.retry.attempts is not None:
            continue
        if _retried_in_request(step) and not killed and (reason := always_fails(step)):
            raise _endless(("steps", index, "retry", "attempts"), f"'{step.name}' {reason}")
        if not step.background or lost:
            continue
        if scenario.queue.ack == "after" and (reason := _comes_back_for_ever(scenario, step)):
            raise _endless(("steps", index, "retry", "attempts"), f"'{step.name}' {reason}")
        if reason := _always_late(scenario, step):
            raise _endless(
                ("steps", index, "retry", "attempts"),
                f"'{step.name}' {reason}",
                cure=_late_cure(scenario),
            )


def _comes_back_for_ever(scenario: Scenario, step: Step) -> str:
    """Why a message is delivered again and again; empty if it is not, or the queue's own limit ends it."""
    queue = scenario.queue
    has_limit, counts_all = queue.max_deliveries is not None, queue.limit_counts == "all"
    fails_counted = has_limit and (counts_all or queue.failure != "timeout")
    crashes_counted = has_limit and (counts_all or queue.crash_detection is not None)
    fails = "" if fails_counted else always_fails(step)
    return fails or ("" if crashes_counted else _always_crashes(scenario))


def _retried_in_request(step: Step) -> bool:
    return step.retry.in_request


def always_fails(step: Step) -> str:
    """The reason why every attempt for some customer fails from some time on; empty if each may succeed."""
    if step.failure_rate == 1:
        return "fails every time (failure_rate: 100%)"
    if step.poison:
        return f"fails every time for some customers (poison: {format_share(step.poison)})"
    if any(window.for_s is None for window in step.outages):
        return "is in an outage that lasts for ever"
    shortest = step.duration.quantile_s(0.0)
    if step.timeout_s is not None and isinstance(step.duration, Constant) and shortest > step.timeout_s:
        return "takes longer than its timeout every time"
    if step.outages and not _failure_takes_time(step) and step.retry.delay_s == 0:
        return "fails in no time and is tried again at once while its outage lasts"
    return ""


def _failure_takes_time(step: Step) -> bool:
    length = step.duration.mean_s if step.fails_after_s is None else step.fails_after_s
    return length > 0


def _always_crashes(scenario: Scenario) -> str:
    dies = scenario.workers.crash_rate == 1 and scenario.workers.restart_after_s is not None
    return "is never acknowledged: the worker dies at every delivery (crash_rate: 100%)" if dies else ""


def _always_late(scenario: Scenario, step: Step) -> str:
    """Why no acknowledgement of the background step ever counts, and its message is taken for ever.

    Empty unless all of this is certain: the shortest work is longer than the longest visibility timeout, and
    nobody extends the timeout. Late acknowledgements are ignored (`until_retaken` depends on who is free).
    A worker is always there to take the message again. At least one message is published and cannot be lost.
    """
    queue, workers = scenario.queue, scenario.workers
    timeout = queue.visibility_timeout
    ignores = queue.late_ack == "ignored" or queue.evicts
    if timeout is None or not ignores or queue.ack != "after" or workers.renew:
        return ""
    if queue.max_deliveries is not None and (queue.limit_counts == "all" or queue.evicts):
        return ""  # else what the timeout brought back is not counted, and the limit never comes
    is_calm = not (workers.crashes or workers.crash_rate or workers.may_pause)
    if not workers.count or not is_calm or not _surely_published(scenario):
        return ""
    quickest = min([1.0, *(slowdown.factor for slowdown in step.slowdowns)])
    shortest_s, longest_s = step.duration.quantile_s(0.0) * quickest, timeout.quantile_s(1 - 2.0**-53)
    if shortest_s <= longest_s + CLOCK_S:
        return ""
    return (
        f"always takes longer ({format_duration(shortest_s)}) than the visibility timeout "
        f"({format_duration(longest_s)}), after which its acknowledgement is ignored and it is done again"
    )


def _late_cure(scenario: Scenario) -> str:
    """What ends it; not what this broker does not have."""
    renew = "workers.renew: true or " if BROKERS[scenario.queue.broker].can_renew else ""
    return f"set {renew}a longer queue.visibility_timeout, limit attempts, or set stop_at"


def _surely_published(scenario: Scenario) -> bool:
    """Whether at least one customer comes, no step of the request can fail, and no message can be lost."""
    traffic, queue = scenario.traffic, scenario.queue
    by_chance = traffic.arrivals == "poisson" and traffic.requests is None and traffic.at_s is None
    if traffic.expected_customers < (ALMOST_SURE if by_chance else 1):
        return False
    in_request = [step for step in scenario.steps if not step.background]
    if any(s.failure_rate or s.poison or s.outages or s.timeout_s is not None for s in in_request):
        return False
    if scenario.server.interrupts:
        return False
    return not queue.outages and queue.capacity is None


def _endless(where: tuple[str | int, ...], reason: str, cure: str = "") -> Exception:
    return cross_field_error(
        where,
        f"{NEVER_ENDS}: {reason}, and attempts are unlimited",
        cure=cure or "limit attempts, or set stop_at",
    )
