"""Queues whose messages are dealt to partitions: locked as in SQS FIFO, owned as in Kafka."""

from __future__ import annotations

from typing import Any

from by_hand.timeline import Data, done, email, figures, replies, run, step, taken, window
from syncasync_sim.trace.records import Trace

PER_CUSTOMER: Data = {"partitions": "customer", "assignment": "locked"}
TWO_OWNED: Data = {"partitions": 2, "assignment": "owned"}
DIES: Data = {"worker": 1, "at": "500ms", "restart_after": "never"}


def invoice() -> Data:
    return step("invoice", "1s", effect="invoice", background=True)


def emails(
    customers: int | list[str], queue: Data, workers: Data, duration: str = "1s", **more: Any
) -> Trace:
    traffic = {"requests": customers} if isinstance(customers, int) else {"at": customers}
    return run("async", traffic=traffic, steps=[email(duration, **more)], queue=queue, workers=workers)


# -- locked -------------------------------------------------------------------------------------------


def test_a_customers_messages_never_overlap() -> None:
    # Each customer has an email (0, 2) and an invoice (1, 3); the invoice waits for the email.
    traffic = {"requests": 2}
    steps = [email(), invoice()]
    trace = run("async", traffic=traffic, steps=steps, queue=PER_CUSTOMER, workers={"count": 4})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 2, 2), (1.0, 1, 1), (1.0, 3, 2)]
    assert done(trace) == [1.0, 2.0, 1.0, 2.0]


def test_partitions_are_customers_by_their_remainder() -> None:
    # Customers 0 and 2 share partition 0: an idle third worker does not help.
    queue = {"partitions": 2, "assignment": "locked"}
    trace = emails(3, queue, {"count": 3})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (1.0, 2, 1)]


def test_a_failed_message_blocks_its_partition_and_no_other() -> None:
    # Message 0 fails 0-1 and is hidden until its timeout is over at 5; 1 (same customer) waits for it.
    steps = [email(outages=[window("0s", "1s")]), invoice()]
    queue = {**PER_CUSTOMER, "failure": "timeout", "visibility_timeout": "5s"}
    trace = run("async", traffic={"at": ["0s", "2s"]}, steps=steps, queue=queue, workers={"count": 2})
    assert done(trace) == [6.0, 7.0, 3.0, 4.0]


def test_a_retry_delay_blocks_it_too() -> None:
    steps = [email(outages=[window("0s", "1s")], retry={"delay": "2s"}), invoice()]
    trace = run("async", steps=steps, queue=PER_CUSTOMER, workers={"count": 2})
    assert done(trace) == [4.0, 5.0]


def test_the_partition_of_a_dead_worker_stands_still() -> None:
    queue = {**PER_CUSTOMER, "crash_detection": "none", "visibility_timeout": "30s"}
    steps = [email(), invoice()]
    workers = {"count": 2, "crashes": [DIES]}
    trace = run("async", traffic={"requests": 2}, steps=steps, queue=queue, workers=workers)
    assert done(trace) == [31.0, 32.0, 1.0, 2.0]


def test_a_dead_letter_frees_the_partition() -> None:
    steps = [email(failure_rate="100%", retry={"attempts": 1}), invoice()]
    assert done(run("async", steps=steps, queue=PER_CUSTOMER, workers={"count": 2})) == [None, 2.0]


def test_a_dead_letter_at_the_end_of_a_timeout_frees_it_then() -> None:
    steps = [email(failure_rate="100%", retry={"attempts": 1}), invoice()]
    queue = {**PER_CUSTOMER, "failure": "timeout", "visibility_timeout": "5s"}
    assert done(run("async", steps=steps, queue=queue, workers={"count": 2})) == [None, 6.0]


def test_a_slow_worker_holds_no_lock_after_its_timeout() -> None:
    # 3 s of work, 2 s of timeout: at 2 the other worker takes it. At 3 the late acknowledgement is accepted:
    # the message is gone, the partition free for the second, and worker 1 takes that.
    queue = {**PER_CUSTOMER, "visibility_timeout": "2s"}
    steps = [email("3s"), invoice()]
    trace = run("async", steps=steps, queue=queue, workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (2.0, 0, 2), (3.0, 1, 1)]


