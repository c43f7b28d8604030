"""What advice on a scenario consists of: the verdict on each step, and the measured effect of moving it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from syncasync_sim.advice.queue_advice import QueueAdvice
from syncasync_sim.advice.queue_facts import ROOM, rounded_up
from syncasync_sim.model.late_work import slowest_s
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.paths import of_step
from syncasync_sim.model.rules import Verdict
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.written import written
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.change import Change
from syncasync_sim.stats.findings import direction
from syncasync_sim.stats.premature_replies import PrematureReplies
from syncasync_sim.stats.worker_load import StationLoad


@dataclass(frozen=True, slots=True)
class StepAdvice:
    """One step: where the rules want it and why, and what moving it (and nothing else) does.

    `moved` is the asynchronous design before and after the move; None if it could not be run, and `not_run`
    says why. `promises` are the pages shown without waiting for a step they need, with the step on the
    queue. `loads` are those of the workers before and after the move; None where there is none to speak of.
    `bottlenecks` are the loads of what limits the work behind the queue, before and after.
    """

    verdict: Verdict
    moved: Change | None
    promises: PrematureReplies | None
    loads: tuple[float | None, float | None]
    bottlenecks: tuple[StationLoad | None, StationLoad | None]
    not_run: str
    what_if: str = ""
    """What moving it does, in plain words."""

    @property
    def name(self) -> str:
        return self.verdict.step.name

    @property
    def is_advised(self) -> bool:
        """Whether there is a place where it belongs."""
        return self.verdict.is_advised

    @property
    def mends(self) -> tuple[str, ...]:
        """The values of `--set` that let a step succeed that never does; empty where no setting does."""
        step = self.verdict.step
        if set(self.verdict.facts.never) != {"timeout"}:
            return ()
        return (f"{of_step(step.name, 'timeout')}={rounded_up(ROOM * slowest_s(step))}",)

    @property
    def place(self) -> Mode:
        """Where it belongs: `sync`, in the request; `async`, on the queue.

        Where there is no advice, or what was measured contradicts the rules, it stays where it is.
        """
        return self.now if self.is_contradicted else self.verdict.place

    @property
    def is_contradicted(self) -> bool:
        """Whether the move that the rules advise was measured to make something worse and nothing better."""
        if self.verdict.place == self.now or self.moved is None or self.verdict.step.is_needed:
            return False
        return direction(self.moved) == (False, True)

    @property
    def now(self) -> Mode:
        """Where the scenario's asynchronous design has it."""
        return self.verdict.now

    @property
    def rule(self) -> str:
        """The name of the rule that decides."""
        return self.verdict.rule.name

    def to_dict(self) -> dict[str, Any]:
        """Return the advice on the step as plain data, ready for JSON."""
        verdict, facts = self.verdict, self.verdict.facts
        return {
            **{
                "name": self.name,
                "advice": self.place if self.is_advised else None,
                "now": self.now,
                "rule": self.rule,
            },
            **{"reason": verdict.reason, "needed_for_reply": verdict.step.is_needed},
            "set": list(self.mends),
            "agree": [rule.name for rule in verdict.agree],
            "object": [rule.name for rule in verdict.object],
            **{"mean_s": facts.mean_s, "p95_s": facts.p95_s, "what_if": self.what_if},
            "moved": self.moved and self.moved.to_dict(),
            "promises": self.promises and asdict(self.promises),
            **{"worker_loads": list(self.loads), "not_run": self.not_run or None},
        }


@dataclass(frozen=True, slots=True)
class Advice:
    """What the rules make of a scenario, and what that would bring.

    `as_it_is` is its asynchronous design. `followed` sets it against the advised one (None if that is the
    same, or was not run), `from_request` everything in the request against the advised one. `load` is that
    of the workers as advised, `bottleneck` that of what limits the work behind the queue. `queue` is what
    there is to do before the advised design (the scenario as it is, where that could not be run) goes on a
    queue.
    """

    scenario: Scenario
    seed: int
    steps: tuple[StepAdvice, ...]
    as_it_is: Comparison
    followed: Change | None
    from_request: Change | None
    load: float | None
    bottleneck: StationLoad | None
    not_run: str
    queue: tuple[QueueAdvice, ...]
    partial: bool
    turned_away: float = 0.0
    """The messages that a full queue refused or dropped in the advised design."""
    down: str = ""
    """Which workers of the advised design are down for a good part of the time; empty if none is."""
    summary: tuple[str, ...] = ()
    """The advised design and what it brings, one sentence each."""

    @property
    def changes(self) -> tuple[StepAdvice, ...]:
        """The steps that the advice moves."""
        return tuple(step for step in self.steps if step.place != step.now)

    @property
    def sets(self) -> tuple[str, ...]:
        """The values of `--set` that make the advised design."""
        return tuple(
            f"{of_step(step.name, 'background')}={written(step.place == 'async')}"
            for step in self.steps
            if step.place != step.now
        )

    def to_dict(self, version: str) -> dict[str, Any]:
        """Return the JSON of `advise` as plain data.

        Args:
            version: the version of the program that made it.
        """
        data: dict[str, Any] = {
            **{"schema": 1, "scenario": self.scenario.name, "seed": self.seed},
            **{"replications": self.as_it_is.replications, "version": version},
            **{"summary": list(self.summary), "set": list(self.sets)},
            "advised": {step.name: step.place for step in self.steps},
            **{"worker_load": self.load, "not_run": self.not_run or None},
            "as_it_is": self.as_it_is.modes["async"],
            "followed": self.followed and self.followed.to_dict(),
            "from_request": self.from_request and self.from_request.to_dict(),
            "steps": [step.to_dict() for step in self.steps],
            "queue": [queue_advice.to_dict() for queue_advice in self.queue],
        }
        return {**data, "partial": True} if self.partial else data
