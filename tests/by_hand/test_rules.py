"""The rules of the trade on small scenarios: which decides about a step, which agree or object."""

from __future__ import annotations

from typing import Any

import pytest

from by_hand.timeline import Data, email, figures, run, step, window
from syncasync_sim.model.rules import RULES, Verdict, judge
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import worker_load


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


def verdicts(*steps: Data, **parts: Any) -> list[Verdict]:
    scenario = {"traffic": {"requests": 1}, "steps": list(steps), **parts}
    return judge(Scenario.model_validate(scenario))


def extra(duration: str, **more: object) -> Data:
    """A step the page can do without."""
    return step("extra", duration, **{"needed_for_reply": False, **more})


CHARGE = step("charge", "200ms")
KILLED = {"server": {"timeout": "2s"}}
FEW = {"traffic": {"rate": "4/s", "for": "60s"}, "server": {"threads": 1}}
SPIKE = [{"rate": "1/s", "for": "50s"}, {"rate": "10/s", "for": "10s"}]
MOSTLY = "empirical([50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 50ms, 2s])"

# The steps, the rest of the scenario, and what is said of the last step: the rule, and who agrees or objects.
Case = tuple[list[Data], dict[str, Any], str, list[str], list[str]]
CASES: list[Case] = [
    # The customer needs it: that beats everything, and 800 ms is over half a second all the same.
    ([step("charge", "800ms")], {}, "needed", [], ["slow"]),
    ([step("save", "50ms")], {}, "needed", ["short"], []),
    ([step("stock", "250ms", failure_rate="5%")], {}, "needed", [], ["flaky"]),
    ([email("80ms", needed_for_reply=True)], {}, "needed", ["short"], []),
    # Flaky: at least 1 % of the attempts fail, an outage, or a time-out that cuts at least 1 %.
    ([extra("250ms", failure_rate="5%")], {}, "flaky", [], []),
    ([extra("20ms", failure_rate="5%")], {}, "flaky", [], ["short"]),
    ([extra("20ms", failure_rate="1%")], {}, "flaky", [], ["short"]),
    ([extra("20ms", failure_rate="0.9%")], {}, "short", [], []),
    ([extra("20ms", outages=[window("0s", "1s")])], {}, "flaky", [], ["short"]),
    # It never succeeds: that beats everything, and what is behind it in the request is never reached.
    ([step("charge", "800ms", failure_rate="100%")], {}, "never succeeds", [], []),
    ([extra("1s", timeout="500ms")], {}, "never succeeds", [], []),
    ([extra("uniform(500ms, 1s)", timeout="500ms")], {}, "flaky", ["slow"], []),
    ([extra("1s", timeout="500ms", slowdowns=[window("0s", "1s", factor=0.1)])], {}, "flaky", ["slow"], []),
    (
        [extra("100ms", timeout="500ms", slowdowns=[window("0s", "forever", factor=6)])],
        {},
        *("never succeeds", [], []),
    ),
    ([extra("1s", outages=[window("0s", "forever")])], {}, "never succeeds", [], []),
    ([extra("1s", outages=[window("1s", "forever")])], {}, "flaky", ["slow"], []),
    ([extra("1s", outages=[window("0s", "9s")])], {"stop_at": "9s"}, "never succeeds", [], []),
    ([extra("1s", outages=[window("0s", "9s")])], {"stop_at": "10s"}, "flaky", ["slow"], []),
    (
        [extra("1s", outages=[window("0s", "4s"), window("3s", "forever")])],
        {"traffic": {"at": ["1s", "2s"]}},
        *("never succeeds", [], []),
    ),
    ([step("charge", "1s", failure_rate=1), email("1s")], {}, "never reached", [], []),
    ([step("charge", "1s", failure_rate=1, background=True), email("1s")], {}, "slow", [], []),
    ([step("charge", "1s", failure_rate=1, on_failure="continue"), email("1s")], {}, "slow", [], []),
    ([extra("lognormal(p50=40ms, p99=400ms)", timeout="300ms")], {}, "flaky", [], []),
    ([extra("20ms", timeout="30ms")], {}, "short", [], []),
    ([email("1500ms", failure_rate="30%", retry={"in_request": True})], {}, "retries", ["flaky", "slow"], []),
    ([email("1500ms", failure_rate="30%")], {}, "flaky", ["slow"], []),
    (
        [email("20ms", failure_rate="30%", retry={"in_request": True, "attempts": 1})],
        {},
        "flaky",
        [],
        ["short"],
    ),
    # The server kills its request: 2.5 s of steps that the page needs, 2 s for them. Just 2 s are in time.
    ([step("charge", "1s"), step("print", "1500ms")], KILLED, "killed in the request", ["slow"], ["needed"]),
    ([step("charge", "1s"), email("1500ms")], KILLED, "killed in the request", ["slow"], []),
    ([step("charge", "1s"), extra("1s")], KILLED, "slow", [], []),
    ([email("1500ms"), extra("1s")], KILLED, "slow", [], []),  # not in the request
    ([step("charge", "9s", timeout="1s", on_failure="continue"), extra("1s")], KILLED, "slow", [], []),
    ([step("charge", "9s", failure_rate="1%", fails_after="1s"), extra("1s")], KILLED, "slow", [], []),
    # Half a second is not yet slow, 100 ms is no longer short.
    ([extra("501ms")], {}, "slow", [], []),
    ([extra("500ms")], {}, "grey zone", [], []),
    ([extra("100ms")], {}, "grey zone", [], []),
    ([extra("99ms")], {}, "short", [], []),
    # 245 ms on average, and one in ten takes 2 s; 50 ms, in a slowdown twenty times as long.
    ([extra(MOSTLY)], {}, "slow at times", [], []),
    ([extra("50ms", slowdowns=[window("0s", "1s", factor=20)])], {}, "slow at times", [], []),
    # 4/s x (0.2 + 0.2) s = 1.6 requests at once and one thread.
    ([CHARGE, extra("200ms")], FEW, "busy threads", [], []),
    ([CHARGE, email("200ms")], FEW, "busy threads", [], []),
    ([CHARGE, extra("200ms")], {**FEW, "server": {"threads": 2}}, "grey zone", [], []),
    ([CHARGE, extra("1s")], FEW, "slow", ["busy threads"], []),
    # 2.5/s on average are 1 at once, 10/s at the height are 4, and there are two threads.
    ([CHARGE, extra("200ms")], {"traffic": {"phases": SPIKE}, "server": {"threads": 2}}, "spike", [], []),
    ([CHARGE, extra("200ms")], {"traffic": {"phases": SPIKE}, "server": {"threads": 4}}, "grey zone", [], []),
    ([CHARGE, extra("200ms")], {"traffic": {"requests": 3}, "server": {"threads": 2}}, "spike", [], []),
    # Three come within 400 ms, the last of them a little too late for the first.
    (
        [CHARGE, extra("200ms")],
        {"traffic": {"at": ["0s", "300ms", "500ms", "600ms"]}, "server": {"threads": 2}},
        *("spike", [], []),
    ),
    (
        [CHARGE, extra("200ms")],
        {"traffic": {"at": ["0s", "300ms", "400ms", "1s"]}, "server": {"threads": 2}},
        *("grey zone", [], []),
    ),
    # In the grey zone a queue that is there anyway decides.
    ([email("1500ms"), extra("250ms")], {}, "grey zone, queue there", [], []),
    ([email("50ms"), extra("250ms")], {}, "grey zone", [], []),
]


