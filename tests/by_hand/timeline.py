"""What the tests by hand share: build a small scenario, run it, and read its rows.

Every expected number in this folder was worked out on paper, from the text of the model, and is exact.
"""

from __future__ import annotations

from typing import Any

from syncasync_sim.engine import simulate
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import summarise
from syncasync_sim.trace.records import Trace

Data = dict[str, Any]


def step(name: str, duration: str, **more: object) -> Data:
    return {"name": name, "duration": duration, **more}


def email(duration: str = "1s", **more: object) -> Data:
    """The background step of most of these timelines; its effect is `email`."""
    return step("email", duration, **{"effect": "email", "background": True, **more})


def window(start: str, lasts: str, **more: object) -> Data:
    return {"from": start, "for": lasts, **more}


CHECKOUT: list[Data] = [
    step("check payment", "200ms"),
    step("charge card", "800ms", effect="card charged"),
    step("save order", "50ms", effect="order saved"),
    step("send email", "1500ms", effect="email sent", background=True),
    step("return page", "0"),
]


def run(mode: Mode, **parts: Any) -> Trace:
    """Run the scenario made of *parts*; one customer at 0 if nothing is said about traffic."""
    scenario = Scenario.model_validate({"traffic": {"requests": 1}, **parts})
    return simulate(scenario, mode, seed=1)


def figures(trace: Trace) -> Data:
    """The figures of the design, as in the JSON."""
    data: Data = summarise(trace).to_dict()
    return data


def replies(trace: Trace) -> list[tuple[str, float | None]]:
    """Per request, in order of arrival: what the customer saw, and when."""
    return [(str(request.response), request.replied_s) for request in trace.requests]


def works(trace: Trace) -> list[str]:
    return [str(request.work) for request in trace.requests]


def begun(trace: Trace) -> list[float | None]:
    return [request.began_s for request in trace.requests]


def completed(trace: Trace) -> list[float | None]:
    return [request.completed_s for request in trace.requests]


def attempts(trace: Trace) -> list[tuple[float, float | None, str]]:
    """Every attempt, by its start: (started, ended, outcome)."""
    rows = sorted((a.started_s, a.index, a.ended_s, str(a.outcome)) for a in trace.attempts)
    return [(started, ended, outcome) for started, _, ended, outcome in rows]


def taken(trace: Trace) -> list[tuple[float, int, int]]:
    """Every delivery, in order: (when it was taken, which message, by which worker)."""
    return sorted((d.taken_s, d.message, d.worker) for d in trace.deliveries)


def done(trace: Trace) -> list[float | None]:
    """Per message, in publish order: its first success."""
    return [message.done_s for message in trace.messages]


def fates(trace: Trace) -> list[tuple[str, float | None]]:
    """Per message, in publish order: how it went and when."""
    return [(str(message.fate), message.gone_s) for message in trace.messages]
