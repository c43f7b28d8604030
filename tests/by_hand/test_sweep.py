"""A sweep whose cells were worked out on paper: the rows, their order, and what a file keeps of them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from syncasync_sim import Scenario, run_designs, sweep, vary
from syncasync_sim.errors import RunStopped, ScenarioError, UnknownFigureError
from syncasync_sim.experiment import Sweep, grid
from syncasync_sim.files import scenario_loader as files_load
from syncasync_sim.files.strict_yaml import read_yaml
from syncasync_sim.files.sweep_csv import SweepFile, csv_text
from syncasync_sim.files.varying import load_grid
from syncasync_sim.model.theory.demand import capacity_per_s, load
from syncasync_sim.render.html import sweep_html
from syncasync_sim.render.sweep_columns import ANY_ANSWER, OF_CLICKS, PLUS_MINUS, TOO_FEW, table_of
from syncasync_sim.stats.replications import bounds


def shop(**parts: Any) -> Scenario:
    """Four customers at 0; 1 s of work for the page, 2 s of work behind it."""
    steps = [
        {"name": "page", "duration": "1s"},
        {"name": "mail", "duration": "2s", "background": True, "effect": "mail sent"},
    ]
    return Scenario.model_validate({"name": "shop", "traffic": {"requests": 4}, "steps": steps} | parts)


@pytest.mark.parametrize("other", ["steps[page].duration", 'steps["page"].duration', "steps[0]", "steps"])
def test_one_value_is_varied_under_one_name(other: str) -> None:
    with pytest.raises(ValueError, match=r"steps\[0\].duration and .* are the same value: name it once"):
        grid(shop(), {"steps[0].duration": "1s,2s", other: "3s"})


def test_cells_are_told_of_as_they_are_made() -> None:
    told: list[tuple[int, int]] = []

    def watch(done: int, of: int) -> bool:
        told.append((done, of))
        return done < 2

    with pytest.raises(RunStopped):
        load_grid("checkout", (), ("workers.count=1..4",), watch)
    assert told == [(0, 4), (1, 4), (2, 4)]


BY_WORKERS = {"workers.count": "1..2"}


def test_every_cell_in_both_designs() -> None:
    """One worker is done with the four mails at 3, 5, 7 and 9 s, two at 3, 3, 5 and 5 s."""
    result = sweep(shop(), BY_WORKERS)
    told = [
        (row["workers.count"], row["design"], row["response_time_s.max"], row["completion_time_s.max"])
        for row in result.rows()
    ]
    assert told == [
        (1, "sync", 3.0, 3.0),
        (1, "async", 1.0, 9.0),
        (2, "sync", 3.0, 3.0),
        (2, "async", 1.0, 5.0),
    ]
    assert not result.partial


def test_two_keys_the_last_runs_fastest_and_lists_have_items() -> None:
    result = sweep(shop(), {"workers.count": [1, 2], "steps[mail].duration": "1s..2s:2"})
    cells = [(row["workers.count"], row["steps[mail].duration_s"]) for row in result.rows()[::2]]
    assert cells == [(1, 1.0), (1, 2.0), (2, 1.0), (2, 2.0)]
    assert [row["completion_time_s.max"] for row in result.rows()[1::2]] == [5.0, 9.0, 3.0, 5.0]


def test_vary_knows_items_by_place_and_name() -> None:
    by_place, by_name = (vary(shop(), {f"steps[{item}].duration": "5s"}) for item in ("1", "mail"))
    assert by_place == by_name
    assert [step.duration.mean_s for step in by_name.steps] == [1.0, 5.0]
    with pytest.raises(ScenarioError, match=r"there is no item 'male'\n(.*\n)*.*did you mean 'mail'\?"):
        vary(shop(), {"steps[male].duration": "5s"})


def test_a_row_is_what_a_run_says() -> None:
    """A random scenario, several replications: figures and intervals are those of run_designs."""
    traffic = {"rate": "2/s", "for": "20s", "arrivals": "poisson"}
    scenario = shop(traffic=traffic, server={"threads": 3})
    row = sweep(scenario, {"workers.count": [5]}, seed=3, replications=4).rows()[1]
    comparison, _ = run_designs(vary(scenario, {"workers.count": 5}), seed=3, replications=4)
    bounds = (comparison.interval or {})["async"]["completion_time_s.mean"]
    assert row["completion_time_s.mean"] == comparison.figure("async", "completion_time_s.mean")
    assert (row["completion_time_s.mean.low"], row["completion_time_s.mean.high"]) == tuple(bounds.values())
    assert (row["seed"], row["replications"], row["effects.mail sent"]) == (
        3,
        4,
        comparison.figure("async", "effects.mail sent"),
    )


def test_a_varied_key_that_is_also_a_figure_stays_what_was_asked() -> None:
    result = sweep(shop(), {"server.threads": [2, "unlimited"]})
    assert result.columns.count("server.threads") == 1
    assert [row["server.threads"] for row in result.rows()[::2]] == [2, "unlimited"]
    assert list(result.to_frame().columns) == result.columns


def test_who_says_no_keeps_what_is_finished() -> None:
    result = sweep(shop(), {"workers.count": "1..5"}, watch=lambda finished, _: finished < 2)
    assert (len(result.finished), result.partial) == (2, True)
    for _ in result.run():
        pass
    assert result.rows() == sweep(shop(), {"workers.count": "1..5"}).rows()


def test_a_grid_without_end_or_without_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="1,000,000 cells"):
        grid(shop(), {"workers.count": "1..1000", "server.threads": "1..1000"})
    with pytest.raises(ValueError, match="nothing to vary"):
        grid(shop(), {})


# the table


def test_the_table_has_the_figures_that_matter() -> None:
    few = table_of(sweep(shop(), BY_WORKERS))
    assert few.lines[1] == ("", "async", "1.00 s", "1.00 s", "9.00 s", "88.9 %")
    assert few.notes == (TOO_FEW,)
    many = table_of(
        sweep(
            shop(traffic={"requests": 300}, server={"threads": 1, "backlog": 0}), BY_WORKERS, replications=2
        )
    )
    assert {*OF_CLICKS.values(), ANY_ANSWER} <= set(many.notes)
    assert ("got", "page") in many.heads
    assert PLUS_MINUS in many.notes


def test_a_time_that_not_all_have_stands_beside_the_share_that_have_it() -> None:
    """One thread: in sync the pages are there after 3, 6, 9 and 12 s. Whoever waits longer than 4 s leaves
    then, and the work is done all the same; so one of four waits for a page, 3 s, and the last for an
    answer, 4 s. In async they are there after 1 to 4 s: all get it. Four threads: nobody waits in line."""
    asked = shop(customer={"patience": "4s"})
    result = sweep(asked, {"server.threads": [1, 4]})
    assert [row["response_time_s.share"] for row in result.rows()] == [0.25, 1, 1, 1]
    assert [row["completion_time_s.share"] for row in result.rows()] == [1, 1, 1, 1]
    assert [row["error_time_s.share"] for row in result.rows()] == [0, 0, 0, 0]
    table = table_of(result)
    heads = [" ".join(head) for head in table.heads]
    got, waits, answer = (heads.index(head) for head in ("got page", "waits slowest", "any answer slowest"))
    assert [(line[got], line[waits], line[answer]) for line in table.lines] == [
        ("25 %", "3.00 s", "4.00 s"),
        ("100 %", "4.00 s", "4.00 s"),
        ("100 %", "3.00 s", "3.00 s"),
        ("100 %", "1.00 s", "1.00 s"),
    ]
    assert "work done" not in heads
    assert OF_CLICKS["response_time_s"] in table.notes


def test_figures_that_are_asked_for_are_columns_of_their_own() -> None:
    """The pages of the test above are there within 3 s for one of four in sync with one thread, for three of
    four in async. The one worker gets the mails after 1 to 4 s and has each for 2 s: the last, which is there
    after 4 s, is taken at 7 s. With four threads all are there at 1 s, and the last is taken at 7 s, too."""
    asked = ("answered_within(3s)", "queue.max_wait_s")
    scenario = shop(customer={"patience": "4s"}, workers={"count": 1})
    result = sweep(scenario, {"server.threads": [1, 4]}, figures=[*asked, *asked])
    assert [[row[name] for name in asked] for row in result.rows()] == [
        [0.25, None],
        [0.75, 3.0],
        [1, None],
        [1, 6.0],
    ]
    assert (result.columns.count(asked[0]), result.columns.count(asked[1])) == (1, 1)
    table = table_of(result)
    assert table.heads[2:4] == (("answered_within", "(3s)"), ("queue", "max_wait_s"))
    assert [line[2:4] for line in table.lines] == [
        *(("25 %", "-"), ("75 %", "3.00 s"), ("100 %", "-"), ("100 %", "6.00 s"))
    ]


def test_a_share_that_is_asked_for_has_its_interval() -> None:
    traffic = {"rate": "2/s", "for": "20s", "arrivals": "poisson"}
    scenario, name = shop(traffic=traffic, server={"threads": 3}), "done_within(4s)"
    row = sweep(scenario, {"workers.count": [5]}, seed=3, replications=4, figures=[name]).rows()[1]
    comparison, _ = run_designs(vary(scenario, {"workers.count": 5}), seed=3, replications=4)
    each = comparison.each("async", name)
    assert len(set(each)) > 1
    assert row[name] == comparison.figure("async", name) == pytest.approx(sum(each) / 4)
    assert (row[f"{name}.low"], row[f"{name}.high"]) == tuple((bounds(each) or {}).values())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("response_time_s.p59", "did you mean 'p9"),
        ("effects.male sent", "did you mean 'mail sent'?"),
        ("sync.answered_within(2s)", "every figure of both designs: write  answered_within(2s)"),
    ],
)
def test_a_figure_that_is_not_there_is_refused_before_anything_runs(name: str, says: str) -> None:
    with pytest.raises(UnknownFigureError) as raised:
        sweep(shop(), BY_WORKERS, figures=[name])
    assert says in str(raised.value)


def test_work_that_is_not_all_done_is_told_as_a_share() -> None:
    """The mail always fails: in sync that is an error page, in async a page and work that is not done."""
    steps = [
        {"name": "page", "duration": "1s"},
        {"name": "mail", "duration": "2s", "background": True, "failure_rate": "100%"},
    ]
    table = table_of(sweep(shop(steps=steps), {"workers.count": [4]}))
    told = {" ".join(head): [line[n] for line in table.lines] for n, head in enumerate(table.heads)}
    assert (told["got page"], told["work done"]) == (["0 %", "100 %"], ["0 %", "0 %"])
    assert told["waits slowest"] == ["-", "1.00 s"]


def test_where_almost_all_got_the_page_it_does_not_say_all() -> None:
    """One of 3,000 finds no room in the line of 2,998 behind the only one at a thread."""
    asked = shop(traffic={"requests": 3_000}, server={"threads": 1, "backlog": 2_998})
    table = table_of(sweep(asked, {"workers.count": [1]}))
    assert [line[2] for line in table.lines] == ["99.97 %", "99.97 %"]


def test_a_percentile_needs_two_hundred_times_in_every_cell() -> None:
    heads = [table_of(sweep(shop(traffic={"requests": n}), BY_WORKERS)).heads for n in (199, 200)]
    assert [("waits", "p95") in head for head in heads] == [False, True]


def test_a_notebook_shows_the_table_and_escapes_it() -> None:
    html = sweep_html(sweep(shop(title="<b>"), BY_WORKERS))
    assert "&lt;b&gt;" in html
    assert "<b></b>" not in html
    assert html.count("<tr>") == 5


# the file


def swept(scenario: Scenario | None = None, varied: str = "1..3", **how: Any) -> Sweep:
    asked = scenario or shop()
    axes, cells = grid(asked, {"workers.count": varied})
    return Sweep(asked, axes, cells, **{"seed": 1, **how})


def write(path: Path, result: Sweep, *, resumes: bool = False, cells: int = 99) -> None:
    with SweepFile(path, result, resumes=resumes) as file:
        for number, rows in enumerate(result.run(), start=1):
            file.add(rows)
            if number == cells:
                break


def test_a_file_holds_the_rows(tmp_path: Path) -> None:
    path, result = tmp_path / "a.csv", swept()
    write(path, result)
    assert path.read_text() == csv_text(result.columns, result.rows())
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["completion_time_s.max"] for row in rows[1::2]] == ["9.0", "5.0", "5.0"]
    assert rows[0]["error_time_s.mean"] == ""


@pytest.mark.parametrize(
    "cut", [0, 1, 100, -1], ids=["whole", "a byte", "many bytes", "into the line before"]
)
def test_a_file_is_taken_up_again_wherever_it_was_cut(tmp_path: Path, cut: int) -> None:
    whole, path = tmp_path / "whole.csv", tmp_path / "a.csv"
    write(whole, swept())
    write(path, swept(), cells=2)
    text = path.read_text()
    path.write_text(text[: len(text) - cut] if cut >= 0 else text[: text.rindex("\n", 0, -1) - 5])
    again = swept()
    write(path, again, resumes=True)
    assert path.read_bytes() == whole.read_bytes()
    assert again.rows() == swept_whole().rows()


def swept_whole() -> Sweep:
    return sweep(shop(), {"workers.count": "1..3"})


def test_only_what_is_missing_is_run_again(tmp_path: Path) -> None:
    path, again = tmp_path / "a.csv", swept()
    write(path, swept(), cells=2)
    with SweepFile(path, again, resumes=True):
        assert [rows[0]["workers.count"] for rows in again.run()] == [3]


def test_a_file_may_be_taken_up_with_more_values(tmp_path: Path) -> None:
    path, again = tmp_path / "a.csv", swept(varied="1..4")
    write(path, swept())
    write(path, again, resumes=True)
    assert [row["workers.count"] for row in again.rows()[::2]] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"scenario": shop(name="stall")}, "scenario is shop, not stall"),
        ({"scenario": shop(traffic={"requests": 5})}, "the scenario has changed since"),
        ({"seed": 2}, "seed is 1, not 2"),
        ({"varied": "1,2"}, "it has workers.count=3, which is not in this sweep"),
        ({"replications": 2}, "other effects, replications"),
    ],
)
def test_a_file_of_another_sweep_is_left_alone(tmp_path: Path, other: dict[str, Any], says: str) -> None:
    path = tmp_path / "a.csv"
    write(path, swept())
    before = path.read_bytes()
    with pytest.raises(ScenarioError, match=says):
        SweepFile(path, swept(**other), resumes=True)
    assert path.read_bytes() == before


def test_another_key_and_another_file_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    axes, cells = grid(shop(), {"server.threads": "1..3"})
    write(path, swept())
    with pytest.raises(ScenarioError, match=r"it varies workers\.count, not server\.threads"):
        SweepFile(path, Sweep(shop(), axes, cells, 1), resumes=True)
    for bad in (b"name,age\nAda,36\n", b"\n", b"\xff\xfe"):
        path.write_bytes(bad)
        with pytest.raises(ScenarioError, match="it is no CSV file of a sweep"):
            SweepFile(path, swept(), resumes=True)
        assert path.read_bytes() == bad


def test_an_earlier_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        SweepFile(path, swept(), resumes=False)
    assert path.read_text() == "mine"


def test_a_text_that_looks_like_a_number_stays_text(tmp_path: Path) -> None:
    path, named = tmp_path / "a.csv", shop(name="12e4")
    write(path, swept(named), cells=1)
    again = swept(named)
    write(path, again, resumes=True)
    assert {row["scenario"] for row in again.rows()} == {"12e4"}


# capacity


def test_the_narrowest_place_is_the_capacity() -> None:
    """Two threads for 3 s in sync; in async for 1 s, and behind them one worker for 2 s."""
    scenario = shop(server={"threads": 2}, traffic={"rate": "1/s", "for": "10s"})
    assert capacity_per_s(scenario, "sync") == pytest.approx(2 / 3)
    assert capacity_per_s(scenario, "async") == 0.5
    assert capacity_per_s(vary(scenario, {"workers.count": 9}), "async") == 2.0
    assert load(scenario, "async") == 2.0
    assert capacity_per_s(shop(), "sync") is None
    assert load(shop(), "sync") is None


def test_a_service_is_a_place_too() -> None:
    steps = [{"name": "call", "duration": "4s", "concurrency": 2}]
    assert capacity_per_s(shop(steps=steps), "sync") == 0.5


def test_a_file_is_read_once_however_many_cells_are_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(text: str, name: str) -> Any:
        read.append(name)
        return read_yaml(text, name)

    monkeypatch.setattr(files_load, "read_yaml", counted)
    flags = ["workers.count=1..10", "steps[send email].duration=1s..5s:5"]
    scenario, _, cells = load_grid("checkout", ["server.threads=3"], flags)
    assert (len(cells), len(read)) == (50, 1)
    # one cell's values are not another's, nor the scenario's
    text, name = files_load.read_source("checkout")
    assert scenario == files_load.parse_scenario(text, name, ["server.threads=3"])
    for cell in (cells[0], cells[23], cells[-1]):
        varied = [
            f"{flag.split('=')[0]}={value.written}" for flag, value in zip(flags, cell.values, strict=True)
        ]
        assert cell.scenario == files_load.parse_scenario(text, name, ["server.threads=3"], varied)


def test_the_p95_of_a_column_needs_as_many_values_as_that_of_a_run() -> None:
    """300 at once fill a queue of two places: 1 mail is taken, 2 wait, and the oldest are dropped. So 300
    wait for a page, but a p95 of the work would be of 3 values: `run` shows none, and neither does this."""
    few = shop(traffic={"requests": 300}, queue={"capacity": 2, "when_full": "drop_oldest"})
    comparison, _ = run_designs(few)
    assert comparison.figure("async", "response_time_s.count") == 300
    assert comparison.figure("async", "completion_time_s.count") == 3
    assert not any(row.figure == "completion_time_s.p95" and row.async_ for row in comparison.rows())
    table = table_of(sweep(few, {"workers.count": [1]}))
    assert ("all done", "slowest") in table.heads
    assert not any("p95" in below for _, below in table.heads)
    assert TOO_FEW in table.notes
