"""The end of a message is its end: in the rows, in its story and in the picture, and why it was lost."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from laws.scenarios import Data, queue, workers
from laws.test_laws import LAWS, scenario_of
from syncasync_sim.engine import simulate
from syncasync_sim.experiment import BrokerRun, compare_brokers
from syncasync_sim.model.brokers import BROKERS, IDEAL
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.broker_reasons import reasons
from syncasync_sim.render.customer_log import events_of
from syncasync_sim.render.customer_trace import customer_trace
from syncasync_sim.replay.document import document
from syncasync_sim.replay.items import KINDS
from syncasync_sim.replay.picture_boxes import GONE
from syncasync_sim.replay.replay_state import readers
from syncasync_sim.stats import compare_summaries, summarise
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.losses import lost_messages, refused_requests
from syncasync_sim.trace.queries import WarmUpFilter
from syncasync_sim.trace.records import MessageStatus, ServerOutcome, Trace
from syncasync_sim.trace.series import queue_depth

FATES = settings(LAWS, max_examples=60, phases=[Phase.generate])
SINKS = {
    "done": MessageStatus.ACKNOWLEDGED,
    "dead": MessageStatus.DEAD_LETTERED,
    "lost": MessageStatus.LOST,
}


@st.composite
def lossy_data(draw: DrawFn) -> Data:
    """A scenario with any queue and any workers in which messages are lost that wait for a retry."""
    retry = {"attempts": draw(st.sampled_from((2, 4))), "delay": draw(st.sampled_from(("300ms", "1s")))}
    work = {"background": True, "duration": "150ms", "failure_rate": "50%", "retry": retry}
    full = {"when_full": "drop_oldest", "capacity": draw(st.sampled_from((0, 1, 2)))}
    down = {"durable": False, "outages": [{"from": "600ms", "for": "200ms"}]}
    restarts = {"restarts": [{"at": "500ms", "for": "200ms"}]}
    return {
        "server": draw(st.sampled_from(({}, restarts))),
        "traffic": {"rate": draw(st.sampled_from(("10/s", "20/s"))), "for": "1s"},
        "steps": [{"name": "a", **work}, {"name": "b", **work}],
        "queue": {**draw(queue()), **draw(st.sampled_from((full, down, {**full, **down}, {})))},
        "workers": draw(st.sampled_from((1, 2, 3)).flatmap(lambda count: workers(count, endless=False))),
        "stop_at": draw(st.sampled_from(("none", "none", "900ms"))),
    }


def asynchronous(data: Data) -> Trace:
    return simulate(scenario_of(data), "async", seed=1)


@FATES
@given(lossy_data())
def test_nothing_returns_or_is_taken_after_its_end(data: Data) -> None:
    trace = asynchronous(data)
    gone = trace.messages.column("gone")
    for message, *times in trace.deliveries.columns("message", "taken", "returned", "visible"):
        assert gone[message] == NEVER or max(times) <= gone[message]


@FATES
@given(lossy_data())
def test_no_story_tells_of_the_queue_after_the_end_of_a_message(data: Data) -> None:
    trace = asynchronous(data)  # every customer clicks once: a step is told of one message only
    for message in trace.messages:
        if message.gone_s is None:
            continue
        step = trace.scenario.steps[message.step].name
        story = customer_trace(trace, trace.requests[message.request].customer + 1)
        late = [event.text for event in events_of(story) if event.at_s > message.gone_s]
        told = [text for text in late if f"{step} is visible again" in text or f" takes {step} " in text]
        assert told == []


@FATES
@given(lossy_data())
def test_the_last_picture_is_what_the_figures_say(data: Data) -> None:
    trace = asynchronous(data)
    summary = summarise(trace)
    (lane,) = readers(document(compare_summaries(summary), {"async": trace}, with_rows=False))
    last = {item: place for _, item, place, *_ in lane.moves if KINDS[lane.items[item][0]] == "message"}
    shown = Counter(lane.boxes[place]["id"] for place in last.values() if place != GONE)
    fates = list(trace.messages.column("fate"))
    for sink, fate in SINKS.items():
        assert shown[sink] == fates.count(fate)
    if summary.queue is not None:
        assert shown["lost"] == summary.queue.lost
        assert shown["dead"] == summary.queue.dead_lettered
    (*_, waits) = (0, *queue_depth(trace).levels)
    assert shown["queue"] <= waits <= shown["queue"] + shown["later"]
    published = trace.messages.columns("fate", "published")
    in_outbox = sum(fate == MessageStatus.WAITING and at == NEVER for fate, at in published)
    assert waits == fates.count(MessageStatus.WAITING) - in_outbox
    assert shown["outbox"] == in_outbox


@FATES
@given(lossy_data())
def test_no_message_leaves_the_place_of_its_end(data: Data) -> None:
    trace = asynchronous(data)
    (lane,) = readers(document(compare_summaries(summarise(trace)), {"async": trace}, with_rows=False))
    ended: set[int] = set()
    for t, item, place, *_ in lane.moves:
        if KINDS[lane.items[item][0]] != "message":
            continue
        assert item not in ended, t / US_PER_S
        if place != GONE and lane.boxes[place]["id"] in SINKS:
            ended.add(item)


@FATES
@given(lossy_data())
def test_whatever_is_lost_or_refused_has_a_cause(data: Data) -> None:
    trace = asynchronous(data)
    fates, ends = trace.messages.column("fate"), trace.requests.column("end")
    assert list(lost_messages(trace)) == [i for i, fate in enumerate(fates) if fate == MessageStatus.LOST]
    assert list(refused_requests(trace)) == [i for i, end in enumerate(ends) if end == ServerOutcome.REFUSED]


@st.composite
def broker_data(draw: DrawFn) -> Data:
    """A scenario with losses on one of the brokers, some of them in the warm-up."""
    data = draw(lossy_data())
    more = {
        "broker": draw(st.sampled_from([name for name in BROKERS if name != IDEAL])),
        "dead_letter": draw(st.booleans()),
        "ack": draw(st.sampled_from(("after", "after", "before"))),
    }
    kept = (
        *("capacity", "when_full", "outages", "durable", "in_process"),
        *("publish_failure", "outbox_every"),
    )
    own = {key: value for key, value in data["queue"].items() if key in kept}
    sometimes = {"visibility_timeout": "100ms"} if draw(st.booleans()) else {}
    return {**data, "queue": own | more | sometimes, "warm_up": draw(st.sampled_from(("0", "400ms")))}


def counted_in(text: str, what: str) -> int:
    """The sum of the numbers of messages or requests of which the sentences say it."""
    numbers = re.findall(rf"([\d,]+) (?:failed )?(?:message|request)s? {what}", text)
    return sum(int(number.replace(",", "")) for number in numbers)


@FATES
@given(broker_data())
def test_what_is_said_of_a_broker_are_its_figures(data: Data) -> None:
    (run,) = compare_brokers(scenario_of(data), seed=1, brokers=(data["queue"]["broker"],))
    assume(isinstance(run, BrokerRun))
    assert isinstance(run, BrokerRun)
    text, figure = " ".join(reasons(run)), run.comparison.figure
    assert counted_in(text, "(?:was|were) (?:lost|dropped)") == figure("async", "queue.lost")
    assert counted_in(text, "(?:was|were) dead-lettered") == figure("async", "queue.dead_lettered")
    counts = WarmUpFilter(run.trace).requests
    refused = sum(counts[request] for request in refused_requests(run.trace))
    assert counted_in(text, "failed because the message was refused") == refused
    assert re.search(r"-\d|: ?\.", text) is None
