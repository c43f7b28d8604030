"""The formats that are read, and the kinds of files that are refused by their name."""

from __future__ import annotations

from syncasync_sim.fit.formats import own_run, tabular
from syncasync_sim.fit.formats.kinds import Format, Refused

FORMATS: tuple[Format | Refused, ...] = (own_run.OWN_RUN, tabular.CSV)
"""In the order in which they are tried; a file is of the first format that recognises it."""
