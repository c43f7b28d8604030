"""`syncasync-sim brokers`: one scenario on every broker and the reasons, and what the presets hold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from syncasync_sim import Scenario
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.app import app
from syncasync_sim.experiment import BrokerRefusal, BrokerRun, compare_brokers, on_broker, vary
from syncasync_sim.files import load_scenario, parse_scenario
from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.render.broker_reasons import reasons
from syncasync_sim.render.broker_table import rows_of

BARE = "traffic: {requests: 1}\nsteps: [{name: work, duration: 1s, background: true}]\n"


def sim(*arguments: str, text: str | None = None, width: int = 80) -> Any:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(
        app, list(arguments), input=text, prog_name="syncasync-sim"
    )


def ran(scenario: Scenario, *brokers: str, **more: Any) -> list[BrokerRun]:
    """The scenario on these brokers, all of which it goes with."""
    runs = compare_brokers(scenario, seed=1, brokers=brokers or tuple(BROKERS), **more)
    return [run for run in runs if isinstance(run, BrokerRun)]


def words(text: str) -> str:
    return " ".join(text.split())


# one scenario on all of them


@pytest.fixture(scope="module")
def crash() -> dict[str, BrokerRun]:
    return {run.broker: run for run in ran(load_scenario("broker-crash"))}


def test_every_broker_has_its_figures(crash: dict[str, BrokerRun]) -> None:
    assert list(crash) == list(BROKERS)
    assert crash["rabbitmq"].comparison.figure("async", "completion_time_s.max") == 14.552
    assert crash["sqs"].last_work_s == 34.06
    assert crash["ideal"].trace.scenario.queue.broker == "ideal"


def test_who_noticed_the_death_is_told(crash: dict[str, BrokerRun]) -> None:
    assert reasons(crash["ideal"]) == []
    assert reasons(crash["rabbitmq"]) == [
        "RabbitMQ saw the worker's connection close: its message was visible again at once."
    ]
    assert reasons(crash["sqs"]) == [
        "SQS did not notice the death: the message was back when its visibility timeout was over, "
        "30.00 s after it was taken."
    ]
    kafka = " ".join(reasons(crash["kafka"]))
    assert "missed the worker's heartbeats until the session timeout" in kafka
    match = re.search(r"visible again (\d+\.\d\d) s after the death", kafka)
    assert match is not None
    assert 42 <= float(match[1]) <= 48


def test_what_the_scenario_sets_is_not_put_down_to_the_broker() -> None:
    runs = ran(load_scenario("worker-crash"), "rabbitmq")
    assert reasons(runs[0])[0].startswith("The queue, as the scenario has it, did not notice the death")


def test_failed_slow_and_lost_work_is_told() -> None:
    poison, slow = (load_scenario(f"broker-{name}") for name in ("poison", "slow-work"))
    told = " ".join(reasons(ran(poison, "sqs")[0]))
    assert "showed failed messages again when its visibility timeout was over, 29.50 s later" in told
    assert "1 message was dead-lettered after 3 deliveries, at 90.81 s." in told
    told = " ".join(reasons(ran(slow, "sqs")[0]))
    assert "showed a message again 4 times" in told
    assert "the late acknowledgements had no effect" in told
    first = vary(load_scenario("broker-crash"), {"queue.ack": "before"})
    assert reasons(ran(first, "rabbitmq")[0]) == [
        "1 message was lost with the worker: acknowledged before the work."
    ]


def test_what_waited_in_a_partition_or_a_group_is_told() -> None:
    scenario = load_scenario("broker-poison")
    fifo, kafka = ran(scenario, "sqs-fifo", "kafka")
    assert reasons(fifo)[0] == (
        "SQS FIFO showed failed messages again when its visibility timeout was over, 29.50 s later, "
        "and 1 behind it in its message group waited."
    )
    assert reasons(kafka) == [
        "One partition: 1 of 2 workers got messages; --set queue.kafka.partitions=2 gives every worker one.",
        "Kafka takes no message back: the same worker tried failed work again, 1.00 s to 2.00 s later, "
        "and 1 behind it in its partition waited.",
        "1 message was dead-lettered after 3 deliveries, at 5.31 s.",
    ]
    twice = parse_scenario(f"{BARE.strip()}\n", sets=["workers.count=2"])
    data = twice.to_data()
    again = vary(twice, {"steps": [*data["steps"], {**data["steps"][0], "name": "more"}]})
    assert reasons(ran(again, "sqs-fifo")[0]) == [
        "1 message waited for an earlier message of the same message group."
    ]


def refused(columns: list[BrokerRun | BrokerRefusal]) -> dict[str, tuple[str, str]]:
    return {c.broker: (c.refusal, c.why) for c in columns if isinstance(c, BrokerRefusal)}


def test_what_does_not_go_with_a_broker_is_a_column_of_its_own() -> None:
    """With no visibility timeout nothing comes back where failed work waits for it."""
    columns = compare_brokers(parse_scenario(BARE, sets=["queue.visibility_timeout=none"]), seed=1)
    assert [column.broker for column in columns] == list(BROKERS)
    told = refused(columns)
    assert list(told) == ["sqs", "sqs-fifo", "redis-streams"]
    assert told["sqs"][0] == "not possible"
    assert re.match(r"sqs \(failure: timeout\) brings .* none is set; add for instance", told["sqs"][1])


IDLE = """\
traffic: {requests: 1}
steps: [{name: scan, duration: 35m, background: true, retry: {attempts: unlimited}}]
queue: {broker: redis-streams, visibility_timeout: 10m}
workers: {count: 8}
"""


def test_a_run_that_never_ends_is_a_column_of_its_own() -> None:
    """35 min of work; Kafka's poll interval is 5 min, RabbitMQ's timeout 30 min: both ignore what is late,
    and neither counts what came back for it. SQS FIFO gives up after 10 deliveries."""
    told = refused(compare_brokers(parse_scenario(IDLE), seed=1))
    assert {broker: what for broker, (what, _) in told.items()} == {
        "rabbitmq": "never ends",
        "kafka": "never ends",
    }
    assert told["kafka"][1].startswith("this run would never end: 'scan' always takes longer (2100s) than")


def test_keys_of_one_broker_are_not_put_on_the_others() -> None:
    """Twelve emails of 1.5 s, four workers: 5.55 s where all of them work, one by one on Kafka."""
    scenario = load_scenario("broker-partitions", ["queue.partitions=1"])
    done = {run.broker: run.comparison.figure("async", "completion_time_s.max") for run in ran(scenario)}
    assert done["kafka"] == pytest.approx(19.05, abs=0.01)  # 1.05 s + 12 x 1.5 s, and the publishing
    others = [done[broker] for broker in ("ideal", "rabbitmq", "sqs", "redis-streams")]
    assert others == pytest.approx([5.55] * 4, abs=0.02)
    poll = parse_scenario(BARE, sets=["queue={broker: kafka, visibility_timeout: 7m, prefetch: 2}"])
    queues = {broker: on_broker(poll, broker).queue for broker in BROKERS}
    assert {str(queues[broker].visibility_timeout) for broker in ("ideal", "sqs", "kafka")} == {
        "None",
        "30s",
        "420s",
    }
    assert {queue.prefetch for queue in queues.values()} == {2}
    own = parse_scenario(BARE, sets=["queue={broker: sqs, visibility_timeout: 7m}"])
    assert str(on_broker(own, "sqs-fifo").queue.visibility_timeout) == "420s"  # it is called the same there
    ideal = parse_scenario(BARE, sets=["queue={visibility_timeout: 7m, partitions: 3}"])
    assert on_broker(ideal, "sqs").queue.partitions is None
    assert (on_broker(ideal, "kafka").queue.partitions, on_broker(ideal, "sqs-fifo").queue.partitions) == (
        3,
        "customer",
    )
    assert str(on_broker(ideal, "rabbitmq").queue.visibility_timeout) == "420s"


def test_a_change_for_one_broker_only() -> None:
    scenario = load_scenario("broker-partitions")
    changed = compare_brokers(scenario, seed=1, only={"kafka": {"queue.partitions": 4}})
    numbers = {c.broker: c.trace.scenario.queue.partitions for c in changed if isinstance(c, BrokerRun)}
    assert (numbers["kafka"], numbers["sqs"], numbers["sqs-fifo"]) == (4, None, "customer")
    result = sim("brokers", "broker-partitions", "--set", "queue.kafka.partitions=4", "--set", "seed=3")
    assert result.exit_code == 0
    assert "For kafka only: queue.partitions = 4." in words(result.stdout)
    assert "--set seed=3 --set queue.broker=kafka --set queue.partitions=4" in words(result.stderr)
    plain = json.loads(
        sim("brokers", "broker-partitions", "--set", "queue.kafka.partitions=4", "--json").stdout
    )
    assert plain["brokers"]["kafka"]["completion_time_s"]["max"] == pytest.approx(5.55, abs=0.01)


def test_a_p95_is_of_as_many_values_on_every_broker() -> None:
    """300 at once; on one broker a queue of two places that drops the oldest: 3 get done there."""
    steps = [{"name": "work", "duration": "1s", "background": True}]
    scenario = Scenario.model_validate({"traffic": {"requests": 300}, "steps": steps})
    few = {"queue.capacity": 2, "queue.when_full": "drop_oldest"}
    runs = compare_brokers(scenario, seed=1, brokers=("redis-streams", "rabbitmq"), only={"rabbitmq": few})
    (values,) = (row.values for row in rows_of(runs) if row.label.endswith("p95"))
    assert values[0] is not None
    assert values[1] is None


def test_a_broker_that_is_refused_is_in_the_table_and_in_the_json(tmp_path: Path) -> None:
    result = sim("brokers", "-", text=IDLE, width=160)
    assert result.exit_code == 0
    assert re.search(r"customer waits .* 10 ms +never ends +700 µs", result.stdout)
    assert (
        "kafka: never ends: 'scan' always takes longer (2100s) than the visibility timeout (303s)"
        in words(result.stdout)
    )
    assert "queue.visibility_timeout, which is meant for redis-streams only" in words(result.stdout)
    file = tmp_path / "idle.yaml"
    file.write_text(IDLE, encoding="utf-8")
    assert "run idle.yaml --set 'queue={broker: kafka}'" in words(sim("brokers", str(file)).stderr).replace(
        f"{tmp_path}/", ""
    )
    plain = json.loads(sim("brokers", "-", "--json", text=IDLE).stdout)["brokers"]
    assert plain["kafka"]["refused"] == "never ends"
    assert len(plain["kafka"]["why"]) == 1
    assert plain["sqs"]["work"]["completed"] == 1


# the command


def test_the_table_fits_a_terminal_and_narrower_ones_get_lines() -> None:
    for width in (80, 60, 40):
        result = sim("brokers", "broker-crash", width=width)
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert max(cell_len(line) for line in lines) <= width
        assert "…" not in result.stdout
        assert "34.06 s" in words(result.stdout)
    assert "Next: syncasync-sim run broker-crash --set queue.broker=kafka" in result.stderr


def test_a_terminal_that_is_wide_enough_has_all_brokers_side_by_side() -> None:
    wide = sim("brokers", "broker-crash", width=160).stdout.splitlines()
    assert wide[2].split() == list(BROKERS)
    each = r"( +1)" * (len(BROKERS) - 1) + " +0"  # in-process: what its dead worker had is lost
    assert re.fullmatch(rf"redelivered{each}", wide[7])
    assert "No broker: ideal, in-process." in wide


def test_json_has_every_broker_and_the_reasons() -> None:
    result = sim("brokers", "broker-crash", "--json", "--seed", "3", "--replications", "2")
    data = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (data["seed"], data["replications"], list(data["brokers"])) == (3, 2, list(BROKERS))
    assert data["brokers"]["sqs"]["completion_time_s"]["max"] == 34.06
    assert data["brokers"]["sqs"]["why"][0].startswith("SQS did not notice")
    assert "completion_time_s.max" in data["brokers"]["sqs"]["interval"]
    assert data["sync"]["response_time_s"]["max"] == 2.55


def test_a_scenario_without_messages_and_one_where_nothing_happens_say_so() -> None:
    none = sim("brokers", "-", text="traffic: {requests: 1}\nsteps: [{name: work, duration: 1s}]\n")
    assert "no message is published" in none.stdout
    assert "Next" not in none.stderr
    assert "Nothing happened that brokers do differently" in words(sim("brokers", "checkout").stdout)


THREE_EACH = rf"( +3){{{len(BROKERS)}}}$"
DOUBLE = """
traffic: {requests: 1}
customer: {patience: 1s, resubmits: 3}
steps:
  - {name: charge card, duration: 4s, effect: card charged}
  - {name: send email, duration: 1s, effect: email sent, background: true}
