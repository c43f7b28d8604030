"""How one attempt at a step goes: given its draws and its start, its length and outcome are settled."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from enum import IntEnum

from syncasync_sim.errors import RunTooLongError
from syncasync_sim.model.distributions import Constant, Distribution
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.random_streams import RandomStream, RandomStreams, SparseStream, slice_end
from syncasync_sim.model.request_parts import Retry, Step
from syncasync_sim.model.windows import Slowdowns, Windows


class LabelledIntEnum(IntEnum):
    """A whole number in a column that reads as a word."""

    def __str__(self) -> str:
        return self.name.lower()


class AttemptOutcome(LabelledIntEnum):
    """The outcome of one attempt at a step.

    OPEN: the run was stopped before the end of the attempt. ANSWER_LOST: it failed for its caller, but its
    effect happened.
    """

    OPEN, OK, FAILED, TIMED_OUT, CRASHED, ANSWER_LOST = range(6)


OK, FAILED, TIMED_OUT = int(AttemptOutcome.OK), int(AttemptOutcome.FAILED), int(AttemptOutcome.TIMED_OUT)
ANSWER_LOST = int(AttemptOutcome.ANSWER_LOST)

MOST_ATTEMPTS = 100_000
"""A step tried this often in one request will not come to an end in a lesson."""


class DurationSampler:
    """Durations of one purpose at one step: a constant, or a stream per attempt and click."""

    __slots__ = ("_distribution", "_draws", "_first", "_later", "_purpose", "_step", "constant")

    def __init__(self, distribution: Distribution, draws: RandomStreams, purpose: str, step: str) -> None:
        self._distribution, self._draws, self._purpose, self._step = distribution, draws, purpose, step
        self.constant = to_us(distribution.mean_s) if isinstance(distribution, Constant) else None
        self._first = draws.durations_us(distribution, purpose, step)  # most attempts are the first
        self._later: dict[tuple[int, int], RandomStream | SparseStream] = {}

    def __call__(self, customer: int, click: int, number: int) -> int:
        """Microseconds of the *number*-th attempt for this *click* of *customer*."""
        if self.constant is not None:
            return self.constant
        if number == 1 and not click:
            return self._first(customer)  # type: ignore[return-value]  # durations are whole numbers
        # Few customers come to it: only their durations are made of the random numbers.
        stream = self._later.get((number, click))
        if stream is None:
            stream = self._draws.uniform(self._purpose, self._step, number, click)
            self._later[number, click] = stream
        return to_us(self._distribution.quantile_s(stream(customer)))

    def of_first(self, customers: range) -> array[int]:
        """The durations of the first attempt for the first click of these customers, in microseconds."""
        if self.constant is not None:
            return array("q", [self.constant]) * len(customers)
        if customers:
            self._first(customers[-1])
        return self._first.values[customers.start : customers.stop]  # type: ignore[return-value]  # whole


class BernoulliSampler:
    """Coin tosses of one purpose at one step: true with a fixed probability."""

    __slots__ = ("_draws", "_probability", "_purpose", "_step", "_streams")

    def __init__(self, probability: float, draws: RandomStreams, purpose: str, step: str) -> None:
        self._probability, self._draws, self._purpose, self._step = probability, draws, purpose, step
        self._streams: dict[tuple[int, int], RandomStream | SparseStream] = {}

    def __call__(self, customer: int, click: int, number: int) -> bool:
        if not self._probability:
            return False
        stream = self._streams.get((number, click))
        if stream is None:
            stream = self._draws.uniform(self._purpose, self._step, number, click)
            self._streams[number, click] = stream
        return stream(customer) < self._probability

    def of_first(self, customers: range) -> list[int]:
        """Return those of these customers for whom it is true at the first attempt for the first click.

        Args:
            customers: the numbers of the customers.
        """
        probability = self._probability
        if not probability or not customers:
            return []
        stream = self._draws.first_uniform(self._purpose, self._step)
        stream(customers[-1])
        us = stream.values[customers.start : customers.stop]
        return [customer for customer, u in zip(customers, us, strict=True) if u < probability]


class AttemptSampler:
    """Attempts at one step: how long each takes, whether it succeeds, and when to try again."""

    service_works_on = False
    """Whether the called service goes on when its caller has given up."""

    def __init__(self, step: Step, draws: RandomStreams) -> None:
        self.retry = step.retry
        self.length = DurationSampler(step.duration, draws, "duration", step.name)
        self._fails = BernoulliSampler(step.failure_rate, draws, "failure", step.name)
        self._jitter = draws, step.name
        self._delays: dict[int, float] = {}  # by the number of the failed attempt
        self._outages = Windows(step.outages)
        self._slowdowns = Slowdowns(step.slowdowns)
        self._fails_after = None if step.fails_after_s is None else to_us(step.fails_after_s)
        self._timeout = float("inf") if step.timeout_s is None else to_us(step.timeout_s)
        self.timeout_us = 0 if step.timeout_s is None else to_us(step.timeout_s)
        self.never_fails = not (step.failure_rate or step.outages or step.slowdowns or step.timeout_s)
        self._is_timeless = not (step.outages or step.slowdowns)
        # Most attempts are the first for a first click: these are settled for many customers at once.
        self._lengths = array("q")
        self._outcomes: dict[int, int] = {}  # those not OK

    def __call__(self, customer: int, click: int, number: int, start: int) -> tuple[int, int]:
        """(length in microseconds, outcome) of the *number*-th attempt, if it starts at *start*."""
        if number == 1 and not click and self._is_timeless:
            if customer >= len(self._lengths):
                self._settle_up_to(customer)
            return self._lengths[customer], self._outcomes.get(customer, OK)
        return self._settled(customer, click, number, start)

    def _settle_up_to(self, customer: int) -> None:
        known = len(self._lengths)
        self._settle(range(known, slice_end(customer, known)))

    def _settle(self, customers: range) -> tuple[array[int], dict[int, int]]:
        """Settle the first attempts of these customers, and remember them if they are the next ones."""
        lengths, outcomes = self.length.of_first(customers), dict[int, int]()
        for customer in self._uncertain(customers, lengths):
            length, outcome = self._settled(customer, 0, 1, 0)
            lengths[customer - customers.start] = length
            if outcome != OK:
                outcomes[customer] = outcome
        if customers.start == len(self._lengths):
            self._lengths.extend(lengths)
            self._outcomes.update(outcomes)
        return lengths, outcomes

    def _settled(self, customer: int, click: int, number: int, start: int) -> tuple[int, int]:
        """The same, of one attempt alone."""
        length = self.length(customer, click, number)
        if self.never_fails:
            return length, OK
        if self._slowdowns:
            length = self._slowdowns.slowed(length, start)
        outcome = OK
        if self._fails(customer, click, number) or start in self._outages:
            outcome = FAILED
            if self._fails_after is not None:
                length = self._fails_after
        if length > self._timeout:
            return self.timeout_us, TIMED_OUT
        return length, outcome

    def of_first(self, customers: range) -> tuple[array[int], dict[int, int]]:
        """The first attempts for the first click of these customers, whenever they start.

        Args:
            customers: the numbers of the customers; no outage and no slowdown may be at this step.

        Returns:
            The length of each attempt in microseconds, and by customer the outcome of those not OK.
        """
        return (self.length.of_first(customers), {}) if self.never_fails else self._settle(customers)

    def _uncertain(self, customers: range, lengths: array[int]) -> Iterable[int]:
        """The customers whose first attempt may be anything but OK after its full length."""
        yield from self._fails.of_first(customers)
        if self._timeout < float("inf"):
            longest = self._timeout
            yield from [c for c, length in zip(customers, lengths, strict=True) if length > longest]

    def in_service(self, customer: int, click: int, number: int, start: int) -> tuple[int, int]:
        """Return what the called service does, whether its caller waits for it or not.

        Args:
            customer: the number of the customer, from 0.
            click: the number of the click, from 0.
            number: the number of the attempt, from 1.
            start: the time at which it starts, in microseconds.

        Returns:
            The full length, in microseconds, and the code of the outcome.
        """
        return self(customer, click, number, start)

    def is_poison(self, customer: int) -> bool:
        """Whether every attempt at this step fails for a customer, in both designs and at every click."""
        del customer
        return False

    def is_last(self, number: int) -> bool:
        """Whether an attempt with this number, from 1, is the last one allowed."""
        return self.retry.attempts is not None and number >= self.retry.attempts

    def delay_in_request(self, customer: int, click: int, number: int) -> int | None:
        """Return the microseconds until the request tries again; None if the step has failed for good.

        Args:
            customer: the number of the customer, from 0.
            click: the number of the click, from 0.
            number: the number of the failed attempt, from 1.

        Raises:
            RunTooLongError: the step was tried without end.
        """
        if not self.retry.in_request or self.is_last(number):
            return None
        if number >= MOST_ATTEMPTS:
            raise RunTooLongError(f"a step was tried {MOST_ATTEMPTS:,} times in one request")
        return self.retry_delay(customer, click, number)

    def retry_delay(self, customer: int, click: int, number: int) -> int:
        """Return the microseconds from the failure of an attempt until the next one.

        With full jitter the delay is uniform between 0 and the delay without jitter (Brooker 2015,
        Exponential Backoff And Jitter).

        Args:
            customer: the number of the customer, from 0.
            click: the number of the click, from 0.
            number: the number of the failed attempt, from 1.
        """
        delay = self._delays.get(number)
        if delay is None:
            delay = self._delays[number] = delay_us(self.retry, number)
        if self.retry.jitter == "full":
            draws, step = self._jitter
            delay *= draws.uniform("jitter", step, number, click)(customer)
        return round(delay)


class FaultyAttemptSampler(AttemptSampler):
    """Attempts that may be poisoned or lose their answer, or whose service works on."""

    def __init__(self, step: Step, draws: RandomStreams) -> None:
        super().__init__(step, draws)
        self._loses_answer = BernoulliSampler(step.lost_answers, draws, "lost answer", step.name)
        self._poison = BernoulliSampler(step.poison, draws, "poison", step.name)
        self.service_works_on = step.on_timeout == "works_on"
        self.never_fails = self.never_fails and not step.poison

    def _settled(self, customer: int, click: int, number: int, start: int) -> tuple[int, int]:
        length, outcome = self.in_service(customer, click, number, start)
        if length > self._timeout:
            return self.timeout_us, TIMED_OUT
        return length, outcome

    def in_service(self, customer: int, click: int, number: int, start: int) -> tuple[int, int]:
        """Return what the called service does, whether its caller waits for it or not.

        A failure has one cause: poison, else an outage, else `failure_rate`.

        Args:
            customer: the number of the customer, from 0.
            click: the number of the click, from 0.
            number: the number of the attempt, from 1.
            start: the time at which it starts, in microseconds.

        Returns:
            The full length, in microseconds, and the code of the outcome.
        """
        length = self.length(customer, click, number)
        if self._slowdowns:
            length = self._slowdowns.slowed(length, start)
        if self.is_poison(customer) or start in self._outages:
            outcome = FAILED
        elif self._fails(customer, click, number):
            outcome = ANSWER_LOST if self._loses_answer(customer, click, number) else FAILED
        else:
            return length, OK
        return length if self._fails_after is None else self._fails_after, outcome

    def _uncertain(self, customers: range, lengths: array[int]) -> Iterable[int]:
        """The customers whose first attempt may be anything but OK after its full length."""
        yield from self._poison.of_first(customers)
        yield from super()._uncertain(customers, lengths)

    def is_poison(self, customer: int) -> bool:
        """Whether every attempt at this step fails for a customer, in both designs and at every click."""
        return self._poison(customer, 0, 1)


def attempt_sampler(step: Step, draws: RandomStreams) -> AttemptSampler:
    """The plain sampler of a step, or the one that knows more ways to fail where the step needs it.

    Args:
        step: the step.
        draws: the random numbers of the run.
    """
    needs_more = step.poison or step.lost_answers or step.on_timeout == "works_on"
    return FaultyAttemptSampler(step, draws) if needs_more else AttemptSampler(step, draws)


def delay_us(retry: Retry, number: int) -> float:
    """Return the microseconds from the failure of an attempt until the next, before jitter and rounding.

    It is the n-th of the delays that are given one by one, or the last of them; else the capped exponential
    backoff min(delay x factor^(n-1), max_delay), computed from whole microseconds: in seconds, half a
    microsecond would not be exact.

    Args:
        retry: the retry policy.
        number: the number n of the failed attempt, from 1.
    """
    if retry.delays_s is not None:
        return to_us(retry.delays_s[min(number, len(retry.delays_s)) - 1])
    first, most = to_us(retry.delay_s), to_us(retry.max_delay_s)
    try:
        return min(first * retry.factor ** (number - 1), most)
    except OverflowError:
        return most if first else 0
