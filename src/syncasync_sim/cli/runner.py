"""From the words of a command to a finished run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncasync_sim.cli.options import Designs
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.signals import STOPPING, Stop
from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim import Comparison, Scenario, Trace
    from syncasync_sim.model.modes import Mode
    from syncasync_sim.stats.change import Change


@dataclass(frozen=True, slots=True)
class Question:
    """What a command asks: a scenario, changed or not, and how to run it."""

    source: str
    sets: Sequence[str] = ()
    seed: int | None = None
    mode: Designs = "both"
    replications: int = 1
    compare_to: str | None = None

    @property
    def is_changed(self) -> bool:
        """Whether this is no longer what the file's author had in mind when writing what to expect.

        Expectations given by --set are the user's own: they count.
        """
        own = any(text.lstrip().startswith("expect") for text in self.sets)
        return (bool(self.sets) or self.seed is not None) and not own

    def arguments(self) -> list[str]:
        """Return the command-line options that ask the same question again."""
        seed = [] if self.seed is None else ["--seed", str(self.seed)]
        return [*seed, *(word for text in self.sets for word in ("--set", text))]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it; `stopped`: Ctrl-C was pressed meanwhile.

    `baseline` is the scenario it is compared to; `contrasts` says how each design differs from there.
    """

    question: Question
    scenario: Scenario
    comparison: Comparison
    traces: dict[Mode, Trace]
    stopped: bool
    baseline: Scenario | None = None
    contrasts: Mapping[Mode, Change] = field(default_factory=dict)


def answer(
    question: Question,
    *,
    bar: bool = True,
    first: Callable[[Scenario], None] | None = None,
    says: str = STOPPING,
) -> Answer:
    """Load and run a scenario, or read the run that `run --trace` has written.

    Args:
        question: the options of the command.
        bar: whether a progress bar is shown.
        first: called with the scenario before it is run; it may refuse it with an error.
        says: the message after the first Ctrl-C.

    Raises:
        ScenarioError: the scenario or the recorded run cannot be read.
        RunTooLongError: the run does not come to an end.
    """
    from syncasync_sim.files import load_scenario
    from syncasync_sim.model.modes import MODES
    from syncasync_sim.replay.saved import is_trace

    modes: tuple[Mode, ...] = MODES if question.mode == "both" else (question.mode,)
    if is_trace(question.source):
        return _recorded(question, modes)
    scenario = load_scenario(question.source, question.sets)
    baseline = None if question.compare_to is None else load_scenario(question.compare_to)
    if first is not None:
        first(scenario)
    return run_scenario(question, scenario, modes, baseline=baseline, bar=bar, says=says)


def _recorded(question: Question, modes: Sequence[Mode]) -> Answer:
    """A run that was written down: nothing can be asked of it that would need another one."""
    from syncasync_sim.replay.recording import Recording
    from syncasync_sim.replay.saved import load_trace

    if question.sets or question.seed is not None or question.replications > 1 or question.compare_to:
        raise ScenarioError(
            f"{question.source}: this is a recorded run; it takes no --set, --seed, --replications, "
            "--compare-to\n  = give them with the scenario, and write the run again with --trace"
        )
    recording = load_trace(question.source)
    traces = {mode: trace for mode, trace in recording.traces.items() if mode in modes}
    if not traces:
        held = " and ".join(recording.traces) or "none"
        raise ScenarioError(
            f"{question.source}: the {question.mode} design was not recorded\n  = it holds: {held}"
        )
    comparison = Recording(recording.scenario, traces).comparison
    return Answer(question, recording.scenario, comparison, traces, False)


def run_scenario(
    question: Question,
    scenario: Scenario,
    modes: Sequence[Mode],
    *,
    baseline: Scenario | None = None,
    bar: bool = True,
    says: str = STOPPING,
) -> Answer:
    """Run a scenario as the question asks.

    Args:
        question: the options of the command.
        scenario: the scenario.
        modes: the designs.
        baseline: a scenario to compare it with; None for none.
        bar: whether a progress bar is shown.
        says: the message after the first Ctrl-C.

    Raises:
        RunTooLongError: the run does not come to an end.
    """
    from syncasync_sim.experiment import run_beside, run_designs
    from syncasync_sim.experiment.pilot import pilots

    seed, replications = scenario.seed if question.seed is None else question.seed, question.replications
    contrasts: dict[Mode, Change] = {}
    runs = sum(replications + pilots(item) for item in (scenario, baseline) if item is not None) * len(modes)
    with Stop(says) as stop, Watcher(runs, stop, on_screen=bar, at_once=len(modes)) as watch:
        how: Any = {"seed": seed, "modes": modes, "replications": replications, "watch": watch}
        if baseline is None:
            comparison, traces = run_designs(scenario, **how)
        else:
            comparison, traces, contrasts = run_beside(scenario, baseline, **how)
    return Answer(question, scenario, comparison, traces, stop.requested, baseline, contrasts)
