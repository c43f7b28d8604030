"""A value on one line, as a scenario file writes it, and as it is read back from there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from syncasync_sim.model.quantities import format_number

# Text that needs no quotes: nothing in it has a meaning in YAML. Commas and brackets have one in brackets.
_PLAIN = re.compile(r"\w(?:[\w .()=%/,\[\]-]*[\w.()%\]-])?")
_INSIDE = re.compile(r"[^,\[\]]*")
_MEANS_SOMETHING = re.compile(r"null|true|false|[0-9]+(?:\.[0-9]*)?(?:e-?[0-9]+)?", re.IGNORECASE)
_WORDS = {None: "null", True: "true", False: "false"}


def written(value: Any) -> str:
    """The text of a value as a file or `--set` has it: `3`, `200ms`, `true`, `[1s, 2s]`, `{attempts: 3}`.

    None is `null`; in a mapping it is left out.
    """
    return _written(value, inside=False, for_display=False)


def display_text(value: Any) -> str:
    """The text of a value for people: as `written`, but a duration of 0 has no quotes."""
    return _written(value, inside=False, for_display=True)


def _written(value: Any, *, inside: bool, for_display: bool) -> str:
    if isinstance(value, Mapping):
        kept = {key: item for key, item in value.items() if item is not None}
        pairs = (
            f"{key}: {_written(item, inside=True, for_display=for_display)}" for key, item in kept.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_written(item, inside=True, for_display=for_display) for item in value) + "]"
    if isinstance(value, str):
        bare = _needs_no_quotes(value, inside) or (for_display and value == "0")
        return value if bare else json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return format_number(value) if isinstance(value, float) else str(value)


def _needs_no_quotes(text: str, inside: bool) -> bool:
    if not _PLAIN.fullmatch(text) or _MEANS_SOMETHING.fullmatch(text):
        return False
    return not inside or _INSIDE.fullmatch(text) is not None
