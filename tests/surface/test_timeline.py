"""One customer's request, drawn with characters."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from syncasync_sim.errors import ScenarioError
from syncasync_sim.experiment import run_designs
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.timeline import Timeline
from syncasync_sim.trace.worst_off import hardest_hit


def timeline(email: dict[str, Any] | None = None, customer: int = 1, **parts: Any) -> Timeline:
    steps = [
        {"name": "check payment", "duration": "200ms"},
        {"name": "charge card", "duration": "800ms", "effect": "card charged"},
        {"name": "save order", "duration": "50ms", "effect": "order saved"},
        {"name": "send email", "duration": "1.5s", "effect": "email sent", "background": True}
        | (email or {}),
    ]
    asked = Scenario.model_validate({"traffic": {"requests": 1}, "steps": steps} | parts)
    return Timeline(run_designs(asked, seed=1)[1], customer)


def drawn(picture: Timeline, width: int = 80, ascii_only: bool = False) -> list[str]:
    return [line for _, line in picture.lines(width, ascii_only)]


def test_a_bar_without_a_name_is_called_narrow_and_not_short() -> None:
    """Of 25.5 s the email takes 1.5 s: its bar is drawn, without room for its name. Steps in their order."""
    lines = drawn(timeline(customer=10, traffic={"requests": 10}, server={"threads": 1}), 100)
    assert lines[1].endswith("││━│━━━│ page 25.50 s")
    place = next(number for number, line in enumerate(lines) if "narrow" in line)
    assert " ".join(map(str.strip, lines[place:])) == (
        "bars too narrow for their names: check payment 200 ms, charge card 800 ms, save order 50 ms, "
        "send email 1.50 s"
    )


def test_the_checkout_as_a_student_sees_it() -> None:
    assert drawn(timeline()) == [
        "       s           0        0.5       1        1.5       2        2.5",
        "sync   customer    │━━━│charge card━━━││send email━━━━━━━━━━━━━━━━━│ page 2.55 s",
        "async  customer    │━━━│charge card━━━││ page 1.05 s",
        "       send email                      │worker 1━━━━━━━━━━━━━━━━━━━│ done 2.55 s",
        "       bars too narrow for their names: check payment 200 ms, save order 50 ms",
    ]


def test_in_ascii_there_is_nothing_but_ascii() -> None:
    lines = drawn(timeline({"failure_rate": "100%"}, workers={"count": 2}), ascii_only=True)
    assert all(line.isascii() for line in lines)
    assert "x error page 2.55 s" in lines[1]
    assert "x.waiting....|" in lines[3]


def test_the_lanes_lie_on_one_axis() -> None:
    """A message is published where the page comes, and ends where the synchronous page comes."""
    _, sync, asynchronous, email, _ = drawn(timeline(), 120)
    assert email.index("│") == asynchronous.rindex("│")
    assert email.rindex("│") == sync.rindex("│")


def test_failures_are_crossed_and_told_in_words() -> None:
    _, sync, asynchronous, email, *_ = drawn(timeline({"failure_rate": "100%"}))
    assert sync.endswith("✗ error page 2.55 s")
    assert asynchronous.endswith("│ page 1.05 s")
    assert email.count("✗") == 5
    assert email.endswith("✗ dead-lettered 23.55 s")


def test_waiting_in_the_queue_is_dotted() -> None:
    email = drawn(timeline(traffic={"requests": 3}, customer=3))[3]
    assert "│·waiting····" in email
    assert email.endswith("done 5.55 s")


def test_waiting_for_a_thread_is_dotted() -> None:
    sync = drawn(timeline(traffic={"requests": 2}, server={"threads": 1}, customer=2))[1]
    assert "│·waiting····" in sync
    assert sync.endswith("page 5.10 s")


def test_waiting_for_a_place_at_a_service_is_dotted() -> None:
    sync = drawn(timeline({"concurrency": 1}, traffic={"requests": 3}, customer=3))[1]
    assert "│·waiting····" in sync
    assert sync.endswith("page 5.55 s")


@pytest.mark.parametrize(
    ("parts", "number"),
    [
        ({"traffic": {"requests": 10}}, 10),  # the last in the queue
        ({"traffic": {"requests": 10}, "workers": {"count": 10}}, 1),  # all the same: the first
        ({"traffic": {"requests": 4}, "server": {"threads": 1}, "customer": {"patience": "3s"}}, 4),
        ({"traffic": {"requests": 3}, "queue": {"capacity": 1}}, 3),  # a message refused: never done
        ({"traffic": {"at": ["0s", "1s"]}, "stop_at": "2s"}, 1),
        ({"traffic": {"at": ["0s", "0s", "60s"]}, "warm_up": "30s"}, 3),  # the others do not count
        ({"traffic": {"rate": "0/s", "for": "1s"}}, 1),  # nobody
    ],
)
def test_the_hardest_hit_without_harm_has_most_undone_or_took_longest(
    parts: dict[str, Any], number: int
) -> None:
    steps = [{"name": "page", "duration": "1s"}, {"name": "email", "duration": "2s", "background": True}]
    asked = Scenario.model_validate({"steps": steps} | parts)
    assert hardest_hit(run_designs(asked, seed=1)[1].values()) == number


def test_the_hardest_hit_has_most_harm_before_most_undone() -> None:
    """Customer 1 is refused by the outage: error pages, nothing done. Customer 2, in the slowdown, gives
    up and is charged all the same, with each click.
    """

    def number(*at: str, resubmits: int = 1) -> int:
        pay = {"name": "pay", "duration": "1s", "effect": "paid"}
        asked = {
            "traffic": {"at": ["0s", *at]},
            "customer": {"patience": "4s", "resubmits": resubmits, "resubmit_after": "0s"},
            "steps": [
                {**pay, "fails_after": "0s", "outages": [{"from": "0s", "for": "1s"}]},
                {"name": "pack", "duration": "2s", "slowdowns": [{"from": "10s", "for": "5s", "factor": 3}]},
            ],
        }
        traces = run_designs(Scenario.model_validate(asked), seed=1, modes=("sync",))[1]
        return hardest_hit(traces.values())

    assert number() == 1
    assert number("20s") == 1  # the other one is well
    assert number("10s", "20s") == 2  # charged twice
    assert number("10s", "20s", resubmits=0) == 2  # charged once, and a time-out page


def test_a_customer_who_has_given_up_leaves_the_server_working() -> None:
    asked = Scenario.model_validate(
        {
            "traffic": {"requests": 1},
            "customer": {"patience": "4s"},
            "steps": [{"name": "long", "duration": "10s"}],
        }
    )
    _, customer, server, *_ = drawn(Timeline(run_designs(asked, seed=1, modes=("sync",))[1]))
    assert customer.endswith("… gave up 4.00 s")
    assert server.strip().startswith("server")
    assert server.endswith("too late 10.00 s")


def test_two_workers_on_one_message_have_two_lanes() -> None:
    lines = drawn(timeline(workers={"count": 2}, queue={"visibility_timeout": "1s"}))
    assert lines[4].strip().startswith("at the same time")
    assert lines[4].endswith("done again 3.55 s")


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize(
    "email", [{}, {"failure_rate": "100%"}, {"name": "wysłać długi email do klienta 漢字漢字"}]
)
def test_no_line_is_wider_than_the_terminal(width: int, email: dict[str, Any]) -> None:
    lines = drawn(timeline(email), width)
    assert max(map(cell_len, lines)) <= width
    assert "1.05 s" in " ".join(lines)


@pytest.mark.parametrize("customer", [0, -1, 4])
def test_a_customer_who_never_came_is_an_error_that_says_who_did(customer: int) -> None:
    with pytest.raises(ScenarioError, match=rf"no customer {customer}: choose 1 to 3"):
        timeline(traffic={"requests": 3}, customer=customer)


def test_publishing_and_delivery_are_not_waiting_in_the_queue() -> None:
    lines = drawn(timeline(queue={"publish": "2s", "deliver": "5s"}), 120)
    assert "│publishing━" in lines[2]
    assert "│delivery━" in lines[3]
    assert "waiting" not in "".join(lines)
    refused = drawn(timeline(queue={"publish": "2s", "outages": [{"from": "0s", "for": "1m"}]}))
    assert "│publishing━" in refused[2]
    assert refused[2].endswith("✗ error page 3.05 s")


def test_a_message_that_is_held_and_not_begun_at_the_cut_has_not_failed() -> None:
    lines = drawn(timeline(queue={"deliver": "5s"}, stop_at="3s"), 120)
    assert "│delivery━" in lines[3]
    assert lines[3].endswith("… not done 3.00 s")
    held = drawn(timeline(customer=2, queue={"prefetch": 2}, traffic={"requests": 2}, stop_at="2s"), 120)
    assert held[3].endswith("│ not done 2.00 s")


def test_a_worker_that_dies_before_it_has_the_message() -> None:
    crash = {"crashes": [{"worker": 1, "at": "3s", "restart_after": "never"}]}
    lines = drawn(timeline(queue={"deliver": "5s"}, workers=crash), 120)
    assert "│delivery━" in lines[3]
    assert "━✗" in lines[3]
