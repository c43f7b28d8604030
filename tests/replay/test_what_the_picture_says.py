"""What a person says who sees only the picture, at moments that tell something: it is true of the run.

Each sentence stands here once. Its numbers are read off the page, and again taken from the run's trace and
summary; both sentences have to be the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replay.pages import opened, written
from syncasync_sim import Trace, load_scenario, simulate, summarise
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.trace.queries import effects
from syncasync_sim.trace.records import DeliveryOutcome, MessageStatus, Request, ResponseStatus

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

END = None
SAID: list[tuple[str, float | None, str]] = [
    (
        "checkout",
        0.6,
        "In both designs the customer still waits, for {sync.longest} and {async.longest}, and nothing "
        "is done: {sync.done[card charged]} cards are charged.",
    ),
    (
        "checkout",
        2.0,
        "At 2 s the synchronous customer still waits ({sync.waiting}, for {sync.longest}); the "
        "asynchronous one ({async.waiting}) has had the page since {async.after[1 page]}, and the "
        "worker has the email ({async.box[Workers]}).",
    ),
    (
        "checkout",
        END,
        "The page came after {sync.mean} and {async.mean}; the email was sent after "
        "{async.after[1 email sent]} in both.",
    ),
    (
        "email-down",
        2.0,
        "The synchronous customer waits ({sync.waiting}); the asynchronous one has the page "
        "({async.box[Got the page]}) after {async.after[1 page]}.",
    ),
    (
        "email-down",
        12.0,
        "The synchronous customer saw an error page after {sync.after[1 error page]}, and yet "
        "{sync.done[card charged]} card is charged. Asynchronously the email has failed, at last after "
        "{async.after[1 failed]}, and comes back later ({async.box[Comes back later]}).",
    ),
    (
        "email-down",
        END,
        "{sync.mean} and {async.mean}: the asynchronous customer never learns that the email is a dead "
        "letter ({async.box[Dead letters]}) after {async.after[1 dead letter]}; "
        "{async.done[email sent]} emails are sent.",
    ),
    (
        "worker-crash",
        2.0,
        "Synchronously {sync.waiting} customers wait, for {sync.longest}; asynchronously "
        "{async.waiting}: {async.box[Got the page]} have the page, and {async.box[Queue]} emails wait "
        "(workers: {async.box[Workers]}).",
    ),
    (
        "worker-crash",
        12.0,
        "Worker 1 died {async.after[3 worker 1 dies]} after the click of customer 3, whose email comes "
        "back later ({async.box[Comes back later]}); {async.done[email sent]} of "
        "{sync.done[email sent]} emails are sent (workers: {async.box[Workers]}).",
    ),
    (
        "worker-crash",
        END,
        "Nobody waited longer for it: {sync.mean} and {async.mean}. The email of customer 3 came after "
        "{async.after[3 email sent]}, that of customer 10 after {async.after[10 email sent]}.",
    ),
    (
        "traffic-spike",
        40.0,
        "In the spike {sync.waiting} customers wait synchronously, {sync.box[Line for a thread]} of "
        "them for a thread, {async.waiting} asynchronously; there {async.box[Queue]} emails are in the "
        "queue.",
    ),
    (
        "traffic-spike",
        81.0,
        "The spike is over ({sync.waiting} and {async.waiting} wait), the longest waits were "
        "{sync.longest} and {async.longest}; {async.box[Queue]} emails are still in the queue, "
        "{async.done[email sent]} are sent.",
    ),
    (
        "traffic-spike",
        END,
        "On average {sync.mean} and {async.mean}. Customer 130 had the page after "
        "{sync.after[130 page]} and {async.after[130 page]}, and the email after "
        "{async.after[130 email sent]}.",
    ),
    (
        "retry-storm",
        25.0,
        "Both designs are calm: {sync.box[Got the page]} and {async.box[Got the page]} have the page, "
        "the longest waits were {sync.longest} and {async.longest}.",
    ),
    (
        "retry-storm",
        45.0,
        "Synchronously only {sync.waiting} customers wait, and in line are "
        "{sync.box[Line for a thread]}; {sync.box[Gave up]} clicks were given up, "
        "{sync.box[Got the page]} got the page, and seats are booked for nobody "
        "({sync.done[seat booked]}). Asynchronously {async.box[Got the page]} got the page.",
    ),
    (
        "retry-storm",
        END,
        "The slowdown is long over: {sync.mean}, and {async.mean}; {sync.box[Gave up]} clicks were "
        "given up; seats booked: {sync.done[seat booked]}; against {async.done[seat booked]}. Customer "
        "487 gave up after {sync.after[487 gave up]}.",
    ),
    (
        "broker-partitions",
        5.0,
        "Workers: {async.box[Workers]}; {async.box[Queue]} emails wait, {async.box[Work done]} are sent.",
    ),
    (
        "broker-partitions",
        9.53,
        "Still {async.box[Workers]}; {async.box[Queue]} emails in the queue; synchronously all "
        "{sync.done[email sent]} are sent, and {sync.box[Got the page]} had the page, at most after "
        "{sync.longest}.",
    ),
    (
        "broker-partitions",
        END,
        "One after the other: the first email after {async.after[1 email sent]}, the last after "
        "{async.after[12 email sent]}; the page after {sync.mean} and {async.mean}.",
    ),
    (
        "frozen-worker",
        22.0,
        "Worker 1 is {async.worker[1]} ({async.box[Workers]}), and stood still {async.after[21 frozen]} "
        "after the click of customer 21; {async.box[Work done]} emails are sent, and the queue has not "
        "missed it: {async.box[Queue]} wait.",
    ),
    (
        "frozen-worker",
        30.0,
        "Worker 1 is still {async.worker[1]} ({async.box[Workers]}), but the email of customer 21 has come "
        "from the other, after {async.after[21 email sent]}. {async.box[Queue]} emails wait.",
    ),
    (
        "frozen-worker",
        END,
        "Customer 21 has the email twice ({async.done[email sent]}), the second time after "
        "{async.after[21 email sent again]}.",
    ),
    (
        "deploy",
        21.0,
        "A deploy: {async.box[Workers]}. Worker 1 is {async.worker[1]}, and worker 8 is {async.worker[8]}; "
        "{async.box[Queue]} videos wait.",
    ),
    (
        "deploy",
        23.0,
        "{async.box[Workers]}: worker 3 works again, and worker 8 is {async.worker[8]}; {async.box[Queue]} "
        "videos wait.",
    ),
    (
        "deploy",
        END,
        "All {async.done[video made]} videos are made, none of them twice ({async.box[Workers]}).",
    ),
    (
        "consumer-eviction",
        30.5,
        "Worker 1 is {async.worker[1]} while it works ({async.box[Workers]}); {async.box[Queue]} invoices "
        "wait, that of customer 21 once more.",
    ),
    (
        "consumer-eviction",
        31.5,
        "Workers 1 and 2 are {async.worker[1]} and {async.worker[2]} ({async.box[Workers]}).",
    ),
    (
        "consumer-eviction",
        END,
        "Two customers have two invoices ({async.done[invoice made]}); in the request nobody has "
        "({sync.done[invoice made]}).",
    ),
    (
        "just-a-thread",
        31.0,
        "The {sync.down[Threads]}, the {async.down[Threads]}, and its workers are {async.worker[1]} with it "
        "({async.box[Workers]}). {sync.box[Error page]} and {async.box[Error page]} saw an error page, and "
        "the email of customer 56 was lost {async.after[56 lost]} after the click.",
    ),
    (
        "just-a-thread",
        END,
        "{async.box[Got the page]} got the page, but only {async.done[email sent]} emails are sent.",
    ),
    (
        "outbox",
        15.0,
        "The {async.down[Queue]}, and nobody sees an error page: {async.box[Got the page]} got the page, "
        "and {async.done[email sent]} emails are sent.",
    ),
]


@dataclass
class Asked:
    """Values by name, as a sentence asks for them: `{sync.box[Queue]}`."""

    answer: Callable[[str], str]

    def __getitem__(self, name: str) -> str:
        return self.answer(name)


def told(seconds: float) -> str:
    """As the picture tells a time: in milliseconds below a second."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


