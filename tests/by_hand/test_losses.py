"""Why a message was lost or refused, on paper."""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, email, fates, run, window
from syncasync_sim.trace.losses import LossCause, lost_messages, refused_requests, turned_away

BAD = email(failure_rate="100%", retry={"attempts": 3, "delay": "5s"})
"""Takes 1 s, fails, and would be tried again 5 s later."""
DIES: Data = {"crashes": [{"worker": 1, "at": "2s", "restart_after": "never"}]}
FULL, OUTAGE = LossCause.FULL_QUEUE, LossCause.OUTAGE
LAST, EARLY = LossCause.LAST_DELIVERY, LossCause.EARLY_ACKNOWLEDGEMENT
DROPS: Data = {"capacity": 1, "when_full": "drop_oldest"}
DOWN: Data = {"outages": [window("2s", "1s")], "durable": False}


def test_what_is_dropped_while_it_waits_for_its_retry_is_never_visible_again() -> None:
    # Message 0 fails at 1 and waits until 6. At 2 the worker takes message 1, and 2 is one too many.
    trace = run("async", traffic={"at": ["0s", "2s", "2s"]}, steps=[BAD], queue=DROPS)
    assert fates(trace)[0] == ("lost", 2.0)
    assert (trace.deliveries[0].returned_s, trace.deliveries[0].visible_s) == (1.0, None)
    assert lost_messages(trace) == {0: FULL}
    assert turned_away(trace) == 1


def test_what_an_outage_takes_while_it_waits_for_its_retry_is_never_visible_again() -> None:
    trace = run("async", steps=[BAD], queue=DOWN | DROPS)
    assert fates(trace) == [("lost", 2.0)]
    assert trace.deliveries[0].visible_s is None
    assert lost_messages(trace) == {0: OUTAGE}
    assert turned_away(trace) == 0


def test_what_is_acknowledged_late_while_it_waits_for_its_retry_is_never_visible_again() -> None:
    # Worker 1 needs 4 s; at 2 its time is over, and worker 2 fails at 3, in the outage, and lets it wait.
    slow = email("4s", fails_after="1s", outages=[window("2s", "1s")], retry={"delay": "5s"})
    queue = {"visibility_timeout": "2s", "late_ack": "accepted"}
    trace = run("async", steps=[slow], queue=queue, workers={"count": 2})
    assert fates(trace) == [("acknowledged", 4.0)]
    assert [d.visible_s for d in trace.deliveries] == [2.0, None]


@pytest.mark.parametrize(
    ("work", "queue", "workers", "why"),
    [
        (BAD, {"max_deliveries": 1, "dead_letter": False}, {}, LAST),
        (BAD, {"max_deliveries": 1, "dead_letter": False, **DROPS}, {}, LAST),
        (BAD, {"ack": "before", **DROPS}, {}, EARLY),
        (email("3s"), {"ack": "before"}, DIES, EARLY),
        (email("3s"), {"ack": "before", **DOWN}, DIES, EARLY),
    ],
)
def test_what_is_lost_while_a_worker_holds_it(work: Data, queue: Data, workers: Data, why: LossCause) -> None:
    trace = run("async", steps=[work], queue=queue, workers=workers)
    assert lost_messages(trace) == {0: why}
    assert turned_away(trace) == 0


def test_a_full_queue_drops_what_would_be_acknowledged_before_the_work_as_well() -> None:
    trace = run("async", traffic={"requests": 3}, steps=[email()], queue={"ack": "before", **DROPS})
    assert lost_messages(trace) == {1: FULL}
    assert fates(trace)[1] == ("lost", 0.0)


def test_a_refusal_is_put_down_to_what_was_so_when_the_publishing_began() -> None:
    # Down from 0 to 1 s: refused at 2, when the broker is up again. Down from 1 s on: the message of a
    # publishing that began at 0 comes to a full queue at 2.
    for start, why in (("0s", OUTAGE), ("1s", FULL)):
        queue = {"publish": "2s", "capacity": 0, "outages": [window(start, "1s" if start == "0s" else "9s")]}
        trace = run("async", steps=[email()], queue=queue)
        assert trace.requests[0].ended_s == 2.0
        assert refused_requests(trace) == {0: why}
        assert turned_away(trace) == (why is FULL)


def test_the_publishing_begins_where_the_step_before_it_ends() -> None:
    # The first message is on the queue at 1, before the outage; the second is published from then on.
    queue = {"publish": "1s", "outages": [window("1s", "500ms")]}
    trace = run("async", steps=[email(), email(effect="b") | {"name": "b"}], queue=queue)
    assert refused_requests(trace) == {0: OUTAGE}
    own = {"name": "check", "duration": "1s"}
    assert refused_requests(run("async", steps=[own, email()], queue=queue)) == {0: OUTAGE}


@pytest.mark.parametrize(("queue", "lost"), [({"capacity": 1}, {}), (DROPS, {1: FULL, 4: FULL})])
def test_who_came_in_the_warm_up_is_not_counted_among_those_turned_away(
    queue: Data, lost: dict[int, LossCause]
) -> None:
    came = {"at": ["0s", "0s", "0s", "5s", "5s", "5s"]}
    trace = run("async", traffic=came, steps=[email()], queue=queue, warm_up="2s")
    assert refused_requests(trace) == ({} if lost else {2: FULL, 5: FULL})
    assert lost_messages(trace) == lost
    assert turned_away(trace) == 1


def test_what_a_stopped_worker_gives_back_is_lost_if_it_was_acknowledged_before() -> None:
    # Both are taken at 0. At 1 the worker is stopped: the second goes back, and its acknowledgement was sent.
    # The first, killed at 2, is lost as one whose worker died.
    stop = {"worker": 1, "at": "1s", "grace": "1s", "restart_after": "0"}
    asked: Data = {"traffic": {"requests": 2}, "steps": [email("3s")], "workers": {"stops": [stop]}}
    trace = run("async", queue={"ack": "before", "prefetch": 2}, **asked)
    assert fates(trace) == [("lost", 2.0), ("lost", 1.0)]
    assert lost_messages(trace) == {0: EARLY, 1: LossCause.STOP}
    # Acknowledged after the work, the second is lost only as its delivery was the last.
    trace = run("async", queue={"prefetch": 2, "max_deliveries": 1, "dead_letter": False}, **asked)
    assert lost_messages(trace) == {0: LAST, 1: LAST}


def test_each_cause_has_its_own_words() -> None:
    assert len({str(cause) for cause in LossCause}) == len(LossCause)
    # In the web server itself, the restart at 1 takes both, begun or not, whenever they were acknowledged.
    inside = {
        "server": {"restarts": [{"at": "1s", "for": "1s"}]},
        "queue": {"in_process": True, "prefetch": 2},
    }
    trace = run("async", traffic={"requests": 2}, steps=[email("3s")], **inside)
    assert lost_messages(trace) == {0: LossCause.RESTART, 1: LossCause.RESTART}
    # A refusal that is ignored was never a message of the queue.
    down = {"outages": [window("0s", "1s")], "publish_failure": "ignore"}
    assert lost_messages(run("async", steps=[email()], queue=down)) == {0: LossCause.IGNORED_REFUSAL}
