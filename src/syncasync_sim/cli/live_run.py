"""From the words of `live` to both runs: the prediction, and the same for real."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syncasync_sim.cli import suggestions
from syncasync_sim.cli.printed import command
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.signals import Stop
from syncasync_sim.errors import masked

if TYPE_CHECKING:
    from syncasync_sim import Scenario, Trace
    from syncasync_sim.live.measure import Measured
    from syncasync_sim.model.modes import Mode

NO_BROKER = "sqlite:"
"""Where the queue is when nobody names a broker."""
LONG_S = 10.0
"""If a run takes so many seconds or more, `live` says so before it starts."""


@dataclass
class LiveRun:
    """A scenario, its prediction, and what was measured, by design."""

    scenario: Scenario
    seed: int
    speed: float
    url: str = NO_BROKER
    ahead: dict[Mode, Trace] = field(default_factory=dict)
    """The prediction of each design that is to be measured."""
    measured: dict[Mode, Measured] = field(default_factory=dict)
    note: str = ""
    """What the prediction takes from the server instead of the preset, where that matters."""

    def check(self, url: str, modes: tuple[Mode, ...], preset: str | None = None) -> None:
        """Put the scenario on the broker's preset, and check that it can be run for real.

        A warm-up that is `auto` is found by simulation. Nothing is connected.

        Args:
            url: the URL of the broker.
            modes: the designs.
            preset: the name of the preset; by default the one of the URL.

        Raises:
            ScenarioError: it cannot be run for real.
        """
        self.scenario, self.url = _on(self.scenario, url, preset), url
        suggestions.refuse_with_suggestions(self.scenario, modes, url, self.speed)
        if self.scenario.warm_up == "auto":
            from syncasync_sim.experiment.pilot import with_settled_warm_up

            self.scenario = with_settled_warm_up(self.scenario, self.seed, modes)

    def predict(self, modes: tuple[Mode, ...]) -> None:
        """Simulate each design.

        Args:
            modes: the designs.
        """
        from syncasync_sim.engine import simulate

        for mode in modes:
            self.ahead[mode] = simulate(self.scenario, mode, seed=self.seed)

    def remarks(self, modes: tuple[Mode, ...]) -> list[str]:
        """Return what a reader has to know before the run is waited for.

        Args:
            modes: the designs.
        """
        return [*self._idle_workers(modes), *self._duration()]

    def _duration(self) -> list[str]:
        """How long it will take, if that is long."""
        from syncasync_sim.live.measure import expected_s

        takes_s = sum(expected_s(trace, self.speed) for trace in self.ahead.values())
        return [f"This takes about {takes_s:,.0f} s. Ctrl-C ends it."] if takes_s >= LONG_S else []

    def _idle_workers(self, modes: tuple[Mode, ...]) -> list[str]:
        queue, count = self.scenario.queue, self.scenario.workers.count
        partitions = queue.partitions
        if "async" not in modes or not isinstance(partitions, int) or queue.assignment != "owned":
            return []
        if count <= partitions:
            return []
        idle = (
            f"Worker {count} gets" if count == partitions + 1 else f"Workers {partitions + 1} to {count} get"
        )
        return [
            f"{idle} no message while the others live: each partition is read by one worker, and "
            f"queue.partitions is {partitions}. Add  --set queue.partitions={count}"
        ]

    def go(self, url: str, stop: Stop) -> None:
        """Measure each design that was predicted.

        Args:
            url: the URL of the broker.
            stop: the handler of Ctrl-C.

        Raises:
            RunStopped: somebody asked to stop before the first customer of a design came.
        """
        from syncasync_sim.live.measure import measure
        from syncasync_sim.stats import summarise
        from syncasync_sim.stats.predicted import check_counts

        if "async" in self.ahead:
            self._adopt_version(url)
        with Watcher(len(self.ahead), stop, on_screen=True) as watch:
            for mode, predicted in self.ahead.items():
                done = measure(self.scenario, mode, seed=self.seed, url=url, speed=self.speed, watch=watch)
                counted = done.counted
                check_counts(
                    summarise(done.trace), counted.effects, counted.duplicates, counted.phantom_errors
                )
                self.measured[mode] = done.beside(predicted)
                if self.measured[mode].trouble or stop.requested:
                    return

    def _adopt_version(self, url: str) -> None:
        """Adopt what the server has otherwise than the preset, where that makes a difference.

        What the scenario itself says stays.
        """
        from syncasync_sim.engine import simulate
        from syncasync_sim.experiment import on_broker
        from syncasync_sim.live.measure import refuse
        from syncasync_sim.live.plan import broker_at, wanted_of
        from syncasync_sim.live.protocol import HasVersions
        from syncasync_sim.model.written import display_text
        from syncasync_sim.stats import summarise

        broker = broker_at(url, wanted_of(self.scenario, "version", self.speed))
        if not isinstance(broker, HasVersions):
            return
        server, queue = broker.server(), self.scenario.queue
        values = {
            name: value
            for name, value in broker.differences(server.version).items()
            if name not in queue.model_fields_set
        }
        adopted = on_broker(
            self.scenario, broker.preset, {f"queue.{name}": value for name, value in values.items()}
        )
        predicted = simulate(adopted, "async", seed=self.seed)
        if summarise(predicted).to_dict() != summarise(self.ahead["async"]).to_dict():
            refuse(adopted, "async", url, self.speed)
            named = ", ".join(f"{name} {display_text(value)}" for name, value in values.items())
            self.scenario, self.ahead["async"] = adopted, predicted
            self.note = f"Predicted for {server}, which differs from the preset: {named}."

    @property
    def predicted(self) -> dict[Mode, Trace]:
        """The predictions of the designs that were measured."""
        return {mode: self.ahead[mode] for mode in self.measured}

    @property
    def traces(self) -> dict[Mode, Trace]:
        """What was measured."""
        return {mode: done.trace for mode, done in self.measured.items()}

    @property
    def troubles(self) -> list[str]:
        return [done.trouble for done in self.measured.values() if done.trouble]

    def warnings(self) -> list[str]:
        """Return the warnings to print before any figure."""
        from syncasync_sim.model.formats import format_share, format_time
        from syncasync_sim.render.headline import PARTIAL

        sentences = [f"PARTIAL: {mode} was not run." for mode in self.ahead if mode not in self.measured]
        for mode, done in self.measured.items():
            if done.trouble:
                sentences.append(f"PARTIAL, {mode}: {done.trouble}.")
            elif done.trace.partial:
                sentences.append(PARTIAL)
            if done.left and urlsplit(self.url).netloc:  # a server of its own is removed as a whole
                again = command("live", "--sweep", masked(self.url))
                sentences.append(f"LEFT BEHIND on {masked(self.url)}: {done.left}. Later:  {again}")
            if done.server is not None and done.server.differs:
                sentences.append(f"NOT AS THE REAL BROKER, {done.server}: {done.server.differs}.")
        for mode, done in self.measured.items():
            if not done.pace.keeps_up:
                pace = done.pace
                speed = suggestions.slower(self.scenario, mode, self.url, pace.advised_speed)
                busy = f"; the processors were {format_share(pace.busy)} busy" if pace.busy > 0.8 else ""
                sentences.append(
                    f"TOO FAST for this machine, {mode}: it makes times {format_time(pace.delay_s)} longer, "
                    f"and with more than {format_time(pace.allowed_s)} they say nothing about the scenario. "
                    f"Mostly {pace.cause}{busy}. Try --speed {speed:g}."
                )
        return sentences


def _on(scenario: Scenario, url: str, preset: str | None) -> Scenario:
    """The scenario with the preset of the broker at *url*; what it says itself about its queue holds, but for
    keys of its own broker that this one does not know."""
    from pydantic import ValidationError

    from syncasync_sim.cli.brokers import does_not_go
    from syncasync_sim.experiment import on_broker
    from syncasync_sim.live.plan import adapter

    preset = preset or adapter(url).preset
    if preset == "ideal" or scenario.queue.broker.startswith(preset):
        return scenario
    try:
        return on_broker(scenario, preset)
    except ValidationError as error:
        raise does_not_go(error) from None


def url_to_be(broker: str | None, start: str | None) -> str:
    """The URL of the broker; for one that is not started yet, only its scheme.

    Args:
        broker: the URL that was given; None for none.
        start: the kind of server to start; None for none.
    """
    if start is None:
        return broker or NO_BROKER
    servers = import_module("syncasync_sim.live.servers")
    _, mark, query = start.partition("?")
    return f"{servers.SCHEMES[preset_of(start)]}://{mark}{query}"


def preset_of(start: str) -> str:
    """The name of the preset of a server to start.

    Args:
        start: any name of the broker, and after a `?` its options.
    """
    from syncasync_sim.model.brokers import preset_name

    return preset_name(start.partition("?")[0])


@contextlib.contextmanager
def broker_url(broker: str | None, start: str | None, modes: tuple[Mode, ...], stop: Stop) -> Iterator[str]:
    """Yield the URL of the broker, and start and stop the server if one is asked for.

    Args:
        broker: the URL that was given; None for none.
        start: the kind of server to start; None for none.
        modes: the designs; only the asynchronous one needs a broker.
        stop: the handler of Ctrl-C.

    Raises:
        RunStopped: somebody asked to stop while the server was starting.
    """
    if start is None or "async" not in modes:
        yield broker or NO_BROKER
        return
    with import_module("syncasync_sim.live.servers").started(start, lambda: not stop.requested) as url:
        yield url
