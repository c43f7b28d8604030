"""What a chart of a sweep says of times that not all clicks have: of how many they are."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from syncasync_sim.experiment.sizing import ENOUGH_SERVED
from syncasync_sim.experiment.sweeping import Row, share_column
from syncasync_sim.model.formats import format_share

FEW = f"fewer than {format_share(ENOUGH_SERVED)} of the clicks have such a time"


def share(row: Row, times: str) -> float:
    """The share of all clicks that have one of *times*, as `response_time_s`; not a number without clicks."""
    value = row[share_column(times)]
    return math.nan if value is None else float(value)


def is_some(part: float) -> bool:
    """Whether it is not all; what was not measured is not told apart."""
    return part < 1


def is_few(part: float) -> bool:
    """Whether they are too few for their times to stand for all: `size` takes no such time for an answer."""
    return part < ENOUGH_SERVED


def footnote(figure: Figure, text: str) -> None:
    """A sentence below everything."""
    figure.supxlabel(text, x=0.015, ha="left", fontsize=13)
