"""Whether more comes than can be done, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from syncasync_sim.files import bundled, load_scenario
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.saturation import overloads
from syncasync_sim.stats.overload import overload_lines

TWICE = {"rate": "2/s", "for": "1m"}
WORK, EMAIL = {"name": "work", "duration": "1s"}, {"name": "email", "duration": "2s", "background": True}
DOWN = {"outages": [{"from": "0s", "for": "forever"}], "fails_after": "1ms"}


def loads(mode: Mode, *steps: dict[str, Any], **parts: Any) -> dict[str, float]:
    """What comes over what can be done, by place."""
    scenario = Scenario.model_validate({"traffic": TWICE, "steps": steps, **parts})
    return {
        told.station.kind: round(told.offered_per_s / told.possible_per_s, 6)
        for told in overloads(scenario, mode)
    }


def threads(number: int, **more: Any) -> dict[str, Any]:
    return {"server": {"threads": number, **more}}


@pytest.mark.parametrize(
    ("mode", "steps", "parts", "told"),
    [
        # 2/s x 1 s = 2 threads: one is too few, and two are just enough when nothing is random
        ("sync", [WORK], threads(1), {"threads": 2.0}),
        ("sync", [WORK], threads(2), {}),
        ("sync", [WORK], {**threads(2), "traffic": {**TWICE, "arrivals": "poisson"}}, {"threads": 1.0}),
        ("sync", [WORK | {"duration": "exponential(mean=1s)"}], threads(2), {"threads": 1.0}),
        ("sync", [WORK], {}, {}),
        # with the email in the request 2 x 3 s = 6; without it 2, and 4 workers are needed
        ("sync", [WORK, EMAIL], threads(4), {"threads": 1.5}),
        ("async", [WORK, EMAIL], {**threads(4), "workers": {"count": 3}}, {"workers": 1.333333}),
        ("async", [WORK, EMAIL], {**threads(4), "workers": {"count": 4}}, {}),
        ("async", [WORK, EMAIL], {"queue": {"publish": "500ms"}, **threads(2), "workers": {"count": 9}},
         {"threads": 1.5}),
        # one thread lets 1/s through: no more come to the workers, who need 2
        ("async", [WORK, EMAIL], {**threads(1), "workers": {"count": 1}}, {"threads": 2.0, "workers": 2.0}),
        ("async", [WORK, EMAIL], {**threads(1), "workers": {"count": 2}}, {"threads": 2.0}),
        # half fail at once, and then the email is not done: 2 x (1 + 0.5 x 2) = 4
        ("sync", [WORK | {"failure_rate": "50%"}, EMAIL], threads(3), {"threads": 1.333333}),
        # a failure takes no time: 2 x (0.5 x 1 + 0.5 x 2) = 3
        ("sync", [WORK | {"failure_rate": "50%", "fails_after": "0s"}, EMAIL], threads(2), {"threads": 1.5}),
        # tried twice in the request: 2 x (1.5 x 1 + 0.75 x 2) = 6
        ("sync", [WORK | {"failure_rate": "50%", "retry": {"attempts": 2, "in_request": True, "delay": "0s"}},
                  EMAIL], threads(4), {"threads": 1.5}),
        # the delay of 1 s after half of the first tries holds the thread, too: 2 x (1.5 + 0.5) = 4
        ("sync", [WORK | {"failure_rate": "50%", "retry": {"attempts": 2, "in_request": True}}], threads(2),
         {"threads": 2.0}),
        # cut at 800 ms, always, and failed then: 2 x 0.8, and nobody gets to the email
        ("sync", [WORK | {"timeout": "800ms"}, EMAIL], threads(1), {"threads": 1.6}),
        ("sync", [WORK | {"timeout": "100ms"}], threads(1), {}),
        # a time-out that never cuts changes nothing
        ("sync", [WORK | {"timeout": "3s"}, EMAIL | {"timeout": "9s"}], threads(4), {"threads": 1.5}),
        # measured 1 s or 3 s, cut at 2 s: (1 + 2)/2, and half of them go on to 2 s more: 2 x 2.5 = 5
        ("sync", [WORK | {"duration": "empirical([1s, 3s])", "timeout": "2s"}, EMAIL], threads(4),
         {"threads": 1.25}),
        # half of the requests end before the email: 2 x 0.5 x 2 = 2 workers
        ("async", [WORK | {"failure_rate": "50%"}, EMAIL], {"workers": {"count": 1}}, {"workers": 2.0}),
        # lost with its failure, if it is acknowledged before: 2 x 2 = 4 and no second try
        ("async", [EMAIL | {"failure_rate": "50%"}], {"queue": {"ack": "before"}, "workers": {"count": 2}},
         {"workers": 2.0}),
        # tried at most twice by the broker's limit: 2 x 2 x 1.5 = 6
        ("async", [EMAIL | {"failure_rate": "50%"}],
         {"queue": {"max_deliveries": 2}, "workers": {"count": 4}}, {"workers": 1.5}),
        # 4 of 10 deliveries die at once: 2 x 2 x (0.6 + 0.4 x 0.6) with two of them at most, 3.36 workers
        ("async", [EMAIL | {"retry": {"attempts": 2}}],
         {"workers": {"count": 3, "crash_rate": "40%"}}, {"workers": 1.12}),
        # 3 partitions on two workers: one has two of them, which is full at 1.5 workers' worth
        ("async", [EMAIL], {"queue": {"partitions": 3}, "workers": {"count": 2}}, {"workers": 2.666667}),
        # the service does 1/s however many threads there are
        ("sync", [WORK | {"concurrency": 1}], {}, {"service": 2.0}),
        ("sync", [WORK | {"concurrency": 1}], threads(2), {"service": 2.0}),
        ("async", [EMAIL | {"concurrency": 1}], {"workers": {"count": 2}}, {"service": 4.0}),
        # of equals it is the service, as more workers or threads would only wait for it
        ("async", [EMAIL | {"concurrency": 2}], {"workers": {"count": 2}}, {"service": 2.0}),
        ("async", [EMAIL | {"concurrency": 2}], {"workers": {"count": 1}}, {"workers": 4.0}),
        ("sync", [WORK | {"concurrency": 1}], threads(1), {"service": 2.0}),
        # half get the error page and click once more: 2 x 1.5 clicks
        ("sync", [WORK | {"failure_rate": "50%"}], {**threads(2), "customer": {"resubmits": 1}},
         {"threads": 1.5}),
        # no burst, no line that cannot grow, nothing that is not clear
        ("sync", [WORK], {**threads(1), "traffic": {"requests": 99}}, {}),
        ("sync", [WORK], {**threads(1), "traffic": {"at": ["0s", "1ms"]}}, {}),
        ("sync", [WORK], threads(1, backlog=5), {}),
        ("sync", [WORK], {**threads(1, drop_expired=True), "customer": {"patience": "3s"}}, {}),
        ("sync", [WORK | DOWN], threads(1), {}),
        # the server may end a request, or all that wait, at any time
        ("sync", [WORK], threads(1, timeout="500ms"), {}),
        ("sync", [WORK], threads(1, restarts=[{"at": "5s", "for": "1s"}]), {}),
        ("async", [WORK, EMAIL], {"queue": {"capacity": 5}}, {}),
        ("async", [WORK, EMAIL], {"workers": {"count": 0}}, {}),
        ("async", [WORK], {}, {}),
        ("async", [EMAIL], {**threads(1), "workers": {"count": 9}}, {}),
        # one thread lets 1/s through and turns the others away: one worker does 0.5/s, two do 1/s
        ("async", [WORK, EMAIL], {**threads(1, backlog=0), "workers": {"count": 1}}, {"workers": 2.0}),
        ("async", [WORK, EMAIL], {**threads(1, backlog=0), "workers": {"count": 2}}, {}),
        # nothing is published where the broker or a step before it is down
        ("async", [WORK, EMAIL], {"queue": {"outages": [{"from": "0s", "for": "forever"}]}}, {}),
        ("async", [WORK | DOWN, EMAIL], {}, {}),
    ],
)  # fmt: skip
def test_who_has_more_than_can_be_done(
    mode: Mode, steps: list[dict[str, Any]], parts: dict[str, Any], told: dict[str, float]
) -> None:
    assert loads(mode, *steps, **parts) == told


SYNC, ASYNC = "so the queue and the waits", "so the queue and the delay of the work"
THREE_WORKERS = "but 3 workers can do the work of only 2/s"


def test_what_is_said_of_the_bundled_scenarios() -> None:
    said = {name: overload_lines(load_scenario(name), MODES) for name in bundled.names()}
    workers = f"Overloaded, async: 3 requests/s arrive, {THREE_WORKERS}, {ASYNC} keep growing."
    spike = "requests/s arrive between 30.00 s and 40.00 s"
    four_threads, twelve_threads = "4 threads can serve only 1.57/s", "12 threads can serve only 4.71/s"
    service = "the service of 'send email' takes 3 at once and can do only 2/s"
    assert {name: lines for name, lines in said.items() if lines} == {
        # three workers for three calls at once: more workers would only wait for the service
        "overload": [
            f"Overloaded, sync: 3 requests/s arrive, but {service}, {SYNC} keep growing.",
            f"Overloaded, async: 3 requests/s arrive, but {service}, {ASYNC} keep growing.",
        ],
        "slow-email": [
            f"Overloaded, sync: 3 requests/s arrive, but {four_threads}, {SYNC} keep growing.",
            workers,
        ],
        # the ramp to 4/s crosses 2/s half way up and half way down
        "rush-hour": [
            f"Overloaded, async: up to 4 requests/s arrive between 15.00 s and 45.00 s, {THREE_WORKERS}, "
            f"{ASYNC} grow until then."
        ],
        "traffic-spike": [
            f"Overloaded, sync: up to 10 {spike}, but {twelve_threads}, {SYNC} grow until then.",
            f"Overloaded, async: up to 10 {spike}, {THREE_WORKERS}, {ASYNC} grow until then.",
        ],
    }


def said(**parts: Any) -> list[str]:
    traffic = {"rate": "1/s", "for": "1m"}
    return overload_lines(Scenario.model_validate({"traffic": traffic, "steps": [WORK], **parts}), MODES[:1])


def test_one_worker_and_as_much_as_it_can_do() -> None:
    traffic = {"rate": "1/2s", "for": "1m", "arrivals": "poisson"}
    scenario = Scenario.model_validate({"traffic": traffic, "steps": [EMAIL]})
    assert overload_lines(scenario, MODES) == [
        "Overloaded, async: 0.5 requests/s arrive, and 1 worker can do the work of no more than that, "
        f"{ASYNC} keep growing."
    ]


def test_one_request_arrives_and_a_bound_is_told_as_one() -> None:
    call = {"name": "call", "duration": "1s", "concurrency": 1}
    assert said(steps=[WORK, WORK | {"name": "b"}, call], server={"threads": 2}) == [
        "Overloaded, sync: 1 request/s arrives, but 2 threads can serve at most 0.667/s, "
        f"{SYNC} keep growing."
    ]


@pytest.mark.parametrize(
    ("phases", "told"),
    [
        # one thread does 1/s; the average of these is 1/s, the second half has twice as much
        (["0/s 10s", "2/s 10s"], "between 10.00 s and 20.00 s"),
        # two peaks, of 10 and of 20 s; the worse one is told
        (["2/s 10s", "0/s 10s", "2/s 20s"], "between 20.00 s and 40.00 s (the worst of 2 such times)"),
        # up to 1/s at 10 s, over it until 40 s
        (["0/s-2/s 20s", "2/s 10s", "2/s-0/s 20s"], "between 10.00 s and 40.00 s"),
        # 1 s of 3/s: three come, one finds the thread free, one is nearly done: one waits on
        (["3/s 1s", "0/s 9s"], "between 0 s and 1.00 s"),
        # half a second of 2/s: one customer, nobody has to wait
        (["2/s 500ms", "0/s 9s"], None),
        (["1/s 10s", "500/1000s 10s"], None),
    ],
)
def test_the_peak_of_phases_is_named(phases: list[str], told: str | None) -> None:
    listed = []
    for phase in phases:
        rates, lasts = phase.split()
        ends = rates.split("-")
        listed.append({"for": lasts, **({"ramp": ends} if len(ends) == 2 else {"rate": rates})})
    lines = said(traffic={"phases": listed}, server={"threads": 1})
    assert bool(lines) is (told is not None)
    for line in lines:
        assert f"requests/s arrive {told}, but 1 thread can serve only 1/s, {SYNC} grow until then." in line


def test_rates_that_differ_are_told_with_both_ends() -> None:
    """One thread does 1/s, so the queue grows at 2/s as well as at 6/s."""
    phases = [{"rate": "2/s", "for": "10s"}, {"rate": "6/s", "for": "10s"}]
    assert said(traffic={"phases": phases}, server={"threads": 1}) == [
        f"Overloaded, sync: 2 to 6 requests/s arrive, but 1 thread can serve only 1/s, {SYNC} keep growing."
    ]


def test_second_clicks_after_time_outs_are_said_not_to_be_counted() -> None:
    """Of 4/s for 10 s one thread serves 10; those behind them time out and click again, so more come."""
    parts = {"traffic": {"phases": [{"rate": "4/s", "for": "10s"}, {"rate": "0/s", "for": "50s"}]}}
    impatient = {"patience": "2s", "resubmits": 2}
    (line,) = said(**parts, server={"threads": 1}, customer=impatient)
    assert line == (
        "Overloaded, sync: up to 4 requests/s arrive between 0 s and 10.00 s, not counting second clicks "
        f"after time-outs, but 1 thread can serve only 1/s, {SYNC} grow at least until then."
    )
    (line,) = said(**parts, server={"threads": 1}, customer={"patience": "2s"})
    assert "not counting" not in line
    assert "at least" not in line


def test_a_time_out_that_hardly_ever_cuts_silences_nothing() -> None:
    """A lognormal of which 6 in 10,000 are longer than 3 s; 8 threads, 12/s."""
    call = {"name": "call", "duration": "lognormal(p50=250ms, p99=1500ms)"}
    traffic = {"rate": "12/s", "for": "5m", "arrivals": "poisson"}
    (plain,), (cut,) = (
        said(traffic=traffic, steps=[call | more], server={"threads": 4}) for more in ({}, {"timeout": "3s"})
    )
    assert plain.startswith("Overloaded, sync: 12 requests/s arrive, but 4 threads can serve only ")
    assert cut.startswith("Overloaded, sync: 12 requests/s arrive, but 4 threads can serve only ")


FOUR = {"rate": "4/s", "for": "1m"}
"""240 customers for one thread, which serves 60 of them: up to 180 would wait."""


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"server": {"threads": 1, "backlog": 50}},
         "4 requests/s arrive, but 1 thread can serve only 1/s; "
         "the line is full at 50 (backlog), so the others are rejected."),
        ({"server": {"threads": 1, "backlog": 0}},
         "4 requests/s arrive, but 1 thread can serve only 1/s; "
         "nobody may wait (backlog: 0), so the others are rejected."),
        ({"server": {"threads": 1, "backlog": 5}, "customer": {"patience": "9s", "resubmits": 1}},
         "4 requests/s arrive, not counting second clicks after time-outs and rejections, "
         "but 1 thread can serve only 1/s; the line is full at 5 (backlog), so the others are rejected."),
        ({"server": {"threads": 1, "drop_expired": True}, "customer": {"patience": "9s"}},
         "4 requests/s arrive, but 1 thread can serve only 1/s; "
         "customers whose patience is over leave the line unserved (drop_expired)."),
        # whoever waits 9 s leaves before 50 wait
        ({"server": {"threads": 1, "drop_expired": True, "backlog": 50}, "customer": {"patience": "9s"}},
         "4 requests/s arrive, but 1 thread can serve only 1/s; "
         "customers whose patience is over leave the line unserved (drop_expired)."),
        # 180 find a place
        ({"server": {"threads": 1, "backlog": 180}}, None),
        ({"server": {"threads": 1, "drop_expired": True}, "customer": {"patience": "3m"}}, None),
    ],
)  # fmt: skip
def test_a_limited_line_that_is_full_is_told(parts: dict[str, Any], told: str | None) -> None:
    assert said(traffic=FOUR, **parts) == ([] if told is None else [f"Overloaded, sync: {told}"])


@pytest.mark.parametrize(
    ("queue", "others"),
    [({}, "the others are refused"), ({"when_full": "drop_oldest"}, "the oldest are dropped")],
)
def test_a_full_queue_is_told(queue: dict[str, str], others: str) -> None:
    """One worker does 0.5 emails a second."""
    data = {"traffic": FOUR, "steps": [EMAIL], "queue": {"capacity": 20, **queue}}
    assert overload_lines(Scenario.model_validate(data), ("async",)) == [
        "Overloaded, async: 4 requests/s arrive, but 1 worker can do the work of only 0.5/s; "
        f"the queue is full at 20 (capacity), so {others}."
    ]


def test_workers_that_are_down_are_named_where_more_comes_than_the_workers_can_do() -> None:
    """Two workers of 2 s an email do 1/s at most: less while they are down."""
    crashes = [{"worker": number, "at": "10s", "restart_after": "never"} for number in (1, 2)]
    workers = {"count": 2, "crashes": crashes}
    data = {"traffic": FOUR, "steps": [EMAIL], "workers": workers}
    (told,) = overload_lines(Scenario.model_validate(data), ("async",))
    assert (
        "but 2 workers can do the work of at most 1/s, and both workers are down from 10.00 s on for good"
        in told
    )


def test_clicks_that_are_calculated_are_not_said_to_arrive() -> None:
    """Half of the requests fail: 2/s and 1/s of second clicks, as soon as the first are answered."""
    parts = {"customer": {"resubmits": 1}, **threads(2)}
    data = {"traffic": TWICE, "steps": [WORK | {"failure_rate": "50%"}], **parts}
    (told,) = overload_lines(Scenario.model_validate(data), ("sync",))
    would = "3 requests/s would arrive if all were answered at once (with second clicks after error pages"
    assert told.startswith(f"Overloaded, sync: {would}), but 2 threads can serve only 2/s")
    patient = data | {"customer": {"resubmits": 1, "patience": "9s"}}
    (told,) = overload_lines(Scenario.model_validate(patient), ("sync",))
    assert f"{would}, but not second clicks after time-outs), but 2 threads" in told


def test_capacity_is_the_most_where_messages_are_handed_out_again() -> None:
    """A worker does 0.5 emails a second, and each is handed out again before it is done."""
    late = {"queue": {"visibility_timeout": "1s"}}
    again = "'email' may take 2.00 s, and its message is handed out again after 1.00 s (visibility timeout)"
    data = {"traffic": FOUR, "steps": [EMAIL], **late}
    (told,) = overload_lines(Scenario.model_validate(data), ("async",))
    assert f"but 1 worker can do the work of at most 0.5/s, less where work is done again ({again})" in told


@pytest.mark.parametrize(
    ("email", "parts", "is_told"),
    [
        ({}, {}, True),  # five deliveries of 2 s for 0.5/s keep five workers busy, and there are two
        ({"retry": {"attempts": 2}}, {"workers": {"count": 2}}, False),  # two keep two busy
        ({}, {"queue": {"visibility_timeout": "1s"}}, False),  # the first acknowledgement ends it: two, too
        ({}, {"queue": {"visibility_timeout": "900ms"}}, True),  # handed out at 0, 0.9 and 1.8 s
        ({}, {"workers": {"count": 2, "renew": True}}, False),
        ({}, {"traffic": {"requests": 9}}, False),
        ({"duration": "lognormal(p50=500ms, p99=2s)"}, {}, False),  # most of them are in time
    ],
)
def test_workers_that_would_keep_up_if_nothing_were_done_again(
    email: dict[str, Any], parts: dict[str, Any], is_told: bool
) -> None:
    data = {
        "traffic": {"rate": "0.5/s", "for": "1m"},
        "steps": [EMAIL | email],
        "queue": {"visibility_timeout": "1s", "late_ack": "until_retaken"},
        "workers": {"count": 2},
        **parts,
    }
    told = overload_lines(Scenario.model_validate(data), ("async",))
    lead = (
        "Perhaps overloaded, async: 2 workers can do the work of at most 1/s, less where it is done again: "
    )
    assert [line.startswith(lead) for line in told] == [True] * is_told
    assert overload_lines(Scenario.model_validate(data), ("sync",)) == []


@pytest.mark.parametrize(
    ("parts", "least"),
    [
        ({}, "only"),
        ({"queue": {"deliver": "1ms"}}, "at most"),  # a worker is busy without a call, too
        ({"queue": {"visibility_timeout": "1s"}}, "at most"),
        ({"workers": {"count": 2, "crashes": [{"worker": 1, "at": "1s", "restart_after": "9s"}]}}, "at most"),
    ],
)
def test_a_service_does_all_it_can_where_workers_only_call_it(parts: dict[str, Any], least: str) -> None:
    data = {"traffic": FOUR, "steps": [EMAIL | {"concurrency": 1}], "workers": {"count": 2}, **parts}
    (told,) = overload_lines(Scenario.model_validate(data), ("async",))
    assert f"but the service of 'email' takes 1 at once and can do {least} 0.5/s" in told
