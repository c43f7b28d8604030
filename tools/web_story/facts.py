"""Numbers in the texts of the essay: taken from the runs, so that no text can contradict a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from syncasync_sim import load_scenario
from syncasync_sim.experiment import run_designs
from syncasync_sim.model.claims import parse_claim
from syncasync_sim.model.figures import figure
from syncasync_sim.model.formats import Unit, format_value
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import Comparison

NO_BREAK = "\N{NO-BREAK SPACE}"
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_OTHER_RUN = re.compile(r"(?P<run>\w+): ?(?P<fact>.+)")
_TWO = re.compile(r"(?P<left>.+?) (?P<sign>[-+*]) (?P<right>.+)")
_INDEX = re.compile(r"(?P<name>\w+)\[(?P<index>\d+)\]")


class StoryError(ValueError):
    """The essay says something that a run does not confirm, or asks for a number that is not there."""


@dataclass(frozen=True)
class Run:
    """A scenario and the run of both designs; `source` is its name, `sets` are its changes."""

    source: str
    sets: tuple[str, ...] = ()

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario with its changes."""
        return load_scenario(self.source, self.sets)

    @cached_property
    def comparison(self) -> Comparison:
        """The result of both designs."""
        return run_designs(self.scenario, seed=self.scenario.seed)[0]

    def check(self, claims: Iterable[str]) -> None:
        """Check claims in this run.

        Args:
            claims: the claims, as under `expect` in a scenario.

        Raises:
            StoryError: a claim does not hold.
        """
        for text in claims:
            holds, value = parse_claim(text, self.scenario.effects).check(self.comparison.figure)
            if not holds:
                raise StoryError(f"{self.source}: {text} does not hold, it is {value}")

    def number(self, fact: str) -> tuple[float, Unit]:
        """Return a number of this run with its unit.

        Args:
            fact: a figure with its design, the name of a step, or the path of a value of the scenario.

        Raises:
            StoryError: there is no such number.
        """
        design, _, name = fact.partition(".")
        if design in MODES:
            mode: Mode = "sync" if design == "sync" else "async"
            value, unit = self.comparison.figure(mode, name), figure(name, self.scenario.effects).unit
        else:
            value, unit = self._value(fact), _unit_of(fact)
        if value is None:
            raise StoryError(f"{self.source}: {fact} was not measured")
        if not isinstance(value, (int, float)) and hasattr(value, "mean_s"):
            value, unit = value.mean_s, "s"
        return float(value), unit

    def _value(self, fact: str) -> Any:
        """A value of the scenario: the duration of a step, or what a path of attributes leads to."""
        name, _, part = fact.partition(".")
        steps = {step.name: step for step in self.scenario.steps}
        if name in steps:
            return getattr(steps[name], part or "duration")
        value: Any = self.scenario
        for word in fact.split("."):
            match = _INDEX.fullmatch(word)
            try:
                value = getattr(value, match["name"])[int(match["index"])] if match else getattr(value, word)
            except (AttributeError, LookupError) as error:
                raise StoryError(f"{self.source}: there is no {fact}") from error
        return value


@cache
def run_of(source: str, sets: tuple[str, ...] = ()) -> Run:
    """The run of a scenario; asked for again, it is the same run.

    Args:
        source: the name of a scenario that comes with the program.
        sets: changes to it, each `path=value`.
    """
    return Run(source, sets)


def filled(text: str, runs: Mapping[str, Run]) -> str:
    """The text with its numbers.

    Args:
        text: the text, with a fact in each pair of braces.
        runs: the runs by name; that of the scene has the name "".

    Raises:
        StoryError: a number is not there.
    """
    return PLACEHOLDER.sub(lambda match: _text(*_number(match[1], runs)), text)


def _text(value: float, unit: Unit) -> str:
    """A number as everywhere in the program; whole seconds from 10 s on have no decimals, as in lessons."""
    whole = unit == "s" and value >= 10 and value == int(value)
    text = format_value(value, unit)
    return (text.replace(".00 s", " s") if whole else text).replace(" ", NO_BREAK)


def _number(fact: str, runs: Mapping[str, Run]) -> tuple[float, Unit]:
    two = _TWO.fullmatch(fact)
    if two is None:
        other = _OTHER_RUN.fullmatch(fact)
        name, own = (other["run"], other["fact"]) if other else ("", fact)
        if name not in runs:
            raise StoryError(f"there is no run {name}")
        return runs[name].number(own)
    (left, unit), (right, of_right) = _number(two["left"], runs), _number(two["right"], runs)
    if two["sign"] == "*":
        return left * right, of_right if unit == "count" else unit
    return left + right if two["sign"] == "+" else left - right, unit


def _unit_of(path: str) -> Unit:
    return "s" if path.endswith("_s") and not path.endswith("_per_s") else "count"
