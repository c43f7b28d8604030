"""The first steps of a request, as far as nothing can happen in them: they are settled when it begins."""

from __future__ import annotations

from collections.abc import Sequence
from operator import add

from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.model.attempts import OK, AttemptSampler
from syncasync_sim.model.random_streams import slice_end


class SureSteps:
    """Steps that cannot fail and meet nobody: one attempt each, one after the other.

    So for a first click all that counts while the run goes on is how long they take together. The attempts
    are written down later, for many requests at once.
    """

    def __init__(self, samplers: Sequence[AttemptSampler], recorder: Recorder) -> None:
        """*samplers*: those of the steps, from the first step on."""
        self._lengths = [sampler.length for sampler in samplers]
        self._recorder = recorder
        self._totals_us: list[int] = []
        self._rows: list[int] = []
        self._customers: list[int] = []
        self.count = len(samplers)

    def begin(self, request: int, customer: int) -> int:
        """Begin them for a first click.

        Args:
            request: the row of the request.
            customer: the number of the customer.

        Returns:
            How long they take together, in microseconds.
        """
        self._rows.append(request)
        self._customers.append(customer)
        totals = self._totals_us
        if customer >= len(totals):
            more = range(len(totals), slice_end(customer, len(totals)))
            totals.extend(map(sum, zip(*(lengths.of_first(more) for lengths in self._lengths), strict=True)))
        return totals[customer]

    def write_attempts(self) -> None:
        """Write down the attempts of the requests that have begun since the last call."""
        rows, customers, requests = self._rows, self._customers, self._recorder.requests
        if not rows:
            return
        first = customers[0]  # first clicks begin in the order of their customers
        threads, at = (list(map(requests.column(name).__getitem__, rows)) for name in ("thread", "began"))
        for step, lengths in enumerate(self._lengths):
            of_all = lengths.of_first(range(first, customers[-1] + 1))
            ends = list(map(add, at, [of_all[customer - first] for customer in customers]))
            self._recorder.attempts.extend(rows, step, 1, threads, at, ends, OK)
            at = ends
        rows.clear()
        customers.clear()
