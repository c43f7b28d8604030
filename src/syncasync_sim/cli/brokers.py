"""`syncasync-sim brokers`: one scenario on every broker, and what the presets of the brokers hold."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncasync_sim._version import __version__
from syncasync_sim.cli import console, exit_codes
from syncasync_sim.cli.options import ReplicationsOption, SeedOption, SetOption, bundled_names
from syncasync_sim.cli.printed import command
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.runner import Question
from syncasync_sim.cli.signals import Stop
from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim import Comparison, Scenario
    from syncasync_sim.experiment import BrokerRefusal, BrokerRun

    Columns = list[BrokerRun | BrokerRefusal]

KAFKA = "kafka"

HELP = """
\b
syncasync-sim brokers broker-crash     who notices a dead worker, and when
syncasync-sim brokers my-checkout.yaml
syncasync-sim brokers show kafka       the values of a preset, and their sources
syncasync-sim brokers list

Run the asynchronous design on every broker of the list, with its defaults, and on an ideal queue. The
customers and the random numbers are the same everywhere.

The queue settings of the scenario apply to every broker. Settings that only its own broker has do not:
partitions, and a timeout with another meaning elsewhere. --set queue.kafka.partitions=8 changes Kafka
only. The output names a broker on which the scenario cannot be run or would never end. Expectations are not
checked.
For a scenario file with the name list or show, write ./list or ./show.
"""


def _completed(incomplete: str) -> Iterator[str]:
    from syncasync_sim.model.brokers import BROKERS

    words = ("list", "show", *BROKERS, *bundled_names(""))
    return (word for word in words if word.startswith(incomplete))


def brokers(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO | show BROKER | list]",
            help="A scenario as in run, or a broker to show. Default: list.",
            autocompletion=_completed,
            show_default=False,
        ),
    ] = None,
    seed: SeedOption = None,
    sets: SetOption = None,
    replications: ReplicationsOption = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, nothing else.")] = False,
) -> None:
    words = words or ["list"]
    if words[0] in ("list", "show"):
        _show_presets(words, as_json=as_json, changed=seed is not None or bool(sets) or replications > 1)
        return
    if len(words) > 1:
        raise typer.BadParameter(f"one scenario, not {len(words)}: {' '.join(words)}")
    raise typer.Exit(_compare(Question(words[0], sets or (), seed, "async", replications), as_json=as_json))


# -- what the presets hold ------------------------------------------------------------------------


def _show_presets(words: Sequence[str], *, as_json: bool, changed: bool) -> None:
    """`list`, and `show` with a broker's name."""
    from syncasync_sim.model.brokers import BROKERS, preset_name

    action, *names = words[0], *map(preset_name, words[1:])
    if changed:
        raise typer.BadParameter(
            f"'brokers {action}' runs nothing: it takes no --set, --seed, --replications"
        )
    if len(names) != (action == "show"):
        wanted = "takes no name" if action == "list" else f"takes one of {', '.join(BROKERS)}"
        raise typer.BadParameter(f"'brokers {action}' {wanted}")
    for name in names:
        _check_name(name, tuple(BROKERS))
    if as_json:
        plain = {name: _plain(name) for name in names or BROKERS}
        print(console.json_text(plain[names[0]] if names else plain))
    elif names:
        from rich.console import Console

        from syncasync_sim.render.broker_table import broker_page

        Console(highlight=False).print(broker_page(names[0]), soft_wrap=True)  # a link is never cut
    else:
        width = max(map(len, BROKERS))
        for name, broker in BROKERS.items():
            print(f"{name:<{width}}  {broker.title}")


def _check_name(name: str, known: tuple[str, ...]) -> None:
    from syncasync_sim.errors import did_you_mean, visible
    from syncasync_sim.files.diagnostics import clipped, listed

    if name not in known:
        cure = did_you_mean(name, known) or f"the brokers are {listed(known)}"
        raise ScenarioError(f"{clipped(visible(name))}: there is no broker of that name\n  = {cure}")


def _plain(name: str) -> dict[str, Any]:
    """A preset as plain data."""
    from dataclasses import asdict

    from syncasync_sim.model.brokers import BROKERS

    broker = BROKERS[name]
    settings = {field: asdict(setting) for field, setting in broker.settings.items()}
    older = {
        row.versions: {field: asdict(setting) for field, setting in row.settings.items()}
        for row in broker.older
    }
    plain = {"name": name, "title": broker.title, "settings": settings}
    return {**plain, **({"older": older} if older else {}), "leaves_out": list(broker.leaves_out)}


# -- one scenario on every broker -----------------------------------------------------------------


def _compare(question: Question, *, as_json: bool) -> int:
    """Run, show, and the exit code."""
    shared, flags = _apart(question.sets)
    question = replace(question, sets=shared)
    scenario = _load(question)
    only = _for_one(scenario, flags)
    seed = scenario.seed if question.seed is None else question.seed
    with Stop() as stop:
        sync, columns = _run(scenario, seed, question.replications, stop, only)
    if as_json:
        print(console.json_text(_result(scenario, seed, sync, columns)))
    else:
        from rich.console import Console

        from syncasync_sim.render.broker_table import brokers_page

        Console(highlight=False).print(brokers_page(columns, sync, scenario, only))
    if stop.requested:
        return exit_codes.INTERRUPTED
    nobody_came = sync is not None and not sync.figure("sync", "requests")
    if not (as_json or nobody_came) and question.source != "-":
        more = [*question.arguments(), *_as_kafka(scenario, flags.get(KAFKA, []))]
        print(f"Next: {command('run', question.source, *more)}", file=sys.stderr)
    return exit_codes.DONE


