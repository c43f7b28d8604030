"""Why a scenario came out as it did on one broker, in sentences made from what happened in the run.

What did not happen is not told: a run without a crash, a failure or slow work has no sentence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from math import inf

from syncasync_sim.experiment import BrokerRun
from syncasync_sim.model.brokers import BROKERS, IDEAL
from syncasync_sim.model.distributions import Distribution
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.partition_waits import blocked_behind, pauses_in_place, waited_for_the_one_before
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.losses import LossCause, lost_messages, refused_requests
from syncasync_sim.trace.queries import WarmUpFilter, was_cut
from syncasync_sim.trace.records import Delivery, DeliveryOutcome, MessageStatus
from syncasync_sim.trace.worker_queries import messages_taken, taken_for_dead, went_down_with_server

CLOSE = 2e-6
"""Two moments are the same when they differ by no more than the clock's rounding."""
_WHY_REFUSED = {LossCause.OUTAGE: "the broker was down", LossCause.FULL_QUEUE: "the queue was full"}


def reasons(run: BrokerRun) -> list[str]:
    """Return the sentences about the first replication of a run on a broker; none about the ideal queue."""
    if run.broker == IDEAL:
        return []
    sentences = _ReasonSentences(run)
    parts = (
        sentences.partitions(),
        sentences.groups(),
        sentences.refusals(),
        sentences.deaths(),
        sentences.pauses(),
        sentences.failures(),
        sentences.redeliveries(),
        sentences.dead_letters(),
        sentences.losses(),
        sentences.never_begun(),
    )
    return [sentence for part in parts for sentence in part]


