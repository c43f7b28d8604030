"""Access logs in the common layout: nginx, Apache, gunicorn, Rack; and others whose format is given.

All of them write `... [date] "request" status bytes ...`. Where the duration is, and in which unit, is
seen from the numbers in the first lines: their decimals, their names, and the order of the lines. Where that
leaves a doubt, the user must say it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from statistics import median, pstdev
from typing import Literal

from syncasync_sim.errors import LogError, visible
from syncasync_sim.fit.formats.kinds import Format, Refused, Wishes
from syncasync_sim.fit.formats.line_format import compile_line_format
from syncasync_sim.fit.formats.moments import CLF, clf_us
from syncasync_sim.fit.formats.records import LONGEST_RECORD, Layout, read_layout
from syncasync_sim.fit.log import Log, Measure
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import TimeUnit

_REQUEST = r'"(?:[^"\\]|\\.)*"'
_BODY = rf'\[(?P<clf>{CLF})\](?P<between>(?: [^\s"]+)*) {_REQUEST} (?P<status>\d{{3}}|-) (?P<bytes>\d+|-)'
_RECORD = re.compile(rf"^.*?{_BODY}(?P<tail>(?:\s.*)?)$")
_LISTED = r"(?:[\d.]+|-)(?:(?:, | : )(?:[\d.]+|-))+"
_TOKEN = rf'(?>(?:[\w.-]+[=:])?(?:"(?:[^"\\]|\\.)*"|{_LISTED}|[^\s"]+))'
_TOKENS = re.compile(_TOKEN)
_NAMED = re.compile(r'(?:^|[\s,|;\[{("])([A-Za-z_][\w.-]*)[=:] ?"?(-|\d+(?:\.\d+)?)(?=[\s",;|\])}]|$)')
NAMES: dict[str, tuple[str, str]] = {
    "rt": ("nginx", "took_s"),
    "request_time": ("nginx", "took_s"),
    "req_time": ("nginx", "took_s"),
    "reqtime": ("nginx", "took_s"),
    "rtime": ("nginx", "took_s"),
    "resp_time": ("nginx", "took_s"),
    "response_time": ("nginx", "took_s"),
    "duration": ("nginx", "took_s"),
    "msec": ("nginx", "end_s"),
    "urt": ("nginx", "upstream"),
    "upstream_response_time": ("nginx", "upstream"),
    "upstream_time": ("nginx", "upstream"),
    "ut": ("nginx", "upstream"),
    "d": ("apache", "took_us"),
    "time_us": ("apache", "took_us"),
    "duration_us": ("apache", "took_us"),
    "duration_ms": ("apache", "took_ms"),
}
"""A number with a name, in small letters: whose it is, and its role."""
_DECIMALS = {3: "nginx", 4: "rack", 6: "gunicorn"}
"""Who writes seconds with so many decimals without a name."""
_MS_AT_THE_END = {
    "traefik-text": r'"(?P<server>[^"]*)"\s(?P<took>\d+|-)ms\s*$',
    "morgan": r"\s(?P<took>\d+(?:\.\d+)?|-)\s?ms\s*$",
}
_SECONDS_AND_MICRO = (
    r"(?<![\w.:/-])(?P<s>\d{1,6})[/ ](?P<took>\d{1,12})(?=[\s*]|$)",
    r"(?<![\w.:/-])(?P<took>\d{1,12})[/ ](?P<s>\d{1,6})(?=[\s*]|$)",
)
_FEWEST_LINES = 0.5
"""So many of the first lines must have the common layout."""
_LARGEST_MS = 300_000
"""As milliseconds this is five minutes: a server gives up earlier."""
_MOST_DISORDER = 0.02
_ONE_AT_A_TIME = {
    "gunicorn": "a process of gunicorn does one request at a time only with sync workers",
    "apache": "a process of Apache does one request at a time only with the MPM prefork",
}
UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Guess:
    """What the first lines of a log in the common layout say about its duration."""

    server: str
    """nginx, apache, gunicorn or rack; `combined`: there is no duration."""
    duration: str = ""
    """The pattern of the duration and of the text around it, with its role as the name of the group."""
    unit: TimeUnit | None = "s"
    """None: only the user knows."""
    msec: str = ""
    """The pattern of a Unix time in seconds, if there is one."""
    before: bool = False
    """Whether the duration is before the request."""
    has_zone: bool = True
    caution: str = ""


def guess(source: Source) -> Guess | None:
    """Return what the first lines of a file say, or None if it is no log in the common layout."""
    return _guess(source.head, tuple(source.head_lines))


@lru_cache(maxsize=4)
def _guess(head: str, lines: tuple[str, ...]) -> Guess | None:
    del head
    records = [match for line in lines if len(line) < LONGEST_RECORD and (match := _RECORD.match(line))]
    if not records or len(records) < _FEWEST_LINES * len(lines):
        return None
    zoned = bool(re.search(r"[+-]\d{4}|UTC|GMT", records[0]["clf"]))
    for attempt in (_named, _with_unit, _decimal, _with_seconds, _integer):
        if duration := attempt(records):
            break
    else:
        duration = Guess("combined")
    return Guess(
        duration.server,
        duration.duration,
        duration.unit,
        duration.msec,
        duration.before,
        zoned,
        duration.caution,
    )


def _named(records: Sequence[re.Match[str]]) -> Guess | None:
    """Numbers with names: `rt=0.041 urt="0.040"`."""
    names = Counter(name for record in records for name in {n for n, _ in _NAMED.findall(record["tail"])})
    common = [name for name, count in names.items() if count * 2 >= len(records)]
    roles = {NAMES[name.lower()][1]: name for name in common if name.lower() in NAMES}
    role = next((r for r in ("took_us", "took_ms", "took_s", "upstream") if r in roles), None)
    if role is None:
        return None
    name = roles[role]
    unit: TimeUnit = {"took_us": "us", "took_ms": "ms"}.get(role, "s")  # type: ignore[assignment]
    msec = rf'(?<![\w.-]){re.escape(roles["end_s"])}[=:] ?"?(?P<end_s>\d+\.\d+)' if "end_s" in roles else ""
    value = r'"?(?P<took>(?:[\d.]+|-)(?:(?:, | : )(?:[\d.]+|-))*)(?=[\s",;|\])}]|$)'
    caution = "the log has no $request_time: the time of the upstream was taken" if role == "upstream" else ""
    return Guess(
        NAMES[name.lower()][0], rf"(?<![\w.-]){re.escape(name)}[=:] ?{value}", unit, msec, caution=caution
    )


def _columns(records: Sequence[re.Match[str]], part: str, pattern: str) -> dict[int, list[str]]:
    """The columns of a part of the lines, counted from its end, whose texts have a pattern in most lines."""
    matcher = re.compile(pattern)
    rows = [[token.strip('"') for token in _TOKENS.findall(record[part])] for record in records]
    columns = {}
    for index in range(1, max(map(len, rows)) + 1 if rows else 1):
        texts = [row[-index] for row in rows if len(row) >= index]
        fit = [text for text in texts if matcher.fullmatch(text)]
        known = sum(text not in ("", "-") for text in texts)
        if fit and len(fit) >= 0.9 * known and known * 2 >= len(records):
            columns[index] = [text if matcher.fullmatch(text) else "-" for text in texts]
    return columns


def _at(index: int, group: str) -> str:
    """The pattern of the column with an index from the end of the line."""
    value = rf'"?(?P<{group}>{_LISTED}|[\d.]+|-)"?(?=\s|$)'
    return rf"\s{value}(?:\s+{_TOKEN}){{{index - 1}}}\s*$"


def _decimal(records: Sequence[re.Match[str]]) -> Guess | None:
    """Seconds with decimals; of several columns the one that is never less than the others."""
    for part in ("tail", "between"):
        columns = _columns(records, part, rf"\d{{1,6}}\.\d{{3,9}}|{_LISTED}")
        stamps = _columns(records, part, r"\d{10}\.\d{3}")
        if not columns:
            continue
        total = {index: sum(map(_seconds, texts)) for index, texts in columns.items()}
        index = max(total, key=lambda column: (total[column], column))
        decimals = Counter(len(text.rpartition(".")[2]) for text in columns[index] if "." in text)
        server = _DECIMALS.get(max(decimals, key=decimals.__getitem__, default=3), "nginx")
        msec = _at(next(iter(stamps)), "end_s") if stamps and part == "tail" else ""
        return Guess(server, _at(index, "took"), "s", msec, before=part == "between")
    return None


def _seconds(text: str) -> float:
    try:
        return sum(float(number) for number in re.findall(r"[\d.]+", text))
    except ValueError:
        return 0.0


def _with_unit(records: Sequence[re.Match[str]]) -> Guess | None:
    """A number with its unit at the end: `"http://10.0.0.2:80" 3ms` of Traefik, `3.214 ms` of morgan."""
    for server, pattern in _MS_AT_THE_END.items():
        count = sum(re.search(pattern, record["tail"]) is not None for record in records)
        if count * 2 > len(records):
            return Guess(server, pattern, "ms")
    return None


def _with_seconds(records: Sequence[re.Match[str]]) -> Guess | None:
    """`%T` and `%D` of Apache side by side, as in `**0/12345**` or `0 12345`: one is the other in seconds."""
    for pattern in _SECONDS_AND_MICRO:
        matches = [match for record in records if (match := re.search(pattern, record["tail"]))]
        if len(matches) * 2 > len(records) and all(
            int(m["took"]) // 1_000_000 == int(m["s"]) for m in matches
        ):
            return Guess("apache", pattern.replace("(?P<s>", "(?:"), "us")
    return None


def _integer(records: Sequence[re.Match[str]]) -> Guess | None:
    """A whole number: `%D` or `%T` of Apache, or the count of bytes with the headers."""
    for part in ("tail", "between"):
        columns = _columns(records, part, r"\d{1,10}")
        texts = {index: column for index, column in columns.items() if not _are_bytes(records, column)}
        if not texts:
            continue
        index = max(texts) if len(texts) == 1 else min(texts)
        before = part == "between"
        pattern = _at(index, "took")
        numbers = [int(text) for text in texts[index] if text.isdigit()]
        if len(texts) > 1:
            return Guess("apache", pattern, None, before=before, caution=UNSURE)
        pairs = [
            (clf_us(r["clf"]), int(t)) for r, t in zip(records, texts[index], strict=False) if t.isdigit()
        ]
        if not _is_micro(numbers, pairs):
            return Guess("apache", pattern, None, before=before)
        caution = (
            "the number after the bytes is taken for microseconds (%D of Apache); --unit says another unit"
        )
        return Guess("apache", pattern, "us", before=before, caution=caution)
    return None


def _stamped(records: Sequence[re.Match[str]], column: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The stamp and the number of each line that has both."""
    for record, text in zip(records, column, strict=False):
        with suppress(ValueError):
            yield clf_us(record["clf"]), int(text)


