"""A file is of one format only, whatever the order in which the formats are tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fit.test_jobs import BULL, CELERY, EVENTS, OLD_CELERY, SIDEKIQ, SIDEKIQ_FLAT, SIDEKIQ_TEXT, lines_of
from fit.test_load_tests import SAMPLES
from syncasync_sim.fit.formats.table import FORMATS
from syncasync_sim.fit.source import Source

TEXTS = (
    *((sample.format, sample.text) for sample in SAMPLES),
    ("celery", CELERY),
    ("celery", OLD_CELERY),
    ("celery-events", lines_of(EVENTS)),
    ("sidekiq", SIDEKIQ),
    ("sidekiq", SIDEKIQ_FLAT),
    ("sidekiq-text", SIDEKIQ_TEXT),
    ("bullmq", json.dumps(BULL)),
)


@pytest.mark.parametrize(("name", "text"), TEXTS, ids=[name for name, _ in TEXTS])
def test_one_format_alone_takes_a_file(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "some.log"
    path.write_text(text)
    source = Source(path)
    # CSV with any header comes last, for what no other format knows.
    assert [row.name for row in FORMATS if row.name != "csv" and row.recognise(source)] == [name]
