"""What moving one step really does, worked out on paper: the page, the work, the harm, the promises."""

from __future__ import annotations

from typing import Any

import pytest

from by_hand.timeline import CHECKOUT, Data, email, step
from syncasync_sim.advice import Advice, StepAdvice, advise
from syncasync_sim.advice.design_runs import STOPPED
from syncasync_sim.files import load_scenario
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats.premature_replies import PrematureReplies

WAIT, DONE = "response_time_s.max", "completion_time_s.max"
NOT_NEEDED = {"needed_for_reply": False}


def asked(*steps: Data, **parts: Any) -> Advice:
    return advise(
        Scenario.model_validate({"traffic": {"requests": 1}, "steps": list(steps), **parts}), seed=1
    )


def named(advice: Advice, name: str) -> StepAdvice:
    return next(one for one in advice.steps if one.name == name)


def after(one: StepAdvice, figure: str) -> float | None:
    """A figure of the asynchronous design with the step moved."""
    assert one.moved is not None
    return one.moved.row(figure).after


def change(one: StepAdvice, figure: str) -> float | None:
    assert one.moved is not None
    return one.moved.row(figure).change


# the checkout


@pytest.mark.parametrize(
    ("name", "page", "done"),
    [
        # On the queue its message is the first; that of the email comes with the page.
        ("check payment", 0.85, 2.35),  # checked at 0.2 beside the charge; the email from 0.85 on
        ("charge card", 0.25, 2.5),  # charged from 0.2 to 1.0 by the only worker, then the email
        ("save order", 1.0, 2.55),  # saved from 1.0 to 1.05 by the only worker, then the email
        ("send email", 2.55, 2.55),  # back in the request: everything one after the other
        ("return page", 1.05, 2.55),  # takes no time anywhere
    ],
)
def test_one_step_of_the_checkout_moved(name: str, page: float, done: float) -> None:
    one = named(asked(*CHECKOUT), name)
    assert (after(one, WAIT), after(one, DONE)) == (page, done)
    assert change(one, WAIT) == pytest.approx(page - 1.05, abs=1e-9)
    assert change(one, DONE) == pytest.approx(done - 2.55, abs=1e-9)


def test_the_checkout_is_as_advised() -> None:
    advice = advise(load_scenario("checkout"), seed=1)
    assert [(one.name, one.place, one.rule) for one in advice.steps] == [
        ("check payment", "sync", "needed"),
        ("charge card", "sync", "needed"),
        ("save order", "sync", "needed"),
        ("send email", "async", "slow"),
    ]
    assert (advice.changes, advice.sets, advice.followed) == ((), (), None)
    assert advice.summary == (
        "Advised: send email on the queue, the rest in the request: the design as it is.",
        "Compared with everything in the request: the customer waits 1.05 s (-1.50 s); "
        "all work is done after 2.55 s (as before).",
    )
    assert named(advice, "charge card").what_if == (
        "If moved to the queue (the page would come before the answer is known): "
        "the customer waits 250 ms (-800 ms); all work is done after 2.50 s (-50 ms). "
        "0 of 1 page would be wrong, because the step never fails."
    )
    assert named(advice, "send email").what_if == (
        "If moved into the request (worse): the customer waits 2.55 s (+1.50 s); "
        "all work is done after 2.55 s (as before)."
    )


# lies


def test_pages_that_were_untrue_are_counted() -> None:
    # Every charge fails: an error page; on the queue it is tried five times and then dead-lettered.
    charge = step("charge", "1s", effect="charged", failure_rate="100%")
    one = named(asked(charge, traffic={"requests": 3}, workers={"count": 3}), "charge")
    assert one.promises == PrematureReplies(pages=3, untrue=3, open=0)
    assert (after(one, "responses.ok"), change(one, "responses.error")) == (3, -3)
    assert "3 of 3 pages would be wrong." in one.what_if
    assert one.place == "sync"


def test_what_is_not_known_at_the_cut_is_not_called_untrue() -> None:
    charge = step("charge", "1s", failure_rate="100%")
    one = named(asked(charge, traffic={"requests": 3}, stop_at="1500ms"), "charge")
    assert one.promises == PrematureReplies(pages=3, untrue=0, open=3)
    assert "0 of 3 pages would be wrong; for 3 it is not known at the end." in one.what_if


