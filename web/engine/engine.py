"""What a page asks of the program, in the worker of the browser edition: text in, text out.

Every mistake is one of the program's own messages. Typer and rich are imported when the command line is first
asked for, rich also with the first lesson.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import field_texts  # noqa: F401 - first: a schema would look for these texts in the sources

from syncasync_sim import __version__
from syncasync_sim.cli import cost_guard
from syncasync_sim.cli.described import described
from syncasync_sim.cli.exit_codes import DONE, NOT_FINISHED, describe
from syncasync_sim.engine.estimate import Estimate, estimate
from syncasync_sim.errors import ScenarioError
from syncasync_sim.experiment import run_designs
from syncasync_sim.experiment.pilot import pilots
from syncasync_sim.files import bundled, load_scenario, parse_scenario
from syncasync_sim.files.changed_text import changed_text
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.document import document, to_json
from syncasync_sim.replay.explorer import Explorer, in_words
from syncasync_sim.replay.picture_limit import limit_sentence
from syncasync_sim.replay.recording import Recording
from syncasync_sim.stats import Comparison
from syncasync_sim.trace.records import Trace

if TYPE_CHECKING:
    from syncasync_sim.cli.progress_bar import Watcher
    from syncasync_sim.lessons.session import Session

NAME = "scenario.yaml"
"""What messages call a text that has no name of its own."""
COLUMNS = 100
"""The width of the tables of the command line, in characters."""
MISSED_AFTER_CHANGES = "Failed expectations do not count here, because the scenario is changed."
SLOWER = 2
"""How many times as long as on the computer itself a run takes in a page; measured were 1.4 to 1.8."""
_INSTALL = "install syncasync-sim on a computer for it"
ELSEWHERE = {
    "live": f"a page cannot start servers and brokers; {_INSTALL}",
    "play": f"a page cannot start a web server; {_INSTALL}, or move the sliders of a page",
    "notebooks": f"notebooks need Jupyter; {_INSTALL}",
    "--open": "a page cannot open another; leave out --open, or write the page with  export",
    "--dask": f"a page cannot reach a cluster; {_INSTALL}",
}
"""Words of the command line that ask for what no page has, and what is said then."""


def answer(call: str, arguments: str, tell_share: Callable[[float], object] | None = None) -> tuple[int, str]:
    """Answer one question of the page.

    Args:
        call: one of the names in CALLS.
        arguments: its arguments by name, as JSON.
        tell_share: called repeatedly, if the answer takes many runs, with the share that is done.

    Returns:
        The exit code that the command line would have, and the answer; with another code than 0 the message.
    """
    _page["tell_share"] = tell_share
    try:
        return DONE, CALLS[call](**json.loads(arguments))
    except BaseException as error:
        code, message = describe(error)
        return code, message.removeprefix("syncasync-sim: ")


def run(source: str, **how: Any) -> str:
    """The text that `run --trace` writes."""
    scenario, _, traces = _run(source, **how)
    return to_json(document(Recording(scenario, traces).comparison, traces))


def summary(source: str, **how: Any) -> str:
    """What `run --json` prints."""
    return _json(_run(source, **how)[1].to_dict(__version__))


def charts(source: str, positions: Mapping[str, object], **how: Any) -> str:
    """What the charts of a run show, by name, with the sliders in these positions."""
    from syncasync_sim.render.run_charts import RUN_CHARTS

    comparison, traces, _ = _turned(source, positions, **how)
    shown = {name: chart(comparison, traces) for name, chart in RUN_CHARTS.items()}
    return _json({name: chart.to_dict() for name, chart in shown.items() if chart})


def look(source: str, positions: Mapping[str, object], **how: Any) -> str:
    """The answer to positions of sliders: a picture, or the problem in words."""
    return _json(_explorer(source, **how).answer(positions))


def controls(source: str, **how: Any) -> str:
    """What can be turned in a scenario, and what can be done to its run."""
    explorer = _explorer(source, **how)
    turned = [control.to_dict() for control in explorer.controls]
    return _json({"controls": turned, "incidents": explorer.incidents})


def scenarios() -> str:
    """The text of each bundled scenario by its name."""
    return _json({name: bundled.read(name) for name in bundled.names()})


def catalogue() -> str:
    """The name, the title and the description of each bundled scenario."""
    all_of_them = map(load_scenario, bundled.names())
    return _json([{"name": s.name, "title": s.title, "description": s.description} for s in all_of_them])


def check(source: str, name: str | None = None) -> str:
    """Before a run: the scenario in a few words, its title, and `notes` on the run, or the `problem`."""
    scenario = _scenario(source, name or NAME)
    try:
        size, problem = _look_ahead(scenario, name=name), ""
    except ScenarioError as error:
        size, problem = None, in_words(error)
    long = [f"This takes {cost_guard.in_words(size)}."] if size and cost_guard.is_long(size) else []
    notes = [note for note in (*long, limit_sentence(scenario)) if note]
    told = {"title": scenario.title, "description": scenario.description}
    return _json({"is": described(scenario), "notes": notes, "problem": problem, **told})


def result(source: str, positions: Mapping[str, object], **how: Any) -> str:
    """What a run prints, as plain data, with the sliders in these positions.

    Raises ScenarioError for a run that takes very long.
    """
    from syncasync_sim.render.result_data import result_data

    comparison, traces, is_changed = _turned(source, positions, **how)
    missed = is_changed and not all(claim.holds for claim in comparison.claims)
    return _json({**result_data(comparison, traces), "claims_note": MISSED_AFTER_CHANGES if missed else ""})


def changes(source: str, positions: Mapping[str, object], **how: Any) -> str:
    """What sliders in these positions change: the values of `--set`, the text with them, and the command."""
    explorer, name = _explorer(source, **how), how.get("name") or NAME
    sets = explorer.change(positions)[1]
    text, name = (bundled.read(source), f"{source}.yaml") if _is_bundled(source) else (source, name)
    return _json({"sets": sets, "text": changed_text(text, name, sets), "command": explorer.command_of(sets)})


def keep(name: str, content: str) -> str:
    """Put a file of measured times, given in base64, beside the scenario; its name has no folder."""
    Path(Path(name).name).write_bytes(base64.b64decode(content))
    _explorer.cache_clear()  # its scenario may have read another file of that name
    return ""


def read(name: str) -> str:
    """The text of a file that an earlier command wrote."""
    return Path(Path(name).name).read_text(encoding="utf-8")


def tell(words: Sequence[str], files: Mapping[str, str], typed: str, columns: int | None) -> str:
    """Run the command line: its exit code, and what it prints.

    Args:
        words: the words after `syncasync-sim`.
        files: texts by file name, which are written beforehand; a command finds them, and those that earlier
            commands wrote.
        typed: the standard input.
        columns: the width in characters; None for the usual one.
    """
    if refused := next((why for word, why in ELSEWHERE.items() if word in words), None):
        return _json({"code": NOT_FINISHED, "out": "", "err": f"syncasync-sim: {refused}\n"})
    from syncasync_sim.cli.main import main

    _write(files)
    os.environ["COLUMNS"] = str(columns or COLUMNS)
    out, err = _stream(), _stream()
    before, sys.stdin = sys.stdin, _stream(typed)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = main(words)
    finally:
        sys.stdin = before
    return _json({"code": code, "out": _written(out), "err": _written(err)})


def lessons() -> str:
    """What each bundled lesson asks."""
    from syncasync_sim.files.lessons import lessons as bundled_lessons
    from syncasync_sim.lessons.page_lesson import question
    from syncasync_sim.lessons.session import Session

    return _json([question(Session(file)) for file in bundled_lessons()])


def lesson(source: str, **how: Any) -> str:
    """What a lesson asks: one of the bundled by its number or name, or a file of the page."""
    from syncasync_sim.lessons.page_lesson import question

    return _json(question(_session(source, **how)))


def lesson_recall(source: str, letter: str, columns: int, **how: Any) -> str:
    """What is said of an answer about an earlier lesson."""
    from syncasync_sim.lessons.page_lesson import answer_to

    session = _session(source, **how)
    session.answer(letter, part="recall")
    return _json(answer_to(session, "recall", columns))


def lesson_answer(source: str, letter: str, sure: int | None, why: str, columns: int, **how: Any) -> str:
    """What came of an answer; the reason for it is a letter, or words where there is nothing to choose."""
    from syncasync_sim.lessons.page_lesson import result

    _sessions.clear()
    session = _session(source, **how)
    session.answer(letter, sure)
    if session.choice(why, "why") is not None:
        session.answer(why, part="why")
    elif why.strip():
        session.say(why, "why")
    return _json(result(session, _watch(session), columns))


def lesson_change(source: str, index: int, guess: str, columns: int, **how: Any) -> str:
    """What a change does: 0 for the lesson's own, then the further cases. A guess is a letter, or words."""
    from syncasync_sim.lessons.page_lesson import case_result

    session = _revealed(source, **how)
    if index == 0 and session.choice(guess, "change") is not None:
        session.answer(guess, part="change")
        guess = ""
    return _json(case_result(session, index, guess, _watch(session), columns))


