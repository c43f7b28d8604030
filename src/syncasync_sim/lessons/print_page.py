"""A page to print: its blocks, each of which knows how it looks in HTML and in Markdown.

The HTML is one file without script and without anything from elsewhere, black on white, made to fill
one or two pages of A4 or Letter. What comes from a lesson is escaped in both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

_SPECIAL = re.compile(r"[\\`*_\[\]<|~]|&(?=#?\w+;)")
_AT_THE_BEGINNING = re.compile(r"(#|[>+=-](?=\s|$)|\d+(?=[.)](?:\s|$)))")
LINE = "_" * 40

STYLE = """
@page { margin: 11mm 15mm }
* { box-sizing: border-box }
html { color-scheme: light }
body { max-width: 180mm; margin: 0 auto; padding: 6mm 4mm; color: #000; background: #fff;
  font: 10.5pt/1.33 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif }
h1 { font-size: 17pt; line-height: 1.2; margin: 0 0 1mm }
h2 { font-size: 11.5pt; margin: 2.6mm 0 1mm; border-bottom: .3mm solid #000; break-after: avoid }
p { margin: 1mm 0 } .by { margin: 0 0 2mm } .name { float: right }
table { border-collapse: collapse; width: 100%; margin: 1.5mm 0; font-variant-numeric: tabular-nums }
th, td { border: .2mm solid #000; padding: .7mm 2mm; text-align: left; vertical-align: top }
th { font-weight: bold } table, tr, p, .keep, svg, footer { break-inside: avoid }
.number { text-align: right; white-space: nowrap } td.empty { min-width: 28mm; height: 6.6mm }
ul.options, ul.marks { list-style: none; padding: 0; margin: 1.5mm 0 }
ul.options li { margin: 1mm 0; padding-left: 12mm; text-indent: -12mm }
ul.marks li { display: inline-block; margin: 0 6mm 0 0 }
.box { display: inline-block; width: 3.6mm; height: 3.6mm; border: .3mm solid #000; margin: 0 2mm 0 0;
  text-indent: 0; vertical-align: -.4mm }
.fill { display: flex; gap: 3mm; align-items: flex-start; margin: 1.5mm 0 }
.fill b { flex: none; min-width: 38mm; line-height: 6.6mm } .fill .room { flex: 1; border: .3mm solid #000 }
.rule { border-bottom: .2mm solid #000; height: 6.6mm } .fill .rules { flex: 1 }
svg { display: block; width: 100%; height: auto; margin: 1.5mm 0 }
footer { margin-top: 3mm; border-top: .2mm solid #000; padding-top: 1mm; font-size: 8.5pt }
.dense { font-size: 9pt; line-height: 1.26 } .dense h1 { font-size: 15pt } .dense h2 { font-size: 10.5pt }
.dense th, .dense td { padding: .4mm 2mm } .dense p { margin: .7mm 0 } .dense svg { width: 90% }
.item + .item { margin-top: 3mm } ol { margin: 1mm 0; padding-left: 7mm } ol li { margin: .6mm 0 }
.break, .sheet + .sheet { break-before: page }
@media screen { .break { border-top: .3mm dashed #000; margin: 8mm 0 } .sheet + .sheet { margin-top: 20mm } }
@media print { body { max-width: none; padding: 0 } }
"""


class Block(Protocol):
    """A part of a page."""

    def html(self) -> str:
        """The block as HTML."""
        ...

    def markdown(self) -> str:
        """The block as Markdown, without an empty line at its end."""
        ...


@dataclass(frozen=True, slots=True)
class Heading:
    """The beginning of a part."""

    text: str

    def html(self) -> str:
        return f"<h2>{escape(self.text)}</h2>"

    def markdown(self) -> str:
        return f"## {marked(self.text)}"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more, with a word in bold before it."""

    text: str
    label: str = ""

    def html(self) -> str:
        label = f"<b>{escape(self.label)}</b> " if self.label else ""
        return f"<p>{label}{escape(self.text)}</p>"

    def markdown(self) -> str:
        return " ".join(filter(None, (_bold(self.label), marked(self.text))))


@dataclass(frozen=True, slots=True)
class Options:
    """Answers to choose from, each with its letter and a box to tick."""

    options: Sequence[tuple[str, str]]

    def html(self) -> str:
        options = (f"<b>{escape(letter)})</b> {escape(text)}" for letter, text in self.options)
        return (
            '<ul class="options">'
            + "".join(f'<li><span class="box"></span>{option}</li>' for option in options)
            + "</ul>"
        )

    def markdown(self) -> str:
        return "\n".join(f"- [ ] {_bold(f'{letter})')} {marked(text)}" for letter, text in self.options)


@dataclass(frozen=True, slots=True)
class Marks:
    """Words on one line, each with a box to tick."""

    label: str
    words: Sequence[str]

    def html(self) -> str:
        boxes = "".join(f'<li><span class="box"></span>{escape(word)}</li>' for word in self.words)
        return f'<ul class="marks"><li><b>{escape(self.label)}</b></li>{boxes}</ul>'

    def markdown(self) -> str:
        return f"{_bold(self.label)} " + " ".join(rf"\[ \] {marked(word)}" for word in self.words)


@dataclass(frozen=True, slots=True)
class WritingSpace:
    """An empty box of so many millimetres, to write in."""

    label: str
    height_mm: int

    def html(self) -> str:
        blank = f'<div class="room" style="height:{self.height_mm}mm"></div>'
        return f'<div class="fill keep"><b>{escape(self.label)}</b>{blank}</div>'

    def markdown(self) -> str:
        return f"{_bold(self.label)} {_ruled(1)}"


@dataclass(frozen=True, slots=True)
class Rules:
    """Lines to write on."""

    label: str
    lines: int

    def html(self) -> str:
        rules = '<div class="rule"></div>' * self.lines
        return f'<div class="fill keep"><b>{escape(self.label)}</b><div class="rules">{rules}</div></div>'

    def markdown(self) -> str:
        return f"{_bold(self.label)} {_ruled(self.lines)}"


@dataclass(frozen=True, slots=True)
class Steps:
    """Numbered sentences: what to do, in this order."""

    texts: Sequence[str]

    def html(self) -> str:
        return f"<ol>{''.join(f'<li>{escape(text)}</li>' for text in self.texts)}</ol>"

    def markdown(self) -> str:
        return "\n".join(f"{number}. {marked(text)}" for number, text in enumerate(self.texts, start=1))


@dataclass(frozen=True, slots=True)
class Together:
    """Blocks that stay on one page: a question and its answers."""

    blocks: Sequence[Block]

    def html(self) -> str:
        return f'<div class="keep item">{"".join(block.html() for block in self.blocks)}</div>'

    def markdown(self) -> str:
        return "\n\n".join(block.markdown() for block in self.blocks)


@dataclass(frozen=True, slots=True)
class PageBreak:
    """The end of a page of paper."""

    def html(self) -> str:
        return '<div class="break"></div>'

    def markdown(self) -> str:
        return "---"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, an empty one of which is to be filled in.

    The columns whose numbers are in *numbers* are aligned to the right.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()

    def html(self) -> str:
        right = ' class="number"'
        head = "".join(
            f"<th{right if column in self.numbers else ''}>{escape(cell)}</th>"
            for column, cell in enumerate(self.head)
        )
        body = "".join(f"<tr>{''.join(map(self._cell, range(len(row)), row))}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _cell(self, column: int, text: str) -> str:
        kind = "empty" if not text else "number" if column in self.numbers else ""
        return (f'<td class="{kind}">' if kind else "<td>") + f"{escape(text)}</td>"

    def markdown(self) -> str:
        under = ["--:" if column in self.numbers else "---" for column in range(len(self.head))]
        lines = [map(marked, self.head), under, *(map(marked, row) for row in self.rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, and the same drawn with characters."""

    svg: str
    text: str

    def html(self) -> str:
        return self.svg

    def markdown(self) -> str:
        longest = max(map(len, re.findall("`+", self.text)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"{fence}text\n{self.text.rstrip()}\n{fence}"


@dataclass(frozen=True, slots=True)
class Page:
    """All of it. `by` stands under the title, `name_line` asks for the reader's name, `notes` end it.

    A `dense` page has smaller letters.
    """

    title: str
    by: str
    blocks: Sequence[Block]
    notes: Sequence[str]
    name_line: bool = False
    dense: bool = False

    def html(self) -> str:
        """The page as a whole HTML file."""
        return _document(self.title, self._body(), "dense" if self.dense else "")

    def _body(self) -> str:
        name = f'<span class="name">Name: {LINE[:28]}</span>' if self.name_line else ""
        return "\n".join(
            (
                f'<h1>{escape(self.title)}</h1><p class="by">{name}{escape(self.by)}</p>',
                *(block.html() for block in self.blocks),
                f"<footer>{''.join(f'<div>{escape(note)}</div>' for note in self.notes)}</footer>",
            )
        )

    def sheet(self) -> str:
        """The page as a part of a file with several, in HTML."""
        return f'<section class="sheet{" dense" if self.dense else ""}">{self._body()}</section>'

    def markdown(self) -> str:
        """The page as a whole Markdown file."""
        by = f"{marked(self.by)}  \nName: {_ruled(1)}" if self.name_line else marked(self.by)
        parts = [f"# {marked(self.title)}", by, *(block.markdown() for block in self.blocks), "---"]
        return "\n\n".join((*parts, "  \n".join(map(marked, self.notes)))) + "\n"


@dataclass(frozen=True, slots=True)
class Booklet:
    """Several pages in one file, each on paper of its own."""

    title: str
    pages: Sequence[Page]

    def html(self) -> str:
        """All pages as one HTML file."""
        return _document(self.title, "\n".join(page.sheet() for page in self.pages))

    def markdown(self) -> str:
        """All pages as one Markdown file."""
        return "\n\n".join(page.markdown() for page in self.pages)


def _document(title: str, body: str, kind: str = "") -> str:
    """A whole HTML file."""
    attribute = f' class="{kind}"' if kind else ""
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head>",
            f"<body{attribute}>{body}",
            "</body></html>\n",
        )
    )


def marked(text: str) -> str:
    """The text with its marks escaped for Markdown, on one line."""
    escaped = _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
    if match := _AT_THE_BEGINNING.match(escaped):
        at = match.end() if match[0].isdigit() else 0
        escaped = f"{escaped[:at]}\\{escaped[at:]}"
    return escaped


def _bold(label: str) -> str:
    return f"**{marked(label)}**" if label else ""


def _ruled(lines: int) -> str:
    return f"  \n\\{LINE}".join([LINE, *[""] * (lines - 1)])  # a line of its own of them would be a rule
