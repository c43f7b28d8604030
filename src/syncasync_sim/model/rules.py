"""The rules of the trade: which steps belong in the request, and which on a queue, and why.

One rule is one row of RULES. The first that applies to a step decides; those after it that say the
same are shown too, and so are those that say the opposite. Nothing is run here: what a move really does is
measured (`syncasync_sim.advice`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from syncasync_sim.model.formats import format_count, format_share, format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.never_succeeds import causes, fate_on_queue, killed_in_request
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import together_at_most, together_on_average

SHORT_S, LONG_S = 0.1, 0.5
"""Below the first a step may stand in the request, above the second it is slow; between, either is fine."""
FLAKY = 0.01
"""A service of which this share of the attempts fails is flaky."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at in one step.

    `together` is how many requests with this step in them are in the server at once, on average and at the
    height of the traffic; `queue_anyway`: another step needs a queue. `never` is what keeps the step from
    ever succeeding, in words, by the setting that does it; `fate` is what the queue does with it then.
    `killed` is why no request with this step in it comes to its end. `tried_again` is whether a message has
    more than one attempt on the queue. `blocked_by` is a step before it in the request that never succeeds.
    """

    step: Step
    threads: int | None
    together: tuple[float, float]
    queue_anyway: bool = False
    never: Mapping[str, str] = field(default_factory=dict)
    fate: str = ""
    tried_again: bool = True
    blocked_by: str = ""
    killed: str = ""

    @property
    def mean_s(self) -> float:
        return self.step.duration.mean_s

    @property
    def p95_s(self) -> float:
        return self.step.duration.quantile_s(0.95)

    @property
    def slowed_s(self) -> float:
        """The p95, or in a slowdown the mean, whichever is longer."""
        return max(self.p95_s, *(self.mean_s * slow.factor for slow in self.step.slowdowns), 0.0)

    @property
    def cut(self) -> bool:
        """Whether its time-out cuts so many attempts that it is flaky."""
        timeout_s = self.step.timeout_s
        return timeout_s is not None and self.step.duration.quantile_s(1 - FLAKY) > timeout_s

    @property
    def trouble(self) -> str:
        """In what way the service is flaky; empty if it is not."""
        step = self.step
        texts = []
        if step.failure_rate >= FLAKY:
            texts.append(f"{format_share(step.failure_rate)} of its attempts fail")
        if step.poison >= FLAKY:
            texts.append(f"every attempt fails for {format_share(step.poison)} of the customers")
        if step.outages:
            texts.append("its service is down for a time")
        if self.cut:
            texts.append(f"attempts are stopped by its timeout of {format_time(step.timeout_s)}")
        return ", ".join(texts)

    @property
    def is_grey(self) -> bool:
        """Neither short nor slow."""
        return not self.is_short and not self.mean_s > LONG_S and not self.slowed_s > LONG_S

    @property
    def is_short(self) -> bool:
        return max(self.mean_s, self.slowed_s) < SHORT_S

    @property
    def texts(self) -> dict[str, str]:
        """What a rule's reason may name."""
        return {
            "mean": format_time(self.mean_s),
            "slowed": format_time(self.slowed_s),
            "trouble": self.trouble,
            **{"never": " and ".join(self.never.values()), "fate": self.fate, "blocked_by": self.blocked_by},
            "killed": self.killed,
            "then": "no click that gets as far gets the page"
            if self.step.on_failure == "error"
            else "the page comes without it",
            "again": self._after_a_failure("it is tried again"),
            "nobody_waits": self._after_a_failure("no customer waits for that"),
            "threads": "is 1 thread" if self.threads == 1 else f"are {format_count(self.threads)} threads",
            "average": format_count(round(self.together[0], 1)),
            "most": format_count(round(self.together[1], 1)),
        }

    def _after_a_failure(self, tried_again: str) -> str:
        """What becomes of a failure on the queue: that it is *tried_again*, or that it is not."""
        once = "no page shows it, but the work is given up: a message has only one attempt"
        return tried_again if self.tried_again else once


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: where the step goes (in the request: sync, on the queue: async) if it applies, and why.

    Without a place it stays where it is, as neither place helps.
    A last resort is for steps about which no other rule has anything to say.
    """

    name: str
    place: Mode | None
    applies: Callable[[Facts], bool]
    reason: str
    last_resort: bool = False


def _more_than_threads(number: float, threads: int | None) -> bool:
    return threads is not None and number > threads


RULES: tuple[Rule, ...] = (
    Rule(
        "never succeeds",
        None,
        lambda facts: bool(facts.never),
        "{never}: in the request {then}, and the queue {fate}",
    ),
    Rule(
        "never reached",
        None,
        lambda facts: bool(facts.blocked_by),
        "{blocked_by} is before it in the request and never succeeds, so no click gets as far",
    ),
    Rule(
        "killed in the request",
        "async",
        lambda facts: bool(facts.killed),
        "{killed}: with it in the request no click gets the page",
    ),
    Rule(
        "needed",
        "sync",
        lambda facts: facts.step.is_needed,
        "without its answer the customer cannot go on",
    ),
    Rule(
        "retries",
        "async",
        lambda f: bool(f.trouble) and f.step.retry.in_request and f.step.retry.attempts != 1,
        "{trouble}, and the request tries again: on the queue {nobody_waits}",
    ),
    Rule(
        "flaky",
        "async",
        lambda facts: bool(facts.trouble),
        "{trouble}: in the request that is an error page, on the queue {again}",
    ),
    Rule(
        "slow",
        "async",
        lambda facts: facts.mean_s > LONG_S,
        "{mean} is long (over 500 ms), and the page does not need the step",
    ),
    Rule(
        "slow at times",
        "async",
        lambda facts: not facts.mean_s > LONG_S and facts.slowed_s > LONG_S,
        "{mean} on average, but at times {slowed} or more (over 500 ms), and the page does not need the step",
    ),
    Rule(
        "short",
        "sync",
        lambda facts: facts.is_short,
        "{slowed} is short (under 100 ms): a queue would not be worth it",
    ),
    Rule(
        "busy threads",
        "async",
        lambda f: _more_than_threads(f.together[0], f.threads),
        "with this step {average} requests are in the server at once on average, and there {threads}",
    ),
    Rule(
        "spike",
        "async",
        lambda f: (
            _more_than_threads(f.together[1], f.threads) and not _more_than_threads(f.together[0], f.threads)
        ),
        "with this step up to {most} requests are in the server at once, and there {threads}: with a queue "
        "the requests of the spike hold their threads for a shorter time",
    ),
    Rule(
        "grey zone, queue there",
        "async",
        lambda facts: facts.is_grey and facts.queue_anyway,
        "between 100 and 500 ms either design is fine: the page does not need the step, and another step "
        "needs a queue anyway",
        last_resort=True,
    ),
    Rule(
        "grey zone",
        "sync",
        lambda facts: facts.is_grey,
        "between 100 and 500 ms either design is fine: the step is reliable, and no other step needs a queue",
        last_resort=True,
    ),
)
"""In the order in which they decide: what is impossible comes first, then need, and a flaky service beats a
short time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where one step belongs, and why: the rule that decides, those that agree, those that object."""

    facts: Facts
    rule: Rule
    agree: tuple[Rule, ...]
    object: tuple[Rule, ...]

    @property
    def step(self) -> Step:
        return self.facts.step

    @property
    def place(self) -> Mode:
        return self.rule.place or self.now

    @property
    def is_advised(self) -> bool:
        """Whether there is a place where it belongs."""
        return self.rule.place is not None

    @property
    def now(self) -> Mode:
        """Where the asynchronous design has the step as the scenario stands."""
        return "async" if self.step.background else "sync"

    @property
    def reason(self) -> str:
        return self.rule.reason.format(**self.facts.texts)


def judge(scenario: Scenario) -> list[Verdict]:
    """Return the verdict of the rules on each step, in order."""
    alone = [_verdict(facts) for facts in _all_facts(scenario)]
    if not any(verdict.rule.place == "async" for verdict in alone):
        return alone
    return [_verdict(replace(verdict.facts, queue_anyway=True)) for verdict in alone]


def _all_facts(scenario: Scenario) -> Iterator[Facts]:
    """Yield what the rules look at in each step, in order."""
    blocked_by = ""
    for step in scenario.steps:
        facts = _facts(scenario, step, blocked_by)
        yield facts
        if facts.never and not step.background and step.on_failure == "error":
            blocked_by = blocked_by or step.name


def _facts(scenario: Scenario, step: Step, blocked_by: str) -> Facts:
    request_s = sum(s.duration.mean_s for s in scenario.steps if s is step or not s.background)
    counted = (together(scenario.traffic, request_s) for together in (together_on_average, together_at_most))
    average, most = counted
    never, fate = causes(scenario, step), fate_on_queue(scenario, step)
    return Facts(
        step,
        scenario.server.threads,
        (average, most),
        never=never,
        fate=fate,
        tried_again=scenario.attempts_on_queue(step) != 1,
        blocked_by=blocked_by,
        killed=killed_in_request(scenario, step),
    )


def _verdict(facts: Facts) -> Verdict:
    first, *others = [rule for rule in RULES if rule.applies(facts)]
    rest = [rule for rule in others if not rule.last_resort]
    return Verdict(
        facts,
        first,
        tuple(rule for rule in rest if rule.place == first.place),
        tuple(rule for rule in rest if rule.place != first.place and first.place is not None),
    )
