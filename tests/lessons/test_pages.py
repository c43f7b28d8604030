"""Handouts tell nothing, keys tell what was run, and both are well-formed in HTML and in Markdown."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest

from lessons import own
from syncasync_sim.experiment import designs
from syncasync_sim.files.lessons import LessonFile, lessons, load_lesson
from syncasync_sim.lessons import presenter
from syncasync_sim.lessons.answer_key import Ran, key, run_all
from syncasync_sim.lessons.feedback import number_of, run_lesson, values_of
from syncasync_sim.lessons.handout import handout
from syncasync_sim.lessons.print_page import Page, marked
from syncasync_sim.lessons.session import Part, Session
from syncasync_sim.model.claims import parse_claim
from syncasync_sim.model.figures import unit_of
from syncasync_sim.model.formats import format_value
from syncasync_sim.model.lesson_file import Lesson

BUNDLED = pytest.mark.parametrize("file", lessons(), ids=lambda file: file.lesson.name)
VOID = {"meta", "hr", "br"}
PIPE = re.compile(r"(?<!\\)\|")


class Reader(HTMLParser):
    """Reads a page: its text, its tags, and that every one is closed in its turn."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.words: list[str] = []
        self.feed(page.html())
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def changed(value: Any, **changes: Any) -> Any:
    return value.model_copy(update=changes)


def secrets(lesson: Lesson) -> list[str]:
    """Everything that may be read after the run only."""
    cases = (lesson.change, *lesson.more)
    wrong = [option for option in lesson.question.options if not option.correct]
    told = [lesson.takeaway, lesson.sum, lesson.discuss, *(case.sum for case in cases)]
    told += [text for option in wrong for text in (option.belief, option.right_if) if text]
    return told + ([lesson.theory.formula] if lesson.theory else [])


@cache
def all_run(name: str) -> Ran:
    """All runs of a bundled lesson, made once for all tests.

    Where chance plays a part there are three replications; claims are held to all of them elsewhere.
    """
    file = load_lesson(name)
    few = min(file.lesson.replications, 3)
    file = LessonFile(changed(file.lesson, replications=few), file.folder)
    return run_all(file, range(1, 31) if file.lesson.students else ())


# handouts


