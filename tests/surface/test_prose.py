"""Plain English in every text that a person reads: one term for each thing, and no long sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from surface.texts import FIELD, Text, all_texts

MOST_WORDS = 45


class Rule(NamedTuple):
    pattern: str
    """What must not occur; letters of either case."""
    why: str
    instead: str
    example: str
    """A sentence that breaks the rule."""


RULES = [
    Rule(
        r"\be-?mails? message\b|\bmails?\b|\be-mails?\b", "one term per thing", "email", "The mail is sent."
    ),
    Rule(
        r"\bphantom (?!errors?\b)\w+|\bghost\b", "one term per thing", "phantom error", "A phantom failure."
    ),
    Rule(r"\bknobs?\b", "one term per thing", "slider, control", "Turn the knob."),
    Rule(r"\b(?:good |bad |same )?luck\b", "one term per thing", "random numbers, chance", "The same luck."),
    Rule(
        r"\btime ?out page\b|\bvisibility time-out\b",
        "one term per thing",
        "visibility timeout",
        "A visibility time-out.",
    ),
    Rule(r"\bmessages? broker\b", "one term per thing", "broker", "A message broker."),
    Rule(r"\b(?:is|are|was|were) told\b", "an inversion", "says, shows", "What differs is told."),
    Rule(
        r"\bwhat it is that\b|\bthe more so\b|\bfor want of\b",
        "an inversion",
        "a main clause",
        "The more so here.",
    ),
    Rule(r"\bwhoever\b", "an inversion", "the person or the program", "Whoever waits is late."),
    Rule(r"\banew\b", "an old word", "again", "It begins anew."),
    Rule(
        r"\bwhat stands\b|\bstands? (?:here|there|below|beside|above|behind|before|twice)\b",
        "word-for-word German",
        "is, follows; a noun",
        "What stands below is a table.",
    ),
    Rule(
        r"(?:^|[.:] )(?:Told|Said|Shown|Meant) (?:is|are)\b",
        "an inversion",
        "the subject first",
        "Told is the rest.",
    ),
    Rule(r"\bof it\b[^.;:]{0,25}\bof it\b", "a chain", "the noun", "The end of it and the rest of it."),
    Rule(r"\b(?!that\b|had\b)([a-z]{2,}) \1\b", "a doubled word", "the word once", "It is the the end."),
    Rule(
        r"\bits'|\bits (?:a|an|the|not)\b|\bit's own\b|\bit's\b",
        "its or it's",
        "its; it is",
        "It's own queue.",
    ),
    Rule(
        r"\b(?:colors?|colored|behaviors?|favors?|favorite|labeled|modeled|gray|centers?|license)\b(?!\w|[-:(])",
        "British spelling",
        "colour, behaviour, favour, labelled, grey, centre, licence",
        "The color of it.",
    ),
    Rule(
        r"\b(?:summar|recogn|organ|normal|minim|maxim|optim|initial|serial|author)i(?:z)(?:e[ds]?|ing|ation)\b",
        "British spelling",
        "-ise",
        "It is summarized.",
    ),
    Rule(
        r"\b(?:waist|lamp|passport|diary|ledger)\b|\bvouch",
        "a metaphor",
        "the thing itself",
        "The trace is the waist.",
    ),
    Rule(
        r"\bin (?:its|his|her|their) hands\b|\bhiccups?\b|\bbuys? (?:\w+ )?time\b",
        "a metaphor",
        "works on, holds; a short problem; gives time",
        "A worker dies with a message in its hands.",
    ),
]
_CODE = re.compile(r"`[^`]*`|\{[^}]*\}")
_LINK = re.compile(r"\]\([^)]*\)|https?://\S+")
_NO_PROSE = re.compile(r"<!DOCTYPE|</?[a-z]+[ >]|[{}]|\bSELECT\b|\|\s*-{2,}|\n {4}|  \S")
"""Pages, styles, statements and tables inside of the source."""
_END = re.compile(r"(?<=[.?!:;])[\"')*]*\s+")


@pytest.fixture(scope="module")
def texts() -> list[Text]:
    return [Text(where, plain(text)) for where, text in all_texts()]


def plain(text: str) -> str:
    """The words of a text, without code and addresses."""
    return " ".join(_LINK.sub("]", _CODE.sub(FIELD, text)).split())


def breaches(rule: Rule, texts: list[Text]) -> list[str]:
    pattern = re.compile(rule.pattern, re.IGNORECASE)
    return [f"{where}: {hit.group()}" for where, text in texts for hit in pattern.finditer(text)]


def long_sentences(texts: list[Text]) -> Iterator[str]:
    for where, text in texts:
        for sentence in () if _NO_PROSE.search(text) else _END.split(plain(text)):
            if len(sentence.split()) > MOST_WORDS:
                yield f"{where}: {sentence}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.example)
def test_a_rule_finds_its_example(rule: Rule) -> None:
    assert breaches(rule, [Text("here", plain(rule.example))])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.instead)
def test_no_text_breaks_a_rule(rule: Rule, texts: list[Text]) -> None:
    assert breaches(rule, texts) == [], f"{rule.why}; write: {rule.instead}"


def test_no_sentence_is_longer_than_a_reader_can_hold() -> None:
    assert list(long_sentences(all_texts())) == []


def test_a_long_sentence_is_found_and_a_list_of_short_ones_is_not() -> None:
    words = "word " * MOST_WORDS
    assert list(long_sentences([Text("here", f"{words}more.")]))
    assert not list(long_sentences([Text("here", f"{words[:-1]}. {words[:-1]}.")]))


def test_every_kind_of_text_is_read() -> None:
    places = {where.partition("/")[0].partition(":")[0].partition(" ")[0] for where, _ in all_texts()}
    kinds = {
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs",
        "lessons",
        "scenarios",
        "src",
        "syncasync-sim",
    }
    assert kinds <= places
