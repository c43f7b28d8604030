"""Public incidents, as far as the model can tell them: what came of each, worked out on paper.

Each is named after the report it is like; the scenarios are made up anew from its facts.
"""

from __future__ import annotations

from math import sqrt
from statistics import fmean

import pytest

from by_hand.timeline import (
    Data,
    attempts,
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
from syncasync_sim.engine import simulate
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import Summary, summarise
from syncasync_sim.trace.records import Trace

MIN, H = 60.0, 3600.0
WITHOUT_LIMIT: Data = {"attempts": "unlimited"}


def means_of(scenario: Data, replications: int = 200) -> list[Summary]:
    asked = Scenario.model_validate(scenario)
    return [summarise(simulate(asked, "async", seed=1, replication=number)) for number in range(replications)]


def test_one_message_kills_its_worker_and_those_it_only_held_are_counted_too() -> None:
    # taskiq-aio-pika 35. Ten messages in one worker's hands; each delivery that is begun kills with 10 %, all
    # come back together. Deaths in all are the failures before ten successes, cut at the fifth, when whatever
    # is left has had its five deliveries and is lost: P(k) = C(k + 9, k) 0.1^k 0.9^10 = .349 .349 .192 .077
    # .025 for 0 to 4, and .0092 for the fifth. Mean .349 + .384 + .230 + .100 + .046 = 1.109 deaths.
    # Lost: the fifth death may be of the j-th message, C(j + 3, 4) 0.1^5 0.9^(j-1), and 11 - j are left: in
    # all 0.0264.
    # Struck at the taking, ten times as often as one begins: 1.8 deaths and 0.35 lost.
    queue = {"broker": "rabbitmq", "prefetch": 10, "max_deliveries": 5, "dead_letter": False}
    runs = means_of(
        {
            "traffic": {"requests": 10},
            "steps": [email(retry=WITHOUT_LIMIT)],
            "queue": queue,
            "workers": {"crash_rate": "10%", "restart_after": "1s"},
        }
    )
    deaths = [s.workers.crashes for s in runs if s.workers is not None]
    lost = [s.queue.lost for s in runs if s.queue is not None]
    assert abs(fmean(deaths) - 1.109) < 3 * 1.07 / sqrt(200)
    assert abs(fmean(lost) - 0.0264) < 3 * 0.32 / sqrt(200)
    assert all((gone > 0) == (died == 5) for died, gone in zip(deaths, lost, strict=True))


def test_a_back_off_of_an_hour_is_not_cut_by_a_cap_that_nobody_set() -> None:
    # hypothesis/lms 5511: the service is down for 90 min, the first retry comes after an hour. Tries at 0, at
    # 1 h 1 s (still down) and, an hour after that, at 2 h 2 s: done at 2 h 3 s = 7,203 s. With a cap of 60 s
    # that nobody wrote, four tries are over at 184 s and the grades are never sent.
    steps = [
        email(outages=[window("0s", "90m")], retry={"attempts": 4, "delay": "1h", "factor": 2}),
    ]
    trace = run("async", steps=steps)
    assert [started for started, *_ in attempts(trace)] == [0.0, 3601.0, 7202.0]
    assert fates(trace) == [("acknowledged", 7203.0)]
    # With the cap raised the second delay is twice the first: done at 3 h 3 s.
    steps[0]["retry"]["max_delay"] = "4h"
    assert fates(run("async", steps=steps)) == [("acknowledged", 10803.0)]


def moments(trace: Trace) -> list[float]:
    return [moment for moment, *_ in taken(trace)]


# Work that takes longer than the queue waits ---------------------------------------------------------------


def test_every_try_outlives_the_consumer_timeout() -> None:
    # ServiceX 893: 70 min of work, a consumer timeout of 60 min, five attempts (which count every delivery).
    # Taken at 0, 60, 120, 180 and 240 min, dead-lettered at 300; each try is done 70 min after its taking,
    # and no acknowledgement counts: five files, the last at 310 min.
    queue = {"broker": "rabbitmq", "publish": "0", "visibility_timeout": "60m"}
    trace = run("async", steps=[email("70m")], queue=queue, workers={"count": 3})
    assert moments(trace) == [0.0, 60 * MIN, 120 * MIN, 180 * MIN, 240 * MIN]
    assert fates(trace) == [("dead_lettered", 300 * MIN)]
    assert works(trace) == ["completed"]
    numbers = figures(trace)
    assert (numbers["effects"], numbers["ended_at_s"]) == ({"email": 5}, 310 * MIN)


@pytest.mark.parametrize(
    ("counts", "deliveries", "fate"), [("failures", 25, "in_flight"), ("all", 21, "dead_lettered")]
)
def test_a_consumer_timeout_is_no_failure_for_rabbitmq(counts: str, deliveries: int, fate: str) -> None:
    # RabbitMQ discussion 18226: 45 min of work, the default timeout of 30 min, the default limit of 21
    # deliveries. Since 4.3 a timeout does not count: taken every 30 min for ever, here until the cut at
    # 12 h (which still belongs to the run): 25 times, and no dead letter. Until 4.2: 21 times, dead-lettered
    # at 21 x 30 min = 10 h 30 min.
    queue = {"broker": "rabbitmq", "publish": "0"}
    assert (
        Scenario.model_validate(
            {"traffic": {"requests": 1}, "steps": [email()], "queue": queue}
        ).queue.limit_counts
        == "failures"
    )
    steps = [email("45m", retry=WITHOUT_LIMIT)]
    asked = {**queue, "limit_counts": counts}
    trace = run("async", steps=steps, queue=asked, workers={"count": 3}, stop_at="12h")
    assert moments(trace) == [30 * MIN * n for n in range(deliveries)]
    assert fates(trace) == [(fate, 10.5 * H if counts == "all" else None)]


def test_a_commit_that_never_counts() -> None:
    # aiokafka 848: 7 min of work, a poll interval of 5. Worker 1 has the message at 0. At 5 min it leaves the
    # group, and worker 2 owns its partition; worker 1 is done at 7 min, its commit is refused, and it joins.
    # At 10 min worker 2 leaves, and so on: begun at 0, 5, ... 60 min by one and the other, done at 7, 12, ...
    # 57.
    queue = {"broker": "kafka", "publish": "0", "partitions": 2, "visibility_timeout": "5m"}
    steps = [email("7m", retry=WITHOUT_LIMIT)]
    trace = run("async", steps=steps, queue=queue, workers={"count": 2}, stop_at="1h")
    assert taken(trace) == [(5 * MIN * n, 0, 1 + n % 2) for n in range(13)]
    assert figures(trace)["effects"] == {"email": 11}


def test_a_job_that_others_claim_while_it_runs() -> None:
    # taskiq-redis 101: 35 min of work, claimed after 10 min of idleness, and XACK does not ask who it is
    # from. Begun at 0, 10, 20 and 30 min; at 35 the first is done and acknowledges for all; the others run
    # to their ends, the last at 65 min: four times.
    queue = {"broker": "redis-streams", "publish": "0", "visibility_timeout": "10m"}
    trace = run("async", steps=[email("35m", retry=WITHOUT_LIMIT)], queue=queue, workers={"count": 8})
    assert moments(trace) == [0.0, 10 * MIN, 20 * MIN, 30 * MIN]
    assert fates(trace) == [("acknowledged", 35 * MIN)]
    numbers = figures(trace)
    assert (numbers["effects"], numbers["ended_at_s"]) == ({"email": 4}, 65 * MIN)


def test_failed_as_stalled_though_it_was_sent() -> None:
    # bull 1685: 70 s of work under a lock of 30 s that is not renewed, started twice at most. Begun at 0 and
    # at 30, given up at 60; sent at 70 and at 100.
    queue = {"crash_detection": "none", "visibility_timeout": "30s", "late_ack": "ignored"}
    steps = [email("70s", retry={"attempts": 2})]
    trace = run("async", steps=steps, queue=queue, workers={"count": 3})
    assert moments(trace) == [0.0, 30.0]
    assert fates(trace) == [("dead_lettered", 60.0)]
    assert (completed(trace), figures(trace)["effects"]) == ([70.0], {"email": 2})


# What a worker only holds ----------------------------------------------------------------------------------


def test_good_messages_in_the_dead_letter_queue() -> None:
    # authentication-api 3053, small: three messages of 20 s in the hands of one worker, visible again after
    # 30 s, two receives each. 0 is done at 20. 1 (20-40) and 2 are back at 30: there is room for one, so 1 is
    # received again, and 2 at 40. At 40 and at 60 the first copies are done, and the newest receipts are
    # others. The second receives end at 60 and 70: both dead-lettered, and done once more, at 80 and 100.
    queue = {"broker": "sqs", "publish": "0", "prefetch": 3}
    steps = [email("20s", retry={"attempts": 2})]
    trace = run("async", traffic={"requests": 3}, steps=steps, queue=queue)
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (0.0, 2, 1), (30.0, 1, 1), (40.0, 2, 1)]
    assert fates(trace) == [("acknowledged", 20.0), ("dead_lettered", 60.0), ("dead_lettered", 70.0)]
    assert works(trace) == ["completed"] * 3
    numbers = figures(trace)
    assert (numbers["duplicates"], numbers["ended_at_s"]) == ({"email": 2}, 100.0)