def test_acknowledged_before_the_work_it_holds_no_lock() -> None:
    # One customer, an email and an invoice. The email is deleted when worker 1 takes it, at 0: worker 2 may
    # take the invoice at once. Nothing ever waits.
    queue = {**PER_CUSTOMER, "ack": "before"}
    trace = run("async", steps=[email(), invoice()], queue=queue, workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2)]
    assert done(trace) == [1.0, 1.0]
    numbers = figures(trace)["queue"]
    assert (numbers["peak_depth"], numbers["max_wait_s"]) == (0, 0.0)


def test_what_is_acknowledged_first_does_not_wait_for_its_partition_when_the_queue_is_full() -> None:
    # Capacity 0 and two workers: both messages of the one partition are taken at once, the third is refused.
    queue = {"partitions": 1, "assignment": "locked", "ack": "before", "capacity": 0}
    trace = emails(3, queue, {"count": 2})
    assert [response for response, _ in replies(trace)] == ["ok", "ok", "error"]


def test_full_is_asked_of_what_would_wait() -> None:
    # Capacity 1, customers 0 and 2 in partition 0, customer 1 in partition 1, three workers. 0 and 1 are
    # taken; 2 waits for 0; 4 would wait as well: refused. 3 waits for 1: refused too.
    queue = {"partitions": 2, "assignment": "locked", "capacity": 1}
    trace = emails(5, queue, {"count": 3})
    assert [response for response, _ in replies(trace)] == ["ok", "ok", "ok", "error", "error"]


def test_the_oldest_that_would_wait_is_dropped() -> None:
    queue = {"partitions": 1, "assignment": "locked", "capacity": 1, "when_full": "drop_oldest"}
    trace = emails(4, queue, {"count": 2})
    assert done(trace) == [1.0, None, None, 2.0]


# -- owned --------------------------------------------------------------------------------------------


def test_a_worker_more_than_partitions_idles() -> None:
    trace = emails(4, TWO_OWNED, {"count": 3})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (1.0, 2, 1), (1.0, 3, 2)]


