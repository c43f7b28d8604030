"""From the words of a command to a finished run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncasync_sim.cli.interrupts import Stop
from syncasync_sim.cli.options import Designs
from syncasync_sim.cli.progress import Watcher

if TYPE_CHECKING:
    from syncasync_sim import Comparison, Scenario, Trace
    from syncasync_sim.model.scenario import Mode
    from syncasync_sim.stats.contrast import Contrast


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
        """The options that ask the same again."""
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
    baseline: Scenario | None
    contrasts: dict[Mode, Contrast]


def answer(question: Question, *, bar: bool = True) -> Answer:
    """Load the scenario and run it. Raises ScenarioError and RunTooLongError."""
    from syncasync_sim.experiment import run_beside, run_designs
    from syncasync_sim.files import load_scenario
    from syncasync_sim.model.scenario import MODES

    scenario = load_scenario(question.source, question.sets)
    baseline = None if question.compare_to is None else load_scenario(question.compare_to)
    modes: tuple[Mode, ...] = MODES if question.mode == "both" else (question.mode,)
    seed, replications = scenario.seed if question.seed is None else question.seed, question.replications
    contrasts: dict[Mode, Contrast] = {}
    runs = replications * len(modes) * (1 if baseline is None else 2)
    with Stop() as stop, Watcher(runs, stop, shown=bar) as watch:
        how: Any = {"seed": seed, "modes": modes, "replications": replications, "watch": watch}
        if baseline is None:
            comparison, traces = run_designs(scenario, **how)
        else:
            comparison, traces, contrasts = run_beside(scenario, baseline, **how)
    return Answer(question, scenario, comparison, traces, stop.asked, baseline, contrasts)
