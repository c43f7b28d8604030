"""The two designs that are compared."""

from __future__ import annotations

from typing import Literal

Mode = Literal["sync", "async"]
MODES: tuple[Mode, ...] = ("sync", "async")
