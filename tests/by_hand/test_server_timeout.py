"""`server.timeout`: a request is killed this long after its thread began it."""

from __future__ import annotations

import pytest

from by_hand.timeline import attempts, begun, completed, done, email, figures, replies, run, step, works

WORK = [step("work", "3s", effect="done")]


def ends(trace: object) -> list[tuple[float | None, str]]:
    """Per request: when the server was done with it, and how it ended there."""
    return [(request.ended_s, str(request.end)) for request in trace.requests]  # type: ignore[attr-defined]


def test_a_request_is_killed_that_long_after_its_thread_began_it() -> None:
    # One thread: 0 works 0-2 and is killed; 1 waits 0-2, works 2-4 and is killed: the wait does not count.
    trace = run("sync", traffic={"requests": 2}, server={"threads": 1, "timeout": "2s"}, steps=WORK)
    assert begun(trace) == [0.0, 2.0]
    assert replies(trace) == [("error", 2.0), ("error", 4.0)]
    assert ends(trace) == [(2.0, "killed"), (4.0, "killed")]
    assert attempts(trace) == [(0.0, 2.0, "timed_out"), (2.0, 4.0, "timed_out")]
    assert works(trace) == ["failed", "failed"]
    numbers = figures(trace)
    assert (numbers["effects"], numbers["service_time_s"], numbers["ended_at_s"]) == ({"done": 0}, 4.0, 4.0)


def test_a_reply_at_the_moment_of_the_time_out_is_in_time() -> None:
    trace = run("sync", server={"timeout": "3s"}, steps=WORK)
    assert replies(trace) == [("ok", 3.0)]


def test_work_that_takes_no_time_still_ends_before_the_kill() -> None:
    # work ends at 3, save begins and ends at 3: the page is in time.
    trace = run("sync", server={"timeout": "3s"}, steps=[*WORK, step("save", "0", effect="saved")])
    assert replies(trace) == [("ok", 3.0)]


def test_later_steps_are_not_done_and_earlier_effects_stay() -> None:
    # pay 0-1, work 1-3 (killed at 3, it would end at 4), mail not done: an error page with the card charged.
    steps = [step("pay", "1s", effect="paid"), *WORK, step("mail", "1s", effect="sent")]
    numbers = figures(run("sync", server={"timeout": "3s"}, steps=steps))
    assert numbers["effects"] == {"paid": 1, "done": 0, "sent": 0}
    assert numbers["phantom_errors"] == 1
    assert numbers["service_time_s"] == 3.0


def test_the_killed_customer_clicks_again() -> None:
    # 0-2 killed; again at 2.5: 2.5-4.5 killed.
    trace = run(
        "sync",
        server={"timeout": "2s"},
        customer={"resubmits": 1, "resubmit_after": "500ms"},
        steps=WORK,
    )
    assert replies(trace) == [("error", 2.0), ("error", 4.5)]


def test_who_has_given_up_gets_no_second_answer_but_holds_the_thread_until_the_kill() -> None:
    # 0 gives up at 1, its thread is held until the kill at 2. 1 waits from 0, gives up at 1, begins at 2.
    trace = run(
        "sync",
        traffic={"requests": 2},
        customer={"patience": "1s"},
        server={"threads": 1, "timeout": "2s"},
        steps=WORK,
    )
    assert replies(trace) == [("timed_out", 1.0), ("timed_out", 1.0)]
    assert ends(trace) == [(2.0, "killed"), (4.0, "killed")]
    assert figures(trace)["ended_at_s"] == 4.0


def test_an_error_page_at_the_end_of_the_patience_is_in_time() -> None:
    trace = run("sync", customer={"patience": "2s"}, server={"timeout": "2s"}, steps=WORK)
    assert replies(trace) == [("error", 2.0)]


def test_a_publish_in_hand_is_not_published() -> None:
    # work 0-1, publish 1-3 cut at 2. With a time-out of 3 s the publish ends in time, and so does the page.
    parts = {"queue": {"publish": "2s"}, "steps": [step("work", "1s"), email()]}
    cut = run("async", server={"timeout": "2s"}, **parts)
    assert (replies(cut), works(cut), len(cut.messages)) == ([("error", 2.0)], ["failed"], 0)
    in_time = run("async", server={"timeout": "3s"}, **parts)
    assert (replies(in_time), done(in_time)) == ([("ok", 3.0)], [4.0])


