"""A log format of nginx, Apache or gunicorn, as its configuration has it, made a layout of lines.

A directive such as `%D`, `%(D)s` or `$request_time` is a row in a table: its pattern, and its role.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from syncasync_sim.errors import LogError, visible
from syncasync_sim.fit.formats.moments import CLF, ISO, moment_of
from syncasync_sim.fit.formats.records import Layout
from syncasync_sim.fit.log import Measure, Stamp

NUMBER = r"-|\d+(?:\.\d+)?"
NUMBERS = r"(?:-|[\d.]+)(?:(?:, | : |,|;)(?:-|[\d.]+))*"
_BARE = r"\S*?"
_TEXT = r".*?"
_QUOTED = r'(?:[^"\\]|\\.)*?'


@dataclass(frozen=True, slots=True)
class Directive:
    """What a directive writes into a line."""

    pattern: str
    role: str = ""
    """The role of its text in a record; empty if nothing is made of it."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a program writes its log formats."""

    name: str
    directive: re.Pattern[str]
    """One directive; its group `name` is the key of the table, `{arg}` included."""
    rows: Mapping[str, Directive]
    stamp: Stamp
    """The side of a request that its usual stamp is."""
    measures: Measure = "response"
    other: Callable[[str], Directive | None] = field(default=lambda _name: None)
    """The directive of a name that no row has."""
    cure: str = ""
    """What the format needs."""


NGINX_ROWS: Mapping[str, Directive] = {
    "msec": Directive(r"\d+\.\d+", "end_s"),
    "time_local": Directive(CLF, "end_clf"),
    "time_iso8601": Directive(ISO, "end_iso"),
    "request_time": Directive(NUMBER, "took_s"),
    "upstream_response_time": Directive(NUMBERS, "upstream_s"),
    "upstream_connect_time": Directive(NUMBERS),
    "upstream_header_time": Directive(NUMBERS),
    "upstream_addr": Directive(r"[^\s,\"]+(?:(?:, | : )[^\s,\"]+)*", "server"),
    "upstream_status": Directive(r"(?:-|\d+)(?:(?:, | : )(?:-|\d+))*"),
    "status": Directive(r"\d{3}|-", "status"),
    "request": Directive(_TEXT),
    "http_user_agent": Directive(_TEXT),
    "http_referer": Directive(_TEXT),
    "http_x_forwarded_for": Directive(r"\S+(?:, \S+)*?"),
}
_APACHE_CLOCK: Mapping[str, Directive] = {
    "%t": Directive(rf"\[{CLF}\]", "start_clf"),
    "%{sec}t": Directive(r"\d+", "start_s"),
    "%{msec}t": Directive(r"\d+", "start_ms"),
    "%{usec}t": Directive(r"\d+", "start_us"),
    "%{msec_frac}t": Directive(r"\d{3}", "start_msfrac"),
    "%{usec_frac}t": Directive(r"\d{6}", "start_usfrac"),
}
APACHE_ROWS: Mapping[str, Directive] = {
    **_APACHE_CLOCK,
    **{key.replace("{", "{begin:"): row for key, row in _APACHE_CLOCK.items() if "{" in key},
    **{
        key.replace("{", "{end:"): Directive(row.pattern, row.role.replace("start", "end"))
        for key, row in _APACHE_CLOCK.items()
        if "{" in key
    },
    "%D": Directive(NUMBER, "took_us"),
    "%T": Directive(NUMBER, "took_s"),
    "%{s}T": Directive(NUMBER, "took_s"),
    "%{ms}T": Directive(NUMBER, "took_ms"),
    "%{us}T": Directive(NUMBER, "took_us"),
    "%s": Directive(r"\d{3}|-", "status"),
    "%r": Directive(_TEXT),
    "%U": Directive(_TEXT),
    "%P": Directive(r"\d+", "lane"),
    "%%": Directive("%"),
}
GUNICORN_ROWS: Mapping[str, Directive] = {
    "t": Directive(rf"\[{CLF}\]", "end_clf"),
    "D": Directive(NUMBER, "took_us"),
    "M": Directive(NUMBER, "took_ms"),
    "L": Directive(NUMBER, "took_s"),
    "T": Directive(NUMBER, "seconds_s"),
    "p": Directive(r"<\d+>", "lane"),
    "s": Directive(r"\d{3}|-", "status"),
    "r": Directive(_TEXT),
    "f": Directive(_TEXT),
    "a": Directive(_TEXT),
}
_STRFTIME: Mapping[str, tuple[str, str]] = {
    "d": (r"\d\d", "d"),
    "e": (r"[ \d]?\d", "d"),
    "b": (r"[A-Za-z]{3}", "b"),
    "h": (r"[A-Za-z]{3}", "b"),
    "m": (r"\d\d", "m"),
    "Y": (r"\d{4}", "Y"),
    "H": (r"\d\d", "H"),
    "M": (r"\d\d", "M"),
    "S": (r"\d\d", "S"),
    "z": (r"[+-]\d\d:?\d\d", "z"),
    "s": (r"\d+", "s"),
    "Z": (r"\w+", ""),
    "a": (r"\w+", ""),
    "A": (r"\w+", ""),
    "j": (r"\d+", ""),
    "%": ("%", ""),
}
"""A conversion of strftime: its pattern, and which part of the date it is."""
_SHORT = {"%T": "%H:%M:%S", "%F": "%Y-%m-%d", "%D": "%m/%d/%Y", "%R": "%H:%M"}
_FREE = re.compile(r"%\{[^}]*\}[ioenC]")