class OnThePage:
    """One design, as its picture has it."""

    def __init__(self, lane: Locator) -> None:
        self.lane = lane
        self.waiting = self.mean = lane.locator(".sa-spinners").inner_text()
        self.longest = lane.locator(".sa-longest").inner_text().rpartition("so far ")[2]
        self.box, self.done, self.after = Asked(self._box), Asked(self._done), Asked(self._after)
        self.worker, self.down = Asked(self._worker), Asked(self._down)

    def _worker(self, number: str) -> str:
        slots = self.lane.locator(".sa-place[aria-label='Workers'] .sa-slot")
        return slots.nth(int(number) - 1).locator(".sa-doing").inner_text()

    def _down(self, label: str) -> str:
        return self.lane.locator(f".sa-place[aria-label='{label}'] .sa-is-down").inner_text()

    def _box(self, label: str) -> str:
        return self.lane.locator(f".sa-place[aria-label='{label}'] .sa-count").inner_text()

    def _done(self, effect: str) -> str:
        return (
            self.lane.locator(f".sa-effects li >> text=/^{effect} /").inner_text().removeprefix(f"{effect} ")
        )

    def _after(self, asked: str) -> str:
        number, words = asked.split(" ", 1)
        row = self.lane.locator(f".sa-who[data-customer='{int(number) - 1}']")
        told = re.findall(rf"(?:^|, ){words} ([\d.]+ m?s)(?=,|$)", row.get_attribute("aria-label") or "")
        assert told, f"{asked}: {row.get_attribute('aria-label')}"
        return str(told[-1])


