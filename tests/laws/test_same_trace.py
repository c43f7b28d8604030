"""A scenario gives the same trace as when its digest was written down, to the microsecond.

`digests.json.gz` has 1,000 random scenarios, more than half of them with chance, and all that were bundled,
each with the digests of both designs. A digest may only change on purpose: where the model itself was wrong.
"""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from syncasync_sim.engine import simulate
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.checking import check
from syncasync_sim.trace.records import Trace

COLUMNS = {
    "requests": "customer click arrived began thread replied ended response end completed work",
    "attempts": "request step number by started ended outcome",
    "messages": "request step published done gone fate",
    "deliveries": "message number worker taken in_hand ended returned visible result",
    "crashes": "worker at back",
    "pauses": "worker reason at until",
}
"""What is compared: a column that came later is not in the digest."""
PARTS = 4


def digest(trace: Trace) -> str:
    """The beginning of the SHA-256 of all rows and of both ends.

    The order in which attempts were written down does not count: a run in one pass writes them in another.
    """
    made = sha256(f"{trace.ended_at_us} {trace.observed_us}".encode())
    for table, names in COLUMNS.items():
        made.update(table.encode())
        rows = getattr(trace, table).columns(*names.split())
        for row in sorted(rows) if table == "attempts" else rows:
            made.update(repr(row).encode())
    attempts = [row[:3] for row in trace.attempts.columns(*COLUMNS["attempts"].split())]
    calls = trace.worked_on.columns("attempt", "ended", "outcome")
    made.update(repr(sorted((attempts[attempt], *end) for attempt, *end in calls)).encode())
    return made.hexdigest()[:16]


def written() -> list[dict[str, Any]]:
    packed = (Path(__file__).parent / "digests.json.gz").read_bytes()
    found: list[dict[str, Any]] = json.loads(gzip.decompress(packed))
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_a_trace_is_the_same_as_before(part: int) -> None:
    for one in written()[part::PARTS]:
        scenario = Scenario.model_validate(one["scenario"])
        now = {mode: digest(simulate(scenario, mode, seed=1)) for mode in MODES}
        assert now == one["digests"], one["scenario"]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_trace_of_the_engine_is_accepted_from_a_file(part: int) -> None:
    for one in written()[part::PARTS]:
        scenario = Scenario.model_validate(one["scenario"])
        for mode in MODES:
            check(simulate(scenario, mode, seed=1))
