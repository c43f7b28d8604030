"""A log format from a server's configuration is compiled to a layout of lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from fit.access import read, rows
from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Wishes
from syncasync_sim.fit.formats.line_format import compile_line_format, syntax_of

DATE = "[21/Sep/2026:14:13:20 +0200]"
BASE_US = 1_789_992_800_000_000
CASES = [
    ("nginx", "$remote_addr $msec $status $request_time", "::1 1789992800.250 200 0.250", (0, 250_000)),
    ("nginx", '[$time_local] "$http_x" $request_time', f'{DATE} "a \\"b\\" c" 0.250', (-250_000, 0)),
    (
        "nginx",
        "log_format main '$time_iso8601 \"$request\" ' '${status} $request_time $upstream_addr';",
        '2026-09-21T14:13:20+02:00 "GET / HTTP/1.1" 200 0.250 10.0.0.1:80, 10.0.0.2:80',
        (-250_000, 0),
    ),
    ("nginx", "$msec $upstream_response_time", "1789992800.000 0.100, 0.150 : 0.050", (-300_000, 0)),
    ("apache", '%h %l %u %t "%r" %>s %b %D', f'h - - {DATE} "GET /" 200 - 250', (0, 250)),
    ("apache", '%t "%{User-Agent}i" %{ms}T', f'{DATE} "a \\" b" 250', (0, 250_000)),
    ("apache", "%t %T %D", f"{DATE} 3 3250000", (0, 3_250_000)),
    (
        "apache",
        "[%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t] %>s %{us}T",
        "[21/Sep/2026 14:13:20.125 +0200] 200 7",
        (125_000, 125_007),
    ),
    ("apache", "%{begin:usec}t %{end:usec}t", "1789992800000001 1789992800000009", (1, 9)),
    ("apache", "%{sec}t.%{usec_frac}t %D", "1789992800.000042 8", (42, 50)),
    ("gunicorn", '%(h)s %(t)s "%(r)s" %(s)s %(D)s %(p)s', f'h {DATE} "GET /" 200 250 <7>', (-250, 0)),
    ("gunicorn", "%(t)s %({x-a}i)s %(L)s", f"{DATE} a b 0.000250", (-250, 0)),
]


@pytest.mark.parametrize(("server", "line_format", "line", "times"), CASES)
def test_a_format_reads_its_line(
    server: str, line_format: str, line: str, times: tuple[int, int], tmp_path: Path
) -> None:
    log = read(tmp_path, [line], Wishes(line_format=line_format))
    assert syntax_of(line_format).name == log.format == server
    assert (log.calls.start_us[0] - BASE_US, log.calls.end_us[0] - BASE_US) == times
    assert log.measures == ("work" if server == "gunicorn" else "response")


def test_the_last_server_answered(tmp_path: Path) -> None:
    log = read(tmp_path, [CASES[2][2]], Wishes(line_format=CASES[2][1]))
    assert list(log.calls.server_names) == ["10.0.0.2:80"]


def test_processes_of_gunicorn_are_named(tmp_path: Path) -> None:
    lines = [f"{DATE} 250 <{i % 2}>" for i in range(4)]
    log = read(tmp_path, lines, Wishes(line_format="%(t)s %(D)s %(p)s"))
    assert log.processes == ("<0>", "<1>")
    assert list(log.calls.lane) == [0, 1, 0, 1]
    assert "sync workers" in log.cautions[0]


def test_a_date_without_a_zone_is_shifted_by_the_users(tmp_path: Path) -> None:
    wishes = Wishes(line_format="%{%Y-%m-%d %H:%M:%S}t %D", zone_minutes=120)
    log = read(tmp_path, ["2026-09-21 14:13:20 250"], wishes)
    assert (log.calls.start_us[0], log.has_zone) == (BASE_US, False)


@pytest.mark.parametrize(
    ("line_format", "message"),
    [
        ("no directive", "has no directive"),
        ("%h %t %>s", "has no duration"),
        ("%h %D", "does not say when a request came"),
        ("$msec $status", r"needs \$request_time"),
        ("%(t)s", r"needs %\(D\)s"),
        ("%{%I:%M %p}t %D", "%I in"),
        ("%{%H:%M}t %D", "does not say when a request came"),
    ],
)
def test_a_format_that_says_too_little_is_refused(line_format: str, message: str) -> None:
    with pytest.raises(LogError, match=message):
        compile_line_format(line_format)


def test_a_format_that_fits_no_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"some\.log:1: no line has the format"):
        read(tmp_path, ["x y z"], Wishes(line_format="%h %t %D"))


def test_other_lines_between_are_counted(tmp_path: Path) -> None:
    log = read(tmp_path, [f"{DATE} 250", "x", f"{DATE} -"], Wishes(line_format="%t %D"))
    assert (rows(log), log.unreadable_count) == ([(0, 0)], 1)
    assert log.left_out == {"without a duration": 1}
