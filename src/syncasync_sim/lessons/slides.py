"""A lesson as slides: each question before its answer, each answer from the run.

One HTML file for a projector and for paper: black on white, without anything from elsewhere. All lengths
are parts of the slide's width, so that a slide looks the same on every screen and on paper.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from syncasync_sim.lessons.answer_key import Ran, filled_table, lettered, pictures
from syncasync_sim.lessons.drawings import ON_A_SLIDE
from syncasync_sim.lessons.feedback import measured, title_of
from syncasync_sim.lessons.handout import byline, notes_of
from syncasync_sim.lessons.presenter import full_stop
from syncasync_sim.lessons.print_page import Block, Options, Paragraph, Table
from syncasync_sim.lessons.session import ENOUGH, SURENESS, TOO_FEW, Part, Session, what_next
from syncasync_sim.model.lesson_file import LETTERS, Row
from syncasync_sim.render.before_after import HEADS, BeforeAfter
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.rows import FigureRow, figure_row

SIZES = tuple(size / 10 for size in range(46, 20, -1))
"""The heights of the letters to choose from, in hundredths of the slide's width: the largest that fits."""
WIDE, HIGH = 90.0, 50.0
"""The room below the heading of a slide, in hundredths of its width."""
LETTER, LEADING, GAP = 0.53, 1.32, 0.5
"""The mean width of a letter, the height of a line and the room between blocks, in heights of a letter."""
BOLD = 0.12
"""How much wider a bold letter is, in widths of a letter."""

STYLE = """
* { box-sizing: border-box }
html { color-scheme: light; scroll-snap-type: y mandatory; --u: min(1vw, 1.6vh) }
body { margin: 0; color: #000; background: #fff;
  font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif }
section { scroll-snap-align: start; position: relative; width: calc(100 * var(--u)); height: 100vh;
  max-height: calc(62.5 * var(--u)); margin: 0 auto calc(100vh - min(100vh, 62.5 * var(--u)));
  padding: calc(3 * var(--u)) calc(5 * var(--u)); overflow: hidden; line-height: 1.32;
  font-size: calc(var(--letter) * var(--u)) }
h2 { font-size: calc(2.6 * var(--u)); line-height: 1.2; margin: 0 0 calc(1.4 * var(--u));
  padding-bottom: calc(.5 * var(--u)); border-bottom: calc(.2 * var(--u)) solid #000 }
p { margin: 0 0 .5em } ol { margin: 0; padding-left: 1.4em } ol li { margin-bottom: .4em }
.title { display: flex; flex-direction: column; justify-content: center }
.title h2 { font-size: calc(5 * var(--u)); border: 0 }
ul.options { list-style: none; margin: 0; padding: 0 } .box { display: none }
ul.options li { margin: 0 0 .4em; display: grid; grid-template-columns: 1.6em 1fr }
table { border-collapse: collapse; width: 100%; margin: 0 0 .5em; font-variant-numeric: tabular-nums }
th, td { border-bottom: calc(.12 * var(--u)) solid #000; padding: .2em .5em; text-align: left }
.number { text-align: right; white-space: nowrap; width: 12% }
svg { display: block; width: 100%; max-height: calc(46 * var(--u)) }
.at { position: absolute; right: calc(2 * var(--u)); bottom: var(--u); font-size: calc(1.5 * var(--u)) }
@page { size: A4 landscape; margin: 10mm }
@media print {
  html { --u: 2.55mm } section { height: calc(62.5 * var(--u)); margin: 0 auto; break-after: page }
  section:last-of-type { break-after: auto }
}
"""
SCRIPT = """
const slides = [...document.querySelectorAll("section")];
const on = {ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, Enter: 1};
const steps = {...on, ArrowLeft: -1, ArrowUp: -1, PageUp: -1};
addEventListener("keydown", (event) => {
  if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
  const tops = slides.map((slide) => Math.abs(slide.getBoundingClientRect().top));
  const next = tops.indexOf(Math.min(...tops)) + (event.shiftKey ? -1 : 1) * steps[event.key];
  slides[Math.max(0, Math.min(next, slides.length - 1))].scrollIntoView();
  event.preventDefault();
});
"""


MOST_IN_FULL = 3
"""Options of a question whose texts have room beside what makes the others right."""


def slides(ran: Ran) -> str:
    """The slides of a lesson as a whole HTML file.

    Args:
        ran: the lesson and its runs.
    """
    sections = "\n".join(slide.html(number) for number, slide in enumerate(slides_of(ran), start=1))
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(title_of(ran.file.lesson))}</title><style>{STYLE}</style></head>",
            f"<body>{sections}<script>{SCRIPT}</script></body></html>\n",
        )
    )


