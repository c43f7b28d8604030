"""What a run prints: sentences, the table at any width, claims, footer."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from syncasync_sim import __version__
from syncasync_sim.experiment import run_designs
from syncasync_sim.model.formats import format_count, format_value
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.headline import headline
from syncasync_sim.render.style import MARKS, TIED, wrapped
from syncasync_sim.render.tables import TOO_NARROW, footer, page


def scenario(email: dict[str, Any] | None = None, **parts: Any) -> Scenario:
    steps = [
        {"name": "check payment", "duration": "200ms"},
        {"name": "charge card", "duration": "800ms", "effect": "card charged"},
        {"name": "save order", "duration": "50ms", "effect": "order saved"},
        {"name": "send email", "duration": "1.5s", "effect": "email sent", "background": True}
        | (email or {}),
    ]
    return Scenario.model_validate({"name": "checkout", "traffic": {"requests": 1}, "steps": steps} | parts)


DOWN = {"outages": [{"from": "0s", "for": "forever"}]}


def shown(
    asked: Scenario,
    width: int = 80,
    *,
    encoding: str = "utf-8",
    replications: int = 1,
    modes: tuple[Mode, ...] = MODES,
) -> str:
    result = run_designs(asked, seed=1, replications=replications, modes=modes)
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=file, width=width, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(page(*result))
    return capture.get()


def told(asked: Scenario, modes: tuple[Mode, ...] = MODES, replications: int = 1) -> str:
    return headline(run_designs(asked, seed=1, modes=modes, replications=replications)[0])


def test_the_page_of_the_plain_checkout_fits_a_classroom_terminal() -> None:
    asked = scenario(title="A checkout form", expect=["async.response_time_s.max == 1.05s"])
    assert shown(asked).splitlines() == [
        "A checkout form",
        "✓ async.response_time_s.max == 1.05s",
        "",
        "The customer waits 1.05 s instead of 2.55 s (1.50 s less, 59 %). All work is",
        "done after 2.55 s in both: asynchronous is not faster, the customer just does",
        "not wait for it.",
        "",
        "       s           0        0.5       1        1.5       2        2.5",
        "sync   customer    │━━━│charge card━━━││send email━━━━━━━━━━━━━━━━━│ page 2.55 s",
        "async  customer    │━━━│charge card━━━││ page 1.05 s",
        "       send email                      │worker 1━━━━━━━━━━━━━━━━━━━│ done 2.55 s",
        "       bars too narrow for their names: check payment 200 ms, save order 50 ms",
        "",
        "                  sync   async   change",
        "customer waits  2.55 s  1.05 s  -1.50 s  2.4x as fast",
        "all work done   2.55 s  2.55 s      0 s  the same",
        "requests             1       1        0",
        "Everybody got the page, all work was completed, nothing went wrong.",
        f"seed 1 • 1 customer • unlimited threads • 1 worker • syncasync-sim {__version__}",
        "Assumes no network time, an ideal queue, queueing costs nothing.",
    ]


def test_the_timeline_is_that_of_the_customer_who_had_it_worst() -> None:
    asked = scenario(traffic={"requests": 10})
    assert "The worst-off customer (10 of 10), from the click on:" in shown(asked)
    told = "The worst-off customer (10 of 10 of the first replication), from the click on:"
    assert told in shown(asked, 120, replications=2)
    assert "Customer 1 of 10, from the click on:" in shown(
        scenario(traffic={"requests": 10}, workers={"count": 10})
    )


def test_the_sentence_says_what_was_done_too_often() -> None:
    twice = scenario(workers={"count": 2}, queue={"visibility_timeout": "1s"})
    assert told(twice).endswith(" Async, too often: email sent (1).")
    again = scenario(DOWN, traffic={"requests": 10}, customer={"resubmits": 2})
    assert told(again).endswith(" Sync, too often: card charged (20), order saved (20).")
    assert told(again, modes=("sync",)).endswith(" Sync, too often: card charged (20), order saved (20).")
    assert "too often" not in told(again, modes=("async",))


def test_one_design_alone_does_not_say_all_work_where_some_was_not_done() -> None:
    lossy = scenario(traffic={"requests": 3}, queue={"capacity": 1, "when_full": "drop_oldest"})
    one = told(lossy, modes=("async",))
    assert "In async all work gets done only for 2 of 3 customers (66.7 %), after 3.30 s on average." in one
    assert "All work" not in one


HARD = scenario(
    {"failure_rate": "30%", "name": "send [red]email[/red]", "effect": "[bold]email sent"},
    title="[red]not markup[/red] :smile:",
    traffic={"rate": "3/s", "for": "100s"},
    server={"threads": 4},
    workers={"count": 3},
)


def test_a_terminal_too_narrow_for_the_intervals_shows_the_changes_without_them() -> None:
    asked = scenario({"duration": "exponential(mean=1.5s)"}, traffic={"requests": 3})
    wide, narrow = (shown(asked, width, replications=3) for width in (100, 68))
    assert "change ± 95 %" in wide
    assert TOO_NARROW not in wide
    assert re.search(r"^ +sync +async +change$", narrow, re.MULTILINE)
    assert TOO_NARROW in narrow
    row = next(line for line in narrow.splitlines() if line.startswith("  mean"))
    assert "±" not in row


@pytest.mark.parametrize("width", [20, 40, 80, 120])
@pytest.mark.parametrize("replications", [1, 3])
def test_no_number_is_cut_at_any_width(width: int, replications: int) -> None:
    text = shown(HARD, width, replications=replications)
    assert max(map(cell_len, text.splitlines())) <= width
    lines = " ".join(text.split())
    comparison = run_designs(HARD, seed=1, replications=replications)[0]
    for row in comparison.rows():
        for mode in MODES:
            assert format_value(row.value(mode), row.unit) in lines, row
    assert not re.search(r"\d\s?…", text)


def test_a_wide_table_first_loses_its_words_then_becomes_lines() -> None:
    assert "2.4x as fast" in shown(scenario(), 80)
    narrow = shown(scenario(), 40)
    assert "customer waits  2.55 s  1.05 s  -1.50 s\n" in narrow
    assert "shorter" not in narrow
    assert "customer waits: sync\n  2.55 s, async\n  1.05 s, -1.50 s,\n  2.4x as fast" in shown(
        scenario(), 20
    )


def test_names_are_shown_as_they_are_written() -> None:
    text = shown(HARD, 120)
    assert text.startswith("[red]not markup[/red] :smile:\n")
    assert "send [red]email" in text


def test_an_ascii_terminal_gets_only_ascii() -> None:
    asked = scenario({"failure_rate": "30%"}, traffic={"requests": 30}, expect=["async.work.lost == 1"])
    text = shown(asked, encoding="ascii", replications=3)
    assert text.isascii()
    assert "x async.work.lost == 1" in text
    assert "+/-" in text
    assert all(mark.isascii() for mark in MARKS.values())


def test_a_missed_claim_comes_first_and_says_what_it_was_instead() -> None:
    good = [f"sync.requests <= {n}" for n in range(1, 5)]
    missed = ["sync.response_time_s.max == 1s", "sync.responses.ok == 2"]
    lines = shown(scenario(expect=[*good, *missed])).splitlines()
    assert lines[1:4] == [
        "✗ sync.response_time_s.max == 1s (it is 2.55 s)",
        "✗ sync.responses.ok == 2 (it is 1)",
        "✓ 4 expectations hold",
    ]


def test_the_finding_when_asynchronous_makes_the_work_later() -> None:
    assert told(scenario(traffic={"requests": 10})) == (
        "The customer waits 1.05 s instead of 2.55 s (1.50 s less, 59 %). "
        "All work is done after 9.30 s instead of 2.55 s on average: "
        "it is now the work that waits, in the queue."
    )


@pytest.mark.parametrize(
    ("queue", "reason"),
    [
        ({"publish": "2s"}, "publishing a message takes 2.00 s."),
        ({"deliver": "5s"}, "the delivery of a message takes 5.00 s."),
        ({"publish": "2s", "deliver": "5s"}, "publishing a message takes 2.00 s and its delivery 5.00 s."),
        ({"publish": "2s", "deliver": "1ms"}, "publishing a message takes 2.00 s."),
        (
            {"deliver": "exponential(mean=5s)"},
            "the delivery of a message takes 5.00 s on average.",
        ),
    ],
)
def test_the_finding_when_the_queue_itself_takes_time(queue: dict[str, Any], reason: str) -> None:
    assert told(scenario(queue=queue)).partition(": ")[2] == reason


def test_the_finding_when_everybody_sees_an_error_page_though_something_was_done() -> None:
    assert told(scenario(DOWN)) == (
        "Sync: every customer sees an error page after 2.55 s, and yet: card charged, order saved. "
        "Async: everybody gets the page, after 1.05 s. "
        "Nobody's work gets all done."
    )


def test_the_finding_when_the_one_customer_s_work_is_done_late() -> None:
    # The email fails for a minute: an error page in the request; on the queue it is done at last.
    late = scenario({"outages": [{"from": "0s", "for": "1m"}], "retry": {"delay": "60s"}})
    assert told(late).endswith(
        "In sync some work does not get done. In async all work gets done, after 64.05 s."
    )


def test_the_finding_when_no_customer_s_work_is_done_in_one_design() -> None:
    late = scenario(
        {"outages": [{"from": "0s", "for": "1m"}], "retry": {"delay": "60s"}}, traffic={"requests": 2}
    )
    assert "In sync all work gets done for none of the 2 customers. In async it gets done, after" in told(
        late
    )


def test_two_times_that_are_written_alike_are_told_as_one() -> None:
    # 70 min and the 2 ms of the publishing: not "after 1 h 10 min instead of 1 h 10 min", nor a reason why.
    slow = scenario({"duration": "70m"}, workers={"count": 3}, queue={"publish": "2ms"})
    assert told(slow).endswith(
        " All work is done after 1 h 10 min in both: "
        "asynchronous is not faster, the customer just does not wait for it."
    )
    same = scenario({"background": False, "duration": "70m"}, queue={"publish": "2ms"})
    assert told(same).startswith("The customer waits 1 h 10 min in both designs. ")


def test_messages_given_up_although_their_work_was_done_are_told_at_the_top() -> None:
    # bull 1685: 70 s of work, visible again after 30 s, two deliveries: dead-lettered at 60 s, sent at 70 and
    # 100 s.
    stalled = scenario(
        {"duration": "70s", "retry": {"attempts": 2}},
        workers={"count": 3},
        queue={"visibility_timeout": "30s", "late_ack": "ignored"},
    )
    assert told(stalled).endswith(
        " Async: 1 message was dead-lettered, although its work was done. Async, too often: email sent (1)."
    )
    dropped = stalled.model_copy(update={"queue": stalled.queue.model_copy(update={"dead_letter": False})})
    assert " Async: 1 message was lost, although its work was done. " in told(dropped)
    # Where as much work was not done, that says it.
    assert "dead-lettered" not in told(scenario(DOWN))


def test_the_finding_names_the_death_and_the_timeout_after_which_messages_came_back() -> None:
    # Worker 1 takes the email at 1.05, dies at 2, and the email is visible again 30 s after it was taken.
    dies = {"crashes": [{"worker": 1, "at": "2s", "restart_after": "0s"}]}
    unseen = {"crash_detection": "none", "visibility_timeout": "30s"}
    died = "a worker died, and its message came back 29.05 s later."
    assert told(scenario(queue=unseen, workers=dies)).endswith(f": {died}")
    twice = {"crashes": [{"worker": 1, "at": at, "restart_after": "0s"} for at in ("2s", "32s")]}
    several = "workers died, and their messages came back up to 29.05 s later."
    assert told(scenario(queue=unseen, workers=twice)).endswith(f": {several}")
    # The email fails in an outage until 2 s, and is visible again 30 s after it was taken.
    fails = {"outages": [{"from": "1050ms", "for": "1s"}], "retry": {"delay": "0s"}}
    queue = {"failure": "timeout", "visibility_timeout": "30s"}
    comparison = run_designs(scenario(fails, queue=queue), seed=1, modes=("async",))[0]
    assert comparison.returns == (0, 30_000_000)
    # The first worker has it for 4 s, it is visible after 2 s.
    slow = scenario({"duration": "4s"}, traffic={"requests": 2}, queue={"visibility_timeout": "2s"})
    assert (
        told(slow)
        .partition("in the queue; ")[2]
        .startswith("a message came back when its visibility timeout was over, 2.00 s after it was taken.")
    )


def test_work_that_waits_in_a_worker_s_hands_is_not_put_down_to_redelivery() -> None:
    # Three emails of 10 s at once in one worker's hands, visible again after 15 s: the second and third are
    # done at 20 and 30 s, as they waited for the first, whether they are delivered again or not.
    held = scenario({"duration": "10s"}, traffic={"requests": 3}, queue={"prefetch": 3})
    again = scenario(
        {"duration": "10s"}, traffic={"requests": 3}, queue={"prefetch": 3, "visibility_timeout": "15s"}
    )
    for asked in (held, again):
        assert "delivered more than once" not in told(asked)
        text = " ".join(shown(asked).split())
        assert "A message waited up to 20.00 s at a worker that was busy with others (prefetch)" in text
    assert "A message waited up to" not in shown(scenario(traffic={"requests": 3}))


def test_the_finding_when_asynchronous_is_worse() -> None:
    asked = scenario(queue={"publish": "2s"})
    assert told(asked).startswith("The customer waits 3.05 s instead of 2.55 s (500 ms more, 20 %).")
    slow = scenario(queue={"publish": "6s"})
    assert told(slow).startswith(
        "The customer waits 7.05 s instead of 2.55 s (4.50 s more, 2.76 times as long)."
    )


def test_the_finding_when_nothing_changes() -> None:
    asked = scenario({"background": False})
    assert told(asked) == "The customer waits 2.55 s in both designs. All work is done after 2.55 s in both."


def test_the_finding_when_the_interval_spans_zero() -> None:
    asked = Scenario.model_validate(
        {
            "traffic": {"requests": 3},
            "steps": [{"name": "a", "duration": "exponential(mean=1s)", "background": True}],
            "queue": {"publish": "exponential(mean=1s)"},
        }
    )
    assert told(asked, replications=5).startswith(
        "The numbers are means of 5 replications. No clear change in what the customer waits: "
    )


def test_the_finding_when_nobody_is_answered() -> None:
    asked = scenario(customer={"patience": "1s"})
    assert told(asked) == (
        "Both designs: nobody gets the page (1 timed out), and yet: card charged, order saved, email sent. "
        "All work is done after 2.55 s in both."
    )


def test_the_finding_when_some_are_refused() -> None:
    asked = scenario(traffic={"requests": 5}, server={"threads": 2, "backlog": 1})
    # Two are served at once and one after them: 2.55, 2.55, 5.10 s; with the email on the queue 1.05, 1.05,
    # 2.10 s, and the emails one after the other: 2.55, 4.05, 5.55 s.
    assert told(asked) == (
        "Sync: only 3 of 5 customers (60 %) get the page, after 3.40 s on average; 2 rejected. "
        "Async: only 3 of 5 customers (60 %) get the page, after 1.40 s on average; 2 rejected. "
        "In sync all work gets done only for 3 of 5 customers (60 %), after 3.40 s on average. "
        "In async it gets done only for 3 of 5 customers (60 %), after 4.05 s on average."
    )


def test_the_finding_when_some_click_again_counts_clicks_and_customers() -> None:
    # One thread, patience 3 s. The first gets the page at 2.55 s; the second gives up at 3 s, clicks again
    # and is served from 5.10 s on, to give up at 6 s: both of that customer's clicks charge the card.
    asked = scenario(
        traffic={"requests": 2}, server={"threads": 1}, customer={"patience": "3s", "resubmits": 1}
    )
    assert told(asked, ("sync",)).startswith(
        "Sync: only 1 of the 3 clicks (33.3 %) of 2 customers get the page, after 2.55 s; 2 timed out. "
        "All of them are phantom errors: something was done all the same. "
    )


def test_phantom_errors_are_not_told_of_those_who_still_wait() -> None:
    # Of three, one is served; for the second the charge succeeds and the check fails: an error page, and a
    # phantom error. The third waits when the run is cut, and nothing was done for them.
    asked = Scenario.model_validate(
        {
            "traffic": {"at": ["0s", "10s", "10s"]},
            "server": {"threads": 1},
            "steps": [
                {"name": "charge", "duration": "1s", "effect": "card charged"},
                {"name": "check", "duration": "1s", "outages": [{"from": "10s", "for": "10s"}]},
            ],
            "stop_at": "12500ms",
        }
    )
    assert told(asked, ("sync",)).startswith(
        "Sync: only 1 of 3 customers (33.3 %) get the page, after 2.00 s; 1 error page, 1 still waiting. "
        "1 of them is a phantom error: something was done all the same. "
    )


def test_the_finding_of_one_design_alone() -> None:
    assert told(scenario(), ("sync",)) == "Sync: the customer waits 2.55 s. All work is done after 2.55 s."
    assert told(scenario(DOWN), ("sync",)) == (
        "Sync: every customer sees an error page after 2.55 s, and yet: card charged, order saved. "
        "Nobody's work gets all done."
    )


def test_one_design_alone_has_one_column() -> None:
    lines = shown(scenario(), modes=("async",)).splitlines()
    assert "                 async" in lines
    assert "customer waits  1.05 s" in lines


def test_the_footer_says_what_was_run_and_assumed() -> None:
    asked = scenario(
        traffic={"requests": 12},
        server={"threads": 4},
        workers={"count": 3},
        queue={"publish": "5ms"},
        warm_up="0s",
    )
    lines = shown(asked, replications=2, width=120).splitlines()
    assert lines[-2] == (
        "seed 1 • 12 customers • means of 2 replications • 4 threads • 3 workers "
        f"• syncasync-sim {__version__}"
    )
    assert (
        lines[-1] == "Assumes no network time, an ideal queue, 5 ms to publish and 0 s to deliver a message."
    )


def test_means_are_told_as_such_and_as_the_table_has_them() -> None:
    traffic = {"rate": "10/s", "for": "1min", "arrivals": "poisson"}
    asked = scenario(traffic=traffic, steps=[{"name": "pay", "duration": "20ms", "failure_rate": "20%"}])
    comparison = run_designs(asked, seed=1, modes=("sync",), replications=7)[0]
    came, pages, done = (
        format_count(comparison.figure("sync", name))
        for name in ("requests", "responses.ok", "work.completed")
    )
    assert all("." in number for number in (came, pages, done))
    words = headline(comparison)
    assert words.startswith("The numbers are means of 7 replications. Sync: ")
    assert f"only {pages} of {came} customers (" in words
    assert f"In sync all work gets done only for {done} of {came} customers (" in words
    assert footer(comparison)[0].replace(TIED, " ").startswith(f"seed 1 • {came} customers • means of 7")


def test_a_run_that_was_stopped_says_so_at_the_top() -> None:
    result = run_designs(scenario(traffic={"rate": "100/s", "for": "1h"}), seed=1, watch=lambda *_: False)
    console = Console(file=io.StringIO(), width=80, color_system=None)
    with console.capture() as capture:
        console.print(page(*result))
    assert capture.get().splitlines()[1].startswith("PARTIAL")


def test_a_number_is_never_parted_from_its_unit() -> None:
    for width in range(7, 40):
        lines = wrapped("waits 2.55 s or 12 min 30 s or 59 % or 200 ms", width)
        assert max(map(len, lines)) <= max(width, 11)
        assert not any(line.split()[0] in {"s", "min", "%", "ms"} for line in lines)


def test_nobody_came_is_said_and_nothing_is_praised() -> None:
    asked = scenario(traffic={"rate": "1/100s", "for": "1s", "arrivals": "poisson"})
    assert told(asked) == "Both designs: nobody came."
    assert "Everybody" not in shown(asked)


def test_two_designs_that_do_the_same_are_told_once() -> None:
    """Nothing is on the queue: one thread, 1 s each, patience 2 s; of 8 clicks by 5 people 2 are in time."""
    steps = [{"name": "handle", "duration": "1s", "effect": "handled"}]
    asked = Scenario.model_validate(
        {
            "traffic": {"requests": 5},
            "server": {"threads": 1},
            "customer": {"patience": "2s", "resubmits": 1},
            "steps": steps,
        }
    )
    sentence = told(asked)
    assert sentence.startswith("Both designs: only 2 of the 8 clicks (25 %) of 5 customers get the page")
    # 8 clicks are worked on for 5 people: 3 times too often
    assert sentence.endswith("Both designs, too often: handled (3).")
    assert "Sync" not in sentence


def test_times_that_read_the_same_are_not_set_against_each_other() -> None:
    """601 s of work, 6 ms more to publish: both read 10 min 01 s, and the table has the 6 ms."""
    work = {"name": "work", "duration": "601s", "background": True}
    sentence = told(scenario(steps=[work], queue={"publish": "6ms"}))
    assert "All work is done after 10 min 01 s in both" in sentence
    page = {"name": "page", "duration": "601s"}
    sentence = told(
        scenario(steps=[page, {"name": "x", "duration": 0, "background": True}], queue={"publish": "6ms"})
    )
    assert "The customer waits 10 min 01 s in both designs." in sentence
