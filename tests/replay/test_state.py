"""Where everybody is: the quick look-up against the plain one, and how far the work in a slot is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from replay.recorded import recorded
from syncasync_sim.replay.replay_state import EVERY, DesignReader, event_times, readers


def plainly(read: DesignReader, count: int) -> list[list[Sequence[int]]]:
    """The same as `at`, from the first move on."""
    last: dict[int, Sequence[int]] = {}
    for move in read.moves[:count]:
        last.pop(move[1], None)
        last[move[1]] = move
    return [[move for move in last.values() if move[2] == place] for place in range(len(read.boxes))]


@pytest.mark.parametrize("name", ["checkout", "email-down-resubmit", "short-visibility-timeout"])
def test_where_everybody_is_at_every_move(name: str) -> None:
    for read in readers(recorded(name)):
        counts = range(len(read.moves) + 2) if name == "checkout" else range(0, len(read.moves) + 60, 53)
        for count in (*counts, EVERY - 1, EVERY, EVERY + 1):
            assert read.at(count) == plainly(read, count)


def test_a_move_holds_until_the_next_of_the_same_item() -> None:
    for read in readers(recorded("short-visibility-timeout")):
        for number, (_, item, *_) in enumerate(read.moves):
            following = [move[0] for move in read.moves[number + 1 :] if move[1] == item]
            assert read.until[number] == (following[0] if following else None)


def test_a_document_in_which_nobody_comes() -> None:
    plain = recorded("checkout")
    lane = plain["lanes"][0] | {"items": [], "moves": []}
    read = DesignReader(plain, lane)
    assert read.at(0) == [[] for _ in read.boxes]
    assert event_times([read]) == []


def test_the_moments_of_both_designs() -> None:
    assert event_times(readers(recorded("checkout"))) == [0, 200_000, 1_000_000, 1_050_000, 2_550_000]


def share(name: str, mode: int, place: str, slot: int, t_s: float) -> float | None:
    """How far the work is in a slot, counted from 1, at a time in seconds."""
    lanes = readers(recorded(name))
    read, t = lanes[mode], round(t_s * 1e6)
    number = [p["id"] for p in read.boxes].index(place)
    [found] = [n for n in read.numbers(read.upto(t))[number] if read.moves[n][3] == slot - 1]
    return read.share(found, t)


def test_how_far_a_step_is() -> None:
    assert share("checkout", 0, "threads", 1, 0.6) == pytest.approx(0.5)  # charge card: 0.2 to 1 s
    assert share("checkout", 1, "workers", 1, 1.8) == pytest.approx(0.5)  # send email: 1.05 to 2.55 s


def test_work_that_a_death_ends_was_not_nearly_done() -> None:
    assert share("worker-crash", 1, "workers", 1, 2.999) == pytest.approx(0.3, abs=0.001)  # 2.55 to 4.05 s


def test_work_goes_on_when_its_message_is_visible_again() -> None:
    before, after = (share("short-visibility-timeout", 1, "workers", 1, t) for t in (2.0, 2.3))
    assert before == pytest.approx(0.95 / 1.5)
    assert after == pytest.approx(1.25 / 1.5)


def test_work_that_goes_on_without_the_customer_does_not_begin_anew() -> None:
    lanes = readers(recorded("checkout", "customer.patience=2s"))
    read = lanes[0]
    assert read.caption(len(read.moves) - 2) == "the server keeps working for customer 1, who is gone"
    assert read.share(len(read.moves) - 2, 2_250_000) == pytest.approx(0.8)  # 1.05 to 2.55 s


def test_the_wait_before_a_try_is_no_part_of_it() -> None:
    lanes = readers(
        recorded(
            "checkout",
            "steps[3].outages=[{from: 0s, for: 3s}]",
            "steps[3].retry={attempts: 3, delay: 1s, in_request: true}",
        )
    )
    read = lanes[0]
    tries = [n for n in range(len(read.moves)) if "try 2" in read.caption(n)]
    assert tries
    begun = read.moves[tries[0]][0]
    assert read.caption(tries[0] - 1) == "send email failed for customer 1; thread 1 waits to try again"
    assert read.share(tries[0], begun) == 0


def test_the_same_step_of_a_second_click_begins_anew() -> None:
    once = "steps=[{name: charge, duration: 1s, outages: [{from: 0s, for: 9s}]}]"
    for after in ("0s", "3s"):
        lanes = readers(
            recorded("checkout", once, "expect=[]", f"customer={{resubmits: 1, resubmit_after: {after}}}")
        )
        read = lanes[0]
        begun = [n for n in range(len(read.moves)) if "begins with" in read.caption(n)]
        assert [read.share(n, read.moves[n][0]) for n in begun] == [0, 0]
