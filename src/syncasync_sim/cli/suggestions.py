"""What to add to the command where a scenario cannot be run for real as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from syncasync_sim.command_line import quoted
from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim import Scenario
    from syncasync_sim.model.modes import Mode
    from syncasync_sim.model.request_parts import Step

SPEEDS = (30, 20, 15, 10, 7.5, 6, 5, 3, 2.5, 2, 1.5, 1, 0.75, 0.5, 0.25, 0.2, 0.15, 0.1)
"""Those at which timeouts of whole seconds may stay whole."""
ROUNDS = 4
"""A change may bring another reason to light."""

Changes = Mapping[str, Any]


def refuse_with_suggestions(scenario: Scenario, modes: tuple[Mode, ...], url: str, speed: float) -> None:
    """Check that a scenario can be run for real.

    Args:
        scenario: the scenario.
        modes: the designs.
        url: the URL of the broker.
        speed: how many times as fast as the scenario it is to run.

    Raises:
        ScenarioError: it cannot; the error is one line with the reasons and the options to add.
    """
    problems = _reasons(scenario, modes, url, speed)
    if not problems:
        return
    cure = _cure(scenario, modes, url, speed)
    if cure is None:
        raise ScenarioError(f"{scenario.name}: not for real: {'; '.join(problems)}")
    why = "; ".join(reason.rpartition("; ")[0] for reason in problems)  # their own cures are in words
    raise ScenarioError(f"{scenario.name}: not for real: {why}; it runs with  {cure}")


def slower(scenario: Scenario, mode: Mode, url: str, speed: float) -> float:
    """Return the greatest speed up to a limit at which a design can be run for real.

    It is the limit itself if there is no such speed.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
        url: the URL of the broker.
        speed: the limit.
    """
    lower = (speed, *(other for other in SPEEDS if other < speed))
    return next((other for other in lower if not _reasons(scenario, (mode,), url, other)), speed)


def _reasons(scenario: Scenario, modes: tuple[Mode, ...], url: str, speed: float) -> list[str]:
    from syncasync_sim.live.measure import reasons

    return list(dict.fromkeys(problem for mode in modes for problem in reasons(scenario, mode, url, speed)))


def _cure(scenario: Scenario, modes: tuple[Mode, ...], url: str, speed: float) -> str | None:
    """The words to add to the command: another speed, changes of the scenario, or both."""
    from syncasync_sim.model.written import display_text  # a 0 is a duration here

    speeds = (speed, *(other for other in SPEEDS if other < speed))
    for changes in ({}, *_changes(scenario, modes, url, speed)):
        changed = _changed(scenario, changes)
        if changed is None:
            continue
        for other in speeds:
            if not _reasons(changed, modes, url, other):
                sets = [f"--set {quoted(f'{path}={display_text(to)}')}" for path, to in changes.items()]
                return " ".join([*sets, *([] if other == speed else [f"--speed {other:g}"])])
    return None


def _changed(scenario: Scenario, changes: Changes) -> Scenario | None:
    """The scenario with the changes; None where they do not go together."""
    from pydantic import ValidationError

    from syncasync_sim.experiment import vary

    try:
        return vary(scenario, changes)
    except (ValidationError, LookupError):
        return None


def _changes(scenario: Scenario, modes: tuple[Mode, ...], url: str, speed: float) -> Iterator[Changes]:
    """What may do: each reason's own change, and as a last resort the broker as its preset is."""
    from syncasync_sim.live.plan import adapter

    changes, changed = dict[str, Any](), scenario
    for _ in range(ROUNDS):
        for reason in _reasons(changed, modes, url, speed):
            changes |= _change(changed, reason.partition(":")[0], adapter(url).preset)
        varied = _changed(scenario, changes)
        if varied is None:
            break
        changed = varied
        yield changes
    others = {path: to for path, to in changes.items() if not path.startswith("queue.")}
    yield others | {"queue": {"broker": adapter(url).preset}}


def _same_limit(scenario: Scenario, background: list[Step]) -> Changes:
    """The smallest limit for every step: the one that the scenario is about is not raised."""
    from syncasync_sim.model.paths import of_step

    limits = {step.name: scenario.most_deliveries(step) for step in background}
    least = min((limit for limit in limits.values() if limit is not None), default=None)
    return {of_step(name, "retry", "attempts"): least for name, limit in limits.items() if limit != least}


def _change(scenario: Scenario, where: str, preset: str) -> Changes:
    """What takes a reason away, by the field that it names."""
    from syncasync_sim.live.plan import MOST_THREADS, MOST_WORKERS
    from syncasync_sim.model.paths import of_step
    from syncasync_sim.model.queue_parts import Queue

    background = [step for step in scenario.steps if step.background]
    plain: dict[str, Changes] = {
        "server.threads": {"server.threads": MOST_THREADS},
        "workers.count": {"workers.count": MOST_WORKERS},
        "steps.concurrency": {
            of_step(s.name, "concurrency"): "unlimited" for s in scenario.steps if s.concurrency
        },
        "steps.retry.attempts": _same_limit(scenario, background),
        "server.timeout": {"server.timeout": "none"},
        **{path: {path: []} for path in ("workers.stops", "workers.freezes")},
    }
    if where in plain:
        return plain[where]
    field, now = where.removeprefix("queue."), scenario.queue.model_dump(mode="json", by_alias=True)
    if field == where or field not in now:
        return {}
    usual: Changes = Queue.model_validate({"broker": preset}).model_dump(mode="json", by_alias=True)
    if now[field] == usual[field]:  # so it is what stands beside it, or the speed
        return (
            {of_step(step.name, "retry", "jitter"): "none" for step in background}
            if field == "failure"
            else {}
        )
    change = {where: usual[field]}
    if preset == "rabbitmq" and "visibility_timeout" in scenario.queue.model_fields_set:
        # A RabbitMQ before 4.3 has no timeout of its own for a queue, and says so only when it is asked.
        change |= {"queue.visibility_timeout": "none"}
    return change
