"""The presets of the brokers, and who names them. The tables in docs/brokers.md: test_generated.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import iter_modules

import pytest
from pydantic import ValidationError

from syncasync_sim.errors import ScenarioError
from syncasync_sim.experiment import vary
from syncasync_sim.files import parse_scenario
from syncasync_sim.model import brokers
from syncasync_sim.model.brokers import BROKERS, Broker, Setting
from syncasync_sim.model.queue_parts import Queue
from syncasync_sim.model.scenario import Scenario

REAL = [name for name, row in BROKERS.items() if row.is_real]
BARE = "traffic: {requests: 1}\nsteps: [{name: work, duration: 1s, background: true}]\n"
SETTINGS = [(name, field, s) for name in BROKERS for field, s in BROKERS[name].settings.items()]


def test_every_row_that_is_written_has_a_name() -> None:
    modules = [import_module(f"{brokers.__name__}.{one.name}") for one in iter_modules(brokers.__path__)]
    rows = [(name, row) for module in modules for name, row in vars(module).items() if type(row) is Broker]
    assert rows
    lacks = [name for name, row in rows if row not in BROKERS.values()]
    assert lacks == [], f"write {', '.join(lacks)} into BROKERS in model/brokers/__init__.py, with its name"


@pytest.mark.parametrize("name", BROKERS)
def test_a_preset_is_read_like_a_file(name: str) -> None:
    plain = Queue.model_validate(BROKERS[name].values)
    assert Queue.model_validate({"broker": name}) == plain.model_copy(update={"broker": name})
    assert parse_scenario(BARE, sets=[f"queue.broker={name}"]).queue.broker == name


@pytest.mark.parametrize(("name", "field", "setting"), SETTINGS, ids=lambda value: str(value)[:20])
def test_every_value_has_a_name_and_a_source_and_what_is_no_default_says_so(
    name: str, field: str, setting: Setting
) -> None:
    where = f"{field} of {name}, in model/brokers/"
    assert field in Queue.model_fields, f"{where}: no field of a queue; those are in model/queue_parts.py"
    assert setting.source.startswith("https://"), f"{where}: write the page that tells of it as its source"
    assert setting.real_name, f"{where}: write what the broker calls it, or (none)"
    assert setting.note or setting.origin == "default", f"{where}: write a note with the broker's own default"


@pytest.mark.parametrize("name", REAL)
def test_older_versions_differ_from_the_preset_and_are_in_order(name: str) -> None:
    row = BROKERS[name]
    assert [older.before for older in row.older] == sorted(older.before for older in row.older)
    assert bool(row.older) == bool(row.version)
    for older in row.older:
        for field, setting in older.settings.items():
            assert setting.value != row.settings[field].value, (
                f"{field} of {name} {older.versions}: no difference"
            )
            assert setting.source.startswith("https://")
            Queue.model_validate({"broker": name, field: setting.value})


@pytest.mark.parametrize("name", REAL)
def test_a_row_says_what_all_others_say(name: str) -> None:
    """What a row does not say is as on the ideal queue, which knows at once and limits nothing."""
    others = [BROKERS[other].settings.keys() for other in REAL if other != name]
    lacks = sorted(set.intersection(*map(set, others)) - BROKERS[name].settings.keys())
    assert lacks == [], (
        f"write {', '.join(lacks)} into the row of {name} in model/brokers/: all others say it"
    )
    assert BROKERS[name].leaves_out, f"write what the model leaves out of {name} into its row: leaves_out"


@pytest.mark.parametrize("name", REAL)
def test_two_values_are_the_same_on_every_broker(name: str) -> None:
    row, where = BROKERS[name], f"in the row of {name} in model/brokers/"
    origins = {field: setting.origin for field, setting in row.settings.items()}
    assert (row.values.get("dead_letter"), origins.get("dead_letter")) == (True, "choice"), (
        f"write dead_letter: choice(True, ...) {where}, with its default in the note"
    )
    assert row.values.get("prefetch") == 1, (
        f"write prefetch: 1 {where}, as a choice whose note has its default, where that is another"
    )


@pytest.mark.parametrize("name", REAL)
def test_who_never_notices_a_death_says_so_once(name: str) -> None:
    never = BROKERS[name].values.get("crash_detection") == "none"
    assert (not BROKERS[name].notices) == never, (
        f"write crash_detection: none and an empty notices into the row of {name}, or neither"
    )


@pytest.mark.parametrize(("name", "field", "setting"), SETTINGS, ids=lambda value: str(value)[:20])
def test_the_ends_of_a_range_are_in_it_and_so_is_the_preset(name: str, field: str, setting: Setting) -> None:
    allowed = setting.allowed
    if allowed is None:
        return
    queue = Queue.model_validate({"broker": name})
    assert allowed.holds(getattr(queue, field))
    for end in (allowed.least, allowed.most):
        assert Queue.model_validate({"broker": name, field: end})
    if isinstance(allowed.most, int):
        beyond = {field: allowed.most + 1}
        with pytest.raises(ValidationError):
            Queue.model_validate({"broker": name, **beyond})
        assert Queue.model_validate(beyond)  # the ideal queue has no such limits


def test_a_refusal_of_a_range_says_where_and_what_to_write_instead() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(f"{BARE}queue: {{broker: sqs, prefetch: 100}}\n", "orders.yaml")
    place, shown, caret, cure = str(caught.value).splitlines()
    assert place == "orders.yaml:3:32: SQS takes 1 to 10 (MaxNumberOfMessages), not 100"
    assert shown.endswith("queue: {broker: sqs, prefetch: 100}")
    assert caret.rstrip().endswith("^^^")
    assert cure.strip().startswith("= 1 to 10, or  broker: ideal  for a queue without limits; see https://")


def test_unlimited_is_two_thousand_on_a_quorum_queue_of_rabbitmq() -> None:
    def held(**queue: object) -> int | None:
        return Queue.model_validate(queue).most_held

    assert held(broker="rabbitmq", prefetch="unlimited") == 2000
    assert held(broker="rabbitmq", prefetch=7) == 7
    assert held(broker="redis-streams", prefetch="unlimited") is None
    assert held(prefetch="unlimited") is None


def test_the_scenario_overrides_a_preset_and_only_what_it_says_is_its_own() -> None:
    scenario = parse_scenario(
        f"{BARE}queue: {{broker: sqs, publish: 7ms, outages: [{{from: 1s, for: 1s}}]}}\n"
    )
    assert (scenario.queue.publish.mean_s, str(scenario.queue.visibility_timeout)) == (0.007, "30s")
    own = {"broker": "sqs", "publish": "7ms", "outages": [{"from": "1s", "for": "1s"}]}
    assert scenario.to_data()["queue"] == own
    assert Scenario.model_validate(scenario.to_data()) == scenario
    kafka = vary(scenario, {"queue.broker": "kafka"}).queue
    assert (kafka.publish.mean_s, str(kafka.crash_detection)) == (0.007, "uniform(42s, 48s)")


@pytest.mark.parametrize(
    ("sets", "says"),
    [
        (["queue.broker=kafak"], "= did you mean 'kafka'?"),
        (
            ["queue.broker=sqs", "queue.visibility_timeout=none"],
            "--set:2:26: sqs (failure: timeout) brings a",
        ),
        (["queue.failure=timeout"], "--set:1:15: failure: timeout brings a message back when its"),
        *[
            (["queue.broker=sqs", f"queue.{field}={value}"], f"SQS takes {allowed} ({name}), not {told}")
            for field, value, allowed, name, told in (
                ("prefetch", "100", "1 to 10", "MaxNumberOfMessages", "100"),
                ("prefetch", "unlimited", "1 to 10", "MaxNumberOfMessages", "unlimited"),
                ("visibility_timeout", "5d", "0s to 12h", "VisibilityTimeout", "5 d"),
                ("visibility_timeout", "exponential(mean=1h)", "0s to 12h", "VisibilityTimeout", "exp"),
                ("max_deliveries", "1001", "1 to 1000", "maxReceiveCount", "1001"),
            )
        ],
        (
            ["queue.broker=sqs-fifo", "queue.prefetch=11"],
            "SQS FIFO takes 1 to 10 (MaxNumberOfMessages), not 11",
        ),
        (
            ["queue.broker=sqs", "queue.failure=requeue", "queue.visibility_timeout=none"],
            "SQS takes 0s to 12h (VisibilityTimeout), not none",
        ),
        (
            ["queue.broker=rabbitmq", "queue.prefetch=2001"],
            "RabbitMQ takes 1 to 2000 (basic.qos prefetch_count)",
        ),
        (
            ["queue.broker=kafka", "queue.visibility_timeout=25d"],
            "Kafka takes 1ms to 2147483647ms (max.poll.interval.ms), not",
        ),
    ],
)
def test_mistakes(sets: list[str], says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(BARE, sets=sets)
    assert says in str(caught.value)


# who names them

TOP = Path(__file__).parents[2]
FAMILIES = {BROKERS[name].called for name in REAL if not any(name.startswith(f"{other}-") for other in REAL)}
"""What prose calls them: SQS stands for SQS FIFO, too."""
ENOUGH = 4
"""Who names as many speaks of all."""
FOR_REAL = ("docs/live.md", "docs/live-brokers.md")
"""These speak of the brokers that `live` can use: the adapters."""
HOME = "docs/brokers.md"
"""Speaks of all. Another page that names nearly all of them has to be changed with every broker."""
PLACES = ("README.md", "docs/*.md", "notebooks/*.ipynb", "src/syncasync_sim/cli/brokers.py")
PAGES = sorted(
    {path.relative_to(TOP).as_posix() for place in PLACES for path in TOP.glob(place)} - set(FOR_REAL)
)


def named(text: str) -> set[str]:
    """The brokers that a text names."""
    return {name for name in FAMILIES if re.search(rf"\b{name}\b", text)}


def enumerations(text: str) -> Iterator[str]:
    """Paragraphs, tables, and rows and items of lists, that name nearly all brokers."""
    for paragraph in text.split("\n\n"):
        rows = re.split(r"\n(?=\||- )", paragraph)
        yield from [row for row in rows if len(named(row)) >= ENOUGH] or (
            [paragraph] if len(named(paragraph)) >= ENOUGH else []
        )


@pytest.mark.parametrize("page", PAGES)
def test_who_names_the_brokers_names_all_of_them(page: str) -> None:
    found = list(enumerations((TOP / page).read_text(encoding="utf-8")))
    assert found or page != HOME, f"{page} no longer names the brokers"
    for text in found:
        lacks = sorted(FAMILIES - named(text))
        assert lacks == [] or "live-brokers.md" in text, (
            f"{page}: write {', '.join(lacks)} into:\n{text[:300]}"
        )


@pytest.mark.parametrize("page", [page for page in PAGES if page.endswith(".md")])
def test_a_table_with_a_column_of_each_broker_has_no_empty_cell(page: str) -> None:
    for text in (TOP / page).read_text(encoding="utf-8").split("\n\n"):
        cells = ([cell.strip() for cell in re.split(r"(?<!\\)\|", row)] for row in text.splitlines())
        head, *rows = [row for row in cells if len(row) > 1] or [[]]
        if len(named(" ".join(head))) < ENOUGH:
            continue
        for row, (column, broker) in product(rows, [*enumerate(head)][2:-1]):
            cell = row[column] if column < len(row) - 1 else ""
            assert cell, f"{page}: write what {broker} has, or -, into the row: {row[1]}"
