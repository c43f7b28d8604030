"""The rules of the trade on small scenarios: which decides about a step, which agree or object."""

from __future__ import annotations

import pytest

from by_hand.timeline import email, figures, run, step
from syncasync_sim.model.scenario import Scenario


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("said", [None, False, True])
def test_what_the_page_needs(background: bool, said: bool | None) -> None:
    more = {} if said is None else {"needed_for_reply": said}
    steps = [step("work", "1s", background=background, **more)]
    asked = Scenario.model_validate({"traffic": {"requests": 1}, "steps": steps})
    assert asked.steps[0].is_needed == ((not background) if said is None else said)


def test_what_the_page_needs_changes_nothing_in_a_run() -> None:
    plain = run("async", steps=[step("charge", "1s"), email()])
    said = run("async", steps=[step("charge", "1s"), email(needed_for_reply=True)])
    assert figures(plain) == figures(said)
