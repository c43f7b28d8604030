"""The concept test that comes with the program: its file, and the runs behind its answers."""

from __future__ import annotations

from pathlib import Path

from syncasync_sim.files.lessons import LessonFile, lessons, root
from syncasync_sim.files.scenario_loader import (
    check_mapping,
    content,
    load_scenario,
    read_document,
    validated,
)
from syncasync_sim.model.concept_test import ConceptTest
from syncasync_sim.model.lesson_file import Transfer
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.written import written

FILE = "concept-test/concept-test.yaml"
"""Below the lessons, in a folder of its own, so that no test is taken for a lesson."""


def load_concept_test(path: Path | None = None) -> ConceptTest:
    """Load the concept test.

    Args:
        path: the file; None for the one that comes with the program.

    Raises:
        ScenarioError: the file cannot be read, or is no concept test; the error has every problem, its place
            and its cure.
    """
    path = path or root() / FILE
    document = read_document(content(path), str(path))
    check_mapping(document, "a concept test", "title and items", "title: What is asynchronous?", "items: []")
    return validated(document, ConceptTest)


def scenario_of(variant: Transfer) -> Scenario | None:
    """The scenario that shows the answer of a question; None if nothing is run for it.

    Args:
        variant: the question.

    Raises:
        ScenarioError: the scenario cannot be read.
    """
    if variant.scenario is None:
        return None
    return load_scenario(
        variant.scenario, [f"{path}={written(value)}" for path, value in variant.set.items()]
    )


def lesson_about(name: str) -> LessonFile | None:
    """The bundled lesson of this name; None if there is none.

    Args:
        name: the name.
    """
    return next((file for file in lessons() if file.lesson.name == name), None)
