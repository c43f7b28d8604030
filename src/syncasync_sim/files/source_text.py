"""From bytes to text that is safe to read, show and count columns in."""

from __future__ import annotations

import codecs
import re
import unicodedata

from syncasync_sim.errors import ScenarioError, visible
from syncasync_sim.files.diagnostics import Source, Span, refusal

MOST_BYTES = 256_000
RUN_FORMAT = "syncasync-trace"
"""What a run in a file says it is, in its first bytes."""
RUN_BEGINNING_BYTES = 200
_RUN = re.compile(rb'\s*\{\s*"format"\s*:\s*"' + RUN_FORMAT.encode() + rb'"')

_BREAK = re.compile(r"\r\n|\r|\n")
_WIDE_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",  # before the mark of UTF-16 that it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""What an editor has written in front of a text that is not UTF-8."""
_ODD = re.compile(  # all that may not stand in a scenario, in text or as an escape
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible ones
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e0fff]"  # halves of characters, none at all, and tags
)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_TAB = re.compile(r"[ -]*+(?P<odd>\t)[\t ]*+[^\s#]")
_SPACE = re.compile(r"[ \t-]*+(?P<odd>[^\S \t])")
_SPACE_AFTER_COLON = re.compile(r"[\w -]++:(?P<odd>[^\S \t])")


def begins_as_run(beginning: bytes) -> bool:
    """Whether a file with these first bytes is a run, as `run --trace` writes it.

    A scenario may be written in JSON, too, and begins in another way.
    """
    return _RUN.match(beginning) is not None


def too_big(name: str, size: int | None = None, beginning: bytes = b"") -> ScenarioError:
    """The error for a file that is too big, or, where its beginning shows it, is no scenario at all.

    Args:
        name: the name of the file.
        size: its size in bytes; None if it was not read to the end.
        beginning: its first bytes, if known.
    """
    seems, cure = _seems(beginning)
    if seems:
        message = f"this is neither a scenario nor a recorded run; it seems to be {seems}"
        return ScenarioError(f"{visible(name)}: {message}\n  = {cure}")
    size_text = (
        "is too big"
        if size is None
        else f"is {size / 1_000_000:.1f} MB"
        if size >= 1_000_000
        else f"is {size:,} bytes"
    )
    return ScenarioError(
        f"{visible(name)}: the file {size_text}; a scenario may be at most {MOST_BYTES // 1000} kB\n"
        "  = write long traffic as phases, and measured times as a distribution"
    )


def _seems(beginning: bytes) -> tuple[str, str]:
    """What a file that begins so seems to be, and the cure; nothing for what may be a scenario."""
    for mark, encoding in _WIDE_MARKS.items():
        if beginning.startswith(mark):
            return f"{encoding[:6].upper()} text", "save it as UTF-8"
    if b"\0" in beginning:
        return "no text file (it holds zero bytes)", "give a scenario file, a text in YAML saved as UTF-8"
    if beginning.lstrip().startswith(b"["):
        return "a list in JSON", "give a scenario, or the whole file that run --trace wrote"
    return "", ""


def decoded(raw: bytes, name: str) -> str:
    """The text of bytes that must be UTF-8, with or without a byte order mark, and not too long.

    Args:
        raw: the bytes.
        name: the name of the file, for messages.

    Raises:
        ScenarioError: they are not, or are too long.
    """
    if len(raw) > MOST_BYTES:
        raise too_big(name, len(raw), raw[:RUN_BEGINNING_BYTES])
    for mark, encoding in _WIDE_MARKS.items():
        if raw.startswith(mark):
            line = (*raw[len(mark) :].decode(encoding, "replace").splitlines(), "")[0]
            span = Span(Source(name, (line,)), 0, 0)
            raise refusal(span, f"this file is {encoding[:6].upper()} text", "save it as UTF-8")
    if b"\0" in raw:
        message = "this is not a text file (it holds zero bytes)"
        cure = "give a scenario file, a text in YAML saved as UTF-8"
        raise refusal(_span_of_byte(raw, raw.index(b"\0"), name), message, cure)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + (3 if raw.startswith(codecs.BOM_UTF8) else 0)
        message = f"this is not UTF-8 text (byte 0x{raw[start]:02x})"
        raise refusal(_span_of_byte(raw, start, name), message, "save the file as UTF-8") from None


def _span_of_byte(raw: bytes, start: int, name: str) -> Span:
    """Where the byte at *start* stands that is no text, with what its line can be read as."""
    good = _BREAK.split(raw[:start].decode("utf-8-sig", "backslashreplace"))
    line = raw[start:].splitlines()[0].decode("utf-8", "backslashreplace")
    return Span(Source(name, (*good[:-1], good[-1] + line)), len(good) - 1, len(good[-1]), 4)


def source_of(text: str, name: str, first: int = 1) -> Source:
    """Split a text into lines, and check its characters.

    Refused are invisible characters, which deceive the reader, and tabs and odd spaces in the indentation,
    for which YAML would report another place.

    Args:
        text: the text.
        name: the name of the source, for messages.
        first: the number of the first line.

    Raises:
        ScenarioError: a character is refused.
    """
    source = Source(name, tuple(_BREAK.split(text.removeprefix("\ufeff"))), first)
    for number, line in enumerate(source.lines):
        if odd := _ODD.search(line):
            raise refusal(
                Span(source, number, odd.start()),
                control_character(odd[0]),
                "remove it, or type the line again",
            )
        if tab := _TAB.match(line):
            message = "a tab is used for indentation; YAML allows only spaces there"
            raise refusal(Span(source, number, tab.start("odd")), message, "put spaces in its place")
        if space := _SPACE.match(line) or _SPACE_AFTER_COLON.match(line):
            called = unicodedata.name(space["odd"], "odd space").lower()
            message = f"a {called} (U+{ord(space['odd']):04X}) stands where YAML needs a plain space"
            raise refusal(Span(source, number, space.start("odd")), message, "put a plain space in its place")
    return source


def control_character(character: str) -> str:
    """The fault of a character that is not allowed in a scenario."""
    code = f"U+{ord(character):04X}"
    if unicodedata.category(character) in ("Cf", "Zl", "Zp"):
        return f"invisible character {code} changes how the text reads"
    return f"control character {code} does not belong in a scenario"


def joined(text: str) -> str:
    r"""The text with each pair of surrogates from JSON (`\ud83d\ude42`) joined into one character."""
    if not _PAIR.search(text):
        return text
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def first_control_character(text: str) -> str:
    """The first character of a value that is not allowed, as an escape can make one; empty without any."""
    match = _ODD.search(text)
    return match[0] if match else ""
