"""Poison, lost answers, services that work on after a time-out, and failures that do not end a request."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from by_hand.timeline import Data, attempts, email, fates, figures, replies, run, step, taken, window, works
from syncasync_sim.engine import simulate
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.customer_log import events_of
from syncasync_sim.render.customer_trace import customer_trace
from syncasync_sim.trace.records import Trace

AGAIN: Data = {"attempts": 3, "delay": "1s", "factor": 1, "in_request": True}
ONCE: Data = {"attempts": 1}


def charge(duration: str = "1s", **more: object) -> Data:
    return step("charge", duration, effect="charged", **more)


def told(trace: Trace) -> list[tuple[float, str]]:
    return [(event.at_s, event.text) for event in events_of(customer_trace(trace, 1))]


# Poison ---------------------------------------------------------------------------------------------------


def test_poison_comes_before_every_other_cause() -> None:
    # It takes 0.2 s to fail; its answer cannot be lost, as the service never does it. Sync: paid at 1, error
    # page at 1.2. Async: page at 1, tried in [1, 1.2), [2.2, 2.4) and [3.4, 3.6): a dead letter at 3.6.
    bad: Data = {"poison": "100%", "failure_rate": "100%", "lost_answers": "100%", "fails_after": "200ms"}
    steps = [charge(), email("500ms", **bad, retry={"attempts": 3, "delay": "1s", "factor": 1})]
    trace = run("sync", steps=steps)
    assert replies(trace) == [("error", 1.2)]
    assert figures(trace)["phantom_errors"] == 1
    trace = run("async", steps=steps)
    assert attempts(trace)[1:] == [(1.0, 1.2, "failed"), (2.2, 2.4, "failed"), (3.4, 3.6, "failed")]
    assert fates(trace) == [("dead_lettered", 3.6)]
    assert figures(trace)["effects"] == {"charged": 1, "email": 0}


def test_a_timeout_holds_for_poison_too() -> None:
    assert attempts(run("sync", steps=[charge("3s", poison="100%", timeout="1s")])) == [
        (0.0, 1.0, "timed_out")
    ]


def test_the_same_customers_are_poisoned_in_both_designs_at_every_click_and_on_every_broker() -> None:
    # 200 customers, a quarter of them poisoned; each clicks three times where it sees an error page.
    def failed(trace: Trace) -> set[int]:
        customer = trace.requests.column("customer")
        rows = trace.attempts.columns("request", "step", "outcome")
        ends: dict[int, set[int]] = {}
        for request, index, outcome in rows:
            if index == 1:
                ends.setdefault(customer[request], set()).add(outcome)
        assert all(len(outcomes) == 1 for outcomes in ends.values())
        return {who for who, outcomes in ends.items() if outcomes != {1}}

    data: Data = {
        "traffic": {"requests": 200},
        "customer": {"resubmits": 2},
        "steps": [charge(), email(poison="25%", retry={"attempts": 3, "delay": "1s"})],
        "workers": {"count": 20},
    }
    poisoned = failed(simulate(Scenario.model_validate(data), "sync", seed=7))
    assert 30 < len(poisoned) < 70
    for broker in ("ideal", "rabbitmq", "sqs", "sqs-fifo", "kafka", "redis-streams"):
        scenario = Scenario.model_validate({**data, "queue": {"broker": broker}})
        assert failed(simulate(scenario, "async", seed=7)) == poisoned


def test_poison_kills_the_worker_before_it_says_anything() -> None:
    # Tried in [0, 1): the worker dies at 1 and is back at 3; the message is visible again at 1 (detection 0):
    # tried in [3, 4), dies once more. Two deliveries are allowed: a dead letter at 4. The other message came
    # behind it, and is done in [6, 7), after the second restart.
    steps = [
        email(poison="100%", poison_kills=True, retry={"attempts": 2, "delay": "5s"}),
        step("other", "1s", background=True),
    ]
    trace = run("async", steps=steps, workers={"restart_after": "2s"})
    assert [crash.at_s for crash in trace.crashes] == [1.0, 4.0]
    assert fates(trace) == [("dead_lettered", 4.0), ("acknowledged", 7.0)]


def test_poison_kills_at_the_cut_of_a_timeout() -> None:
    steps = [email("5s", poison="100%", poison_kills=True, timeout="2s", retry=ONCE)]
    trace = run("async", steps=steps)
    assert [crash.at_s for crash in trace.crashes] == [2.0]


def test_poison_kills_with_a_stale_copy_too() -> None:
    # Two workers, a visibility timeout of 1 s, 3 s of work that kills: worker 1 in [0, 3), 2 in [1, 4).
    # Back from its death at 3 (and at 4) nobody; two deliveries: a dead letter at 2, when the second times
    # out. Both workers die all the same.
    steps = [email("3s", poison="100%", poison_kills=True, retry={"attempts": 2})]
    queue = {"visibility_timeout": "1s", "crash_detection": "none"}
    trace = run("async", steps=steps, queue=queue, workers={"count": 2, "restart_after": "never"})
    assert fates(trace) == [("dead_lettered", 2.0)]
    assert [(crash.worker, crash.at_s) for crash in trace.crashes] == [(1, 3.0), (2, 4.0)]


def test_in_the_request_poison_kills_nobody() -> None:
    trace = run("sync", steps=[charge(poison="100%", poison_kills=True)])
    assert (replies(trace), len(trace.crashes)) == ([("error", 1.0)], 0)


def test_who_is_not_poisoned_is_not_touched() -> None:
    steps = [email(poison="0%", poison_kills=True)]
    assert fates(run("async", steps=steps)) == [("acknowledged", 1.0)]


@pytest.mark.parametrize(
    "parts",
    [
        {"steps": [charge(poison="1%", retry={"attempts": "unlimited", "in_request": True})]},
        {"steps": [email(poison="1%", retry={"attempts": "unlimited"})]},
    ],
)
def test_poison_without_a_limit_could_never_end(parts: Data) -> None:
    with pytest.raises(ValidationError, match=r"every time for some customers \(poison: 1 %\)"):
        Scenario.model_validate({"traffic": {"requests": 1}, **parts})
    ends = {"traffic": {"requests": 1}, **parts, "stop_at": "10s"}
    assert Scenario.model_validate(ends).stop_at_s == 10


# Lost answers ---------------------------------------------------------------------------------------------


def test_a_lost_answer_does_it_every_time_and_says_that_it_failed() -> None:
    # Charged at 1, 3 and 5 (attempts in [0, 1), [2, 3), [4, 5)), an error page at 5: two charges too many.
    trace = run("sync", steps=[charge(failure_rate="100%", lost_answers="100%", retry=AGAIN)])
    numbers = figures(trace)
    assert replies(trace) == [("error", 5.0)]
    assert (numbers["effects"], numbers["duplicates"]) == ({"charged": 3}, {"charged": 2})
    assert (numbers["phantom_errors"], works(trace)) == (1, ["failed"])
    assert told(trace)[1:4] == [
        (1.0, "charge failed after 1.00 s (only the answer was lost): charged"),
        (2.0, "waited 1.00 s before trying again"),
        (3.0, "charge failed after 1.00 s (only the answer was lost): charged AGAIN (2 times now)"),
    ]


def test_a_lost_answer_of_an_idempotent_step_does_it_once() -> None:
    steps = [charge(failure_rate="100%", lost_answers="100%", idempotent=True, retry=AGAIN)]
    numbers = figures(run("sync", steps=steps))
    assert (numbers["effects"], numbers["duplicates"]) == ({"charged": 1}, {"charged": 0})
    assert numbers["phantom_errors"] == 1


def test_an_answer_is_lost_only_where_failure_rate_is_the_cause() -> None:
    steps = [charge(lost_answers="100%", outages=[window("0s", "1s")], failure_rate="100%", retry=ONCE)]
    assert figures(run("sync", steps=steps))["effects"] == {"charged": 0}


def test_cut_by_a_timeout_no_answer_is_lost_at_the_cut() -> None:
    steps = [charge("3s", failure_rate="100%", lost_answers="100%", timeout="1s")]
    assert figures(run("sync", steps=steps))["effects"] == {"charged": 0}


def test_a_message_whose_answer_is_lost_is_sent_again() -> None:
    # Sent at 1 and, after a second of waiting, at 3; then it is a dead letter. Nothing has succeeded.
    steps = [email(failure_rate="100%", lost_answers="100%", retry={"attempts": 2, "delay": "1s"})]
    trace = run("async", steps=steps)
    numbers = figures(trace)
    assert (numbers["effects"], fates(trace)) == ({"email": 2}, [("dead_lettered", 3.0)])
    assert (numbers["phantom_errors"], works(trace)) == (0, ["dead_lettered"])


# A service that works on ----------------------------------------------------------------------------------


def test_a_retry_stands_in_line_behind_its_own_first_attempt() -> None:
    # One place. Cut at 1, the service goes on to 3 (charged). The retry at 2 waits in line to 3, is cut at 4,
    # and the service goes on to 6 (charged). Error page at 4; time spent on steps: two seconds.
    retry = {"attempts": 2, "delay": "1s", "in_request": True}
    steps = [charge("3s", timeout="1s", on_timeout="works_on", concurrency=1, retry=retry)]
    trace = run("sync", steps=steps)
    numbers = figures(trace)
    assert attempts(trace) == [(0.0, 1.0, "timed_out"), (3.0, 4.0, "timed_out")]
    assert [(call.attempt, call.ended_s, str(call.outcome)) for call in trace.worked_on] == [
        (0, 3.0, "ok"),
        (1, 6.0, "ok"),
    ]
    assert replies(trace) == [("error", 4.0)]
    assert (numbers["effects"], numbers["duplicates"]) == ({"charged": 2}, {"charged": 1})
    assert (numbers["phantom_errors"], works(trace)) == (1, ["failed"])
    assert (numbers["service_time_s"], numbers["ended_at_s"]) == (2.0, 6.0)
    assert (3.0, "the service of charge is done, for nobody: charged") in told(trace)
    assert (6.0, "the service of charge is done, for nobody: charged AGAIN (2 times now)") in told(trace)


def test_a_service_without_a_limit_works_on_too() -> None:
    # Cut at 1, done at 3; the next step begins at 1, and the page comes at 1.5.
    steps = [charge("3s", timeout="1s", on_timeout="works_on", on_failure="continue"), step("b", "500ms")]
    trace = run("sync", steps=steps)
    numbers = figures(trace)
    assert replies(trace) == [("ok", 1.5)]
    assert (numbers["effects"], numbers["ended_at_s"]) == ({"charged": 1}, 3.0)


def test_a_service_that_is_cancelled_does_nothing_more() -> None:
    numbers = figures(run("sync", steps=[charge("3s", timeout="1s")]))
    assert (numbers["effects"], numbers["ended_at_s"]) == ({"charged": 0}, 1.0)


@pytest.mark.parametrize(("lost", "times"), [("0%", 0), ("100%", 1)])
def test_what_would_have_failed_does_nothing_but_for_a_lost_answer(lost: str, times: int) -> None:
    steps = [charge("3s", timeout="1s", on_timeout="works_on", failure_rate="100%", lost_answers=lost)]
    trace = run("sync", steps=steps)
    assert figures(trace)["effects"] == {"charged": times}
    assert trace.ended_at_us == 3_000_000


def test_the_full_length_of_what_fails_is_fails_after() -> None:
    steps = [charge("9s", timeout="1s", on_timeout="works_on", failure_rate="100%", fails_after="4s")]
    assert run("sync", steps=steps).ended_at_us == 4_000_000


def test_the_full_length_is_that_of_a_slowdown() -> None:
    slow = [window("0s", "1s", factor=4)]
    steps = [charge("2s", timeout="1s", on_timeout="works_on", slowdowns=slow)]
    assert [call.ended_s for call in run("sync", steps=steps).worked_on] == [8.0]


def test_on_the_queue_its_place_is_taken_until_the_service_is_done() -> None:
    # Two messages, two workers, one place at the service; work of 3 s, cut after 1 s, no second attempt.
    # Message 1 in [0, 1), its service to 3; message 2 stands in line to 3, is cut at 4, its service to 6.
    steps = [email("3s", timeout="1s", on_timeout="works_on", concurrency=1, retry=ONCE)]
    trace = run("async", traffic={"requests": 2}, steps=steps, workers={"count": 2})
    assert attempts(trace) == [(0.0, 1.0, "timed_out"), (3.0, 4.0, "timed_out")]
    assert [call.ended_s for call in trace.worked_on] == [3.0, 6.0]
    assert fates(trace) == [("dead_lettered", 1.0), ("dead_lettered", 4.0)]
    assert figures(trace)["effects"] == {"email": 2}


def test_a_crash_cuts_the_call_too() -> None:
    # The worker dies at 0.5, before the time-out at 1: no service works on.
    crash = {"worker": 1, "at": "500ms", "restart_after": "never"}
    steps = [email("3s", timeout="1s", on_timeout="works_on")]
    trace = run("async", steps=steps, workers={"crashes": [crash]}, stop_at="10s")
    assert (len(trace.worked_on), figures(trace)["effects"]) == (0, {"email": 0})


def test_a_crash_after_the_timeout_ends_no_service() -> None:
    crash = {"worker": 1, "at": "2s", "restart_after": "never"}
    steps = [email("3s", timeout="1s", on_timeout="works_on", retry=ONCE)]
    trace = run("async", steps=steps, workers={"crashes": [crash]})
    assert figures(trace)["effects"] == {"email": 1}


def test_a_service_that_works_on_is_left_at_the_cut() -> None:
    # The error page came at 1; at 2 the service is still at work: not done yet, and the run is cut there.
    steps = [charge("3s", timeout="1s", on_timeout="works_on")]
    trace = run("sync", steps=steps, stop_at="2s")
    assert (figures(trace)["effects"], trace.observed_us, len(trace.worked_on)) == (
        {"charged": 0},
        2_000_000,
        0,
    )
    # Just done at the cut counts.
    trace = run("sync", steps=steps, stop_at="3s")
    assert figures(trace)["effects"] == {"charged": 1}


def test_a_service_is_done_after_the_workers_of_that_instant() -> None:
    # One place. The first click's service works on to 2. At 2 the second click's attempt is not in line yet:
    # it comes at 2, in the last phase, and finds the place free.
    steps = [charge("2s", timeout="1s", on_timeout="works_on", concurrency=1)]
    trace = run("sync", traffic={"at": ["0s", "2s"]}, steps=steps)
    assert [started for started, *_ in attempts(trace)] == [0.0, 2.0]


def test_the_servers_time_out_cuts_only_the_call_and_a_restart_the_service_too() -> None:
    # Killed at 1: an error page, and the service goes on to 3 (charged), so its place is not free for the
    # click of 1, which is killed in line at 2. Cut by a restart at 1: nothing.
    steps = [charge("3s", on_timeout="works_on", concurrency=1)]
    twice: Data = {"traffic": {"at": ["0s", "1s"]}, "steps": steps}
    trace = run("sync", **twice, server={"timeout": "1s"})
    assert replies(trace) == [("error", 1.0), ("error", 2.0)]
    assert attempts(trace) == [(0.0, 1.0, "timed_out")]
    assert [(call.ended_s, str(call.outcome)) for call in trace.worked_on] == [(3.0, "ok")]
    trace = run("sync", steps=steps, server={"restarts": [{"at": "1s", "for": "1s"}]})
    assert (replies(trace), figures(trace)["effects"]) == ([("error", 1.0)], {"charged": 0})


# A failure that does not end the request ------------------------------------------------------------------


def test_the_request_goes_on_with_the_next_step() -> None:
    # charge fails in [0, 1), [2, 3), [4, 5) and for good; ship takes [5, 6). Page at 6; the work has
    # failed, and nobody has said so.
    bad: Data = {"failure_rate": "100%", "retry": AGAIN, "on_failure": "continue"}
    trace = run("sync", steps=[charge(**bad), step("ship", "1s")])
    assert (replies(trace), works(trace)) == ([("ok", 6.0)], ["failed"])
    numbers = figures(trace)
    assert (numbers["silent_failures"], numbers["phantom_errors"]) == (1, 0)
    assert numbers["completion_time_s"] is None


def test_a_step_that_succeeds_in_the_end_has_not_failed() -> None:
    steps = [charge(outages=[window("0s", "1s")], on_failure="continue", retry=AGAIN)]
    trace = run("sync", steps=steps)
    assert (replies(trace), works(trace)) == ([("ok", 3.0)], ["completed"])
    assert figures(trace)["silent_failures"] == 0


def test_the_last_step_may_fail_in_silence_too() -> None:
    steps = [step("a", "1s"), charge(failure_rate="100%", on_failure="continue", concurrency=1)]
    trace = run("sync", steps=steps)
    assert (replies(trace), works(trace)) == ([("ok", 2.0)], ["failed"])


def test_the_rest_makes_the_response_what_it_is() -> None:
    bad: Data = {"failure_rate": "100%"}
    trace = run("sync", steps=[charge(**bad, on_failure="continue"), step("ship", "1s", **bad)])
    assert (replies(trace), figures(trace)["silent_failures"]) == ([("error", 2.0)], 0)


def test_who_has_given_up_was_not_told_a_lie() -> None:
    steps = [charge("3s", failure_rate="100%", on_failure="continue")]
    trace = run("sync", steps=steps, customer={"patience": "1s"})
    assert (replies(trace), works(trace)) == ([("timed_out", 1.0)], ["failed"])
    assert figures(trace)["silent_failures"] == 0


def test_a_message_is_published_all_the_same_and_done() -> None:
    trace = run("async", steps=[charge(failure_rate="100%", on_failure="continue"), email()])
    assert (fates(trace), works(trace)) == ([("acknowledged", 2.0)], ["failed"])


def test_on_failure_is_not_for_workers_and_not_for_a_refused_publish() -> None:
    steps = [email(failure_rate="100%", on_failure="continue", retry=ONCE)]
    trace = run("async", steps=steps)
    assert (works(trace), figures(trace)["silent_failures"]) == (["dead_lettered"], 0)
    trace = run("async", steps=[email(on_failure="continue")], queue={"outages": [window("0s", "1s")]})
    assert replies(trace) == [("error", 0.0)]


def test_work_has_failed_as_soon_as_the_step_has_even_if_the_run_is_cut() -> None:
    steps = [charge(failure_rate="100%", on_failure="continue"), step("ship", "10s")]
    trace = run("sync", steps=steps, stop_at="5s")
    assert (replies(trace), works(trace)) == ([("none", None)], ["failed"])
    # Cut before it has failed for good, it is only not finished.
    trace = run("sync", steps=steps, stop_at="500ms")
    assert works(trace) == ["unfinished"]


def test_without_the_keys_both_designs_are_as_before() -> None:
    plain = {"traffic": {"requests": 3}, "steps": [charge(), email()]}
    off: Data = {"poison": 0, "lost_answers": "100%", "poison_kills": True, "on_timeout": "works_on"}
    asked = {**plain, "steps": [charge(**off, on_failure="continue"), email(**off)]}
    for mode in MODES:
        one, other = (simulate(Scenario.model_validate(data), mode) for data in (plain, asked))
        assert (one.requests, one.attempts, one.messages) == (other.requests, other.attempts, other.messages)
    assert taken(run("async", steps=[email(**off)])) == [(0.0, 0, 1)]
