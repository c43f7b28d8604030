"""The content of a message: the step and the request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from operator import index

from syncasync_sim.live.protocol import BrokerError


@contextmanager
def published_by_us() -> Iterator[None]:
    """Read a part of a message inside the block.

    Raises:
        BrokerError: the message does not look like one of this run.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise BrokerError(
            "the queue holds a message that this run has not published: somebody else writes there"
        ) from error


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
        """Read the payload from the bytes of a message.

        Raises:
            BrokerError: it is no payload.
        """
        with published_by_us():
            payload = cls(**json.loads(text))
            for number in astuple(payload):
                index(number)  # raises TypeError for what is no whole number
        return payload


def warm_up(key: int) -> Payload:
    """A payload without meaning, for the warm-up of the processes."""
    return Payload(-1, key, 0, -1)
