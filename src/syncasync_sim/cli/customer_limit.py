"""More customers than a picture shows: said before they are simulated, with a cure that works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncasync_sim.cli.printed import command
from syncasync_sim.cli.runner import Answer, Question
from syncasync_sim.command_line import quoted
from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim.model.scenario import Scenario


def refuse_too_many(scenario: Scenario, question: Question, most: int) -> None:
    """Check that a scenario has few enough customers for a replay.

    Args:
        scenario: the scenario.
        question: the options of the command.
        most: the greatest number of customers.

    Raises:
        ScenarioError: more are to come; the error has a `--set` that limits them.
    """
    from syncasync_sim.replay.picture_limit import cap_of

    if (cap := cap_of(scenario, most)) is not None:
        raise _refusal(question, round(scenario.traffic.expected_customers), most, f"--set {quoted(cap)}")


def refuse_recorded(result: Answer, most: int | None = None) -> None:
    """Check that a recorded run, which takes no `--set`, has few enough customers for a replay.

    Random arrivals within the limit can still be too many; the suggested number is then a tenth smaller.

    Args:
        result: the recorded run.
        most: the greatest number of customers; by default that of a page.

    Raises:
        ScenarioError: there are more; the error has the command that helps.
    """
    from syncasync_sim.replay.picture_limit import MOST_CUSTOMERS, came, cap_of

    limit, number = most or MOST_CUSTOMERS, came(result.traces)
    if number <= limit:
        return
    again = command("export", result.question.source)
    cure = f"{again}  shows the first {MOST_CUSTOMERS:,}"
    if is_measured(result):
        scenario = result.scenario
        cap = cap_of(scenario, limit) or cap_of(scenario, limit * 9 // 10) or f"traffic.requests={limit}"
        cure = f"record fewer customers:  live SCENARIO --set {quoted(cap)} --record FILE"
    raise _refusal(result.question, number, limit, cure)


def is_measured(result: Answer) -> bool:
    """Whether a run was measured for real, so that a part of it cannot be run again."""
    return any(trace.source == "measured" for trace in result.traces.values())


def _refusal(question: Question, number: int, limit: int, cure: str) -> ScenarioError:
    return ScenarioError(
        f"{question.source}: {number:,} customers are too many for a replay, which shows {limit:,}"
        f"\n  = {cure}"
    )
