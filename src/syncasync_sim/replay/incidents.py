"""What can be done to a run while one looks at it, and the `--set` that does the same.

An incident begins at a time of the run: a worker dies, a service is down, many customers come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files import change_scenario
from syncasync_sim.model.arrivals import Segment
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.paths import Named, item_text
from syncasync_sim.model.quantities import LONGEST_S, format_duration
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.downtime import downtimes
from syncasync_sim.replay.picture_limit import phases_text

MOST = 20
"""So many incidents of a kind are enough for one picture."""
DOWN_S, BACK_S, SPIKE_S = 30, 10, 10
"""How long a service is down, after how long a dead worker is back, and how long many customers come."""
TIMES_AS_MANY = 5
FEWEST_PER_S = Fraction(2)
"""In a spike come so many times as many customers as at that moment, and at least so many a second."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that can be done to a run. `{step}` in its texts is the step that the controls change."""

    name: str
    label: str
    hint: str
    applies: Callable[[Scenario], bool]
    flag: Callable[[Scenario, Step, Fraction], str]
    """The `path=value` that makes it happen at a time, in seconds."""


def incidents_of(scenario: Scenario, step: Step) -> list[dict[str, str]]:
    """Return the incidents that a scenario can have, as plain data for a page that draws buttons.

    Args:
        scenario: the scenario.
        step: the step that its controls change.
    """
    return [
        {"name": row.name, "label": row.label.format(step=step.name), "hint": row.hint.format(step=step.name)}
        for row in INCIDENTS.values()
        if row.applies(scenario)
    ]


def with_incidents(scenario: Scenario, step: Step, times: Mapping[str, object]) -> tuple[Scenario, list[str]]:
    """Return the scenario with incidents, and the `--set` flags that bring them about.

    Args:
        scenario: the scenario.
        step: the step that its controls change.
        times: for names of incidents, the times in seconds at which they happen.

    Raises:
        ScenarioError: a time is none, or there are too many; or they do not fit the scenario.
    """
    flags = []
    for name, row in INCIDENTS.items():
        for at_s in sorted(_times(name, times.get(name, []))):
            flags.append(row.flag(scenario, step, at_s))
            scenario = change_scenario(scenario, flags[-1:])
    return scenario, flags


def _times(name: str, given: object) -> Iterable[Fraction]:
    """The times in whole hundredths of a second."""
    if not isinstance(given, list) or len(given) > MOST:
        raise ScenarioError(f"'{name}' has no such times\n  = give a list of at most {MOST} times in seconds")
    for value in given:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_S:
            raise ScenarioError(f"'{name}' has no such time\n  = give seconds from 0 to {LONGEST_S:g}")
        yield Fraction(round(value * 100), 100)


def _listed(rows: Iterable[Mapping[str, Any]]) -> str:
    """Mappings without mappings in them, as a scenario writes them on one line."""
    return f"[{', '.join(_on_one_line(row) for row in rows)}]"


def _on_one_line(row: Mapping[str, Any]) -> str:
    return f"{{{', '.join(f'{key}: {value}' for key, value in row.items())}}}"


def _text(seconds: Fraction | float) -> str:
    return format_duration(float(seconds))


def _worker_dies(scenario: Scenario, step: Step, at_s: Fraction) -> str:
    """A living one, and rather one that the scenario does not let die while it would be down."""
    del step
    crashes: Sequence[Mapping[str, Any]] = scenario.to_data().get("workers", {}).get("crashes", [])
    at, back = float(at_s), float(at_s) + BACK_S
    times = [down for down in downtimes(scenario) if down.from_s <= at < down.until_s]
    dead = {worker for down in times for worker in down.workers}
    alive = [worker for worker in range(1, scenario.workers.count + 1) if worker not in dead]
    if not alive:
        raise ScenarioError(f"no worker is alive at {format_time(at)}\n  = choose another moment")
    soon = {crash.worker for crash in scenario.workers.crashes if at <= crash.at_s <= back}
    worker = next((worker for worker in alive if worker not in soon), alive[0])
    crash = {"worker": worker, "at": _text(at_s), "restart_after": _text(BACK_S)}
    return f"workers.crashes={_listed([*crashes, crash])}"


def _service_is_down(scenario: Scenario, step: Step, at_s: Fraction) -> str:
    steps = scenario.to_data()["steps"]
    outages = next(plain for plain in steps if plain["name"] == step.name).get("outages", [])
    window = {"from": _text(at_s), "for": _text(DOWN_S)}
    return f"steps[{item_text(Named(step.name))}].outages={_listed([*outages, window])}"


def _many_come(scenario: Scenario, step: Step, at_s: Fraction) -> str:
    """In place of those who would come in that time; after the end of the traffic, besides."""
    del step
    traffic = scenario.traffic
    if traffic.file is not None:
        raise ScenarioError("nobody can be added to measured arrivals\n  = choose another incident")
    if not traffic.segments:
        arrivals = traffic.at_s or (0.0,) * (traffic.requests or 0)
        spike = [at_s + number / FEWEST_PER_S for number in range(int(SPIKE_S * FEWEST_PER_S))]
        return f"traffic={{at: [{', '.join(map(_text, sorted([*arrivals, *map(float, spike)])))}]}}"
    before, rest = _cut(traffic.segments, at_s)
    _, after = _cut(rest, Fraction(SPIKE_S))
    rate = max(FEWEST_PER_S, TIMES_AS_MANY * (rest[0].first if rest else Fraction(0)))
    gap = at_s - sum((segment.lasts_s for segment in before), Fraction(0))
    pause = [Segment(gap, Fraction(0), Fraction(0))] if gap else []
    segments = [*before, *pause, Segment(Fraction(SPIKE_S), rate, rate), *after]
    return f"traffic={{phases: {phases_text(segments)}, arrivals: {traffic.arrivals}}}"


def _cut(segments: Sequence[Segment], at_s: Fraction) -> tuple[list[Segment], list[Segment]]:
    """What comes before a time from the beginning of the segments, and what comes from then on."""
    before, after = list[Segment](), list[Segment]()
    for segment in segments:
        part_s = min(max(at_s, Fraction(0)), segment.lasts_s)
        rate = segment.first + (segment.last - segment.first) * part_s / segment.lasts_s
        if part_s:
            before.append(replace(segment, lasts_s=part_s, last=rate))
        if part_s < segment.lasts_s:
            after.append(Segment(segment.lasts_s - part_s, rate, segment.last))
        at_s -= segment.lasts_s
    return before, after


def _has_background(scenario: Scenario) -> bool:
    return any(step.background for step in scenario.steps)


INCIDENTS: Mapping[str, Incident] = {
    row.name: row
    for row in (
        Incident(
            *("kill", "Kill a worker", f"A worker dies now, and is back {BACK_S} s later"),
            applies=_has_background,
            flag=_worker_dies,
        ),
        Incident(
            *("down", "{step} is down", f"Every attempt at {{step}} fails from now on, for {DOWN_S} s"),
            applies=lambda _: True,
            flag=_service_is_down,
        ),
        Incident(
            *(
                "spike",
                "A spike",
                f"For {SPIKE_S} s {TIMES_AS_MANY} times as many customers come, or {FEWEST_PER_S} a second",
            ),
            applies=lambda scenario: scenario.traffic.file is None,  # who comes was measured
            flag=_many_come,
        ),
    )
}
