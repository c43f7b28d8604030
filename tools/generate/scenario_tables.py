"""The tables of docs/scenario-reference.md that are not about keys."""

from __future__ import annotations

from generate.pages import table
from syncasync_sim.model.distribution_texts import parse_distribution
from syncasync_sim.model.distributions import DISTRIBUTIONS
from syncasync_sim.model.figures import FIGURES, STATS, WITHIN, figure, names


def distributions() -> str:
    """One row per distribution: its example, and the docstring of its class."""
    made = {form.example: type(parse_distribution(form.example)) for form in DISTRIBUTIONS.values()}
    rows = [(f"`{example}`", " ".join((kind.__doc__ or "").split())) for example, kind in made.items()]
    return table(("distribution", "meaning"), rows)


def figures() -> str:
    """One row per figure that a claim may name; those of a set of times, or of each effect, have one row."""
    rows = {}
    for name in names(["EFFECT"]):
        head, _, part = name.rpartition(".")
        rows[f"{head}.PART" if part in STATS and f"{head}.max" in FIGURES else name] = figure(name).means
    rows |= {f"{name}(2s)": f"{means} within 2 s" for name, (_, _, means) in WITHIN.items()}
    return table(("figure", "meaning"), [(f"`{name}`", means) for name, means in rows.items()])
