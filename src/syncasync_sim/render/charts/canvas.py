"""What every chart stands on: a figure in the one style, and the unit of its times."""

from __future__ import annotations

import io
import textwrap
from contextlib import AbstractContextManager
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from syncasync_sim.render.style import CHART, TIED, tied

TIME_UNITS = (
    (1e-3, 1e6, "µs"),
    (1, 1e3, "ms"),
    (600, 1, "s"),
    (36_000, 1 / 60, "min"),
    (1e99, 1 / 3600, "h"),
)

SCREEN_DPI = 72
"""Dots per inch of a chart in a notebook, where it is as wide as a page."""
WIDEST_TITLE = 60
"""Characters of a title in a line."""


def styled() -> AbstractContextManager[None]:
    """The style holds inside; whatever the reader's own settings are, they hold again after it."""
    style: Any = dict(CHART)
    return rc_context(style)


class _Drawing(Figure):
    """A figure that a notebook shows by itself, whether or not pyplot has been imported."""

    def _repr_png_(self) -> bytes:
        written = io.BytesIO()
        with styled():
            self.savefig(written, format="png", dpi=SCREEN_DPI)
        return written.getvalue()


def new_figure(panels: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure without a window, and its panels side by side on one height."""
    figure = _Drawing()
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, sharey=True, squeeze=False)
    return figure, list(axes[0])


def time_unit(span_s: float) -> tuple[float, str]:
    """(how many of the unit a second is, its name): the unit in which *span_s* reads best."""
    return next((scale, unit) for most, scale, unit in TIME_UNITS if span_s < most)


def entitle(figure: Figure, text: str) -> None:
    """Write the finding above everything, in as few lines as it needs, of about the same length."""
    text = tied(text)
    lines = _wrapped(text, WIDEST_TITLE)
    narrower = (_wrapped(text, width) for width in range(len(text) // len(lines), WIDEST_TITLE + 1))
    title = "\n".join(next((even for even in narrower if len(even) == len(lines)), lines))
    figure.suptitle(title.replace(TIED, " "), x=0.015, ha="left", fontsize=19, fontweight="bold")


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
