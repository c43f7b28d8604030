from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from live.servers import Servers


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """By kind, the URL of a server of our own."""
    with ExitStack() as stack:
        yield Servers(stack)
