"""The check sum of what is written and read again: a file that was changed since is not believed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

CHECK = "check"
"""What it is called in a file: a column, or a key."""
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def check_sum(texts: Sequence[str]) -> str:
    """Eight letters for *texts* in their order: no digits, which a spreadsheet would take for a number.

    It finds what was changed by mistake. Who changes a file on purpose can work it out again.
    """
    digest = hashlib.sha256("\x1f".join(texts).encode()).hexdigest()
    return digest[:8].translate(_LETTERS)