def test_partitions_are_dealt_in_ranges() -> None:
    # Three for two workers: 0 and 1 to the first, 2 to the second.
    trace = emails(3, {"partitions": 3}, {"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 2, 2), (1.0, 1, 1)]
    # Five for three: 0 and 1, 2 and 3, 4.
    trace = emails(5, {"partitions": 5}, {"count": 3})
    assert {message: worker for _, message, worker in taken(trace)} == {0: 1, 1: 1, 2: 2, 3: 2, 4: 3}


def test_one_partition_per_customer_is_dealt_in_turn() -> None:
    trace = emails(3, {"partitions": "customer"}, {"count": 2})
    assert {message: worker for _, message, worker in taken(trace)} == {0: 1, 1: 2, 2: 1}


def test_a_dead_workers_partition_waits_to_be_taken_over() -> None:
    # Worker 1 dies at 0.5 with message 0; 2 is behind it. Noticed at 10.5: worker 2 has both partitions.
    queue = {**TWO_OWNED, "crash_detection": "10s"}
    trace = emails(4, queue, {"count": 2, "crashes": [DIES]})
    assert taken(trace)[1:] == [(0.0, 1, 2), (1.0, 3, 2), (10.5, 0, 2), (11.5, 2, 2)]


def test_it_waits_even_if_the_worker_is_back_sooner() -> None:
    crash = {**DIES, "restart_after": "1s"}
    queue = {**TWO_OWNED, "crash_detection": "10s"}
    trace = emails(4, queue, {"count": 2, "crashes": [crash]})
    assert taken(trace)[1:] == [(0.0, 1, 2), (1.0, 3, 2), (10.5, 0, 1), (11.5, 2, 1)]


def test_the_visibility_timeout_does_not_move_a_partition() -> None:
    # Message 0 is visible again at 3, but worker 1, who owns it, is only noticed to be dead at 10.5.
    queue = {**TWO_OWNED, "crash_detection": "10s", "visibility_timeout": "3s"}
    trace = emails(1, queue, {"count": 2, "crashes": [DIES]})
    assert taken(trace) == [(0.0, 0, 1), (10.5, 0, 2)]


def test_without_detection_a_dead_workers_partition_stands_still_for_ever() -> None:
    queue = {**TWO_OWNED, "crash_detection": "none", "visibility_timeout": "3s"}
    trace = emails(3, queue, {"count": 2, "crashes": [{**DIES, "restart_after": "1s"}]})
    assert done(trace) == [None, 1.0, None]


def test_a_death_that_is_never_noticed_is_not_mended_by_one_that_is() -> None:
    # Worker 1's host is gone at 0.5, which nobody notices. It is back at 1.5, and its process dies at 3,
    # noticed at 4: of the other death the group still knows nothing, and its partition stands still.
    crashes = [
        {"worker": 1, "at": "500ms", "restart_after": "1s", "kind": "host"},
        {"worker": 1, "at": "3s", "restart_after": "1s"},
    ]
    queue = {**TWO_OWNED, "crash_detection": "1s", "host_crash_detection": "none", "visibility_timeout": "2s"}
    trace = emails(2, queue, {"count": 2, "crashes": crashes})
    assert done(trace) == [None, 1.0]


def test_a_worker_that_comes_back_after_it_has_left_joins() -> None:
    # Noticed at 1.5, back at 5.5: customer 2, at 6, is in partition 0 and worker 1's again.
    crash = {**DIES, "restart_after": "5s"}
    queue = {**TWO_OWNED, "crash_detection": "1s"}
    trace = emails(["0s", "6s", "6s"], queue, {"count": 2, "crashes": [crash]})
    assert taken(trace) == [(0.0, 0, 1), (1.5, 0, 2), (6.0, 1, 2), (6.0, 2, 1)]


def test_a_new_owner_waits_for_the_old_one() -> None:
    # 4 s each. Worker 2 has taken over message 0 (4-8) when worker 1 joins at 4.5 and owns partition 0 again:
    # it reads on, message 2, when worker 2 is done with 0.
    crash = {**DIES, "restart_after": "4s"}
    queue = {**TWO_OWNED, "crash_detection": "1s"}
    trace = emails(3, queue, {"count": 2, "crashes": [crash]}, "4s")
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (4.0, 0, 2), (8.0, 2, 1)]


def test_a_new_owner_waits_for_a_stale_copy_in_the_old_ones_hands() -> None:
    # Work of 3 s, visible again after 1 s. Workers 1, 2, 3 own 0, 1, 2 and take at 0; worker 2 dies at 1.5
    # with 1. Members 1, 3, 4: partition 1 is worker 3's, 2 is worker 4's. Message 1 (visible since 1) waits
    # for worker 3, 2 for worker 4, who has to wait for worker 3's copy. At 3 workers 1 and 3 are done, and
    # late acknowledgements are accepted: 0 and 2 are gone. Worker 3 takes 1. Three emails, none twice.
    queue = {"partitions": 3, "visibility_timeout": "1s"}
    workers = {"count": 4, "crashes": [{"worker": 2, "at": "1500ms", "restart_after": "never"}]}
    trace = emails(3, queue, workers, "3s")
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (0.0, 2, 3), (3.0, 1, 3)]
    assert done(trace) == [3.0, 6.0, 3.0]
    assert figures(trace)["duplicates"] == {"email": 0}


