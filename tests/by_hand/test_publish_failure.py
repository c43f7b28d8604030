"""What becomes of a refused publish: an error page, a lost message, or an outbox and its relay."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from by_hand.timeline import (
    Data,
    completed,
    done,
    email,
    fates,
    figures,
    replies,
    run,
    step,
    taken,
    window,
    works,
)
from syncasync_sim.model.attempts import DurationSampler
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.recognised import recognise
from syncasync_sim.render.customer_log import events_of
from syncasync_sim.render.customer_trace import customer_trace
from syncasync_sim.trace.checking import DamagedError, check
from syncasync_sim.trace.losses import LossCause, ignored_refusals, lost_messages, turned_away
from syncasync_sim.trace.publishing import handed_over_us
from syncasync_sim.trace.records import MessageStatus, Trace

IGNORE: Data = {"publish_failure": "ignore"}
OUTBOX: Data = {"publish_failure": "outbox"}
DOWN: Data = {"outages": [window("0s", "5s")]}


def published(trace: Trace) -> list[tuple[int, float | None]]:
    """Per message, in the order of the rows: the request, and when the broker had it."""
    return [(message.request, message.published_s) for message in trace.messages]


# -- ignore -------------------------------------------------------------------------------------------


def test_a_refused_message_that_is_ignored_is_lost_and_the_customer_sees_the_page() -> None:
    # The broker is down in [0, 5). Customer 1 waits 0.1 for the publishing, sees the page, and the mail is
    # forgotten. Customer 2 comes at 6: page at 6.1, mail 6.1 to 7.1.
    trace = run(
        "async", traffic={"at": ["0s", "6s"]}, steps=[email()], queue={"publish": "100ms", **IGNORE, **DOWN}
    )
    assert replies(trace) == [("ok", 0.1), ("ok", 6.1)]
    assert works(trace) == ["lost", "completed"]
    assert published(trace) == [(0, None), (1, 6.1)]
    assert fates(trace) == [("lost", 0.1), ("acknowledged", 7.1)]
    queue = figures(trace)["queue"]
    assert (queue["published"], queue["delivered"], queue["lost"]) == (1, 1, 1)
    assert (queue["peak_depth"], queue["max_wait_s"]) == (0, 0.0)
    assert trace.ended_at_us == 7_100_000


def test_after_an_ignored_refusal_the_later_steps_are_done() -> None:
    # The mail is refused at 0, the page is built 0 to 0.2; the second message finds a broker that is up at
    # 0.2, and is done at 1.2. What was lost keeps the request from being completed.
    steps = [email(), step("build page", "200ms"), step("count", "1s", background=True)]
    trace = run("async", steps=steps, queue={**IGNORE, "outages": [window("0s", "200ms")]})
    assert replies(trace) == [("ok", 0.2)]
    assert published(trace) == [(0, None), (0, 0.2)]
    assert works(trace) == ["lost"]
    assert completed(trace) == [None]
    assert figures(trace)["effects"] == {"email": 0}


def test_a_step_that_fails_after_an_ignored_refusal_makes_the_work_failed_not_lost() -> None:
    trace = run("async", steps=[email(), step("charge", "1s", failure_rate="100%")], queue={**IGNORE, **DOWN})
    assert replies(trace) == [("error", 1.0)]
    assert works(trace) == ["failed"]
    assert figures(trace)["queue"]["lost"] == 1


def test_a_full_queue_refuses_too_and_what_was_refused_makes_no_depth() -> None:
    # One worker takes the mail of customer 1, the queue holds that of customer 2, and the third is lost.
    trace = run("async", traffic={"requests": 3}, steps=[email()], queue={"capacity": 1, **IGNORE})
    assert works(trace) == ["completed", "completed", "lost"]
    assert lost_messages(trace) == {2: LossCause.IGNORED_REFUSAL}
    assert ignored_refusals(trace) == {2: LossCause.FULL_QUEUE}
    assert turned_away(trace) == 1
    assert figures(trace)["queue"]["peak_depth"] == 1


def test_why_a_message_was_refused_is_asked_where_its_publishing_began() -> None:
    # Of two messages: the first is published from 0.2 to 0.7 in the outage [0, 0.3), the second from 0.7 on.
    steps = [step("save", "200ms"), email(), step("count", "1s", background=True)]
    queue = {"publish": "500ms", "capacity": 0, **IGNORE, "outages": [window("0s", "300ms")]}
    trace = run("async", steps=steps, queue=queue, workers={"count": 0})
    assert ignored_refusals(trace) == {0: LossCause.OUTAGE, 1: LossCause.FULL_QUEUE}
    assert turned_away(trace) == 1
    assert list(handed_over_us(trace)) == [700_000, 1_200_000]


# -- outbox -------------------------------------------------------------------------------------------


def test_the_relay_publishes_what_stands_there_one_after_the_other_and_goes_on_behind_a_refused_one() -> None:
    # Down in [0.5, 2.5), a look every 1 s, 0.4 s for each publish, one worker.
    # Written 0.1 s after each click, where the page is seen too: 0.2 (A), 0.4 (B), 3.0 (C), 3.9 (D).
    # Look 1.0: A 1.0 to 1.4, B 1.4 to 1.8, refused.  Look 2.0: A 2.0 to 2.4, B 2.4 to 2.8 (begun at 2.4, in
    # the outage), refused.  Look 3.0 sees C, written at that moment: A to 3.4, B to 3.8, C to 4.2; so there
    # is no look at 4.0.  Look 5.0: D to 5.4.
    # Work: A 3.4 to 4.4, B 4.4 to 5.4, C 5.4 to 6.4, D 6.4 to 7.4.
    trace = run(
        "async",
        traffic={"at": ["100ms", "300ms", "2900ms", "3800ms"]},
        steps=[step("save", "100ms"), email()],
        queue={"publish": "400ms", **OUTBOX, "outages": [window("500ms", "2s")]},
    )
    assert replies(trace) == [("ok", 0.2), ("ok", 0.4), ("ok", 3.0), ("ok", 3.9)]
    assert published(trace) == [(0, 3.4), (1, 3.8), (2, 4.2), (3, 5.4)]
    assert completed(trace) == [4.4, 5.4, 6.4, 7.4]
    assert list(handed_over_us(trace)) == [200_000, 400_000, 3_000_000, 3_900_000]
    queue = figures(trace)["queue"]
    # B waits from 3.8 to 4.4, C from 4.2 to 5.4, D from 5.4 to 6.4: depth 2 only in [4.2, 4.4).
    assert (queue["published"], queue["peak_depth"], queue["peak_depth_at_s"]) == (4, 2, 4.2)
    assert queue["max_wait_s"] == 1.2
    assert trace.ended_at_us == 7_400_000


def test_one_that_is_refused_is_overtaken_and_keeps_its_place_in_the_outbox_only() -> None:
    # Look 1.0, down in [0.9, 1.1): A 1.0 to 1.2, refused; B 1.2 to 1.4, C 1.4 to 1.6.  Look 2.0: A to 2.2.
    # The one worker is at B until 3.4, then takes C (1.6), then A (2.2): the place is that at the broker.
    trace = run(
        "async",
        traffic={"requests": 3},
        steps=[step("save", "100ms"), email("2s")],
        queue={"publish": "200ms", **OUTBOX, "outages": [window("900ms", "200ms")]},
    )
    assert published(trace) == [(1, 1.4), (2, 1.6), (0, 2.2)]
    assert completed(trace) == [7.4, 3.4, 5.4]


def test_a_returned_message_is_placed_by_when_the_broker_had_it() -> None:
    # As above, and the first try at B fails at 3.4: it is back at once at its place, before C and A.
    trace = run(
        "async",
        traffic={"requests": 3},
        steps=[step("save", "100ms"), email("2s", outages=[window("1s", "1s")], retry={"delay": "0s"})],
        queue={"publish": "200ms", **OUTBOX, "outages": [window("900ms", "200ms")]},
    )
    assert [(at, trace.messages[message].request) for at, message, _ in taken(trace)] == [
        (1.4, 1),
        (3.4, 1),
        (5.4, 2),
        (7.4, 0),
    ]


@pytest.mark.parametrize(
    ("arrives", "look"),
    [
        ("0s", 1.0),  # the look at 0 is before the customer arrives
        ("400ms", 1.0),
        ("1s", 2.0),  # so is the look at 1
        ("1000001us", 2.0),
    ],
)
def test_what_is_written_at_a_multiple_by_one_who_comes_then_waits_for_the_next_look(
    arrives: str, look: float
) -> None:
    trace = run("async", traffic={"at": [arrives]}, steps=[email()], queue=OUTBOX)
    assert published(trace) == [(0, look)]


@pytest.mark.parametrize(("every", "look"), [("300ms", 0.3), ("299999us", 0.599998), ("1s", 1.0)])
def test_what_was_written_when_work_ended_at_a_multiple_is_seen_by_the_look_then(
    every: str, look: float
) -> None:
    # Written at 0.3, at the end of the saving, which is before the look.
    steps = [step("save", "300ms"), email()]
    trace = run("async", steps=steps, queue={**OUTBOX, "outbox_every": every})
    assert published(trace) == [(0, look)]


def test_a_thread_that_is_free_at_a_multiple_takes_the_next_request_after_the_look() -> None:
    # One thread. A is written at 0 and seen by the look at 1.0, where its page is ready too. Only then does
    # the thread begin B, which is written at 1.0, after the look.
    steps = [email(), step("build page", "1s")]
    trace = run("async", traffic={"requests": 2}, steps=steps, server={"threads": 1}, queue=OUTBOX)
    assert replies(trace) == [("ok", 1.0), ("ok", 2.0)]
    assert published(trace) == [(0, 1.0), (1, 2.0)]


def test_the_end_of_a_publish_at_a_multiple_is_a_look() -> None:
    # A, written at 0, is published 1.0 to 2.0; B, written at 1.5, is seen by the look at 2.0.
    trace = run("async", traffic={"at": ["0s", "1500ms"]}, steps=[email()], queue={"publish": "1s", **OUTBOX})
    assert published(trace) == [(0, 2.0), (1, 3.0)]


def test_what_is_written_while_the_relay_publishes_waits_for_the_next_look() -> None:
    # A 1.0 to 1.6; B, written at 1.3, is not seen before 2.0.
    trace = run(
        "async", traffic={"at": ["0s", "1300ms"]}, steps=[email()], queue={"publish": "600ms", **OUTBOX}
    )
    assert published(trace) == [(0, 1.6), (1, 2.6)]


def test_a_full_queue_refuses_the_relay_and_the_customers_see_nothing_of_it() -> None:
    # Three at 0, one worker, capacity 0, a look every 1 s, mails of 1.5 s.  Look 1: A is taken, B and C are
    # refused.  2: refused, the worker is busy until 2.5.  3: B until 4.5.  4: refused.  5: C until 6.5.
    trace = run("async", traffic={"requests": 3}, steps=[email("1500ms")], queue={"capacity": 0, **OUTBOX})
    assert replies(trace) == [("ok", 0.0)] * 3
    assert published(trace) == [(0, 1.0), (1, 3.0), (2, 5.0)]
    assert figures(trace)["queue"]["peak_depth"] == 0
    assert turned_away(trace) == 0


def test_at_one_instant_the_relay_publishes_after_the_work_that_ends_then() -> None:
    # The worker is free at 2.0, and the look of 2.0 finds it so: capacity 0, mails of 1 s.
    trace = run("async", traffic={"requests": 2}, steps=[email()], queue={"capacity": 0, **OUTBOX})
    assert published(trace) == [(0, 1.0), (1, 2.0)]


def test_the_relay_looks_after_the_messages_of_that_instant_are_visible_again() -> None:
    # A is taken at 1.0 by the one worker, for 10 s. At 2.0 its visibility timeout is over: it is visible
    # again and fills the queue, so B is refused then. At 11.0 A is acknowledged, and B published and taken.
    trace = run(
        "async",
        traffic={"at": ["0s", "1200ms"]},
        steps=[email("10s")],
        queue={"capacity": 1, "visibility_timeout": "1s", **OUTBOX},
    )
    assert published(trace) == [(0, 1.0), (1, 11.0)]


def test_the_outbox_survives_the_giving_up_of_the_customer_and_later_steps_that_fail() -> None:
    steps = [email(), step("charge", "3s", failure_rate="100%")]
    trace = run("async", steps=steps, queue=OUTBOX, customer={"patience": "2s"})
    assert replies(trace) == [("timed_out", 2.0)]
    assert published(trace) == [(0, 1.0)]
    assert works(trace) == ["failed"]
    assert figures(trace)["phantom_errors"] == 1


def test_until_the_broker_has_it_the_work_is_unfinished() -> None:
    # The broker never comes back: the run is over with the page, and the looks go on in vain.
    down = {"outages": [{"from": "500ms", "for": "forever"}]}
    trace = run("async", steps=[email()], queue={**OUTBOX, **down})
    assert works(trace) == ["unfinished"]
    assert published(trace) == [(0, None)]
    assert fates(trace) == [("waiting", None)]
    assert (trace.ended_at_us, trace.observed_us) == (0, 0)
    queue = figures(trace)["queue"]
    assert (queue["published"], queue["lost"], queue["peak_depth"]) == (0, 0, 0)


@pytest.mark.parametrize("publish", ["0s", "300ms"])
def test_a_run_is_over_when_only_looks_are_left_that_would_be_refused_again(publish: str) -> None:
    # Without workers the queue takes one message, at the first look, and never another.
    queue = {"capacity": 1, "publish": publish, **OUTBOX}
    trace = run("async", traffic={"requests": 2}, steps=[email()], queue=queue, workers={"count": 0})
    assert works(trace) == ["unfinished", "unfinished"]
    assert [message.published_s is None for message in trace.messages] == [False, True]


def test_it_goes_on_looking_as_long_as_something_may_change() -> None:
    # Down until 1000 s: the look at 1000 finds the broker, as the end of an outage comes first.
    trace = run("async", steps=[email()], queue={**OUTBOX, "outages": [window("0s", "1000s")]})
    assert published(trace) == [(0, 1000.0)]


def test_each_try_of_the_relay_has_a_random_time_of_its_own() -> None:
    # Down in [0, 1.5): the look at 1.0 is in vain; the second try, from 2.0 on, takes the second number.
    queue = {"publish": "uniform(100ms, 500ms)", **OUTBOX, "outages": [window("0s", "1500ms")]}
    trace = run("async", steps=[email()], queue=queue)
    draw = DurationSampler(trace.scenario.queue.publish, RandomStreams(1, 0), "publish", "email")
    assert draw(0, 0, 1) != draw(0, 0, 2)
    assert trace.messages.column("published")[0] == 2_000_000 + draw(0, 0, 2)


def test_what_is_in_the_outbox_at_stop_at_is_something_left() -> None:
    trace = run("async", steps=[email()], queue=OUTBOX, stop_at="500ms")
    assert trace.observed_us == 500_000
    assert works(trace) == ["unfinished"]
    assert published(trace) == [(0, None)]


def test_the_story_of_a_customer_tells_of_the_refusal_and_of_the_outbox() -> None:
    steps, down = [step("save", "50ms"), email()], {"outages": [window("0s", "1500ms")]}

    def story(**queue: object) -> list[tuple[float, str]]:
        trace = run("async", steps=steps, queue={**down, **queue})
        return [(event.at_s, event.text) for event in events_of(customer_trace(trace, 1))]

    lost = story(**IGNORE, publish="100ms")
    refused = "the queue refuses the message, and the request goes on, after 100 ms of publishing: email"
    assert (0.15, refused) in lost
    assert (0.15, "the message is lost (refused, and that was ignored): email") in lost
    relayed = story(**OUTBOX)
    assert (0.05, "written into the outbox: email") in relayed
    assert (2.0, "queued: email, which was in the outbox for 1.95 s") in relayed
    assert (2.0, "worker 1 takes email at once") in relayed
    assert (
        story(**OUTBOX, outages=[window("0s", "forever")])[-1][1] == "email: still in the outbox at the end"
    )


def test_theory_says_nothing_of_work_that_waits_in_an_outbox() -> None:
    parts: Data = {
        "traffic": {"rate": "1/s", "for": "100s", "arrivals": "poisson"},
        "steps": [email("exponential(mean=500ms)")],
    }

    def named(**queue: object) -> list[str]:
        scenario = Scenario.model_validate({**parts, "queue": queue})
        return [theory.figure for theory in recognise(scenario, "async")]

    assert "completion_time_s.mean" in named()
    assert "completion_time_s.mean" not in named(**OUTBOX)


@pytest.mark.parametrize(
    ("queue", "column", "number"),
    [
        ({**IGNORE, **DOWN}, "fate", int(MessageStatus.WAITING)),
        ({**IGNORE, **DOWN}, "done", 5),
        ({**OUTBOX, "outages": [window("0s", "forever")]}, "fate", int(MessageStatus.ACKNOWLEDGED)),
        ({}, "published", -1),
    ],
)
def test_a_damaged_row_of_a_message_that_was_never_published_is_refused(
    queue: Data, column: str, number: int
) -> None:
    trace = run("async", steps=[email()], queue=queue)
    check(trace)
    trace.messages.column(column)[0] = number
    with pytest.raises(DamagedError, match="messages"):
        check(trace)


def test_what_the_relay_publishes_when_all_else_is_over_is_in_a_good_trace() -> None:
    # The page is there at 0, and nobody works: the run is over. The relay publishes at its look at 1.0.
    trace = run("async", steps=[email()], queue=OUTBOX, workers={"count": 0})
    assert (trace.ended_at_us, trace.observed_us) == (0, 0)
    assert published(trace) == [(0, 1.0)]
    check(trace)


def test_without_a_relay_nothing_is_published_when_all_is_over() -> None:
    trace = run("async", steps=[email()], workers={"count": 0})
    check(trace)
    trace.messages.column("published")[0] = 1
    with pytest.raises(DamagedError, match="published"):
        check(trace)


def test_an_outbox_changes_nothing_in_sync() -> None:
    assert len(run("sync", steps=[email()], queue={**OUTBOX, **DOWN}).messages) == 0


def test_an_outbox_beside_a_restart_of_the_web_server() -> None:
    # The broker is down in [0.5, 2.5), the web server in [2, 2.5); the relay looks every second, 0.4 s for
    # each publish. Written at 0.2, 0.4, 3.0 and 3.9; the pages come then, as publishing takes no time.
    # Look at 1: both refused, 1.0-1.4 and 1.4-1.8. At 2 (a restart takes nothing from the database): refused,
    # 2.0-2.4, and 2.4-2.8, which began in the outage. At 3 it sees what was written at that moment: 3.0-3.4,
    # 3.4-3.8, 3.8-4.2, so it is still at it at 4. At 5: 5.0-5.4. One worker: 3.4-4.4-5.4-6.4-7.4.
    trace = run(
        "async",
        traffic={"at": ["100ms", "300ms", "2900ms", "3800ms"]},
        server={"restarts": [{"at": "2s", "for": "500ms"}]},
        steps=[step("save", "100ms"), email("1s")],
        queue={"publish": "400ms", "publish_failure": "outbox", "outages": [window("500ms", "2s")]},
    )
    assert replies(trace) == [("ok", 0.2), ("ok", 0.4), ("ok", 3.0), ("ok", 3.9)]
    assert [message.published_s for message in trace.messages] == [3.4, 3.8, 4.2, 5.4]
    assert done(trace) == [4.4, 5.4, 6.4, 7.4]


def test_a_queue_in_the_web_server_has_no_outbox() -> None:
    queue = {"broker": "in-process", "publish_failure": "outbox"}
    with pytest.raises(ValidationError, match="this queue is in the web server itself"):
        run("async", steps=[email()], queue=queue)
