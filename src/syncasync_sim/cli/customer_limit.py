"""More customers than a picture shows: said before they are simulated, with the `--set` that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncasync_sim.cli.runner import Question
from syncasync_sim.command_line import quoted
from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim.model.scenario import Scenario


def refuse_too_many(scenario: Scenario, question: Question, most: int | None = None) -> None:
    """Raise ScenarioError if more than *most* customers (default: what a page shows) are to come."""
    from syncasync_sim.replay.picture_limit import MOST_CUSTOMERS, cap_of

    if cap_of(scenario, most or MOST_CUSTOMERS) is not None:
        raise too_many(round(scenario.traffic.expected_customers), scenario, question, most)


def too_many(came: int, scenario: Scenario, question: Question, most: int | None = None) -> ScenarioError:
    """Random arrivals that were to be few enough can be too many: then it is a tenth fewer."""
    from syncasync_sim.replay.picture_limit import MOST_CUSTOMERS, cap_of

    shown = most or MOST_CUSTOMERS
    cap = cap_of(scenario, shown) or cap_of(scenario, shown * 9 // 10) or f"traffic.requests={shown}"
    return ScenarioError(
        f"{question.source}: {came:,} customers are too many for a replay, which shows {shown:,}"
        f"\n  = --set {quoted(cap)}"
    )