class _ReasonSentences:
    """The sentences about one run, a method for each thing that can happen.

    They are about the customers who count, as the figures are: 1 in `requests` and `messages` marks theirs.
    """

    def __init__(self, run: BrokerRun) -> None:
        self.broker, self.trace = BROKERS[run.broker], run.trace
        self.scenario = run.comparison.scenario
        self.queue = self.scenario.queue
        self.requests = WarmUpFilter(run.trace).requests
        self.messages = bytearray(map(self.requests.__getitem__, run.trace.messages.column("request")))
        fine = (int(DeliveryOutcome.ACKNOWLEDGED), NEVER)
        rows = enumerate(run.trace.deliveries.columns("message", "result", "visible"))
        notable = (i for i, (message, *row) in rows if self.messages[message] and tuple(row) != fine)
        self.notable = [run.trace.deliveries[i] for i in notable]

    def _subject(self, *fields: str) -> str:
        """The broker; or only the queue, where the scenario itself has set one of *fields*."""
        own = self.queue.model_fields_set.intersection(fields)
        return "The queue, as the scenario has it," if own else self.broker.called

    @property
    def _timeout(self) -> str:
        own = "visibility_timeout" in self.queue.model_fields_set
        return "its visibility timeout" if own else self.broker.timeout

    def partitions(self) -> Iterator[str]:
        """Workers that got nothing because there are more of them than partitions."""
        number, count = self.queue.partitions, self.scenario.workers.count
        if not isinstance(number, int) or self.queue.assignment != "owned" or number >= count:
            return
        took = sum(number > 0 for number in messages_taken(self.trace).values())
        if took < count and len(self.trace.messages) > 1:
            lanes = "One partition" if number == 1 else f"{number} partitions"
            cure = f"--set queue.{self.scenario.queue.broker}.partitions={count}"
            yield f"{lanes}: {took} of {count} workers got messages; {cure} gives every worker one."

    def groups(self) -> Iterator[str]:
        """Messages that only waited because one of a group is worked on at a time."""
        if self.queue.partitions is None or self.queue.assignment != "locked" or self.notable:
            return
        number = waited_for_the_one_before(self.trace, self.queue.partitions, self.messages)
        if number:
            waited = "1 message" if number == 1 else f"{number:,} messages"
            yield f"{waited} waited for an earlier message of the same message group."

    def refusals(self) -> Iterator[str]:
        """Requests that failed because the queue did not take their message."""
        causes = refused_requests(self.trace).items()
        for cause, why in _WHY_REFUSED.items():
            refused = [request for request, by in causes if by is cause and self.requests[request]]
            if refused:
                number = _count(refused, "request", "requests")
                yield f"{number} failed because the message was refused: {why}."

    # -- a worker dies ----------------------------------------------------------------------------

    def deaths(self) -> Iterator[str]:
        """How each kind of death was noticed, and when the messages were back."""
        crashed = [d for d in self.notable if d.result is DeliveryOutcome.CRASHED]
        died = [d for d in crashed if not went_down_with_server(self.trace, d)]
        if not died:
            return
        lost = [
            d
            for d in died
            if self.trace.messages[d.message].fate is MessageStatus.LOST and self.queue.ack == "before"
        ]
        if lost:
            were = _count(lost, "message was", "messages were")
            blocked = self._blocked_text(lost) if self.queue.assignment == "owned" else ""
            yield f"{were} lost with the worker: acknowledged before the work{blocked}."
        back = [d for d in died if d.visible_s is not None]
        for host in (False, True):
            noticed = [d for d in back if self._is_host(d) is host and self._was_noticed(d, host)]
            if noticed:
                yield self._noticed(noticed, host)
        silent = [d for d in back if not self._was_noticed(d, self._is_host(d))]
        if silent:
            after = _range([_visible_s(d) - d.taken_s for d in silent])
            messages = "the message was" if len(silent) == 1 else f"{len(silent)} messages were"
            subject = self._subject("crash_detection", "visibility_timeout")
            back_when = (
                f"back when {self._timeout} was over, {after} after it was taken{self._blocked_text(silent)}"
            )
            yield f"{subject} did not notice the death: {messages} {back_when}."
        gone = [d for d in died if self.trace.messages[d.message].fate is MessageStatus.IN_FLIGHT]
        if gone:
            were = _count(gone, "message was", "messages were")
            yield f"{were} with a dead worker at the end: the queue did not notice the death."

    def pauses(self) -> Iterator[str]:
        """The pauses of all deliveries when workers leave and join, with or without a message."""
        owned = self.queue.partitions is not None and self.queue.assignment == "owned"
        pause = self.queue.rebalance
        if owned and pause and self._somebody_left():
            lasts = "until no worker was busy" if pause == "until_idle" else f"for {format_time(pause)}"
            yield (
                f"{self._subject('rebalance')} assigned the partitions again each time it learned that a "
                f"worker had left or was back, and then delivered nothing {lasts}."
            )

    def _somebody_left(self) -> bool:
        """Whether a worker left its group: dead, taken for dead, evicted, or ended by a stop."""
        until_s, workers = self.trace.observed_us / US_PER_S, self.scenario.workers
        leaves = [(crash.at_s, self.queue.crash_detection) for crash in self.trace.crashes]
        still = self.queue.host_detection
        shortest_s = inf if still is None else still.quantile_s(0.0)
        leaves += [(freeze.at_s, still) for freeze in workers.freezes if freeze.for_s > shortest_s]
        noticed = any(d is not None and at_s + d.quantile_s(0.0) <= until_s for at_s, d in leaves)
        evicted = self.queue.evicts and any(d.result is DeliveryOutcome.IGNORED for d in self.notable)
        return noticed or evicted or any(stop.at_s <= until_s for stop in workers.stops)

    def _noticed(self, deliveries: list[Delivery], host: bool) -> str:
        delays = [_visible_s(d) - (d.ended_s or 0.0) for d in deliveries]
        how = (host and self.broker.notices_host) or self.broker.notices
        subject = self._subject("crash_detection", "host_crash_detection")
        if subject != self.broker.called:
            how = "learned of the death"
        at_once = max(delays) < CLOSE
        when = "at once" if at_once else f"{_range(delays)} after the death"
        messages = "its message was" if len(deliveries) == 1 else f"{len(deliveries)} messages were"
        return f"{subject} {how}: {messages} visible again {when}{self._blocked_text(deliveries)}."

    def _is_host(self, delivery: Delivery) -> bool:
        return any(
            crash.kind == "host"
            and crash.worker == delivery.worker
            and abs(crash.at_s - (delivery.ended_s or 0.0)) < CLOSE
            for crash in self.scenario.workers.crashes
        )

    def _was_noticed(self, delivery: Delivery, host: bool) -> bool:
        """Whether it was the death that brought the message back, not the visibility timeout."""
        own = self.queue.host_crash_detection
        detection = own if host and not isinstance(own, str) else self.queue.crash_detection
        return detection is not None and _fits(_visible_s(delivery) - (delivery.ended_s or 0.0), detection)

    # -- work fails, or is slow -------------------------------------------------------------------

    def failures(self) -> Iterator[str]:
        """How failed messages came back."""
        failed = [d for d in self.notable if d.result is DeliveryOutcome.FAILED]
        lost = [d for d in failed if self.queue.ack == "before"]
        if lost:
            number = _count(lost, "failed message was", "failed messages were")
            yield f"{number} lost: acknowledged before the work."
        pauses = [
            _visible_s(d) - d.ended_s
            for d in failed
            if d.visible_s and d.ended_s and d.visible_s >= d.ended_s
        ]
        if self.queue.failure == "in_place":
            pauses = pauses_in_place(self.trace, failed)
        if pauses:
            later = f"{_range(pauses)} later"
            how = {
                "requeue": f"took failed messages back and showed them again after the retry delay, {later}",
                "timeout": f"showed failed messages again when {self._timeout} was over, {later}",
                "in_place": f"takes no message back: the same worker tried failed work again, {later}",
            }[self.queue.failure]
            subject = self._subject(
                "failure", *(["visibility_timeout"] if self.queue.failure == "timeout" else [])
            )
            yield f"{subject} {how}{self._blocked_text(failed)}."

    def redeliveries(self) -> Iterator[str]:
        """Messages that were shown again while a worker had them: it was busy with it, or with others."""
        frozen = taken_for_dead(self.trace)
        if number := sum(d.index in frozen for d in self.notable):
            messages = "a message" if number == 1 else f"{number:,} messages"
            subject = self._subject("crash_detection")
            yield f"{subject} took a worker that stood still for dead: {messages} came back."
        again = [
            d
            for d in self.notable
            if d.result is not DeliveryOutcome.CRASHED
            and d.index not in frozen
            and d.visible_s is not None
            and d.visible_s < (d.ended_s or d.visible_s + 1)
        ]
        busy = [d for d in again if d.in_hand_s is not None and d.in_hand_s < _visible_s(d)]
        held = [d for d in again if d not in busy]
        for listed, item, where in (
            (busy, "a message", "while its worker was still busy with it"),
            (held, "a message", "while its worker only held it and was busy with others (prefetch)"),
        ):
            if listed:
                times = "" if len(listed) == 1 else f" {len(listed):,} times"
                after = _range([_visible_s(d) - d.taken_s for d in listed])
                yield (
                    f"{self._subject('visibility_timeout')} showed {item} again{times} when {self._timeout} "
                    f"was over, {after} after it was taken, {where}{_late_text(listed)}."
                )

    def dead_letters(self) -> Iterator[str]:
        """What was given up, after how many deliveries, and when."""
        rows = self.trace.messages.columns("fate", "gone")
        dead = int(MessageStatus.DEAD_LETTERED)
        gone = {i: at for i, (fate, at) in enumerate(rows) if fate == dead and self.messages[i]}
        if not gone:
            return
        when = format_time(max(gone.values()) / US_PER_S)
        given_up = "1 message was" if len(gone) == 1 else f"{len(gone):,} messages were"
        last = "at" if len(gone) == 1 else "the last at"
        yield f"{given_up} dead-lettered after {self._most_deliveries(gone)}, {last} {when}."

    def losses(self) -> Iterator[str]:
        """Messages that were lost, by the cause; deaths and failures tell of what was acknowledged early."""
        by_cause: dict[LossCause, list[int]] = defaultdict(list)
        for message, cause in lost_messages(self.trace).items():
            if self.messages[message]:
                by_cause[cause].append(message)
        for cause, how in (
            (LossCause.RESTART, "lost as the web server went down"),
            (LossCause.OUTAGE, "lost as the broker went down"),
            (LossCause.STOP, "lost, acknowledged before the work, and given back by a stopped worker"),
            (LossCause.LAST_DELIVERY, "dropped after {times}, the limit: there is no dead-letter queue"),
            (LossCause.FULL_QUEUE, "dropped from the full queue"),
            (LossCause.IGNORED_REFUSAL, "lost, refused by the queue, which the web server ignored"),
        ):
            if lost := by_cause[cause]:
                times = self._most_deliveries(set(lost)) if cause is LossCause.LAST_DELIVERY else ""
                yield f"{_count(lost, 'message was', 'messages were')} {how.format(times=times)}."

    def _most_deliveries(self, messages: Collection[int]) -> str:
        """The greatest number of deliveries of one of these messages, in words."""
        numbers = Counter(
            message for message in self.trace.deliveries.column("message") if message in messages
        )
        most = max(numbers.values())
        return "1 delivery" if most == 1 else f"{most} deliveries"

    def never_begun(self) -> Iterator[str]:
        """Messages that no worker had begun when the run was over."""
        begun = {m for m, at in self.trace.deliveries.columns("message", "in_hand") if at != NEVER}
        waiting = (int(MessageStatus.WAITING), int(MessageStatus.IN_FLIGHT))
        fates = enumerate(self.trace.messages.column("fate"))
        left = [i for i, fate in fates if fate in waiting and i not in begun and self.messages[i]]
        end = "cut" if was_cut(self.trace) else "over"
        published = self.trace.messages.column("published")
        for rows, where in (
            ([i for i in left if published[i] != NEVER], "waiting for a worker"),
            ([i for i in left if published[i] == NEVER], "in the outbox"),
        ):
            if rows:
                yield f"{_count(rows, 'message was', 'messages were')} still {where} when the run was {end}."

    # -- what waited behind -----------------------------------------------------------------------

    def _blocked_text(self, stuck: Sequence[Delivery]) -> str:
        """How many messages could only be taken when one of *stuck*, ahead of them, was out of the way."""
        if self.queue.partitions is None:
            return ""
        number = blocked_behind(self.trace, {d.message for d in stuck}, self.queue.partitions, self.messages)
        lane = "partition" if self.queue.assignment == "owned" else "message group"
        return f", and {number:,} behind it in its {lane} waited" if number else ""