"""


def test_what_was_done_again_is_told_effect_by_effect(tmp_path: Path) -> None:
    # brambling 658: four clicks, four charges, four emails. Three of each are too many: not "email sent
    # again 6".
    file = tmp_path / "click.yaml"
    file.write_text(DOUBLE)
    table = sim("brokers", str(file), width=160).output
    assert re.search(rf"^email sent again{THREE_EACH}", table, re.MULTILINE)
    assert re.search(rf"^card charged again{THREE_EACH}", table, re.MULTILINE)
    assert "Synchronous, for comparison: nobody gets the page." in table
    # dirigible 6816: without emails done twice the row of the queue's work says 0.
    asked = parse_scenario(DOUBLE)
    no_email = vary(asked, {"steps[send email].idempotent": True})
    rows = {row.label: row.values for row in rows_of(ran(no_email, "sqs"))}
    assert (rows["email sent again"], rows["card charged again"]) == ((0.0,), (3.0,))
    calm = ran(vary(asked, {"customer.patience": "1h"}), "sqs")
    assert "card charged again" not in {row.label for row in rows_of(calm)}


def test_times_of_only_some_clicks_say_so(tmp_path: Path) -> None:
    # The charge is down from 1.5 s on: of the customers at 0 s and 2 s one gets the page, after 1 s; the
    # other sees the error page after 500 ms. Nothing is said where everybody is served.
    down = tmp_path / "down.yaml"
    down.write_text(
        "traffic: {at: [0s, 2s]}\nsteps:\n"
        "  - {name: charge, duration: 1s, fails_after: 500ms, outages: [{from: 1500ms, for: forever}]}\n"
        "  - {name: email, duration: 2s, background: true}\n"
    )
    told = sim("brokers", str(down), "--set", "queue.publish=0s", width=200).stdout
    assert re.search(r"^wait of those served +1\.00 s", told, re.MULTILINE)
    assert re.search(r"^clicks with a page +50 %", told, re.MULTILINE)
    assert re.search(r"^wait for any answer +750 ms", told, re.MULTILINE)
    assert re.search(r"^where all done, p50 +3\.00 s", told, re.MULTILINE)
    assert "customer waits" not in told
    served = sim("brokers", str(down), "--set", "steps[charge].outages=[]").stdout
    assert not re.search("those served|any answer|where", served)


def test_workers_that_died_with_nothing_in_their_hands_are_not_denied(tmp_path: Path) -> None:
    file = tmp_path / "idle.yaml"
    file.write_text(f"{BARE}workers: {{count: 2, crashes: [{{worker: 2, at: 1ms, restart_after: never}}]}}\n")
    told = words(sim("brokers", str(file)).output)
    assert "workers died, but held no message" in told
    assert "no worker died" not in told


def test_what_the_scenario_sets_for_all_brokers_is_said() -> None:
    told = words(sim("brokers", "worker-crash").stdout)
    assert "The scenario itself sets queue.crash_detection, queue.visibility_timeout" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show",), "'brokers show' takes one of ideal"),
        (("list", "x"), "'brokers list' takes no name"),
        (("show", "kafka", "--seed", "3"), "'brokers show' runs nothing"),
        (("checkout", "x"), "one scenario, not 2"),
    ],
)
def test_a_wrong_command_line(arguments: tuple[str, ...], says: str) -> None:
    result = sim("brokers", *arguments)
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert says in words(result.stderr)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "kafak"), "did you mean 'kafka'?"),
        (("kafka",), "syncasync-sim brokers show kafka"),
        (("checkout", "--set", "queue.kafka.partitons=8"), "did you mean 'partitions'?"),
    ],
)
def test_a_wrong_name_or_scenario(arguments: tuple[str, ...], says: str) -> None:
    code, message = exit_codes.describe(sim("brokers", *arguments).exception)
    assert code == exit_codes.BAD_REQUEST
    assert says in message


def test_list_and_show() -> None:
    listed = sim("brokers").stdout
    assert listed == sim("brokers", "list").stdout
    assert [line.split()[0] for line in listed.splitlines()] == list(BROKERS)
    assert list(json.loads(sim("brokers", "list", "--json").stdout)) == list(BROKERS)


@pytest.mark.parametrize("name", BROKERS)
def test_show_has_every_value_source_and_gap(name: str) -> None:
    shown = words(sim("brokers", "show", name).stdout)
    for field, setting in BROKERS[name].settings.items():
        assert field in shown
        assert setting.real_name in shown
        assert setting.source in shown
        assert words(setting.note) in shown
    assert all(words(text) in shown for text in BROKERS[name].leaves_out)
    plain = json.loads(sim("brokers", "show", name, "--json").stdout)
    assert plain["name"] == name
    assert list(plain.get("older", {})) == [row.versions for row in BROKERS[name].older]


def test_show_has_the_values_of_older_versions_side_by_side() -> None:
    lines = sim("brokers", "show", "rabbitmq").stdout.splitlines()
    begin = lines.index("Older versions:")
    assert [line.split("  ", 1)[0] and line.split() for line in lines[begin + 3 : begin + 5]] == [
        ["max_deliveries", "unlimited", "21", "21"],
        ["limit_counts", "all", "all", "failures"],
    ]
    assert lines[begin + 1].split() == ["3.8", "to", "3.13", "4.0", "to", "4.2", "4.3"]
    assert words("without a limit a rejected message returns to the back of the queue") in words(
        " ".join(lines)
    )


@pytest.mark.parametrize("command", ["brokers", "run"])
def test_where_nobody_came_nothing_is_suggested(command: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text(BARE.replace("requests: 1", "rate: 0/s, for: 10s"), encoding="utf-8")
    more = [] if command == "brokers" else ["--output", str(tmp_path)]
    told = words(sim(command, str(empty), *more).output)
    assert "obody came." in told
    for wrong in ("Next:", "0 files", "for comparison: ."):
        assert wrong not in told
