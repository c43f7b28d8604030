"""Which tests are tried a second time, and why; the browser that tests of pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ON_THE_CLOCK = (
    "live/",
    "replay/",
    "web/",
    "surface/test_processes",
    "surface/test_sweep_command",
    "surface/test_terminal",
    "surface/test_watch",
)
"""Tests of processes, sockets, signals and browsers against the clock.

A machine that does much else can make any of them late. A second try tells that from a fault: a fault fails
twice. What was tried again is listed at the end of the run.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on the clock have a second try."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(ON_THE_CLOCK):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file; skips them, with the reason, where there is none."""
    from replay.pages import chromium

    with chromium() as found:
        yield found
