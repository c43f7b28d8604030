"""Claims about a result: `sync.response_time_s.max == 2.55s`, `async.work.lost <= sync.work.lost`.

A claim is a figure of one design, a comparison, and a value or another figure. The figures are those of
the JSON of a run; a test keeps FIGURES and the summary alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from pydantic_core import PydanticCustomError

from syncasync_sim.model.fields import told, wrong
from syncasync_sim.model.formats import Unit
from syncasync_sim.model.quantities import QuantityError, parse_duration, parse_probability

STATS = ("count", "mean", "min", "p50", "p90", "p95", "p99", "max")
FIGURES: Mapping[str, tuple[str, ...]] = {
    "requests": (),
    "customers": (),
    "responses": ("ok", "error", "timed_out", "rejected", "none"),
    "work": ("completed", "failed", "dead_lettered", "lost", "unfinished"),
    "response_time_s": STATS,
    "error_time_s": STATS,
    "completion_time_s": STATS,
    "phantom_errors": (),
    "effects": (),
    "duplicates": (),
    "service_time_s": (),
    "server": ("threads", "utilisation", "peak_waiting", "peak_busy"),
    "queue": (
        "published",
        "delivered",
        "redelivered",
        "dead_lettered",
        "lost",
        "peak_depth",
        "peak_depth_at_s",
        "mean_depth",
        "empty_at_s",
        "max_wait_s",
    ),
    "workers": ("count", "utilisation", "crashes"),
    "ended_at_s": (),
}
"""Every figure of a design and the parts it has; `effects` and `duplicates` have one part per effect."""

CLOSE = 5e-7
"""Two figures are equal when they differ by less than half the engine's microsecond."""

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: abs(a - b) <= CLOSE,
    "!=": lambda a, b: abs(a - b) > CLOSE,
    "<=": lambda a, b: le(a, b + CLOSE),
    ">=": lambda a, b: ge(a, b - CLOSE),
    "<": lambda a, b: lt(a, b - CLOSE),
    ">": lambda a, b: gt(a, b + CLOSE),
}
_CLAIM = re.compile(  # possessive (++, *+): no text, however hostile, makes it look back
    r"(?P<left>(?:[^=!<>]|[=!](?!=))++)(?P<comparison>==|!=|<=|>=|<|>)\s*+(?P<right>.+)"
)
_EXAMPLE = "write for instance  sync.response_time_s.max == 2.55s"


@dataclass(frozen=True, slots=True)
class Figure:
    """A place in the result: a design, a figure, and a part of it (or none)."""

    mode: str
    name: str
    part: str | None

    @property
    def dotted(self) -> str:
        """Its name within the design, as in `queue.peak_depth`."""
        return self.name if self.part is None else f"{self.name}.{self.part}"

    @property
    def unit(self) -> Unit:
        """What it is measured in."""
        name = self.part if self.name in ("server", "queue", "workers") else self.name
        if name == "utilisation":
            return "share"
        return "s" if name is not None and name.endswith("_s") and self.part != "count" else "count"

    def look_up(self, modes: Mapping[Any, Mapping[str, Any]]) -> Any:
        """Its value in the result's JSON; None where nothing was measured."""
        value = modes[self.mode][self.name]
        return value if self.part is None or value is None else value.get(self.part)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim, taken apart."""

    text: str
    left: Figure
    comparison: str
    right: Figure | float | None

    @property
    def modes(self) -> set[str]:
        """The designs that must have been run to tell whether it holds."""
        return {side.mode for side in (self.left, self.right) if isinstance(side, Figure)}

    def check(self, modes: Mapping[Any, Mapping[str, Any]]) -> tuple[bool, Any]:
        """Whether it holds, and the value of its left side. None equals only `none`."""
        left = self.left.look_up(modes)
        right = self.right.look_up(modes) if isinstance(self.right, Figure) else self.right
        if left is None or right is None:
            return {"==": left is right, "!=": left is not right}.get(self.comparison, False), left
        return COMPARISONS[self.comparison](left, right), left


def parse_claim(text: str, effects: tuple[str, ...]) -> Claim:
    """Take a claim apart; *effects* are the names the scenario's steps have.

    Raises PydanticCustomError with the place in the text and the words that would be allowed.
    """
    match = _CLAIM.fullmatch(text.strip())
    if match is None:
        raise wrong("expected a figure, a comparison and a value", cure=_EXAMPLE)
    lead = len(text) - len(text.lstrip())
    left = parse_figure(match["left"].strip(), effects, lead)
    right = match["right"].strip()
    if right.startswith(("sync.", "async.")):
        return Claim(
            text, left, match["comparison"], parse_figure(right, effects, lead + match.start("right"))
        )
    return Claim(text, left, match["comparison"], parse_value(right, lead + match.start("right")))


def check_claim(text: str, effects: tuple[str, ...], where: tuple[str | int, ...]) -> None:
    """Raise, with the place in the scenario, what parse_claim raises."""
    try:
        parse_claim(text, effects)
    except PydanticCustomError as error:
        context = {**(error.context or {}), "at": where}
        raise PydanticCustomError("together", "{message}", context) from None


def parse_figure(text: str, effects: tuple[str, ...], offset: int = 0) -> Figure:
    """Take a figure apart: `async.queue.peak_depth`. Raises PydanticCustomError as `parse_claim` does."""
    mode, _, rest = text.partition(".")
    name, dot, part = rest.partition(".")
    if mode not in ("sync", "async"):
        raise wrong(f"'{mode}' is no design", offset=offset, choices=("sync", "async"), cure=_EXAMPLE)
    offset += len(mode) + 1
    if name not in FIGURES:
        raise wrong(f"there is no figure '{name}'", offset=offset, choices=tuple(FIGURES))
    parts = effects if name in ("effects", "duplicates") else FIGURES[name]
    if dot and part not in parts:
        raise wrong(f"'{name}' has no part '{part}'", offset=offset + len(name) + 1, choices=parts)
    if parts and not dot:
        raise wrong(f"'{name}' has several parts", offset=offset, cure=f"one of {', '.join(parts)}")
    return Figure(mode, name, part if dot else None)


def parse_value(text: str, offset: int = 0) -> float | None:
    """What a figure may be compared with: a duration, a percentage or a plain number; None for `none`.

    Raises PydanticCustomError.
    """
    if text == "none":
        return None
    if re.fullmatch(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", text):
        return float(text)
    try:
        return parse_probability(text) if text.endswith("%") else parse_duration(text)
    except QuantityError:
        raise wrong(f"cannot compare with {told(text)}", offset=offset, cure=_EXAMPLE) from None
