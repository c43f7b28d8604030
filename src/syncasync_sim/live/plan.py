"""What every process of a run knows from the start, and the clock that they share."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from syncasync_sim.errors import ScenarioError, masked
from syncasync_sim.live.protocol import (
    ADAPTERS,
    CA_FILE,
    PASSWORD_VARIABLE,
    TAKE_CA_FILE,
    Broker,
    QueueRequirements,
)
from syncasync_sim.model.attempts import AttemptSampler, attempt_sampler, delay_us
from syncasync_sim.model.customers import random_streams
from syncasync_sim.model.measured import columns_of_data, columns_to_data, known_columns
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import together_at_most
from syncasync_sim.model.theory.visits import request_s

BROKER_VARIABLE = "SYNCASYNC_BROKER"
"""The environment variable with the URL of the broker: a command line is seen by everybody."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The scenario's clock, in whole microseconds: so many times as fast as real time since it began."""

    began_at: float
    """`time.monotonic()` at the scenario's 0."""
    speed: float

    def us(self, moment: float) -> int:
        """Return the scenario's time, in microseconds, at a moment of `time.monotonic()`."""
        return round((moment - self.began_at) * self.speed * US_PER_S)

    def now_us(self) -> int:
        """Return the scenario's time now, in microseconds."""
        return self.us(monotonic())

    def moment(self, us: int) -> float:
        """Return the `time.monotonic()`, in seconds, of a time of the scenario."""
        return self.began_at + us / US_PER_S / self.speed

    def real_s(self, us: int) -> float:
        """Return the real seconds of a length of time of the scenario."""
        return us / US_PER_S / self.speed


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of one design: what to do, how fast, with which broker, and in which folder it keeps itself."""

    scenario: Scenario
    mode: Mode
    seed: int
    replication: int
    speed: float
    url: str
    wanted: QueueRequirements
    folder: Path

    @property
    def file(self) -> Path:
        """Where the plan itself is kept for the other processes."""
        return self.folder / "plan.json"

    @property
    def event_log(self) -> Path:
        """The database of the run."""
        return self.folder / "event_log.sqlite"

    @property
    def has_worker_threads(self) -> bool:
        """Whether the workers are threads of the web service."""
        return self.mode == "async" and self.scenario.queue.in_process

    @property
    def has_worker_processes(self) -> bool:
        """Whether the workers are processes of their own."""
        return self.mode == "async" and not self.scenario.queue.in_process

    @property
    def has_relay(self) -> bool:
        """Whether messages go through an outbox."""
        return self.mode == "async" and self.scenario.queue.has_outbox

    def draws(self) -> RandomStreams:
        """The random numbers of the run, the same as in the simulation."""
        return random_streams(self.scenario, self.seed, self.replication)

    def attempts(self) -> list[AttemptSampler]:
        """Return the sampler of attempts for each step, as in the simulation."""
        draws = self.draws()
        return [attempt_sampler(step, draws) for step in self.scenario.steps]

    def broker(self) -> Broker:
        """The adapter of the broker, not yet connected."""
        return broker_at(self.url, self.wanted)

    def save(self) -> None:
        """Write the plan for the other processes, without the URL: its password is on no disk."""
        plain: dict[str, Any] = {
            **{"scenario": self.scenario.to_data(), "mode": self.mode, "seed": self.seed},
            **{"replication": self.replication, "speed": self.speed},
            "measured": columns_to_data(self.scenario.measured.values()),
            **{"wanted": self.wanted.to_data(), "folder": str(self.folder)},
        }
        self.file.write_text(json.dumps(plain), encoding="utf-8")
        self.file.chmod(0o600)

    def environment(self) -> dict[str, str]:
        """Return the environment of the other processes, which holds the URL."""
        return {**os.environ, BROKER_VARIABLE: self.url}

    @classmethod
    def load(cls, file: Path) -> Plan:
        """Read the plan that `save` wrote; the URL is in the environment."""
        plain = json.loads(file.read_text(encoding="utf-8"))
        plain["url"] = os.environ[BROKER_VARIABLE]
        columns = known_columns(columns_of_data(plain.pop("measured")))
        plain["scenario"] = Scenario.model_validate(plain["scenario"], context=columns)
        plain["wanted"], plain["folder"] = QueueRequirements.of(plain["wanted"]), Path(plain["folder"])
        return cls(**plain)


def adapter(url: str) -> type[Broker]:
    """The adapter class for the URL of a broker.

    Args:
        url: the URL.

    Raises:
        ScenarioError: the URL is of no known kind.
    """
    scheme = _in_lower_case(url).partition(":")[0]
    if scheme not in ADAPTERS:
        known = ", ".join(f"{name}:" for name in ADAPTERS)
        raise ScenarioError(f"'{masked(url)}' is no broker's URL\n  = it begins with one of {known}")
    if "//" in url:
        _check_parts(url)
        _check_ca_file(url)
    module, name = ADAPTERS[scheme]
    adapter_class: type[Broker] = getattr(import_module(f"syncasync_sim.live.{module}"), name)
    return adapter_class


def broker_at(url: str, wanted: QueueRequirements) -> Broker:
    """The adapter for the URL of a broker, not yet connected.

    Args:
        url: the URL; its scheme may be in capitals.
        wanted: the requirements on the queue.

    Raises:
        ScenarioError: the URL is of no known kind.
    """
    return adapter(url)(_in_lower_case(url), wanted)


def _in_lower_case(url: str) -> str:
    """The URL with its scheme in lower case."""
    scheme, colon, rest = url.partition(":")
    return f"{scheme.lower()}{colon}{rest}"


def with_password(url: str) -> str:
    """The URL of a broker with the password of the environment, if it has a user, or `:`, and no password.

    Args:
        url: the URL.
    """
    before, at, host = url.rpartition("@")
    scheme, slashes, login = before.partition("//")
    user, _, given = login.partition(":")
    password = os.environ.get(PASSWORD_VARIABLE)
    return (
        f"{scheme}{slashes}{user}:{quote(password, safe='')}@{host}" if at and password and not given else url
    )


def _check_ca_file(url: str) -> None:
    """Raise ScenarioError for a file of authorities that is not there, or that nothing would use."""
    parts = urlsplit(url)
    files = parse_qs(parts.query).get(CA_FILE, [])
    if files and parts.scheme not in TAKE_CA_FILE:
        kinds = ", ".join(f"{scheme}:" for scheme in TAKE_CA_FILE)
        raise ScenarioError(f"'{masked(url)}': nothing is encrypted there\n  = {CA_FILE} goes with {kinds}")
    for file in files:
        if not Path(file).is_file():
            raise ScenarioError(f"'{masked(url)}': there is no file {file}\n  = {CA_FILE} names a file")


def _check_parts(url: str) -> None:
    """Raise ScenarioError for a URL that falls apart in the wrong places.

    What Python says of it is not told: it repeats a part of the password.
    """
    if not url.isprintable() or " " in url:
        raise ScenarioError(
            "the broker's URL holds a space or a control character\n  = write %20 for a space"
        )
    try:
        parts = urlsplit(url)
        is_complete = "@" not in parts.path + parts.query + parts.fragment
        if not parts.scheme.startswith("kafka"):  # there may be several of them
            is_complete = is_complete and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete:
        cure = "write  scheme://user:password@host:port, in a password %2F for /, %23 for #, %3F for ?"
        cure += f", or put the password into {PASSWORD_VARIABLE}"
        raise ScenarioError(f"'{masked(url)}' is no broker's URL: it has no host and port\n  = {cure}")


def wanted_of(scenario: Scenario, name: str, speed: float) -> QueueRequirements:
    """The requirements of a scenario on the queue.

    All its background steps have the same limit of deliveries.

    Args:
        scenario: the scenario.
        name: the name of the queue.
        speed: how many times as fast as the scenario it runs.
    """
    limits, freezes = _limits(scenario), scenario.workers.freezes
    has_delays = scenario.queue.failure in ("requeue", "in_place")
    delays = {s for step in _background(scenario) for s in _delays_s(scenario, step)} if has_delays else ()
    return QueueRequirements(
        name=name,
        queue=scenario.queue,
        workers=scenario.workers.count,
        renew=scenario.workers.renew,
        speed=speed,
        max_deliveries=limits[0] if limits else None,
        retry_delays_s=tuple(sorted(s / speed for s in delays)),
        has_jitter=any(step.retry.jitter == "full" for step in _background(scenario)),
        has_host_crash=bool(freezes) or any(crash.kind == "host" for crash in scenario.workers.crashes),
        has_freezes=bool(freezes),
        has_stops=bool(scenario.workers.stops),
    )


def url_of(scenario: Scenario, url: str) -> str:
    """The URL of the queue of a scenario: one in the web service needs no broker.

    Args:
        scenario: the scenario.
        url: the URL of the broker.
    """
    return IN_PROCESS if scenario.queue.in_process else url


IN_PROCESS = "in-process:"
"""The URL of a queue in the memory of the web service."""


def threads_of(plan: Plan) -> int:
    """Return the number of threads of the web service; for unlimited ones, one per expected request."""
    requests = plan.scenario.traffic.expected_customers * (1 + plan.scenario.customer.resubmits)
    return plan.scenario.server.threads or min(round(requests * 1.5) + 10, MOST_THREADS)


def reasons_against(scenario: Scenario, mode: Mode) -> Sequence[str]:
    """Return the reasons why no broker can run a scenario for real, a sentence each; empty if some can.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    reasons = [*_reasons_of_size(scenario, mode), *_reasons_of_steps(scenario)]
    reasons += _reasons_of_one_process(scenario, mode)
    return [*reasons, *_reasons_of_queue(scenario)] if mode == "async" else reasons