def _apache_other(name: str) -> Directive | None:
    """A `%{...}t` with a date of its own, a header, or any other directive of one letter."""
    if re.fullmatch(r"%\{.*\}t", name):
        return None
    return Directive(_TEXT if _FREE.fullmatch(name) else _BARE)


SYNTAXES: tuple[Syntax, ...] = (
    Syntax(
        "nginx",
        re.compile(r"\$\{?(?P<name>\w+)\}?"),
        NGINX_ROWS,
        "end",
        other=lambda name: Directive(_TEXT if name.startswith(("http_", "sent_http_")) else _BARE),
        cure="log_format needs $request_time, and $msec (or $time_local)",
    ),
    Syntax(
        "gunicorn",
        re.compile(r"%\((?P<name>[^)]*)\)s"),
        GUNICORN_ROWS,
        "end",
        "work",
        other=lambda name: Directive(_TEXT if name.startswith("{") else _BARE),
        cure="the format needs %(D)s (or %(L)s, %(M)s) and %(t)s",
    ),
    Syntax(
        "apache",
        re.compile(r"(?P<name>%(?:[<>]|!?\d{3}(?:,\d{3})*)*(?:\{[^}]*\})?(?:\^\w\w|[A-Za-z%]))"),
        APACHE_ROWS,
        "start",
        other=_apache_other,
        cure="LogFormat needs %D (or %T, %{ms}T), and %t with %{usec_frac}t",
    ),
)
"""In the order in which a format is tried; the last takes what is left."""
_CONFIGURED = re.compile(r"\s*(?:log_format\s+\S+(?:\s+escape=\w+)?|LogFormat)\s+", re.IGNORECASE)


def syntax_of(line_format: str) -> Syntax:
    """Return the syntax in which a format is written.

    Args:
        line_format: the format.

    Raises:
        LogError: it has no directive.
    """
    for syntax in SYNTAXES:
        if syntax.directive.search(line_format):
            return syntax
    raise LogError(
        f"--line-format: '{visible(line_format[:100])}' has no directive\n"
        "  = write it as the server's configuration has it, as '%h %t \"%r\" %>s %b %D' or "
        "'$remote_addr $msec $status $request_time'"
    )


