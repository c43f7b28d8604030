"""`syncasync-sim watch`: a run played in the terminal."""

from __future__ import annotations

import sys
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from syncasync_sim.cli import exit_codes, keyboard
from syncasync_sim.cli.customer_limit import refuse_recorded, refuse_too_many
from syncasync_sim.cli.options import ScenarioOrRunArgument, SeedOption, SetOption, decimal
from syncasync_sim.cli.runner import Question, answer
from syncasync_sim.cli.signals import SAYS, quietly
from syncasync_sim.replay.speeds import SPEEDS

if TYPE_CHECKING:
    from rich.console import Console

    from syncasync_sim.replay.player import Player
    from syncasync_sim.replay.terminal_frame import Scene

HELP = """
\b
syncasync-sim watch checkout                play the run
syncasync-sim watch email-down-resubmit --speed 10
syncasync-sim watch worker-crash --t 20     stop at 20 s
syncasync-sim watch run.json                a run that --trace wrote

Play a run in the terminal: both designs, with the same customers and on one clock. #5 is customer 5.

Keys: space plays and pauses, left and right go from event to event (with shift: by a second), Home and
End to the ends, + and - change the speed, q leaves. Without a terminal, the command prints
one picture: the last one, or the one at --t.
"""
MOST_CUSTOMERS = 2_000
"""A picture takes as long as with few; it is the beginning that takes ever longer."""
FRAME_S = 1 / 20
"""Pictures follow each other no faster than this."""
IDLE_S = 0.25
"""While nothing moves, so often it is looked whether the terminal has another size."""


def watch(
    scenario: ScenarioOrRunArgument,
    seed: SeedOption = None,
    sets: SetOption = None,
    speed: Annotated[
        float | None,
        typer.Option(
            "--speed",
            metavar="X",
            parser=decimal(SPEEDS[0], SPEEDS[-1]),
            help=f"Seconds of the run per second, {SPEEDS[0]:g} to {SPEEDS[-1]:g}. "
            "Default: the run takes 20 seconds, or longer.",
            show_default=False,
        ),
    ] = None,
    t: Annotated[
        float | None,
        typer.Option(
            "--t",
            metavar="SECONDS",
            parser=decimal(0, 1e9),
            help="Begin at this time, paused.",
            show_default=False,
        ),
    ] = None,
) -> None:
    question = Question(scenario, sets or (), seed)
    first = partial(refuse_too_many, question=question, most=MOST_CUSTOMERS)
    result = answer(question, first=first, says=SAYS)
    if result.stopped:
        raise typer.Exit(exit_codes.INTERRUPTED)
    from rich.console import Console

    from syncasync_sim.replay.saved import is_trace

    if is_trace(scenario):
        refuse_recorded(result, MOST_CUSTOMERS)
    from syncasync_sim.replay.document import document
    from syncasync_sim.replay.player import Player, fitting_speed
    from syncasync_sim.replay.terminal_frame import Scene

    scene = Scene(document(result.comparison, result.traces, with_rows=False))
    console = Console(highlight=False)
    begin = None if t is None else round(t * 1e6)
    here = _keys(console)
    if here is None:
        _print(console, scene, scene.end if begin is None else begin)
        return
    player = Player(scene.times, scene.end, begin or 0, speed or fitting_speed(scene.end), begin is None)
    _play(console, scene, player, here)


def _keys(console: Console) -> keyboard.System | None:
    """The reader of single keys; None without a terminal, or where the system has no such reader."""
    if not (console.is_terminal and sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    if console.is_dumb_terminal or console.legacy_windows:  # an old console there has no second screen
        return None
    here = keyboard.system()
    if here is None:
        print("There are no single keys on this system: this is the last picture.", file=sys.stderr)
    return here


def _print(console: Console, scene: Scene, t: int) -> None:
    from syncasync_sim.replay.terminal_frame import frame

    console.print(frame(scene, t, console.width, ascii_only=console.options.ascii_only))


def _play(console: Console, scene: Scene, player: Player, here: keyboard.System) -> None:
    """Play until the user leaves; restore the terminal in any case."""
    with quietly(), keyboard.keyboard(here, sys.stdin.fileno()) as keys, console.screen():
        _loop(console, scene, player, keys)


def _loop(console: Console, scene: Scene, player: Player, keys: keyboard.Keyboard) -> None:
    """Draw what has changed, then wait for keys or for the next picture."""
    drawn, due_s, last_s = None, 0.0, monotonic()
    while True:
        now_s = monotonic()
        player.tick(now_s - last_s)
        last_s = now_s
        wanted = (player.t, player.playing, player.speed, console.size)
        if wanted != drawn and now_s >= due_s:
            _draw(console, scene, player)
            drawn, due_s = wanted, now_s + FRAME_S
        patience_s = max(0.0, due_s - monotonic()) if player.playing or wanted != drawn else IDLE_S
        if not all(player.press(key) for key in keys.keys(patience_s)):
            return


def _draw(console: Console, scene: Scene, player: Player) -> None:
    from syncasync_sim.replay.terminal_frame import frame

    width, height = console.size
    ascii_only = console.options.ascii_only
    console.update_screen(
        frame(scene, player.t, width, height, controls=player.controls(), ascii_only=ascii_only)
    )
