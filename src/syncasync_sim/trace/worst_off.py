"""Who was hit hardest in a run, of all designs together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress, count
from operator import add

from syncasync_sim.trace.queries import WarmUpFilter, harms, people
from syncasync_sim.trace.records import Trace


def hardest_hit(traces: Iterable[Trace]) -> int:
    """Return the customer, from 1, who came to most harm: the worst-off customer.

    Harm is counted in this order, over all designs: effects that happened too often; clicks without the page
    for which an effect happened (phantom errors); clicks with work undone; then the longest time until all
    was over. Among equals the first counts. Customers of the warm-up are left out.
    """
    harm: dict[int, list[int]] = {}
    for trace in traces:
        counted, times, harmed = WarmUpFilter(trace), people(trace), harms(trace)
        for customer in compress(count(), counted.customers):
            total = harm.setdefault(customer, [0, 0, 0, 0])
            took = times.over_us[customer] - times.first_us[customer]
            worse = (harmed.too_often[customer], harmed.phantoms[customer], times.undone[customer])
            total[:] = *map(add, total, worse), max(took, total[-1])
    return 1 + min(harm, key=lambda customer: ([-n for n in harm[customer]], customer), default=0)
