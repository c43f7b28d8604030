"""Every generated piece of the repository, one row each."""

from __future__ import annotations

from functools import partial

from generate import broker_tables, engine_tables, log_tables, scenario_tables, trace_tables
from generate.keys import parts_in, table_of
from generate.outputs import live_runs, output_of, outputs_of
from generate.pages import TOP, Block
from syncasync_sim.files import schema_text
from syncasync_sim.model.concept_test import ConceptTest
from syncasync_sim.model.lesson_file import Lesson
from syncasync_sim.model.scenario import Scenario

_SCENARIO, _LESSONS, _BROKERS, _TRACE, _LIVE, _FIT = (
    f"docs/{name}.md" for name in ("scenario-reference", "lessons", "brokers", "trace", "live", "fit")
)
_OUTPUTS = (
    ("docs/cli.md", "syncasync-sim lesson 2"),
    ("docs/package-page.md", "syncasync-sim run checkout --quiet"),
)
"""Pages that show what a command prints."""
_FIT_COMMANDS = (
    "syncasync-sim fit access.log",
    'syncasync-sim fit access.log -o mine.yaml --move "send email=50%"',
    "syncasync-sim run mine.yaml --set workers.count=4 --no-charts",
    'syncasync-sim size mine.yaml --vary workers.count=1..50 --target "async.completion_time_s.p95 < 10s"',
    "syncasync-sim validate mine.yaml access.log --mode sync",
    "syncasync-sim validate mine.yaml access.log --mode sync --set server.threads=9",
)
"""From a log to a decision, one after the other, in docs/fit.md."""


def _fit_output(command: str) -> str:
    return outputs_of(_FIT_COMMANDS, TOP / "docs/own-log/make_log.py")[command]


BLOCKS = (
    Block("scenarios/scenario.schema.json", "", partial(schema_text, Scenario)),
    Block("lessons/lesson.schema.json", "", partial(schema_text, Lesson)),
    Block("lessons/concept-test/concept-test.schema.json", "", partial(schema_text, ConceptTest)),
    *(
        Block(page, f"table: {part.__name__}", partial(table_of, part))
        for page, whole in ((_SCENARIO, Scenario), (_LESSONS, Lesson))
        for part in dict.fromkeys(parts_in(whole))
    ),
    Block(_SCENARIO, "table: distributions", scenario_tables.distributions),
    Block(_SCENARIO, "table: figures", scenario_tables.figures),
    Block("docs/scenarios.md", "table: where-emails-wait", scenario_tables.where_emails_wait),
    Block(_BROKERS, "table: presets", broker_tables.presets),
    Block(_BROKERS, "table: sources", broker_tables.sources),
    Block(_BROKERS, "table: left-out", broker_tables.left_out),
    Block(_TRACE, "table: Trace", trace_tables.trace_table),
    *(
        Block(_TRACE, f"table: {kind.__name__}", partial(trace_tables.table_of, kind))
        for kind in trace_tables.ROWS
    ),
    Block(_TRACE, "table: words", trace_tables.words),
    Block(_TRACE, "table: writers", trace_tables.writers),
    Block(_TRACE, "table: in_place", lambda: trace_tables.deliveries(trace_tables.in_place())),
    Block(_TRACE, "table: late", lambda: trace_tables.deliveries(trace_tables.late())),
    Block("docs/performance.md", "table: event-rules", engine_tables.event_rules),
    Block(_LIVE, "table: live-runs", live_runs),
    Block(_FIT, "table: formats", log_tables.formats),
    Block(_FIT, "table: refused", log_tables.refused),
    Block(_FIT, "table: columns", log_tables.columns),
    *(Block(_FIT, f"output of: {command}", partial(_fit_output, command)) for command in _FIT_COMMANDS),
    *(Block(page, f"output of: {command}", partial(output_of, command)) for page, command in _OUTPUTS),
)