def test_only_good_pages_are_promises() -> None:
    # The stock check fails: an error page promises nothing, whatever the charge does.
    charge = step("charge", "1s")
    stock = step("stock", "1s", failure_rate="100%")
    one = named(asked(charge, stock), "charge")
    assert one.promises == PrematureReplies(pages=0, untrue=0, open=0)
    assert one.what_if.endswith("No click gets the page, so no page can be wrong.")


def test_a_reliable_step_that_is_not_done_at_the_end_is_not_said_to_be_right() -> None:
    # Three charges of 1 s for one worker, and the run ends after 1.5 s: one is done, two are not.
    one = named(asked(step("charge", "1s"), traffic={"requests": 3}, stop_at="1500ms"), "charge")
    assert "0 of 3 pages would be wrong; for 2 it is not known at the end." in one.what_if


def test_customers_before_the_warm_up_were_promised_nothing() -> None:
    charge = step("charge", "1s", failure_rate="100%")
    advice = asked(charge, traffic={"at": ["0s", "5s", "6s"]}, warm_up="5s", workers={"count": 3})
    assert named(advice, "charge").promises == PrematureReplies(pages=2, untrue=2, open=0)


def test_a_page_that_lies_as_it_is() -> None:
    advice = advise(load_scenario("login"), seed=1)
    one = advice.steps[0]
    assert (one.place, one.now, one.rule) == ("sync", "async", "needed")
    assert one.promises == PrematureReplies(pages=20, untrue=0, open=0)
    assert (after(one, WAIT), after(one, DONE)) == (0.08, 0.08)
    assert one.what_if.startswith(
        "If moved into the request (the page would wait for the answer): the customer waits 80 ms (+75 ms)"
    )
    assert "As it is, 0 of 20 pages are wrong, because the step never fails." in one.what_if
    assert advice.sets == ("steps[check password].background=false",)
    assert advice.followed is not None
    assert advice.followed.row(DONE).after == 0.08


# between short and slow


def test_a_flaky_stock_check_in_the_grey_zone() -> None:
    charge = step("charge", "800ms", effect="charged")
    stock = step("check stock", "250ms", failure_rate="5%", **NOT_NEEDED)
    advice = asked(charge, stock, traffic={"rate": "1/s", "for": "200s"}, workers={"count": 2})
    one = named(advice, "check stock")
    assert (one.place, one.now, one.rule) == ("async", "sync", "flaky")
    errors = -(change(one, "responses.error") or 0)
    assert 0 < errors < 30  # about 10 of 200
    assert change(one, "phantom_errors") == -errors  # each of them had been charged
    assert (after(one, "responses.error"), after(one, "phantom_errors")) == (0, 0)
    assert change(one, "response_time_s.mean") == pytest.approx(-0.25, abs=1e-9)
    assert change(one, "work.completed") == errors  # the same luck: who failed once succeeds later
    # More of the work is done than before, so its mean is that of others, and is not held against it.
    assert one.what_if.startswith("If moved to the queue (better): ")
    assert "(before: 1.05 s, of 97.5 % of the clicks)" in one.what_if
    assert advice.sets == ("steps[check stock].background=true",)
    assert advice.followed == one.moved


def test_a_reliable_one_stays_and_the_gain_is_told() -> None:
    one = named(asked(step("charge", "800ms"), step("stock", "250ms", **NOT_NEEDED)), "stock")
    assert (one.place, one.rule) == ("sync", "grey zone")
    assert one.what_if == (
        "If moved to the queue (better): the customer waits 800 ms (-250 ms); "
        "all work is done after 1.05 s (as before). "
        "The rules advise against this move: these numbers leave out the cost of running a queue."
    )


def test_moving_a_step_off_the_queue_is_not_said_to_cost_a_queue() -> None:
    # Publishing takes 2 s, doing it 600 ms: the page at 0.6 instead of 2, the work at 0.6 instead of 2.6.
    one = named(asked(step("work", "600ms", background=True), queue={"publish": "2s"}), "work")
    assert one.what_if.startswith("If moved into the request (better): ")
    assert one.what_if.endswith(
        "The rules advise against this move, but here it only does good, and it saves the queue, too."
    )