def lesson_transfer(source: str, letter: str, columns: int, **how: Any) -> str:
    """What came of the last question."""
    from syncasync_sim.lessons.page_lesson import transfer_result

    session = _revealed(source, **how)
    session.answer(letter, part="transfer")
    return _json(transfer_result(session, _watch(session), columns))


def lesson_picture(source: str, **how: Any) -> str:
    """The document of a lesson's run for the stage."""
    from syncasync_sim.lessons.page_lesson import picture

    return _json(picture(_revealed(source, **how)))


CALLS: Mapping[str, Callable[..., str]] = {
    call.__name__: call
    for call in (
        *(run, summary, charts, look, controls, scenarios, catalogue, check, result, changes),
        *(keep, read, tell),
        *(lessons, lesson, lesson_recall, lesson_answer, lesson_change, lesson_transfer, lesson_picture),
    )
}
_page: dict[str, Callable[[float], object] | None] = {"tell_share": None}
"""Whom the question that is being answered tells how far it is."""
_sessions: dict[str, Session] = {}
"""The lesson that was answered last."""


def _session(source: str, student: int | None = None, files: Mapping[str, str] | None = None) -> Session:
    """The lesson with its answer, if it is the one that was answered last."""
    from syncasync_sim.files.lessons import load_lesson
    from syncasync_sim.lessons.session import Session

    key = json.dumps([source, student, files])
    if key not in _sessions:
        _write(files or {})
        _sessions.clear()
        _sessions[key] = Session(load_lesson(source), student=student)
    return _sessions[key]


