"""What is suggested to somebody who wrote the wrong word, or gave the wrong kind of file."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from syncasync_sim import ScenarioError
from syncasync_sim.cli.app import app
from syncasync_sim.files import load_scenario, parse_scenario
from syncasync_sim.files.lessons import load_lesson, root
from syncasync_sim.model.paths import PathError, parse_path

BARE = "traffic: {requests: 1}\nsteps: [{name: work, duration: 1s}]\n"
LESSON = (root() / "not-faster.yaml").read_text(encoding="utf-8")


def cure_of(text: str, *sets: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "x.yaml", sets)
    return str(caught.value).rpartition("= ")[2]


@pytest.mark.parametrize(
    ("flag", "cure"),
    [
        ("worker.count=3", "did you mean 'workers'?"),  # not the one in workers.crashes
        ("customer.timeout=15s", "it is called 'patience' here"),
        ("story=x", "it is called 'description' here"),
        ("duration=1s", "'duration' belongs under steps"),
        ("server.prefetch=3", "'prefetch' belongs under queue"),
    ],
)
def test_a_key_that_is_not_there(flag: str, cure: str) -> None:
    assert cure_of(BARE, flag) == cure


@pytest.mark.parametrize("key", ["question", "qqq"])
def test_what_is_like_nothing_gets_the_keys_that_there_are(key: str) -> None:
    assert cure_of(BARE, f"{key}=3").startswith("the keys here are name, title, ")


def test_a_step_after_another_is_not_fails_after() -> None:
    assert "fails_after'?" not in cure_of(BARE, "steps[0].after=work")


@pytest.mark.parametrize("command", ["sweep", "size", "live", "advise", "brokers", "check"])
def test_a_run_in_a_file_is_told_apart_in_every_size(command: str, tmp_path: Path) -> None:
    for length in (1, 300_000):
        file = tmp_path / "run.json"
        file.write_text('{"format":"syncasync-trace","version":1,"x":"' + "x" * length, encoding="utf-8")
        more = ["--vary", "workers.count=1,2"] if command in ("sweep", "size") else []
        more += ["--target", "sync.response_time_s.max < 1s"] if command == "size" else []
        result = CliRunner().invoke(app, [command, str(file), *more], prog_name="syncasync-sim")
        told = str(result.exception) + result.output
        assert "this is a recorded run, as --trace writes it; a scenario is wanted here" in told
        assert "'traffic' is missing" not in told


def test_the_help_promises_a_run_only_where_one_is_taken() -> None:
    for command in ("run", "explain", "watch", "export"):
        assert "a run that --trace wrote" in " ".join(
            CliRunner().invoke(app, [command, "--help"]).stdout.split()
        )
    for command in ("sweep", "size", "live", "advise", "play"):
        assert "a run that --trace wrote" not in " ".join(
            CliRunner().invoke(app, [command, "--help"]).stdout.split()
        )


def test_a_lesson_is_no_scenario(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(LESSON, encoding="utf-8")
    with pytest.raises(
        ScenarioError, match=r"this is a lesson, not a scenario\n  = syncasync-sim lesson key "
    ):
        load_scenario(file)


def test_a_file_whose_ending_was_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "library.yaml").write_text(BARE, encoding="utf-8")
    with pytest.raises(
        ScenarioError, match=r"library: there is no such file\n  = did you mean library.yaml\?"
    ):
        load_scenario("library")
    (tmp_path / "mine.yaml").write_text(
        LESSON.replace("scenario: checkout", "scenario: library"), encoding="utf-8"
    )
    monkeypatch.chdir("/")
    with pytest.raises(ScenarioError, match=r"did you mean .*library.yaml\?"):
        load_lesson(tmp_path / "mine.yaml")


def test_a_lesson_without_a_correct_option_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    before, right, after = LESSON.partition("      correct: true\n")
    assert right
    file.write_text(before + after, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_lesson(file)
    assert "exactly one option is correct\n" in str(caught.value)
    assert "a wrong option says" not in str(caught.value)


def test_a_time_in_a_lesson_needs_a_unit(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = LESSON.replace("value: 2.55 s", 'value: "2.55"').replace("value: 2.55s", 'value: "2.55"')
    assert text != LESSON
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"a time needs a unit\n(.*\n)*.*= write 2.55s"):
        load_lesson(file)


@pytest.mark.parametrize("option", ["--no-chart", "--no-chrts"])
def test_an_option_that_there_is_not(option: str) -> None:
    """In the words used for commands and keys, not `(Possible options: ...)`."""
    result = CliRunner().invoke(app, ["run", "checkout", option], prog_name="syncasync-sim")
    assert result.exit_code
    assert f"No such option: {option}. Did you mean '--no-charts'?" in result.stderr


@pytest.mark.parametrize("text", ["", "a..b", "steps[]"])
def test_an_example_of_a_path_names_its_step(text: str) -> None:
    with pytest.raises(PathError, match=r"steps\[send email\]"):
        parse_path(text)
