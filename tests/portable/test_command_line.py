"""Commands to be pasted are read by the shell and by the program as they were meant, on every system."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncasync_sim import command_line as quoting
from syncasync_sim.command_line import command_line, pip_install, quoted

SOURCES = sorted((Path(__file__).parents[2] / "src" / "syncasync_sim").rglob("*.py"))
TROUBLE = st.text(st.sampled_from("ab \\\"'&|<>^()[]{}=,;@#$`!~*?é"), max_size=8)


def cut_by_windows(line: str) -> list[str]:
    """The words of a command line, as the C library on Windows cuts it for a program.

    2n backslashes and a quote are n backslashes, and quotes begin or end; 2n + 1 and a quote are n and a
    plain quote; a quote that comes twice inside of quotes is a plain one. Other backslashes are plain.
    """
    words: list[str] = []
    word, inside, begun, at = "", False, False, 0
    while at < len(line):
        backslashes = len(line[at:]) - len(line[at:].lstrip("\\"))
        at += backslashes
        is_quote = line[at : at + 1] == '"'
        word += "\\" * (backslashes // 2 if is_quote else backslashes)
        begun = begun or backslashes > 0 or is_quote
        if is_quote and (backslashes % 2 or (inside and line[at + 1 : at + 2] == '"')):
            word += '"'
            at += 1 if backslashes % 2 else 2
        elif is_quote:
            inside = not inside
            at += 1
        elif line[at : at + 1] in (" ", "\t") and not inside:
            words += [word] if begun else []
            word, begun, at = "", False, at + 1
        else:
            word += line[at : at + 1]
            begun, at = True, at + 1
    return [*words, word] if begun else words


def outside_of_quotes(line: str) -> str:
    """What cmd.exe takes for its own: for it every quote begins quotes, or ends them."""
    return "".join(line.split('"')[::2])


@given(st.lists(TROUBLE, min_size=1, max_size=4))
def test_on_windows_every_word_arrives_as_it_was(words: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quoting, "WINDOWS", True)
        line = command_line(["syncasync-sim", *words])
    assert cut_by_windows(line) == ["syncasync-sim", *words]
    assert not set(outside_of_quotes(line)) & set("&|<>^(){},;@#$`!~*?'%")


@given(st.lists(TROUBLE, min_size=1, max_size=4))
def test_elsewhere_a_posix_shell_reads_it(words: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quoting, "WINDOWS", False)
        assert shlex.split(command_line(words)) == words


@pytest.mark.parametrize(
    ("windows", "posix", "word"),
    [
        ("workers.count=3", "workers.count=3", "workers.count=3"),
        ("steps[3].duration=10s", "'steps[3].duration=10s'", "steps[3].duration=10s"),
        ('"steps[send email].background=true"', "'steps[send email].background=true'",
         "steps[send email].background=true"),
        (r"C:\runs\run.json", r"'C:\runs\run.json'", r"C:\runs\run.json"),
        ('"C:\\my runs\\\\"', "'C:\\my runs\\'", "C:\\my runs\\"),
        ('"expect=[""sync.requests == 2""]"', "'expect=[\"sync.requests == 2\"]'",
         'expect=["sync.requests == 2"]'),
        ('""', "''", ""),
    ],
)  # fmt: skip
def test_a_word(windows: str, posix: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for is_windows, line in ((True, windows), (False, posix)):
        monkeypatch.setattr(quoting, "WINDOWS", is_windows)
        assert quoted(word) == line


def test_an_extra_is_installed_by_a_command_that_both_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoting, "WINDOWS", True)
    assert pip_install("dask") == "pip install syncasync-sim[dask]"


def test_nothing_else_quotes_for_a_shell() -> None:
    """Single quotes are letters like others for cmd.exe."""
    assert len(SOURCES) > 200
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if path.name != "command_line.py":
            assert "shlex" not in text, f"{path}: quote with syncasync_sim.command_line"
        for_shells = re.findall(r"(?:--[a-z]+|pip install) '.*", "" if path.parent.name == "live" else text)
        assert not for_shells, f"{path}: write double quotes, or quote with syncasync_sim.command_line"
