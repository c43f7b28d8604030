"""Public incidents, as far as the model can tell them: what came of each, worked out on paper.

Each is named after the report it is like; the scenarios are made up anew from its facts.
"""

from __future__ import annotations

from math import sqrt
from statistics import fmean

from by_hand.timeline import Data, attempts, email, fates, run, window
from syncasync_sim.engine import simulate
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import Summary, summarise

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
