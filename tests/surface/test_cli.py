"""What the commands do, without a process of their own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from syncasync_sim import __version__, load_scenario, run_designs
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.app import app
from syncasync_sim.cli.options import bundled_names
from syncasync_sim.files import bundled
from syncasync_sim.files.atomic_write import IS_THERE
from syncasync_sim.files.schema import schema
from syncasync_sim.model.lesson_file import Lesson

MISSED = """
traffic: {requests: 1}
steps:
  - {name: work, duration: 1s}
  - {name: later, duration: 1s, background: true}
expect: ["sync.response_time_s.max == 2s", "async.response_time_s.max < 500ms"]
"""


def sim(*arguments: str, text: str | None = None) -> Any:
    """Run the command; `result.stdout`, `result.stderr`, `result.exit_code`."""
    return CliRunner().invoke(app, list(arguments), input=text, prog_name="syncasync-sim")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def missed(here: Path) -> str:
    """A scenario of which one expectation of two is missed."""
    (here / "missed.yaml").write_text(MISSED, encoding="utf-8")
    return "missed.yaml"


def charts_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# help


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_the_help_begins_with_the_checkout_and_names_the_exit_codes(arguments: tuple[str, ...]) -> None:
    result = sim(*arguments)
    assert result.exit_code == 0
    assert result.stdout.split("\n")[0].strip().startswith("syncasync-sim run checkout ")
    words = " ".join(result.stdout.split())
    assert all(f"{code} {meaning}" in words for code, meaning in exit_codes.MEANING.items())
    after = result.stdout.partition("\nCommands:\n")[2]
    assert len(after.splitlines()) <= 23  # a terminal of 24 lines shows every command, and the prompt


def commands(group: Any = None, name: str = "") -> dict[str, Any]:
    """Every command by its full name."""
    group = group or typer.main.get_command(app)
    found = {name: group}
    for short, command in getattr(group, "commands", {}).items():
        found |= commands(command, f"{name} {short}".strip())
    return found


def options(command: Any) -> set[str]:
    return {word for p in command.params if p.param_type_name == "option" for word in p.opts}


@pytest.mark.parametrize("name", [name for name in commands() if name not in ("", "scenarios", "lesson")])
def test_the_help_of_a_command_says_what_it_is_for_and_has_no_noise(name: str) -> None:
    text = sim(*name.split(), "-h").stdout
    assert f"Usage: syncasync-sim {name} [OPTIONS]" in text
    assert not re.search(r"<\w+>|\[required\]|[{}]|x>=", text)
    assert all(word in text for word in options(commands()[name]))


def test_the_page_about_the_command_line_names_everything() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, command in commands().items():
        assert f"syncasync-sim {name}".strip() in page, f"docs/cli.md lacks `syncasync-sim {name}`"
        for option in options(command):
            assert re.search(rf"`{option}\b", page), f"docs/cli.md lacks `{option}`, of {name}"
        for argument in (p for p in command.params if p.param_type_name == "argument"):
            assert str(argument.metavar) in page, f"docs/cli.md lacks {argument.metavar}, of {name}"
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE))
    assert [int(code) for code in rows] == list(exit_codes.MEANING)
    assert all(rows[str(code)].startswith(meaning) for code, meaning in exit_codes.MEANING.items())


def test_the_page_of_the_commands_has_a_row_for_each() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    for name in typer.main.get_command(app).commands:  # type: ignore[attr-defined]
        assert re.search(rf"^\| `syncasync-sim {name}\b", page, re.MULTILINE), (
            f"docs/cli.md lacks a row: {name}"
        )


def test_version() -> None:
    result = sim("--version")
    assert (result.exit_code, result.stdout) == (0, f"syncasync-sim {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rnu",), "Did you mean 'run'?"),
        (("checkout",), "'checkout' is a scenario. Did you mean 'run checkout'?"),
        (("my.yaml", "--seed", "3"), "'my.yaml' is a scenario. Did you mean 'run my.yaml'?"),
        (("run",), "Missing argument 'SCENARIO'"),
        (("run", "checkout", "--sed", "3"), "--seed"),
        (("run", "checkout", "--seed", "x"), "'x' is not a whole number."),
        (("run", "checkout", "--seed", "-1"), "-1 is too small: choose 0 or more."),
        (("run", "checkout", "--seed", "9" * 5000), "9… has 5,000 digits: choose a smaller one."),
        (("run", "checkout", "--replications", "0"), "0 is too small: choose 1 to 10,000."),
        (("run", "checkout", "--replications", "10001"), "10,001 is too large: choose 1 to 10,000."),
        (("run", "checkout", "--mode", "Sync"), "'Sync' is not one of both, sync, async."),
        (("explain", "checkout", "0"), "0 is too small: choose 1 or more."),
        (("explain", "checkout"), "Missing argument 'CUSTOMER'"),
        (("check",), "Missing argument 'SCENARIO...'"),
    ],
)
def test_a_wrong_command_line_is_told_in_plain_words(arguments: tuple[str, ...], says: str) -> None:
    result = sim(*arguments)
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert says in result.stderr
    assert "Input should be" not in result.stderr
    assert result.stdout == ""


def test_names_complete() -> None:
    assert list(bundled_names("check")) == ["checkout"]
    assert list(bundled_names("")) == list(bundled.names())


# run


def test_run_shows_both_designs_draws_charts_and_says_what_is_next(here: Path) -> None:
    result = sim("run", "checkout")
    assert result.exit_code == 0
    assert "2.55 s" in result.stdout
    assert "1.05 s" in result.stdout
    assert "Charts: output/checkout/ (2 files, PNG and SVG)" in result.stderr
    assert result.stderr.endswith("Next: syncasync-sim explain checkout 1\n")
    assert charts_in(here / "output" / "checkout") == {"timeline.png", "timeline.svg"}


def test_the_next_command_is_about_the_same_run(here: Path) -> None:
    result = sim("run", "checkout", "--no-charts", "--seed", "7", "--set", "title=A b")
    assert "Next: syncasync-sim explain checkout 1 --seed 7 --set 'title=A b'" in result.stderr
    assert charts_in(here) == set()


def test_the_next_command_is_about_the_customer_on_the_screen(here: Path) -> None:
    result = sim("run", "worker-crash", "--no-charts")
    assert "The worst-off customer (3 of 10)" in result.stdout
    assert result.stderr.endswith("Next: syncasync-sim explain worker-crash 3\n")
    assert charts_in(here) == set()


def test_json_is_the_numbers_of_the_library_and_nothing_else(here: Path) -> None:
    result = sim("run", "flaky-email", "--json", "--seed", "3", "--replications", "2")
    comparison, _ = run_designs(load_scenario("flaky-email"), seed=3, replications=2)
    assert json.loads(result.stdout) == comparison.to_dict(__version__)
    assert result.stderr == ""
    assert charts_in(here) == set()


def test_json_draws_charts_when_told_where(here: Path) -> None:
    result = sim("run", "checkout", "--json", "-o", "here/it/is")
    assert json.loads(result.stdout)["scenario"] == "checkout"
    assert result.stderr == ""
    assert charts_in(here / "here" / "it" / "is") == {"timeline.png", "timeline.svg"}


def test_a_wish_to_stop_is_heard_between_short_replications() -> None:
    looks: list[int] = []

    def watch(arrived: int, expected: int) -> bool:
        looks.append(arrived)
        return len(looks) < 4  # before each run but those of the first replication: the third is not whole

    comparison, _ = run_designs(load_scenario("checkout"), seed=1, replications=50, watch=watch)
    assert (comparison.replications, comparison.partial) == (2, True)


def test_one_design(here: Path) -> None:
    result = sim("run", "checkout", "--json", "--mode", "async")
    data = json.loads(result.stdout)
    assert list(data["modes"]) == ["async"]
    assert all(claim["claim"].startswith("async.") for claim in data["expect"])
    assert result.exit_code == 0
    assert sim("run", "checkout", "--mode", "sync").exit_code == 0


def test_quiet_is_one_sentence(here: Path) -> None:
    result = sim("run", "checkout", "-q", "--no-charts")
    assert result.stdout.count("\n") == 1
    assert result.stdout.startswith("The customer waits 1.05 s instead of 2.55 s")
    assert result.stderr == ""


def test_a_missed_expectation_is_shown_and_has_its_own_exit_code(missed: str) -> None:
    result = sim("run", missed, "--no-charts")
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert "async.response_time_s.max < 500ms" in result.stdout
    assert result.stderr == "syncasync-sim: 1 of 2 expectations missed: async.response_time_s.max < 500ms\n"
    quiet = sim("run", missed, "-q", "--no-charts")
    assert (quiet.exit_code, quiet.stderr) == (result.exit_code, result.stderr)


def test_charts_of_a_missed_expectation_are_drawn(missed: str, here: Path) -> None:
    assert sim("run", missed).exit_code == exit_codes.CLAIM_MISSED
    assert "timeline.png" in charts_in(here / "output" / "missed")


@pytest.mark.parametrize("change", [("--seed", "1"), ("--set", "workers.count=2")])
def test_a_changed_scenario_misses_nothing(missed: str, change: tuple[str, str]) -> None:
    result = sim("run", missed, "--no-charts", *change)
    assert result.exit_code == 0
    assert "async.response_time_s.max < 500ms" in result.stdout
    assert "Failed expectations do not count here, because you changed the scenario" in result.stderr


def test_expectations_given_on_the_command_line_count(missed: str) -> None:
    claim = 'expect=["async.response_time_s.max < 1ms"]'
    assert sim("run", missed, "--no-charts", "--set", claim).exit_code == exit_codes.CLAIM_MISSED


def test_a_scenario_on_standard_input(here: Path) -> None:
    result = sim("run", "-", "--no-charts", text=MISSED)
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert "Next" not in result.stderr


def test_charts_of_an_earlier_run_are_replaced_all_or_none(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = here / "output" / "checkout"
    folder.mkdir(parents=True)
    for name in ("timeline.png", "depth.svg", "notes.txt"):
        (folder / name).write_text("earlier", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("syncasync_sim.render.charts.draw_all", fail)
        result = sim("run", "checkout")
    assert isinstance(result.exception, OSError)
    assert charts_in(folder) == {"timeline.png", "depth.svg", "notes.txt"}
    assert (folder / "timeline.png").read_text(encoding="utf-8") == "earlier"
    assert sim("run", "checkout").exit_code == 0
    assert charts_in(folder) == {"timeline.png", "timeline.svg", "notes.txt"}
    assert (folder / "timeline.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_in_the_place_of_a_chart_is_named_and_nothing_is_changed(here: Path) -> None:
    folder = here / "output" / "checkout"
    (folder / "timeline.svg").mkdir(parents=True)
    (folder / "timeline.png").write_text("earlier", encoding="utf-8")
    result = sim("run", "checkout")
    assert isinstance(result.exception, IsADirectoryError)
    assert result.exception.filename == str(Path("output") / "checkout" / "timeline.svg")
    assert charts_in(folder) == {"timeline.png", "timeline.svg"}
    assert (folder / "timeline.png").read_text(encoding="utf-8") == "earlier"


def test_charts_come_back_when_the_last_one_cannot_be_put(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = here / "output" / "checkout"
    folder.mkdir(parents=True)
    for name in ("depth.svg", "timeline.png", "timeline.svg"):
        (folder / name).write_text("earlier", encoding="utf-8")
    replace = Path.replace

    def fails_at_last(path: Path, target: Path) -> Path:
        if target.name == path.name == "timeline.svg" and path.parent.name.startswith(".draft-"):
            raise OSError(28, "No space left on device", str(path))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fails_at_last)
    result = sim("run", "checkout")
    assert isinstance(result.exception, OSError)
    assert result.exception.filename == str(Path("output") / "checkout" / "timeline.svg")
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == dict.fromkeys(
        ("depth.svg", "timeline.png", "timeline.svg"), "earlier"
    )


def test_a_failure_leaves_no_empty_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("syncasync_sim.render.charts.draw_all", fail)
    sim("run", "checkout")
    assert charts_in(here) == set()


# explain, check, scenarios, schema


def test_explain_tells_the_story_in_both_designs() -> None:
    result = sim("explain", "ten-orders", "10")
    assert result.exit_code == 0
    assert "16.05 s" in result.stdout
    assert "sync" in sim("explain", "checkout", "1", "--mode", "sync").stdout


def test_explain_says_which_customers_there_are(here: Path) -> None:
    result = sim("explain", "ten-orders", "11")
    assert "there is no customer 11: choose 1 to 10" in str(result.exception)


def test_check_tells_of_every_file(here: Path) -> None:
    (here / "bad.yaml").write_text("traffic: {request: 1}\nsteps: []\n", encoding="utf-8")
    result = sim("check", "checkout", "bad.yaml", "overload")
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert result.stdout.splitlines() == [
        "checkout: ok: checkout, 1 customer, 4 steps",
        "overload: ok: overload, 1,800 customers, 4 steps",
    ]
    assert "bad.yaml:1:11: unknown key 'request'" in result.stderr


def test_check_says_about_where_chance_decides() -> None:
    text = "traffic: {rate: 3/s, for: 60s, arrivals: poisson}\nsteps: [{name: work, duration: 1s}]\n"
    assert sim("check", "-", text=text).stdout == "-: ok: stdin, about 180 customers, 1 step\n"


def test_scenarios_are_listed_shown_and_copied_but_never_over_another(here: Path) -> None:
    listed = sim("scenarios", "list").stdout
    for name in bundled.names():
        assert f"{name} " in listed
        assert f"  {load_scenario(name).title}\n" in listed
    assert [line.split()[0] for line in listed.splitlines()] == list(bundled.names())
    assert "checkout                        A checkout form\n" in listed
    assert max(map(len, listed.splitlines())) <= 80
    assert sim("scenarios", "show", "checkout").stdout == bundled.read("checkout")
    result = sim("scenarios", "copy", "checkout")
    assert (result.exit_code, result.stdout) == (0, "checkout.yaml\n")
    assert (here / "checkout.yaml").read_text(encoding="utf-8") == bundled.read("checkout")
    again = sim("scenarios", "copy", "checkout")
    assert exit_codes.describe(again.exception) == (
        exit_codes.NOT_FINISHED,
        f"syncasync-sim: checkout.yaml: {IS_THERE}",
    )


def test_schema_is_the_schema() -> None:
    assert json.loads(sim("schema").stdout) == schema()
    assert json.loads(sim("schema", "scenario").stdout) == schema()
    assert json.loads(sim("schema", "lesson").stdout) == schema(Lesson)
    assert sim("schema", "lessons").exit_code == exit_codes.BAD_REQUEST


def test_every_kind_of_failure_has_its_code() -> None:
    assert exit_codes.describe(KeyError("x")) == (
        exit_codes.BUG,
        "syncasync-sim: a bug: KeyError: 'x' (run again with SYNCASYNC_DEBUG=1 to see where)",
    )
    assert exit_codes.describe(MemoryError())[0] == exit_codes.NOT_FINISHED
    assert exit_codes.describe(OSError(28, "No space left on device")) == (
        exit_codes.NOT_FINISHED,
        "syncasync-sim: cannot write the output: No space left on device; "
        "make room there, or write to another disk",
    )
    assert exit_codes.describe(PermissionError(13, "Permission denied", "a\nb"))[1].endswith(
        "syncasync-sim: a\\nb: Permission denied; name another place, or change the permissions of this one"
    )
