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


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Hands requests to the threads in their order, and those beyond the backlog to the door."""

    def __init__(self, threads: int, backlog: int | None) -> None:
        super().__init__()
        self._most_waiting = backlog
        self.set_thread_count(threads)
        self._door = _Door()
        self._door.set_thread_count(1)

    def add_task(self, task: Any) -> None:
        with self.lock:
            free = len(self.threads) - self.active_count
            full = self._most_waiting is not None and len(self.queue) >= free + self._most_waiting
        (self._door.add_task if full else super().add_task)(task)


def serve(app: Any, threads: int, backlog: int | None, listening: Callable[[int], None]) -> None:
    """Serve an application on a free port of 127.0.0.1 until the process ends.

    Args:
        app: the WSGI application.
        threads: the number of threads.
        backlog: the greatest number of waiting requests; None without a limit.
        listening: called with the port when the server is ready.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait is what is to be seen
    server = create_server(
        app,
        _dispatcher=_Dispatcher(threads, backlog),
        **{"host": "127.0.0.1", "port": 0, "threads": threads, "connection_limit": _LOTS},
        **{"channel_timeout": _LOTS, "asyncore_use_poll": True, "backlog": 2048},
    )
    listening(server.effective_port)
    server.run()
