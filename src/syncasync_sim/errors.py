"""What can go wrong in a way that is the caller's business.

SyncAsyncSimError
    ScenarioError     a scenario, or a change to one, is not valid
        NotSettledError   no end of the warm-up was found
    BooksError        a finished run does not balance (a bug of the engine)
    RunTooLongError   a run went past the limit of events
    RunStopped        the run was asked to stop before its end
    WorkersError      those who were to do the work of a sweep cannot be reached, or have died
    LiveError         a run for real could not go on
    LogError          a log of measured requests cannot be read
    UnknownFigureError    there is no figure of that name (a LookupError too)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Literal

NO_MATPLOTLIB = "a chart needs matplotlib; install it with: pip install matplotlib"
_LOGIN = re.compile(r"//(?:\S|[^\S\n](?!\S*//))*@")
_IN_A_QUERY = re.compile(r"((?:password|passwd|pass|pwd|secret|token)=)[^&\s'\"]*", re.IGNORECASE)


def masked(text: str) -> str:
    """The text without the logins of the URLs in it: all that is shown, printed or kept goes through here.

    All between `//` and the last `@` goes, as a password may hold `/`, `#`, `@` or a
    space that nobody has escaped. Another URL on the line ends the login.
    """
    return _IN_A_QUERY.sub(r"\1***", _LOGIN.sub("//***@", text)) if "//" in text else text


def visible(text: str) -> str:
    """The text with unprintable and control characters written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def safe(text: str) -> str:
    """A message of several lines that is safe for a terminal: without logins and control characters."""
    return "\n".join(map(visible, masked(text).split("\n")))


def did_you_mean(word: str, choices: Sequence[str], cutoff: float = 0.6) -> str:
    """The hint `did you mean 'x'?` for the nearest choice; empty if no choice is near.

    The only choice that goes on after the word and a hyphen is the nearest, as `redis-streams` for `redis`.

    Args:
        word: the text that was given; only its first 80 characters are compared.
        choices: the texts that are allowed.
        cutoff: the least similarity from 0 to 1, as `difflib.get_close_matches` measures it; 1 asks for the
            same word.
    """
    begin_so = [choice for choice in choices if choice.startswith(f"{word[:80].lower()}-")]
    near = (
        begin_so if len(begin_so) == 1 else get_close_matches(word[:80].lower(), choices, n=1, cutoff=cutoff)
    )
    return f"did you mean '{near[0]}'?" if near else ""


LONGEST_LIST = 160
"""Characters; of a longer list the reader gets its beginning and how many more there are."""


def what_to_write(word: str, choices: Sequence[str], cure: str = "") -> str:
    """Return the choice that a word is likely to mean; else the cure, else the list of choices.

    Args:
        word: the word that was written.
        choices: the allowed words.
        cure: what to write if no choice is near.
    """
    return did_you_mean(word, choices) or cure or (one_of(choices) if choices else "")


def one_of(choices: Sequence[str]) -> str:
    """`one of a, b or c`; no name is cut."""
    shown: list[str] = []
    for name in choices:
        if shown and len(", ".join([*shown, name])) > LONGEST_LIST:
            return f"one of {', '.join(shown)} and {len(choices) - len(shown)} more"
        shown.append(name)
    *first, last = shown
    return f"one of {', '.join(first)} or {last}" if first else f"write  {last}"


class SyncAsyncSimError(Exception):
    """The common parent: catch this to catch everything the library raises on purpose."""


class ScenarioError(SyncAsyncSimError):
    """A scenario, or a change to one, is not valid; the message says where, what was given and the cure."""


class NotSettledError(ScenarioError):
    """`warm_up: auto` found no end of the warm-up: more comes than can be done, or the run is too short.

    `why` says the reason without the scenario and the cure.
    """

    def __init__(self, name: str, mode: Literal["sync", "async"], why: str, cure: str) -> None:
        super().__init__(f"{name}: warm_up: auto: {mode} does not settle: {why}\n  = {cure}")
        self.mode, self.why = mode, why
        self._parts = name, mode, why, cure

    def __reduce__(self) -> tuple[type[NotSettledError], tuple[str, Literal["sync", "async"], str, str]]:
        return type(self), self._parts  # it may come from another process


class UnknownFigureError(SyncAsyncSimError, LookupError):
    """There is no figure of that name; the text says which one may have been meant.

    `what` is the fault at `place` in the name. `choices` are the names that are allowed there, and `cure` is
    the text to write. `near` is the part of the message about the choices.
    """

    def __init__(
        self, what: str, place: int, choices: tuple[str, ...], cure: str = "", given: str = ""
    ) -> None:
        near = what_to_write(given, choices, cure)
        super().__init__(f"{what}: {near}" if near else what)
        self.what, self.place, self.choices, self.cure, self.near = what, place, choices, cure, near


class BooksError(SyncAsyncSimError):
    """The counts of a finished run do not balance; this is never the user's fault."""


class RunTooLongError(SyncAsyncSimError):
    """A run went past the limit of events without coming to an end."""


class RunStopped(SyncAsyncSimError):  # noqa: N818 - a request that was honoured, not an error of anyone's
    """The run was asked to stop before its end."""


class WorkersError(SyncAsyncSimError):
    """Those who were to do the work of a sweep, processes or a cluster, cannot be reached or have died."""


class LogError(SyncAsyncSimError):
    """A log cannot be read; the message says where, what was met and what to do."""


class LiveError(SyncAsyncSimError):
    """A run for real could not go on: a broker, a service or a package is missing; one line."""
