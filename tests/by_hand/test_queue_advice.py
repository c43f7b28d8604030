"""What is said of a queue before work is put on it, worked out on paper; each change measured."""

from __future__ import annotations

from typing import Any

import pytest

from by_hand.timeline import Data, email, step, window
from syncasync_sim.advice import Advice, advise
from syncasync_sim.advice.queue_advice import QueueAdvice
from syncasync_sim.advice.queue_facts import rounded_up
from syncasync_sim.advice.queue_rules import QUEUE_RULES, retry_span_s
from syncasync_sim.model.scenario import Scenario

ALL_DONE = "completion_time_s.max"
CHANGED: list[tuple[str, Data, Data, tuple[str, ...], str, tuple[float | None, float | None]]] = [
    # 2 s of work, visible again after 1.5 s, worker 2 idle: it does it again. Renewed, it is done once.
    (
        "no room in the visibility timeout",
        email("2s"),
        {"queue": {"visibility_timeout": "1500ms"}, "workers": {"count": 2}},
        ("workers.renew=true",),
        "duplicates.email",
        (1, 0),
    ),
    # On RabbitMQ the timeout cannot be renewed. 40 min of work, 30 min allowed: twice as long is 80 min, 2 h.
    # Of two workers each begins when the other's time is over, at 0 and 30 min; at 40 min the first is done,
    # and its acknowledgement is too late. What happens until then is twice the work at least.
    (
        "no room in the visibility timeout",
        email("40m", retry={"attempts": 1}),
        {"queue": {"visibility_timeout": "30m", "broker": "rabbitmq"}, "workers": {"count": 2}},
        ("queue.visibility_timeout=2h",),
        "queue.dead_lettered",
        (1, 0),
    ),
    # Acknowledged at 0, the worker dies at 0.5 s: lost. Acknowledged after the work it comes back at 0.5 s.
    (
        "acknowledged too early",
        email("1s"),
        {
            "queue": {"ack": "before"},
            "workers": {"crashes": [{"worker": 1, "at": "500ms", "restart_after": "0"}]},
        },
        ("queue.ack=after",),
        ALL_DONE,
        (None, 1.5),
    ),
    # The order is saved at 0.05 s, and its message refused: an error page for an order that is there. With an
    # outbox the looks at 1 s and 2 s find it, and at 2 s the broker is up.
    (
        "two writes without an outbox",
        email("1s"),
        {
            "steps": [step("save", "50ms", effect="saved"), email("1s")],
            "queue": {"outages": [window("0s", "2s")]},
        },
        ("queue.publish_failure=outbox",),
        "phantom_errors",
        (1, 0),
    ),
    # The same with a refusal that is ignored: nobody gets the email. With an outbox it is sent at 3 s.
    (
        "two writes without an outbox",
        email("1s"),
        {
            "steps": [step("save", "50ms", effect="saved"), email("1s")],
            "queue": {"outages": [window("0s", "2s")], "publish_failure": "ignore"},
        },
        ("queue.publish_failure=outbox",),
        ALL_DONE,
        (None, 3),
    ),
    # It would take 2 s, is cut after 1.5 s and tried again at 2.5 s: done at 3.5 s, with a key or without.
    (
        "a time-out leaves it open",
        email(
            "1s",
            timeout="1500ms",
            slowdowns=[window("0s", "1s", factor=2)],
            retry={"attempts": 2, "delay": "1s"},
        ),
        {},
        ("steps[email].idempotent=true",),
        ALL_DONE,
        (3.5, 3.5),
    ),
    # Tries at 0, 1 + 1 = 2 and 3 + 2 = 5 s, each of 1 s, all in an outage of 100 s. The delays are 3 s
    # together; 1 min and 2 min are the first round ones that are longer than the outage: tries at 0,
    # 1 + 60 = 61 and 62 + 120 = 182 s, done at 183 s.
    (
        "attempts end before the outage",
        email("1s", outages=[window("0", "100s")], retry={"attempts": 3}),
        {},
        ("steps[email].retry.max_delay=2m", "steps[email].retry.delay=1m", "steps[email].retry.factor=2"),
        ALL_DONE,
        (None, 183),
    ),
    # The only attempt, at 0, is in an outage of 10 s. With five and delays of 1, 2, 4 and 8 s, as 15 s are
    # longer: tries at 0, 2, 5 and 10 s, done at 11 s.
    (
        "attempts end before the outage",
        email("1s", outages=[window("0", "10s")], retry={"attempts": 1}),
        {"queue": {"max_deliveries": 3}},
        (
            "steps[email].retry.max_delay=1m",
            "steps[email].retry.delay=1s",
            "steps[email].retry.factor=2",
            "steps[email].retry.attempts=5",
            "queue.max_deliveries=5",
        ),
        ALL_DONE,
        (None, 11),
    ),
    # One partition, two workers: 1 and 2 s. Two partitions, one for each customer: both at 1 s.
    (
        "workers without a partition",
        email("1s"),
        {"traffic": {"requests": 2}, "queue": {"partitions": 1}, "workers": {"count": 2}},
        ("queue.partitions=2",),
        ALL_DONE,
        (2, 1),
    ),
    # Down for ever, tried for ever: still undone at the end. With five attempts it is a dead letter.
    (
        "no limit of attempts",
        email("1s", outages=[window("0", "forever")], retry={"attempts": "unlimited"}),
        {"stop_at": "1000s"},
        ("steps[email].retry.attempts=5", "queue.dead_letter=true"),
        "queue.dead_lettered",
        (0, 1),
    ),
    # The only attempt fails: without a dead-letter queue the message is gone.
    (
        "no dead-letter queue",
        email("1s", failure_rate=1, retry={"attempts": 1}),
        {"queue": {"dead_letter": False}},
        ("queue.dead_letter=true",),
        "queue.lost",
        (1, 0),
    ),
    # The second email waits in a broker that goes down at 0.5 s: gone, or done at 2 s. The broker is back at
    # 0.6 s, before the worker is.
    (
        "messages in memory only",
        email("1s"),
        {"traffic": {"requests": 2}, "queue": {"durable": False, "outages": [window("500ms", "100ms")]}},
        ("queue.durable=true",),
        ALL_DONE,
        (1, 2),
    ),
    # The web server goes down at 0.5 s, with one email in hand and one that waits. Outside of it the workers
    # go on: 1 and 2 s.
    (
        "messages in the web server",
        email("1s"),
        {
            "traffic": {"requests": 2},
            "server": {"restarts": [{"at": "500ms", "for": "1s"}]},
            "queue": {"in_process": True},
        },
        ("queue.in_process=false",),
        ALL_DONE,
        (None, 2),
    ),
    # One email of 1 s each second, for 10 s; the only worker dies at 2.5 s of the third email, and is away
    # for 30 s: it is done at 33.5 s, the tenth at 40.5 s, 31.5 s after it came. Away for 5 s: 8.5 and 15.5 s.
    (
        "workers that are down",
        email("1s"),
        {
            "traffic": {"rate": "1/s", "for": "10s"},
            "workers": {"crashes": [{"worker": 1, "at": "2500ms", "restart_after": "30s"}]},
        },
        ("workers.crashes[0].restart_after=5s",),
        ALL_DONE,
        (31.5, 6.5),
    ),
    # The same as a stop without a grace.
    (
        "workers that are down",
        email("1s"),
        {
            "traffic": {"rate": "1/s", "for": "10s"},
            "workers": {"stops": [{"worker": 1, "at": "2500ms", "grace": "0", "restart_after": "30s"}]},
        },
        ("workers.stops[0].restart_after=5s",),
        ALL_DONE,
        (31.5, 6.5),
    ),
    # A deploy at 1 s kills at 2 s the work that takes 3: done again from 2 to 5 s. With 5 s of grace it ends
    # at 3 s.
    (
        "cut by a stop",
        email("3s"),
        {"workers": {"stops": [{"worker": 1, "at": "1s", "grace": "1s", "restart_after": "0"}]}},
        ("workers.stops[0].grace=5s",),
        ALL_DONE,
        (5, 3),
    ),
    # Acknowledged before, it is lost.
    (
        "cut by a stop",
        email("3s"),
        {
            "queue": {"ack": "before"},
            "workers": {"stops": [{"worker": 1, "at": "1s", "grace": "1s", "restart_after": "0"}]},
        },
        ("workers.stops[0].grace=5s",),
        "work.lost",
        (1, 0),
    ),
    # Frozen from 1 to 4 s, missed after 1 s: worker 2 sends it from 2 to 4 s, worker 1 again at 5 s. A
    # detection of 5 s is longer than the 3 s of standing still.
    (
        "taken for dead",
        email("2s"),
        {
            "queue": {"crash_detection": "1s"},
            "workers": {"count": 2, "freezes": [{"worker": 1, "at": "1s", "for": "3s"}]},
        },
        ("queue.host_crash_detection=5s",),
        "duplicates.email",
        (1, 0),
    ),
    # Nobody misses it, but its message is visible again at 2.5 s. Work and standing still take 5 s, in time.
    (
        "taken for dead",
        email("2s"),
        {
            "queue": {"crash_detection": "none", "visibility_timeout": "2500ms"},
            "workers": {"count": 2, "freezes": [{"worker": 1, "at": "1s", "for": "3s"}]},
        },
        ("queue.visibility_timeout=5s",),
        "duplicates.email",
        (1, 0),
    ),
    # The third customer is the poisoned one (seed 1). One partition, tried in place: from 2, 4, 6, 8 and
    # 10 s on, and the fourth email only at 12 s. After one attempt it would be done at 4 s.
    (
        "tried in vain",
        email("1s", poison="1%", retry={"attempts": 5, "delay": "1s", "factor": 1}),
        {"traffic": {"requests": 4}, "queue": {"failure": "in_place", "partitions": 1}},
        ("steps[email].retry.attempts=1",),
        ALL_DONE,
        (12, 4),
    ),
    # A worker that dies of poison for good: back after 5 s it does the fourth email.
    (
        "workers that are down",
        email("1s", poison="1%", poison_kills=True, retry={"attempts": 1}),
        {"traffic": {"requests": 4}, "workers": {"restart_after": "never"}},
        ("workers.restart_after=5s",),
        "work.completed",
        (2, 3),
    ),
    # It dies of each message at once, and for good. Restarted after 5 s it comes to the last of five attempts
    # at 20 s, and dies of it, too: then the message is a dead letter.
    (
        "workers that are down",
        email("1s"),
        {"workers": {"crash_rate": 1, "restart_after": "never"}},
        ("workers.restart_after=5s",),
        "work.dead_lettered",
        (0, 1),
    ),
    # Two emails of 1 s come each second, for a service that takes one at once, and two workers: 2 calls at
    # once would be needed, 2.5 advised, so 3, and as many workers.
    (
        "service at its limit",
        email("1s", concurrency=1),
        {"traffic": {"rate": "2/s", "for": "10s"}, "workers": {"count": 2}},
        ("steps[email].concurrency=3", "workers.count=3"),
        ALL_DONE,
        (10.5, 1),
    ),
    # Two emails of 1 s come each second, for one worker: 2 busy, 2.5 advised, so 3. Of the 20 the last comes
    # at 9.5 s and is done by one worker at 20 s, after 10.5 s; by three at once, after 1 s.
    (
        "too few workers",
        email("1s"),
        {"traffic": {"rate": "2/s", "for": "10s"}},
        ("workers.count=3",),
        ALL_DONE,
        (10.5, 1),
    ),
]


