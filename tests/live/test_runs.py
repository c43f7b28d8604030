"""The runner, with a queue in a file: the same customers, the same luck, and the same books."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from live.for_real import GENEROUS, both, nothing_left
from syncasync_sim import load_scenario, simulate, summarise
from syncasync_sim.live.measure import measure
from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.stats import Summary
from syncasync_sim.stats.predicted import check_counts, pairs, predicted_rows
from syncasync_sim.trace.records import ResponseStatus
from syncasync_sim.trace.worker_queries import retaken_after_us

APART = 'traffic={"rate":"2/s","for":"10s"}'


def close(measured: float | None, predicted: float | None) -> bool:
    share, seconds = GENEROUS
    if measured is None or predicted is None:
        return measured is predicted
    return predicted - 0.001 <= measured <= predicted * (1 + share) + seconds


def counts(summary: Summary) -> dict[str, object]:
    """What has to be the same, whatever the machine does."""
    plain = summary.to_dict()
    names = ("requests", "customers", "responses", "work", "phantom_errors", "effects", "duplicates")
    queue = plain["queue"] or {}
    kept = ("published", "delivered", "redelivered", "dead_lettered", "lost")
    return {name: plain[name] for name in names} | {name: queue.get(name) for name in kept}


@pytest.mark.parametrize("mode", MODES)
def test_sixty_customers_wait_as_predicted(
    mode: Mode, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    traffic = 'traffic={"rate":"4/s","for":"15s"}'
    with nothing_left(monkeypatch, tmp_path):
        predicted, live = both("checkout", mode, traffic, "workers.count=7")
    measured = summarise(live.trace)
    assert live.trace.source == "measured"
    assert counts(measured) == counts(predicted)
    for name in ("response_time_s", "completion_time_s"):
        one, other = getattr(measured, name), getattr(predicted, name)
        assert one.count == other.count == 60
        for part in ("p50", "p95"):
            assert close(getattr(one, part), getattr(other, part)), (name, part, one, other, live.pace)
    assert (live.server is None) == (mode == "sync")


def test_a_worker_is_killed_and_its_message_comes_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with nothing_left(monkeypatch, tmp_path):
        predicted, live = both("worker-crash", "async")
    trace, scenario = live.trace, live.trace.scenario
    assert counts(summarise(trace)) == counts(predicted)
    [crash] = trace.crashes
    assert crash.worker == 1
    assert 3.0 <= crash.at_s < 4.0
    assert crash.back_s is None
    [cut] = [attempt for attempt in trace.attempts if attempt.outcome == AttemptOutcome.CRASHED]
    assert cut.ended_s == crash.at_s
    [after] = [us / US_PER_S for us in retaken_after_us(trace)]
    [expected] = [us / US_PER_S for us in retaken_after_us(simulate(scenario, "async", seed=1))]
    assert expected - 0.5 <= after <= expected + 1 * 10  # a second for real


def test_a_worker_that_dies_after_the_work_sends_twice_and_is_back() -> None:
    sets = ("workers.crash_rate=30%", "workers.crash_point=after_work", "workers.restart_after=1s")
    predicted, live = both("checkout", "async", APART, "workers.count=3", *sets)
    measured = summarise(live.trace)
    assert predicted.duplicates["email sent"] > 0
    assert counts(measured) == counts(predicted)
    died = Counter(crash.worker for crash in live.trace.crashes)
    assert sum(died.values()) == measured.duplicates["email sent"]
    for crash in live.trace.crashes:
        assert crash.back_s is None or crash.back_s >= crash.at_s + 1.0


def test_acknowledging_first_loses_what_a_dead_worker_had() -> None:
    sets = ("queue.ack=before", "workers.crash_rate=30%", "workers.restart_after=1s")
    predicted, live = both("checkout", "async", 'queue={"broker":"ideal"}', APART, "workers.count=3", *sets)
    assert predicted.work["lost"] > 0
    assert counts(summarise(live.trace)) == counts(predicted)
    assert live.counted.lost == predicted.work["lost"]


def test_a_worker_dies_of_what_it_begins_and_not_of_what_it_only_holds() -> None:
    # While the first is in its hands the others come; it begins the second, dies, and so on.
    sets = ("workers.count=1", "workers.crash_rate=40%", "workers.restart_after=1s", "queue.prefetch=4")
    apart = 'traffic={"at":["0s","400ms","800ms","1200ms"]}'
    predicted, live = both("checkout", "async", apart, "seed=29", *sets)
    measured = summarise(live.trace)
    assert predicted.workers is not None
    assert predicted.workers.crashes == 2
    assert counts(measured) == counts(predicted)
    assert len(live.trace.crashes) == 2


@pytest.mark.parametrize("mode", MODES)
def test_the_same_customers_fail(mode: Mode) -> None:
    sets = (APART, "workers.count=4", "steps[3].failure_rate=40%", 'steps[3].retry={"attempts":2}')
    scenario = load_scenario("checkout", sets)
    predicted = simulate(scenario, mode, seed=3)
    live = measure(scenario, mode, seed=3, speed=10)
    assert counts(summarise(live.trace)) == counts(summarise(predicted))
    told = [
        [(row.customer, row.response, row.work) for row in trace.requests]
        for trace in (predicted, live.trace)
    ]
    assert sorted(told[0]) == sorted(told[1])
    assert summarise(predicted).phantom_errors == live.counted.phantom_errors
    if mode == "sync":
        assert live.counted.phantom_errors > 0
    else:
        assert summarise(live.trace).work["dead_lettered"] > 0


def test_customers_give_up_click_again_and_are_turned_away() -> None:
    sets = (
        'traffic={"at":["0s","0.2s","0.4s","0.6s"]}',
        'server={"threads":1,"backlog":1}',
        'customer={"patience":"4s","resubmits":1,"resubmit_after":"1s"}',
    )
    predicted, live = both("checkout", "sync", *sets)
    assert predicted.responses["timed_out"]
    assert predicted.responses["rejected"]
    assert counts(summarise(live.trace)) == counts(predicted)
    for row in live.trace.requests:
        if row.response == ResponseStatus.REJECTED:
            assert row.began_s is None
            assert row.response_time_s is not None
            assert row.response_time_s < 2
        if row.response == ResponseStatus.TIMED_OUT:
            assert row.response_time_s is not None
            assert row.response_time_s >= 4.0


def test_a_full_queue_refuses_or_drops() -> None:
    for how in ("refuse", "drop_oldest"):
        queue = f'queue={{"capacity":2,"when_full":"{how}"}}'
        # One email is taken at 1.05 s and two wait; the other five come before the first is sent, at 7.05 s,
        # with seconds to spare on any machine.
        slow = 'traffic={"rate":"4/s","for":"2s"}', "steps[3].duration=6s"
        predicted, live = both("checkout", "async", *slow, queue)
        assert counts(summarise(live.trace)) == counts(predicted)
        assert summarise(live.trace).responses["error"] == (0 if how == "drop_oldest" else 5)


def test_a_run_that_is_cut_is_cut_at_its_moment() -> None:
    predicted, live = both("checkout", "async", "traffic.requests=4", "stop_at=3s")
    assert counts(summarise(live.trace)) == counts(predicted)
    assert not live.trace.partial
    assert 3.0 <= live.trace.observed_us / 1e6 < 5.0
    assert [a.outcome for a in live.trace.attempts if a.worker][-1] == AttemptOutcome.OPEN


def test_prediction_and_measurement_pair_request_by_request() -> None:
    scenario = load_scenario("checkout", ['traffic={"rate":"4/s","for":"1s"}', "workers.count=4"])
    predicted = simulate(scenario, "async", seed=1)
    live = measure(scenario, "async", seed=1, speed=10).trace
    found = pairs(predicted, live)
    assert [pair.customer for pair in found] == [0, 1, 2, 3]
    assert all(close(pair.measured_wait_s, pair.predicted_wait_s) for pair in found)
    assert all(close(pair.measured_done_s, pair.predicted_done_s) for pair in found)
    rows = {row.figure: row for row in predicted_rows({"async": predicted}, {"async": live})}
    assert rows["requests"].predicted == rows["requests"].measured == 4
    row = rows["response_time_s.p50"]
    assert row.difference is not None
    assert row.measured is not None
    assert row.predicted is not None
    assert row.difference == pytest.approx(row.measured - row.predicted)


def test_counts_that_do_not_agree_are_not_passed_over() -> None:
    summary = summarise(simulate(load_scenario("checkout"), "sync", seed=1))
    check_counts(summary, summary.effects, summary.duplicates, 0)
    with pytest.raises(Exception, match="the database holds"):
        check_counts(summary, summary.effects | {"email sent": 0}, summary.duplicates, 0)
