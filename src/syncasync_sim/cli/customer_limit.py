"""More customers than a picture shows: said before they are simulated, with the `--set` that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncasync_sim.cli.runner import Question
from syncasync_sim.command_line import quoted
from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim.model.scenario import Scenario


def refuse_too_many(scenario: Scenario, question: Question, most: int | None = None) -> None:
    """Check that a scenario has few enough customers for a replay.

    Args:
        scenario: the scenario.
        question: the options of the command.
        most: the greatest number of customers; by default that of a page.

    Raises:
        ScenarioError: more are to come; the error has a `--set` that limits them.
    """
    from syncasync_sim.replay.picture_limit import MOST_CUSTOMERS, cap_of

    if cap_of(scenario, most or MOST_CUSTOMERS) is not None:
        raise too_many(round(scenario.traffic.expected_customers), scenario, question, most)


def too_many(came: int, scenario: Scenario, question: Question, most: int | None = None) -> ScenarioError:
    """The error for too many customers, with a `--set` that limits them.

    Random arrivals within the limit can still be too many; the suggested number is then a tenth smaller.

    Args:
        came: the number of customers.
        scenario: the scenario.
        question: the options of the command.
        most: the greatest number of customers; by default that of a page.
    """
    from syncasync_sim.replay.picture_limit import MOST_CUSTOMERS, cap_of

    limit = most or MOST_CUSTOMERS
    cap = cap_of(scenario, limit) or cap_of(scenario, limit * 9 // 10) or f"traffic.requests={limit}"
    return ScenarioError(
        f"{question.source}: {came:,} customers are too many for a replay, which shows {limit:,}"
        f"\n  = --set {quoted(cap)}"
    )
