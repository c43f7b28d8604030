"""`syncasync-sim fit` and `validate`: what they print and write, their exit codes, and what they refuse."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from random import Random  # noqa: TID251 - a service of its own, not a run of the program

import pytest

from fit.services import Times, exponential, first_come
from fit.services import arrivals as arriving
from surface.test_brokers_command import sim, words
from syncasync_sim import fit_log, load_scenario, move, read_log, simulate, validate, write_scenario
from syncasync_sim.cli import exit_codes
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.stamps import number_us


def refused(*arguments: str) -> str:
    """The message of a command that is refused as a mistake of the user's."""
    error = sim(*arguments).exception
    code, message = exit_codes.describe(error)
    assert code == exit_codes.BAD_REQUEST
    return words(message)


def busy(count: int = 600, threads: int = 3) -> Times:
    random = Random(7)
    times = arriving(random, count, 0.85 * threads / 0.2)
    return first_come(times, exponential(random, count, 0.2), threads)


def csv_text(calls: Times, header: str = "start,end,status") -> str:
    rows = (
        f"{start / US_PER_S:.6f},{end / US_PER_S:.6f},{200 if n % 50 else 500}"
        for n, (start, end) in enumerate(calls)
    )
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.csv"
    path.write_text(csv_text(busy()))
    return path


def test_a_fitted_scenario_gives_the_measured_times_again(log: Path, tmp_path: Path) -> None:
    result = sim("fit", str(log), "-o", str(tmp_path / "mine.yaml"))
    assert result.exit_code == exit_codes.DONE
    assert "threads 3" in words(result.stdout)
    assert "Next: syncasync-sim run" in result.stderr
    scenario = load_scenario(tmp_path / "mine.yaml", ["steps[handle request].failure_rate=0"])
    assert scenario.server.threads == 3
    trace = simulate(scenario, "sync")
    rows = [line.split(",") for line in log.read_text().splitlines()[1:]]
    measured = [number_us(end, "s") - number_us(start, "s") for start, end, _ in rows]
    columns = (trace.requests.column(name) for name in ("arrived", "ended"))
    assert [end - start for start, end in zip(*columns, strict=True)] == measured


def test_the_text_says_where_each_number_comes_from(log: Path, tmp_path: Path) -> None:
    sim("fit", str(log), "-o", str(tmp_path / "mine.yaml"))
    text = (tmp_path / "mine.yaml").read_text()
    assert "# Made by syncasync-sim fit of access.csv (csv): 600 requests from 20" in text
    assert "paired: true" in text
    assert "would end before they began" in text
    assert "failure_rate: 0.020000  # 12 of 600 attempts failed" in text
    assert max(map(len, text.splitlines())) <= 110


def test_python_writes_what_the_command_writes(log: Path, tmp_path: Path) -> None:
    sim("fit", str(log), "-o", str(tmp_path / "mine.yaml"), "--move", "send email=40%")
    by_command = {path.name: path.read_text() for path in tmp_path.glob("mine*")}
    fit = move(fit_log(read_log(str(log))), "send email=40%")
    with pytest.raises(FileExistsError):
        write_scenario(fit, tmp_path / "mine.yaml")
    scenario = write_scenario(fit, str(tmp_path / "mine.yaml"), force=True)
    assert {path.name: path.read_text() for path in tmp_path.glob("mine*")} == by_command
    assert scenario == load_scenario(tmp_path / "mine.yaml")
    assert str(fit).splitlines()[1].startswith("threads: 3 (with one fewer")
    assert "600 requests (csv)" in repr(fit.log)
    assert len(str(validate(scenario, fit.log, mode="sync")).splitlines()) == 2


def test_the_next_command_has_the_options_of_the_log(log: Path, tmp_path: Path) -> None:
    options = ("--column", "end=end", "--unit", "s", "--zone", "+02:00")
    written = " ".join((str(log), "--column end=end --unit s --zone +02:00"))
    assert f"fit {written} -o mine.yaml" in sim("fit", str(log), *options).stderr
    mine = str(tmp_path / "mine.yaml")
    assert f"validate {mine} {written}" in sim("fit", str(log), "-o", mine, *options).stderr


def test_the_steps_are_shown_with_their_work(log: Path) -> None:
    result = sim("fit", str(log), "--move", "send email=40%")
    assert "-o mine.yaml --move 'send email=40%'" in result.stderr
    shown = words(result.stdout)
    whole, kept, part = (float(ms) for ms in re.findall(r"([\d.]+) ms on average", shown))
    assert kept + part == pytest.approx(whole, abs=0.2)
    assert "on the queue: 40% of 'handle request', as given" in shown
    assert "in the request: from begin to reply" in shown


