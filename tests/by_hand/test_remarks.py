"""What a run shows that no figure says, on timelines worked out on paper."""

from __future__ import annotations

from typing import Any

from by_hand.timeline import email, run, step
from syncasync_sim.experiment import BrokerRun, compare_brokers
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.broker_reasons import reasons
from syncasync_sim.render.remarks import remarks
from syncasync_sim.trace.worker_queries import begun_too_early, longest_in_hands_us, messages_taken, most_held

SAVED = [step("write", "50ms"), email("20ms"), step("commit", "100ms", effect="saved")]


def told(mode: Mode = "async", **parts: Any) -> list[str]:
    return remarks({mode: run(mode, **parts)})


def test_work_that_is_begun_before_a_later_step_is_over() -> None:
    # Published at 50 ms and begun at once; the commit is over at 150 ms.
    assert told(traffic={"requests": 1}, steps=SAVED) == [
        "email began before the end of commit, each time: if email needs the result of commit, put email "
        "after commit."
    ]
    assert told("sync", traffic={"requests": 1}, steps=SAVED) == []
    assert told(traffic={"requests": 1}, steps=[SAVED[0], SAVED[2], SAVED[1]]) == []


def test_work_that_waits_for_long_enough_is_begun_in_time() -> None:
    # One worker, 100 ms an email. Of two customers at 0 the first email is begun at 50 ms, the second at
    # 150 ms: when the commit is over, which is in time.
    steps = [SAVED[0], email("100ms"), SAVED[2]]
    trace = run("async", traffic={"requests": 2}, steps=steps)
    assert [tuple(early) for early in begun_too_early(trace)] == [(1, 2, 1, 2)]
    assert "in 1 of 2 cases" in remarks({"async": trace})[0]


def test_a_later_step_that_changes_nothing_is_nothing_to_wait_for() -> None:
    assert told(traffic={"requests": 1}, steps=[*SAVED[:2], step("look", "100ms")]) == []


def test_a_worker_that_comes_late_gets_nothing_of_what_another_one_holds() -> None:
    # Worker 2 is down from 0 to 5 s; worker 1 has taken all ten at 0.
    late = {"count": 2, "crashes": [{"worker": 2, "at": "0s", "restart_after": "5s"}]}
    parts: dict[str, Any] = {"traffic": {"requests": 10}, "steps": [email("1s")], "workers": late}
    trace = run("async", queue={"prefetch": "unlimited"}, **parts)
    assert (most_held(trace), messages_taken(trace)) == ({1: 10, 2: 0}, {1: 10, 2: 0})
    assert remarks({"async": trace}) == [
        "Worker 2 got no message, while worker 1 held 10 at the same time (prefetch): no other worker can do "
        "these messages.",
        "A message waited up to 9.00 s at a worker that was busy with others (prefetch): the message was no "
        "longer in the queue, but its work still waited.",
    ]
    one_by_one = run("async", **parts)  # from 5 s on worker 2 takes some
    assert most_held(one_by_one) == {1: 1, 2: 1}
    assert remarks({"async": one_by_one}) == []


def test_how_long_a_message_lay_with_its_worker_ends_where_it_is_begun_or_taken_away() -> None:
    # Three emails of 10 s in worker 1's hands: the third lies there for 20 s; if the run is cut at 15 s, for
    # 15 s; and if the worker dies at 12 s, for 12 s, then, back at 13 s, for 10 s more behind the second one.
    parts: dict[str, Any] = {"traffic": {"requests": 3}, "steps": [email("10s")], "queue": {"prefetch": 3}}
    assert longest_in_hands_us(run("async", **parts)) == 20_000_000
    assert longest_in_hands_us(run("async", stop_at="15s", **parts)) == 15_000_000
    died = {"crashes": [{"worker": 1, "at": "12s", "restart_after": "1s"}]}
    assert longest_in_hands_us(run("async", workers=died, **parts)) == 12_000_000
    assert longest_in_hands_us(run("async", **{**parts, "queue": {}})) == 0


def on(broker: str, **parts: Any) -> BrokerRun:
    scenario = Scenario.model_validate({"steps": [email("10s")], **parts})
    (done,) = compare_brokers(scenario, brokers=[broker])
    assert isinstance(done, BrokerRun)
    return done


