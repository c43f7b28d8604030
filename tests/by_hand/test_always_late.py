"""A run in which no acknowledgement ever counts, because work outlives its visibility timeout, is refused."""

from __future__ import annotations

import pytest

from syncasync_sim import ScenarioError, simulate
from syncasync_sim.files import parse_scenario

LATE = """\
traffic: {requests: 1}
steps:
  - {name: accept, duration: 0s}
  - {name: process, duration: 7m, background: true, retry: {attempts: unlimited}}
queue: {broker: kafka, partitions: 2, on_overrun: reread}
workers: {count: 2}
"""
"""Kafka's poll interval is over after 300 s to 303 s; the work takes 420 s."""


def test_work_that_is_always_late_is_refused_before_it_starts() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(LATE, "late.yaml")
    message = str(caught.value)
    assert message.startswith(
        "late.yaml:4:71: this run would never end: 'process' always takes longer (420s) than the visibility "
        "timeout (303s), after which its acknowledgement is ignored and it is done again"
    )
    assert message.endswith(
        "= set workers.renew: true or a longer queue.visibility_timeout, limit attempts, or set stop_at"
    )


@pytest.mark.parametrize(
    "mend",
    [
        "stop_at=1h",
        "workers.renew=true",
        "queue.visibility_timeout=8m",
        "queue.visibility_timeout=420s",  # as long as the work: who is first is for the engine to say
        "queue.visibility_timeout=none",
        "queue.max_deliveries=3",
        "queue.ack=before",
        "queue.late_ack=accepted",
        "queue.late_ack=until_retaken",  # whether another took it meanwhile depends on who is free
        "steps[process].retry.attempts=3",
        "steps[process].duration=302s",  # between 300 s and 303 s: sometimes in time
        "steps[process].duration=exponential(mean=7m)",
        "steps[process].slowdowns=[{from: 0s, for: 2h, factor: 0.5}]",
        "workers.count=0",
        "workers.crash_rate=1%",
        "workers.crashes=[{worker: 1, at: 1s, restart_after: never}]",
        "queue.outages=[{from: 0s, for: forever}]",
        "queue.capacity=0",
        "steps[accept]={name: accept, duration: 1s, failure_rate: 100%}",
        "traffic={rate: 1/s, for: 10s, arrivals: poisson}",  # ten on average may be none
    ],
)
def test_what_may_end_is_not_refused(mend: str) -> None:
    parse_scenario(LATE, sets=[mend])


def test_many_random_arrivals_are_as_good_as_one_for_sure() -> None:
    with pytest.raises(ScenarioError, match="this run would never end"):
        parse_scenario(LATE, sets=["traffic={rate: 1/s, for: 50s, arrivals: poisson}"])


def test_what_is_refused_really_goes_on() -> None:
    """Cut at 10 h: a delivery whenever the poll interval is over or a worker is free; none was the last."""
    trace = simulate(parse_scenario(LATE, sets=["stop_at=10h"]), "async", seed=1)
    assert len(trace.deliveries) > 10 * 3600 / (2 * 420)
    assert [message.gone_s for message in trace.messages] == [None]


def test_a_limit_that_does_not_count_what_the_timeout_brought_back_is_none() -> None:
    limited = ["queue.max_deliveries=3", "queue.limit_counts=failures"]
    with pytest.raises(ScenarioError, match="this run would never end"):
        parse_scenario(LATE, "late.yaml", limited)


def test_the_cure_is_one_that_the_broker_has() -> None:
    # RabbitMQ discussion 18226: 45 min of work, a consumer timeout of 30 min that no client can extend.
    slow = ["queue={broker: rabbitmq}", "steps[process].duration=45m"]
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(LATE, "late.yaml", slow)
    assert str(caught.value).endswith(
        "= set a longer queue.visibility_timeout, limit attempts, or set stop_at"
    )


def test_who_is_evicted_cannot_acknowledge_whatever_late_ack_is() -> None:
    with pytest.raises(ScenarioError, match="this run would never end"):
        parse_scenario(LATE, "late.yaml", ["queue.on_overrun=evict", "queue.late_ack=accepted"])


def test_an_eviction_is_counted() -> None:
    limited = ["queue.on_overrun=evict", "queue.max_deliveries=3", "queue.limit_counts=failures"]
    parse_scenario(LATE, "late.yaml", limited)