class InTheRun:
    """The same of its trace and its summary."""

    def __init__(self, trace: Trace, at_s: float) -> None:
        self.trace, self.at_s = trace, at_s
        self.box, self.done, self.after = Asked(self._box), Asked(self._done), Asked(self._after)
        self.worker, self.down = Asked(self._worker), Asked(self._down)

    @cached_property
    def words(self) -> dict[int, str]:
        """What each worker is that takes nothing; of more than one thing the one that says most."""
        pauses = [row for row in self.trace.pauses if self.past(row.at_s) and not self.past(row.until_s)]
        words = {
            row.worker: str(row.reason)
            for reason in ("evicted", "stopping", "frozen", "stopped")
            for row in pauses
            if str(row.reason) == reason
        }
        if self.trace.scenario.queue.in_process and self._down("Threads"):
            words = dict.fromkeys(range(1, self.trace.scenario.workers.count + 1), "down")
        return words

    def _worker(self, number: str) -> str:
        return self.words[int(number)]

    def _down(self, label: str) -> str:
        if label == "Queue":
            outages = [(o.from_s, o.until_s) for o in self.trace.scenario.queue.outages]
        else:
            outages = [(r.at_s, r.at_s + r.for_s) for r in self.trace.scenario.server.restarts]
        is_down = any(self.past(begin) and not self.past(end) for begin, end in outages)
        return f"{'broker' if label == 'Queue' else 'web server'} is down" if is_down else ""

    def past(self, time_s: float | None) -> bool:
        return time_s is not None and time_s <= self.at_s

    @cached_property
    def come(self) -> list[Request]:
        return [click for click in self.trace.requests if self.past(click.arrived_s)]

    @property
    def waiting(self) -> str:
        return str(sum(not self.past(click.replied_s) for click in self.come))

    @property
    def longest(self) -> str:
        waits = [min(click.replied_s or self.at_s, self.at_s) - click.arrived_s for click in self.come]
        return told(max(waits))

    @property
    def mean(self) -> str:
        time = summarise(self.trace).response_time_s
        return "no page" if time is None else format_time(time.mean)

    def _box(self, label: str) -> str:
        """How many are there: each box, by what its items have behind them and what they have not."""
        trace = self.trace
        seen = [click.response for click in self.come if self.past(click.replied_s)]
        ways = {
            "Got the page": ResponseStatus.OK,
            "Error page": ResponseStatus.ERROR,
            "Gave up": ResponseStatus.TIMED_OUT,
        }
        if label in ways:
            return f"{seen.count(ways[label]):,}"
        if label == "Line for a thread":
            line = [
                click for click in self.come if not self.past(click.began_s) and not self.past(click.ended_s)
            ]
            gone = sum(self.past(click.replied_s) for click in line)
            return f"{len(line):,}" + (f", {gone:,} have left" if gone else "")
        taken = [delivery for delivery in trace.deliveries if self.past(delivery.taken_s)]
        hands = [delivery for delivery in taken if not self.past(delivery.ended_s)]
        if label == "Workers":
            busy = {delivery.worker for delivery in hands}
            words = Counter(self.words.values())
            told = "".join(f", {words[word]} {word}" for word in sorted(words))
            return f"{len(busy)} of {trace.scenario.workers.count} busy{told}"
        left = [message for message in trace.messages if self.past(message.gone_s)]
        if label in ("Work done", "Dead letters"):
            way = MessageStatus.ACKNOWLEDGED if label == "Work done" else MessageStatus.DEAD_LETTERED
            return str(sum(message.fate is way for message in left))
        back = {
            d.message for d in taken if self.past(d.ended_s) and d.visible_s and not self.past(d.visible_s)
        }
        if label == "Comes back later":
            return str(len(back))
        assert label == "Queue"
        there = {m.index for m in trace.messages if self.past(m.published_s)} - {m.index for m in left}
        held = {delivery.message for delivery in hands if not self.past(delivery.returned_s)}
        return str(len(there - held - back))

    def _done(self, effect: str) -> str:
        done = [row for row in effects(self.trace) if row.effect == effect and self.past(row.at_us / 1e6)]
        again = sum(row.ordinal > 1 for row in done)
        return f"{len(done):,}" + (f", {again:,} too often" if again else "")

    def _after(self, asked: str) -> str:
        number, words = asked.split(" ", 1)
        clicks = [click for click in self.trace.requests if click.customer == int(number) - 1]
        times = [t for t in self._times(words, {click.index: click for click in clicks}) if self.past(t)]
        return told(times[-1] - clicks[0].arrived_s)

    def _times(self, words: str, clicks: dict[int, Request]) -> list[float]:
        """When that happened to a customer."""
        ways = {
            "page": ResponseStatus.OK,
            "error page": ResponseStatus.ERROR,
            "gave up": ResponseStatus.TIMED_OUT,
        }
        if words in ways:
            return [
                c.replied_s for c in clicks.values() if c.response is ways[words] and c.replied_s is not None
            ]
        mine = {message.index: message for message in self.trace.messages if message.request in clicks}
        tried = [row for row in self.trace.deliveries if row.message in mine and row.ended_s is not None]
        fates = {"lost": MessageStatus.LOST, "dead letter": MessageStatus.DEAD_LETTERED}
        if words in fates:
            return [m.gone_s for m in mine.values() if m.fate is fates[words] and m.gone_s]
        if words == "frozen":
            return self._frozen(set(mine))
        if words == "failed":
            return [row.ended_s for row in tried if row.result is DeliveryOutcome.FAILED and row.ended_s]
        if found := re.fullmatch(r"worker (\d+) dies", words):
            died = [row for row in tried if row.result is DeliveryOutcome.CRASHED]
            return [row.ended_s for row in died if row.worker == int(found[1]) and row.ended_s]
        customer, words = next(iter(clicks.values())).customer, words.removesuffix(" again")
        return [
            row.at_us / 1e6 for row in effects(self.trace) if (row.effect, row.customer) == (words, customer)
        ]

    def _frozen(self, messages: set[int]) -> list[float]:
        """When a worker began to stand still that had one of these messages in hand."""
        rows = [row for row in self.trace.deliveries if row.message in messages]
        hands = [(row.worker, row.taken_s, row.ended_s or float("inf")) for row in rows]
        freezes = [(row.worker, row.at_s) for row in self.trace.pauses if str(row.reason) == "frozen"]
        return [
            at
            for worker, at in freezes
            for holder, taken, ended in hands
            if worker == holder and taken <= at < ended
        ]


@pytest.mark.parametrize(("name", "at_s", "sentence"), SAID, ids=[f"{n}-{t or 'end'}" for n, t, _ in SAID])
def test_what_is_seen_is_what_happened(
    browser: Browser, tmp_path: Path, name: str, at_s: float | None, sentence: str
) -> None:
    scenario = load_scenario(name)
    modes: tuple[Mode, ...] = ("sync", "async")
    traces = {mode: simulate(scenario, mode, seed=scenario.seed) for mode in modes}
    happened = sentence.format_map(
        {m: InTheRun(t, float("inf") if at_s is END else at_s) for m, t in traces.items()}
    )
    with opened(browser, written(tmp_path, name), f"#t={99999 if at_s is END else at_s}") as page:
        seen = sentence.format_map({mode: OnThePage(page.locator(f".sa-{mode}.sa-lane")) for mode in modes})
    assert seen == happened