def test_pages_for_more_customers_are_not_better_alone_where_all_wait_longer() -> None:
    # At 0, 0 and 0, room for one message beside the one in hand: two pages at 0, one error page. In the
    # request one thread does 1 s each, for pages at 1, 2 and 3 s: whichever two of them had theirs at 0
    # before wait longer, 1.5 s at least.
    mail = step("mail", "1s", background=True)
    parts = {"traffic": {"requests": 3}, "server": {"threads": 1}, "queue": {"capacity": 1}}
    one = named(asked(mail, **parts), "mail")
    assert (change(one, "responses.ok"), after(one, "response_time_s.mean")) == (1, 2)
    assert one.what_if.startswith("If moved into the request (mixed result): ")


def test_a_short_flaky_step_goes() -> None:
    # 20 ms, down for the first second: an error page although the card was charged; on the queue the attempts
    # at 0.8 and 1.82 s are a failure and a success.
    charge = step("charge", "800ms", effect="charged")
    note = step("note", "20ms", outages=[{"from": "0s", "for": "1s"}], **NOT_NEEDED)
    one = named(asked(charge, note), "note")
    assert (one.place, one.rule) == ("async", "flaky")
    assert (change(one, "responses.error"), change(one, "phantom_errors")) == (-1, -1)
    assert one.what_if == (
        "If moved to the queue (better): the customer waits 800 ms (before, nobody got the page); "
        "error pages 0 (-1); phantom errors (work was done) 0 (-1); requests all done 1 (+1); "
        "all work is done after 1.84 s (before, nobody's work got all done)."
    )


# steps that never succeed


def test_a_step_that_never_succeeds_is_told_before_any_advice() -> None:
    dead = step("b", "100ms", failure_rate="100%")
    advice = asked(step("a", "100ms"), dead, email("1s"), step("d", "1s", **NOT_NEEDED))
    assert advice.summary == (
        "b never succeeds, as 100 % of its attempts fail. Neither design helps: the queue tries each message "
        "5 times and then dead-letters it.",
        "Behind it in the request email and d are never reached: no advice.",
        "Advised for the rest: a in the request: the design as it is.",
    )
    assert [one.is_advised for one in advice.steps] == [True, False, False, False]
    assert (advice.sets, advice.from_request) == ((), None)
    assert named(advice, "email").what_if == "If moved into the request: not run, as no click gets as far."
    assert [one["advice"] for one in advice.to_dict("1")["steps"]] == ["sync", None, None, None]


def test_a_step_on_the_queue_that_never_succeeds_keeps_nobody_from_the_rest() -> None:
    advice = asked(step("a", "100ms"), email("1s", timeout="500ms"), step("d", "1s", **NOT_NEEDED))
    assert named(advice, "email").mends == ("steps[email].timeout=2s",)
    assert named(advice, "d").place == "async"
    assert (
        "Advised for the rest: d on the queue, a in the request. To move: d onto the queue." in advice.summary
    )
    assert "The rules" not in named(advice, "email").what_if


# where a move does not help


def test_a_move_that_only_harms_is_told() -> None:
    # Publishing takes 2 s, doing it 600 ms: the page at 2 instead of 0.6, the work at 2.6.
    advice = asked(step("work", "600ms", **NOT_NEEDED), queue={"publish": "2s"})
    one = named(advice, "work")
    assert (one.place, one.verdict.place, one.rule) == ("sync", "async", "slow")
    # It is not recommended either: not in the first lines, not in the settings to try.
    assert advice.summary == (
        "The rules advise work onto the queue (slow), "
        "but here the move only does harm: it stays where it is.",
        "Advised: everything in the request, no queue: the design as it is.",
    )
    assert (advice.sets, advice.to_dict("1")["steps"][0]["advice"]) == ((), "sync")
    assert (after(one, WAIT), after(one, DONE)) == (2.0, 2.6)
    assert one.what_if == (
        "If moved to the queue (worse): the customer waits 2.00 s (+1.40 s); "
        "all work is done after 2.60 s (+2.00 s). "
        "The rules advise this move, but here it only does harm."
    )


def test_an_effect_that_happens_for_more_customers_is_better() -> None:
    # Two clicks, one worker, 900 ms: the first mail takes 1 s, so nothing is done on the queue. In the
    # request both notes are made at 50 ms, and the work of nobody is all done either way.
    note = step("note", "50ms", effect="noted", background=True)
    one = named(asked(email("1s"), note, traffic={"requests": 2}, stop_at="900ms"), "note")
    assert one.what_if.startswith(
        "If moved into the request (mixed result): the customer waits 50 ms (+50 ms); "
    )
    assert "noted (customers) 2 (+2); " in one.what_if
    assert "only does harm" not in one.what_if
    assert one.place == "sync"


