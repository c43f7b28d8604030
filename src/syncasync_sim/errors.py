"""What can go wrong in a way that is the caller's business.

SyncAsyncSimError
    ScenarioError     a scenario, or a change to one, is not valid
        NotSettledError   no end of the warm-up was found
    BooksError        a finished run does not balance (a bug of the engine)
    RunTooLongError   a run went past the limit of events
    RunStopped        the run was asked to stop before its end
    WorkersError      those who were to do the work of a sweep cannot be reached, or have died
    LiveError         a run for real could not go on
"""

from __future__ import annotations

from typing import Literal


class SyncAsyncSimError(Exception):
    """The common parent: catch this to catch everything the library raises on purpose."""


class ScenarioError(SyncAsyncSimError):
    """A scenario, or a change to one, is not valid; the message says where, what was given and the cure."""


class NotSettledError(ScenarioError):
    """`warm_up: auto` found no end of the warm-up: the run is too short, or more comes than can be done."""

    def __init__(self, name: str, mode: Literal["sync", "async"]) -> None:
        super().__init__(
            f"{name}: warm_up: auto: the run is too short to tell where the warm-up of {mode} ends"
            "\n  = let customers come for longer (traffic), or say when it ends, as warm_up: 10m; "
            "it has no end where more comes than can be done"
        )
        self.mode = mode

    def __reduce__(
        self,
    ) -> tuple[
        type[NotSettledError], tuple[str, Literal["sync", "async"]]
    ]:  # it may come from another process
        return type(self), (str(self).partition(":")[0], self.mode)


class BooksError(SyncAsyncSimError):
    """A finished run does not balance: somebody or something is missing. Never the user's fault."""


class RunTooLongError(SyncAsyncSimError):
    """A run went past the limit of events without coming to an end."""


class RunStopped(SyncAsyncSimError):  # noqa: N818 - a request that was honoured, not an error of anyone's
    """The run was asked to stop before its end."""


class WorkersError(SyncAsyncSimError):
    """Those who were to do the work of a sweep, processes or a cluster, cannot be reached or have died."""


class LiveError(SyncAsyncSimError):
    """A run for real could not go on: a broker, a service or a package is missing; one line."""
