"""The page of a run: self-contained, safe whatever a scenario is called, the same bytes for the same run."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from replay.pages import run_of
from syncasync_sim.render.style import LOOKS
from syncasync_sim.replay.html_page import MORE, PARTS, page, script, style

NASTY = "</title></script><script>alert(1)</script><!-- \"'& \u2028"
QUESTION = {
    "text": f"Who waits? {NASTY}",
    "options": [
        {"text": f"a {NASTY}", "correct": True},
        {"text": "b", "correct": False, "refutation": NASTY},
    ],
}
HARMLESS = {
    "text": "Who waits?",
    "options": [{"text": "a", "correct": True}, {"text": "b", "correct": False}],
}


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, and the text in each kind."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.elements[-1][0] if self.elements else "", data))

    def count(self, tag: str) -> int:
        return [name for name, _ in self.elements].count(tag)


def nasty() -> dict[str, Any]:
    plain = json.loads(json.dumps(run_of("checkout")))
    plain["title"] = NASTY
    plain["steps"][0] = NASTY
    plain["notes"] = [NASTY for _ in plain["notes"]]
    plain["table"][0] |= {"group": NASTY, "words": NASTY}
    return dict(plain)


def test_it_asks_nobody_for_anything() -> None:
    read = Reader(page(run_of("checkout")))
    assert not [name for _, attributes in read.elements for name in attributes if name in ("src", "href")]
    policies = [a["content"] for _, a in read.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
    ]
    assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", script() + style())


@pytest.mark.parametrize("question", [None, QUESTION])
def test_no_text_of_a_scenario_becomes_markup(question: dict[str, Any] | None) -> None:
    text = page(nasty(), question)
    read, plain = Reader(text), Reader(page(run_of("checkout"), question and HARMLESS))
    assert read.elements == plain.elements
    assert read.count("script") == 2
    assert ("title", NASTY) in read.texts
    [data] = [data for tag, data in read.texts if tag == "script" and data.startswith("{")]
    assert json.loads(data) == nasty()
    assert "<" not in data


def test_no_script_of_ours_ends_early() -> None:
    assert "</script" not in script().lower()
    assert "<!--" not in script()
    assert "</style" not in style().lower()


def test_the_document_is_in_it_unchanged() -> None:
    text = page(run_of("worker-crash"))
    [data] = re.findall(r'<script type="application/json" id="document">(.*?)</script>', text)
    assert json.loads(data) == run_of("worker-crash")


def test_who_runs_no_scripts_sees_the_result() -> None:
    plain = run_of("checkout")
    [inside] = re.findall(r"<noscript>(.*)</noscript>", page(plain), flags=re.DOTALL)
    told = [data for _, data in Reader(inside).texts]
    for row in plain["table"]:
        assert {row["sync"], row["async"], row["change"]} <= set(told)
    assert {plain["headline"], *plain["notes"]} <= set(told)


def test_who_runs_no_scripts_sees_a_question_and_no_result() -> None:
    text = page(run_of("checkout"), {**HARMLESS, "story": ["One order."], "takeaway": "Nobody."})
    [inside] = re.findall(r"<noscript>(.*)</noscript>", text, flags=re.DOTALL)
    assert [data for _, data in Reader(inside).texts if data.strip()] == [
        *("One order.", "Who waits?", "a", "b"),
        "To answer, and to see the run, this page needs JavaScript, which is off.",
    ]


def test_the_same_run_gives_the_same_bytes() -> None:
    assert page(run_of("flaky-email")) == page(json.loads(json.dumps(run_of("flaky-email"))))


def test_two_hundred_customers_are_small() -> None:
    assert len(page(run_of("traffic-spike", "traffic={requests: 200}")).encode()) < 300_000
    assert len(page(run_of("email-down-resubmit")).encode()) < 300_000


def test_the_parts_are_all_there_is() -> None:
    from importlib.resources import files

    folder = files("syncasync_sim.replay") / "stage"
    names = {file.name for file in folder.iterdir()}
    assert names == {f"{part}.js" for part in (*PARTS, *MORE)} | {"stage.css", "blocks.css", "sliders.css"}


def test_the_designs_have_the_colours_of_the_charts() -> None:
    """In one home: a line of the strip and the name of its design, as on every chart."""
    for mode, look in LOOKS.items():
        assert f"--sa-{mode}: {look.colour};" in style()
        assert f"stroke: var(--sa-{mode});" in style()
        assert f"--sa-own: var(--sa-{mode});" in style()
        assert look.terminal == f"bold {look.on_dark}"