def test_what_is_declined_is_marked_in_the_file_and_the_code_is_three(tmp_path: Path) -> None:
    coarse = [(start // US_PER_S * US_PER_S, end // US_PER_S * US_PER_S) for start, end in busy()]
    path = tmp_path / "coarse.csv"
    path.write_text(csv_text(coarse))
    result = sim("fit", str(path), "-o", str(tmp_path / "mine.yaml"))
    assert result.exit_code == exit_codes.CLAIM_MISSED
    text = (tmp_path / "mine.yaml").read_text()
    assert "threads: unlimited  # unknown" in text
    assert "unknown: these are the response times, any wait included." in text.replace("\n    #", "")
    assert load_scenario(tmp_path / "mine.yaml").server.threads is None
    plain = json.loads(sim("fit", str(path), "--json").stdout)
    assert plain["complete"] is False
    assert plain["threads"]["count"] is None
    assert plain["threads"]["cure"] == "log milliseconds"


def test_a_part_of_the_work_moves_to_the_queue(log: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    result = sim("fit", str(log), "-o", str(mine), "--move", "send email=40%")
    assert result.exit_code == exit_codes.DONE
    assert "size" in result.stderr
    scenario = load_scenario(mine)
    assert [step.background for step in scenario.steps] == [False, True]
    before = load_scenario(mine, ["steps[send email].background=false"])
    assert sum(step.duration.mean_s for step in before.steps) == pytest.approx(0.2, rel=0.1)
    assert scenario.steps[1].duration.mean_s == pytest.approx(
        scenario.steps[0].duration.mean_s * 2 / 3, rel=1e-3
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("send email", "there is no step 'send email'"),
        ("send email=soon", "write a duration (300ms) or a share (40%)"),
        ("handle request=1s", "there is no step"),
    ],
)
def test_what_cannot_be_moved_is_refused(log: Path, text: str, complaint: str) -> None:
    assert complaint in refused("fit", str(log), "--move", text)


def test_a_distribution_is_fitted_only_when_it_is_wanted_and_says_its_distance(
    log: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.yaml"
    sim("fit", str(log), "-o", str(mine), "--distribution", "best")
    text = mine.read_text()
    assert 'duration: "exponential(mean=' in text or 'duration: "weibull(' in text
    assert "Kolmogorov-Smirnov" in text
    assert "paired" not in text
    assert load_scenario(mine).steps[0].duration.mean_s == pytest.approx(0.2, rel=0.1)
    assert {path.suffix for path in tmp_path.glob("mine-handle-request.*")} == {".png", ".svg"}
    misspelt = refused("fit", str(log), "-o", str(mine), "--force", "--distribution", "lgnormal")
    assert "did you mean 'lognormal'?" in misspelt


def test_nothing_is_overwritten_without_force(log: Path, tmp_path: Path) -> None:
    (tmp_path / "mine-customers.csv").write_text("my own")
    result = sim("fit", str(log), "-o", str(tmp_path / "mine.yaml"))
    assert result.exit_code != exit_codes.DONE
    assert (tmp_path / "mine-customers.csv").read_text() == "my own"
    assert not (tmp_path / "mine.yaml").exists()


def test_columns_units_and_several_packed_files(tmp_path: Path) -> None:
    calls = busy()
    for number, part in enumerate((calls[:300], calls[300:])):
        rows = [f"{start // 1000};{(end - start) // 1000}" for start, end in part]
        text = "\n".join(["came;took", *rows])
        (tmp_path / f"{number}.csv.gz").write_bytes(gzip.compress(text.encode()))
    named = ("--column", "start=came", "--column", "duration=took", "--unit", "ms")
    files = [str(tmp_path / f"{number}.csv.gz") for number in (1, 0)]
    plain = json.loads(sim("fit", *files, *named, "--json").stdout)
    assert plain["requests"] == 600
    assert plain["threads"]["count"] == 3
    assert plain["resolution_s"] == 0.001


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"\x00\x01binary", "zero bytes"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"hello\nworld\n", "this is no log that is known here"),
        (b"start,end\n", "there is no request with a start and an end"),
        (b"start,end\nsoon,later\n", "odd.csv:2: 'soon' is no number"),
        (gzip.compress(b"start,end\n1,2\n" * 1000, mtime=0)[:60], "cut or damaged"),
    ],
)
def test_what_is_no_log_is_refused_with_a_sentence(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    message = refused("fit", str(path))
    assert message.startswith("odd.csv")
    assert complaint in message


def test_a_log_is_judged_beside_its_scenario(log: Path, tmp_path: Path) -> None:
    log.write_text(csv_text(busy(3000)))
    mine = str(tmp_path / "mine.yaml")
    sim("fit", str(log), "-o", mine)
    result = sim("validate", mine, str(log), "--holdout", "50%", "-o", str(tmp_path / "charts"))
    assert result.exit_code == exit_codes.DONE
    assert "1,500 requests are judged; arrivals and work are of the 1,500 before them" in words(result.stdout)
    assert {path.name for path in (tmp_path / "charts").iterdir()} == {"validation.png", "validation.svg"}
    wrong = sim("validate", mine, str(log), "--set", "server.threads=4", "--json")
    assert wrong.exit_code == exit_codes.CLAIM_MISSED
    assert json.loads(wrong.stdout)["legs"]["waits"]["agrees"] is False


def test_each_file_has_a_line_also_one_that_is_refused(log: Path, tmp_path: Path) -> None:
    (tmp_path / "wrk.txt").write_text("Running 15s test @ http://localhost/\n")
    result = sim("fit", "--each", str(log), str(tmp_path / "wrk.txt"), width=160)
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert "600 requests (csv), 12 failed (2 %)" in words(result.stdout)
    assert "threads 3" in words(result.stdout)
    assert "refused: wrk.txt" in words(result.stdout)
    assert sim("fit", "--each", str(log)).exit_code == exit_codes.DONE
    assert sim("fit", "--each", str(log), "--json").exit_code == exit_codes.BAD_REQUEST