def _are_bytes(records: Sequence[re.Match[str]], column: Sequence[str]) -> bool:
    """Whether a column is the count of bytes again, with the headers (`%O`)."""
    pairs = [
        (int(record["bytes"]), int(text))
        for record, text in zip(records, column, strict=False)
        if record["bytes"].isdecimal() and text.isdecimal()
    ]
    headers = [sent - size for size, sent in pairs]
    near = sum(0 <= header <= 4000 for header in headers) >= 0.95 * len(pairs)
    return bool(pairs) and near and 2 * pstdev(headers) < pstdev(size for size, _ in pairs)


def _is_micro(numbers: Sequence[int], pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether whole numbers can only be microseconds.

    Apache writes a line when a request ends: with the right unit, the ends are in order, but for the second
    that the stamp leaves open. Milliseconds that are none leave much disorder, or are too long for a server.
    """
    if max(numbers, default=0) >= _LARGEST_MS or median(numbers) >= _LARGEST_MS // 10:
        return True
    return _disorder(pairs, 1000) > _MOST_DISORDER >= _disorder(pairs, 1)


def _disorder(pairs: Sequence[tuple[int, int]], unit_us: int) -> float:
    """The share of lines that would have ended two seconds or more before one above them."""
    latest, count = 0, 0
    for stamp, number in pairs:
        end = stamp + number * unit_us
        count += end < latest - 2_000_000
        latest = max(latest, end)
    return count / max(len(pairs), 1)


def _recognise(source: Source, servers: Sequence[str]) -> bool:
    guessed = guess(source)
    return guessed is not None and guessed.server in servers


def _layout(source: Source, wishes: Wishes, server: str) -> Layout:
    """The layout of the lines of a file, from its first lines."""
    guessed = guess(source)
    if guessed is None or not guessed.duration:
        raise LogError(
            f"{source.name}:1: this line has no duration in a known position\n"
            f"  | {visible(source.head_lines[0][:100])}\n"
            "  = give the server's format with --line-format; " + _CURE
        )
    unit = wishes.unit or guessed.unit
    if unit is None or guessed.caution == UNSURE:
        cure = "" if guessed.caution == UNSURE else "; or say the unit of that number: --unit us"
        raise LogError(
            f"{source.name}:1: a number here may be %D (microseconds), %T (seconds), or bytes\n"
            f"  | {visible(source.head_lines[0][:100])}\n"
            f"  = give the server's LogFormat: --line-format '%h %l %u %t \"%r\" %>s %b %D'{cure}"
        )
    text = "" if wishes.unit else guessed.caution
    duration = guessed.duration.replace("(?P<took>", f"(?P<took_{unit}>")
    moment = _stamp_of(server)
    stamp = f"(?P<{moment}_clf>{CLF})"
    middle = rf'[^"]* {_REQUEST}'
    if guessed.before:
        middle = duration.removesuffix(r"\s*$") + rf" {_REQUEST}"
    ahead = "" if guessed.before else f"(?=.*?{duration})"
    if guessed.msec and moment == "end":
        stamp, ahead = CLF, f"(?=.*?{guessed.msec}){ahead}"
    pattern = rf"^.*?\[{stamp}\]{middle} (?P<status>\d{{3}}|-) (?:\d+|-){ahead}"
    return Layout(re.compile(pattern), moment, _measured_by(server), guessed.has_zone, text)


def _stamp_of(server: str) -> Literal["start", "end"]:
    """Which moment of a request the date in its line is."""
    return "start" if server in ("apache", "traefik-text") else "end"


def _measured_by(server: str) -> Measure:
    """A server behind a socket knows nothing of the wait before it: its duration is the work."""
    return "work" if server in ("gunicorn", "rack") else "response"


def _read(source: Source, log: Log, wishes: Wishes, server: str) -> None:
    line_format = wishes.line_format
    layout = compile_line_format(line_format) if line_format else _layout(source, wishes, server)
    read_layout(source, log, wishes, layout)
    if line_format and log.unreadable_count == log.lines:
        raise LogError(
            f"{source.name}:1: no line has the format that --line-format gives\n"
            f"  | {visible(source.head_lines[0][:100])}\n"
            "  = compare its quotes, brackets and spaces with this line, one by one"
        )
    if "lane" in layout.pattern.groupindex:
        log.processes = tuple(sorted(log.calls.lane_names))
        log.caution(_ONE_AT_A_TIME.get(server, ""))


def _row(server: str, title: str) -> Format:
    recognise: Callable[[Source], bool] = partial(_recognise, servers=(server,))
    read = partial(_read, server=server)
    return Format(server, title, recognise, read, _stamp_of(server), _measured_by(server))


_CURE = (
    "nginx: log_format needs $request_time and $msec; Apache: LogFormat needs %D and %{usec_frac}t; "
    "gunicorn: --access-logformat needs %(D)s and %(p)s"
)
NGINX = _row("nginx", "nginx access log")
APACHE = _row("apache", "Apache access log")
GUNICORN = _row("gunicorn", "gunicorn access log")
RACK = _row("rack", "Rack access log")
TRAEFIK = _row("traefik-text", "Traefik access log")
MORGAN = _row("morgan", "Express access log (morgan)")


def _is_combined(source: Source) -> bool:
    return _recognise(source, ("combined",))


COMBINED = Refused(
    "combined",
    "access log in the common or combined format",
    _is_combined,
    lambda _source: "it has no duration at all",
    _CURE,
)
