"""Steps that cannot succeed: what makes every attempt fail, and what a queue does with such a step."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod

from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.request_parts import Step, Window
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.windows import to_windows


def causes(scenario: Scenario, step: Step) -> dict[str, str]:
    """Return what makes every attempt at a step fail, in words, by the setting that does it.

    It is empty where an attempt can succeed, as after an outage that ends before the run does.

    Args:
        scenario: the scenario.
        step: one of its steps.
    """
    reasons = {}
    if step.failure_rate == 1:
        reasons["failure_rate"] = "100 % of its attempts fail"
    if step.poison == 1:
        reasons["poison"] = "every attempt fails for 100 % of the customers"
    shortest_s = shortest_attempt_s(scenario, step)
    if step.timeout_s is not None and to_us(shortest_s) > to_us(step.timeout_s):
        reasons["timeout"] = (
            f"its shortest attempt takes {format_time(shortest_s)}, longer than its timeout of "
            f"{format_time(step.timeout_s)}"
        )
    if _lasts_all_run(scenario, step.outages):
        reasons["outages"] = "its service is down for the whole run"
    return reasons


def killed_in_request(scenario: Scenario, step: Step) -> str:
    """Return why the server always kills a request in which a step is done, in words; empty if it does not.

    Before it come the steps that the page needs.

    Args:
        scenario: the scenario.
        step: one of its steps.
    """
    timeout_s = scenario.server.timeout_s
    if timeout_s is None:
        return ""
    index = scenario.steps.index(step)
    before = [s for s in scenario.steps[:index] if s.is_needed and not s.background]
    least_s = shortest_request_s(scenario, [*before, step])
    if to_us(least_s) <= to_us(timeout_s):
        return ""
    later = (
        f" after {format_time(least_s - shortest_attempt_s(scenario, step))} of steps before it"
        if before
        else ""
    )
    least = f"{format_time(shortest_attempt_s(scenario, step))} at least{later}"
    return f"it takes {least}, and the server kills a request after {format_time(timeout_s)} (server.timeout)"


def shortest_request_s(scenario: Scenario, steps: Sequence[Step]) -> float:
    """Return how long a request takes at least to the end of steps, the last of which succeeds, in seconds.

    Args:
        scenario: the scenario.
        steps: the steps that the request does, in order.
    """
    *before, last = steps
    failing_s = (inf if s.fails_after_s is None else s.fails_after_s for s in before)
    cut_s = (inf if s.timeout_s is None else s.timeout_s for s in before)
    lengths_s = (shortest_attempt_s(scenario, s) for s in before)
    return sum(map(min, lengths_s, failing_s, cut_s)) + shortest_attempt_s(scenario, last)


def fate_on_queue(scenario: Scenario, step: Step) -> str:
    """What the queue does with the messages of a step that never succeeds, after `the queue`.

    Args:
        scenario: the scenario.
        step: the step, which never succeeds.
    """
    queue, most = scenario.queue, scenario.most_deliveries(step)
    if queue.ack == "before":
        return "loses each message after one attempt"
    if most is None:
        return "tries each message for ever"
    tries = "once" if most == 1 else f"{format_count(most)} times"
    return f"tries each message {tries} and then {'dead-letters' if queue.dead_letter else 'drops'} it"


def shortest_attempt_s(scenario: Scenario, step: Step) -> float:
    """Return the length of the shortest attempt that is possible in some part of the run, in seconds.

    Args:
        scenario: the scenario.
        step: one of its steps.
    """
    always = prod(slow.factor for slow in step.slowdowns if _lasts_all_run(scenario, (slow,)))
    faster = prod(min(slow.factor, 1.0) for slow in step.slowdowns if not _lasts_all_run(scenario, (slow,)))
    return step.duration.quantile_s(0.0) * always * faster


def _lasts_all_run(scenario: Scenario, windows: tuple[Window, ...]) -> bool:
    """Whether there is one of the windows at every moment from the first customer to the end of the run."""
    covered = (scenario.traffic.times_us or (0,))[0]
    for begin, until in sorted(to_windows(windows)):
        if begin <= covered < until:
            if until == inf:
                return True
            covered = int(until)
    return scenario.stop_at_s is not None and covered >= to_us(scenario.stop_at_s)