def asked(work: Data, **parts: Any) -> Advice:
    data = {"traffic": {"requests": 1}, "steps": [step("accept", "0"), work], **parts}
    return advise(Scenario.model_validate(data), seed=1)


def told(advice: Advice, rule: str) -> list[QueueAdvice]:
    return [one for one in advice.queue if one.concern.rule.name == rule]


@pytest.mark.parametrize(
    ("rule", "work", "parts", "sets", "figure", "change"),
    CHANGED,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_concern_its_change_and_what_the_change_does(
    rule: str,
    work: Data,
    parts: Data,
    sets: tuple[str, ...],
    figure: str,
    change: tuple[float | None, float | None],
) -> None:
    (one,) = told(asked(work, **parts), rule)
    assert one.sets == sets
    assert one.changed is not None
    row = one.changed.row(figure)
    assert (row.before, row.after) == change


def test_every_rule_is_tried() -> None:
    tried = {case[0] for case in CHANGED} | {"done twice", "held by one worker"}
    assert tried == {rule.name for rule in QUEUE_RULES}


def test_longer_delays_are_no_help_to_a_message_that_does_not_come_back() -> None:
    down = email("1s", outages=[window("0", "10s")], retry={"attempts": 2})
    assert not told(asked(down, queue={"ack": "before"}), "attempts end before the outage")


@pytest.mark.parametrize(
    ("work", "workers", "enough"),
    [
        ({"failure_rate": "10%"}, {}, 3),  # 0.1^3 is one of a thousand
        ({"failure_rate": "10%"}, {"crashes": [{"worker": 1, "at": "9m", "restart_after": "0"}]}, 4),
        ({"failure_rate": "10%", "retry": {"attempts": 3}}, {}, None),  # no more than that
        ({"poison": "0%", "failure_rate": "50%"}, {}, None),  # nobody is poisoned
    ],
)
def test_so_many_attempts_as_other_failures_need(work: Data, workers: Data, enough: int | None) -> None:
    queue = {"failure": "in_place", "partitions": 1}
    tried = email("1s", **{"poison": "1%", "retry": {"attempts": 9}, **work})
    advised = told(asked(tried, traffic={"requests": 9}, queue=queue, workers=workers), "tried in vain")
    assert [one.sets for one in advised] == ([(f"steps[email].retry.attempts={enough}",)] if enough else [])


def test_dead_letters_want_an_alarm() -> None:
    (one,) = told(asked(email("1s", poison="1%"), traffic={"requests": 4}), "tried in vain")
    assert "1 message ended in the dead-letter queue, where only an alarm tells" in one.concern.sentence


@pytest.mark.parametrize("lasts", ["60s", "1s"])
def test_a_deploy_that_cuts_nothing_is_not_told(lasts: str) -> None:
    # Nobody has work in hand at 5 s; work of 1 s would end within its grace.
    stop = {"worker": 1, "at": "5s" if lasts == "1s" else "0s", "grace": "1s", "restart_after": "0"}
    traffic = {"at": ["0s"] if lasts == "1s" else ["9s"]}
    assert not told(asked(email(lasts), traffic=traffic, workers={"stops": [stop]}), "cut by a stop")


def test_who_clicks_again_does_it_twice_and_an_idempotency_key_keeps_it_at_once() -> None:
    # The page takes 2 s, patience 1 s: a second click at 1 s charges again at 3 s.
    charge = step("charge", "2s", effect="charged")
    advice = asked(
        email("1s"), customer={"patience": "1s", "resubmits": 1}, steps=[charge, email("1s", idempotent=True)]
    )
    (one,) = told(advice, "done twice")
    assert one.sets == ("steps[charge].idempotent=true",)
    assert "a customer who sees no page clicks again" in one.concern.sentence
    assert [(row.label, row.before, row.after) for row in one.rows()] == [("charged too often", 1, 0)]


@pytest.mark.parametrize(
    ("charge", "parts", "is_told"),
    [
        ({"retry": {"in_request": True, "attempts": 2}}, {}, True),
        ({"retry": {"in_request": True, "attempts": 1}}, {}, False),
        ({"retry": {"attempts": 2}}, {}, False),  # which count on the queue only
        ({}, {"customer": {"resubmits": 1}}, True),
        ({"idempotent": True}, {"customer": {"resubmits": 1}}, False),
        ({"timeout": "2s"}, {"customer": {"resubmits": 1}}, False),  # hardly ever: below 2 s it is done
        ({"timeout": "none"}, {"customer": {"resubmits": 1}, "server": {"timeout": "1s"}}, True),
        ({"timeout": "none"}, {"customer": {"resubmits": 1}, "server": {"timeout": "2s"}}, False),
        ({"timeout": "none"}, {"server": {"timeout": "1s"}}, False),  # nobody clicks again
    ],
)
def test_a_time_out_in_the_request_leaves_it_open_where_the_step_is_tried_again(
    charge: Data, parts: Data, is_told: bool
) -> None:
    steps = [
        step("charge", "uniform(0s, 2s)", **{"effect": "charged", "timeout": "1900ms", **charge}),
        email("1s", idempotent=True),
    ]
    assert bool(told(asked(email("1s"), steps=steps, **parts), "a time-out leaves it open")) == is_told


@pytest.mark.parametrize(
    ("save", "queue", "is_told"),
    [
        ({"effect": "saved"}, {"capacity": 0}, True),
        ({"effect": "saved"}, {}, False),  # nothing was refused
        ({}, {"capacity": 0}, False),  # no data beside the message
        ({"effect": "saved"}, {"capacity": 0, "publish_failure": "outbox"}, False),
    ],
)
def test_an_outbox_is_for_requests_that_write_something_else_too(
    save: Data, queue: Data, is_told: bool
) -> None:
    steps = [step("save", "50ms", **save), email("1s")]
    advice = asked(email("1s"), traffic={"requests": 2}, steps=steps, queue=queue)
    assert bool(told(advice, "two writes without an outbox")) == is_told


def test_messages_in_the_hands_of_one_worker_while_another_is_idle() -> None:
    # Worker 2 dies at 0 and is back at 0.1 s; by then worker 1 holds all four: done at 1, 2, 3, 4 s. Held one
    # at a time, worker 2 takes two from 0.1 s on: 1, 1.1, 2, 2.1 s.
    advice = asked(
        email("1s"),
        traffic={"requests": 4},
        queue={"prefetch": 10},
        workers={"count": 2, "crashes": [{"worker": 2, "at": "0", "restart_after": "100ms"}]},
    )
    (one,) = told(advice, "held by one worker")
    assert one.sets == ("queue.prefetch=1",)
    assert one.changed is not None
    row = one.changed.row(ALL_DONE)
    assert (row.before, row.after) == (4, 2.1)


def test_a_setting_that_does_no_harm_here_is_not_told() -> None:
    # With one worker it is all the same how many messages it holds.
    assert not asked(email("1s"), traffic={"requests": 3}, queue={"prefetch": 10}).queue


def test_a_sound_queue_is_left_alone_and_so_is_a_scenario_without_one() -> None:
    assert asked(email("1s")).queue == ()
    assert asked(step("look", "1ms")).queue == ()


def test_plain_data_has_the_reason_the_change_and_what_it_does() -> None:
    advice = asked(email("1s", failure_rate=1, retry={"attempts": 1}), queue={"dead_letter": False})
    (one,) = advice.to_dict("1")["queue"]
    assert (one["rule"], one["set"]) == ("no dead-letter queue", ["queue.dead_letter=true"])
    assert one["changed"]["difference"]["queue.lost"] == {"mean": -1}
    assert one["not_run"] is None


@pytest.mark.parametrize("count", [1, 2, 6])
def test_no_number_of_workers_is_advised_where_a_service_is_the_limit(count: int) -> None:
    # 2/s x 1 s need two calls at once, and the service takes one. The broker is down for a second of ten, so
    # only 18 messages are published, for 1.8 at once on average: at the height of the traffic it is 2.
    advice = asked(
        email("1s", concurrency=1),
        traffic={"rate": "2/s", "for": "10s"},
        workers={"count": count},
        queue={"outages": [window("5s", "1s")]},
    )
    assert not told(advice, "too few workers")
    (one,) = told(advice, "service at its limit")
    assert one.concern.sentence.startswith(
        "at the height of the traffic 2 calls of email would be under way at once, and its service takes 1"
    )
    assert ("workers.count=3" in one.sets) == (count < 3)


def test_the_height_of_the_traffic_is_not_its_average() -> None:
    # One worker for 2/s x 1 s, without what a broker that is down refuses: 1.8 on average.
    parts: Data = {"traffic": {"rate": "2/s", "for": "10s"}, "queue": {"outages": [window("5s", "1s")]}}
    advice = asked(email("1s"), **parts)
    (one,) = told(advice, "too few workers")
    assert one.concern.sentence.startswith("at the height of the traffic 2 workers would be busy")
    assert advice.load == pytest.approx(1.8)


@pytest.mark.parametrize(
    ("queue", "effect"),
    [
        ({"capacity": 1, "when_full": "drop_oldest"}, "the full queue drops the oldest message (2 in a run)"),
        ({"capacity": 1}, "the full queue refuses new messages (2 in a run)"),
        ({"capacity": 9}, "the queue grows up to its capacity of 9"),
    ],
)
def test_a_queue_with_a_capacity_is_not_said_to_grow_for_ever(queue: Data, effect: str) -> None:
    # Emails of 1 s at 0, 0.1, 0.2 and 0.3 s for one worker: one is in hand, and of three one may wait.
    advice = asked(email("1s"), traffic={"rate": "10/s", "for": "400ms"}, queue=queue)
    (one,) = told(advice, "too few workers")
    assert one.concern.sentence.endswith(f"and there is 1: {effect}")
    assert advice.summary[-1].startswith("The workers cannot keep up")
    assert advice.summary[-1].endswith(f"with 1): {effect}.")
    less = "But less of the work is done: by the end of the run 50 % of the clicks have all their work done, "
    assert (f"{less}against 100 % with everything in the request." in advice.summary) == (
        queue["capacity"] == 1
    )


def test_times_before_and_after_a_change_say_of_how_many_clicks_they_are() -> None:
    # Of four emails the first and the last are done, after 1 s and 1.7 s; with 13 workers all, after 1 s.
    queue = {"capacity": 1, "when_full": "drop_oldest"}
    advice = asked(email("1s"), traffic={"rate": "10/s", "for": "400ms"}, queue=queue)
    (one,) = told(advice, "too few workers")
    rows = {row.full_label.removesuffix(", mean"): row for row in one.rows()}
    share, mean = rows["clicks with all work done"], rows["all work done (what gets done)"]
    assert (share.before, share.after) == (0.5, 1)
    assert (mean.before, mean.after) == pytest.approx((1.35, 1))
    assert mean.why_no_change == "other clicks"
    assert (rows["work lost"].before, rows["work lost"].after) == (2, 0)


def test_what_an_outage_takes_is_not_put_down_to_a_full_queue() -> None:
    # The broker is down from 0.05 to 0.15 s and refuses the email at 0.1 s; the full queue that at 0.3 s.
    outage = {"capacity": 1, "outages": [window("50ms", "100ms")]}
    advice = asked(email("1s"), traffic={"rate": "10/s", "for": "400ms"}, queue=outage)
    assert advice.turned_away == 1


@pytest.mark.parametrize(
    "queue",
    [
        {"dead_letter": False},
        {"ack": "before"},
        {"durable": False, "outages": [window("1h", "1s")]},
    ],
)
def test_what_a_full_queue_dropped_is_put_down_to_nothing_else(queue: Data) -> None:
    full = {"capacity": 0, "when_full": "drop_oldest"}
    advice = asked(email("1s"), traffic={"rate": "10/s", "for": "400ms"}, queue=full | queue)
    assert advice.turned_away == 3
    assert [one.concern.rule.name for one in advice.queue] == ["too few workers"]


def test_round_durations_and_the_span_of_the_attempts() -> None:
    assert [rounded_up(s) for s in (0.5, 61, 7200, 86_401)] == ["1s", "2m", "2h", "2d"]
    retry = {"delay": "1s", "factor": 3, "max_delay": "5s"}
    (tried,) = Scenario.model_validate(
        {"traffic": {"requests": 1}, "steps": [email("1s", retry=retry)]}
    ).steps
    assert [retry_span_s(tried, n) for n in (1, 2, 3, 4, 5)] == [0, 1, 4, 9, 14]  # 1, 3, 5, 5
