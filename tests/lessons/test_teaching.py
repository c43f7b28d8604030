"""Guides, slides and sheets with all parts of a lesson: every question is there, and no answer before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from lessons import own
from lessons.files import email, every_part, of_chance
from lessons.test_pages import BUNDLED, Reader, all_run
from syncasync_sim.experiment import designs
from syncasync_sim.files.lessons import LessonFile, load_lesson
from syncasync_sim.lessons.answer_key import Ran, how_many, key, run_all
from syncasync_sim.lessons.guide import guide
from syncasync_sim.lessons.handout import LICENCE, handout, handouts
from syncasync_sim.lessons.print_page import Block, Paragraph, Together
from syncasync_sim.lessons.session import Part, Session
from syncasync_sim.lessons.slides import HIGH, SIZES, Slide, slides, slides_of
from syncasync_sim.model.lesson_file import Option

PARTS: tuple[Part, ...] = get_args(Part)
LOADS = re.compile(r"""https?:|\bsrc=|<link|@import|url\((?!#wait\))""")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> LessonFile:
    """A lesson with all parts."""
    return load_lesson(every_part(tmp_path_factory.mktemp("whole")))


@pytest.fixture(scope="module")
def ran(file: LessonFile) -> Ran:
    return run_all(file)


def options(file: LessonFile, part: Part) -> tuple[Option, ...]:
    asked = Session(file).question_of(part)
    assert asked is not None
    return asked.options


def refutations(file: LessonFile) -> list[str]:
    """What makes wrong options right, of all questions; it may be read after the answers only."""
    return [o.right_if for part in PARTS for o in options(file, part) if o.right_if]


# -- all pages ------------------------------------------------------------------------------------

NO_SENTENCE = {"On the wall:", "On your sheet:"}


def paragraphs(blocks: Iterable[Block]) -> Iterator[Paragraph]:
    for block in blocks:
        if isinstance(block, Together):
            yield from paragraphs(block.blocks)
        elif isinstance(block, Paragraph):
            yield block


@BUNDLED
def test_every_sentence_on_a_page_has_its_end(file: LessonFile) -> None:
    ran = all_run(file.lesson.name)
    blocks = [block for page in (handout(file, 1), key(ran), guide(ran)) for block in page.blocks]
    blocks += [block for slide in list(slides_of(ran))[1:-1] for block in slide.blocks]
    texts = [block.text or block.label for block in paragraphs(blocks) if block.label not in NO_SENTENCE]
    assert [text for text in texts if not text.endswith((".", "?", "!", ")"))] == []


@BUNDLED
def test_a_question_and_its_answer_are_on_one_page_of_paper(file: LessonFile) -> None:
    ran, session = all_run(file.lesson.name), Session(file)
    for page, alone in ((key(ran), {"question"}), (guide(ran), {"question", "why"})):
        groups = [list(paragraphs(block.blocks)) for block in page.blocks if isinstance(block, Together)]
        together = [group[0].text for group in groups]
        for part in PARTS:
            asked = session.question_of(part)
            if part not in alone and asked is not None and asked.options:
                assert session.filled_text(asked.text) in together, part


# -- handouts -------------------------------------------------------------------------------------


def test_a_handout_asks_everything_and_answers_nothing(
    file: LessonFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(designs, "simulate", None)
    read, session = Reader(handout(file)).text, Session(file)
    for part in PARTS:
        asked = session.question_of(part)
        assert asked is not None
        assert asked.text in read
        for letter, text in zip(session.letters_of(part), session.options(part), strict=True):
            assert f"{letter}) {text}" in read
    lesson, transfer = file.lesson, file.lesson.transfer
    assert transfer is not None
    assert transfer.story in read
    for secret in (
        *refutations(file),
        lesson.takeaway,
        lesson.change.sum,
        transfer.sum,
        lesson.discuss,
    ):
        assert secret not in read


def test_what_is_asked_after_the_run_is_on_the_second_page(file: LessonFile) -> None:
    first, _, second = handout(file).html().partition('<div class="break">')
    change, transfer = file.lesson.change.question, file.lesson.transfer
    assert change is not None
    assert transfer is not None
    for text in (change.text, transfer.story, transfer.question.text):
        assert text not in first
        assert text in second
    assert file.lesson.why.text in first


def test_a_change_that_asks_is_the_same_for_all_students(file: LessonFile) -> None:
    assert "(the email takes 1.5 s for everybody)" in Reader(handout(file, 2)).text
    assert "for everybody" not in Reader(handout(file, 1)).text


def test_the_sheets_of_several_students_are_their_sheets_on_pages_of_their_own(file: LessonFile) -> None:
    booklet = handouts(file, range(1, 31))
    html = booklet.html()
    assert html.count('<section class="sheet">') == 30
    for student in (1, 17, 30):
        assert handout(file, student).sheet() in html
        assert handout(file, student).markdown() in booklet.markdown()


# -- keys and guides ------------------------------------------------------------------------------


def test_a_key_and_a_guide_answer_every_question(file: LessonFile, ran: Ran) -> None:
    session = Session(file)
    assert ran.contradictions == []
    for page in (key(ran), guide(ran)):
        read = Reader(page).text
        for part in PARTS:
            correct = session.correct(part)
            assert correct is not None
            assert f"{session.letters_of(part)[correct]}) {session.options(part)[correct]}" in read
        for refutation in refutations(file):
            assert refutation in read


def test_a_key_shows_the_run_of_the_last_question(ran: Ran) -> None:
    read = Reader(key(ran))
    at = read.cells.index("the small video is there")
    assert read.cells[at + 1 : at + 3] == ["2.55 s", "2.55 s"]


def test_a_guide_names_a_command_that_works_from_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = email(tmp_path).read_text(encoding="utf-8")
    for name, command in (
        ("my lesson.yaml", "lesson 'my lesson.yaml' --projector"),
        ("guide", "lesson ./guide --projector"),
        ("-x.yaml", "lesson ./-x.yaml --projector"),
    ):
        Path(name).write_text(text, encoding="utf-8")
        assert f"syncasync-sim {command}" in guide(run_all(load_lesson(name))).markdown()
        assert load_lesson(load_lesson(name).again).lesson.title == "Not faster, just later"
    assert load_lesson(tmp_path / "guide").again == str(tmp_path / "guide")
    assert load_lesson("not-faster").again == "2"


def test_a_footer_names_a_scenario_as_the_lesson_does(tmp_path: Path) -> None:
    assert "scenario queue.yaml •" in handout(load_lesson(of_chance(tmp_path))).markdown()
    assert "scenario checkout •" in handout(load_lesson(email(tmp_path))).markdown()


def test_a_guide_has_a_column_for_beliefs_only_where_there_are_some(tmp_path: Path) -> None:
    read = Reader(guide(run_all(load_lesson(every_part(tmp_path)))))
    tables = [read.cells[at : at + 3] for at, cell in enumerate(read.cells) if cell == "who chooses"]
    assert tables[0] == ["who chooses", "believes that", "you answer"]
    assert tables[1][:2] == ["who chooses", "you answer"]


def test_what_is_wrong_after_the_first_result_is_named(tmp_path: Path) -> None:
    path = every_part(
        tmp_path,
        ("value: 16.05 s, correct", "value: 16 s, correct"),
        (
            "1.05 s + 1.5 s\n  claims: [async.completion_time_s.max ==",
            "none\n  claims: [async.completion_time_s.max <",
        ),
        ("2.55s]\nrecall", "2ms]\nrecall"),
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    change, transfer = (
        1 + next(index for index, line in enumerate(lines) if text in line)
        for text in ("16 s, correct", "< 2ms")
    )
    assert run_all(load_lesson(path)).contradictions == [
        "the answer to 'When does the last of ten emails arrive?' is 16 s "
        f"(it is 16.05 s in the run of the change, line {change})",
        f"async.completion_time_s.max < 2ms (it is 2,550 ms in the run of the transfer, line {transfer})",
    ]


def test_the_number_of_runs_is_known(file: LessonFile, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    simulate: Callable[..., object] = vars(designs)["simulate"]

    def counted(*args: object, **named: object) -> object:
        made.append(args)
        return simulate(*args, **named)

    monkeypatch.setattr(designs, "simulate", counted)
    run_all(file)
    assert len(made) == how_many(file.lesson)


@BUNDLED
def test_a_guide_has_the_goal_the_shares_and_what_to_answer(file: LessonFile) -> None:
    ran = all_run(file.lesson.name)
    read, markdown = Reader(guide(ran)).text, guide(ran).markdown()
    told = [file.lesson.takeaway, "below 30 %", "from 30 % to 70 %", "above 70 %", "five minutes", LICENCE]
    told += [file.lesson.discuss] if file.lesson.discuss else []
    told += [o.belief for o in file.lesson.question.options if o.belief]
    for text in told:
        assert ran.outcome.filled_text(text) in read
    assert markdown.startswith("# Guide: Lesson")


# -- slides ---------------------------------------------------------------------------------------


@cache
def shown(name: str) -> list[Slide]:
    return list(slides_of(all_run(name)))


def texts(slide: Slide) -> str:
    return re.sub(r"<[^>]+>", " ", slide.html(1))


def place(made: list[Slide], heading: str) -> int:
    return next(at for at, slide in enumerate(made) if slide.heading == heading)


def test_no_slide_has_an_answer_before_its_question(file: LessonFile, ran: Ran) -> None:
    made, session, lesson = list(slides_of(ran)), Session(file), file.lesson
    told = {
        "recall": (place(made, "From an earlier lesson"), place(made, "The answer")),
        "question": (place(made, "First vote: alone"), place(made, "The result")),
        "why": (place(made, "The reason"), place(made, "The reason for it")),
        "change": (place(made, "Now one thing changes"), place(made, "The result of the change")),
        "transfer": (place(made, "Somewhere else"), place(made, "Somewhere else: the answer")),
    }
    for part in PARTS:
        asked, told_at = told[part]
        assert asked < told_at
        assert session.options(part)[0] in texts(made[asked])
        for option in options(file, part):
            before = " ".join(map(texts, made[:told_at]))
            assert option.right_if is None or option.right_if not in before
    assert lesson.transfer is not None
    for secret, first in (
        (lesson.takeaway, "To keep"),
        (lesson.change.sum, "The sum of the change"),
        (lesson.transfer.sum, "Somewhere else: why"),
        ("10 x 1.5", "The sum of the change"),
    ):
        assert secret not in " ".join(map(texts, made[: place(made, first)]))
    assert "2.55 s" not in texts(made[0])
    assert lesson.takeaway in texts(made[place(made, "To keep")])


@BUNDLED
def test_slides_of_a_bundled_lesson_have_no_secret_before_the_result(file: LessonFile) -> None:
    made, lesson = shown(file.lesson.name), file.lesson
    before = " ".join(map(texts, made[: place(made, "The result")]))
    secrets = [lesson.takeaway, lesson.sum, lesson.change.text, lesson.discuss]
    secrets += [o.right_if for o in lesson.question.options if o.right_if]
    for secret in filter(None, secrets):
        assert all_run(lesson.name).outcome.filled_text(secret) not in before


@BUNDLED
def test_slides_are_one_file_that_loads_nothing_and_fit(file: LessonFile) -> None:
    page = slides(all_run(file.lesson.name))
    assert LOADS.findall(page) == []
    made = shown(file.lesson.name)
    assert page.count("<section") == len(made)
    for slide in made:
        assert slide.letter >= 2.4 or slide.heading in ("Before and now", "When would the others be right?")
        assert slide._height(slide.letter) <= HIGH, slide.heading


def test_letters_shrink_only_as_far_as_needed() -> None:
    from syncasync_sim.lessons.print_page import Paragraph

    sizes = [Slide("x", [Paragraph("word " * words)]).letter for words in (5, 60, 90, 120, 200)]
    assert sizes[0] == SIZES[0]
    assert all(larger >= smaller for larger, smaller in pairwise(sizes))
    assert sizes[-1] < sizes[0]


def test_marks_of_a_lesson_are_no_marks_of_a_slide(tmp_path: Path) -> None:
    page = slides(run_all(load_lesson(own.write(tmp_path, own.HOSTILE))))
    assert page.count("<script>") == 1
    assert "<it>" not in page
    assert "&lt;it&gt;" in page


def test_only_lessons_of_the_program_have_its_licence(file: LessonFile, ran: Ran) -> None:
    bundled = load_lesson("not-faster")
    assert LICENCE in Reader(handout(bundled)).text
    assert LICENCE in slides(all_run("not-faster"))
    for text in (handout(file).markdown(), key(ran).markdown(), guide(ran).markdown(), slides(ran)):
        assert LICENCE not in text
