"""The picture of a run at a moment, as text and without a terminal."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from replay.recorded import MODERATE, recorded
from syncasync_sim.files import bundled
from syncasync_sim.render.style import MARKS
from syncasync_sim.replay.terminal_frame import NARROWEST, Scene, frame

SIZES = ((80, 24), (100, 30), (200, 50), (NARROWEST, 40))


def scene(name: str, *sets: str) -> Scene:
    return Scene(recorded(name, *sets))


def lines(name: str, t_s: float, width: int = 80, height: int | None = None, **more: Any) -> list[str]:
    return frame(scene(name), round(t_s * 1e6), width, height, **more).plain.split("\n")


def test_a_worker_has_died() -> None:
    assert lines("worker-crash", 5) == [
        "A worker dies",
        "",
        "Synchronous",
        "Line for a thread  none",
        "Threads, no limit  none",
        "So far             Got the page 10   Error page 0",
        "Effects            card charged 10   order saved 10   email sent 10",
        "",
        "Asynchronous",
        "Line for a thread  none",
        "Threads, no limit  none",
        "So far             Got the page 10   Error page 0",
        "Queue              5: #6 #7 #8 #9 #10",
        "Comes back later   1: #3",
        "Workers            1: dead                         2: #5 send email        ━━━··",
        "So far             Work done 3   Dead letters 0",
        "Effects            card charged 10   order saved 10   email sent 3",
        "",
        "4.05 s  async  send email of customer 4 is done",
        "        async  worker 2 takes send email of customer 5, which waited 3.00 s",
        " 5.00 s ━━━━━━━━━│······················································ 34.05 s",
    ]


def test_workers_that_take_nothing_have_a_word() -> None:
    # Of 1.5 s of work, 0.45 s were done when worker 1 froze: 3 of 12 pieces of the bar.
    still, stopping = lines("frozen-worker", 30), "\n".join(lines("deploy", 21, 100))
    (frozen,) = [line.split() for line in still if "frozen" in line]
    assert frozen == ["Workers", "1:", "#21", "(still)", "frozen", "━━━·········"]
    assert re.search(r"Workers +1: stopped ", stopping)
    assert "8: #40 stopping" in stopping


def test_a_place_that_is_down_says_so() -> None:
    during, after = lines("just-a-thread", 31), lines("just-a-thread", 32)
    assert during.count("Threads            web server is down") == 2
    assert any(line.startswith("Workers            1: down") for line in during)
    assert not [line for line in after if "down" in line and line[0].isalpha()]


def test_before_and_after_an_event() -> None:
    before, after = lines("checkout", 1.049999), lines("checkout", 1.05)
    assert "Threads, no limit  1: #1 save order    ━━━━━━━━━━━·" in before
    assert "Queue              none" in after
    assert "Workers            1: #1 send email ············" in after
    assert "So far             Got the page 1   Error page 0" in after
    assert "1.05 s  sync   thread 1, customer 1: send email" in after


def test_an_outage_is_named_and_harm_is_counted() -> None:
    told = lines("email-down-resubmit", 50)
    assert "Outages: send email is down until 120.00 s" in told
    assert "Effects            card charged 160, 78 too often" in told
    assert "                   order saved 160, 78 too often   email sent 0" in told
    assert "Outages: nothing is down any more" in lines("email-down-resubmit", 130)
    later = frame(scene("checkout", "steps[3].outages=[{from: 2s, for: 9s}]"), 0, 80).plain
    assert "Outages: send email goes down at 2.00 s" in later


def test_a_long_line_says_how_many_it_shows_and_of_how_many() -> None:
    told = lines("traffic-spike", 40, 80, 24, controls=["q: quit"])
    assert "Line for a thread  53, first 12: #79 #80 #81 #82 #83 #84 #85 #86 #87 #88 #89 #90" in told
    assert "                   8 more: send email 8" in told
    assert "                   6 more: charge card 5, free 1" in told


def test_threads_without_a_limit_show_those_that_are_taken() -> None:
    told = lines("overload", 800, 80, 24, controls=["q: quit"])
    assert "Threads, no limit    4: #1643 waits for send email" in told
    assert "                   199 more: waits for send email 196, send email 3" in told


def test_a_place_with_a_limit_says_it() -> None:
    full = scene("ten-orders", "server.threads=1", "server.backlog=3")
    told = frame(full, 0, 80).plain
    assert "Line for a thread  3 of 3 places: #2 #3 #4" in told
    assert "Rejected 6" in told


@pytest.mark.parametrize(("sets", "mark"), [(("customer.patience=2s",), "(gone)")])
def test_who_has_left_is_marked(sets: tuple[str, ...], mark: str) -> None:
    told = frame(scene("checkout", *sets), 2_200_000, 80).plain
    assert f"#1 {mark} send email" in told
    assert "Gave up 1" in told


def test_a_worker_that_is_still_at_a_visible_message_is_marked() -> None:
    told = "\n".join(lines("broker-slow-work", 100))
    assert "1: #1 (still) make invoice, try 3" in told
    assert "2: #1 make invoice, try 4" in told


def test_a_customer_with_several_messages_has_their_steps_named() -> None:
    told = frame(scene("notifications", "workers.count=1"), 5_000_000, 100).plain
    assert re.search(r"Queue +\d+, first \d: #\d.[a-z ]+, #\d.[a-z ]+", told)


def test_the_end_shows_the_clocks_as_the_table_has_them() -> None:
    plain = recorded("worker-crash")
    told = lines("worker-crash", 999, 80, 24)
    for row in plain["table"]:
        if row["group"] in ("customer waits", "all work done"):
            label = row["group"] if row["label"] == row["group"] else f"{row['group']}, {row['label']}"
            [line] = [line for line in told if line.startswith(f"{label} ")]
            values = [row[name] for name in ("sync", "async", "change", "words")]
            assert line.removeprefix(label).split() == " ".join(values).split()


@pytest.mark.parametrize("name", [*MODERATE, "overload"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_fills_the_screen_and_nothing_is_cut(name: str, width: int, height: int) -> None:
    made = scene(name)
    for part in range(9):
        text = frame(made, made.end * part // 8, width, height, controls=["Playing", "q: quit"])
        told = text.plain.split("\n")
        assert len(told) == height
        assert max(map(cell_len, told)) <= width
        assert "…" not in text.plain
        assert told[-1] == "Playing   q: quit"
        assert not told[0].startswith("The picture needs")
        assert [line for line in told if line.startswith(("Synchronous", "Asynchronous"))]


@pytest.mark.parametrize(("width", "height"), [(59, 24), (80, 12), (20, 3), (1, 1)])
def test_where_there_is_no_room_it_says_how_much_is_needed(width: int, height: int) -> None:
    text = frame(scene("email-down-resubmit"), 50_000_000, width, height)
    told = text.plain.split("\n")
    assert len(told) <= height
    assert max(map(cell_len, told)) <= width
    needs = {59: "needs 60 columns; there", 80: f"needs {needed()} lines; there is room for 80 x 12."}
    assert needs.get(width, "") in " ".join(told)


def needed() -> int:
    """How many lines the picture needs at the least: with one fewer there is none."""
    made = scene("email-down-resubmit")
    heights = range(1, 40)
    return next(h for h in heights if "needs" not in frame(made, 50_000_000, 80, h).plain)


def test_long_names_are_wrapped_and_not_cut() -> None:
    name = "reserve the last seat in the house for the customer"
    made = scene("ten-orders", f"steps[3].name={name}", "workers.count=2", "expect=[]")
    for t in (2_000_000, 5_000_000):
        text = frame(made, t, NARROWEST, 60).plain
        assert name in " ".join(text.split())
        assert max(map(cell_len, text.split("\n"))) <= NARROWEST


def test_the_same_lines_at_every_moment_of_playing() -> None:
    made = scene("worker-crash")
    for at in range(0, 20_000_000, 333_333):
        told = frame(made, at, 80, 40).plain.split("\n")
        assert told.index("Asynchronous") == 12, "the lower half stands still"


def test_plain_ascii_where_there_is_nothing_else() -> None:
    for name in ("worker-crash", "traffic-spike"):
        for t in (5, 999):
            text = "\n".join(lines(name, t, 80, 24, ascii_only=True, controls=["q: quit"]))
            assert text.isascii()
            assert not set(text) & set(MARKS)


def test_no_colours_of_its_own_without_colour() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, no_color=True)
    console.print(frame(scene("worker-crash"), 5_000_000, 80))
    assert not re.search(r"\x1b\[[\d;]*[34]\d", stream.getvalue())
    assert "\x1b[1m" in stream.getvalue()


def test_it_is_pure() -> None:
    made = scene("traffic-spike")
    there: list[Text] = [frame(made, 40_000_000, 80, 24) for _ in range(2)]
    frame(made, 0, 100, 30)
    assert there[0] == there[1] == frame(made, 40_000_000, 80, 24)


def test_every_bundled_scenario_has_a_picture_before_anything_happens() -> None:
    for name in bundled.names():
        assert "0 s" in frame(scene(name), 0, 80).plain
