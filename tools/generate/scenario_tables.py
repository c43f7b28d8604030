"""The tables of docs/scenario-reference.md that are not about keys."""

from __future__ import annotations

from array import array
from functools import partial

from generate.pages import table
from syncasync_sim.experiment import run_designs
from syncasync_sim.files import change_scenario, load_scenario
from syncasync_sim.model.distribution_texts import parse_distribution
from syncasync_sim.model.distributions import DISTRIBUTIONS
from syncasync_sim.model.figures import FIGURES, STATS, WITHIN, figure, names
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.measured import MeasuredColumn


def distributions() -> str:
    """One row per distribution: its example, and the docstring of its class."""
    forms = [form for row in DISTRIBUTIONS.values() for form in (row, row.of_file) if form is not None]
    some = partial(MeasuredColumn, values_us=array("q", [0]))
    made = {form.example: type(parse_distribution(form.example, some)) for form in forms}
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


def where_emails_wait() -> str:
    """What a thread of the web server, a queue and a queue with an outbox make of the same emails."""
    scenario, queue = load_scenario("just-a-thread"), "queue.broker=rabbitmq"
    designs = {
        "just a thread": [],
        "a queue": [queue],
        "a queue with an outbox": [queue, "queue.publish_failure=outbox"],
    }
    rows = []
    for name, sets in designs.items():
        comparison, _ = run_designs(change_scenario(scenario, sets))
        told = comparison.modes["async"]
        page_s, last_s = told["response_time_s"]["mean"], told["completion_time_s"]["max"]
        counts = told["queue"]["lost"], told["duplicates"]["email sent"]
        rows.append((name, format_time(page_s), *map(str, counts), format_time(last_s)))
    return table(("", "page", "emails lost", "sent twice", "latest email after"), rows)
