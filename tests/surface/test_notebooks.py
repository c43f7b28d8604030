"""The notebooks are tidy, run from the first cell to the last, and their text says what the runs give."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import syncasync_sim
from surface.notebook_claims import CLAIMS
from syncasync_sim.lessons.notebook_question import Prediction, Result

TOP = Path(__file__).parents[2]
NOTEBOOKS = sorted(TOP.glob("notebooks/*.ipynb"))
NAMES = [
    "01-checkout",
    "02-when-to-pick",
    "03-queues-and-workers",
    "04-failures",
    "05-brokers",
    "06-from-a-log",
]
FENCED = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
CLOSED = re.compile(r"<details><summary>[^<]*</summary>\n\n.*?\n\n</details>", re.DOTALL)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
GIVEN = {
    "03-run-2": {"1.05"},  # when the emails are on the queue
    "04-run-3": {"100"},  # customers
    "04-run-4": {"100"},
    "02-run-2": {"1"},
    "04-run-1": {"1"},
}
"""Numbers of claims that are part of the question, or too small to tell anything, by the cell that runs."""

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@cache
def notebook(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def text_of(cell: Any) -> str:
    return "".join(cell["source"])


def code_of(path: Path) -> list[str]:
    """The code in the order of a reader: that of the cells, and what the text says to add as a cell."""
    code: list[str] = []
    for cell in notebook(path)["cells"]:
        text = text_of(cell)
        code += [text] if cell["cell_type"] == "code" else FENCED.findall(text)
    return code


def run_cell(code: str, names: dict[str, Any]) -> Any:
    """Run one cell as a notebook does: a last line that is an expression is shown, and returned."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "a cell", "exec"), names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "a cell", "eval"), names)
        if value is not None:  # a call of print
            assert value._repr_html_(), "it shows nothing in a notebook"
        return value
    return None


def test_these_are_all() -> None:
    assert [path.stem for path in NOTEBOOKS] == NAMES


@each_notebook
def test_it_is_tidy(path: Path) -> None:
    book = notebook(path)
    cells = book["cells"]
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert set(book["metadata"]) == {"kernelspec", "language_info"}, "nothing of the last run is kept"
    assert len(cells) < 15
    ids = [cell["id"] for cell in cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[\w-]{1,64}", name) for name in ids)
    for cell in cells:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@each_notebook
def test_a_question_stands_before_every_run(path: Path) -> None:
    """A cell asks, and the next one gives the result to this question, and shows nothing else."""
    before = None
    for cell in notebook(path)["cells"]:
        if cell["cell_type"] == "code":
            asked, last = name_asked(text_of(cell)), ast.parse(text_of(cell)).body[-1]
            if asked is None and not is_lesson(last):
                assert isinstance(last, ast.Expr)
                assert isinstance(last.value, ast.Call)
                assert ast.unparse(last.value.func) == f"{before}.result"
                assert "print(" not in text_of(cell), "it is shown before the answer"
            before = asked


def name_asked(code: str) -> str | None:
    """The name of the question that a cell asks; None if it asks none."""
    match ast.parse(code).body[-1]:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="ask"))):
            return name
    return None


def is_lesson(last: ast.stmt) -> bool:
    return re.fullmatch(r"lesson\('[a-z-]+'\)\.ask\(\)", ast.unparse(last)) is not None


@each_notebook
def test_it_takes_only_public_names(path: Path) -> None:
    for code in code_of(path):
        for node in ast.walk(ast.parse(code)):
            assert not isinstance(node, ast.Import)
            if isinstance(node, ast.ImportFrom):
                assert node.module == "syncasync_sim"
                assert {name.name for name in node.names} <= set(syncasync_sim.__all__)