@pytest.mark.parametrize(("steps", "parts", "rule", "agree", "against"), CASES)
def test_the_rule_that_decides(
    steps: list[Data], parts: dict[str, Any], rule: str, agree: list[str], against: list[str]
) -> None:
    said = verdicts(*steps, **parts)[-1]
    assert said.rule.name == rule
    assert [other.name for other in said.agree] == agree
    assert [other.name for other in said.object] == against
    assert "{" not in said.reason


def test_every_rule_decides_somewhere() -> None:
    assert {case[2] for case in CASES} == {rule.name for rule in RULES}


def test_where_a_rule_sends_a_step() -> None:
    assert [rule.name for rule in RULES if rule.place is None] == ["never succeeds", "never reached"]
    in_request = {rule.name for rule in RULES if rule.place == "sync"}
    assert in_request == {"needed", "short", "grey zone"}


@pytest.mark.parametrize(
    ("more", "queue", "fate"),
    [
        ({}, {}, "tries each message 5 times and then dead-letters it"),
        ({"retry": {"attempts": 1}}, {}, "tries each message once and then dead-letters it"),
        ({}, {"max_deliveries": 3, "dead_letter": False}, "tries each message 3 times and then drops it"),
        ({"retry": {"attempts": "unlimited"}}, {}, "tries each message for ever"),
        ({}, {"ack": "before"}, "loses each message after one attempt"),
    ],
)
def test_what_the_queue_does_with_a_step_that_never_succeeds(more: Data, queue: Data, fate: str) -> None:
    said = verdicts(extra("1s", failure_rate="100%", **more), queue=queue)[0]
    assert said.reason.endswith(f"and the queue {fate}")
    assert (said.place, said.is_advised) == ("sync", False)