def test_a_message_shown_again_while_it_only_lay_with_its_worker_is_told_apart() -> None:
    # Three of 10 s in one worker's hands, visible again after 15 s: the second is begun at 10 s, so it is
    # worked on then; the third is not.
    asked = {
        "traffic": {"requests": 3},
        "queue": {"prefetch": 3, "visibility_timeout": "15s", "publish": "0"},
    }
    busy, held = reasons(on("redis-streams", **asked))
    assert "showed a message again" in busy
    assert "while its worker was still busy with it" in busy
    assert "showed a message again" in held
    assert "while its worker only held it and was busy with others (prefetch)" in held


def test_why_messages_are_lost_is_told() -> None:
    failing = [email("1s", failure_rate=1)]
    dropped = on(
        "rabbitmq", steps=failing, traffic={"requests": 2}, queue={"dead_letter": False, "max_deliveries": 3}
    )
    assert reasons(dropped)[-1] == (
        "2 messages were dropped after 3 deliveries, the limit: there is no dead-letter queue."
    )
    full = on("rabbitmq", traffic={"requests": 4}, queue={"capacity": 1, "when_full": "drop_oldest"})
    assert reasons(full) == ["2 messages were dropped from the full queue."]
    down = {"durable": False, "outages": [{"from": "5s", "for": "1s"}]}
    assert "2 messages were lost as the broker went down." in reasons(
        on("rabbitmq", traffic={"requests": 3}, queue=down)
    )


def test_messages_that_nobody_has_begun_are_told() -> None:
    waiting = on("rabbitmq", traffic={"requests": 3}, stop_at="15s")
    assert reasons(waiting) == ["1 message was still waiting for a worker when the run was cut."]


def test_a_pause_of_the_whole_group_is_told_though_no_message_was_in_the_dead_worker_s_hands() -> None:
    # GitHub, 2023-08-29, small: nobody is at work at 1 s, when worker 2 dies; noticed at 3 s, and nothing is
    # delivered until 8 s: the email of 4 s is begun then.
    died = {"count": 2, "crashes": [{"worker": 2, "at": "1s", "restart_after": "never"}]}
    queue = {"partitions": 2, "rebalance": "5s", "crash_detection": "2s", "publish": "0", "deliver": "0"}
    asked = {"traffic": {"at": ["4s"]}, "steps": [email("1s")], "workers": died}
    kafka = on("kafka", queue={"broker": "kafka", **queue}, **asked)
    assert kafka.last_work_s == 9.0
    assert reasons(kafka) == [
        "The queue, as the scenario has it, assigned the partitions again each time it learned that a worker "
        "had left or was back, and then delivered nothing for 5.00 s."
    ]
    idle = {**queue, "rebalance": "until_idle"}
    assert reasons(on("kafka", queue={"broker": "kafka", **idle}, **asked))[0].endswith(
        "then delivered nothing until no worker was busy."
    )
    for unseen in ({"rebalance": "0"}, {"crash_detection": "10s"}, {"crash_detection": "none"}):
        assert reasons(on("kafka", queue={"broker": "kafka", **queue, **unseen}, **asked)) == []


def test_messages_that_were_refused_are_told_with_the_cause() -> None:
    down = {"outages": [{"from": "0s", "for": "1s"}]}
    steps = [step("save", "50ms", effect="saved"), email("1s")]
    # dirigible 6816, small: of the customers at 0, 0.5 and 1 s two find the broker down.
    asked: dict[str, Any] = {"traffic": {"at": ["0s", "500ms", "1s"]}, "steps": steps}
    assert reasons(on("rabbitmq", queue=down, **asked)) == [
        "2 requests failed because the message was refused: the broker was down."
    ]
    # One is worked on, one waits, the third finds the queue full.
    full = {"capacity": 1, "when_full": "refuse"}
    three: dict[str, Any] = {"traffic": {"requests": 3}, "steps": steps}
    assert reasons(on("rabbitmq", queue=full, **three)) == [
        "1 request failed because the message was refused: the queue was full."
    ]


def test_of_late_acknowledgements_one_is_a_case() -> None:
    # 7 s of work, visible again after 3 s: begun at 0, 3 and 6 s. At 7 s the first is acknowledged, late,
    # which counts; the second, done at 10 s, finds nothing any more; the third's time was not yet over.
    queue = {"visibility_timeout": "3s", "late_ack": "accepted", "publish": "0", "deliver": "0"}
    asked: dict[str, Any] = {"traffic": {"requests": 1}, "steps": [email("7s")], "workers": {"count": 3}}
    (told,) = reasons(on("redis-streams", queue=queue, **asked))
    assert "again 2 times" in told
    assert told.endswith("the late acknowledgements had no effect in 1 case.")
