"""moto's server, with what Amazon's SQS does otherwise than moto.

    python -m syncasync_sim.live.moto_server -H HOST -p PORT

| | moto | here, as Amazon documents it |
|---|---|---|
| a long poll sees that a visibility timeout is over | once a second | every 20 ms |
| two receives at once | may get the same message | never do: a lock |
| a delete with a handle that is not the newest | deletes | does nothing, and succeeds |
| a delete with an expired handle, FIFO | deletes | is refused |
| a visibility timeout that is changed with such handles | is changed | stays as it is |

Its answers name this server (`NAME`) and moto's version in their Server header, so that a run knows it from
another moto.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

NAME = "syncasync-sim-moto"
LOOK_S = 0.02
"""Between two looks of a long poll."""
Method = Callable[..., Any]


def receiving(moto_receive: Method) -> Method:
    """Return moto's receive with a lock, and with long polls that look every 20 ms.

    Args:
        moto_receive: moto's own.
    """

    def receive(
        backend: Any, queue_name: str, count: int, wait_seconds_timeout: int, *more: Any, **others: Any
    ) -> Any:
        lock, until = backend.get_queue(queue_name)._messages_lock, time.monotonic() + wait_seconds_timeout
        with lock:
            while not (messages := moto_receive(backend, queue_name, count, 0, *more, **others)):
                if (left := until - time.monotonic()) <= 0:
                    break
                lock.wait(min(LOOK_S, left))  # it lets the others in meanwhile
        return messages

    return receive


def _deleting(moto_delete: Method) -> Method:
    from moto.sqs.exceptions import InvalidParameterValue

    def delete(queue: Any, receipt_handle: str) -> None:
        with queue._messages_lock:
            message = _message_of(queue, receipt_handle)
            is_newest = message is not None and message.receipt_handle == receipt_handle
            if queue.fifo_queue and message is not None and (message.visible or not is_newest):
                raise InvalidParameterValue(
                    f"Value {receipt_handle} for parameter ReceiptHandle is invalid. "
                    "Reason: The receipt handle has expired."
                )
            if is_newest or message is None:
                moto_delete(queue, receipt_handle)
                queue._messages_lock.notify_all()  # its message group is free

    return delete


def _changing(moto_change: Method) -> Method:
    def change(backend: Any, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
        queue = backend.get_queue(queue_name)
        with queue._messages_lock:
            message = _message_of(queue, receipt_handle)
            if message is None or (message.receipt_handle == receipt_handle and not message.visible):
                moto_change(backend, queue_name, receipt_handle, visibility_timeout)
                queue._messages_lock.notify_all()  # it may be visible

    return change


def _adding(moto_add: Method) -> Method:
    def add(queue: Any, message: Any) -> None:
        with queue._messages_lock:
            moto_add(queue, message)

    return add


def _message_of(queue: Any, receipt_handle: str) -> Any:
    """The message that ever had this receipt handle; None if no message in the queue had it."""
    return next((message for message in queue._messages if message.had_receipt_handle(receipt_handle)), None)


def main() -> None:
    """Run moto's server with the options of the command line."""
    from moto.server import main as serve
    from moto.sqs.models import Queue, SQSBackend
    from werkzeug.serving import WSGIRequestHandler

    named = f"{NAME}/{version('moto')}"
    for owner, method, replacement in (
        (SQSBackend, "receive_message", receiving(SQSBackend.receive_message)),
        (SQSBackend, "change_message_visibility", _changing(SQSBackend.change_message_visibility)),
        (Queue, "delete_message", _deleting(Queue.delete_message)),
        (Queue, "add_message", _adding(Queue.add_message)),
        (WSGIRequestHandler, "version_string", lambda _: named),
    ):
        setattr(owner, method, replacement)
    serve(sys.argv[1:])


if __name__ == "__main__":
    main()
