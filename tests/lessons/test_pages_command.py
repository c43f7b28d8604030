"""`lesson handout` and `lesson key`: where the page goes, in which form, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lessons import own
from lessons.files import email
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.app import app
from syncasync_sim.files.lessons import load_lesson
from syncasync_sim.lessons.answer_key import key, run_all
from syncasync_sim.lessons.handout import handout


def sim(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["lesson", *arguments], prog_name="syncasync-sim")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def check_refused(arguments: list[str], told: str, folder: Path) -> None:
    """A command on a lesson of one's own is refused in these words, and writes nothing."""
    own.write(folder, own.CHANCE)
    result = sim(*arguments)
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert told in " ".join(result.stderr.split())
    assert names(folder) == ["names.yaml", "own.yaml", "shop.yaml"]


@pytest.mark.parametrize("which", ["2", "not-faster"])
def test_without_a_name_it_is_html_named_after_the_lesson(which: str, here: Path) -> None:
    assert sim("handout", which).stdout == "not-faster-handout.html\n"
    assert sim("handout", which, "--student", "17").stdout == "not-faster-handout-17.html\n"
    assert sim("key", which).stdout == "not-faster-key.html\n"
    file = load_lesson(2)
    assert Path("not-faster-handout.html").read_text(encoding="utf-8") == handout(file).html()
    assert Path("not-faster-handout-17.html").read_text(encoding="utf-8") == handout(file, 17).html()
    assert Path("not-faster-key.html").read_text(encoding="utf-8") == key(run_all(file)).html()
    assert len(names(here)) == 3


def test_the_end_of_the_name_says_what_is_written() -> None:
    page = key(run_all(load_lesson(2), [3, 4]))
    for name, text in (("a.html", page.html()), ("a.md", page.markdown()), ("B.HTML", page.html())):
        assert sim("key", "2", "--students", "3-4", "-o", name).exit_code == exit_codes.DONE
        assert Path(name).read_text(encoding="utf-8") == text


def test_a_dash_prints_markdown(here: Path) -> None:
    assert sim("handout", "2", "-o", "-").stdout == handout(load_lesson(2)).markdown()
    assert sim("key", "2", "-o", "-").stdout == key(run_all(load_lesson(2))).markdown()
    assert names(here) == []


@pytest.mark.parametrize("what", ["handout", "key"])
def test_a_file_that_is_there_stays_unless_forced(what: str, here: Path) -> None:
    Path("mine.html").write_text("mine", encoding="utf-8")
    refused = sim(what, "2", "-o", "mine.html")
    assert isinstance(refused.exception, FileExistsError)
    code, told = exit_codes.describe(refused.exception)
    assert code == exit_codes.NOT_FINISHED
    assert told == "syncasync-sim: mine.html: exists already and is left as it is; --force writes over it"
    assert Path("mine.html").read_text(encoding="utf-8") == "mine"
    assert sim(what, "2", "-o", "mine.html", "--force").exit_code == exit_codes.DONE
    assert "Not faster" in Path("mine.html").read_text(encoding="utf-8")
    assert names(here) == ["mine.html"]


def test_a_folder_that_is_not_there_is_named_not_a_draft() -> None:
    refused = sim("handout", "2", "-o", "nowhere/sheet.md")
    told = exit_codes.describe(refused.exception)[1]
    assert told == "syncasync-sim: nowhere: there is no such folder; make it first, or name another"


def test_no_key_is_written_of_a_lesson_that_its_runs_do_not_show(here: Path) -> None:
    path = own.write(here, own.HOSTILE.replace("value: 1.05s", "value: 1.04s"))
    result = sim("key", path, "-o", "key.html")
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert result.stderr == (
        f"syncasync-sim: {path}: the lesson does not fit its runs: "
        "the answer is 1.04s (it is 1.05 s in the run of the lesson, line 9)\nNothing was written.\n"
    )
    assert names(here) == ["names.yaml", "own.yaml", "shop.yaml"]


@pytest.mark.parametrize("what", ["handout", "key", "guide", "slides", "replay"])
def test_every_page_is_refused_with_the_sentence_of_the_lesson_that_is_played(what: str, here: Path) -> None:
    text = own.HOSTILE.replace(
        "claims: [async.response_time_s.max == 1.05s]", "claims: [async.work.lost > 0]", 1
    )
    path = own.write(here, text)
    sentence = (
        "the lesson does not fit its runs: async.work.lost > 0 (it is 0 in the run of the lesson, line 16)"
    )
    for arguments in ((what, path), (path, "--reveal")):
        result = sim(*arguments)
        assert result.exit_code == exit_codes.CLAIM_MISSED
        assert f"syncasync-sim: {path}: {sentence}\n" in result.stderr
    assert names(here) == ["names.yaml", "own.yaml", "shop.yaml"]


def test_a_sheet_with_a_students_number_is_refused_if_its_answer_is_not_what_was_measured(here: Path) -> None:
    in_words = (
        "sum: 1.05 s until the page + {number} for the email = {answer}",
        "sum: the page, and then the email",
    )
    path = email(here, ("values: [1.05 s, 3.45 s, 2.4 s]", "values: [1.05 s, 3.46 s, 2.4 s]"), in_words)
    assert sim("handout", str(path), "--student", "1", "-o", "-").exit_code == exit_codes.DONE
    for arguments in (("--student", "2"), ("--students", "1-3")):
        refused = sim("handout", str(path), *arguments)
        assert refused.exit_code == exit_codes.CLAIM_MISSED
        assert "the answer is 3.46 s (it is 3.45 s in the run with 2.4 s, line " in refused.stderr
    assert names(here) == ["email.yaml"]


@pytest.mark.parametrize(
    ("claim", "measured"),
    [
        ("async.response_time_s.max == 1060ms", "it is 1,050 ms"),
        ("async.response_time_s.max == 1m", "it is 1.05 s"),
        ("async.response_time_s.max > 2s", "it is 1.05 s"),
        ("async.response_time_s.max == sync.response_time_s.max", "they are 1.05 s and 2.55 s"),
        ("async.work.completed == 1000", "it is 1"),
        ("sync.response_time_s.max == none", "it is 2.55 s"),
    ],
)
def test_a_measured_value_has_the_unit_of_the_claim(claim: str, measured: str, here: Path) -> None:
    path = email(here, ("claims: [async.completion_time_s.max == 2.55s]", f'claims: ["{claim}"]'))
    result = sim("key", str(path))
    assert f"{claim} ({measured} in the run of the lesson, line 22)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["handout", "2", "-o", "a.pdf"], "'a.pdf' ends in neither .html nor .md."),
        (["key", "2", "-o", "a"], "'a' ends in neither .html nor .md."),
        (["key", "2", "--students", "9-3"], "'9-3' goes backwards: write 3-9."),
        (["key", "2", "--students", "all"], "'all' is not a whole number. Write for instance 1-30."),
        (["key", "2", "--students", "0-3"], "0 is too small: choose 1 to 10,000. Write for instance 1-30."),
        (["handout", "2", "--student", "0"], "0 is too small: choose 1 to 10,000."),
        (["handout", "own.yaml", "--student", "3"], "it has no own numbers: leave --student out."),
        (["key", "own.yaml", "--students", "3"], "it has no own numbers: leave --students out."),
    ],
)
def test_what_is_refused(arguments: list[str], told: str, here: Path) -> None:
    check_refused(arguments, told, here)


def test_a_span_of_students_may_be_one() -> None:
    assert "| 17 | 1.2" in sim("key", "2", "--students", "17", "-o", "-").stdout