def test_what_was_published_is_worked_on() -> None:
    # The email is published at 0 and sent 0-1; work is killed at 2: the work as a whole has failed.
    trace = run("async", server={"timeout": "2s"}, steps=[email(), *WORK])
    assert (replies(trace), done(trace), works(trace)) == ([("error", 2.0)], [1.0], ["failed"])
    assert completed(trace) == [None]
    assert figures(trace)["phantom_errors"] == 1


def test_who_stands_in_line_at_a_service_just_ends() -> None:
    # One place: 0 works 0-2 and is killed, 1 stands in line 0-2 and is killed too, without an attempt.
    # Kills at one instant go by the number of the request: 1 is handed the place at 2 and killed in it.
    work = [step("work", "3s", effect="done", concurrency=1)]
    trace = run("sync", traffic={"requests": 2}, server={"timeout": "2s"}, steps=work)
    assert replies(trace) == [("error", 2.0), ("error", 2.0)]
    assert figures(trace)["service_time_s"] == 2.0
    later = run("sync", traffic={"at": ["0s", "1s"]}, server={"timeout": "2s"}, steps=work)
    # 1 comes at 1, is in line until 0 is killed at 2, works 2-3 and is killed.
    assert attempts(later) == [(0.0, 2.0, "timed_out"), (2.0, 3.0, "timed_out")]


def test_a_killed_request_leaves_the_line_of_a_service() -> None:
    # All think 0-1. 0 calls 1-3; 1 stands in line 1-3, calls 3-4 and is killed at 4.
    steps = [step("think", "1s"), step("call", "2s", concurrency=1, effect="called")]
    trace = run("sync", traffic={"requests": 3}, server={"timeout": "4s"}, steps=steps)
    # 2 stands in line from 1; at 4 request 1 is killed, 2 is handed the place and killed at 4 as well.
    assert replies(trace) == [("ok", 3.0), ("error", 4.0), ("error", 4.0)]
    assert figures(trace)["effects"] == {"called": 1}


def test_a_wait_for_a_retry_just_ends() -> None:
    # An attempt 0-1 fails; the next would begin at 3; the kill at 2 finds the thread waiting.
    retry = {"in_request": True, "attempts": 3, "delay": "2s"}
    trace = run(
        "sync",
        server={"timeout": "2s"},
        steps=[step("work", "1s", failure_rate="100%", retry=retry)],
    )
    assert replies(trace) == [("error", 2.0)]
    assert attempts(trace) == [(0.0, 1.0, "failed")]


@pytest.mark.parametrize(("limit", "outcome"), [("2s", "timed_out"), ("4s", "ok")])
def test_the_time_out_of_the_step_and_of_the_server(limit: str, outcome: str) -> None:
    # The step's own time-out cuts at 2 (and the request fails then); the server's at 3 comes too late.
    trace = run("sync", server={"timeout": "3s"}, steps=[step("work", "3s", timeout=limit)])
    assert attempts(trace) == [(0.0, 2.0 if limit == "2s" else 3.0, outcome)]
    assert [end for _, end in ends(trace)] == ["failed" if limit == "2s" else "done"]


def test_the_thread_is_free_for_the_next_at_the_kill() -> None:
    # Backlog 0: the customer who comes at the moment of the kill finds the thread free.
    trace = run(
        "sync",
        traffic={"at": ["0s", "1s", "2s"]},
        server={"threads": 1, "backlog": 0, "timeout": "2s"},
        steps=WORK,
    )
    assert replies(trace) == [("error", 2.0), ("rejected", 1.0), ("error", 4.0)]


def test_a_step_that_is_tried_for_ever_ends_with_the_time_out() -> None:
    # Without the time-out this is refused: it would never end. Attempts at 0, 2, 4; the kill is at 5.
    retry = {"in_request": True, "attempts": "unlimited", "delay": "1s", "factor": 1}
    trace = run(
        "sync", server={"timeout": "5s"}, steps=[step("work", "1s", failure_rate="100%", retry=retry)]
    )
    assert replies(trace) == [("error", 5.0)]
    assert len(attempts(trace)) == 3


def test_the_run_is_cut_in_the_middle_of_an_attempt() -> None:
    trace = run("sync", server={"timeout": "2s"}, steps=WORK, stop_at="1s")
    assert attempts(trace) == [(0.0, None, "open")]
    assert replies(trace) == [("none", None)]
