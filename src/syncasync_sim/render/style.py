"""How the two designs look, everywhere: never told apart by colour alone.

Colours are from the Okabe-Ito palette; their lightness is nearly the same, so the line's dash, the marker
and the word go with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rich.cells import cell_len, chop_cells

from syncasync_sim.model.modes import Mode


@dataclass(frozen=True, slots=True)
class Look:
    """A design, or the messages: its colour on a chart and a page, that on black, its dash and its marker."""

    colour: str
    on_dark: str
    dash: str
    marker: str

    @property
    def terminal(self) -> str:
        """Its style in a terminal."""
        return f"bold {self.on_dark}"


LOOKS: Mapping[Mode, Look] = MappingProxyType(
    {
        "sync": Look("#D55E00", "#D55E00", "-", "o"),
        "async": Look("#0072B2", "#56B4E9", "--", "s"),  # the lighter blue: readable on black, too
    }
)
MESSAGES = Look("#7B3294", "#D59BF0", ":", "D")
"""How the messages look: work that nobody waits for."""
INK, GREY, GRID = "#222222", "#595959", "#DDDDDD"
PLAIN, QUIET = Look(INK, "#F2F2F2", "-", "x"), Look(GREY, "#BBBBBB", "-", "x")
"""What is of no design: a cross, a word, the warm-up."""

CHART: Mapping[str, Any] = MappingProxyType(
    {
        **{"figure.figsize": (10, 5.6), "figure.dpi": 160, "figure.constrained_layout.use": True},
        **{"figure.constrained_layout.h_pad": 0.12, "figure.constrained_layout.w_pad": 0.12},
        **{"font.family": "DejaVu Sans", "font.size": 15, "text.parse_math": False, "text.color": INK},
        **{"axes.titlesize": 17, "axes.titleweight": "bold", "axes.titlelocation": "left"},
        **{"axes.titlepad": 14, "axes.labelsize": 15, "axes.labelcolor": INK, "axes.edgecolor": GREY},
        **{"axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True},
        **{"axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.8, "lines.linewidth": 3},
        **{"xtick.labelsize": 14, "ytick.labelsize": 14, "xtick.color": INK, "ytick.color": INK},
        **{"xtick.major.pad": 8, "ytick.major.pad": 8},
        **{"hatch.linewidth": 1.0, "svg.fonttype": "none", "svg.hashsalt": "syncasync-sim"},
        **{"path.simplify": True, "savefig.facecolor": "white", "figure.facecolor": "white"},
    }
)
"""The style of every chart: readable from the back row, the same on every machine."""

MARKS: Mapping[str, str] = MappingProxyType(
    {"✓": "ok:", "✗": "x", "━": "#", "│": "|", "·": ".", "•": ";", "±": "+/-", "µ": "u", "…": "..."}
)
"""Every character outside ASCII that the program uses, and its replacement in an ASCII terminal."""
TIED = "\u00a0"
"""Stands between a number and its unit while lines are broken, and is an ordinary space again after it."""
_TO_ASCII = str.maketrans(dict(MARKS))


_VALUE = re.compile(r"(?<=\d) (?=(?:s|ms|µs|us|min|h|d|pts)\b|%|±|\+/-)|(?<=±) |(?<=\+/-) ")


def tied(text: str) -> str:
    """The text with every number joined to its unit, so that no line is broken between them."""
    return _VALUE.sub(TIED, text)


def wrapped(text: str, width: int, *, indent: int = 0, hanging: int = 0) -> list[str]:
    """Return a text in lines, never broken between a number and its unit.

    Only a word that is wider than a line is cut. In a narrow line there is no indentation.

    Args:
        text: the text.
        width: the greatest width, in columns.
        indent: the indentation of the first line, in columns.
        hanging: the indentation of the other lines, in columns.
    """
    if width < 2 * max(indent, hanging) + 10:
        indent = hanging = 0
    lines: list[str] = []
    line, empty = " " * indent, True
    for word in tied(text).split(" "):
        longer = f"{line}{word}" if empty else f"{line} {word}"
        if cell_len(longer) > width:
            if not empty:
                lines.append(line)
            *full, rest = chop_cells(word, max(width - hanging, 1)) or [""]
            lines += [" " * hanging + piece for piece in full]
            longer = " " * hanging + rest
        line, empty = longer, False
    return [piece.replace(TIED, " ") for piece in (*lines, line)]


def plain(text: str, ascii_only: bool) -> str:
    """The text as the terminal can show it; only the program's own characters are replaced.

    Args:
        text: the text.
        ascii_only: whether the terminal shows ASCII only.
    """
    return text.translate(_TO_ASCII) if ascii_only else text
