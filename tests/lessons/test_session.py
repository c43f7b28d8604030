"""What is shown when: nothing of the result before an answer, everything of it after one."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lessons.files import of_chance
from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.lessons import LessonFile, lessons, load_lesson
from syncasync_sim.lessons import presenter
from syncasync_sim.lessons.html_blocks import to_html
from syncasync_sim.lessons.notebook_lesson import lesson as in_notebook
from syncasync_sim.lessons.session import Session

ALL = pytest.mark.parametrize("file", lessons(), ids=lambda file: file.lesson.name)


def text_of(blocks: Any) -> str:
    """The blocks as they stand in a terminal, in one line: a sentence may be broken anywhere."""
    console = Console(file=StringIO(), width=78, color_system=None, highlight=False)
    for block in blocks:
        console.print(block if not isinstance(block, presenter.Gate) else block.prompt)
    assert isinstance(console.file, StringIO)
    return " ".join(console.file.getvalue().split())


def told(session: Session) -> str:
    change = session.lesson.change
    parts = (
        presenter.revealed(session),
        presenter.announced(session, change),
        presenter.changed(session, change),
        presenter.fine_print(session),
    )
    return " ".join(text_of(part) for part in parts)


def flat(text: str) -> str:
    return " ".join(text.split())


# -- before an answer -----------------------------------------------------------------------------


@ALL
def test_the_question_gives_nothing_away(file: LessonFile) -> None:
    session, lesson = Session(file, student=2), file.lesson
    shown = text_of(presenter.question(session))
    html = to_html(presenter.question(session))
    assert flat(lesson.question.text) in shown
    secrets = [lesson.takeaway, lesson.sum, lesson.discuss, lesson.change.text, lesson.change.sum]
    secrets += [text for o in lesson.question.options for text in (o.belief, o.right_if) if text]
    for secret in secrets:
        assert session.filled_text(flat(secret)) not in shown
        assert session.filled_text(flat(secret)) not in flat(html)
    for word in ("Correct.", "It was", "sum", "Keep this", "sync async", "seed"):
        assert word not in shown.replace(flat(lesson.story), "")
    with pytest.raises(RuntimeError, match="before there is an answer"):
        session.run()
    with pytest.raises(RuntimeError, match="before there is an answer"):
        next(iter(presenter.revealed(session)))
    with pytest.raises(RuntimeError, match="before there is an answer"):
        session.run_case(lesson.change)


@ALL
def test_the_correct_option_looks_like_the_others(file: LessonFile) -> None:
    """Were another option the correct one, not a character of the question would be different."""
    options = file.lesson.question.options
    moved = [o.model_copy(update={"correct": place == 0}) for place, o in enumerate(options)]
    asked = file.lesson.question.model_copy(update={"options": tuple(moved)})
    other = LessonFile(file.lesson.model_copy(update={"question": asked}), file.folder)
    for make in (text_of, to_html):
        assert make(presenter.question(Session(file))) == make(presenter.question(Session(other)))


@ALL
def test_every_student_is_offered_the_values_of_their_own_sheet(file: LessonFile) -> None:
    for student in range(1, len(file.lesson.students.numbers) + 1 if file.lesson.students else 1):
        session = Session(file, student=student)
        for text, value in zip(session.options(), session.values, strict=True):
            assert value is None or value == "none" or value.replace(" ", "") in text.replace(" ", "")


# -- after it -------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("level", ["intro", "advanced"])
def test_every_lesson_is_told_to_its_end(file: LessonFile, level: Any) -> None:
    session, lesson = Session(file, level=level), file.lesson
    wrong = next(place for place, option in enumerate(lesson.question.options) if not option.correct)
    session.answer(session.letters[wrong], 3)
    shown = told(session)
    right_if = lesson.question.options[wrong].right_if
    assert right_if is not None
    in_order = [
        f"You said {session.letters[wrong]}) {flat(session.options()[wrong]).rstrip('.')} (sure).",
        f"It was {session.letters[lesson.question.correct]})",
        "A surprise worth remembering.",
        *(
            [f"{session.filled_text(flat(lesson.discuss))} think, then Enter for the sum >"]
            if level == "advanced"
            else []
        ),
        f"{session.letters[wrong]}) would be right if {session.filled_text(flat(right_if))}",
        f"The sum: {session.filled_text(flat(lesson.sum))}",
        *(row.label for row in lesson.rows),
        f"Keep this: {flat(lesson.takeaway)}",
        f"Now one thing changes: {session.filled_text(flat(lesson.change.text))}",
        f"The sum: {session.filled_text(flat(lesson.change.sum))}",
        f"seed {session.run().comparison.seed}",
    ]
    place = 0
    for part in in_order:
        assert part in shown[place:], part
        place = shown.index(part, place) + len(part)
    assert ("think, then Enter for the sum" in shown) == (level == "advanced" and bool(lesson.discuss))
    assert "rong!" not in shown
    assert "does not fit" not in shown


def test_the_right_answer_is_not_refuted() -> None:
    session = Session(load_lesson("not-faster"))
    session.answer("b", 1)
    session.answer("a", part="why")
    session.answer("c", part="change")
    shown = told(session)
    assert "You said b) 2.55 s, just as in the synchronous design (a guess). Correct." in shown
    assert "would be right if" not in shown
    assert "surprise" not in shown


def test_a_surprise_is_for_the_sure() -> None:
    session = Session(load_lesson("not-faster"))
    session.answer("a", 2)
    assert "(I think so). It was b)" in told(session)
    assert "surprise" not in told(session)


def test_revealed_without_an_answer_every_wrong_option_is_refuted() -> None:
    session = Session(load_lesson("not-faster"))
    session.reveal()
    shown = told(session)
    assert "You said" not in shown
    assert "It was b) 2.55 s" in shown
    assert all(f"{letter}) would be right if" in shown for letter in "ac")


def test_the_numbers_are_the_runs_and_the_change_has_its_difference() -> None:
    session = Session(load_lesson("not-faster"))
    session.reveal()
    shown = told(session)
    assert "customer waits 2.55 s 1.05 s -1.50 s" in shown
    assert "email arrives sync 2.55 s 2.55 s 0 s async 2.55 s 16.05 s +13.50 s" in shown
    assert "done 2.55 s" in shown, "the timeline"


def test_the_last_lines_name_every_run_that_was_shown() -> None:
    session = Session(load_lesson("not-faster"))
    session.reveal()
    assert "1 customer • unlimited threads • 1 worker" in told(session)
    assert "Changed runs: 10 customers. Assumes" in text_of(presenter.fine_print(session))
    for case in session.lesson.more:
        session.run_case(case)
    assert "Changed runs: 10 customers; 10 customers and 10 workers. Assumes" in text_of(
        presenter.fine_print(session)
    )
    alike = Session(load_lesson("phantom-error"))  # 100 customers and 3 workers in every run
    alike.reveal()
    assert "3 workers" in told(alike)
    assert "Changed runs" not in told(alike)


def test_a_student_has_their_own_number_everywhere() -> None:
    session = Session(load_lesson("not-faster"), student=4)
    session.answer("b", 3)
    shown = text_of(presenter.question(session)) + told(session)
    assert session.number is not None
    assert session.number.replace(" ", "") == "2.4s"
    assert f"Student 4: in your run the email takes {session.number}." in shown
    assert f"+ {session.number} for the email" in shown
    assert "email arrives 3.45 s 3.45 s" in shown
    assert "does not fit" not in shown
    assert session.misfit() == ""


# -- votes ----------------------------------------------------------------------------------------


def test_votes_are_bars_and_the_truth_is_marked_only_after_the_reveal() -> None:
    session = Session(load_lesson("not-faster"))
    session.vote(" a=12, C=3 ")
    assert session.votes == (12, 0, 3)
    before = text_of(presenter.question(session))
    assert "━" * 30 + " 12" in before
    assert "━" * 8 + " 3" in before
    assert "<-" not in before
    session.reveal()
    after = told(session)
    assert "0 <- correct" in after
    assert after.count("<- correct") == 2  # of the answers, and of the reasons that nobody was asked for
    assert "0 of 15 said so." in after
    assert "a) would be right if" in after
    assert "c) would be right if" in after


@pytest.mark.parametrize(
    ("votes", "says"),
    [
        ("", "expected one of a, b or c and a number"),
        ("a", "'a': expected one of a, b or c and a number"),
        ("d=1", "'d=1': expected one of a, b or c"),
        ("a=1,,b=2", "expected one of a, b or c"),
        ("a=1,a=2", "a is given twice"),
        ("a=-1", "a whole number from 0 to 10,000"),
        ("a=1.5", "a whole number from 0 to 10,000"),
        ("a=10001", "a whole number from 0 to 10,000"),
        ("a=" + "9" * 5000, "a whole number from 0 to 10,000"),
        ("a=²", "a whole number from 0 to 10,000"),
        ("a=0,b=0", "nobody voted"),
    ],
)
def test_bad_votes_are_refused_with_what_is_allowed(votes: str, says: str) -> None:
    session = Session(load_lesson("not-faster"))
    with pytest.raises(ScenarioError, match="write for instance  a=12,b=7,c=3") as refused:
        session.vote(votes)
    assert says in str(refused.value)
    assert session.votes is None


@pytest.mark.parametrize(("letter", "sure"), [("d", 1), ("", 1), ("ab", 1), ("a", 0), ("a", 4)])
def test_a_bad_answer_is_refused_with_what_is_allowed(letter: str, sure: int) -> None:
    session = Session(load_lesson("not-faster"))
    with pytest.raises(ScenarioError, match=r"the answers are a, b and c|choose 1"):
        session.answer(letter, sure)
    assert not session.is_open


# -- chance ---------------------------------------------------------------------------------------


def test_of_chance_every_run_is_a_dot_and_theory_stands_beside_the_mean(tmp_path: Path) -> None:
    session = Session(load_lesson(of_chance(tmp_path)))
    session.answer("a", 3)
    shown = told(session)
    axis = shown.partition("8 runs, a dot for each: customer waits, sync ")[2].partition("+--")[0]
    assert axis.count("o") == 8
    assert "^ theory, in the long run: 2.00 s = 1 s / (1 - 0.5)" in shown
    mean = session.run().comparison.figure("sync", "response_time_s.mean")
    assert f"mean of the 8 runs: {mean:.2f} ±" in shown
    assert "It was b) twice as long. A surprise" in shown, "no headline from one run"
    assert "in the first of 8 runs, as an example" in shown
    assert "means of 8 replications" in shown


def test_a_lesson_that_does_not_fit_its_scenario_says_so(tmp_path: Path) -> None:
    changes = [("replications: 8\n", ""), ("theory: {value: 2s, formula: 1 s / (1 - 0.5)}\n", "")]
    session = Session(load_lesson(of_chance(tmp_path, *changes)))
    session.reveal()
    measured = session.run().comparison.figure("sync", "response_time_s.mean")
    assert f"It was b) twice as long ({measured:.2f} s)." in told(session)
    assert f"But this run says {measured:.2f} s: the lesson's file does not fit its scenario." in told(
        session
    )


def test_a_case_with_another_scenario_has_its_own_numbers(tmp_path: Path) -> None:
    session = Session(load_lesson(of_chance(tmp_path)))
    session.reveal()
    (case,) = session.lesson.more
    assert "customer waits 2.55 s 1.05 s" in text_of(presenter.changed(session, case))


# -- in a notebook --------------------------------------------------------------------------------


def test_a_notebook_shows_the_question_then_the_result() -> None:
    asked = in_notebook("not-faster")
    before = asked._repr_html_()
    assert "does the email reach" in before
    assert "Keep this" not in before + repr(asked)
    assert asked.answer("a", sure=3) is asked
    after = asked.answer("c", part="change")._repr_html_()
    assert before.removesuffix("</div>") in after
    assert "A surprise worth remembering." in after
    assert "Keep this: " in after
    assert re.search(r'<td style="text-align:right[^"]*">\+13.50 s</td>', after)
    assert "Keep this: " in repr(asked)
    assert "Keep this" not in repr(in_notebook(2)), "another lesson knows nothing of it"
    assert "You said" not in repr(in_notebook(2).reveal())


def test_html_is_escaped(tmp_path: Path) -> None:
    html = in_notebook(of_chance(tmp_path, ("A little luck", "<script>x</script>"))).answer("a")._repr_html_()
    assert "&lt;script&gt;" in html
    assert "one second &lt;b&gt;&amp; no more&lt;/b&gt;" in html
    assert "<script" not in html
    assert "<b>& no" not in html
