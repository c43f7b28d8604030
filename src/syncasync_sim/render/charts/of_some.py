"""What a chart of a sweep says of times that not all clicks have: of how many they are."""

from __future__ import annotations

import math

from syncasync_sim.experiment.sizing import ENOUGH_SERVED
from syncasync_sim.experiment.sweeping import Row, share_column
from syncasync_sim.model.formats import format_share

FEW = f"fewer than {format_share(ENOUGH_SERVED)} of the clicks have such a time"


def share(row: Row, times: str) -> float:
    """Return the share of all clicks that have a time of this kind; NaN without clicks.

    Args:
        row: the row of a sweep.
        times: the kind of time, as `response_time_s`.
    """
    value = row[share_column(times)]
    return math.nan if value is None else float(value)


def is_some(part: float) -> bool:
    """Whether a share is less than all; a missing value counts as all."""
    return part < 1


def is_few(part: float) -> bool:
    """Whether a share is too small for its times to stand for all; `size` does not accept such a time."""
    return part < ENOUGH_SERVED
