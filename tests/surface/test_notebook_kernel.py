"""The notebooks in a real kernel, in which nobody answers: they run, and they show no result."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from surface.test_notebooks import NOTEBOOKS, each_notebook, name_asked, results_of

nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
nbformat = pytest.importorskip("nbformat")
SOURCE = str(Path(__file__).parents[2] / "src")


def run_all(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str = "") -> Any:
    """The notebook after Run All in a folder, with the answer in a cell after each question."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([SOURCE, os.environ.get("PYTHONPATH", "")]))
    book = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    cells = []
    for cell in book.cells:
        cells.append(cell)
        name = name_asked(cell.source) if cell.cell_type == "code" else None
        if name is not None and answer:
            cells.append(nbformat.v4.new_code_cell(f"{name}.answer({answer!r})"))
    book.cells = cells
    nbclient.NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return book


def shown(cell: Any) -> str:
    """All texts in the output of a cell."""
    return "".join(str(output.get("data", output.get("text"))) for output in cell.get("outputs", ()))


@each_notebook
def test_run_all_shows_no_result(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = 0
    for cell in run_all(path, tmp_path, monkeypatch).cells:
        if "Answer the question first" in shown(cell):
            waits += 1
            assert "<iframe" not in shown(cell)
            assert "<table" not in shown(cell)
            assert not [value for value in results_of(cell["id"]) if "." in value and value in shown(cell)]
        assert "You said" not in shown(cell)
    assert waits >= 3


def test_an_answer_is_in_the_file_beside_its_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [path] = [path for path in NOTEBOOKS if path.stem == "01-checkout"]
    results = {cell["id"]: shown(cell) for cell in run_all(path, tmp_path, monkeypatch, "b").cells}
    assert "It was c) 1.05 s." in results["01-run-1"]
    assert "<iframe" in results["01-run-2"]
    assert "You said b) 16.05 s. Correct." in results["01-run-3"]
    assert "Answer the question first" not in "".join(results.values())
