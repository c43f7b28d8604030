"""What all parts of one run share."""

from __future__ import annotations

from dataclasses import dataclass

from syncasync_sim.engine.called_service import CalledService
from syncasync_sim.engine.environment import Environment
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.model.attempts import AttemptSampler, attempt_sampler
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario


@dataclass(frozen=True, slots=True)
class RunContext:
    """The scenario of a run, its random numbers, its environment, and where the rows are written."""

    scenario: Scenario
    mode: Mode
    draws: RandomStreams
    env: Environment
    recorder: Recorder
    attempts: tuple[AttemptSampler, ...]
    """One a step: the duration, outcome and retry delay of each attempt."""
    services: tuple[CalledService | None, ...]
    """One a step; None where the called service has no limit."""

    @classmethod
    def of(cls, scenario: Scenario, mode: Mode, draws: RandomStreams) -> RunContext:
        """The context of a run that begins now.

        Args:
            scenario: the scenario to run.
            mode: the design, `sync` or `async`.
            draws: the random numbers of the run.
        """
        return cls(
            scenario=scenario,
            mode=mode,
            draws=draws,
            env=Environment(),
            recorder=Recorder(),
            attempts=tuple(attempt_sampler(step, draws) for step in scenario.steps),
            services=tuple(
                None if step.concurrency is None else CalledService(step.concurrency)
                for step in scenario.steps
            ),
        )
