"""`syncasync-sim live`: the same scenario for real, beside its prediction."""

from __future__ import annotations

import contextlib
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncasync_sim._version import __version__
from syncasync_sim.cli import charts, console, exit_codes, live_page, outputs
from syncasync_sim.cli.live_run import LiveRun, broker_url, preset_of, url_to_be
from syncasync_sim.cli.live_sweep import sweep_broker
from syncasync_sim.cli.options import (
    ForceOption,
    ModeOption,
    ScenarioIfAnyArgument,
    SeedOption,
    SetOption,
    decimal,
)
from syncasync_sim.cli.printed import named
from syncasync_sim.cli.signals import Stop
from syncasync_sim.errors import LiveError, RunStopped

if TYPE_CHECKING:
    from syncasync_sim.model.modes import Mode

KINDS = ("redis", "sqs", "rabbitmq", "kafka")
HELP = """
\b
syncasync-sim live checkout                           no broker: a queue in a file
syncasync-sim live checkout --start redis             start a server, and stop it afterwards
syncasync-sim live checkout --broker amqp://localhost --speed 5
syncasync-sim live worker-crash --mode async --speed 10 -o out
syncasync-sim live --sweep amqp://localhost           what killed runs have left there

Run a scenario for real, and show the measured figures beside the predicted figures.

A web service with threads, worker processes and a broker do what the simulation does: the same customers
come, and each step sleeps as long and fails as often as in the simulation. Workers that crash are killed.
"""


def kind_to_start(text: str) -> str:
    """Check what `--start` was given, and return it.

    Args:
        text: any name of a broker that can be started; after a `?` follow options, as in its URL.

    Raises:
        BadParameter: nothing of that name can be started (an error of Typer).
    """
    from syncasync_sim.live.servers import SERVERS

    if preset_of(text) not in SERVERS:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(KINDS)}.")
    return text


def live(
    scenario: ScenarioIfAnyArgument = None,
    broker: Annotated[
        str | None,
        typer.Option(
            "--broker",
            metavar="URL",
            help="A running broker: redis://, amqp://, sqs+http://, kafka://; with TLS rediss://, amqps://, "
            "sqs+https://, kafka+ssl://. "
            "Default: the URL in SYNCASYNC_BROKER, or a file.",
            show_default=False,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start",
            metavar="|".join(KINDS),
            parser=kind_to_start,
            autocompletion=lambda: KINDS,
            help="Start this server, and stop it afterwards; also  'kafka?group.protocol=consumer'.",
            show_default=False,
        ),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            "--speed", metavar="X", parser=decimal(0.01, 1_000), help="Run X times as fast as the scenario."
        ),
    ] = 1.0,
    seed: SeedOption = None,
    sets: SetOption = None,
    mode: ModeOption = "both",
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="A folder for the charts.", show_default=False),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", help="Write the run into a .json file.", show_default=False),
    ] = None,
    force: ForceOption = False,
    sweep: Annotated[
        str | None,
        typer.Option(
            "--sweep",
            metavar="URL",
            help="Run nothing: list what killed runs have left on a broker, and ask whether to remove it.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --sweep: remove it without a question.")] = False,
) -> None:
    if sweep is not None:
        if scenario is not None:
            raise typer.BadParameter("--sweep runs nothing: leave the scenario out")
        raise typer.Exit(sweep_broker(sweep, yes=yes))
    if scenario is None:
        raise typer.BadParameter("Missing argument 'SCENARIO'.")
    broker = _given_broker(broker, start)
    if output is not None:
        charts.check_can_draw(output)
    if record is not None:
        _check_record(record, force=force)
    from syncasync_sim.files import load_scenario
    from syncasync_sim.model.modes import MODES

    loaded = load_scenario(scenario, sets or ())
    run = LiveRun(loaded, loaded.seed if seed is None else seed, speed)
    modes: tuple[Mode, ...] = MODES if mode == "both" else (mode,)
    run.check(url_to_be(broker, start), modes, None if start is None else preset_of(start))
    run.predict(modes)
    for remark in run.remarks(modes):
        print(remark, file=sys.stderr)
    with (
        Stop() as stop,
        contextlib.suppress(RunStopped),  # before the first customer of a design; what is finished is shown
        broker_url(broker, start, modes, stop) as url,
    ):
        run.go(url, stop)
    _show(run, as_json=as_json)
    if record is not None and run.measured:
        _record(run, record, force=force)
    if output is not None and run.measured:
        live_page.draw(run.scenario, run.predicted, run.traces, output)
    raise typer.Exit(_end(run, stopped=stop.requested))


def _given_broker(broker: str | None, start: str | None) -> str | None:
    """The URL of the broker, as given or from the environment, with its password; None without one."""
    from syncasync_sim.live.plan import BROKER_VARIABLE, with_password

    if broker is not None and start is not None:
        raise typer.BadParameter("give --broker or --start, not both: the one is there, the other is started")
    if broker is None and start is None:
        broker = os.environ.get(BROKER_VARIABLE) or None
    return None if broker is None else with_password(broker)


def _show(run: LiveRun, *, as_json: bool) -> None:
    if as_json:
        rows = live_page.beside(run.predicted, run.traces, run.speed)
        print(console.json_text(_plain(run, [row.to_dict() for row in rows])))
        return
    live_page.show(run.scenario, run.predicted, run.traces, _metadata(run))


def _metadata(run: LiveRun) -> dict[str, Any]:
    """The facts about the measurement, as a recording has them."""
    servers = {mode: str(done.server) for mode, done in run.measured.items() if done.server is not None}
    return {
        **{"speed": run.speed, "servers": servers, "day": date.today().isoformat()},
        **{"version": __version__, "warnings": run.warnings(), "note": run.note},
    }


def _plain(run: LiveRun, rows: list[dict[str, Any]]) -> dict[str, Any]:
    from dataclasses import asdict

    from syncasync_sim.stats import summarise

    return {
        **{"schema": 1, "scenario": run.scenario.name, "seed": run.seed, "speed": run.speed},
        **{"version": __version__, "note": run.note or None},
        "modes": {
            mode: {
                "server": None if done.server is None else asdict(done.server),
                "keeps_up": done.pace.keeps_up,
                "own_delay_s": done.pace.delay_s,
                "partial": done.trace.partial,
                "trouble": done.trouble or None,
                "predicted": summarise(run.predicted[mode]).to_dict(),
                "measured": summarise(done.trace).to_dict(),
            }
            for mode, done in run.measured.items()
        },
        "rows": rows,
    }


def _check_record(record: Path, *, force: bool) -> None:
    from syncasync_sim.replay.saved import SUFFIX

    if record.suffix.lower() != SUFFIX:
        raise typer.BadParameter(f"'{record}' does not end in {SUFFIX}.", param_hint="--record")
    outputs.check(record, force=force)


def _record(run: LiveRun, record: Path, *, force: bool) -> None:
    from syncasync_sim.replay.document import document, to_json
    from syncasync_sim.replay.recording import Recording

    comparison = Recording(run.scenario, run.traces).comparison
    plain = {**document(comparison, run.traces), "live": _metadata(run)}
    outputs.write(record, to_json(plain), force=force)
    print(f"\nRecorded: {named(record)}", file=sys.stderr)


def _end(run: LiveRun, *, stopped: bool) -> int:
    if stopped:
        return exit_codes.INTERRUPTED
    if run.troubles:
        raise LiveError(run.troubles[0])
    return exit_codes.DONE