def test_a_worker_that_joins_later_gets_nothing() -> None:
    # RabbitMQ without a prefetch limit: 100 jobs of 1 s are in worker 1's hands before worker 2 is there (5
    # s).
    queue = {"broker": "rabbitmq", "publish": "0", "prefetch": "unlimited"}
    workers = {"count": 2, "crashes": [{"worker": 2, "at": "0s", "restart_after": "5s"}]}
    trace = run("async", traffic={"requests": 100}, steps=[email()], queue=queue, workers=workers)
    assert taken(trace) == [(0.0, number, 1) for number in range(100)]
    assert done(trace) == [number + 1.0 for number in range(100)]


def test_a_batch_longer_than_the_poll_interval() -> None:
    # eventing-kafka-broker 2432: 500 records of 1 s fetched together, a poll interval of 300 s. The 300th is
    # done exactly at 300, in time. Then the worker leaves the group, and all that it holds comes back. It
    # ends the record in its hands at 301 for nothing, drops the others, joins, and fetches the 200 again:
    # done from 301 to 501, and one of them was there twice.
    queue = {"broker": "kafka", "publish": "0", "prefetch": 500, "visibility_timeout": "300s"}
    steps = [email(retry=WITHOUT_LIMIT)]
    trace = run("async", traffic={"requests": 500}, steps=steps, queue=queue)
    numbers = figures(trace)
    assert (numbers["queue"]["delivered"], numbers["effects"]) == (700, {"email": 501})
    assert numbers["queue"]["peak_held"] == 500
    assert numbers["ended_at_s"] == 501.0


