"""One customer's story, one line an event."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from syncasync_sim.errors import ScenarioError
from syncasync_sim.experiment import run_designs
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.customer_log import customer_log
from syncasync_sim.render.customer_trace import customer_trace, has_message_s


def story(mode: Mode, customer: int = 1, *, email: dict[str, Any] | None = None, **parts: Any) -> list[str]:
    """The lines of the story in one design, without its heading."""
    steps = [
        {"name": "charge card", "duration": "1s", "effect": "card charged"},
        {"name": "send email", "duration": "1.5s", "effect": "email sent", "background": True}
        | (email or {}),
    ]
    asked = Scenario.model_validate({"traffic": {"requests": 1}, "steps": steps} | parts)
    traces = run_designs(asked, seed=1, modes=(mode,))[1]
    heading, *lines = shown(customer_log(traces, customer)).splitlines()
    assert heading == f"{mode}, customer {customer}"
    return [line.strip() for line in lines]


def shown(what: Any, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def test_the_synchronous_story() -> None:
    assert story("sync") == [
        "0 s  arrives and clicks",
        "1.00 s  charge card took 1.00 s: card charged",
        "2.50 s  send email took 1.50 s: email sent",
        "2.50 s  sees the page after 2.50 s",
    ]


def test_the_asynchronous_story_with_a_wait_in_the_queue() -> None:
    assert story("async", 2, traffic={"requests": 2}) == [
        "0 s  arrives and clicks",
        "1.00 s  charge card took 1.00 s: card charged",
        "1.00 s  queued: send email",
        "1.00 s  sees the page after 1.00 s",
        "2.50 s  worker 1 takes send email after 1.50 s in the queue",
        "4.00 s  send email took 1.50 s: email sent",
    ]


def test_publishing_and_delivery_are_told_with_their_lengths() -> None:
    assert story("async", queue={"publish": "2s", "deliver": "5s"}) == [
        "0 s  arrives and clicks",
        "1.00 s  charge card took 1.00 s: card charged",
        "3.00 s  queued: send email, after 2.00 s of publishing",
        "3.00 s  sees the page after 3.00 s",
        "3.00 s  worker 1 takes send email at once",
        "8.00 s  worker 1 has the message of send email, after 5.00 s of delivery",
        "9.50 s  send email took 1.50 s: email sent",
    ]
    assert story("async", queue={"deliver": "5s"}, stop_at="2s")[-1] == (
        "2.00 s  send email: still in delivery when the run was cut"
    )
    refused = story("async", queue={"publish": "2s", "outages": [{"from": "0s", "for": "1m"}]})
    assert "3.00 s  the queue refuses the message (broker outage), after 2.00 s of publishing" in refused


@pytest.mark.parametrize("prefetch", [1, 3])
def test_the_delivery_ends_where_the_work_begins(prefetch: int) -> None:
    """Random delivery times are those of the run: the work begins with them, or when its turn comes."""
    queue = {"deliver": "exponential(mean=3s)", "prefetch": prefetch}
    step = {"name": "email", "duration": "1s", "background": True, "failure_rate": "50%"}
    asked = Scenario.model_validate({"traffic": {"requests": 20}, "steps": [step], "queue": queue})
    trace = run_designs(asked, seed=1, modes=("async",))[1]["async"]
    for number in range(1, 21):
        story = customer_trace(trace, number)
        (request,), (message,) = story.requests, story.messages[story.requests[0].index]
        has_it = has_message_s(story, request, message)
        in_hand = {row.number: row.in_hand_s for row in story.deliveries[message.index]}
        begun = {row.number: row.started_s for row in story.attempts[request.index]}
        assert begun == {n: max(at, in_hand[n] or 0.0) for n, at in has_it.items()}


def test_a_second_click_charges_again_and_says_so() -> None:
    asked = Scenario.model_validate(
        {
            "traffic": {"requests": 1},
            "customer": {"resubmits": 1},
            "steps": [
                {"name": "charge card", "duration": "1s", "effect": "card charged"},
                {"name": "send email", "duration": "1.5s", "outages": [{"from": "0s", "for": "60s"}]},
            ],
        }
    )
    lines = shown(customer_log(run_designs(asked, seed=1, modes=("sync",))[1], 1)).splitlines()
    assert [line.strip() for line in lines[3:7]] == [
        "2.50 s  send email failed after 1.50 s (outage)",
        "2.50 s  sees an error page after 2.50 s",
        "2.50 s  clicks again",
        "3.50 s  charge card took 1.00 s: card charged AGAIN (2 times now)",
    ]


def test_late_times_still_tell_the_steps_apart() -> None:
    assert story("sync", traffic={"at": ["1h"]})[1:3] == [
        "3,601.00 s  charge card took 1.00 s: card charged",
        "3,602.50 s  send email took 1.50 s: email sent",
    ]


def test_a_wait_for_a_thread() -> None:
    lines = story("sync", 2, traffic={"requests": 2}, server={"threads": 1})
    assert lines[1] == "2.50 s  waited 2.50 s for a thread"


def test_a_worker_dies_and_the_message_comes_back() -> None:
    crash = {"worker": 1, "at": "2s", "restart_after": "never"}
    queue = {"crash_detection": "none", "visibility_timeout": "30s"}
    assert story("async", queue=queue, workers={"count": 2, "crashes": [crash]})[4:] == [
        "1.00 s  worker 1 takes send email at once",
        "2.00 s  worker 1 dies while working on send email",
        "31.00 s  send email is visible again",
        "31.00 s  worker 2 takes send email at once",
        "32.50 s  send email took 1.50 s: email sent",
    ]


def test_the_end_of_a_message_that_never_succeeds() -> None:
    email = {"failure_rate": "100%", "retry": {"attempts": 2}}
    assert story("async", email=email)[-2:] == [
        "5.00 s  send email failed after 1.50 s",
        "5.00 s  send email is dead-lettered after 2 deliveries",
    ]


def test_why_a_message_is_lost_or_refused() -> None:
    two = {"requests": 2}
    drops = {"capacity": 0, "when_full": "drop_oldest"}
    assert (
        story("async", 2, traffic=two, queue=drops)[-1]
        == "1.00 s  the message is lost (full queue): send email"
    )
    down = {"outages": [{"from": "2s", "for": "1s"}], "durable": False}
    assert story("async", 2, traffic=two, queue=down)[-1] == (
        "2.00 s  the message is lost (broker outage): send email"
    )
    full = story("async", 2, traffic=two, queue={"capacity": 0})
    assert "1.00 s  the queue refuses the message (full queue)" in full


def test_an_impatient_queue_sends_twice() -> None:
    lines = story("async", queue={"visibility_timeout": "1s"}, workers={"count": 2})
    assert "2.00 s  send email is visible again: its visibility timeout is over" in lines
    assert lines[-2] == "3.50 s  send email took 1.50 s: email sent AGAIN (2 times now)"
    assert lines[-1] == "3.50 s  worker 2 acknowledges too late"


def test_a_worker_that_keeps_what_has_failed() -> None:
    email = {"outages": [{"from": "0s", "for": "2s"}], "retry": {"delay": "1s"}}
    assert story("async", email=email, queue={"failure": "in_place"})[-4:] == [
        "1.00 s  worker 1 takes send email at once",
        "2.50 s  send email failed after 1.50 s (outage)",
        "3.50 s  worker 1, who has kept it, tries send email again",
        "5.00 s  send email took 1.50 s: email sent",
    ]


def test_what_a_worker_holds_without_having_begun() -> None:
    more: dict[str, Any] = {"queue": {"prefetch": 2}, "traffic": {"requests": 4}, "workers": {"count": 2}}
    assert "2.50 s  worker 1 turns to send email, which it has held all the time" in story("async", 3, **more)
    more["workers"] = {"count": 2, "crashes": [{"worker": 1, "at": "2s", "restart_after": "never"}]}
    told = " ".join(story("async", 3, **more))
    assert (
        "2.00 s  worker 1 dies while working on send email of customer 1; "
        "it held this message, not begun" in told
    )


def test_the_lines_are_in_order_of_time_and_at_any_width_complete() -> None:
    asked = Scenario.model_validate(
        {"traffic": {"requests": 1}, "steps": [{"name": "a [red]long[/red] name", "duration": "1s"}]}
    )
    traces = run_designs(asked, seed=1)[1]
    for width in (20, 40, 80):
        text = shown(customer_log(traces, 1), width)
        assert "a [red]long[/red] name took 1.00 s" in " ".join(text.split())
        assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("customer", [0, 2])
def test_an_unknown_customer_is_an_error_that_says_who_came(customer: int) -> None:
    with pytest.raises(ScenarioError, match=f"no customer {customer}: only customer 1 came"):
        story("sync", customer)


def test_a_second_step_with_the_same_effect_does_it_again() -> None:
    # Another step, and its first success: that it is idempotent says something of its own calls only.
    steps = [
        {"name": "charge", "duration": "1s", "effect": "card charged"},
        {"name": "charge again", "duration": "1s", "effect": "card charged", "idempotent": True},
    ]
    asked = Scenario.model_validate({"traffic": {"requests": 1}, "steps": steps})
    told = shown(customer_log(run_designs(asked, seed=1, modes=("sync",))[1], 1))
    assert "1.00 s  charge took 1.00 s: card charged\n" in told
    assert "2.00 s  charge again took 1.00 s: card charged AGAIN (2 times now)\n" in told