def test_an_effect_that_only_happens_more_often_for_the_same_customers_is_not_better() -> None:
    # The visibility timeout is over before the work: a second worker does it again, for the same customer.
    mail = step("mail", "3s", effect="sent", **NOT_NEEDED)
    one = named(asked(mail, queue={"visibility_timeout": "2s"}, workers={"count": 2}), "mail")
    assert "(customers)" not in one.what_if


def test_a_move_that_changes_nothing_is_told() -> None:
    one = named(asked(step("page", "0", **NOT_NEEDED)), "page")
    assert one.what_if.startswith("If moved to the queue (no difference): the customer waits 0 s (as before)")


def test_a_full_queue_turns_pages_into_errors() -> None:
    # One message is in hand, one waits, the third is refused: an error page after the charge.
    charge = step("charge", "1s", effect="charged")
    one = named(
        asked(charge, step("mail", "2s", **NOT_NEEDED), traffic={"requests": 3}, queue={"capacity": 1}),
        "mail",
    )
    assert (after(one, "responses.error"), after(one, "phantom_errors")) == (1, 1)
    assert (after(one, "work.completed"), change(one, "work.completed")) == (2, -1)
    assert "error pages 1 (+1)" in one.what_if
    assert "requests all done 2 (-1)" in one.what_if


def test_lost_work_is_worse_although_the_page_is_quicker() -> None:
    # Two messages, acknowledged first; the worker of one dies with it.
    mail = step("mail", "1s", **NOT_NEEDED)
    crash = {"worker": 1, "at": "500ms", "restart_after": "never"}
    parts = {"queue": {"ack": "before"}, "workers": {"count": 2, "crashes": [crash]}}
    one = named(asked(mail, traffic={"requests": 2}, **parts), "mail")
    assert one.what_if == (
        "If moved to the queue (mixed result): the customer waits 0 s (-1.00 s); requests all done 1 (-1); "
        "the work that gets done (50 % of the clicks) is done after 1.00 s (before: 1.00 s, of all clicks)."
    )


def test_who_clicks_more_often_is_not_praised_for_the_work_done_twice() -> None:
    # 2 s of work, patience 1 s, a second click at once. In the request each click is worked on: two times
    # done for one customer, who never gets a page. On the queue the page comes at once.
    handle = step("handle", "2s", effect="handled", background=True)
    impatient = {"patience": "1s", "resubmits": 1}
    one = named(asked(step("accept", "0"), handle, customer=impatient), "handle")
    assert change(one, "work.completed") == 1
    assert one.what_if == (
        "If moved into the request (worse): nobody gets the page (before: after 0 s); timed out 2 (+2); "
        "phantom errors (work was done) 2 (+2); handled too often 1 (+1); customers who got the page 0 (-1); "
        "all work is done after 2.00 s (as before)."
    )


def test_work_done_twice_is_told() -> None:
    # The visibility timeout is over before the work: a second worker does it again.
    mail = step("mail", "3s", effect="sent", **NOT_NEEDED)
    one = named(asked(mail, queue={"visibility_timeout": "2s"}, workers={"count": 2}), "mail")
    assert change(one, "duplicates.sent") == 1
    assert "sent too often 1 (+1)" in one.what_if


def test_workers_that_cannot_keep_up_are_told() -> None:
    # 2/s x 1 s of work for one worker, after the move; 2/s x (1 s + 0.6 s) with the email.
    charge = step("charge", "600ms")
    advice = asked(charge, email("1s"), traffic={"rate": "2/s", "for": "10s"})
    assert named(advice, "charge").loads == (2.0, 3.2)
    assert (
        "could not keep up while customers come (measured load 3.20, before 2.00)"
        in named(advice, "charge").what_if
    )
    assert advice.load == 2.0
    assert "The workers cannot keep up while customers come (measured load 2.00 with 1)" in advice.summary[-1]
    assert "keep up" not in named(advice, "email").what_if  # moving it back takes the load away


