"""The tables of docs/fit.md: the formats of logs, what is refused, and the columns of a CSV file."""

from __future__ import annotations

from generate.pages import table
from syncasync_sim.fit.formats.kinds import Format, Refused
from syncasync_sim.fit.formats.table import FORMATS
from syncasync_sim.fit.formats.tabular import ROLES

STAMPS = {"start": "start", "end": "end", "both": "start and end"}
COLUMNS = {
    "start": "the moment at which the request came",
    "end": "the moment at which it was answered",
    "duration": "the time between the two",
    "work": "the work alone, without the wait",
    "status": "an HTTP status (failed: from 500) or whether it was well; in `failed`, `error` the reverse",
    "server": "the server that answered",
    "process": "the process or thread that did the work, one request at a time",
    "lane": "who sent it, one request at a time",
    "ready": "the moment at which a job was put into its queue",
}
"""What a column of a CSV file holds, by its role."""


def formats() -> str:
    """One row a format that is read, in the order in which they are tried."""
    rows = [
        (f"`{row.name}`", row.title, STAMPS[row.stamp], row.measures)
        for row in FORMATS
        if isinstance(row, Format)
    ]
    return table(("`--format`", "log", "its stamp", "its duration"), rows)


def refused() -> str:
    """One row a kind of file that is refused by its name."""
    rows = [(f"{row.title}", row.cure) for row in FORMATS if isinstance(row, Refused)]
    return table(("file", "cure"), rows)


def columns() -> str:
    """One row a role of a column, with the names by which it is found."""
    rows = [
        (f"`{role}`", text, ", ".join(f"`{name}`" for name in ROLES[role])) for role, text in COLUMNS.items()
    ]
    return table(("column", "what it holds", "found by the name"), rows)
