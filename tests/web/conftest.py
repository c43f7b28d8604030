"""The site behind its server, and its playground, for the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from web.site import Opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the built site; skips the tests, with the reason, where it is not built."""
    with served() as at:
        yield at


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """The playground, with the engine loaded once; it asks nobody else, and complains of nothing."""
    page = Opened(browser, f"{address}playground.html")
    page.wait_until_ready()
    yield page
    page.context.close()
    assert page.wrong == []
    assert {urlsplit(url).netloc for url in page.asked} == {urlsplit(address).netloc}
    assert len(page.asked) > 5
