"""The reference of the commands, made of the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from typer.main import get_command

from syncasync_sim.cli.app import app
from syncasync_sim.cli.main import PROGRAM

HEAD = """# Commands and options

Every command with all that it takes, as `--help` tells it. [The command line](cli.md) explains what the
commands do, with examples.
"""


def page() -> str:
    """The whole page, in Markdown."""
    top: Any = get_command(app)
    context = top.context_class(top, info_name=PROGRAM)
    return "\n\n".join([HEAD.strip(), *_section(top, context), *_below(top, context)]) + "\n"


def _below(group: Any, parent: Any) -> Iterator[str]:
    """The commands of a group, each with those below it."""
    for name, command in group.commands.items():
        context = command.context_class(command, info_name=name, parent=parent)
        yield from _section(command, context)
        if hasattr(command, "commands"):
            yield from _below(command, context)


def _section(command: Any, context: Any) -> Iterator[str]:
    """One command: its name, examples, what it does, and tables of its arguments and options."""
    yield f"## {context.command_path}"
    usage = " ".join(command.collect_usage_pieces(context))
    yield _fenced(f"{context.command_path} {usage}")
    for paragraph in re.split(r"\n\s*\n", (command.help or "").strip()):
        # Typer leaves the lines of a paragraph as they are where it begins with this.
        yield _fenced(paragraph[1:].strip("\n")) if paragraph.startswith("\b") else _escaped(paragraph)
    if hasattr(command, "commands"):
        rows = [(name, below.get_short_help_str(200)) for name, below in command.commands.items()]
        yield _table("command", rows)
    parameters = command.get_params(context)
    arguments = [(p.metavar, p.help or "") for p in parameters if p.param_type_name == "argument"]
    yield from [_table("argument", arguments)] if arguments else []
    options = [p.get_help_record(context) for p in parameters if p.param_type_name == "option"]
    yield _table("option", [record for record in options if record])


def _fenced(text: str) -> str:
    return f"```text\n{text}\n```"


def _table(kind: str, rows: Sequence[tuple[str, str]]) -> str:
    lines = [f"| {kind} | what it means |", "|---|---|"]
    lines += [f"| `{_cell(name)}` | {_cell(_escaped(meaning))} |" for name, meaning in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """In one line, and without the sign that would end the cell."""
    return " ".join(text.split()).replace("|", r"\|")


def _escaped(text: str) -> str:
    """With what Markdown would take for marks as it is; code in single backticks stays code."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_<>\[\]#])", r"\\\1", part) for part in parts
    )
