"""What a run prints, as plain data for a page: the page makes elements of it, and words nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from syncasync_sim.model.modes import Mode
from syncasync_sim.render.headline import headline, stopped
from syncasync_sim.render.html import figure_table
from syncasync_sim.render.remarks import remarks
from syncasync_sim.render.tables import footer, value_text
from syncasync_sim.render.theory import theory_lines
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.overload import overload_lines
from syncasync_sim.stats.rows import notes
from syncasync_sim.trace.records import Trace


def result_data(comparison: Comparison, traces: Mapping[Mode, Trace]) -> dict[str, Any]:
    """Return the result as plain data, ready for JSON.

    Args:
        comparison: the result.
        traces: the trace of each design.

    Returns:
        `title`; `finding`, sentences; `claims`, what the scenario expects: the text, whether it holds, and
        the value; `table`, the figures; `notes`, remarks on them; `footer`, what was run and what it assumes.
    """
    scenario = comparison.scenario
    return {
        "title": scenario.title or scenario.name,
        "finding": [*stopped(comparison), headline(comparison)],
        "claims": [
            {"text": claim.claim, "holds": claim.holds, "value": value_text(claim)}
            for claim in comparison.claims
        ],
        "table": asdict(figure_table(comparison)),
        "notes": [
            *notes(comparison, comparison.rows()),
            *remarks(traces),
            *overload_lines(scenario, list(comparison.modes)),
            *theory_lines(comparison),
        ],
        "footer": footer(comparison),
    }