@BUNDLED
def test_a_handout_runs_nothing(file: LessonFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(designs, "simulate", None)
    assert handout(file, 17).html()
    with pytest.raises(TypeError):
        run_lesson(file)


@BUNDLED
@pytest.mark.parametrize("student", [None, 1, 17])
def test_a_handout_holds_no_secret(file: LessonFile, student: int | None) -> None:
    page = handout(file, student)
    html, markdown = Reader(page).text, page.markdown()
    for secret in secrets(file.lesson):
        assert secret not in html
        assert marked(secret) not in markdown


@BUNDLED
def test_a_handout_would_be_the_same_if_something_else_came_out(file: LessonFile) -> None:
    lesson = file.lesson
    question = lesson.question
    last = len(question.options) - 1
    place = last if question.correct != last else 0
    options = tuple(
        changed(o, correct=at == place, belief="x", right_if="x") for at, o in enumerate(question.options)
    )
    other = changed(
        lesson,
        question=changed(question, options=options),
        claims=("sync.requests == 99",),
        **dict.fromkeys(("takeaway", "sum", "discuss"), "x"),
        change=changed(lesson.change, sum="x", claims=("sync.requests == 99",)),
        more=(),
        theory=None,
    )
    assert handout(LessonFile(other, file.folder), 3).html() == handout(file, 3).html()


@BUNDLED
def test_a_handout_has_room_for_all_that_is_to_be_written(file: LessonFile) -> None:
    page, lesson = handout(file), file.lesson
    read, markdown = Reader(page), page.markdown()
    empty = [cell for cell in read.all("td") if cell.get("class") == "empty"]
    assert len(empty) == 2 * len(lesson.rows)
    session = Session(file)
    boxes = sum(len(session.letters_of(part)) for part in get_args(Part)) + 3 + len(session.letters)
    assert len([span for span in read.all("span") if span.get("class") == "box"]) == boxes
    assert markdown.count("[ ]") + markdown.count(r"\[ \]") == boxes
    for words in (f"seed {file.scenario().seed}", "syncasync-sim 0.1.0", "Why?", "Name:"):
        assert words in read.text
        assert words in markdown
    assert lesson.change.text in read.text
    rooms = [div for div in read.all("div") if div.get("class") == "room"]
    assert len(rooms) == (1 if session.question_of("change") else 2), "a prediction is a tick, or is written"
    assert len(read.all("svg")) == (1 if lesson.replications == 1 else 0)


def test_a_student_has_a_number_and_everybody_else_none() -> None:
    file = load_lesson("not-faster")
    assert "On your sheet: the email takes 1.2" in Reader(handout(file, 17)).text
    assert "sheet of student 17" in handout(file, 17).markdown()
    assert "sheet" not in handout(file).markdown()
    assert handout(file, 17).html() != handout(file, 18).html()


# keys


@BUNDLED
def test_a_key_says_what_was_run(file: LessonFile) -> None:
    ran = all_run(file.lesson.name)
    assert ran.contradictions == [] or file.lesson.replications > 1
    read, markdown = Reader(key(ran)), key(ran).markdown()
    lesson, comparison = file.lesson, ran.outcome.comparison
    for row in lesson.rows:
        cells = [
            format_value(comparison.figure(mode, row.figure), unit_of(row.figure))
            for mode in ("sync", "async")
        ]
        at = read.cells.index(row.label)
        assert read.cells[at + 1 : at + 3] == cells
        assert f"| {' | '.join(map(marked, [row.label, *cells]))} |" in markdown
    for told in (*secrets(lesson), lesson.question.text):
        assert ran.outcome.filled_text(told) in read.text
        assert marked(ran.outcome.filled_text(told)) in markdown


def test_the_numbers_of_lesson_two() -> None:
    read = Reader(key(all_run("not-faster")))
    assert "Answer: b) " in read.text
    assert "In the run: 2.55 s" in read.text
    assert "last email arrives: 16.05 s (async); email arrives on average: 9.30 s (async)" in read.text
    at = read.cells.index("1, 5, 9, 13, 17, 21, 25, 29")
    assert read.cells[at + 2] == "2.25 s"
    at = read.cells.index("4, 8, 12, 16, 20, 24, 28")
    assert read.cells[at + 2] == "3.45 s"


def test_the_timeline_of_a_key_is_drawn_to_scale() -> None:
    page = key(run_all(load_lesson("not-faster")))
    boxes = [float(box["width"] or 0) for box in Reader(page).all("rect")]
    check, charge, save, email = boxes[:4]
    assert email / charge == pytest.approx(1500 / 800, abs=0.01)
    assert check / charge == pytest.approx(200 / 800, abs=0.01)
    assert boxes[-1] == email
    assert "page 1.05 s" in Reader(page).text
    assert "✗" not in Reader(page).text
    assert save < check


def test_each_number_of_the_students_is_run() -> None:
    file = load_lesson("not-faster")
    ran = run_all(file, range(1, 31))
    assert sorted(student for who, _ in ran.students for student in who) == list(range(1, 31))
    for _, outcome in ran.students:
        assert outcome.comparison.figure("async", "completion_time_s.max") == outcome.measured
        assert outcome.values == values_of(file.lesson, outcome.number)
    assert len({outcome.measured for _, outcome in ran.students}) == 4


def test_what_the_lesson_says_and_the_run_does_not_is_told(tmp_path: Path) -> None:
    text = own.HOSTILE.replace("value: 1.05s", "value: 1.04s").replace("== 1.05s", "== 1.06s")
    ran = run_all(load_lesson(own.write(tmp_path, text)))
    assert ran.contradictions == [
        "async.response_time_s.max == 1.06s (it is 1.05 s in the run of the lesson, line 16)",
        "the answer is 1.04s (it is 1.05 s in the run of the lesson, line 9)",
        "async.response_time_s.max == 1.06s (it is 1.05 s in the run of the change, line 22)",
    ]


def test_a_wrong_number_of_a_student_is_told(tmp_path: Path) -> None:
    text = own.HOSTILE + (
        "students:\n"
        "  path: steps[charge card].duration\n"
        "  label: the charge takes\n"
        "  numbers: [{number: 800ms, values: [1.05s, 2s]}, {number: 1s, values: [1.2s, 2s]}]\n"
    )
    file = load_lesson(own.write(tmp_path, text))
    assert run_all(file).contradictions == []
    assert run_all(file, [2]).contradictions == [
        "the answer is 1.2s (it is 1.25 s in the run with 1s, line 27)"
    ]


def test_chance_is_shown_as_dots_with_the_closed_form(tmp_path: Path) -> None:
    ran = run_all(load_lesson(own.write(tmp_path, own.CHANCE)))
    assert ran.contradictions == []
    read = Reader(key(ran))
    assert len(read.all("circle")) == 12
    mean = format_value(ran.outcome.measured, "s")
    for words in (
        "In theory: 50 ms + 1 s / (1 - 0.6) = 2.55 s",
        f"Mean of 12 runs: {mean}",
        "12 runs, a dot each",
    ):
        assert words in read.text
    assert "In the run:" not in read.text
    runs = ran.outcome.comparison.each("async", "completion_time_s.mean")
    assert all(format_value(value, "s") in key(ran).markdown() for value in runs)


def test_waiting_is_hatched_even_if_the_customer_left(tmp_path: Path) -> None:
    scenario = "set: {server.threads: 1, traffic.requests: 2, customer.patience: 1.5s}"
    text = own.HOSTILE.replace("explain: 1", "explain: 2").replace("story:", f"{scenario}\nstory:")
    boxes = Reader(key(run_all(load_lesson(own.write(tmp_path, text))))).all("rect")
    assert [box["fill"] for box in boxes[:3]] == ["url(#wait)", "url(#wait)", "#ddd"]


def test_how_many_wait_is_drawn(tmp_path: Path) -> None:
    text = own.HOSTILE.replace("scenario: names.yaml", "scenario: names.yaml\nset: {traffic.requests: 10}")
    read = Reader(key(run_all(load_lesson(own.write(tmp_path, text.replace("explain: 1\n", ""))))))
    assert "messages waiting" in read.text
    assert "at most 9, first at 1.05 s" in read.text
    assert not read.all("rect")


# both


@BUNDLED
def test_pages_are_whole_and_need_nothing_else(file: LessonFile) -> None:
    for page in (handout(file), handout(file, 17), key(all_run(file.lesson.name))):
        check_well_formed(page)


@pytest.mark.parametrize("text", [own.CHANCE, own.HOSTILE], ids=["chance", "hostile"])
def test_pages_of_a_lesson_of_ones_own_are_whole(text: str, tmp_path: Path) -> None:
    file = load_lesson(own.write(tmp_path, text))
    for page in (handout(file), handout(file, 17), key(run_all(file))):
        check_well_formed(page)


def check_well_formed(page: Page) -> None:
    """Tags closed in turn, no script, nothing from elsewhere, and as many cells as heads."""
    read = Reader(page)
    assert {"script", "link", "img", "iframe", "a"}.isdisjoint(tag for tag, _ in read.tags)
    assert all(
        not name.startswith(("on", "src", "href")) for _, attributes in read.tags for name in attributes
    )
    assert "@import" not in page.html()
    assert set(re.findall(r"url\(([^)]*)\)", page.html())) <= {"#wait"}
    cells: list[int] = []
    for line in page.markdown().splitlines():
        if not line.startswith("|"):
            cells = []
            continue
        cells.append(len(PIPE.findall(line)))
        assert cells[0] == cells[-1]
        if len(cells) == 2:
            assert re.fullmatch(r"\|( (---|--:) \|)+", line)


def test_what_a_lesson_says_is_no_mark(tmp_path: Path) -> None:
    page = handout(load_lesson(own.write(tmp_path, own.HOSTILE)), 1)
    read = Reader(page)
    assert "<script>alert(1)</script> | *bold* [link](x) `code` & &amp; _under_ <b>" in read.text
    assert (
        r"# \<script>alert(1)\</script> \| \*bold\* \[link\](x) \`code\` & \&amp; \_under\_ \<b>"
        in page.markdown()
    )
    assert "\n" + r"\# not a heading \| a \</style> story" in page.markdown()
    assert "\n" + r"1\. Who & why \<i>?" in page.markdown()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1.05 s", "1.05 s"),
        ("10) and so on", r"10\) and so on"),
        ("+ a plus", r"\+ a plus"),
        ("-1.50 s", "-1.50 s"),
        ("two\nlines", "two lines"),
        ("a > b", "a > b"),
        ("> quoted", r"\> quoted"),
    ],
)
def test_markdown_of_a_text(text: str, shown: str) -> None:
    assert marked(text) == shown


