"""The page that most tests of the picture look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.pages import written


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The page of `worker-crash`."""
    return written(tmp_path, "worker-crash")