def slides_of(ran: Ran) -> Iterator[Slide]:
    """Yield the slides in their order; nothing of an answer comes before its question.

    Args:
        ran: the lesson and its runs.
    """
    lesson, session = ran.file.lesson, ran.session
    yield Slide(title_of(lesson), [Paragraph(byline(lesson))], "title")
    if session.question_of("recall") is not None:
        yield Slide("From an earlier lesson", _question_of(session, "recall"))
        yield Slide("The answer", _answered(session, "recall"))
    yield from _question(session)
    yield from _result(ran)
    yield from _change(ran)
    yield from _elsewhere(ran)
    notes = [Paragraph(note) for note in notes_of(ran.file, ran.outcome.scenario)]
    yield Slide("About this lesson", notes)


def _question(session: Session) -> Iterator[Slide]:
    """The story, the first vote, the reason, and the second vote."""
    if session.lesson.story:
        yield Slide("The story", [Paragraph(session.filled_text(session.lesson.story))])
    blocks = _question_of(session, "question")
    sure = ", ".join(f"{number} {words}" for number, words in SURENESS.items())
    yield Slide("First vote: alone", [*blocks, Paragraph(f"{sure}.", "How sure are you?")])
    own = [] if session.letters_of("why") else [Paragraph("Write it down in one sentence.")]
    yield Slide("The reason", [*_question_of(session, "why"), *own])
    talk = Paragraph(what_next((TOO_FEW + ENOUGH) / 2))
    yield Slide("Second vote: after talking", [talk, *blocks])


def _result(ran: Ran) -> Iterator[Slide]:
    """The answer, the reason, the figures, the talk of the class, the sum, and the sentence to keep."""
    lesson, session, outcome = ran.file.lesson, ran.session, ran.outcome
    run: list[Block] = []
    if outcome.measured is not None:
        where = "In the run:" if lesson.replications == 1 else f"Mean of {lesson.replications} runs:"
        run = [Paragraph(full_stop(measured(outcome)), where)]
    yield Slide("The result", [*_answer(session, "question"), *run])
    if session.letters_of("why"):
        yield Slide("The reason for it", _answered(session, "why"))
    yield Slide("Both designs", [filled_table(lesson.rows, outcome.comparison)])
    if lesson.look_for:
        yield Slide("What to look for", [Paragraph(session.filled_text(lesson.look_for))])
    for picture in pictures(outcome, ON_A_SLIDE):
        yield Slide("The run", [picture])
    if lesson.discuss:
        yield Slide("To discuss", [Paragraph(session.filled_text(lesson.discuss))])
    yield Slide("When would the others be right?", _refuted(session, "question"))
    yield Slide("The sum", [Paragraph(_sentence(session.filled_text(lesson.sum)))])
    yield Slide("To keep", [Paragraph(full_stop(lesson.takeaway))])


def _change(ran: Ran) -> Iterator[Slide]:
    """The change with its question, and what it does."""
    lesson, session = ran.file.lesson, ran.session
    case, (_, after) = lesson.change, ran.cases[0]
    text = Paragraph(full_stop(session.filled_text(case.text)))
    guess = [] if case.question is not None else [Paragraph("What will happen? Write it down.")]
    yield Slide("Now one thing changes", [text, *_question_of(session, "change"), *guess])
    if case.question is not None:
        yield Slide("The result of the change", _answered(session, "change"))
    yield Slide("Before and now", [_before_and_now(lesson.rows_of(case), ran.outcome.comparison, after)])
    yield Slide("The sum of the change", [Paragraph(_sentence(session.filled_text(case.sum)))])


def _elsewhere(ran: Ran) -> Iterator[Slide]:
    """The last question, on another surface."""
    transfer, session = ran.file.lesson.transfer, ran.session
    if transfer is None:
        return
    yield Slide("Somewhere else", [Paragraph(full_stop(transfer.story)), *_question_of(session, "transfer")])
    yield Slide("Somewhere else: the answer", _answered(session, "transfer"))
    table = []
    if ran.elsewhere is not None and transfer.rows:
        table = [filled_table(transfer.rows, ran.elsewhere)]
    yield Slide("Somewhere else: why", [*table, Paragraph(_sentence(transfer.sum))])


def _sentence(text: str) -> str:
    """A text that otherwise follows a colon, as a sentence of its own."""
    return full_stop(f"{text[:1].upper()}{text[1:]}")


def _question_of(session: Session, part: Part) -> list[Block]:
    """A question and its options; nothing if the lesson does not ask there."""
    question = session.question_of(part)
    if question is None:
        return []
    text = Paragraph("", session.filled_text(question.text))
    return [text, _options(session, part)] if question.options else [text]


