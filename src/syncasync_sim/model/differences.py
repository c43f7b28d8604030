"""What differs between two scenarios, by path, as far as it can change a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncasync_sim.model.paths import of_step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.written import display_text

TEXTS = ("name", "title", "description", "seed", "expect")
"""What changes nothing, or not here: two scenarios that are compared are run with the same seed."""
IDLE = "needed_for_reply"
NOT_THERE = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs, at a path as after `--set`, as a file would write it; None: not there."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        """`workers.count: 1 -> 3`."""
        before, after = (_value_text(value, self.path) for value in (self.before, self.after))
        return f"{self.path}: {before} -> {after}"

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as plain data, ready for JSON."""
        return {"path": self.path, "before": self.before, "after": self.after}


def differences(before: Scenario, after: Scenario) -> list[Difference]:
    """Return every difference that can change a run, in the order of a file.

    A step is recognised by its name. The values of a broker's preset make one difference, that of the broker;
    the keys that describe the traffic make one difference, too.

    Args:
        before: the scenario before the change.
        after: the scenario after the change.
    """
    left, right = (_data(scenario) for scenario in (before, after))
    changed: list[Difference] = []
    for key in left:
        if key in TEXTS:
            continue
        if key == "steps":
            changed += _of_steps(left[key], right[key])
        elif key == "queue":
            changed += _of(_queue(before, after), _queue(after, before), key)
        elif key == "traffic" and left[key].keys() != right[key].keys():
            changed.append(Difference(key, *(scenario.to_data()[key] for scenario in (before, after))))
        else:
            changed += _of(left[key], right[key], key)
    return changed


def _data(scenario: Scenario) -> dict[str, Any]:
    data: dict[str, Any] = scenario.model_dump(mode="json", by_alias=True)
    data["traffic"] = {key: value for key, value in data["traffic"].items() if value is not None}
    return data


def _queue(own: Scenario, other: Scenario) -> dict[str, Any]:
    """The queue; with two brokers only what one of the scenarios says about it itself."""
    data: dict[str, Any] = own.queue.model_dump(mode="json", by_alias=True)
    if own.queue.broker == other.queue.broker:
        return data
    keys = {"broker"} | own.queue.model_fields_set | other.queue.model_fields_set
    return {key: value for key, value in data.items() if key in keys}


def _of(before: Any, after: Any, path: str) -> Iterator[Difference]:
    """The differences below a path; a list is one value."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _of(before.get(key), after.get(key), f"{path}.{key}")
    elif before != after:
        yield Difference(path, before, after)


def _of_steps(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Difference]:
    left, right = ({step["name"]: step for step in steps} for steps in (before, after))
    for name in dict.fromkeys([*left, *right]):
        path = of_step(name)
        if name in left and name in right:
            old, new = ({k: v for k, v in side[name].items() if k != IDLE} for side in (left, right))
            yield from _of(old, new, path)
        else:
            there, here = left.get(name, {}).get("duration"), right.get(name, {}).get("duration")
            yield Difference(path, there, here)
    both = [[name for name in side if name in left and name in right] for side in (left, right)]
    if both[0] != both[1]:
        yield Difference("the order of the steps", *both)


def _value_text(value: Any, path: str) -> str:
    """The value as a file writes it, a probability in percent; `(none)` for what is not there."""
    if path.endswith("_rate") and isinstance(value, float):
        return f"{value * 100:.10g}%"
    return "(none)" if value is NOT_THERE else display_text(value)