def _revealed(source: str, **how: Any) -> Session:
    """The same. Python may have started again since the answer, and the page still has it."""
    session = _session(source, **how)
    session.reveal()
    return session


def _watch(session: Session) -> Watcher:
    """Tells the page how far the runs of the lesson, or of its change, are."""
    from syncasync_sim.cli.progress_bar import Watcher
    from syncasync_sim.cli.signals import Stop

    class PageWatcher(Watcher):
        def goes_on(self, share: float) -> bool:
            if tell_share := _page["tell_share"]:
                tell_share(min(1.0, share))
            return True

    return PageWatcher(session.lesson.replications * len(MODES), Stop(says=""), on_screen=False)


def _run(
    source: str, seed: int | None = None, mode: Mode | None = None, name: str | None = None
) -> tuple[Scenario, Comparison, dict[Mode, Trace]]:
    scenario = _scenario(source, name or NAME)
    modes = MODES if mode is None else (mode,)
    _look_ahead(scenario, modes, name=name)
    return scenario, *run_designs(scenario, seed=seed, modes=modes)


def _look_ahead(scenario: Scenario, modes: Sequence[Mode] = MODES, *, name: str | None) -> Estimate:
    """The estimate of a run; raises ScenarioError if it would take very long."""
    size, shorter = estimate(scenario, modes, 1 + pilots(scenario)), ["fewer customers (traffic)"]
    size = replace(size, seconds=size.seconds * SLOWER)
    cost_guard.look_ahead([size], source=name or NAME, shorter=shorter, can_insist=False, tell=False)
    return size


def _turned(
    source: str, positions: Mapping[str, object], **how: Any
) -> tuple[Comparison, dict[Mode, Trace], bool]:
    """The run with the sliders in these positions, and whether it is another one than the scenario's own."""
    explorer = _explorer(source, **how)
    scenario, changes = explorer.change(positions)
    _look_ahead(scenario, name=how.get("name"))
    return *run_designs(scenario, seed=explorer.seed), bool(changes or explorer.seed is not None)


@lru_cache(maxsize=8)
def _explorer(source: str, seed: int | None = None, name: str | None = None) -> Explorer:
    """The scenario that somebody moves the sliders of."""
    return Explorer(_scenario(source, name or NAME), seed, name or (source if _is_bundled(source) else ""))


def _scenario(source: str, name: str) -> Scenario:
    return load_scenario(source) if _is_bundled(source) else parse_scenario(source.encode(), name)


def _is_bundled(source: str) -> bool:
    return source in bundled.names()


def _write(files: Mapping[str, str]) -> None:
    for name, text in files.items():
        Path(name).write_bytes(text.encode())


def _json(plain: object) -> str:
    return json.dumps(plain, separators=(",", ":"), allow_nan=False)


def _stream(text: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", write_through=True)


def _written(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