def compile_line_format(line_format: str) -> Layout:
    """Return the layout of the lines that a format writes.

    Args:
        line_format: the format, as `LogFormat` of Apache, `log_format` of nginx or `access_log_format` of
            gunicorn has it.

    Raises:
        LogError: it is no format, or its lines do not say when a request came and how long it took.
    """
    syntax = syntax_of(line_format)
    pieces = _pieces(syntax, _plain(line_format))
    given = {piece.role for piece in pieces}
    _choose(pieces)
    roles = {piece.role for piece in pieces if piece.role}
    sides = [side for side in ("start", "end") if moment_of(roles, side)]
    took = any(role.startswith("took_") for role in roles)
    if not sides or (not took and len(sides) < 2):
        lacks = "does not say when a request came or ended" if not sides else "has no duration"
        raise LogError(f"--line-format: this format {lacks}\n  = {syntax.cure}")
    caution = (
        ""
        if any(r.startswith("took_") for r in given)
        else _CAUTIONS.get(min(given & {*_CAUTIONS}, default=""), "")
    )
    pattern = "".join(f"(?P<{p.role}>{p.pattern})" if p.role else f"(?:{p.pattern})" for p in pieces)
    parts = roles & {"start_d", "end_d"} and not roles & {"start_z", "end_z"}
    stamp: Stamp = "both" if len(sides) == 2 else "start" if sides == ["start"] else "end"
    return Layout(re.compile(rf"^\s*{pattern}\s*$"), stamp, syntax.measures, not parts, caution)


def _plain(line_format: str) -> str:
    """The format without the words and the quotes around it in a configuration."""
    text = line_format.strip()
    if match := _CONFIGURED.match(text):
        text = "".join(
            first or second
            for first, second in re.findall(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"", text[match.end() :])
        )
    return text.replace('\\"', '"').replace("\\t", "\t")


def _pieces(syntax: Syntax, text: str) -> list[Directive]:
    """The directives of a format, and the text between them."""
    pieces, end = [], 0
    for match in syntax.directive.finditer(text):
        between = text[end : match.start()]
        pieces.append(Directive(re.escape(between)))
        end = match.end()
        quoted = between.endswith('"') and text.startswith('"', end)
        pieces += _of_directive(syntax, match["name"], quoted=quoted)
    pieces.append(Directive(re.escape(text[end:])))
    return pieces


def _of_directive(syntax: Syntax, name: str, *, quoted: bool) -> list[Directive]:
    name = re.sub(r"^%[<>!,\d]+", "%", name)
    row = syntax.rows.get(name) or syntax.other(name)
    if row is None:
        return _date_pieces(name)
    if row.pattern.startswith(r"\["):
        return [Directive(r"\["), Directive(row.pattern[2:-2], row.role), Directive(r"\]")]
    if quoted and row.pattern in (_BARE, _TEXT):
        return [Directive(_QUOTED)]
    return [row]


def _date_pieces(name: str) -> list[Directive]:
    """The parts of a date that `%{...}t` writes in the manner of strftime."""
    form = name[2:-2]
    side = "end" if form.startswith("end:") else "start"
    form = re.sub(r"^(?:begin|end):", "", form)
    for short, long in _SHORT.items():
        form = form.replace(short, long)
    pieces = []
    for conversion, text in re.findall(r"%(.)|([^%]+)", form):
        if text:
            pieces.append(Directive(re.escape(text)))
        elif conversion not in _STRFTIME:
            raise LogError(
                f"--line-format: %{conversion} in {visible(name)} is not known here\n"
                f"  = use %{' %'.join(_STRFTIME)} {' '.join(_SHORT)}"
            )
        else:
            pattern, part = _STRFTIME[conversion]
            pieces.append(Directive(pattern, f"{side}_{part}" if part else ""))
    return pieces


_CAUTIONS = {
    "upstream_s": "the log has no $request_time: the time of the upstream was taken",
    "seconds_s": "the durations are whole seconds",
}
_STAND_IN = {"upstream_s": "took_s", "seconds_s": "took_s"}
"""Durations that are taken only where there is no better one."""


def _choose(pieces: list[Directive]) -> None:
    """Keep each role once, and a stand-in only where the better one is missing."""
    better = any(piece.role.startswith("took_") for piece in pieces)
    seen: Counter[str] = Counter()
    for index, piece in enumerate(pieces):
        role = _STAND_IN.get(piece.role, piece.role)
        seen[role] += 1
        if (better and role != piece.role) or seen[role] > 1:
            role = ""
        pieces[index] = Directive(piece.pattern, role)
