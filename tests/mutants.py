"""Proof of the tests: plant one fault at a time in a copy of the program, and see which test finds it.

    make mutants

prints a line a fault, and fails if one survives. The tests are those of the numbers: by hand, laws, theory.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PACKAGE = Path("src") / "syncasync_sim"
TESTS = ("by_hand", "laws", "theory")
AT_ONCE = 2


class Mutant(NamedTuple):
    """A fault: in *file* of the package, *old* (which stands there once) becomes *new*."""

    what: str
    file: str
    old: str
    new: str


MUTANTS = (
    Mutant("threads serve last in, first out", "engine/web_server.py", "waiting.popleft()", "waiting.pop()"),
    Mutant(
        "the queue is last in, first out", "engine/ready_queue.py", "in_order.popleft()", "in_order.pop()"
    ),
    Mutant(
        "a message whose worker died never comes back",
        "engine/message_queue.py",
        "        if noticed_after is not None:",
        "        if noticed_after is None:",
    ),
    Mutant(
        "a visibility timeout is never over",
        "engine/visibility_timeouts.py",
        "if event.delivery.timeout_at == self._env.now_us:",
        "if event.delivery.timeout_at != self._env.now_us:",
    ),
    Mutant(
        "a late acknowledgement counts always",
        "engine/message_queue.py",
        '(late_ack == "until_retaken" and message.state != IN_FLIGHT)',
        "bool(late_ack)",
    ),
    Mutant(
        "a late acknowledgement never counts",
        "engine/message_queue.py",
        'return late_ack == "accepted" or',
        'return late_ack == "never" or',
    ),
    Mutant(
        "a returning message goes to the back",
        "engine/ready_queue.py",
        "if returning and self._to_old_position:",
        "if returning and not self._to_old_position:",
    ),
    Mutant(
        "one delivery too many",
        "engine/message_queue.py",
        "message.deliveries >= tries",
        "message.deliveries > tries",
    ),
    Mutant(
        "dead letters are dropped, dropped ones kept",
        "engine/message_queue.py",
        "_DEAD_LETTERED if self._queue.dead_letter else _LOST",
        "_LOST if self._queue.dead_letter else _DEAD_LETTERED",
    ),
    Mutant(
        "at-most-once loses nothing when a worker dies",
        "engine/message_queue.py",
        "            self._end(message, now, _LOST)\n            return\n        self.timeouts",
        "            self._end(message, now, _ACKNOWLEDGED)\n            return\n        self.timeouts",
    ),
    Mutant(
        "a thread is free before its reply",
        "engine/web_server.py",
        "len(self.waiting) >= self._threads - self._busy + self._backlog",
        "len(self.waiting) > self._threads - self._busy + self._backlog",
    ),
    Mutant(
        "customers give up before work ends at the same instant",
        "engine/environment.py",
        "ABANDONMENT = 3 * _NUMBERS",
        "ABANDONMENT = -3 * _NUMBERS",
    ),
    Mutant(
        "messages are visible again before work ends at the same instant",
        "engine/environment.py",
        "MESSAGE_RETURNS = 6 * _NUMBERS",
        "MESSAGE_RETURNS = -6 * _NUMBERS",
    ),
    Mutant(
        "a message is visible as soon as its retry delay begins",
        "engine/message_queue.py",
        "self._backlog.delay(delivery)",
        "self._backlog.delay(delivery); self._recorder.visible(delivery.index, now)",
    ),
    Mutant(
        "a loss after a delivery is put down to the limit",
        "trace/losses.py",
        "if not waits[message]",
        "if message in trace.deliveries.column('message')",
    ),
    Mutant(
        "a refusal is put down to what was so at the end of the publishing",
        "trace/publishing.py",
        "latest[request, later] = max(latest[request, later], at)",
        "latest[request, later] = trace.requests.column('ended')[request]",
    ),
    Mutant(
        "losses of the warm-up count",
        "trace/losses.py",
        "for message, cause in lost if counted[request_of[message]])",
        "for message, cause in lost)",
    ),
    Mutant(
        "a fault begins before another ends",
        "engine/environment.py",
        "FAULT_BEGINS = 5 * _NUMBERS",
        "FAULT_BEGINS = 4 * _NUMBERS - _NUMBERS // 4",
    ),
    Mutant(
        "who takes is decided before who arrives",
        "engine/environment.py",
        "ARRIVAL = 7 * _NUMBERS",
        "ARRIVAL = 9 * _NUMBERS",
    ),
    Mutant(
        "the design leaks into the luck",
        "engine/simulation.py",
        "random_streams(scenario, scenario.seed if seed is None else seed, replication)",
        'random_streams(scenario, (seed or 1) + (mode == "async"), replication)',
    ),
    Mutant(
        "a row of a file belongs to another customer",
        "model/random_streams.py",
        "stream.values.extend(distribution.column.values_us)",
        "stream.values.extend(distribution.column.values_us[::-1])",
    ),
    Mutant(
        "further clicks have the row of the customer",
        "model/random_streams.py",
        "(attempt, click) == (1, 0)",
        "attempt == 1",
    ),
    Mutant(
        "dates do not count from the first",
        "files/measured_csv.py",
        "            start = start or FIRST\n",
        "",
    ),
    Mutant(
        "windows hold at their end",
        "model/windows.py",
        "bisect_right(self._borders, at) % 2",
        "bisect_right(self._borders, at - 1) % 2",
    ),
    Mutant(
        "of overlapping windows the last to begin is the last to end",
        "model/windows.py",
        "max(self._borders[-1], end)",
        "end",
    ),
    Mutant(
        "a time-out lets the attempt run on",
        "model/attempts.py",
        "length = self._fails_after\n        if length > self._timeout:\n            return self.timeout_us,",
        "length = self._fails_after\n        if length > self._timeout:\n            return length,",
    ),
    Mutant(
        "the first retry delay is doubled already",
        "model/attempts.py",
        "retry.factor ** (number - 1)",
        "retry.factor ** number",
    ),
    Mutant(
        "slowdowns do not multiply",
        "model/windows.py",
        "prod(slowdowns[index]",
        "max(slowdowns[index]",
    ),
    Mutant(
        "an idle worker with a higher number goes first",
        "engine/free_workers.py",
        "first << _NUMBER_BITS | worker.number",
        "first << _NUMBER_BITS | (len(self.workers) + 1 - worker.number)",
    ),
    Mutant(
        "a dead worker that has a crash pending dies twice",
        "engine/worker_pool.py",
        "        if worker.is_up:\n            restart",
        "        if worker:\n            restart",
    ),
    Mutant(
        "a worker that keeps a failed message lets others overtake",
        "engine/message_queue.py",
        'if self._queue.failure == "in_place":',
        'if self._queue.failure == "never":',
    ),
    Mutant(
        "what a worker only holds is renewed too",
        "engine/worker_pool.py",
        "            self._queue.timeouts.schedule(delivery)\n        if len(held)",
        "            self._queue.timeouts.renew(delivery)\n        if len(held)",
    ),
    Mutant(
        "a locked partition is open while a message waits for its retry",
        "engine/message_queue.py",
        "        message.state = DELAYED\n",
        "        message.state = DELAYED\n        self.ready.unlock(message)\n",
    ),
    Mutant(
        "a restarted worker gets its partitions back at once",
        "engine/consumer_group.py",
        "        self._assignment.undetected_failures.add(worker)\n",
        "",
    ),
    Mutant(
        "a rebalance stops nobody",
        "engine/consumer_group.py",
        "return bool(self._awaited) or self._env.now_us < self._paused_until",
        "return False",
    ),
    Mutant(
        "a new owner does not wait for the old one",
        "engine/partitions.py",
        "return all(holder == owner for",
        "return True or all(holder == owner for",
    ),
    Mutant(
        "a new owner does not wait for a stale copy",
        "engine/partitions.py",
        "            self.unlock(message)\n        if not",
        "            self.unlock(message)\n"
        "            getattr(self, '_holders', {}).get(self._partition_of(message.customer), {}).clear()\n"
        "        if not",
    ),
    Mutant(
        "what is acknowledged first locks its partition",
        "engine/partitions.py",
        'self._locks_groups = queue.ack == "after"',
        "self._locks_groups = True",
    ),
    Mutant(
        "partitions are dealt in turn",
        "engine/partitions.py",
        "members[partition // (each + 1)]",
        "members[partition % len(members)]",
    ),
    Mutant(
        "an idempotent step has a second effect",
        "trace/queries.py",
        "        if done[customer]:\n",
        "        if done[customer] < 0:\n",
    ),
    Mutant("the warm-up counts", "trace/queries.py", "if not number and at >= warm_up_us:", "if not number:"),
    Mutant(
        "a warm-up may end in the second half",
        "stats/warm_up.py",
        "None if 2 * best > number else",
        "None if best > number else",
    ),
    Mutant(
        "MSER-5 divides by the count once less",
        "stats/warm_up.py",
        "/ kept**3",
        "/ kept**2",
    ),
    Mutant(
        "a warm-up is found from the runs that count",
        "experiment/pilot.py",
        "range(-RUNS, 0)",
        "range(RUNS)",
    ),
    Mutant(
        "percentiles round down",
        "stats/percentiles.py",
        "-(-percent * len(ordered) // 100)",
        "percent * len(ordered) // 100",
    ),
    Mutant(
        "p50 and p99 change places",
        "stats/percentiles.py",
        "for percent in (50, 90, 95, 99)",
        "for percent in (99, 90, 95, 50)",
    ),
    Mutant(
        "the mean forgets one",
        "stats/percentiles.py",
        "(len(ordered) * US_PER_S)",
        "((len(ordered) + 1) * US_PER_S)",
    ),
    Mutant(
        "a phantom error needs no effect",
        "trace/queries.py",
        "if has_effect[step] and r in requests",
        "if r in requests",
    ),
    Mutant(
        "depth counts what is in flight",
        "trace/series.py",
        'deliveries.column("taken") + left)',
        "left)",
    ),
    Mutant(
        "completed at the first success of any step",
        "trace/invariants.py",
        "if NEVER < completed[request] < done:",
        "if NEVER < done < completed[request]:",
    ),
    Mutant(
        "steady customers come one too early",
        "model/arrivals.py",
        "(number * parts - before) * up",
        "(max(0, number - 1) * parts - before) * up",
    ),
    Mutant(
        "in one pass, who comes later overtakes",
        "engine/multi_server_queue.py",
        "at = arrived if arrived > last else last",
        "at = arrived",
    ),
    Mutant(
        "in one pass, a place is not free at the instant it gets free",
        "engine/multi_server_queue.py",
        "while busy and busy[0] >> NUMBER <= at:",
        "while busy and busy[0] >> NUMBER < at:",
    ),
    Mutant(
        "in one pass, the only place is taken twice",
        "engine/multi_server_queue.py",
        "at = arrived if arrived > free_at else free_at",
        "at = arrived",
    ),
    Mutant(
        "in one pass, a cut run forgets who waits for a worker",
        "engine/delivery_pass.py",
        "self.waiting = len(published) - 1 - position + len(ready)",
        "self.waiting = len(ready)",
    ),
    Mutant(
        "one pass where workers die",
        "engine/fast_path_rules.py",
        "lambda scenario, _: bool(scenario.workers.crashes)",
        "lambda scenario, _: False",
    ),
    Mutant(
        "in one pass, what takes no time frees its thread in the same round",
        "engine/multi_server_queue.py",
        "lengths = [length << ROUND or 1 for length in lengths]",
        "lengths = [length << ROUND for length in lengths]",
    ),
    Mutant(
        "in one pass, who takes no time at the end of the patience is in time",
        "engine/fast_path.py",
        "if end > gives_up or (end == gives_up and served.is_at_once(index, end)):",
        "if end > gives_up:",
    ),
    Mutant(
        "in one pass, a message that returns is the first of its instant",
        "engine/delivery_pass.py",
        "while published[position] <= returns[0] >> NUMBER:",
        "while published[position] < returns[0] >> NUMBER:",
    ),
    Mutant(
        "in one pass, a visibility timeout never ends before the work",
        "engine/delivery_pass.py",
        "if max(stays, default=0) > self._timeout:",
        "if False:",
    ),
    Mutant(
        "a death before the work comes at the taking",
        "engine/worker_pool.py",
        "schedule_at(arrives_at, _WORK_ENDS + delivery.worker, delivery, callback)",
        "schedule_at(now if dies else arrives_at, _WORK_ENDS + delivery.worker, delivery, callback)",
    ),
    Mutant(
        "a message goes to an idle worker, where it is another one's turn",
        "engine/free_workers.py",
        "return self._round + (worker.number <= self._last)",
        "return len(worker.held)",
    ),
    Mutant(
        "the limit counts what timed out, whatever it is told",
        "engine/message_queue.py",
        'delivery.message.uncounted += self._queue.limit_counts == "failures"',
        "delivery.message.uncounted += 0",
    ),
    Mutant(
        "attempts do not count what timed out",
        "engine/message_queue.py",
        "if tries is not None and message.deliveries >= tries:",
        "if tries is not None and message.deliveries - message.uncounted >= tries:",
    ),
    Mutant(
        "a quorum queue's prefetch has no limit",
        "model/queue_parts.py",
        'allowed.absent == "the most"',
        'allowed.absent == "refused"',
    ),
    Mutant(
        "a default limit cuts a longer delay that was written",
        "model/request_parts.py",
        '            object.__setattr__(self, "max_delay_s", self.delay_s)',
        "            return self",
    ),
    Mutant(
        "after the last of the delays one by one comes the first again",
        "model/attempts.py",
        "retry.delays_s[min(number, len(retry.delays_s)) - 1]",
        "retry.delays_s[(number - 1) % len(retry.delays_s)]",
    ),
    Mutant(
        "a retry delay is rounded down",
        "model/attempts.py",
        "        return round(delay)",
        "        return int(delay)",
    ),
    Mutant(
        "in one pass, messages in the order of the customers",
        "engine/fast_path.py",
        "        keys.sort()\n",
        "",
    ),
    Mutant(
        "in one home: an idempotent step does it again in the request",
        "trace/queries.py",
        "        if step.idempotent\n",
        "        if step.idempotent and step.background\n",
    ),
    Mutant(
        "in one home: a rejection is waited for",
        "trace/queries.py",
        "return [0] * chosen.count(1)",
        "return [1] * chosen.count(1)",
    ),
    Mutant(
        "in one home: a time is over before it is",
        "trace/queries.py",
        "bisect_right(self.times_us, limit_us)",
        "bisect_left(self.times_us, limit_us)",
    ),
    Mutant(
        "in one home: who is open at the limit is left out",
        "trace/queries.py",
        "bisect_left(self.open_us, limit_us)",
        "bisect_right(self.open_us, limit_us)",
    ),
    Mutant(
        "in one home: work begun in time is told as too early",
        "trace/worker_queries.py",
        "trace.observed_us + 1) > at for request, at in starts",
        "trace.observed_us + 1) >= at for request, at in starts",
    ),
    Mutant(
        "in one home: deaths ask for no work",
        "model/theory/visits.py",
        "repeats = dies + (1 - dies) * fails",
        "repeats = fails",
    ),
    Mutant(
        "in one home: a failed request does the rest",
        "model/theory/visits.py",
        "reached *= 1 - visit.ends",
        "reached *= 1",
    ),
    Mutant(
        "in one home: partitions share evenly",
        "model/theory/demand.py",
        "return queue.partitions / math.ceil(queue.partitions / workers)",
        "return float(workers)",
    ),
    Mutant(
        "in one home: a shape is written short",
        "model/distributions.py",
        "shape={format_number(self.shape)}",
        "shape={self.shape:g}",
    ),
    Mutant(
        "in one home: a place is taken for a name", "model/paths.py", " and not _PLACE.fullmatch(name)", ""
    ),
    Mutant(
        "in one home: rubbish after a path is let through",
        "model/paths.py",
        "if path.end < len(text):",
        "if False:",
    ),
    Mutant(
        "in one home: the few served are an answer",
        "experiment/sizing.py",
        "share >= settings.least_share",
        "share >= 0",
    ),
    Mutant(
        "in one home: a retry that is long enough is advised",
        "advice/queue_rules.py",
        "if waits_s >= longest_s:",
        "if waits_s >= longest_s / 1000:",
    ),
    Mutant(
        "in one home: clicks done are praised",
        "stats/findings.py",
        'if contrast.row("requests").is_changed:',
        "if False:",
    ),
    Mutant(
        "in one home: a headline tells the few served as everybody",
        "render/headline.py",
        "    if pages == clicks:",
        "    if pages:",
    ),
    Mutant(
        "in one home: dead letters of work that was done are not told",
        "render/headline.py",
        "if given_up and given_up != undone:",
        "if given_up and given_up == undone:",
    ),
    Mutant(
        "in one home: for real, an idempotent step does it again",
        "live/event_log.py",
        "if step.idempotent else None",
        "if False else None",
    ),
    Mutant(
        "in one home: for real, a phantom error needs an effect of its own click",
        "live/trace_builder.py",
        "AND step IN (SELECT step FROM doing) AND request IN",
        "AND request IN (SELECT request FROM effects) AND request IN",
    ),
    Mutant(
        "in one home: what a worker never came to lay nowhere",
        "trace/worker_queries.py",
        "ended if in_hand == NEVER else in_hand) for",
        "t if in_hand == NEVER else in_hand) for",
    ),
    Mutant(
        "in one home: a rebalance that never came is told",
        "render/broker_reasons.py",
        "at_s + d.quantile_s(0.0) <= until_s",
        "at_s <= until_s",
    ),
    Mutant(
        "in one home: every broker renews",
        "model/brokers/rabbitmq.py",
        "can_renew=False",
        "can_renew=True",
    ),
    Mutant(
        "restart: a request that waits is not cut",
        "engine/interruptible_server.py",
        "        while self.waiting:",
        "        while self.waiting and not self.waiting:",
    ),
    Mutant(
        "restart: the server is never open again",
        "engine/interruptible_server.py",
        "        self._is_down = False\n\n    def _leave_line",
        "        self._is_down = True\n\n    def _leave_line",
    ),
    Mutant(
        "restart: who comes meanwhile waits at the door",
        "engine/interruptible_server.py",
        "        if self._is_down:",
        "        if not self.arrived and self._is_down:",
    ),
    Mutant(
        "restart: a thread that was cut is never free",
        "engine/interruptible_server.py",
        "        self._busy -= 1",
        "        self._busy -= end != _CUT",
    ),
    Mutant(
        "restart: those that overlap end with the first",
        "engine/restarts.py",
        "        if not self._going_on:",
        "        if self._going_on >= 0:",
    ),
    Mutant(
        "restart: it comes before the work of its instant",
        "engine/restarts.py",
        "self._env.until(begin, FAULT_BEGINS + _FIRST)",
        "self._env.until(begin, _FIRST)",
    ),
    Mutant(
        "restart: the place at a service stays taken",
        "engine/interruptible_server.py",
        "            self._service(request).release()",
        "            pass",
    ),
    Mutant(
        "restart: who stands in line at a service stays there",
        "engine/interruptible_server.py",
        "            self._service(request).cancel(request)",
        "            pass",
    ),
    Mutant(
        "restart: what a request was about to do still happens",
        "engine/interruptible_server.py",
        "        request.cancel()\n",
        "",
    ),
    Mutant(
        "restart: who has given up is answered again",
        "engine/interruptible_server.py",
        "        if not request.answered:\n            self._respond_with_failure(request, now, _ERROR)\n",
        "        self._respond_with_failure(request, now, _ERROR)\n",
    ),
    Mutant(
        "server time-out: it comes a microsecond late",
        "engine/interruptible_server.py",
        "now + self._timeout, KILL",
        "now + self._timeout + 1, KILL",
    ),
    Mutant(
        "server time-out: it comes before the reply of its instant",
        "engine/environment.py",
        "KILL = int(EventPriority.KILL)",
        "KILL = -int(EventPriority.KILL)",
    ),
    Mutant(
        "server time-out: it comes after the patience of its instant",
        "engine/interruptible_server.py",
        "KILL + request.index, Kill(request)",
        "2 * KILL + request.index, Kill(request)",
    ),
    Mutant(
        "server time-out: the attempt goes on in the rows",
        "engine/interruptible_server.py",
        "cut_attempt(attempt, self._env.now_us, outcome)",
        "cut_attempt(attempt, self._env.now_us + 1, outcome)",
    ),
    Mutant(
        "in process: what is in flight is not lost",
        "engine/in_process.py",
        "[*self._backlog.messages(), *self._in_flight()]",
        "[*self._backlog.messages()]",
    ),
    Mutant(
        "in process: what waits is not lost",
        "engine/in_process.py",
        "[*self._backlog.messages(), *self._in_flight()]",
        "[*self._in_flight()]",
    ),
    Mutant(
        "in process: a restart from before brings a worker back",
        "engine/in_process.py",
        "        if times_down == self._times_down:",
        "        if times_down <= self._times_down:",
    ),
    Mutant(
        "in process: the group still detects a death from before",
        "engine/consumer_group.py",
        "        if times_begun != self._times_begun:",
        "        if times_begun > self._times_begun:",
    ),
    Mutant(
        "in process: a pause from before goes on",
        "engine/consumer_group.py",
        "        self._paused_until = 0\n        self._undetected",
        "        self._undetected",
    ),
    Mutant(
        "in process: a worker that died before stays out of the group",
        "engine/consumer_group.py",
        "        self._undetected_deaths.clear()\n        self._assignment.undetected_failures.clear()\n",
        "        self._undetected_deaths.clear()\n",
    ),
    Mutant(
        "in process: the loss is put down to the early acknowledgement",
        "trace/losses.py",
        "        if gone in restarts and",
        "        if gone not in restarts and",
    ),
    Mutant(
        "publishing: an ignored refusal leaves no trace",
        "engine/message_queue.py",
        "        if is_ignored:",
        "        if not is_ignored:",
    ),
    Mutant(
        "publishing: what the broker never had counts as published",
        "stats/summary.py",
        "published=sum(have_happened(compress(published, kept))),",
        "published=sum(kept),",
    ),
    Mutant(
        "publishing: what the broker never had leaves the queue when it is lost",
        "trace/series.py",
        "for published, at in ends if published != NEVER)",
        "for published, at in ends)",
    ),
    Mutant(
        "publishing: a request waits for the broker in spite of the outbox",
        "model/queue_parts.py",
        "return Constant(0.0) if self.has_outbox else self.publish",
        "return self.publish",
    ),
    Mutant(
        "publishing: the relay ends its look at the first refusal in an outage",
        "engine/outbox.py",
        "            if is_refused:\n",
        "            if is_refused:\n                self._to_publish = 0\n",
    ),
    Mutant(
        "publishing: the relay sees what is written after its look at that instant",
        "engine/outbox.py",
        "if look_at <= self._passed:",
        "if look_at < self._passed:",
    ),
    Mutant(
        "publishing: the relay looks before messages are visible again",
        "engine/environment.py",
        "RELAY_LOOKS = ARRIVAL - 1",
        "RELAY_LOOKS = MESSAGE_RETURNS - 1",
    ),
    Mutant(
        "publishing: the relay looks while it publishes",
        "engine/outbox.py",
        "if not self._is_active:",
        "if len(self._rows) > 0:",
    ),
    Mutant(
        "publishing: the relay gives up what it could not publish when nothing else goes on",
        "engine/outbox.py",
        "not (self._is_alone and self._is_in_vain)",
        "not self._is_alone",
    ),
    Mutant(
        "publishing: the relay asks for the same random time again",
        "engine/outbox.py",
        "row.tries += 1",
        "row.tries = 1",
    ),
    Mutant(
        "publishing: what stands in the outbox is nothing left at stop_at",
        "engine/simulation.py",
        "queue.depth + in_outbox > 0",
        "queue.depth > 0",
    ),
    Mutant(
        "publishing: why a message was refused is asked where its request began",
        "trace/publishing.py",
        "for request, step, at in [*done, *handed_over]:",
        "for request, step, at in ():",
    ),
    Mutant(
        "failed step: poison spares everybody",
        "model/attempts.py",
        "return self._poison(customer, 0, 1)",
        "return self._poison(customer, 0, 1) and customer < 0",
    ),
    Mutant(
        "failed step: poison is drawn by chance anew at each attempt",
        "model/attempts.py",
        "        if self.is_poison(customer) or",
        "        if self._poison(customer, click, number) or",
    ),
    Mutant(
        "failed step: the answer of a poisoned attempt is lost",
        "model/attempts.py",
        "            outcome = FAILED\n        elif",
        "            outcome = ANSWER_LOST\n        elif",
    ),
    Mutant(
        "failed step: an answer is lost at the cut",
        "model/attempts.py",
        "outcome = self.in_service(customer, click, number, start)\n        if length > self._timeout:\n"
        "            return self.timeout_us, TIMED_OUT",
        "outcome = self.in_service(customer, click, number, start)\n        if length > self._timeout:\n"
        "            return self.timeout_us, outcome if outcome == ANSWER_LOST else TIMED_OUT",
    ),
    Mutant(
        "failed step: a lost answer has no effect",
        "trace/queries.py",
        "frozenset((int(AttemptOutcome.OK), int(AttemptOutcome.ANSWER_LOST)))",
        "frozenset((int(AttemptOutcome.OK),))",
    ),
    Mutant(
        "failed step: poison kills nobody",
        "engine/worker_pool.py",
        "self._crashes_after_work or any(self._poison_kills)",
        "self._crashes_after_work",
    ),
    Mutant(
        "failed step: poison kills after the acknowledgement",
        "engine/worker_pool.py",
        "if not dies or self._acks_first:",
        "if not dies or self._acks_first or self._may_die_after_work:",
    ),
    Mutant(
        "works on: the place is free at the cut",
        "engine/abandoned_calls.py",
        "self._env.schedule_at(ends_at,",
        "self._env.schedule_at(self._env.now_us,",
    ),
    Mutant(
        "works on: the effect happens at the cut",
        "engine/abandoned_calls.py",
        "worked_on(attempt, ends_at, outcome)",
        "worked_on(attempt, self._env.now_us, outcome)",
    ),
    Mutant(
        "works on: it is nothing that is left at the cut",
        "engine/simulation.py",
        "is_cut = is_cut or context.recorder.services_end > cut_at",
        "is_cut = bool(is_cut)",
    ),
    Mutant(
        "works on: what it would have done after the cut has happened",
        "engine/cut.py",
        'WorkedOn: _Foreseen("ended", {})',
        "WorkedOn: _Foreseen(None, {})",
    ),
    Mutant(
        "works on: the server's time-out cuts the service too",
        "engine/interruptible_server.py",
        "if outcome == _TIMED_OUT and self._attempts",
        "if outcome == _CRASHED and self._attempts",
    ),
    Mutant(
        "works on: a restart leaves the service alone",
        "engine/interruptible_server.py",
        "if outcome == _TIMED_OUT and self._attempts",
        "if self._attempts",
    ),
    Mutant(
        "goes on: the failure ends the request",
        "engine/web_server.py",
        "        if not self._goes_on[step]:",
        "        if self._goes_on[step] or not self._goes_on[step]:",
    ),
    Mutant(
        "goes on: who saw an error page was deceived",
        "trace/queries.py",
        "response[row] == ResponseStatus.OK and warm_up_filter",
        "response[row] != ResponseStatus.NONE and warm_up_filter",
    ),
    Mutant(
        "goes on: a first failure is one for good",
        "trace/failed_steps.py",
        "if last.get(step) == number and",
        "if step in last and",
    ),
    Mutant(
        "in flight: one message too many",
        "engine/message_queue.py",
        "self.in_flight < self._most_in_flight",
        "self.in_flight <= self._most_in_flight",
    ),
    Mutant(
        "in flight: the capacity counts on what may not be taken",
        "engine/message_queue.py",
        "if room < consumers.free_slots:",
        "if room < 0:",
    ),
    Mutant(
        "in flight: what is acknowledged at the taking counts",
        "engine/message_queue.py",
        "most = queue.max_in_flight if self._at_least_once else None",
        "most = queue.max_in_flight",
    ),
    Mutant(
        "in flight: of two members the lower number takes",
        "engine/consumer_group.py",
        "            at, member = self._line[0]\n",
        "            self._line.sort(key=lambda entry: entry[1])\n            at, member = self._line[0]\n",
    ),
    Mutant(
        "served ahead: threads that meet others",
        "engine/fast_path_rules.py",
        "return all(rule.of_workers",
        "return any(rule.of_workers",
    ),
    Mutant(
        "served ahead: what is published as its request begins comes first",
        "engine/fast_path.py",
        "self.has_rounds |= served.is_at_once(index, when)",
        "self.has_rounds |= False",
    ),
    Mutant(
        "in flight: one pass for workers that may not all work",
        "engine/fast_path_rules.py",
        "scenario.queue.max_in_flight < scenario.workers.count",
        "scenario.queue.max_in_flight < 1",
    ),
    Mutant(
        "pauses: a worker that stands still ends its work",
        "engine/worker_freezes.py",
        "rest = now - max(still.since, delivery.started) + moved_us",
        "rest = moved_us",
    ),
    Mutant(
        "pauses: the evicted acknowledge",
        "engine/paused_workers.py",
        "if delivery.index in self._void and",
        "if delivery.index not in self._void and False and",
    ),
    Mutant(
        "pauses: who stops gives nothing back",
        "engine/worker_stops.py",
        "self._drop_not_begun(worker, 1, self._env.now_us)",
        "self._drop_not_begun(worker, 1 << 20, self._env.now_us)",
    ),
    Mutant(
        "pauses: a crash is not written down as their end",
        "engine/paused_workers.py",
        "        self._recorder.resumed(worker.number, self._env.now_us)",
        "",
    ),
    Mutant(
        "pauses: what is foreseen beyond the cut stays in the trace",
        "engine/cut.py",
        'Pause: _Foreseen(None, {"until": {}})',
        "Pause: _Foreseen(None, {})",
    ),
    Mutant(
        "away: a capacity without those who are stopped or frozen",
        "model/theory/demand.py",
        "bool(workers.crashes) or workers.may_pause or",
        "bool(workers.crashes) or",
    ),
    Mutant(
        "away: a crash does not end a freeze in what is said of it",
        "model/theory/downtime.py",
        'pair != ("freezes", "crashes")',
        "True",
    ),
    Mutant(
        "away: a stopped worker is known to be back too soon",
        "model/theory/downtime.py",
        "self.known_again_s = self.until_s + self.grace_s",
        "self.known_again_s = self.until_s",
    ),
    Mutant(
        "away: what a stop gave back is lost by something else",
        "trace/losses.py",
        "if message in not_begun",
        "if False",
    ),
    Mutant(
        "away: a page just in time is called killed",
        "model/never_succeeds.py",
        "if to_us(least_s) <= to_us(timeout_s):",
        "if to_us(least_s) < to_us(timeout_s):",
    ),
    Mutant(
        "away: a table hides what the queue gave up",
        "stats/rows.py",
        '[*GIVEN_UP, "workers.crashes"]',
        '["workers.crashes"]',
    ),
    Mutant(
        "away: a detection that is long enough is advised",
        "advice/fault_rules.py",
        "if limit_s < needed_s",
        "if limit_s < needed_s / 1000",
    ),
    Mutant(
        "away: a message that waits in line while frozen moves by the whole freeze",
        "engine/worker_freezes.py",
        "stood = now - max(still.since, first.started)",
        "stood = now - still.since",
    ),
    Mutant(
        "what happens at the very end of a run has not happened",
        "engine/cut.py",
        "map(at.__lt__, column)",
        "map(at.__le__, column)",
    ),
    Mutant(
        "one pass: what is published at the begin is there before the begin",
        "engine/fast_path.py",
        "return moment(end, self.rounds[index] + 1 if self.rounds else 1)",
        "return moment(end)",
    ),
    Mutant(
        "one pass: what is published after the cut is in the trace",
        "engine/fast_path.py",
        "bisect_left(keys, moment(",
        "bisect_right(keys, moment(",
    ),
    Mutant(
        "one pass where poison makes a customer click again",
        "engine/fast_path_rules.py",
        "step.failure_rate or step.poison or step.outages",
        "step.failure_rate or step.outages",
    ),
    Mutant(
        "one pass where who gives up clicks again",
        "engine/fast_path_rules.py",
        "(scenario.customer.patience_s is not None or errors)",
        "errors",
    ),
    Mutant(
        "one pass: what takes no time and fails is visible again in its own round",
        "engine/delivery_pass.py",
        "moment(ended + delay) if stay or delay else at + 1",
        "moment(ended + delay)",
    ),
    Mutant(
        "what is visible again after the end of a run is visible",
        "engine/cut.py",
        '"returned": {}, "visible": {}}',
        '"returned": {}}',
    ),
    Mutant(
        "a call that works on keeps the row of its attempt when rows before it are left out",
        "engine/cut.py",
        "(kept[attempt] - 1 for attempt in attempts)",
        "attempts",
    ),
    Mutant(
        "one pass: what begins in a later round ends in such a round",
        "engine/multi_server_queue.py",
        "            if has_rounds and length != 1:\n                end &= _WHOLE\n",
        "",
    ),
    Mutant(
        "one pass: threads that are busy when rounds begin are free at once",
        "engine/multi_server_queue.py",
        "(key >> NUMBER << ROUND + NUMBER) | key & NUMBER_MASK for key",
        "key for key",
    ),
    Mutant(
        "sure steps: all begin at once",
        "engine/sure_steps.py",
        "            at = ends\n",
        "",
    ),
    Mutant(
        "sure steps: those that are written down are written down again",
        "engine/sure_steps.py",
        "        rows.clear()\n",
        "",
    ),
    Mutant(
        "random numbers: a block that comes later has the bits of another",
        "model/random_streams.py",
        "more = min(number - self._next, BLOCKS_TO_MARK - since)",
        "more = number - self._next",
    ),
    Mutant(
        "attempts: the first ones know no slowdowns",
        "model/attempts.py",
        "not (step.outages or step.slowdowns)\n",
        "not step.outages\n",
    ),
    Mutant(
        "arrivals: of many customers the last of a block never comes",
        "model/arrivals.py",
        "yield _on_segment(segment, start_s, reached, block)",
        "yield _on_segment(segment, start_s, reached, block[:-1])",
    ),
    Mutant(
        "columns: no attempt has a number above 127",
        "trace/columns.py",
        '"worker", "by", "number"), _NUMBER),\n',
        '"worker", "by"), _NUMBER),\n    "number": _CODE,\n',
    ),
    Mutant(
        "columns: one number for many rows is there once",
        "trace/columns.py",
        "array(code, [values]) * number",
        "array(code, [values])",
    ),
    Mutant(
        "series: a level falls before it rises at an instant",
        "trace/series.py",
        "if rise < fall:",
        "if rise <= fall:",
    ),
    Mutant(
        "series: who never gets a thread waits for ever",
        "trace/series.py",
        "over if begin == NEVER else begin for begin, over in rows",
        "begin for begin, over in rows",
    ),
    Mutant(
        "work: of two messages that were given up the last one decides",
        "trace/invariants.py",
        "max(work[request], _WORK_OF_FATE[fate])",
        "_WORK_OF_FATE[fate]",
    ),
    Mutant(
        "books: a message in flight may count as waiting",
        "trace/invariants.py",
        "(fates[MessageStatus.WAITING], fates[MessageStatus.IN_FLIGHT]) != (waiting, in_flight)",
        "fates[MessageStatus.WAITING] + fates[MessageStatus.IN_FLIGHT] != waiting + in_flight",
    ),
    Mutant(
        "books: who was never answered is not missed",
        "trace/invariants.py",
        "if not cut and responses[ResponseStatus.NONE]:",
        "if cut and responses[ResponseStatus.NONE] < 0:",
    ),
)


def plant(mutant: Mutant, folder: Path) -> None:
    """A copy of the project in *folder*, with the fault in it."""
    for name in ("src", "tests", "scenarios", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    path = folder / PACKAGE / mutant.file
    text = path.read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(
            f"{mutant.what}: {mutant.old!r} stands {text.count(mutant.old)} times in {mutant.file}"
        )
    path.write_text(text.replace(mutant.old, mutant.new))


def caught_by(mutant: Mutant) -> str | None:
    """The first test that finds the fault; None if it survives."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plant(mutant, folder)
        done = run_tests(folder, [kind for kind in TESTS if (folder / "tests" / kind).is_dir()])
    found = re.search(r"^(?:FAILED|ERROR) tests/(\S+)", done.stdout, re.MULTILINE)
    if done.returncode and found is None:
        raise SystemExit(f"{mutant.what}: the tests did not run\n{done.stdout}{done.stderr}")
    if found is None:
        return None
    if run_tests(ROOT, [found[1].partition("[")[0]]).returncode:
        raise SystemExit(f"{mutant.what}: {found[1]} fails without the fault, too")
    return found[1]


def run_tests(folder: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Those of the tests of the project in *folder*, up to the first that fails."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider"]
        + [str(folder / "tests" / test) for test in tests],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> None:
    wanted = [m for m in MUTANTS if not sys.argv[1:] or any(word in m.what for word in sys.argv[1:])]
    survivors = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for mutant, test in zip(wanted, pool.map(caught_by, wanted), strict=True):
            survivors += test is None
            print(f"{mutant.what:<66} {test or 'SURVIVES'}", flush=True)
    print(f"{len(wanted)} faults planted, {survivors} survived")
    sys.exit(survivors > 0)


if __name__ == "__main__":
    main()