def _late_text(deliveries: Sequence[Delivery]) -> str:
    """What became of the acknowledgements that came for deliveries whose time was over."""
    late = [d for d in deliveries if d.result in (DeliveryOutcome.IGNORED, DeliveryOutcome.ACKNOWLEDGED)]
    void = sum(d.result is DeliveryOutcome.IGNORED for d in late)
    effect = (
        "counted"
        if not void
        else "had no effect"
        if void == len(late)
        else f"had no effect in {_count(range(void), 'case', 'cases')}"
    )
    noun = "acknowledgement" if len(late) == 1 else "acknowledgements"
    return f": the late {noun} {effect}" if late else ""


def _visible_s(delivery: Delivery) -> float:
    assert delivery.visible_s is not None
    return delivery.visible_s


def _fits(length_s: float, distribution: Distribution) -> bool:
    """Whether a time may be a draw of *distribution*."""
    low, high = distribution.quantile_s(0.0), distribution.quantile_s(1 - 2.0**-53)
    return low - CLOSE <= length_s <= high + CLOSE


def _range(lengths_s: Sequence[float]) -> str:
    """One time, or from the shortest to the longest."""
    low, high = format_time(min(lengths_s)), format_time(max(lengths_s))
    return low if low == high else f"{low} to {high}"


def _count(items: Sequence[object], singular: str, plural: str) -> str:
    return f"1 {singular}" if len(items) == 1 else f"{len(items):,} {plural}"
