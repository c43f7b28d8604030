"""Random scenarios without chance, on a coarse grid of time, so that many things happen at the same instant.

Every feature may meet every other; most are at their defaults most of the time, so that a scenario that
shows something stays small. What is drawn is plain data, as a file would hold it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeGuard

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import ValidationError

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files import parse_scenario
from syncasync_sim.model.scenario import Scenario

Data = dict[str, Any]
GRID_MS = 50


def ms(value: int) -> str:
    return f"{value}ms" if value else "0"


def times(least: int = 0, most: int = 8) -> SearchStrategy[str]:
    """Multiples of the grid."""
    return st.integers(least, most).map(lambda n: ms(n * GRID_MS))


def sometimes(strategy: SearchStrategy[Any], default: object) -> SearchStrategy[Any]:
    """Mostly *default*."""
    return st.one_of(st.just(default), st.just(default), strategy)


def windows(**more: SearchStrategy[Any]) -> SearchStrategy[list[Data]]:
    lasts = st.one_of(times(0, 12), times(1, 12), st.sampled_from(["forever", "200ms"]))
    window = st.fixed_dictionaries({"from": times(0, 16), "for": lasts, **more})
    return st.lists(window, max_size=2)


def phases() -> SearchStrategy[list[Data]]:
    rates = st.sampled_from(["0/s", "2/s", "4/s", "5/s", "7/2s", "60/min"])
    lasts = times(1, 16)
    flat = st.fixed_dictionaries({"rate": rates, "for": lasts})
    ramp = st.fixed_dictionaries({"ramp": st.tuples(rates, rates).map(list), "for": lasts})
    return st.lists(st.one_of(flat, ramp), min_size=1, max_size=3)


def traffic() -> SearchStrategy[Data]:
    return st.one_of(
        st.fixed_dictionaries({"requests": st.integers(1, 6)}),
        st.fixed_dictionaries({"at": st.lists(times(0, 12), min_size=2, max_size=6)}),
        st.fixed_dictionaries({"rate": st.sampled_from(["4/s", "10/s", "3/s"]), "for": times(1, 20)}),
        st.fixed_dictionaries({"phases": phases()}),
    )


def customer() -> SearchStrategy[Data]:
    return st.fixed_dictionaries(
        {},
        optional={
            "patience": st.one_of(st.just("none"), times(1, 12), times()),
            "resubmits": st.integers(0, 3),
            "resubmit_after": times(0, 6),
        },
    )


def server() -> SearchStrategy[Data]:
    return st.fixed_dictionaries(
        {},
        optional={
            "threads": st.sampled_from(["unlimited", 1, 2, 3]),
            "backlog": st.sampled_from(["unlimited", 0, 1, 2]),
            "drop_expired": st.booleans(),
            "timeout": sometimes(times(1, 10), "none"),
            "restarts": sometimes(restarts(), []),
        },
    )


def restarts() -> SearchStrategy[list[Data]]:
    """Some of no length, some that overlap."""
    restart = st.fixed_dictionaries({"at": times(0, 16), "for": times(0, 8)})
    return st.lists(restart, max_size=3)


def steps(endless: bool) -> SearchStrategy[list[Data]]:
    """One to four steps; *endless*: attempts may be unlimited (no attempt takes no time, then)."""
    least = 1 if endless else 0
    optional: dict[str, SearchStrategy[Any]] = {
        "effect": st.sampled_from(["paid", "saved", "sent"]),
        "failure_rate": sometimes(st.just("100%"), "0%"),
        "lost_answers": sometimes(st.just("100%"), "0%"),
        "poison": sometimes(st.sampled_from(["0%", "100%"]), "0%"),
        "poison_kills": st.booleans(),
        "on_timeout": st.sampled_from(["cancelled", "works_on"]),
        "on_failure": st.sampled_from(["error", "continue"]),
        "outages": sometimes(windows(), []),
        "slowdowns": sometimes(windows(factor=st.sampled_from([2, 3, 0.5, 1.5])), []),
        "fails_after": sometimes(times(least, 8), "duration"),
        "timeout": sometimes(times(1, 8), "none"),
        "concurrency": sometimes(st.integers(1, 2), "unlimited"),
        "idempotent": st.booleans(),
        "retry": retry(endless),
    }
    background = st.sampled_from([True, True, False])
    step = st.fixed_dictionaries({"duration": times(least, 8), "background": background}, optional=optional)
    return st.lists(step, min_size=1, max_size=4).map(_named)


def _named(steps: list[Data]) -> list[Data]:
    return [{"name": name, **step} for name, step in zip("abcd", steps, strict=False)]


def retry(endless: bool) -> SearchStrategy[Data]:
    return st.fixed_dictionaries(
        {"attempts": st.sampled_from([2, 1, 3, "unlimited"] if endless else [2, 1, 3, 5])},
        optional={
            "delay": times(0, 6),
            "factor": st.sampled_from([1, 2, 0.5]),
            "max_delay": times(0, 10),
            "in_request": st.booleans(),
            "delays": st.lists(times(0, 8), min_size=1, max_size=3),
        },
    ).map(_with_one_way_to_wait)


def _with_one_way_to_wait(retry: Data) -> Data:
    """Delays one by one, or such as grow, with no limit below the first one: all else would be refused."""
    if "delays" in retry:
        return {key: value for key, value in retry.items() if key not in ("delay", "factor", "max_delay")}
    first, most = (int(retry.get(key, "0").removesuffix("ms")) for key in ("delay", "max_delay"))
    if "max_delay" not in retry:
        return retry
    return {**retry, "delay": ms(min(first, most)), "max_delay": ms(max(first, most))}


def queue() -> SearchStrategy[Data]:
    fields = {
        "publish": times(0, 4),
        "deliver": times(0, 4),
        "capacity": st.sampled_from([0, 1, 2, "unlimited"]),
        "when_full": st.sampled_from(["drop_oldest", "refuse"]),
        "ack": st.sampled_from(["after", "after", "before"]),
        "crash_detection": st.one_of(times(0, 8), st.just("none")),
        "host_crash_detection": st.one_of(times(0, 16), st.sampled_from(["none", "as crash_detection"])),
        "visibility_timeout": st.one_of(times(1, 10), times(0, 10), st.just("none")),
        "redelivery": st.sampled_from(["back", "original"]),
        "max_deliveries": st.sampled_from(["unlimited", 1, 2, 3]),
        "limit_counts": st.sampled_from(["all", "failures"]),
        "deal": st.sampled_from(["least_held", "round_robin", "rotation", "greedy"]),
        "dead_letter": st.booleans(),
        "outages": windows(),
        "durable": st.booleans(),
        "in_process": st.booleans(),
        "late_ack": st.sampled_from(["accepted", "until_retaken", "ignored"]),
        "failure": st.sampled_from(["requeue", "timeout", "in_place"]),
        "prefetch": st.sampled_from([1, 2, 3, "unlimited"]),
        "publish_failure": st.sampled_from(["error", "ignore", "outbox", "outbox"]),
        "outbox_every": times(1, 8),
        "max_in_flight": st.sampled_from(["unlimited", 1, 2, 3]),
    }
    plain = st.fixed_dictionaries({}, optional=fields)
    return st.one_of(plain, plain, st.tuples(plain, partitions()).map(_both)).map(_with_a_timeout)


def partitions() -> SearchStrategy[Data]:
    """Mostly owned ones: they have more to them."""
    return st.fixed_dictionaries(
        {
            "partitions": st.sampled_from(["customer", 1, 2, 3, 5]),
            "assignment": st.sampled_from(["owned", "owned", "locked"]),
        },
        optional={
            "on_overrun": st.sampled_from(["evict", "reread"]),
            "rebalance": st.one_of(times(0, 8), st.just("until_idle")),
        },
    )


def _both(parts: tuple[Data, Data]) -> Data:
    return parts[0] | parts[1]


def _with_a_timeout(queue: Data) -> Data:
    if queue.get("failure") == "timeout" and queue.get("visibility_timeout", "none") == "none":
        return {**queue, "visibility_timeout": "300ms"}
    if queue.get("prefetch") == "unlimited" and queue.get("visibility_timeout") == "0":
        return {**queue, "visibility_timeout": "50ms"}  # else it takes the same message for ever, in no time
    return queue


def workers(count: int, endless: bool) -> SearchStrategy[Data]:
    restart = st.one_of(times(0, 8), st.just("never"))
    optional: dict[str, SearchStrategy[Any]] = {"renew": st.booleans()}
    if count:
        moment = {"worker": st.integers(1, count), "at": times(0, 20), "restart_after": restart}
        kind = {"kind": st.sampled_from(["process", "host"])}
        moment_of = {"worker": st.integers(1, count), "at": times(0, 20)}
        stop = {**moment_of, "grace": st.one_of(times(0, 8), st.just("unlimited")), "restart_after": restart}
        freeze = {**moment_of, "for": times(0, 10)}
        optional["stops"] = sometimes(st.lists(st.fixed_dictionaries(stop), max_size=3), [])
        optional["freezes"] = sometimes(st.lists(st.fixed_dictionaries(freeze), max_size=3), [])
        crash = st.fixed_dictionaries(moment, optional=kind)
        optional["crashes"] = st.lists(crash, max_size=3)
    calm: Data = {"count": count}
    peaceful = st.fixed_dictionaries({"count": st.just(count)}, optional=optional)
    if endless:
        return peaceful
    deadly = {
        "crash_rate": st.just("100%"),
        "crash_point": st.sampled_from(["before_work", "after_work"]),
        "restart_after": restart,
    }
    return st.one_of(
        st.just(calm),
        peaceful,
        peaceful,
        st.fixed_dictionaries({"count": st.just(count), **deadly}, optional=optional),
    )


def _data(endless: bool) -> SearchStrategy[Data]:
    stop_at = times(1, 40)
    optional = {"customer": customer(), "server": server(), "warm_up": sometimes(times(0, 12), "0")}
    if not endless:
        optional["stop_at"] = sometimes(stop_at, "none")
    return st.fixed_dictionaries(
        {
            "traffic": traffic(),
            "steps": steps(endless),
            "queue": queue(),
            "workers": st.one_of([workers(count, endless) for count in (2, 1, 3, 2, 0)]),
            **({"stop_at": stop_at} if endless else {}),
        },
        optional=optional,
    )


def scenario_data() -> SearchStrategy[Data]:
    """Plain data, as a file would hold it; some of it asks for a run that could never end."""
    return st.one_of(_data(False), _data(False), _data(True))


def _built(data: Data) -> Scenario | None:
    try:
        return Scenario.model_validate(data)
    except ValidationError:
        return None


def _at_files(data: Data, values: Sequence[int], paired: bool, rows: int) -> Scenario | None:
    """The scenario with its customers at given times, those and the lengths of its steps in two files."""
    traffic, columns = data["traffic"], []
    came = sorted(int(at.removesuffix("ms")) for at in traffic.get("at", ["0"] * traffic.get("requests", 4)))
    data = {
        **data,
        "traffic": {"file": "came.csv", "unit": "ms", "paired": paired, "rows": min(rows, len(came))},
    }
    for number, step in enumerate(data["steps"]):
        columns.append([values[(7 * number + row) % len(values)] for row in range(len(came) + number)])
        step["duration"] = f"empirical(file=work{number}.csv, unit=ms)"
    with TemporaryDirectory() as folder:
        _write_column(Path(folder, "came.csv"), came)
        for number, column in enumerate(columns):
            _write_column(Path(folder, f"work{number}.csv"), column)
        try:
            return parse_scenario(json.dumps(data), str(Path(folder, "random.yaml")))
        except ScenarioError:
            return None


def _write_column(path: Path, values: Iterable[int]) -> None:
    path.write_text("\n".join(["value", *map(str, values)]), encoding="utf-8")


def measured_scenarios() -> SearchStrategy[Scenario]:
    """Valid scenarios whose customers come as a file says, and whose steps take what files say."""
    values = st.lists(st.integers(1, 8).map(lambda n: n * GRID_MS), min_size=3, max_size=9)
    made = st.builds(_at_files, _data(False), values, st.booleans(), st.integers(1, 8))
    return made.filter(_is_valid)


def _is_valid(scenario: Scenario | None) -> TypeGuard[Scenario]:
    return scenario is not None


def scenarios() -> SearchStrategy[Scenario]:
    """Valid scenarios: those that could never end are refused by the model and left out here."""
    return scenario_data().map(_built).filter(_is_valid)