def test_a_service_that_cannot_keep_up_is_told_where_the_workers_can() -> None:
    # 2/s x 1 s for a service that takes one at once; of six workers only two would be busy.
    mail = email("1s", concurrency=1)
    parts: dict[str, Any] = {"traffic": {"rate": "2/s", "for": "10s"}, "workers": {"count": 6}}
    advice = asked(mail, **parts)
    assert advice.load == pytest.approx(1 / 3)
    assert advice.summary[-1] == (
        "The service of email cannot keep up, however many workers there are, while customers come "
        "(measured load 2.00 with 1 at once): the queue gives you time, not capacity."
    )
    # Another step keeps workers busy, but not the service.
    both = asked(mail, step("report", "2s", background=True), **parts)
    assert (
        "keep up, however many workers there are, while customers come (measured load 2.00"
        in both.summary[-1]
    )
    moved = named(asked(mail | {"background": False} | NOT_NEEDED, **parts), "email")
    assert "The service of email could not keep up while customers come (measured load 2.00)" in moved.what_if


def test_workers_are_not_called_too_few_for_messages_that_are_never_published() -> None:
    # Nobody gets past the charge: no email is published, though 2/s x 1 s would be too much for one worker.
    down = step("charge", "800ms", outages=[{"from": "0s", "for": "forever"}])
    advice = asked(down, email("1s"), traffic={"rate": "2/s", "for": "10s"})
    assert advice.load == named(advice, "charge").loads[0] == 0
    assert "keep up" not in " ".join(advice.summary)
    assert advice.queue == ()
    # One thread lets 1 request/s through and turns the others away: 1/s x 500 ms.
    turned_away = {"server": {"threads": 1, "backlog": 0}, "traffic": {"rate": "10/s", "for": "10s"}}
    assert asked(step("charge", "1s"), email("500ms"), **turned_away).load == 0.5


def test_the_work_of_a_step_that_is_down_at_times_is_what_the_workers_did() -> None:
    # 20 messages of which none succeeds: each is tried once for 100 ms, for one worker in 10 s.
    mail = email("2s", outages=[{"from": "0s", "for": "forever"}], fails_after="100ms", retry={"attempts": 1})
    assert asked(mail, traffic={"rate": "2/s", "for": "10s"}).load == pytest.approx(0.2)
    # Tried again every 10 s until the outage is over, mostly after the last customer: none of that counts.
    again = {"attempts": "unlimited", "delay": "10s", "factor": 1}
    mail = email("1s", outages=[{"from": "0s", "for": "1m"}], retry=again)
    advice = asked(mail, traffic={"rate": "2/s", "for": "10s"}, workers={"count": 4})
    assert advice.load == pytest.approx(0.4875)
    assert "keep up" not in " ".join(advice.summary)


def test_a_move_that_cannot_be_run_says_why() -> None:
    endless = step("work", "1s", failure_rate="100%", retry={"attempts": "unlimited"}, **NOT_NEEDED)
    advice = asked(endless)
    assert advice.steps[0].moved is None
    assert advice.steps[0].what_if.startswith("If moved to the queue: not run, as this run would never end")
    assert advice.summary == (
        "work never succeeds, as 100 % of its attempts fail. Neither design helps: the queue tries each "
        "message for ever.",
    )


# pages that nobody gets, and work that is not done

DEAD = {"worker": 1, "at": "0", "restart_after": "never"}
NO_ROOM = {"queue": {"capacity": 1}, "workers": {"crashes": [DEAD]}}
AGAIN = {"customer": {"resubmits": 1, "resubmit_after": "10s"}, "traffic": {"requests": 3}, **NO_ROOM}


def test_fewer_pages_and_less_work_than_in_the_request_are_told_first() -> None:
    # No worker ever, room for one message: of three customers two see two error pages each, and none has the
    # mail. In the request all three have the page and the mail at 1 s.
    mail = email("1s", effect="mailed")
    assert asked(mail, **AGAIN).summary[1:3] == (
        "But fewer customers get the page: 1 of 3, against 3 of 3 with everything in the request.",
        "But less of the work is done: mailed for 0 customers, against 3 with everything in the request.",
    )
    assert asked(step("email", "1s", background=True), **AGAIN).summary[2] == (
        "But less of the work is done: all of it for 0 clicks, against 3 with everything in the request."
    )
    once = asked(mail, traffic={"requests": 3}, **NO_ROOM)
    assert once.summary[1] == (
        "But fewer customers get the page: 1 of 3, against 3 of 3 with everything in the request."
    )
    assert once.summary[2].startswith("But less of the work is done: by the end of the run 0 % of the clicks")