def _options(session: Session, part: Part) -> Options:
    return Options(list(zip(session.letters_of(part), session.options(part), strict=True)))


def _answered(session: Session, part: Part) -> list[Block]:
    """The answer, and what would make the others right."""
    return [*_answer(session, part), *_refuted(session, part)]


def _answer(session: Session, part: Part) -> list[Block]:
    question, correct = session.question_of(part), session.correct(part)
    if question is None or correct is None:
        return []
    return [
        Paragraph(session.filled_text(question.text)),
        Paragraph("", full_stop(lettered(session, part, correct))),
    ]


def _refuted(session: Session, part: Part) -> list[Block]:
    """When each wrong option would be right, with its text if there is room for it."""
    question, correct = session.question_of(part), session.correct(part)
    options = () if question is None else question.options
    names = [lettered(session, part, index) for index in range(len(options))]
    if part == "why" or len(options) > MOST_IN_FULL:  # the slide that asks has the texts
        names = [f"{'Reason ' if part == 'why' else ''}{letter})" for letter in LETTERS[: len(options)]]
    return [
        Paragraph(full_stop(f"would be right if {session.filled_text(option.right_if or '')}"), names[index])
        for index, option in enumerate(options)
        if index != correct
    ]


def _before_and_now(rows: Sequence[Row], before: Comparison, after: Comparison) -> Table:
    """The figures of both designs before a change and after it."""

    def of(comparison: Comparison) -> list[FigureRow]:
        return [figure_row(comparison, row.figure, group=row.label, label=row.label) for row in rows]

    lines = [(label, mode, *values) for label, mode, values in BeforeAfter(of(before), of(after)).cells()]
    return Table(("", "", *HEADS), lines, numbers=(2, 3, 4))


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide: its heading and its blocks."""

    heading: str
    blocks: Sequence[Block] = ()
    kind: str = ""

    def html(self, number: int) -> str:
        """The slide as HTML, in the largest letters that fit.

        Args:
            number: its number, from 1, for the corner.
        """
        kind = f' class="{self.kind}"' if self.kind else ""
        body = "".join(block.html() for block in self.blocks)
        return (
            f'<section{kind} style="--letter:{self.letter}"><h2>{escape(self.heading)}</h2>{body}'
            f'<div class="at">{number}</div></section>'
        )

    @property
    def letter(self) -> float:
        """The height of the letters."""
        return next((size for size in SIZES if self._height(size) <= HIGH and self._fits(size)), SIZES[-1])

    def _fits(self, size: float) -> bool:
        """Whether all tables have room from left to right with letters of this height."""
        tables = (block for block in self.blocks if isinstance(block, Table))
        return all(_narrowest(table) <= WIDE / (size * LETTER) for table in tables)

    def _height(self, size: float) -> float:
        """About how high the blocks are with letters of this height."""
        lines = sum(_lines(block, WIDE / (size * LETTER)) for block in self.blocks)
        return (lines * LEADING + GAP * len(self.blocks)) * size


def _lines(block: Block, across: float) -> float:
    """About how many lines a block takes, with so many letters across."""
    if isinstance(block, Paragraph):
        return _wrapped(f"{block.label} {block.text}", across, BOLD * len(block.label))
    if isinstance(block, Options):
        return sum(_wrapped(text, across - 3) + 0.3 for _, text in block.options)
    return _table_lines([block.head, *block.rows], across) if isinstance(block, Table) else 0.0


def _table_lines(rows: Sequence[Sequence[str]], across: float) -> float:
    """About how many lines a table takes: one a row if all columns have the room that they want."""
    wanted = [max(map(len, column)) + 4 for column in zip(*rows, strict=True)]
    share = across / sum(wanted)
    if share >= 1:
        return 1.4 * len(rows)
    return sum(
        max(_wrapped(cell, width * share - 2) for cell, width in zip(row, wanted, strict=True)) + 0.4
        for row in rows
    )


def _narrowest(table: Table) -> float:
    """About how many letters a table needs from left to right: a text in two lines, a number in one."""
    columns = enumerate(zip(table.head, *table.rows, strict=True))
    longest = (max(map(_in_two if number not in table.numbers else len, cells)) for number, cells in columns)
    return sum(letters * 1.1 + 2 for letters in longest)


def _in_two(text: str) -> int:
    """How many letters the longer line of a text has if it is cut into two lines."""
    words = text.split()
    cuts = ((" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words) + 1))
    return min((max(map(len, lines)) for lines in cuts), default=0)


def _wrapped(text: str, across: float, more: float = 0) -> int:
    """About how many lines a text takes; a line ends between words.

    Bold letters take the room of so many *more*.
    """
    return max(1, math.ceil((len(text) + more) / max(across * 0.94, 1)))
