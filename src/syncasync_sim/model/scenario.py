"""What is asked: traffic, customer, server, steps, queue, workers. Frozen, checked at the door.

Attributes are in seconds (`_s`), per second (`_per_s`) and shares; in a file the keys stand without the
suffix and take text with a unit. None stands for `none`, `unlimited`, `never` and `forever`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from syncasync_sim.model.checks import check_scenario
from syncasync_sim.model.fields import DurationOrAuto, Natural, Part, PositiveDurationOrNone, wrong
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.parts import Customer, Server, Step
from syncasync_sim.model.queue import Queue, Workers
from syncasync_sim.model.traffic import Traffic


def check_name(name: str) -> str:
    """The name of a scenario or a lesson, if it can be one. Raises PydanticCustomError."""
    if len(name) > 80:
        raise wrong(f"a name has at most 80 characters, not {len(name)}")
    if not name or not all(c.isascii() and (c.isalnum() or c in "-_.") for c in name):
        raise wrong(
            "a name is made of letters, digits, '-', '_' and '.'", cure="write for instance my-checkout"
        )
    if name.startswith((".", "-")):
        raise wrong("a name begins with a letter or a digit", cure="write for instance my-checkout")
    return name


class Scenario(Part):
    """One question: who comes, what has to be done for them, and with what."""

    name: str = "scenario"
    """A slug; by default the file's stem."""
    title: str = ""
    """One line for headings."""
    description: str = ""
    """What to look for."""
    seed: Natural = 1
    """The random seed; the same seed gives the same run."""
    traffic: Traffic
    """Who comes when."""
    customer: Customer = Customer()
    """How long they wait, and what they do then."""
    server: Server = Server()
    """The web server."""
    steps: tuple[Step, ...]
    """What is done for each customer, in order."""
    queue: Queue = Queue()
    """The message queue of the asynchronous design."""
    workers: Workers = Workers()
    """The workers of the asynchronous design."""
    stop_at_s: PositiveDurationOrNone = Field(default=None, alias="stop_at")
    """The run is cut here; `none`: it goes on until nothing is left to happen."""
    warm_up: DurationOrAuto = 0.0
    """Statistics leave out customers who arrived before this; `auto`: found by pilot runs."""
    expect: tuple[str, ...] = ()
    """Claims about the result, for instance `sync.response_time_s.max == 2.55s`."""

    _check_name = field_validator("name")(check_name)

    @field_validator("title", "description")
    @classmethod
    def _text(cls, text: str) -> str:
        return text.strip()

    @model_validator(mode="after")
    def _goes_together(self) -> Scenario:
        check_scenario(self)
        return self

    @property
    def warm_up_s(self) -> float:
        """Seconds of the warm-up; 0 where it is `auto` and has not been found."""
        return 0.0 if self.warm_up == "auto" else self.warm_up

    @property
    def effects(self) -> tuple[str, ...]:
        """What its steps do in the world, in their order."""
        return tuple(step.effect for step in self.steps if step.effect)

    def background(self, step: Step, mode: Mode) -> bool:
        """Whether *step* is a message to the workers in this design, not part of the request."""
        return step.background and mode == "async"

    def most_deliveries(self, step: Step) -> int | None:
        """How often a message of *step* is delivered at most: the step's own limit or the queue's."""
        limits = (step.retry.attempts, self.queue.max_deliveries)
        return min((limit for limit in limits if limit is not None), default=None)

    def to_data(self) -> dict[str, Any]:
        """Plain data as a file holds it, only what was written; validating it gives an equal Scenario."""
        data: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return data