def test_a_patience_that_is_too_short_in_either_design_is_told() -> None:
    short = {"customer": {"patience": "1s"}}
    alone = asked(step("look", "0"), step("pay", "1200ms"), email("50ms"), **short)
    assert alone.summary[1] == (
        "No click gets the page, neither as it is nor as advised: pay takes 1.20 s at least, longer than the "
        "patience of 1.00 s."
    )
    both = asked(step("pay", "600ms"), step("look", "0"), step("save", "700ms"), email("1s"), **short)
    assert "advised: pay and save take 1.30 s at least, longer" in both.summary[1]
    queued = asked(step("pay", "600ms"), step("mail", "700ms", **NOT_NEEDED), **short)
    assert "No click gets" not in " ".join(queued.summary)  # as it is nobody does, as advised everybody


def test_a_request_that_the_server_kills_each_time() -> None:
    # Pay and print take 2.5 s, and the server allows 2 s. With the printing on the queue the page comes at 1.
    killed = {"server": {"timeout": "2s"}}
    advice = asked(step("pay", "1s"), step("print", "1500ms", **NOT_NEEDED), **killed)
    one = named(advice, "print")
    assert (one.rule, one.place, after(one, WAIT), after(one, DONE)) == (
        "killed in the request",
        "async",
        1.0,
        2.5,
    )
    # Nothing is left to move: pay is on the queue, and the look at the shop alone takes too long.
    alone = asked(step("look", "3s"), **killed)
    assert named(alone, "look").verdict.reason.startswith(
        "it takes 3.00 s at least, and the server kills a request after"
    )


def test_who_goes_on_without_a_step_is_not_said_to_get_no_page() -> None:
    dead = step("look", "1s", failure_rate="100%", on_failure="continue")
    assert (
        "in the request the page comes without it" in named(asked(dead, email("1s")), "look").verdict.reason
    )


# all of it


def test_all_advice_followed_is_run() -> None:
    # Email (1.5 s) and report (1 s) in the request, the charge (800 ms) on the queue: all three are moved.
    advice = asked(
        step("charge", "800ms", background=True, needed_for_reply=True),
        step("email", "1500ms", **NOT_NEEDED),
        step("a = [b]", "1s", **NOT_NEEDED),
        workers={"count": 2},
    )
    assert advice.sets == (
        "steps[charge].background=false",
        "steps[email].background=true",
        'steps["a = [b]"].background=true',
    )
    assert advice.followed is not None
    assert advice.from_request is not None
    # As it is: 1.5 + 1 in the request. Advised: the charge, then both at once by two workers.
    assert [advice.followed.row(WAIT).before, advice.followed.row(WAIT).after] == [2.5, 0.8]
    assert [advice.followed.row(DONE).before, advice.followed.row(DONE).after] == [2.5, 2.3]
    assert advice.from_request.row(WAIT).before == 3.3
    assert advice.summary[0] == (
        "Advised: email and a = [b] on the queue, the rest in the request. To move: charge into the request, "
        "email onto the queue and a = [b] onto the queue."
    )


def test_everybody_has_the_same_luck_in_every_run() -> None:
    luck = step("work", "exponential(mean=1s)", **NOT_NEEDED)
    advice = asked(luck, traffic={"requests": 50}, workers={"count": 50})
    assert change(advice.steps[0], "service_time_s") == 0
    assert change(advice.steps[0], DONE) == 0


def test_replications_are_paired() -> None:
    scenario = load_scenario("flaky-email")
    advice = advise(scenario, seed=1, replications=3)
    moved = named(advice, "send email").moved
    assert moved is not None
    row = moved.row("responses.error")
    assert row.interval is not None
    assert 0 < row.interval[0] < (row.change or 0) < row.interval[1]
    assert "±" in named(advice, "send email").what_if
    assert advice.as_it_is.replications == moved.replications == 3


def test_a_wish_to_stop_is_heard_between_short_runs() -> None:
    looks: list[int] = []

    def watch(arrived: int, expected: int) -> bool:
        looks.append(arrived)
        return len(looks) < 3

    advice = advise(load_scenario("checkout"), seed=1, watch=watch)
    assert [one.moved is not None for one in advice.steps] == [True, True, False, False]
    assert advice.partial


def test_a_stopped_run_keeps_the_rules_and_says_what_is_missing() -> None:
    advice = advise(load_scenario("overload", ["traffic.for=5h"]), seed=1, watch=lambda *_: False)
    assert advice.partial
    assert [one.rule for one in advice.steps] == ["needed", "needed", "needed", "slow"]
    assert {one.not_run for one in advice.steps} == {STOPPED}
    assert advice.from_request is None
    assert advice.to_dict("1")["partial"]
