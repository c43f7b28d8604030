"""A scenario as a YAML text again, with changes applied."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from syncasync_sim.command_line import command_line
from syncasync_sim.errors import visible
from syncasync_sim.files.scenario_loader import scenario_document

_WIDTH = 100
_SCHEMA = "# yaml-language-server:"


def changed_text(text: str, name: str, sets: Sequence[str]) -> str:
    """Return the text of a scenario with changes applied; without changes it is the same text.

    A changed text has no comments: what they say may no longer be true. Its first line lists the changes.

    Args:
        text: the YAML text.
        name: the name for messages.
        sets: the changes, each `path=value` as for `--set`.

    Raises:
        ScenarioError: the text cannot be read, or a change cannot be applied.
    """
    if not sets:
        return text
    data = scenario_document(text, name, sets).data
    head = [line for line in text.splitlines()[:1] if line.startswith(_SCHEMA)]
    head += [f"# {visible(name)} with {command_line([word for flag in sets for word in ('--set', flag)])}"]
    body = yaml.safe_dump(data, sort_keys=False, default_flow_style=None, allow_unicode=True, width=_WIDTH)
    return "\n".join([*head, body])
