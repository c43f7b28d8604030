"""A log file as text: gzip or not, line by line, in bounded memory."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, cast

from syncasync_sim.errors import LogError, visible

HEAD_BYTES = 65_536
"""So much of the beginning is looked at to recognise a format."""
LONGEST_LINE = 1_000_000
"""Characters; what is longer is no line of a log."""
MOST_DOCUMENT_BYTES = 300_000_000
"""The largest file that is one JSON document: it is read at once."""
_GZIP = b"\x1f\x8b"
_WIDE = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Source:
    """A file that is to be read as a log."""

    path: Path

    @property
    def name(self) -> str:
        """The name of the file for messages."""
        return visible(self.path.name)

    @cached_property
    def head(self) -> str:
        """The text at the beginning of the file, as much as is needed to recognise its format.

        Raises:
            LogError: the file cannot be read or holds no text.
        """
        with self._opened() as stream:
            raw = self._read(stream, HEAD_BYTES)
        if raw.startswith(_WIDE):
            raise LogError(f"{self.name}: this file is UTF-16 text\n  = save it as UTF-8")
        if b"\0" in raw:
            raise LogError(f"{self.name}: this is no text file (it holds zero bytes)\n  = {_TEXT}")
        text = raw.decode("utf-8-sig", "replace")
        if not text.strip():
            raise LogError(f"{self.name}: the file is empty\n  = give a log with at least 20 requests in it")
        return text

    @cached_property
    def head_lines(self) -> list[str]:
        """The first lines of the file, without their ends and without empty ones; none is cut."""
        lines = [line for line in self.head.splitlines() if line.strip()]
        if len(self.head) >= HEAD_BYTES // 4 and len(lines) > 1 and not self.head.endswith("\n"):
            lines.pop()
        return lines

    def lines(self, longest: int = LONGEST_LINE) -> Iterator[tuple[int, str]]:
        """Yield the number (from 1) and the text of each line, without its end.

        Bytes that are no UTF-8 are replaced. A gzip file that ends early gives the lines up to there, then
        raises.

        Args:
            longest: so many characters a line may have at most.

        Raises:
            LogError: the file cannot be read, is cut, or has a line that is too long.
        """
        with self._opened() as stream:
            text = io.TextIOWrapper(stream, "utf-8-sig", "replace", newline=None)
            number = 0
            while True:
                try:
                    line = text.readline(longest)
                except (OSError, EOFError, zlib.error) as error:
                    raise self._broken(error, number) from None
                if not line:
                    return
                number += 1
                if len(line) >= longest:
                    message = f"this line is longer than {longest:,} characters"
                    raise LogError(f"{self.name}:{number}: {message}\n  = {_TEXT}")
                yield number, line.rstrip("\r\n")

    def document(self) -> str:
        """The text of a file that is one document, as JSON from a download is.

        Raises:
            LogError: the file cannot be read, is cut or too large.
        """
        with self._opened() as stream:
            raw = self._read(stream, MOST_DOCUMENT_BYTES + 1)
        if len(raw) > MOST_DOCUMENT_BYTES:
            most = f"{MOST_DOCUMENT_BYTES // 1_000_000} MB"
            raise LogError(
                f"{self.name}: one JSON document of more than {most} is not read\n  = export fewer traces"
            )
        return raw.decode("utf-8-sig", "replace")

    def _opened(self) -> IO[bytes]:
        try:
            if self.path.is_dir():
                raise LogError(f"{self.name}: this is a folder\n  = name the log files in it")
            with self.path.open("rb") as file:
                packed = file.read(2) == _GZIP
            return cast("IO[bytes]", gzip.open(self.path, "rb")) if packed else self.path.open("rb")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise LogError(
                f"{visible(str(self.path))}: cannot be read: {reason}\n  = check the path and its permissions"
            ) from None

    def _read(self, stream: IO[bytes], size: int) -> bytes:
        try:
            return stream.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise self._broken(error, 0) from None

    def _broken(self, error: Exception, line: int) -> LogError:
        after = f" after line {line:,}" if line else ""
        return LogError(
            f"{self.name}: the compressed file is cut or damaged{after} ({error})\n"
            "  = copy it again, or unpack what there is: gzip -dc FILE > part.log"
        )


_TEXT = "give a log as text, or packed with gzip"
