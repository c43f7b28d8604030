"""`server.restarts`: the web server is down in [at, at + for), and loses the requests that it has."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from by_hand.timeline import (
    Data,
    attempts,
    begun,
    done,
    email,
    figures,
    replies,
    run,
    step,
    works,
)

PAY = step("pay", "2s", effect="paid")


def down(at: str, lasts: str) -> Data:
    return {"at": at, "for": lasts}


def test_a_restart_in_both_designs() -> None:
    # Down in [3, 5). One thread. Customers at 0, 1, 4 and 5; each clicks once more 1 s after an error.
    # async: 0: pay 0-2, page 2, mail 2-3. 1: begins at 2, cut at 3; again at 4: the door is closed.
    #        2: at 4 a closed door; again at 5, open: pay 5-7, mail 7-8. 3: at 5, behind 2: pay 7-9, mail -10.
    # sync:  0: pay 0-2, mail 2-3: it ends at the very moment of the fault, in time. 1 waits and is cut at 3.
    #        2: again at 5: 5-8. 3: 8-11.
    parts: Data = {
        "traffic": {"at": ["0s", "1s", "4s", "5s"]},
        "customer": {"resubmits": 1, "resubmit_after": "1s"},
        "server": {"threads": 1, "restarts": [down("3s", "2s")]},
        "steps": [PAY, step("mail", "1s", effect="sent", background=True)],
    }
    numbers = figures(run("async", **parts))
    assert numbers["requests"] == 6
    assert (numbers["responses"]["ok"], numbers["responses"]["error"]) == (3, 3)
    assert (numbers["error_time_s"]["min"], numbers["error_time_s"]["max"]) == (0.0, 2.0)
    assert numbers["response_time_s"]["max"] == 4.0
    assert numbers["effects"] == {"paid": 3, "sent": 3}
    assert numbers["phantom_errors"] == 0
    assert (numbers["service_time_s"], numbers["ended_at_s"]) == (10.0, 10.0)
    numbers = figures(run("sync", **parts))
    assert numbers["responses"]["ok"] == 3
    assert (numbers["response_time_s"]["p50"], numbers["response_time_s"]["max"]) == (3.0, 6.0)
    assert numbers["effects"]["paid"] == 3
    assert numbers["ended_at_s"] == 11.0


def test_who_waits_is_cut_too_and_nothing_of_the_attempt_in_hand_stays() -> None:
    # 0 pays 0-1 (it would end at 2), 1 waits: both see the error page at 1, nothing is paid.
    trace = run(
        "sync",
        traffic={"requests": 2},
        server={"threads": 1, "restarts": [down("1s", "1s")]},
        steps=[PAY],
    )
    assert replies(trace) == [("error", 1.0), ("error", 1.0)]
    assert begun(trace) == [0.0, None]
    assert [str(request.end) for request in trace.requests] == ["cut", "cut"]
    assert attempts(trace) == [(0.0, 1.0, "crashed")]
    assert works(trace) == ["failed", "failed"]
    numbers = figures(trace)
    assert (numbers["effects"]["paid"], numbers["service_time_s"], numbers["ended_at_s"]) == (0, 1.0, 1.0)


def test_a_closed_door_is_an_error_at_once_never_a_rejection() -> None:
    # No backlog and one thread; down in [1, 3). At 1 and 2 the door is closed; at 3 it is open.
    trace = run(
        "sync",
        traffic={"at": ["1s", "2s", "3s"]},
        server={"threads": 1, "backlog": 0, "restarts": [down("1s", "2s")]},
        steps=[PAY],
    )
    assert replies(trace) == [("error", 1.0), ("error", 2.0), ("ok", 5.0)]
    assert [str(request.end) for request in trace.requests] == ["closed", "closed", "done"]
    assert works(trace) == ["failed", "failed", "completed"]
    numbers = figures(trace)
    assert (numbers["responses"]["rejected"], numbers["error_time_s"]["max"]) == (0, 0.0)
    assert (numbers["wait_s"]["count"], numbers["wait_s"]["min"]) == (3, 0.0)
    assert numbers["server"]["peak_waiting"] == 0


def test_a_reply_at_the_moment_of_the_restart_is_in_time() -> None:
    # pay ends at 2, save begins and ends at 2: the work of an instant comes before its faults.
    trace = run(
        "sync", server={"restarts": [down("2s", "1s")]}, steps=[PAY, step("save", "0", effect="saved")]
    )
    assert replies(trace) == [("ok", 2.0)]


def test_who_gives_up_at_the_moment_of_the_restart_has_given_up() -> None:
    trace = run("sync", customer={"patience": "1s"}, server={"restarts": [down("1s", "1s")]}, steps=[PAY])
    assert replies(trace) == [("timed_out", 1.0)]
    assert [(request.ended_s, str(request.end)) for request in trace.requests] == [(1.0, "cut")]


def test_a_restart_of_no_length_cuts_all_the_same_and_is_open_again_at_that_instant() -> None:
    # 0 is cut at 1 and clicks again at once; 1 comes at 1 too. Both find the door open: 1-3 and 3-5.
    trace = run(
        "sync",
        traffic={"at": ["0s", "1s"]},
        customer={"resubmits": 1},
        server={"threads": 1, "restarts": [down("1s", "0")]},
        steps=[PAY],
    )
    assert sorted(replies(trace)) == [("error", 1.0), ("ok", 3.0), ("ok", 5.0)]


@pytest.mark.parametrize("restarts", [[("1s", "2s"), ("2s", "3s")], [("2s", "3s"), ("1s", "4s")]])
def test_restarts_that_overlap_are_one(restarts: list[tuple[str, str]]) -> None:
    # Down in [1, 5), however it is written.
    trace = run(
        "sync",
        traffic={"at": ["1s", "3s", "4999ms", "5s"]},
        server={"restarts": [down(*moment) for moment in restarts]},
        steps=[PAY],
    )
    assert [response for response, _ in replies(trace)] == ["error", "error", "error", "ok"]


def test_a_publish_in_hand_is_not_published_and_what_was_published_is_worked_on() -> None:
    # The email is published 0-1 and sent 1-2.5, all the same; the publish of the text, 1-2, is cut at 1.5.
    steps = [email("1500ms"), step("save", "0"), step("text", "1s", background=True, effect="text")]
    trace = run("async", server={"restarts": [down("1500ms", "1s")]}, queue={"publish": "1s"}, steps=steps)
    assert replies(trace) == [("error", 1.5)]
    assert (done(trace), works(trace)) == ([2.5], ["failed"])
    assert figures(trace)["phantom_errors"] == 1


def test_workers_and_broker_go_on() -> None:
    # Two emails wait for one worker when the server goes down at 0.5: they are sent 0-1 and 1-2.
    trace = run("async", traffic={"requests": 2}, server={"restarts": [down("500ms", "5s")]}, steps=[email()])
    assert (replies(trace), done(trace)) == ([("ok", 0.0), ("ok", 0.0)], [1.0, 2.0])


def test_all_threads_are_free_at_the_end() -> None:
    # Two threads, both held at 1; after the restart the two of 2 s begin at once, in threads 1 and 2.
    trace = run(
        "sync",
        traffic={"at": ["0s", "0s", "2s", "2s"]},
        server={"threads": 2, "restarts": [down("1s", "1s")]},
        steps=[PAY],
    )
    assert begun(trace) == [0.0, 0.0, 2.0, 2.0]
    assert [request.thread for request in trace.requests] == [1, 2, 1, 2]


def test_utilisation_counts_the_threads_while_the_server_is_down() -> None:
    # Two threads over 6 s: 0-1 is cut, 4-6 is paid: 3 of 12 s.
    trace = run(
        "sync",
        traffic={"at": ["0s", "4s"]},
        server={"threads": 2, "restarts": [down("1s", "2s")]},
        steps=[PAY],
    )
    assert figures(trace)["server"]["utilisation"] == 0.25


def test_a_place_at_a_service_is_free_at_the_cut() -> None:
    # One place: 0 has it, 1 stands in line; both are cut at 1, and 1 never had the place. At 2 it is free.
    trace = run(
        "sync",
        traffic={"at": ["0s", "0s", "2s"]},
        server={"restarts": [down("1s", "1s")]},
        steps=[step("pay", "2s", effect="paid", concurrency=1)],
    )
    assert replies(trace) == [("error", 1.0), ("error", 1.0), ("ok", 4.0)]
    assert attempts(trace) == [(0.0, 1.0, "crashed"), (2.0, 4.0, "ok")]


def test_a_wait_for_a_retry_is_cut_too() -> None:
    # The attempt 0-1 fails, the next would begin at 3; the restart at 2 cuts the wait.
    retry = {"in_request": True, "attempts": 3, "delay": "2s"}
    trace = run(
        "sync",
        server={"restarts": [down("2s", "1s")]},
        steps=[step("work", "1s", failure_rate="100%", retry=retry)],
    )
    assert replies(trace) == [("error", 2.0)]
    assert attempts(trace) == [(0.0, 1.0, "failed")]


def test_a_kill_at_the_moment_of_a_restart_comes_first() -> None:
    trace = run("sync", server={"timeout": "1s", "restarts": [down("1s", "1s")]}, steps=[PAY])
    assert [str(request.end) for request in trace.requests] == ["killed"]


def test_a_restart_ends() -> None:
    # A server that never comes back is no restart: `for` is a duration.
    with pytest.raises(ValidationError, match="expected a duration such as 200ms"):
        run("sync", server={"restarts": [down("1s", "forever")]}, steps=[PAY])


def test_a_restart_when_all_is_done_changes_nothing() -> None:
    trace = run("sync", server={"restarts": [down("60s", "2s")]}, steps=[PAY])
    assert replies(trace) == [("ok", 2.0)]
    assert figures(trace)["ended_at_s"] == 2.0
