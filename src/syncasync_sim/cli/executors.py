"""Who does the cells of a sweep: this process, several, or a Dask cluster."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, ParamSpec, TypeVar

import typer

from syncasync_sim._version import __version__
from syncasync_sim.command_line import pip_install
from syncasync_sim.errors import SyncAsyncSimError, WorkersError

P = ParamSpec("P")
T = TypeVar("T")
PATIENCE_S = 10
"""How long a Dask scheduler may take to answer."""
MOST_PROCESSES = 61 if sys.platform == "win32" else 512
"""Windows waits for no more of them at once."""


def executor(jobs: int, dask: str | None) -> AbstractContextManager[Executor | None]:
    """The executor of a sweep as a context manager; it gives None if this process does the work.

    Leaving it stops the work that nobody waits for.

    Args:
        jobs: the number of processes.
        dask: the address of a Dask scheduler; None for processes here.

    Raises:
        WorkersError: no processes or no scheduler can be had.
    """
    if dask is not None:
        return _cluster(dask)
    return nullcontext() if jobs == 1 else _processes(min(jobs, MOST_PROCESSES))


class _Processes(ProcessPoolExecutor):
    """Processes that leave Ctrl-C to us: what is ignored when they are started stays ignored in them."""

    def __init__(self, jobs: int) -> None:
        # Fresh ones: nothing of ours is open there.
        super().__init__(jobs, mp_context=get_context("spawn"), initializer=_begin)
        self._futures: list[Future[Any]] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            future = super().submit(fn, *args, **kwargs)
        finally:
            signal.signal(signal.SIGINT, before)
        self._futures.append(future)
        return future

    @property
    def is_busy(self) -> bool:
        """Whether work is going on that nobody waits for any more."""
        return not all(future.done() for future in self._futures)


def _begin() -> None:
    """In a process of the pool: leave Ctrl-C to the program, and end when that is gone, even killed.

    On Windows nothing that is ignored is handed down.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@contextmanager
def _processes(jobs: int) -> Iterator[Executor]:
    before = set(active_children())
    try:
        pool = _Processes(jobs)
    except (NotImplementedError, ImportError):  # Pyodide, or a system without semaphores
        raise WorkersError("this Python cannot start other processes; leave out --jobs") from None
    try:
        yield pool
    finally:
        if pool.is_busy:
            for child in set(active_children()) - before:
                child.terminate()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask scheduler. Raises WorkersError, and BadParameter without Dask."""
    try:
        from distributed import Client
    except ImportError:
        cure = f"install it with: {pip_install('dask')}"
        raise typer.BadParameter(f"--dask needs Dask's distributed; {cure}") from None
    _quiet_dask()
    try:
        client: Any = Client(address, timeout=PATIENCE_S)
    except (OSError, ValueError) as error:
        raise WorkersError(f"no Dask scheduler answers at {address}: {_first_line(error)}") from None
    try:
        _check_workers(client, address)
        yield client.get_executor()
    finally:
        with suppress(OSError):
            client.close()


def _quiet_dask() -> None:
    """This program says in one line what went wrong. Dask gives some of its loggers levels of their own."""
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def version() -> str:
    """The version of this program at a worker, to be called there."""
    return __version__


def _check_workers(client: Any, address: str) -> None:
    """They must be there and run this very program."""
    try:
        versions = set(client.run(version).values())
    except Exception as error:  # whatever a worker answers: most likely that it does not know the program
        raise WorkersError(f"the workers need syncasync-sim {__version__}: {_first_line(error)}") from None
    if not versions:
        raise WorkersError(
            f"the Dask scheduler at {address} has no workers; start one: dask worker {address}"
        )
    if versions != {__version__}:
        versions_text = ", ".join(sorted(versions))
        raise WorkersError(
            f"the workers run syncasync-sim {versions_text}, this is {__version__}; install the same"
        )


def explained(error: Exception) -> Exception:
    """The error of work in another process: an own error as it is, otherwise a WorkersError."""
    if isinstance(error, SyncAsyncSimError | OSError):
        return error
    if isinstance(error, BrokenExecutor):
        return WorkersError("one of the processes has died, perhaps because memory ran out; try fewer --jobs")
    if isinstance(error, CancelledError) or type(error).__name__ == "FutureCancelledError":
        return WorkersError("the Dask scheduler, or the last of its workers, has gone")
    return WorkersError(f"the workers have failed: {type(error).__name__}: {_first_line(error)}")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