def test_messages_held_for_over_an_hour() -> None:
    # rabbitmq-server 12857: 500 messages of 10 s at once in one worker's hands, a timeout of an hour. 360 are
    # done by then; 140 are delivered again, though not one of them had been begun. Their first copies take
    # until 5,000 s, their second ones until 6,400 s.
    queue = {"broker": "rabbitmq", "publish": "0", "prefetch": "unlimited", "visibility_timeout": "60m"}
    steps = [email("10s", retry=WITHOUT_LIMIT)]
    trace = run("async", traffic={"requests": 500}, steps=steps, queue=queue)
    numbers = figures(trace)
    assert numbers["queue"]["redelivered"] == 140
    assert (numbers["effects"], numbers["ended_at_s"]) == ({"email": 640}, 6400.0)
    calm = figures(run("async", traffic={"requests": 500}, steps=steps, queue={**queue, "prefetch": 1}))
    assert calm["queue"]["redelivered"] == 0


# Messages behind one that does not succeed -----------------------------------------------------------------


def test_a_poison_pill_stops_its_partition() -> None:
    # spring-kafka 1287: one partition, and from 10 s on nothing succeeds. The second record is read again
    # for ever, every 1.1 s; those of 20 and 30 s wait behind it until the cut.
    queue = {"broker": "kafka", "publish": "0", "partitions": 1}
    endless = {**WITHOUT_LIMIT, "delay": "1s", "factor": 1}
    steps = [email("100ms", outages=[window("10s", "forever")], retry=endless)]
    trace = run("async", traffic={"at": ["0s", "10s", "20s", "30s"]}, steps=steps, queue=queue, stop_at="10m")
    assert done(trace) == [0.1, None, None, None]
    numbers = figures(trace)["queue"]
    assert (numbers["delivered"], numbers["peak_depth"]) == (1 + 537, 2)  # 10, 11.1, ... 599.6: 537 tries