def test_reasons_name_the_numbers() -> None:
    assert verdicts(extra(MOSTLY))[0].reason.startswith("245 ms on average, but at times 2.00 s or more")
    assert verdicts(extra("250ms", failure_rate="5%"))[0].reason.startswith("5 % of its attempts fail")
    busy = verdicts(CHARGE, extra("200ms"), **FEW)[1].reason
    assert busy == "with this step 1.60 requests are in the server at once on average, and there is 1 thread"


@pytest.mark.parametrize("retry", [{}, {"attempts": 3, "in_request": True}])
@pytest.mark.parametrize(
    ("queue", "is_tried_again"),
    [({}, True), ({"ack": "before"}, False), ({"max_deliveries": 1}, False), ({"max_deliveries": 2}, True)],
)
def test_a_failure_is_said_to_be_tried_again_only_where_it_is(
    retry: dict[str, Any], queue: dict[str, Any], is_tried_again: bool
) -> None:
    reason = verdicts(extra("200ms", failure_rate="5%", retry=retry), queue=queue)[0].reason
    assert ("a message has only one attempt" not in reason) == is_tried_again


def test_a_reason_names_the_step_and_does_not_repeat_the_name_of_its_rule() -> None:
    alone, beside_queue = verdicts(extra("200ms"))[0], verdicts(email("1500ms"), extra("200ms"))[1]
    either = "between 100 and 500 ms either design is fine"
    assert alone.reason == f"{either}: the step is reliable, and no other step needs a queue"
    assert beside_queue.reason == (
        f"{either}: the page does not need the step, and another step needs a queue anyway"
    )
    for rule in RULES:
        assert rule.name not in rule.reason or rule.name in ("slow", "short", "spike")
        assert ": it is " not in rule.reason


@pytest.mark.parametrize(
    ("parts", "load"),
    [
        # 2/s x 1.5 s / 3 workers
        ({"traffic": {"rate": "2/s", "for": "1m"}, "workers": {"count": 3}}, 1.0),
        ({"traffic": {"phases": [{"ramp": ["0/s", "4/s"], "for": "30s"}]}, "workers": {"count": 3}}, 1.0),
        # One partition: one of three workers reads it. 2 x 1.5 = 3
        (
            {
                "traffic": {"rate": "2/s", "for": "1m"},
                "workers": {"count": 3},
                "queue": {"partitions": 1, "deliver": "500ms"},
            },
            4.0,
        ),
        ({"traffic": {"requests": 9}}, None),
        ({"traffic": {"rate": "2/s", "for": "1m"}, "workers": {"count": 0}}, None),
    ],
)
def test_the_load_of_the_workers(parts: dict[str, Any], load: float | None) -> None:
    scenario = Scenario.model_validate({"steps": [CHARGE, email("1500ms")], **parts})
    assert worker_load(scenario) == (None if load is None else pytest.approx(load, abs=1e-12))


def test_tries_after_failures_are_work() -> None:
    # 0.6/s x 1.5 s = 0.90; three tries of which 30 % fail are 1 + 0.3 + 0.09 = 1.39 on average: 1.251
    flaky = email("1500ms", failure_rate="30%", retry={"attempts": 3})
    traffic = {"rate": "6/10s", "for": "1m"}
    scenario = Scenario.model_validate({"traffic": traffic, "steps": [flaky]})
    assert worker_load(scenario) == pytest.approx(1.251, abs=1e-12)
    hopeless = email("1500ms", failure_rate="100%", retry={"attempts": 3})
    scenario = Scenario.model_validate({"traffic": traffic, "steps": [hopeless]})
    assert worker_load(scenario) == pytest.approx(2.7, abs=1e-12)
