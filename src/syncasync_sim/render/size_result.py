"""What a search for the smallest value, or the largest, found, how sure it is, and what theory says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from syncasync_sim._version import __version__
from syncasync_sim.experiment import Sizing, Trial
from syncasync_sim.experiment.sizing import ENOUGH_SERVED
from syncasync_sim.model.figures import CLOSE
from syncasync_sim.model.formats import format_share, format_spread, format_time, format_value, longest_of
from syncasync_sim.model.quantities import format_duration
from syncasync_sim.render.responsive import Grid, Lines, Responsive
from syncasync_sim.stats.assumptions import cut_note


def sizing_page(sizing: Sizing) -> Group:
    """The page of a sizing, for a terminal of any width."""
    scenario = sizing.scenario
    parts: list[RenderableType] = [Lines([scenario.title or scenario.name], style="bold")]
    if sizing.stopped:
        parts.append(
            Lines([f"PARTIAL: stopped before the end of the search; {_finished(sizing)}."], style="bold")
        )
    parts += ["", Lines([finding(sizing)]), "", Trials(sizing), ""] if sizing.trials else [""]
    return Group(*parts, Lines(size_notes(sizing), hanging=2))


def size_notes(sizing: Sizing) -> list[str]:
    """Return the remarks below the trials: how sure the answer is, a cut, theory, and what was run."""
    cut = cut_note(trial.cut_at_s for trial in sizing.trials if trial.cut_at_s is not None)
    return [*_confidence(sizing), *cut, *_theory(sizing), _footer(sizing)]


def _finished(sizing: Sizing) -> str:
    """How many values were tried before the search was stopped, and in how many replications."""
    tried, each = len(sizing.trials), sizing.replications
    if not tried:
        return "no value was tried to its end"
    values = "1 value was tried" if tried == 1 else f"{tried} values were tried"
    return f"{values}, in {each} replications{' each' if tried > 1 else ''}" if each > 1 else values


def finding(sizing: Sizing) -> str:
    """The answer in a sentence or two."""
    key, target, answer = sizing.axis.key, sizing.target.text.strip(), sizing.answer
    values = sizing.axis.values
    span = f"{values[0].written} to {values[-1].written}"
    if sizing.stopped:
        return "The search did not come to its end: the values below are those that were tried to their end."
    if answer is None:
        return f"No value of {key} that was tried, from {span}, meets {target}.{_too_few_served(sizing)}"
    if sizing.verdict == "falling":
        return (
            f"The largest {key} that meets {target} is {answer.value.written}: "
            "the target is met up to there, and no longer after it."
        )
    smallest = answer.value.written
    if sizing.verdict == "found":
        return f"The smallest {key} that meets {target} is {smallest}."
    if sizing.verdict == "everywhere":
        return (
            f"Every value of {key} that was tried, from {span}, meets {target}: the smallest is {smallest}."
        )
    return (
        f"The smallest {key} seen to meet {target} is {smallest}. But the target is not monotone: it is met, "
        f"missed and met again as the value grows{_untried(sizing)}."
    )


def _untried(sizing: Sizing) -> str:
    all_tried = len(sizing.trials) == len(sizing.axis.values)
    return "" if all_tried else ", so a smaller one that was not tried may meet it, too"


def _too_few_served(sizing: Sizing) -> str:
    """Where the target holds, but only for a few: what to do about it."""
    few = [trial for trial in sizing.trials if trial.holds and not trial.meets]
    if not few:
        return ""
    best = max(few, key=lambda trial: trial.share or 0.0)
    return (
        f" With {best.value.written} it holds for {_served(sizing)}, but that is only "
        f"{format_share(best.share)} of all clicks. A target that counts every click is for instance "
        f"{_of_all(sizing)}; --of-those-served accepts this share."
    )


def _served(sizing: Sizing) -> str:
    figure = sizing.target.left.figure
    return "those who got the page" if figure.of == "responses.ok" else "the work that was completed"


def _of_all(sizing: Sizing) -> str:
    left, right = sizing.target.left, sizing.target.right
    name = "answered_within" if left.figure.of == "responses.ok" else "done_within"
    limit = format_duration(right) if isinstance(right, float) and right > 0 else "2s"
    return f"{left.mode}.{name}({limit}) >= 99%"


class Trials(Responsive):
    """The values that were tried, in their order."""

    def __init__(self, sizing: Sizing) -> None:
        self.sizing = sizing
        figure = sizing.target.left
        self.head = (sizing.axis.key, f"{figure.mode}.{figure.name}", "target")
        self.lines = [
            (trial.value.written, measured(sizing, trial), f"{_word(trial)}{_of_how_many(trial)}")
            for trial in sizing.trials
        ]

    def ways(self) -> Iterator[Sequence[Grid]]:
        yield [Grid([[Text(head, "bold") for head in self.head], *self.lines], "rrl")]

    def sentences(self) -> list[str]:
        return [f"{self.head[0]} {value}: {figure}, {word}" for value, figure, word in self.lines]


def _word(trial: Trial) -> str:
    if not trial.settles:
        return "never settles"
    if not trial.ends:
        return "missed (the run was cut: its end is not known)"
    return "met" if trial.meets else "missed"


def _of_how_many(trial: Trial) -> str:
    """`, of 11.2 % of all clicks`, where the figure does not speak of all of them."""
    if trial.share == 0:
        return " (no click has it)"
    return (
        "" if trial.share is None or trial.share == 1 else f" (of {format_share(trial.share)} of all clicks)"
    )


def measured(sizing: Sizing, trial: Trial) -> str:
    """The text of the figure, with half the width of its interval if it has one.

    Args:
        sizing: the sizing.
        trial: the tried value.
    """
    unit, longest_s = sizing.target.left.figure.unit, _longest_s(sizing)
    if trial.figure is None or trial.interval is None or trial.interval[1] - trial.interval[0] <= CLOSE:
        return format_value(trial.figure, unit, longest_s)
    half = (trial.interval[1] - trial.interval[0]) / 2
    if unit == "share":
        return f"{format_share(trial.figure)} ± {100 * half:.3g} pts"
    return format_spread(trial.figure, half, unit, longest_s).removeprefix("+")


def _longest_s(sizing: Sizing) -> float:
    """The longest time in the table, where the figure is one."""
    return longest_of(trial.figure for trial in sizing.trials if sizing.target.left.figure.unit == "s")


def _confidence(sizing: Sizing) -> Iterator[str]:
    """Whether the intervals at the answer and at its neighbour that misses the target leave a doubt."""
    if sizing.stopped or sizing.answer is None:
        return
    if sizing.answer.share is not None and sizing.answer.share < ENOUGH_SERVED:
        share = format_share(sizing.answer.share)
        yield f"This is the time of {_served(sizing)}: {share} of all clicks (--of-those-served)."
    if sizing.replications == 1:
        yield "One replication has no interval: --replications 10 tells how sure this is."
        return
    for trial in (t for t in sizing.trials if t in (sizing.answer, sizing.beyond)):
        if not trial.ends:
            continue
        if trial.settles:
            yield f"At {trial.value.written} it is {_words(sizing, trial)}."
        else:
            yield f"At {trial.value.written} it does not settle (warm_up: auto): {trial.unsettled}."


def _words(sizing: Sizing, trial: Trial) -> str:
    sure, text = trial.is_sure(sizing.target), measured(sizing, trial)
    verb = "meets" if trial.meets else "misses"
    if trial.interval is None:
        return f"{text}, measured too seldom for an interval"
    if trial.interval[1] - trial.interval[0] <= CLOSE:
        return f"{text} in every replication"
    if sure is None:
        return f"{text} (95 % interval)"
    # No figure is below 0, and no share above 1, wherever the interval of the mean begins and ends.
    unit = sizing.target.left.figure.unit
    most = 1.0 if unit == "share" else float("inf")
    low, high = (format_value(min(max(end, 0.0), most), unit, _longest_s(sizing)) for end in trial.interval)
    if sure:
        return f"{text}: the whole 95 % interval, {low} to {high}, {verb} the target"
    return (
        f"{text}: it {verb} the target, but the 95 % interval, {low} to {high}, reaches across; "
        "more --replications make it narrower"
    )


def _theory(sizing: Sizing) -> Iterator[str]:
    """What the formula answers, and its figures beside what was measured."""
    if sizing.theory is None:
        return
    answer, theory = sizing.theory, sizing.theory.theory
    system = f"{theory.system}, {format_share(theory.utilisation)} busy"
    figure = f"{format_time(theory.value_s)} ({system})"
    yield f"Theory: in the long run {answer.value.written} is the {answer.end} that meets it, with {figure}."


def _footer(sizing: Sizing) -> str:
    n = sizing.replications
    runs = [] if not sizing.trials else ["1 replication" if n == 1 else f"means of {n} replications"]
    tried = f"{len(sizing.trials)} of {len(sizing.axis.values)} values tried"
    return " • ".join([f"seed {sizing.seed}", tried, *runs, f"syncasync-sim {__version__}"])
