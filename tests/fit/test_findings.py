"""What is found in the log of a service that is known, and what is declined, with its number and its cure."""

from __future__ import annotations

from collections.abc import Callable
from random import Random  # noqa: TID251 - a service of its own, not a run of the program

import pytest

from fit.services import (
    Times,
    arrivals,
    closed_loop,
    exponential,
    first_come,
    log_of,
    shared_processor,
)
from syncasync_sim.fit.findings import arrivals as found_arrivals
from syncasync_sim.fit.findings import capacity
from syncasync_sim.fit.fitted import fit_log
from syncasync_sim.fit.log import Log


def service(seed: int, threads: int, load: float, count: int = 1500, mean_s: float = 0.3) -> Times:
    random = Random(seed)
    times = arrivals(random, count, load * threads / mean_s)
    return first_come(times, exponential(random, count, mean_s), threads)


def cut_to(calls: Times, step_us: int) -> Times:
    return [(start // step_us * step_us, end // step_us * step_us) for start, end in calls]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("threads", [1, 2, 4, 8])
def test_threads_and_work_of_a_busy_service(threads: int, seed: int) -> None:
    calls = service(seed, threads, load=0.85)
    result = capacity(log_of(calls))
    assert result.finding.certainty == "known"
    assert result.count == threads
    random = Random(seed)
    arrivals(random, len(calls), 1)
    assert list(result.work_us or ()) == exponential(random, len(calls), 0.3)


def test_stamps_of_a_tenth_of_a_second_still_tell_and_whole_seconds_do_not() -> None:
    calls = service(1, 4, load=0.85, mean_s=0.5)
    assert capacity(log_of(cut_to(calls, 100_000))).count == 4
    coarse = capacity(log_of(cut_to(calls, 1_000_000), "nginx"))
    assert coarse.finding.certainty == "unknown"
    assert "the stamps are to 1.00 s" in coarse.finding.reason
    assert "$msec" in coarse.finding.cure
    assert coarse.work.certainty == "unknown"
    assert coarse.work_us is None


def test_a_quiet_service_gives_a_lower_bound() -> None:
    result = capacity(log_of(service(1, 8, load=0.1, count=200)))
    assert result.finding.certainty == "at least"
    assert "there may be more" in result.finding.reason
    assert result.work.certainty == "known"


@pytest.mark.parametrize("seed", range(4))
def test_threads_that_share_a_processor_are_declined(seed: int) -> None:
    random = Random(seed)
    times = arrivals(random, 1500, 0.84 * 4 / 0.3)
    result = capacity(log_of(shared_processor(times, exponential(random, 1500, 0.3), 4)))
    assert result.finding.certainty == "unknown"
    assert "would work more than the others" in result.finding.reason


@pytest.mark.parametrize("seed", range(4))
def test_two_servers_in_one_log_are_declined_and_each_alone_is_known(seed: int) -> None:
    random = Random(seed)
    times = arrivals(random, 3000, 0.8 * 5 / 0.3)
    work = exponential(random, 3000, 0.3)
    to_a = [random.random() < 0.6 for _ in times]
    parts = {
        name: first_come(
            [t for t, a in zip(times, to_a, strict=True) if a is there],
            [w for w, a in zip(work, to_a, strict=True) if a is there],
            threads,
        )
        for name, there, threads in (("A", True, 3), ("B", False, 2))
    }
    assert capacity(log_of(sorted(parts["A"] + parts["B"]))).count is None
    named = Log("csv")
    for server, calls in parts.items():
        for start, end in calls:
            named.calls.add(start, end, server=server)
    named.calls.close()
    result = capacity(named)
    assert result.count is None
    assert "2 servers answered" in result.finding.reason
    assert "(A: 3, B: 2)" in result.finding.reason
    assert "--server A" in result.finding.cure


def test_a_sampled_log_is_declined_with_its_share() -> None:
    log = log_of(service(1, 4, load=0.85))
    log.sampled_share = 0.5
    result = fit_log(log)
    assert result.arrivals.certainty == result.threads.finding.certainty == "unknown"
    assert "only 50 % of the requests" in result.arrivals.reason
    assert not result.is_complete


@pytest.mark.parametrize("seed", range(4))
def test_half_of_the_rows_missing_without_a_word_is_noticed(seed: int) -> None:
    random = Random(seed)
    half = [call for call in service(seed, 4, load=0.85, count=4000) if random.random() < 0.5]
    assert capacity(log_of(half)).finding.certainty == "unknown"


@pytest.mark.parametrize("users", [3, 25])
def test_a_closed_loop_is_named_with_its_users(users: int) -> None:
    calls = closed_loop(exponential(Random(1), 1000, 0.3), users, threads=4)
    finding = found_arrivals(log_of(calls))
    assert finding.certainty == "unknown"
    assert f"a closed loop of {users} users" in finding.reason
    assert found_arrivals(log_of(service(1, 4, load=0.85))).certainty == "known"


def test_too_few_requests_are_declined() -> None:
    result = capacity(log_of(service(1, 2, load=0.9, count=19)))
    assert result.finding.reason == "19 requests are too few; 20 are the least"


def test_clocks_that_disagree_are_noticed() -> None:
    calls = [(start, end - 400_000 * (row % 10 == 0)) for row, (start, end) in enumerate(service(1, 4, 0.3))]
    assert "two clocks disagree" in capacity(log_of(calls)).finding.reason


def test_a_stamp_that_is_the_other_end_is_noticed_by_its_lanes() -> None:
    """One client after the other: with the end taken for the start, its calls overlap."""
    log = Log("csv", stamp="start")
    for lane in range(3):
        now = lane * 1_000
        for took in exponential(Random(lane), 100, 0.3):
            now += 5_000
            log.calls.add(now + took, now + 2 * took, lane=f"client {lane}")  # stamped at its end
            now += took
    log.calls.close()
    result = capacity(log)
    assert "if its stamp is the end of the call" in result.finding.reason


def test_processes_name_the_threads_and_show_that_starts_are_begins() -> None:
    log = Log("csv")
    for lane in range(3):
        now = 0
        for took in exponential(Random(lane), 100, 0.3):
            log.calls.add(now, now + took, lane=f"{lane}")
            now += took
    log.processes = ("0", "1", "2")
    log.calls.close()
    result = fit_log(log)
    assert result.threads.count == 3
    assert result.threads.finding.certainty == "known"
    assert result.arrivals.certainty == "unknown"  # all were busy: who waited before is not in the log
    assert "not when they came" in result.arrivals.reason


@pytest.mark.parametrize("seed", range(3))
def test_one_thread_is_not_known_where_hardly_any_two_requests_meet(seed: int) -> None:
    """Two threads, and all take equally long: replies are in order, as with one thread."""
    calls = first_come(arrivals(Random(seed), 1000, 0.006 / 0.3), [300_000] * 1000, 2)
    assert capacity(log_of(calls)).finding.certainty == "at least"
    alone = [(start, start + 300_000) for start in range(1_234, 10**9, 10**6)]
    assert capacity(log_of(alone)).finding.certainty == "at least"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("threads", [2, 4, 8])
@pytest.mark.parametrize("spread_us", [0, 30_000, 150_000])
def test_threads_of_work_that_varies_little(threads: int, seed: int, spread_us: int) -> None:
    """An email of 300 ms and a little more: replies are nearly in order, and few are impossible."""
    random = Random(seed)
    times = arrivals(random, 2000, 0.85 * threads / (0.3 + spread_us / 2e6))
    work = [300_000 + round(random.random() * spread_us) for _ in times]
    result = capacity(log_of(first_come(times, work, threads)))
    assert result.count == threads
    assert result.finding.certainty == "known"
    assert list(result.work_us or ()) == work


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("threads", [2, 3, 4, 8])
@pytest.mark.parametrize("kind", ["always the same", "a quarter more or less", "a little lognormal"])
def test_near_saturation_no_wrong_number_is_known(threads: int, seed: int, kind: str) -> None:
    random = Random(seed)
    times = arrivals(random, 2000, 0.97 * threads / 0.2)
    factors = {
        "always the same": lambda: 1.0,
        "a quarter more or less": lambda: 0.75 + random.random() / 2,
        "a little lognormal": lambda: random.lognormvariate(0, 0.15),
    }
    work = [round(200_000 * factors[kind]()) for _ in times]
    result = capacity(log_of(first_come(times, work, threads)))
    assert result.count in (None, threads) or result.finding.certainty != "known"
    if result.finding.certainty == "known":
        assert list(result.work_us or ()) == work


@pytest.mark.parametrize("users", [2, 4])
def test_users_of_an_idle_service_who_send_again_at_once_are_a_closed_loop(users: int) -> None:
    """Nobody waits for one of eight threads; milliseconds make some requests meet one more."""
    calls = closed_loop(exponential(Random(2), 1500, 0.2), users, threads=8)
    log = log_of(cut_to(sorted(calls), 1_000))
    assert f"a closed loop of {users} users" in found_arrivals(log).reason
    assert capacity(log).finding.certainty == "at least"


def test_arrivals_from_a_clock_are_no_closed_loop() -> None:
    times = [1_234 + 55_556 * number for number in range(1000)]
    log = log_of(first_come(times, [200_000] * 1000, 4))
    assert found_arrivals(log).certainty == "known"
    assert capacity(log).finding.certainty == "at least"


def test_work_that_is_longer_than_the_response_is_declined() -> None:
    log = Log("csv")
    for start, end in service(1, 4, load=0.85):
        log.calls.add(start, end, work_us=1000 * (end - start))
    log.calls.close()
    result = capacity(log)
    assert result.finding.certainty == result.work.certainty == "unknown"
    assert "--unit" in result.finding.cure


def test_nearly_everybody_waited_is_declined_with_its_cure() -> None:
    random = Random(4)
    times = arrivals(random, 400, 1.3 * 3 / 0.2)
    result = capacity(log_of(first_come(times, [150_000 + round(random.random() * 10**5) for _ in times], 3)))
    assert result.finding.certainty == "unknown" or result.count == 3


WORKS: dict[str, Callable[[Random], float]] = {
    "always the same": lambda _: 1.0,
    "a quarter more or less": lambda random: 0.75 + random.random() / 2,
    "a little lognormal": lambda random: random.lognormvariate(0, 0.15),
    "exponential": lambda random: random.expovariate(1),
    "lognormal with a long tail": lambda random: random.lognormvariate(-0.5, 1),
}


@pytest.mark.parametrize("kind", WORKS)
@pytest.mark.parametrize("threads", [1, 2, 3, 4, 8, 16])
def test_no_number_that_is_known_is_wrong(kind: str, threads: int) -> None:
    for load in (0.3, 0.6, 0.8, 0.95, 1.0):
        random = Random(f"{kind} {threads} {load}")
        times = arrivals(random, 1500, load * threads / 0.2)
        work = [round(200_000 * WORKS[kind](random)) for _ in times]
        calls = first_come(times, work, threads)
        for log in (log_of(calls), log_of(cut_to(calls, 1_000))):
            result = capacity(log)
            known = result.finding.certainty == "known"
            assert result.count in ({threads} if known else {None, *range(threads + 1)}), (load, result)


def test_one_process_with_several_threads_does_not_name_their_number() -> None:
    log = Log("csv")
    for start, end in service(3, 4, load=0.85):
        log.calls.add(start, end, lane="4711")
    log.processes = ("4711",)
    log.calls.close()
    assert capacity(log).count == 4


def test_a_night_between_two_days_is_noted() -> None:
    first = service(1, 4, load=0.85, count=300)
    later = [(start + 86_400_000_000, end + 86_400_000_000) for start, end in first]
    assert any("nothing came for" in note for note in fit_log(log_of(first + later)).log.cautions)
    assert not fit_log(log_of(first)).log.cautions


def test_processes_that_no_row_names_are_held_to_the_calls_at_once() -> None:
    calls = service(3, 4, load=0.85)
    for measures in ("response", "work"):
        log = log_of(calls)
        log.measures, log.processes = measures, ("4711",)
        assert capacity(log).count != 1
    alone = log_of([(start, start + 300_000) for start in range(1_234, 10**8, 10**6)])
    alone.measures, alone.processes = "work", ("4711",)
    assert capacity(alone).count == 1
