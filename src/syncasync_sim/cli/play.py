"""`syncasync-sim play`: the replay with sliders, on a page of this computer."""

from __future__ import annotations

from threading import Thread
from typing import Annotated

import typer

from syncasync_sim.cli.browser import open_page
from syncasync_sim.cli.options import ScenarioArgument, SeedOption, SetOption, whole_number
from syncasync_sim.cli.signals import until_interrupted
from syncasync_sim.errors import ScenarioError

HELP = """
\b
syncasync-sim play checkout                 the replay in the browser, with sliders
syncasync-sim play slow-email --set workers.count=5
syncasync-sim play checkout --no-browser    only print its address

Play both designs on a page in the browser, with sliders for the settings. Each move of a
slider runs both designs again; the page shows the command that gives the same run.

Nothing leaves this computer, and nobody else can open the page. Ctrl-C ends the command.
"""


def play(
    scenario: ScenarioArgument,
    seed: SeedOption = None,
    sets: SetOption = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            parser=whole_number(1024, 65535),
            help="The port of the page. Default: 8765, or the next free port.",
            show_default=False,
        ),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")] = False,
) -> None:
    from syncasync_sim.files import load_scenario
    from syncasync_sim.replay.explorer import Explorer
    from syncasync_sim.replay.play_server import server_at
    from syncasync_sim.replay.saved import is_trace

    if is_trace(scenario):
        raise ScenarioError(
            f"{scenario}: this is a recorded run; sliders need a scenario\n"
            "  = play the scenario, or look at the run with  syncasync-sim export"
        )
    flags = tuple(sets or ())
    explorer = Explorer(load_scenario(scenario, flags), seed, scenario, flags)
    with server_at(explorer, port) as server, until_interrupted():
        print(f"The page is at {server.address}\nCtrl-C ends it.", flush=True)
        if not no_browser:  # beside the server, which has to answer meanwhile
            Thread(target=open_page, args=(server.address,), daemon=True).start()
        server.serve_forever()
