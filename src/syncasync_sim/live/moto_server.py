"""moto's server with long polls that see at once when a message has become visible again.

    python -m syncasync_sim.live.moto_server -H HOST -p PORT

moto itself wakes a long poll when a message is sent, but looks only once a second whether a visibility
timeout is over. Amazon's SQS has no such second, and short polls would cost every message half an interval.
"""

from __future__ import annotations

import sys
import time
from typing import Any

LOOK_S = 0.02
"""Between two looks of a long poll."""


def wait_for_messages(queue: Any, timeout: float) -> None:
    """Wait until the queue has a message, or until the timeout; it replaces moto's own function.

    Args:
        queue: the queue of moto.
        timeout: the timeout, in seconds.
    """
    until = time.monotonic() + timeout
    with queue._messages_lock:
        while not queue.messages and (left := until - time.monotonic()) > 0:
            queue._messages_lock.wait(min(LOOK_S, left))


def main() -> None:
    """Run moto's server with the options of the command line."""
    from moto.server import main as serve
    from moto.sqs.models import Queue

    if hasattr(Queue, "wait_for_messages"):  # another moto may do it in another way
        setattr(Queue, "wait_for_messages", wait_for_messages)  # noqa: B010 - of other types than its own
    serve(sys.argv[1:])


if __name__ == "__main__":
    main()
