"""Random numbers asked for by name, never "the next one".

One stream per (seed, replication, purpose, step, attempt, click); its k-th number belongs to customer k.
So the same question has the same answer in both designs, whatever else happened before it: common
random numbers. They are those of `Random.random()`, the one method whose sequence Python promises for a seed;
a test holds to it the streams that are made of the bits behind it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from random import Random  # noqa: TID251 - the one place that knows the generator
from typing import Any

from syncasync_sim.model.distributions import Distribution, EmpiricalFile
from syncasync_sim.model.quantities import US_PER_S, rounded

SEPARATOR = "\x1f"
"""Stands between the parts of a stream's name; no step name can hold it."""

MOST_AHEAD = 1_024
"""How many numbers are made before anybody asks for them, at most."""

BLOCK = 64
"""So many numbers of a later attempt or click are made and kept together."""
BLOCKS_TO_MARK = 256
"""After so many blocks the state of the generator is kept, to come back to."""
_BITS = 64
"""What `Random.random()` takes of the generator: two words of 32 bits."""
_WORD = (1 << 32) - 1

PAIRED = ("duration", "publish", "deliver")
"""The purposes of durations that a customer has: a measured one may belong to one customer."""

Transform = Callable[[list[float]], list[Any]]
"""Makes the numbers that are kept of numbers in [0, 1)."""


def slice_end(customer: int, known: int) -> int:
    """Return up to which customer numbers are made together when one customer needs theirs.

    Args:
        customer: the number of the customer.
        known: how many customers have theirs.
    """
    return max(customer + 1, 16, min(2 * known, known + MOST_AHEAD))


class RandomStream:
    """The random numbers of one name, made when they are needed, and kept."""

    __slots__ = ("_random", "_transform", "values")

    def __init__(self, key: str, typecode: str, transform: Transform) -> None:
        self._random = Random(key).random
        self._transform = transform
        self.values: array[float] = array(typecode)

    def __call__(self, customer: int) -> float:
        """The number that belongs to *customer*."""
        values = self.values
        if customer >= len(values):
            self._grow(slice_end(customer, len(values)) - len(values))
        return values[customer]

    def _grow(self, more: int) -> None:
        random = self._random
        self.values.fromlist(self._transform([random() for _ in repeat(None, more)]))


class SparseStream:
    """The uniform random numbers of one name that few customers ask for.

    They are those of `Random.random()`, made of the same bits when somebody asks for one. Most are never
    made: with a plain stream, a customer who is the only one to try again costs as much as all before.
    """

    __slots__ = ("_blocks", "_marks", "_next", "_random")

    def __init__(self, key: str) -> None:
        self._random = Random(key)
        self._blocks: dict[int, int] = {}  # the bits of each block that somebody asked for
        self._marks: list[array[int]] = []
        self._next = 0  # the block that the generator makes next

    def __call__(self, customer: int) -> float:
        """The number that belongs to *customer*."""
        number, offset = divmod(customer, BLOCK)
        bits = self._blocks.get(number)
        if bits is None:
            self._go_to(number)
            bits = self._blocks[number] = self._random.getrandbits(BLOCK * _BITS)
            self._next += 1
        words = bits >> offset * _BITS
        # As Random.random() does: 27 bits of the first word, then 26 of the second, over 2^53.
        return ((words & _WORD) >> 5 << 26 | (words >> 32 & _WORD) >> 6) * 2.0**-53

    def _go_to(self, number: int) -> None:
        """Wind the generator to the beginning of the block with this number."""
        mark = number // BLOCKS_TO_MARK
        if number < self._next:
            version, _, normal = self._random.getstate()
            self._random.setstate((version, tuple(self._marks[mark]), normal))
            self._next = mark * BLOCKS_TO_MARK
        while True:
            marked, since = divmod(self._next, BLOCKS_TO_MARK)
            if not since and marked == len(self._marks):
                self._marks.append(array("I", self._random.getstate()[1]))
            if self._next == number:
                return
            more = min(number - self._next, BLOCKS_TO_MARK - since)
            self._random.getrandbits(more * BLOCK * _BITS)
            self._next += more


@dataclass(frozen=True, slots=True)
class RandomStreams:
    """All random numbers of one replication of one seed, by name.

    With *paired*, customer k has the value of row k of a file as the duration of the first attempt for the
    first click: it is not random.
    """

    seed: int
    replication: int = 0
    paired: bool = False
    _streams: dict[str, RandomStream] = field(default_factory=dict, repr=False, compare=False)
    _later: dict[str, SparseStream] = field(default_factory=dict, repr=False, compare=False)

    def uniform(
        self, purpose: str, step: str = "", attempt: int = 1, click: int = 0
    ) -> RandomStream | SparseStream:
        """The stream of uniform random numbers in [0, 1) for one purpose.

        The stream depends on these names and the seed only, so both designs draw the same numbers (common
        random numbers; Law, Simulation Modeling and Analysis, 2015, chapter 11).

        Args:
            purpose: the purpose of the numbers, as `failure`.
            step: the name of the step.
            attempt: the number of the attempt, from 1.
            click: the number of the click, from 0.
        """
        if (attempt, click) == (1, 0):
            return self.first_uniform(purpose, step)
        key = self._key(purpose, step, attempt, click)
        if key not in self._later:
            self._later[key] = SparseStream(key)
        return self._later[key]

    def first_uniform(self, purpose: str, step: str = "") -> RandomStream:
        """The same for the first attempt for the first click.

        Args:
            purpose: the purpose of the numbers, as `failure`.
            step: the name of the step.
        """
        return self._first(purpose, step, "d", lambda us: us)

    def durations_us(self, distribution: Distribution, purpose: str, step: str = "") -> RandomStream:
        """The stream of random durations for one purpose, in whole microseconds.

        They are those of the first attempt for the first click. Durations are made by inversion: the quantile
        of a uniform number.

        Args:
            distribution: the distribution of the durations.
            purpose: the purpose of the numbers, as `duration`.
            step: the name of the step.
        """
        quantiles_s = distribution.quantiles_s

        def microseconds(us: list[float]) -> list[int]:
            return rounded([duration_s * US_PER_S for duration_s in quantiles_s(us)])

        stream = self._first(purpose, step, "q", microseconds)
        if (
            isinstance(distribution, EmpiricalFile)
            and self.paired
            and purpose in PAIRED
            and not stream.values
        ):
            stream.values.extend(distribution.column.values_us)
        return stream

    def gaps(self) -> Iterator[list[float]]:
        """Yield exponential(1) gaps between arrivals, in lists, without end."""
        random, log = Random(self._key("arrivals", "", 1, 0)).random, math.log
        while True:
            yield [-log(1.0 - random()) for _ in repeat(None, MOST_AHEAD)]

    def _first(self, purpose: str, step: str, typecode: str, transform: Transform) -> RandomStream:
        key = self._key(purpose, step, 1, 0)
        if key not in self._streams:
            self._streams[key] = RandomStream(key, typecode, transform)
        return self._streams[key]

    def _key(self, *name: object) -> str:
        return SEPARATOR.join(map(str, (self.seed, self.replication, *name)))
