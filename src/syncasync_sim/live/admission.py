"""waitress with a backlog of its own: a request that would have to wait beyond it is rejected at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

_DOOR = "door"
_LOTS = 100_000


def is_refused_at_admission() -> bool:
    """Whether this thread handles the requests that are rejected."""
    return threading.current_thread().name.startswith(_DOOR)


class _Door(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress comes without types
    """One thread that answers those whom the others have no room for."""

    def start_new_thread(self, target: Callable[..., object], thread_no: int) -> None:
        threading.Thread(target=target, name=f"{_DOOR}-{thread_no}", args=(thread_no,), daemon=True).start()


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Hands requests to the threads in their order, and those beyond the backlog to the door.

    *backlog*: the greatest number of waiting requests; None without a limit.
    """

    def __init__(self, threads: int, backlog: int | None) -> None:
        super().__init__()
        self._most_waiting = backlog
        self.set_thread_count(threads)
        self._door = _Door()
        self._door.set_thread_count(1)

    def add_task(self, task: Any) -> None:
        """Hand a request to a thread that is free, to the line, or to the door.

        Args:
            task: the request, as waitress has it.
        """
        with self.lock:
            free = len(self.threads) - self.active_count
            full = self._most_waiting is not None and len(self.queue) >= free + self._most_waiting
        (self._door.add_task if full else super().add_task)(task)


def serve(app: Any, port: int, dispatcher: Dispatcher, listening: Callable[[int], None]) -> None:
    """Serve an application on a port of 127.0.0.1 until the process ends.

    Args:
        app: the WSGI application.
        port: the port; 0 for any that is free.
        dispatcher: its threads, which have begun.
        listening: called with the port when the server is ready.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait is what is to be seen
    server = create_server(
        app,
        _dispatcher=dispatcher,
        **{"host": "127.0.0.1", "port": port, "connection_limit": _LOTS},
        **{"channel_timeout": _LOTS, "asyncore_use_poll": True, "backlog": 2048},
    )
    listening(server.effective_port)
    server.run()