@each_notebook
def test_it_runs_and_its_runs_show_what_is_claimed(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody answers at first; then each letter is tried: the run says of exactly one that it is right."""
    monkeypatch.chdir(tmp_path)  # where a notebook writes files
    monkeypatch.setattr("builtins.input", nobody)
    names: dict[str, Any] = {}
    right: list[str] = []
    asked = None
    for cell in notebook(path)["cells"]:
        if cell["cell_type"] != "code":
            for code in FENCED.findall(text_of(cell)):
                run_cell(code, dict(names))
            continue
        shown = run_cell(text_of(cell), names)
        for claim in CLAIMS.get(cell["id"], ()):
            assert eval(claim, dict(names)), claim
        if isinstance(shown, Result):
            assert asked is not None
            assert shown._repr_html_().count("<p>") == 1
            assert "Answer the question first" in shown._repr_html_()
            right += right_letters(names[asked], shown)
        asked = name_asked(text_of(cell))
    assert len(set(right)) > 1, "the right answers have one letter"


def nobody(prompt: str) -> str:
    raise EOFError


def right_letters(prediction: Prediction, shown: Result) -> list[str]:
    if not prediction.options:
        prediction.answer("something")
        assert "You said: something." in repr(shown)
        return []
    right = [letter for letter in prediction.letters if "Correct." in answered(prediction, letter, shown)]
    assert len(right) == 1, prediction.question
    return right


def answered(prediction: Prediction, letter: str, shown: Result) -> str:
    prediction.answer(letter, sure=3)
    assert f"You said {letter})" in repr(shown)
    return repr(shown).partition("\n\n")[0]


def test_every_claim_is_of_a_cell_there_is() -> None:
    assert set(CLAIMS) <= {cell["id"] for path in NOTEBOOKS for cell in notebook(path)["cells"]}


@each_notebook
def test_every_result_in_the_text_is_claimed_of_the_run_before(path: Path) -> None:
    claimed: set[str] = set()
    for cell in notebook(path)["cells"]:
        if cell["cell_type"] == "code":
            claimed = {number for claim in CLAIMS.get(cell["id"], ()) for number in NUMBER.findall(claim)}
        else:
            bold = re.findall(r"\*\*(.+?)\*\*", text_of(cell))
            told = {number for words in bold for number in NUMBER.findall(words)}
            assert told <= claimed, "results are bold, and each stands in a claim of the run above"


@each_notebook
def test_before_anything_is_run_no_answer_is_to_be_seen(path: Path) -> None:
    """Results stand in a box that is closed; a cell says what to run, never what that must come to."""
    before = None
    for cell in notebook(path)["cells"]:
        if cell["cell_type"] == "code":
            assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text_of(cell))))
            before = cell["id"]
            continue
        text = text_of(cell)
        seen = CLOSED.sub("", text)
        assert "details" not in seen, "every box is closed, and ends"
        assert not re.findall(r"\*\*[^*]*\d[^*]*\*\*", seen), "a result is seen"
        assert bool(CLOSED.search(text)) == (before in CLAIMS)


@each_notebook
def test_no_cell_in_view_has_the_value_that_its_run_gives(path: Path) -> None:
    """Closed boxes are not in view; an option may state the value, as the others state theirs."""
    in_view: set[str] = set()
    for cell in notebook(path)["cells"]:
        text = text_of(cell)
        in_view |= set(
            NUMBER.findall(CLOSED.sub("", text) if cell["cell_type"] == "markdown" else told(text))
        )
        assert in_view & results_of(cell["id"]) == GIVEN.get(cell["id"], set())


def told(code: str) -> str:
    """The code without the options of its question."""
    tree = ast.parse(code)
    if name_asked(code) is not None:
        tree.body[-1].value.args[1:] = []  # type: ignore[attr-defined]
    return ast.unparse(tree)


def results_of(cell: str) -> set[str]:
    """The values that the claims of a cell compare with."""
    right = {claim.partition(" == ")[2] for claim in CLAIMS.get(cell, ())}
    return {value for side in right for value in NUMBER.findall(re.sub(r"[\d.]+:|'.*?':|\".*?\":", "", side))}


@each_notebook
def test_its_links_lead_somewhere(path: Path) -> None:
    for cell in notebook(path)["cells"]:
        for link in LINK.findall(text_of(cell)) if cell["cell_type"] == "markdown" else ():
            assert (path.parent / link).exists(), link


def test_the_page_lists_every_notebook() -> None:
    text = (TOP / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\(\.\./notebooks/([\w-]+)\.ipynb\)", text) == NAMES