def _clicks(scenario: Scenario) -> float:
    return scenario.traffic.expected_customers * (1 + scenario.customer.resubmits)


def _reasons_of_size(scenario: Scenario, mode: Mode) -> Iterator[str]:
    """What is too much for one computer."""
    threads, workers = scenario.server.threads, scenario.workers.count
    if _clicks(scenario) > MOST_REQUESTS:
        yield (
            f"{_clicks(scenario):,.0f} requests are too many for real: {MOST_REQUESTS:,} at most; let fewer "
            "come"
        )
    if threads is None and _together(scenario, mode) > MOST_THREADS:
        yield (
            f"server.threads: unlimited, and {_together(scenario, mode):,.0f} requests may be there at once; "
            f"threads are real here: set for instance server.threads={MOST_THREADS}"
        )
    if (threads or 0) > MOST_THREADS:
        yield f"server.threads: {threads:,} real threads; {MOST_THREADS} at most"
    if workers > MOST_WORKERS:
        yield f"workers.count: {workers:,} real processes; {MOST_WORKERS} at most"


def _reasons_of_steps(scenario: Scenario) -> Iterator[str]:
    """What no called service is here for."""
    if any(step.concurrency is not None for step in scenario.steps):
        yield "steps.concurrency: there is no called service with slots here; leave it out"


