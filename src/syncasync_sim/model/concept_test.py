"""The file of the concept test: twelve misconceptions, each with two questions that ask for the same.

One question of each is in form A, the other in form B: the same idea on another surface, or with other
numbers.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from syncasync_sim.model.fields import StrictModel, cross_field_error, field_error
from syncasync_sim.model.lesson_file import Transfer
from syncasync_sim.model.scenario import check_name

Form = Literal["A", "B"]
FORMS: tuple[Form, ...] = ("A", "B")


class Item(StrictModel):
    """One misconception, and the question about it in each form."""

    misconception: str = Field(pattern=r"^M[1-9][0-9]?$")
    """The number of the misconception: `M1`."""
    belief: str
    """The misconception as a sentence."""
    lesson: str
    """The name of the lesson about it."""
    a: Transfer
    """The question in form A."""
    b: Transfer
    """The question in form B."""

    def of(self, form: Form) -> Transfer:
        """Return the question of a form.

        Args:
            form: the form.
        """
        return self.a if form == "A" else self.b

    @model_validator(mode="after")
    def _check_item(self) -> Item:
        for name, variant in (("a", self.a), ("b", self.b)):
            for index, option in enumerate(variant.question.options):
                if not option.correct and option.belief is None:
                    raise cross_field_error(
                        (name, "question", "options", index),
                        "a wrong option of a test says belief: the rubric counts beliefs",
                        cure="as in  belief: queueing is sending",
                    )
        if len(self.a.question.options) != len(self.b.question.options):
            raise cross_field_error(
                ("b", "question", "options"),
                "both forms have the same number of options, or one is easier to guess",
                cure=f"write {len(self.a.question.options)}",
            )
        return self


class ConceptTest(StrictModel):
    """A test before and after the lessons, in two forms."""

    name: str = "concept-test"
    """A short name for files; by default the name of the file without its ending."""
    title: str
    """The title."""
    minutes: int = 20
    """The time that the students have."""
    items: tuple[Item, ...]
    """The misconceptions, in the order of the questions."""

    _check_name = field_validator("name")(check_name)

    @field_validator("items")
    @classmethod
    def _check_items(cls, items: tuple[Item, ...]) -> tuple[Item, ...]:
        names = [item.misconception for item in items]
        twice = {name for name in names if names.count(name) > 1}
        if not items or twice:
            problem = f"{min(twice)} comes twice" if twice else "at least one item"
            raise field_error(problem, cure="a misconception has one item, with a question for each form")
        return items