def test_a_new_owner_waits_for_a_stale_copy_that_is_only_held() -> None:
    # Worker 3 is away from 0 to 1.5, so worker 1 owns 0 and 1 and takes a message of each at 0: 0 in hand
    # (3 s), 1 held. Both are visible again at 1. At 1.5 worker 3 joins: 0 is worker 1's, 1 worker 2's, who
    # waits: worker 1 turns to its copy of 1 at 3 and is done at 6, where its acknowledgement is accepted.
    queue = {"partitions": 3, "visibility_timeout": "1s", "prefetch": 2}
    workers = {"count": 3, "crashes": [{"worker": 3, "at": "0s", "restart_after": "1500ms"}]}
    trace = emails(2, queue, workers, "3s")
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1)]
    assert done(trace) == [3.0, 6.0]


def test_a_message_that_waits_for_its_retry_keeps_no_new_owner_waiting() -> None:
    # Message 0 fails 0-1 and comes again at 6. Worker 1 dies at 1; worker 2 owns the partition and reads on.
    steps = [email(outages=[window("0s", "1s")], retry={"delay": "5s"}), invoice()]
    workers = {"count": 2, "crashes": [{**DIES, "at": "1s"}]}
    trace = run("async", steps=steps, queue={"partitions": 1}, workers=workers)
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 2), (6.0, 0, 2)]


def test_a_rebalance_until_idle_waits_for_tries_in_place() -> None:
    # Worker 2 fails 1-2, keeps its message, and is done with it at 4 (tries again 3-4). Worker 1 died at 0.5
    # and is noticed at 2.5, in between: nobody gets anything before 4.
    steps = [email(outages=[window("1s", "1s")], retry={"delay": "1s"})]
    queue = {"partitions": 3, "crash_detection": "2s", "rebalance": "until_idle", "failure": "in_place"}
    workers = {"count": 3, "crashes": [DIES]}
    trace = run("async", traffic={"at": ["0s", "1s", "3s"]}, steps=steps, queue=queue, workers=workers)
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 2), (3.0, 1, 2), (4.0, 0, 2), (4.0, 2, 3)]


def test_a_rebalance_pauses_everybody() -> None:
    # Worker 1 is noticed at 2.5 and leaves; nobody gets anything until 5.5, not even worker 3.
    queue = {"partitions": 3, "crash_detection": "2s", "rebalance": "3s"}
    trace = emails(["0s", "1s", "3s"], queue, {"count": 3, "crashes": [DIES]})
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 2), (5.5, 0, 2), (5.5, 2, 3)]


def test_a_rebalance_until_idle_lasts_as_long_as_the_slowest() -> None:
    # Worker 2 is at work 1-7. Worker 1 is noticed at 2.5: nobody gets anything before 7.
    queue = {"partitions": 3, "crash_detection": "2s", "rebalance": "until_idle"}
    trace = emails(["0s", "1s", "3s"], queue, {"count": 3, "crashes": [DIES]}, "6s")
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 2), (7.0, 0, 2), (7.0, 2, 3)]


def test_a_join_is_a_rebalance_too() -> None:
    # Worker 1 leaves at 0.5 (noticed at once) and joins at 2: pauses 0.5-1.5 and 2-3.
    crash = {**DIES, "restart_after": "1500ms"}
    queue = {**TWO_OWNED, "rebalance": "1s"}
    trace = emails(["0s", "2500ms"], queue, {"count": 2, "crashes": [crash]}, "200ms")
    assert taken(trace) == [(0.0, 0, 1), (3.0, 1, 2)]


def test_prefetch_of_one_partition_keeps_its_order() -> None:
    queue = {"partitions": 1, "prefetch": 3}
    trace = emails(4, queue, {"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (0.0, 2, 1), (1.0, 3, 1)]


def test_full_is_asked_of_the_owner() -> None:
    # Capacity 0: only what its own worker takes at once is accepted.
    trace = emails(4, {**TWO_OWNED, "capacity": 0}, {"count": 3})
    assert [response for response, _ in replies(trace)] == ["ok", "ok", "error", "error"]


def test_the_books_of_a_partitioned_queue() -> None:
    numbers = figures(emails(4, TWO_OWNED, {"count": 3}))["queue"]
    assert (numbers["delivered"], numbers["peak_depth"], numbers["mean_depth"]) == (4, 2, 1.0)