def _reasons_of_queue(scenario: Scenario) -> Iterator[str]:
    """What no real broker can be asked for."""
    queue = scenario.queue
    if queue.outages:
        yield "queue.outages: the broker is real, and is not taken down; leave them out"
    if len(set(_limits(scenario))) > 1:
        yield "steps.retry.attempts: one queue has one limit; give all background steps the same"
    if _limit_leaves_out(scenario):
        yield (
            "queue.limit_counts: failures, and max_deliveries below retry.attempts: what a visibility "
            "timeout ends is counted here; let attempts be no more, or leave visibility_timeout to the broker"
        )
    may_fail = any(_delays_s(scenario, step) for step in _background(scenario))
    if scenario.workers.stops and queue.failure == "in_place" and may_fail:
        yield "workers.stops: a worker that keeps what has failed cannot stop here; set queue.failure=requeue"
    most = queue.max_in_flight
    if most is not None and most < _clicks(scenario) * len(_background(scenario)):
        yield "queue.max_in_flight: a limit of the model, not set here; let it be unlimited"


def _reasons_of_one_process(scenario: Scenario, mode: Mode) -> Iterator[str]:
    """What would need a thread that is stopped from outside."""
    if scenario.server.timeout_s is not None:
        yield "server.timeout: a real thread cannot be stopped in the middle; leave it out"
    if mode == "async" and scenario.queue.in_process:
        for key in ("crashes", "stops", "freezes"):
            if getattr(scenario.workers, key):
                yield f"workers.{key}: these workers are threads of the web service; leave it out"


def _together(scenario: Scenario, mode: Mode) -> float:
    """About how many requests may be in the service at once."""
    together = together_at_most(scenario.traffic, request_s(scenario, mode))
    return together * (1 + scenario.customer.resubmits)


MOST_REQUESTS, MOST_THREADS, MOST_WORKERS = 5_000, 500, 50


def _background(scenario: Scenario) -> list[Any]:
    return [step for step in scenario.steps if step.background]


def _limits(scenario: Scenario) -> list[int | None]:
    return [scenario.most_deliveries(step) for step in _background(scenario)]


def _limit_leaves_out(scenario: Scenario) -> bool:
    """Whether it matters that the queue's limit, the lower one, leaves out timeouts: one is asked for."""
    queue = scenario.queue
    if queue.limit_counts == "all" or queue.max_deliveries is None or queue.visibility_timeout is None:
        return False
    attempts = [step.retry.attempts for step in _background(scenario)]
    lower = any(tries is None or tries > queue.max_deliveries for tries in attempts)
    return lower and "visibility_timeout" in queue.model_fields_set


def _delays_s(scenario: Scenario, step: Any) -> set[float]:
    """The delays before the second and further attempts, as far as they differ; none if it never fails."""
    if not (step.failure_rate or step.poison or step.outages or step.timeout_s):
        return set()
    most, retry = scenario.most_deliveries(step) or MOST_DELAYS, step.retry
    tries = range(min(most, MOST_DELAYS) - 1)
    return {delay_us(retry, n + 1) / US_PER_S for n in tries}


MOST_DELAYS = 40
"""After so many attempts the longest delay has long been reached."""