def test_names_of_steps_are_no_marks_in_a_drawing(tmp_path: Path) -> None:
    file = load_lesson(own.write(tmp_path, own.HOSTILE))
    page = key(run_all(file))
    assert "``` <b>" in Reader(page).text
    assert "\n````text\n" in page.markdown()
    assert "<i>check" in Reader(page).text


# -- what people read are words, never a path or a figure's name -----------------------------------

INTERNAL = re.compile(
    r"\b\w+\[[^\]]+\]\.\w+|\b[a-z]+_[a-z_]+\b|\b(?:traffic|queue|workers|server|steps)\.[a-z]+"
)
WORDS = {2: "two", 3: "three", 4: "four", 6: "six", 10: "ten", 20: "each of the twenty", 30: "thirty"}


@BUNDLED
def test_sheets_and_what_a_student_is_told_have_no_path(file: LessonFile) -> None:
    for student in (None, 1, 2):
        assert INTERNAL.findall(Reader(handout(file, student)).text) == []
    story = " ".join(presenter.story(Session(file, student=2)))
    assert INTERNAL.findall(story) == []
    if file.lesson.students is not None:
        label = file.lesson.students.label
        assert f"Student 2: in your run {label} {number_of(file.lesson, 2)}." in story


@BUNDLED
def test_every_figure_that_a_case_claims_has_a_line_of_its_table(file: LessonFile) -> None:
    for case in (file.lesson.change, *file.lesson.more):
        shown = {row.figure for row in file.lesson.rows_of(case)}
        for text in case.claims:
            assert parse_claim(text, file.scenario(case).effects).left.name in shown, (case.text, text)


@BUNDLED
def test_a_case_that_sets_the_workers_says_how_many(file: LessonFile) -> None:
    before = ""
    for case in (file.lesson.change, *file.lesson.more):
        number = case.set.get("workers.count")
        said = before if case.text.startswith("The same") else ""
        before = f"{said} {case.text}".lower()
        if number is not None:
            words = (str(number), WORDS.get(number, "?"))
            assert any(word in before for word in words), case.text


def test_the_key_says_what_the_number_is() -> None:
    page = key(run_all(load_lesson("not-faster"), [1, 2])).markdown()
    assert "| student | the email takes | answer |" in page
    assert "email arrives on average: 9.30 s (async)" in page
