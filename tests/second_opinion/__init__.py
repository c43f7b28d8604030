"""A second opinion: the model read once more, plainly, by somebody who has not seen the engine.

It answers scenarios in which nothing is left to chance (constant durations, rates of 0 or 100 %, steady
arrivals, no jitter) with the same figures as the library. Slow and simple on purpose: one heap of what is
to happen, whole microseconds, nothing shared with the engine or its statistics. Read it beside docs/model.md.

Readings, where the text leaves two:

 1. Work that takes no time ends at the instant it starts, in a further round of the same instant. So a
    customer whose patience is over is gone before a thread that is free only now takes the request.
 2. The end of `deliver`, of a publish and of a retry's pause in the request are ends of work (phase 1);
    publishes come last among them. A request that publishes twice in no time does so in one go.
 3. A place at a called service goes to the next in its line at the moment it is free. A crash of the
    worker gives its place free at once, or takes it out of the line.
 4. A window of no length holds no instant: it is no outage.
 5. Whether the broker is down at an instant is asked of the windows. While it is down no worker counts as
    idle for `capacity`, and a publish that began earlier may still end well.
 6. `drop_oldest` drops the front of what would go on waiting: what the idle workers are about to take is
    left to them; then come messages waiting for a retry; the new message is the last candidate.
 7. What waits in the queue when a broker that is not durable goes down is what its depth counts.
 8. The retry delay of a message counts its deliveries, crashes included.
 9. `until_retaken` asks where the message is when the acknowledgement comes, not where it has been.
10. With `ack: before` the work's outcome is known before a crash `after_work`: a success is acknowledged.
11. Idempotent is a property of a step: it looks at the customer's earlier successes of that step.
12. The time-out page is an answer: at its moment `replied` is read, and it counts for `ended_at_s`, as does
    the reply that nobody waits for any more. The end of work is the end of an attempt, if by a crash.
    `error_time_s` is over `error`.
13. A list of arrival times is taken in order of time: customers are numbered as they come.
14. Something is left to happen at `stop_at` when somebody is still to come or to be answered, a worker has
    something in hand, or a message is not gone, even one that would wait for ever.
15. Peaks are read, like depth, after everything at an instant has happened, also when a message becomes
    visible after the last end of anything. `peak_depth_at_s` is null while the peak is 0. Nothing to divide
    by gives null.
16. A worker holds a message from taking it until that delivery is over. Message by message, in the order of
    the line, what is visible goes to the worker with room that holds the fewest, the lowest number among
    equals. It works in the order of taking, while `deliver` of the others runs on; only the one whose turn it
    is counts for its utilisation. A turn that comes in phase 1 begins in phase 1.
17. The visibility timeout of what is only held runs from the taking. When it is over, the worker keeps a
    stale copy, which takes room and is worked on in its turn.
18. A death ends all that is held: what still is the worker's own comes back, with `ack: before` it is lost.
    `before_work` strikes when it would begin: its turn has come and it has been delivered, and it does not
    yet stand in line for the service; so too at each try in place. `crash_rate` kills processes.
19. `renew` counts from the turn on, if the message is the worker's own then. What was renewed, or waited
    to be tried again in place, comes back a full visibility timeout after the death, or after a failure with
    `failure: timeout`.
20. In place: the wait is in the worker's hands, in flight, without a visibility timeout. At its end (phase 4)
    the worker makes the next delivery itself, at once and with a fresh timeout, even while the broker is down
    or deliveries pause. If a late acknowledgement took the message meanwhile, it is free then. A failure that
    comes too late frees it at once.
21. Locked: a partition is closed while a message of it is in flight or waits for a retry. With `ack: before`
    the message is off the queue when it is taken, so nothing is ever closed.
22. Owned: N partitions are dealt to the members in ranges, the first ones larger; those of customers in turn.
    A new owner does not read a partition while another living worker holds a copy of a message of it, begun
    or not, even a stale one.
23. A death is noticed in phase 4, at the later moment when there are two; until then the dead worker's
    partitions stand still, even if it is up. Then it leaves if it is down. One that comes back after leaving
    joins in phase 3. Each of these is one rebalance; several pauses end with the last.
24. `until_idle` waits until every worker that has a message in its hands when the rebalance begins is done
    with that message, or dead; tries in place belong to it.
25. For `capacity` a message is taken if it would be, were this phase 6, and everything before it taken first;
    that a worker may die of what it takes is not foreseen.
26. `limit_counts: failures`: what a visibility timeout brought back does not count towards `max_deliveries`,
    whoever had it: a slow worker, a dead one, or one that failed with `failure: timeout`. `retry.attempts`
    counts it.
27. `deal: round_robin`: the turn goes on after the worker that took the last message, even if that worker has
    died; one that is down or has no room is passed over. What is tried again in place is no taking.
28. `deal: rotation`: the workers stand in a line, at first by number. The first one takes the next message
    and goes to the end. One that was full or down goes to the end at the moment when it has room again; at
    one instant, those who end work come in the order of their numbers. One that finds nothing it may take
    (locked partitions) keeps its place.
29. A poisoned attempt fails of its poison, whatever else would make it fail, so it has no lost answer. The
    worker that dies of it dies where it would say how the work went, with work on a stale copy, too.
30. A lost answer makes the effect happen and nothing else: for the caller, for the queue and for what is
    completed the attempt has failed. Cut by a time-out it has none at the cut.
31. A service that works on is done after requests and workers, before publishes. Until then its place is
    taken. It is something left to happen, and its end is the end of work.
32. A step with `on_failure: continue` that fails for good makes the work failed, however the request ends.
33. The server's time-out kills after all that ends at that instant, publishes too; those killed together go
    by their numbers. A place at a service that a kill frees goes to the next in line before the next kill.
34. A restart ends what waits for a thread and what has one, before any worker's fault of that instant; one of
    no length ends at once, before the other faults. Whether the door is closed is asked of the windows. Who
    had given up is not answered again, and one who never had a thread leaves no last end.
35. `in_process`: at a restart each message that is still alive is lost and each worker stops, without a death
    for the group; a pause for a rebalance is over. When no window holds any more all are up and members, in
    the order of their numbers for the rotation; restarts of workers from before are void.
36. `publish_failure: ignore`: a refused message was never in the queue, but counts as lost; the request goes
    on with its next step at the end of the publish, which is the end of the message too.
37. `outbox`: the request writes in phase 1, among the publishes. A look is the last of phase 4, so what is
    written in a further round of that instant waits for the next look. A publish that ends where a look is
    due is followed by that look; there is one look at an instant, even if all it does takes no time. The
    relay's publishes come after those of requests. It stops looking when nothing else is left to happen and
    a whole look was refused; what stands in the outbox then, or at `stop_at`, is something left.
38. `max_in_flight` counts messages: those that a worker has, alive or dead, those that failed and wait for
    their visibility timeout, but no stale copies, and nothing that waits for a retry delay. With
    `ack: before` nothing is in flight. `capacity` counts what is not taken because of it.
39. A stop gives back in the order of holding, in phase 3. A worker that stands still keeps what it was about
    to do until it wakes: a beginning comes in phase 1 then, a try in place in phase 4.
40. Taken for dead or evicted: with `ack: before` the worker joins again when it has worked off all it holds.
    What it drops, it drops when its hands are free. Until then its copies count as held.
"""

from second_opinion.figures import Answer, Figures, Simulation

__all__ = ["Answer", "Figures", "Simulation"]