def _apart(sets: Sequence[str]) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """Those of `--set` that are for all, and by broker those for one, as `queue.kafka.partitions=8` is."""
    from syncasync_sim.files.overrides import for_one_broker

    shared: list[str] = []
    own: dict[str, list[str]] = {}
    for number, flag in enumerate(sets, start=1):
        override = for_one_broker(flag, number)
        if override is None:
            shared.append(flag)
        else:
            own.setdefault(override[0], []).append(override[1])
    return tuple(shared), own


def _for_one(scenario: Scenario, flags: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """What changes for one broker each; a mistake in it is an error as in any `--set`."""
    from pydantic import ValidationError

    from syncasync_sim.experiment import on_broker
    from syncasync_sim.files import change_scenario
    from syncasync_sim.files.overrides import plain_value

    only: dict[str, dict[str, Any]] = {}
    for broker, changes in flags.items():
        try:
            plain = on_broker(scenario, broker)
        except ValidationError:  # which one of the changes may mend
            pass
        else:
            change_scenario(plain, changes)
        only[broker] = dict(map(plain_value, changes))
    return only


def _as_kafka(scenario: Scenario, changes: Sequence[str]) -> list[str]:
    """The `--set` that ask `run` for the column of Kafka."""
    from syncasync_sim.model.brokers import carries_over
    from syncasync_sim.model.written import display_text

    own = scenario.queue.broker
    meant_for_another = [key for key in scenario.queue.model_fields_set if not carries_over(key, own, KAFKA)]
    if meant_for_another:
        queue = {k: v for k, v in scenario.to_data()["queue"].items() if carries_over(k, own, KAFKA)}
        sets = [f"queue={display_text({**queue, 'broker': KAFKA})}", *changes]
    else:
        sets = [f"queue.broker={KAFKA}", *changes]
    return [word for text in sets for word in ("--set", text)]


def _load(question: Question) -> Scenario:
    from syncasync_sim.files import load_scenario
    from syncasync_sim.model.brokers import BROKERS, preset_name

    try:
        return load_scenario(question.source, question.sets)
    except ScenarioError as error:
        if preset_name(question.source) in BROKERS and "there is no such file" in str(error):
            cure = f"to see the broker: syncasync-sim brokers show {question.source}"
            raise ScenarioError(f"{str(error).partition(chr(10))[0]}\n  = {cure}") from None
        raise


def _run(
    scenario: Scenario, seed: int, replications: int, stop: Stop, only: Mapping[str, Mapping[str, Any]]
) -> tuple[Comparison, Columns]:
    """The synchronous design once, then every broker. Raises ScenarioError where it runs on none of them."""
    from syncasync_sim.experiment import BrokerRun, compare_brokers, run_designs
    from syncasync_sim.model.brokers import BROKERS

    with Watcher(replications * (len(BROKERS) + 1), stop, on_screen=True) as watch:
        columns = compare_brokers(scenario, seed=seed, replications=replications, watch=watch, only=only)
        if not any(isinstance(column, BrokerRun) for column in columns):
            refused = dict.fromkeys(column.why for column in columns if not isinstance(column, BrokerRun))
            raise ScenarioError(f"{scenario.name}: it runs on no broker: {'; '.join(refused)}")
        sync, _ = run_designs(scenario, seed=seed, modes=("sync",), replications=replications, watch=watch)
    return sync, columns


def does_not_go(error: Any) -> ScenarioError:
    """The message that the scenario's own values do not fit a broker."""
    detail = error.errors(include_url=False)[0]
    cure = detail.get("ctx", {}).get("cure", "")
    return ScenarioError(f"on another broker: {detail['msg']}" + (f"\n  = {cure}" if cure else ""))


def _result(scenario: Scenario, seed: int, sync: Comparison, columns: Columns) -> dict[str, Any]:
    """Plain data: the figures of a run's JSON for every broker, when its last work was done, and why.

    A broker on which it was not run has only what it is and why.
    """
    from syncasync_sim.experiment import BrokerRun
    from syncasync_sim.render.broker_reasons import reasons
    from syncasync_sim.render.broker_table import is_stopped

    runs = [column for column in columns if isinstance(column, BrokerRun)]
    plain: dict[str, Any] = {
        **{"schema": 1, "scenario": scenario.name, "seed": seed, "version": __version__},
        **{"replications": runs[0].comparison.replications, "sync": sync.modes["sync"], "brokers": {}},
    }
    for run in columns:
        if not isinstance(run, BrokerRun):
            plain["brokers"][run.broker] = {"refused": run.refusal, "why": [run.why]}
            continue
        comparison = run.comparison
        details = {"last_work_s": run.last_work_s, "why": reasons(run)}
        interval = {"interval": comparison.interval["async"]} if comparison.interval else {}
        plain["brokers"][run.broker] = {**comparison.modes["async"], **details, **interval}
    if sync.partial or is_stopped(columns):
        plain["partial"] = True
    return plain