def test_one_bad_record_among_good_ones() -> None:
    endless = {**WITHOUT_LIMIT, "delay": "1s", "factor": 1}
    steps = [step(f"record {number}", "100ms", background=True, effect="done") for number in range(1, 5)]
    steps[1] |= {"failure_rate": "100%", "retry": endless}
    queue = {"broker": "kafka", "publish": "0"}
    trace = run("async", steps=steps, queue=queue, stop_at="10m")
    assert done(trace) == [0.1, None, None, None]
    # In partitions of their own the good ones would be done: without partitions they are.
    trace = run("async", steps=steps, queue={"failure": "requeue"}, stop_at="10m")
    assert [at is not None for at in done(trace)] == [True, False, True, True]


def test_a_group_that_never_settles() -> None:
    # GitHub, 2023-08-29: members stand still, short of CPU, for longer than the session time-out of 10 s, and
    # each leave and each join stops everybody for 20 s. Two jobs a second, 300 ms each, in four partitions.
    # The first freeze, of 12 s, is at 60.1, when worker 1 is at the job of 60.01 (to 60.31). Missed at 70.1:
    # its job comes back, its partition moves, a pause. It wakes at 72.1, ends the rest of 210 ms at 72.31 for
    # nothing, and joins: a pause to 92.31, where its partition begins with the same job once more. From 70.1
    # to 92.31 eleven jobs have come for each of the others: at 95.1, 2.79 s later, everybody is at the
    # tenth: begun at 95.01, and so on: the next are missed at 105.1, 140.1 and 175.1, and work goes on at
    # 127.31, 162.31 and 197.31. Nobody has died, nothing is lost, four jobs are done twice.
    queue = {"broker": "kafka", "publish": "0", "partitions": 4, "crash_detection": "10s", "rebalance": "20s"}
    starts = [60.1, 95.1, 130.1, 165.1]
    freezes = [{"worker": number, "at": f"{at}s", "for": "12s"} for number, at in enumerate(starts, 1)]
    steps = [step("accept", "10ms"), email("300ms")]
    trace = run(
        "async",
        traffic={"rate": "2/s", "for": "10m"},
        steps=steps,
        queue=queue,
        workers={"count": 4, "freezes": freezes},
    )
    assert works(trace) == ["completed"] * 1200
    pauses = [(at + 10, round(at + 32.21, 6)) for at in starts]
    assert not [at for at in moments(trace) for begin, end in pauses if begin <= at < end]
    assert [sum(at == end for at in moments(trace)) for _, end in pauses] == [4] * 4
    standing = [
        (started, ended) for started, ended, _ in attempts(trace) if ended and ended - started > 0.3001
    ]
    assert standing == [(60.01, 72.31), (95.01, 107.31), (130.01, 142.31), (165.01, 177.31)]
    numbers = figures(trace)
    assert (numbers["effects"], numbers["duplicates"]) == ({"email": 1204}, {"email": 4})
    assert (numbers["queue"]["redelivered"], numbers["queue"]["lost"]) == (4, 0)
    assert numbers["workers"]["crashes"] == 0


# Workers that die ------------------------------------------------------------------------------------------


def test_a_deploy_in_the_middle_of_a_long_job() -> None:
    # sidekiq 4112: 35 of 60 s are done when the worker is stopped; back at 45, it begins anew: done at 105.
    workers = {"crashes": [{"worker": 1, "at": "35s", "restart_after": "10s"}]}
    trace = run("async", steps=[email("60s")], workers=workers)
    assert attempts(trace) == [(0.0, 35.0, "crashed"), (45.0, 105.0, "ok")]
    assert figures(trace)["service_time_s"] == 95.0


def test_without_a_limit_what_kills_comes_back_until_it_does_not() -> None:
    # OasisPlatform 975, as far as chance is by delivery: nothing is lost or dead-lettered, and every death
    # has brought its message back once.
    steps = [email("2s", retry=WITHOUT_LIMIT)]
    queue = {"broker": "rabbitmq", "max_deliveries": "unlimited"}
    workers = {"count": 3, "crash_rate": "20%", "restart_after": "30s"}
    numbers = figures(
        run("async", traffic={"rate": "1/s", "for": "60s"}, steps=steps, queue=queue, workers=workers)
    )
    assert numbers["work"]["completed"] == 60
    assert numbers["queue"]["redelivered"] == numbers["workers"]["crashes"] > 0
    assert numbers["duplicates"] == {"email": 0}


