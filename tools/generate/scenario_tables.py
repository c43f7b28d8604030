"""The tables of docs/scenario-reference.md that are not about keys."""

from __future__ import annotations

from generate.pages import table
from syncasync_sim.model.figures import GROUPS, OF_EFFECTS, WITHIN, names


def figures() -> str:
    """One row per figure that a claim may name."""
    rows = []
    for name in dict.fromkeys(name.partition(".")[0] for name in names([""])):
        own = "the scenario's effects" if name in OF_EFFECTS else ", ".join(GROUPS.get(name, ())) or "-"
        rows.append((f"`{name}`", own))
    rows += [(f"`{name}`", f"a duration, as `{name}(2s)`") for name in WITHIN]
    return table(("figure", "parts"), rows)
