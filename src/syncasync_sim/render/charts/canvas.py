"""What every chart stands on: a figure in the one style, its title, and names at the ends of its lines."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any

from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ticker import FuncFormatter

from syncasync_sim.render.style import CHART, TIED, tied

SCREEN_DPI = 72
"""Dots per inch of a chart in a notebook, where it is as wide as a page."""
WIDEST_TITLE, WIDEST_FOOTNOTE = 60, 112
"""Characters of a title, and of a sentence below the chart, in a line."""


FALLBACKS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Noto Emoji")
"""Fonts for the characters that ours lacks, where a machine has them."""


class MissingGlyphWarning(UserWarning):
    """Some characters are drawn as boxes: no font here has them."""


def styled() -> AbstractContextManager[None]:
    """Use the package's chart style inside the block; the reader's own settings are restored after it."""
    defaults = {key: value for key, value in rcParamsDefault.items() if key not in _NOT_OF_CHARTS}
    style: Any = {**defaults, **CHART, "font.family": _fonts()}
    return rc_context(style)


_NOT_OF_CHARTS = ("backend", "backend_fallback", "interactive", "toolbar", "webagg.port")


@cache
def _fonts() -> list[str]:
    known = {font.name for font in fontManager.ttflist}
    return [CHART["font.family"], *(name for name in FALLBACKS if name in known)]


def write(figure: Figure, target: Any, **how: Any) -> None:
    """Save a figure, with one MissingGlyphWarning instead of a warning per character.

    Args:
        figure: the figure.
        target: the file, as matplotlib's `savefig` takes it.
        **how: further arguments of `savefig`.
    """
    with warnings.catch_warnings(record=True) as caught, styled():
        warnings.simplefilter("always")
        figure.savefig(target, **how)
    if any(str(warning.message).startswith("Glyph ") for warning in caught):
        warnings.warn(MISSING_GLYPHS, MissingGlyphWarning, stacklevel=3)


MISSING_GLYPHS = (
    "Some characters are boxes in the PNG charts: no font on this machine has them. The SVG files have them."
)


class _Drawing(Figure):
    """A figure that a notebook shows by itself, whether or not pyplot has been imported."""

    def _repr_png_(self) -> bytes:
        written = io.BytesIO()
        write(self, written, format="png", dpi=SCREEN_DPI)
        return written.getvalue()


def new_figure(panels: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure without a window, and its panels side by side with a common vertical axis."""
    figure = _Drawing()
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, sharey=True, squeeze=False)
    return figure, list(axes[0])


def entitle(figure: Figure, text: str) -> None:
    """Write the finding as the title, in few lines of about the same length.

    Args:
        figure: the figure.
        text: the finding.
    """
    text = tied(text)
    lines = _wrapped(text, WIDEST_TITLE)
    narrower = (_wrapped(text, width) for width in range(len(text) // len(lines), WIDEST_TITLE + 1))
    title = "\n".join(next((even for even in narrower if len(even) == len(lines)), lines))
    figure.suptitle(title.replace(TIED, " "), x=0.015, ha="left", fontsize=19, fontweight="bold")


def footnote(figure: Figure, text: str) -> None:
    """Write a sentence below the chart.

    Args:
        figure: the figure.
        text: the sentence.
    """
    figure.supxlabel("\n".join(_wrapped(text, WIDEST_FOOTNOTE)), x=0.015, ha="left", fontsize=13)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def set_heights(axes: Axes, low: float, high: float, is_log: bool) -> None:
    """Set the range and the scale of the vertical axis.

    Args:
        axes: the panel.
        low: the lower end.
        high: the upper end.
        is_log: whether the scale is logarithmic.
    """
    if is_log:
        axes.set_yscale("log")
    axes.set_ylim(low, high)
    if is_log:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.minorticks_off()


# -- names at the ends of lines -----------------------------------------------------------------------

NAME_SIZE, LINE_HEIGHT = 15, 0.078
"""Points of a name, and the share of an axis' height that one line of it takes."""


@dataclass(frozen=True, slots=True)
class LineEnd:
    """Where a line ends, and its name."""

    name: str
    x: float
    y: float
    colour: str


def name_ends(axes: Axes, ends: Sequence[LineEnd]) -> None:
    """Write the name of each line beside its end; names that would overlap are moved apart.

    The limits of the axes must be set before. A thin line joins a name that was moved to its end.

    Args:
        axes: the panel.
        ends: the name and the end of each line.
    """
    to_share = axes.transScale + axes.transLimits
    shares = [float(to_share.transform((end.x, end.y))[1]) for end in ends]
    order = sorted(range(len(ends)), key=lambda index: shares[index])
    heights = [LINE_HEIGHT * (1 + ends[index].name.count("\n")) + 0.02 for index in order]
    for index, share in zip(order, _apart([shares[p] for p in order], heights), strict=True):
        end = ends[index]
        x = float(to_share.transform((end.x, end.y))[0]) + 0.03
        style: dict[str, Any] = {"color": end.colour, "fontweight": "bold", "fontsize": NAME_SIZE}
        axes.text(x, share, end.name, transform=axes.transAxes, va="center", ha="left", **style)
        if abs(share - shares[index]) > 0.01:
            tie: dict[str, Any] = {"arrowstyle": "-", "color": end.colour, "linewidth": 0.8, "shrinkB": 4}
            target: Any = (x - 0.004, share)
            axes.annotate("", (end.x, end.y), target, textcoords="axes fraction", arrowprops=tie)


def _apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Places as near as may be to those *wanted* (rising), with room for so much height, within 0 and 1."""
    groups: list[tuple[list[int], float]] = []  # whoever touches stays together around their middle
    for index in range(len(wanted)):
        group = [index]
        while True:
            height = sum(heights[p] for p in group)
            middle = sum(wanted[p] for p in group) / len(group)
            low = min(max(middle - height / 2, 0.0), max(1 - height, 0.0))
            if not groups or groups[-1][1] + sum(heights[p] for p in groups[-1][0]) <= low + 1e-9:
                break
            group = groups.pop()[0] + group
        groups.append((group, low))
    centres: list[float] = []
    for group, low in groups:
        for index in group:
            centres.append(low + heights[index] / 2)
            low += heights[index]  # noqa: PLW2901 - the next one stands above it
    return centres