# In the request --------------------------------------------------------------------------------------------


def test_saved_not_published_and_told_it_could_not_be_saved() -> None:
    # dirigible 6816: the broker is down from 20 to 30 s. Customers 20 to 29 save and cannot publish: ten
    # error pages. They click again 5 s after it, at k + 5.055, and publish at k + 5.105: 20 to 24 in vain
    # once more. Fifteen errors, each with an order saved; ten orders are there twice.
    traffic, queue = {"rate": "1/s", "for": "60s"}, {"publish": "5ms", "outages": [window("20s", "10s")]}
    steps = [step("save order", "50ms", effect="order saved"), email("1500ms")]
    trace = run(
        "async",
        traffic=traffic,
        customer={"resubmits": 1, "resubmit_after": "5s"},
        steps=steps,
        queue=queue,
        workers={"count": 3},
    )
    numbers = figures(trace)
    assert (numbers["responses"]["error"], numbers["phantom_errors"]) == (15, 15)
    assert (numbers["work"]["completed"], numbers["work"]["failed"]) == (55, 15)
    assert numbers["effects"] == {"order saved": 70, "email": 55}
    assert numbers["duplicates"] == {"order saved": 10, "email": 0}


def test_saved_and_not_published() -> None:
    # pipeshub 3421, but for the error page that was swallowed there: ten users are saved and never in the
    # graph.
    traffic, queue = {"rate": "1/s", "for": "60s"}, {"publish": "5ms", "outages": [window("20s", "10s")]}
    steps = [step("save user", "50ms", effect="user saved"), email("500ms")]
    trace = run("async", traffic=traffic, steps=steps, queue=queue, workers={"count": 2})
    numbers = figures(trace)
    assert (numbers["phantom_errors"], numbers["effects"]) == (10, {"user saved": 60, "email": 50})


def test_a_job_begins_before_the_commit() -> None:
    # bops 3111: enqueued at 50 ms, done at 70; the row that it looks for is there at 150.
    steps = [step("write row", "50ms"), email("20ms"), step("commit", "100ms", effect="order saved")]
    trace = run("async", steps=steps)
    assert done(trace) == [0.07]
    assert replies(trace) == [("ok", 0.15)]


def test_cut_off_twice_by_its_time_out() -> None:
    # freescout 5457, but for the mails that were accepted all the same: 120 s of work are cut at 60 (until
    # 60.05 and, after a minute, 180.05); at 240.05 the service is quick again.
    steps = [
        step("accept", "50ms"),
        email(
            "2s",
            slowdowns=[window("0s", "4m", factor=60)],
            timeout="60s",
            retry={"delay": "60s", "factor": 1},
        ),
    ]
    trace = run("async", steps=steps)
    assert attempts(trace)[1:] == [
        (0.05, 60.05, "timed_out"),
        (120.05, 180.05, "timed_out"),
        (240.05, 242.05, "ok"),
    ]


def test_click_click_click() -> None:
    # brambling 658: a charge takes 4 s, the customer clicks again after every second: four charges, at 4 to
    # 7.
    steps = [step("charge card", "4s", effect="card charged"), email()]
    trace = run("sync", customer={"patience": "1s", "resubmits": 3}, steps=steps)
    numbers = figures(trace)
    assert replies(trace) == [("timed_out", at) for at in (1.0, 2.0, 3.0, 4.0)]
    assert (numbers["duplicates"]["card charged"], numbers["phantom_errors"]) == (3, 4)


def test_a_webhook_is_sent_again_and_handled_again() -> None:
    # ShopifySharp 919: the sender waits 5 s, the handler takes 6.05: sent at 0, 15, ... 120, handled nine
    # times. With the work behind the answer (50 ms) it is sent once.
    steps = [step("check signature", "50ms"), email("6s")]
    customer = {"patience": "5s", "resubmits": 8, "resubmit_after": "10s"}
    numbers = figures(run("sync", customer=customer, steps=steps))
    assert (numbers["responses"]["timed_out"], numbers["effects"]) == (9, {"email": 9})
    assert numbers["ended_at_s"] == 126.05
    assert figures(run("async", customer=customer, steps=steps))["effects"] == {"email": 1}
