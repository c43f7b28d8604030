"""The content of a message: the step and the request."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Payload:
    """A step of a request, by their numbers; the customer and the click count from 0."""

    request: int
    customer: int
    click: int
    step: int

    @property
    def is_warm_up(self) -> bool:
        """Whether it is nobody's, only there so that the first real one is not slower than the others."""
        return self.request < 0

    def write(self) -> bytes:
        """Return the payload as the bytes of a message."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, text: bytes) -> Payload:
        """Read the payload from the bytes of a message."""
        return cls(**json.loads(text))


def warm_up(key: int) -> Payload:
    """A payload without meaning, for the warm-up of the processes."""
    return Payload(-1, key, 0, -1)
