"""What a broker cannot do is refused before anything starts, with the reason and a cure."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from live.servers import broker_class, wanted
from syncasync_sim import ScenarioError, load_scenario, vary
from syncasync_sim.cli.live import KINDS
from syncasync_sim.cli.live_run import LiveRun, url_to_be
from syncasync_sim.live.measure import reasons
from syncasync_sim.live.plan import reasons_against
from syncasync_sim.live.protocol import QueueRequirements
from syncasync_sim.model.brokers import BROKERS, IDEAL
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.queue_parts import Queue

URLS = {
    "redis-streams": "redis://127.0.0.1:1",
    "sqs": "sqs+http://127.0.0.1:1",
    "sqs-fifo": "sqs+http://127.0.0.1:1",
    "rabbitmq": "amqp://127.0.0.1:1",
    "kafka": "kafka://127.0.0.1:1",
}


def refused(preset: str, **fields: Any) -> list[str]:
    of_run = {name: fields.pop(name) for name in QueueRequirements.__slots__ if name in fields}
    url = URLS[preset]
    # What a scenario may say that does not name the broker, and is run on it.
    fields = {"broker": IDEAL, **BROKERS[preset].values, **fields}
    return list(broker_class(url)(url, wanted(preset, fields, **of_run)).unsupported())


@pytest.mark.parametrize("speed", [1.0, 5.0, 7.5])
@pytest.mark.parametrize("preset", URLS)
def test_a_broker_can_do_what_its_own_preset_says(preset: str, speed: float) -> None:
    assert not refused(preset, speed=speed, has_host_crash=speed != 7.5)


def test_a_refusal_says_where_what_why_and_the_cure() -> None:
    assert refused("sqs", visibility_timeout="500ms", speed=5.0) == [
        "queue.visibility_timeout: 500ms cannot be had from SQS: it is 100ms at speed 5, and SQS takes whole "
        "seconds from 1 to 43200, all alike; choose another, or another --speed"
    ]
    assert refused("redis-streams", failure="requeue") == [
        "queue.failure: requeue cannot be had from Redis: it has no reject; what has failed lies idle until "
        "it is claimed; choose timeout"
    ]


@pytest.mark.parametrize(
    ("preset", "fields", "where"),
    [
        *[(preset, {"redelivery": "back"}, "redelivery") for preset in URLS],
        *[(preset, {"durable": False}, "durable") for preset in URLS],
        ("redis-streams", {"capacity": 5}, "capacity"),
        ("redis-streams", {"crash_detection": "0"}, "crash_detection"),
        ("redis-streams", {"host_crash_detection": "3s"}, "host_crash_detection"),
        ("redis-streams", {"partitions": 2}, "partitions"),
        ("redis-streams", {"late_ack": "ignored"}, "late_ack"),
        ("redis-streams", {"failure": "in_place"}, "failure"),
        ("sqs", {"capacity": 5}, "capacity"),
        ("sqs", {"crash_detection": "1s"}, "crash_detection"),
        ("sqs", {"visibility_timeout": "13h"}, "visibility_timeout"),
        ("sqs", {"visibility_timeout": "uniform(1s, 2s)"}, "visibility_timeout"),
        ("sqs", {"visibility_timeout": "none", "failure": "requeue"}, "visibility_timeout"),
        ("sqs", {"failure": "requeue", "retry_delays_s": (1.5,)}, "failure"),
        ("sqs", {"failure": "requeue", "retry_delays_s": (1.0,), "has_jitter": True}, "failure"),
        ("sqs", {"failure": "in_place"}, "failure"),
        ("sqs", {"prefetch": 11}, "prefetch"),
        ("sqs", {"prefetch": "unlimited"}, "prefetch"),
        ("sqs", {"max_deliveries": 1001}, "max_deliveries"),
        ("sqs", {"late_ack": "accepted"}, "late_ack"),
        ("sqs-fifo", {"assignment": "owned"}, "assignment"),
        ("sqs-fifo", {"late_ack": "until_retaken"}, "late_ack"),
        ("rabbitmq", {"crash_detection": "3s"}, "crash_detection"),
        ("rabbitmq", {"crash_detection": "none"}, "crash_detection"),
        ("rabbitmq", {"failure": "timeout"}, "failure"),
        ("rabbitmq", {"partitions": 2}, "partitions"),
        ("rabbitmq", {"late_ack": "accepted"}, "late_ack"),
        ("rabbitmq", {"prefetch": 2001}, "prefetch"),
        ("rabbitmq", {"failure": "in_place", "prefetch": 2}, "prefetch"),
        ("rabbitmq", {"retry_delays_s": (1.0,), "has_jitter": True}, "failure"),
        ("rabbitmq", {"host_crash_detection": "3s", "has_host_crash": True}, "host_crash_detection"),
        ("rabbitmq", {"has_host_crash": True, "speed": 7.0}, "host_crash_detection"),
        ("rabbitmq", {"host_crash_detection": "0", "has_host_crash": True}, "host_crash_detection"),
        ("kafka", {"capacity": 5}, "capacity"),
        ("kafka", {"crash_detection": "none"}, "crash_detection"),
        ("kafka", {"crash_detection": "45s"}, "crash_detection"),
        ("kafka", {"speed": 8.0}, "crash_detection"),
        ("kafka", {"host_crash_detection": "none"}, "host_crash_detection"),
        ("kafka", {"visibility_timeout": "40s"}, "visibility_timeout"),
        ("kafka", {"failure": "requeue"}, "failure"),
        ("kafka", {"failure": "timeout"}, "failure"),
        ("kafka", {"partitions": "none"}, "partitions"),
        ("kafka", {"partitions": "customer"}, "partitions"),
        ("kafka", {"assignment": "locked"}, "assignment"),
        ("kafka", {"rebalance": "3s"}, "rebalance"),
        ("kafka", {"late_ack": "accepted"}, "late_ack"),
        ("kafka", {"prefetch": 2}, "prefetch"),
    ],
)  # fmt: skip
def test_what_it_cannot_do_is_refused(preset: str, fields: dict[str, Any], where: str) -> None:
    (said,) = refused(preset, **fields)
    assert said.startswith(f"queue.{where}: ")
    assert " cannot be had from " in said
    assert "; choose " in said


def test_the_protocol_of_kafkas_consumers_is_one_of_two() -> None:
    for query in ("version=0.9.0.1", "group.protocol=new", "group.protocol", "group.protocol=consumer&x=y"):
        with pytest.raises(
            ScenarioError, match=r"is no URL of Kafka\n  = after the \? stands group\.protocol="
        ):
            LiveRun(load_scenario("checkout"), 1, 1.0).check(f"kafka://127.0.0.1:1?{query}", MODES)
    idle = load_scenario("checkout", ["queue.broker=kafka", "queue.rebalance=until_idle"])
    LiveRun(idle, 1, 1.0).check(url_to_be(None, "kafka?group.protocol=classic"), MODES)
    with pytest.raises(ScenarioError, match=r"group\.protocol=consumer only a partition that moves waits"):
        LiveRun(idle, 1, 1.0).check(url_to_be(None, "kafka?group.protocol=consumer"), MODES)


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        (["workers.count=7"], "Workers 2 to 7 get no message while the others live: "),
        (["workers.count=2"], "Worker 2 gets no message while the others live: "),
        (["workers.count=2", "queue.partitions=2"], None),
    ],
)
def test_workers_without_a_partition_are_told_before_the_run(sets: list[str], told: str | None) -> None:
    run = LiveRun(load_scenario("checkout", sets), 1, 1.0)
    run.check(URLS["kafka"], MODES)
    remarks = run.remarks(MODES)
    assert [one[: len(told or "")] for one in remarks] == ([told] if told else [])
    assert all(one.endswith(f"Add  --set queue.partitions={run.scenario.workers.count}") for one in remarks)
    assert not run.remarks(("sync",))
    run.check(URLS["rabbitmq"], MODES)
    assert not run.remarks(MODES)


SCENARIOS = sorted(path.stem for path in (Path(__file__).parents[2] / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("speed", [1.0, 5.0, 30.0])
@pytest.mark.parametrize("kind", KINDS)
def test_every_scenario_goes_or_says_in_one_line_what_makes_it_go(kind: str, speed: float) -> None:
    url, refused_ones = url_to_be(None, kind), 0
    for name in SCENARIOS:
        try:
            LiveRun(load_scenario(name), 1, speed).check(url, MODES)
        except ScenarioError as error:
            refused_ones += 1
            (line,) = str(error).splitlines()
            assert line.startswith(f"{name}: not for real: ")
            words = shlex.split(line.partition("; it runs with  ")[2])
            more = dict(zip(words[1::2], words[::2], strict=True))
            assert set(more.values()) <= {"--set", "--speed"}
            sets = [word for word, option in more.items() if option == "--set"]
            slower = [float(word) for word, option in more.items() if option == "--speed"]
            LiveRun(load_scenario(name, sets), 1, (slower or [speed])[0]).check(url, MODES)
    assert refused_ones >= 2  # one has steps with limits of their own, one a called service with slots


@pytest.mark.parametrize(
    ("name", "kind", "speed", "cure"),
    [
        ("worker-crash", "rabbitmq", 5, "--set queue.crash_detection=0 --set queue.visibility_timeout=none"),
        (
            *("worker-crash", "kafka", 5),
            "--set 'queue.crash_detection=uniform(42s, 48s)' "
            "--set 'queue.visibility_timeout=uniform(300s, 303s)'",
        ),
        ("short-visibility-timeout", "sqs", 5, "--speed 1"),
        ("checkout", "kafka", 8, "--speed 7.5"),
        ("overload", "redis", 5, "--set 'steps[send email].concurrency=unlimited'"),
        (
            *("broker-poison", "sqs", 5),
            "--set 'steps[send email].retry.attempts=3'",
        ),
    ],
)
def test_what_makes_it_go_is_the_least(name: str, kind: str, speed: float, cure: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        LiveRun(load_scenario(name), 1, speed).check(url_to_be(None, kind), MODES)
    assert str(caught.value).partition("; it runs with  ")[2] == cure


def test_what_nothing_makes_go_is_told_with_what_there_is_to_say() -> None:
    scenario = load_scenario("checkout", ["traffic.requests=6000", "server.threads=600"])
    with pytest.raises(ScenarioError) as caught:
        LiveRun(scenario, 1, 1.0).check("sqlite:", MODES)
    assert str(caught.value) == (
        "checkout: not for real: 6,000 requests are too many for real: 5,000 at most; let fewer come; "
        "server.threads: 600 real threads; 500 at most"
    )


def test_a_time_limit_of_a_request_is_refused() -> None:
    scenario = load_scenario("checkout", ["server.timeout=9s"])
    reason = "server.timeout: a real thread cannot be stopped in the middle; leave it out"
    assert [list(reasons_against(scenario, mode)) for mode in MODES] == [[reason], [reason]]


@pytest.mark.parametrize(
    "fault",
    [
        "crashes=[{worker: 1, at: 1s, restart_after: 1s}]",
        "stops=[{worker: 1, at: 1s, grace: 1s, restart_after: 1s}]",
        "freezes=[{worker: 1, at: 1s, for: 1s}]",
    ],
)
def test_nothing_befalls_a_thread_from_outside(fault: str) -> None:
    scenario = load_scenario("checkout", ["queue.broker=in-process", f"workers.{fault}"])
    (reason,) = reasons_against(scenario, "async")
    key = fault.partition("=")[0]
    assert reason == f"workers.{key}: these workers are threads of the web service; leave it out"
    assert not reasons_against(scenario, "sync")


def test_a_queue_in_memory_is_as_its_preset() -> None:
    def told(*sets: str) -> list[str]:
        scenario = load_scenario("checkout", ["queue.broker=in-process", *sets])
        return [reason.partition(":")[0] for reason in reasons(scenario, "async", "sqlite:", 1.0)]

    assert not told()
    assert told("queue.capacity=5", "queue.prefetch=2") == ["queue.capacity", "queue.prefetch"]


def test_who_keeps_what_has_failed_cannot_be_stopped() -> None:
    stop = "workers.stops=[{worker: 1, at: 1s, grace: 1s, restart_after: 1s}]"
    keeps = load_scenario("checkout", [stop, "queue.failure=in_place"])
    assert not reasons_against(keeps, "async")
    fails = load_scenario("checkout", [stop, "queue.failure=in_place", "steps[3].failure_rate=10%"])
    (reason,) = reasons_against(fails, "async")
    assert reason.startswith("workers.stops: a worker that keeps what has failed")


@pytest.mark.parametrize("preset", ["kafka", "ideal"])
def test_where_a_frozen_worker_is_refused(preset: str) -> None:
    freeze = "workers.freezes=[{worker: 1, at: 1s, for: 1s}]"
    scenario = load_scenario("checkout", [f"queue.broker={preset}", freeze])
    url = {"kafka": "kafka://127.0.0.1:1", "ideal": "sqlite:"}[preset]
    assert any(told.startswith("workers.freezes: ") for told in reasons(scenario, "async", url, 1.0))
    with pytest.raises(ScenarioError, match=r"it runs with  --set 'workers.freezes=\[\]'"):
        LiveRun(scenario, 1, 1.0).check(url, MODES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_that_leaves_out_timeouts_is_refused_where_that_could_matter(kind: str) -> None:
    # Five attempts, and two deliveries that did not time out: the timeout asked for may end more than that.
    sets = ["queue.limit_counts=failures", "queue.max_deliveries=2"]
    limited = load_scenario("broker-slow-work", sets)
    assert not any("limit_counts" in told for told in reasons_against(limited, "async"))  # SQS's own 30 s
    asked = load_scenario("broker-slow-work", [*sets, "queue.visibility_timeout=60s"])
    (told,) = reasons_against(asked, "async")
    assert told.startswith("queue.limit_counts: failures, ")
    assert not reasons_against(asked, "sync")
    more = load_scenario(
        "broker-slow-work", [*sets, "queue.visibility_timeout=60s", "queue.max_deliveries=5"]
    )
    assert not reasons_against(more, "async")
    of_all = vary(asked, {"queue.broker": IDEAL})  # the timeout is then meant for every broker
    with pytest.raises(ScenarioError, match=r"not for real: .*limit_counts.*; it runs with  "):
        LiveRun(of_all, 1, 1.0).check(url_to_be(None, kind), MODES)


@pytest.mark.parametrize(
    ("queue", "url", "kept"),
    [
        # Kafka's partitions are nothing that RabbitMQ knows, and its poll interval is no consumer timeout.
        ({"broker": "kafka", "partitions": 4, "visibility_timeout": "9m"}, "amqp://127.0.0.1:1", {}),
        ({"broker": "kafka", "partitions": 4, "prefetch": 3}, "kafka://127.0.0.1:1", {"partitions": 4}),
        ({"partitions": 4}, "kafka://127.0.0.1:1", {"partitions": 4}),
        ({"broker": "rabbitmq", "prefetch": 3, "capacity": 50}, "kafka://127.0.0.1:1", {"capacity": 50}),
    ],
)
def test_a_broker_is_given_the_keys_that_it_knows(
    queue: dict[str, Any], url: str, kept: dict[str, int]
) -> None:
    run = LiveRun(vary(load_scenario("checkout"), {"queue": queue}), 1, 1.0)
    with suppress(ScenarioError):  # whether it goes for real is another question
        run.check(url, MODES)
    asked = run.scenario.queue
    assert asked.broker == {"amqp": "rabbitmq", "kafka": "kafka"}[url.partition(":")[0]]
    plain = asked.model_dump()
    usual = Queue.model_validate({"broker": asked.broker}).model_dump()
    own = {key for key in plain if plain[key] != usual[key]}
    assert {key: plain[key] for key in own - {"prefetch"}} == kept
