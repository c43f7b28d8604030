"""Access logs: each kind is recognised by its lines, and read to figures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit.access import Rows, read, rows, written
from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.table import FORMATS
from syncasync_sim.fit.reading import read_sources

BASE_US = 1_789_992_800_000_000
"""21 September 2026, 12:13:20 UTC."""


def clf(behind: str) -> Callable[[int], str]:
    """A line of the common layout that ends so; `#` is the number of the line."""
    return lambda i: (
        f'10.0.0.1 - - [21/Sep/2026:14:13:2{i} +0200] "GET /?n={i} HTTP/1.1" 200 {i}00 '
        + behind.replace("#", str(i))
    )


def text(line: str) -> Callable[[int], str]:
    """A line with the number of the line for `#`."""
    return lambda i: line.replace("#", str(i))


ENDS_200: Rows = [(0, 200), (1000, 200), (2000, 200)]
LINES = {
    "time": ("nginx", "end", "response", clf('"-" "a b" 0.200'), ENDS_200),
    "the greatest is the response": ("nginx", "end", "response", clf('"-" "a" "0.1, 0.05" 0.200'), ENDS_200),
    "rt": ("nginx", "end", "response", clf('"-" "a b" rt=0.200 uct="0.000" urt="0.190"'), ENDS_200),
    "two servers tried": ("nginx", "end", "response", clf('"a" urt="0.150, 0.050"'), ENDS_200),
    "msec": ("nginx", "end", "response", clf('"a" 178999280#.500 0.200'), ENDS_200),
    "named msec": ("nginx", "end", "response", clf('"a" rt=0.200 msec=178999280#.500'), ENDS_200),
    "ingress": (
        "nginx",
        "end",
        "response",
        clf('"-" "a" 345 0.200 [s] [] 10.1.2.3:80 12 0.190 200 ab'),
        ENDS_200,
    ),
    "percent D": ("apache", "start", "response", clf('"-" "a" 400000'), [(0, 400), (1000, 400), (2000, 400)]),
    "T and D": ("apache", "start", "response", clf('"a" **0/200000**'), ENDS_200),
    "gunicorn": ("gunicorn", "end", "work", clf('"-" "a" 0.200000'), ENDS_200),
    "rack": ("rack", "end", "work", clf("0.2000"), ENDS_200),
    "traefik": (
        "traefik-text",
        "start",
        "response",
        clf('"-" "a" # "r" "http://10.0.0.2:80" 200ms'),
        ENDS_200,
    ),
    "morgan": ("morgan", "end", "response", clf('"-" "a" 200.000 ms'), ENDS_200),
    "nginx JSON": (
        *("nginx-json", "end", "response"),
        text('{"msec":"178999280#.500","status":"200","request_time":0.200,"upstream_response_time":"-"}'),
        ENDS_200,
    ),
    "LTSV": (
        *("nginx-json", "end", "response"),
        text("time:[21/Sep/2026:14:13:2# +0200]\thost:a\tstatus:200\treqtime:0.200\tapptime:0.1"),
        ENDS_200,
    ),
    "Caddy": (
        *("caddy", "end", "response"),
        text(
            'caddy  | {"ts":178999280#.5,"msg":"handled request","request":{},"duration":2e-1,"status":200}'
        ),
        ENDS_200,
    ),
    "Caddy with units": (
        *("caddy", "end", "response"),
        text('{"ts":178999280#.5,"msg":"handled request","request":{},"duration":"200ms","status":200}'),
        ENDS_200,
    ),
    "Traefik JSON": (
        *("traefik", "start", "response"),
        text('{"StartUTC":"2026-09-21T12:13:2#.123456789Z","Duration":200000000,"DownstreamStatus":200}'),
        ENDS_200,
    ),
    "Envoy JSON": (
        *("envoy", "start", "response"),
        text('{"start_time":"2026-09-21T12:13:2#.123Z","duration":200,"response_code":200}'),
        ENDS_200,
    ),
    "Envoy": (
        *("envoy-text", "start", "response"),
        text(
            '[2026-09-21T12:13:2#.1Z] "GET / HTTP/2" 204 - 154 0 200 10 "x" "a" "i" "h" "tcp://10.0.2.1:80"'
        ),
        ENDS_200,
    ),
    "Istio": (
        *("envoy-text", "start", "response"),
        text('[2026-09-21T12:13:2#.1Z] "GET / HTTP/1.1" 200 - via - "-" 0 1 200 4 "-" "c" "i" "h" "s:80"'),
        ENDS_200,
    ),
    "ALB": (
        *("alb", "both", "response"),
        text(
            "h2 2026-09-21T12:13:2#.300000Z app/s/0 192.0.2.2:5 192.0.2.146:80 0.001 0.150 0.000 200 200 2 3 "
            '"GET https://a:443/ HTTP/2.0" "agent" - - a "R" "-" "-" 0 2026-09-21T12:13:2#.100000Z "forward"'
        ),
        ENDS_200,
    ),
    "classic ELB": (
        *("elb", "start", "response"),
        text(
            "2026-09-21T12:13:2#.945958Z lb 192.168.131.39:2817 10.0.0.1:80 0.001 0.198 0.001 200 200 0 29 "
            '"GET http://a:80/ HTTP/1.1" "curl/7.38.0" - -'
        ),
        ENDS_200,
    ),
    "Heroku": (
        *("heroku", "end", "response"),
        text(
            "2026-09-21T12:13:2#.300000+00:00 heroku[router]: at=info method=GET path=/?service=1ms host=a "
            'fwd="1" dyno=web.1 connect=10ms service=190ms status=200 bytes=78'
        ),
        ENDS_200,
    ),
    "Cloud Foundry": (
        *("gorouter", "start", "response"),
        text(
            'app - [2026-09-21T12:13:2#.123+0000] "GET / HTTP/1.1" 200 0 60 "-" "c" "10.0.0.1:1" "10.0.0.2" '
            'x_forwarded_for:"1.1.1.1" response_time:0.200 gorouter_time:0.0001 app_id:"x" app_index:"1"'
        ),
        ENDS_200,
    ),
    "HAProxy": (
        *("haproxy", "start", "response"),
        text(
            "Sep 21 haproxy[1]: 10.0.1.2:33317 [21/Sep/2026:12:13:2#.100] fe be/s1 10/20/0/150/200 200 9 - - "
            '---- 1/1/1/#/0 0/0 {1wt.eu} {} "GET / HTTP/1.1"'
        ),
        ENDS_200,
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_a_log_is_recognised_and_read(name: str, tmp_path: Path) -> None:
    format_name, stamp, measures, line, expected = LINES[name]
    log = read(tmp_path, [line(i) for i in range(3)])
    assert (log.format, log.stamp, log.measures) == (format_name, stamp, measures)
    assert rows(log) == expected
    assert (log.lines, log.unreadable_count, sum(log.calls.failed)) == (3, 0, 0)
    row = next(row for row in FORMATS if row.name == format_name)
    assert isinstance(row, Format)
    assert (row.stamp, row.measures) == (stamp, measures), "the documents show the row"


def test_a_whole_second_at_the_end_less_the_duration_is_the_start(tmp_path: Path) -> None:
    log = read(tmp_path, [clf('"a" 0.200')(i) for i in range(3)])
    assert log.calls.start_us[0] == BASE_US - 200_000
    assert log.has_zone


def test_iis_and_its_columns(tmp_path: Path) -> None:
    head = "#Fields: date time s-ip cs-method sc-status time-taken"
    log = read(
        tmp_path, [head, "2026-09-21 12:13:20 10.0.0.9 GET 500 250", "2026-09-21 12:13:21 10.0.0.9 GET"]
    )
    assert (log.format, log.lines, log.unreadable_count, list(log.calls.failed)) == ("w3c", 2, 1, [1])
    assert (log.calls.end_us[0], log.calls.start_us[0]) == (BASE_US, BASE_US - 250_000)
    with pytest.raises(LogError, match="no column time-taken"):
        read(tmp_path, [head.replace(" time-taken", ""), "2026-09-21 12:13:20 10.0.0.9 GET 500"])


def test_haproxy_names_the_queue_the_work_and_how_many_it_serves_at_once(tmp_path: Path) -> None:
    line = LINES["HAProxy"][3]
    answered_itself = line(3).replace("be/s1", "be/<NOSRV>")
    foreign = "Sep 21 haproxy[1]: Proxy fe started."
    log = read(tmp_path, [foreign, line(1), line(2).replace(" 200 9", " 503 9"), answered_itself])
    assert (log.waited_count, log.waited_us, log.most_in_service) == (2, 40_000, 2)
    assert list(log.calls.work_us) == [150_000, 150_000]
    assert list(log.calls.failed) == [0, 1]
    assert log.calls.server_names == {"be/s1": 0}
    assert (log.unreadable_count, sum(log.left_out.values()), log.has_zone) == (1, 1, False)


def test_a_zone_that_the_file_does_not_say_comes_from_the_user(tmp_path: Path) -> None:
    line = LINES["HAProxy"][3](0)
    there = read(tmp_path, [line], Wishes(zone_minutes=120)).calls.start_us[0]
    assert there == BASE_US + 100_000 - 7_200_000_000


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("time", "0.200", "-", "without a duration"),
        ("time", '" 200 ', '" 101 ', "web sockets (status 101)"),
        ("ALB", "192.0.2.146:80 0.001 0.150 0.000", "- -1 -1 -1", "answered by the load balancer"),
        ("Heroku", "service=190ms", "service=", "without a duration"),
        ("HAProxy", "/200 200", "/+200 200", "logged before the end"),
        ("HAProxy", "150/200 200", "-1/-1 200", "without a duration"),
        ("nginx JSON", "0.200", '"-"', "without a duration"),
    ],
)
def test_a_record_that_cannot_be_used_is_left_out(
    name: str, old: str, new: str, reason: str, tmp_path: Path
) -> None:
    line = LINES[name][3]
    assert old in line(2)
    log = read(tmp_path, [line(0), line(1), line(2).replace(old, new)])
    assert len(log.calls) == 2
    assert [key.startswith(reason) for key in log.left_out] == [True]


@pytest.mark.parametrize("text_of_date", ["31/Feb/2026", "21/Foo/2026", "00/Sep/2026"])
def test_a_date_that_does_not_exist_is_no_record(text_of_date: str, tmp_path: Path) -> None:
    line = LINES["time"][3]
    log = read(tmp_path, [line(0), line(1), line(2).replace("21/Sep/2026", text_of_date)])
    assert (len(log.calls), log.unreadable_count) == (2, 1)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([clf('"-" "a b"')(i) for i in range(3)], r"log_format needs \$request_time and \$msec"),
        ([clf('"-" "a b" "3.25"')(i) for i in range(3)], "no duration at all"),
        ([clf('"-" "a b" #')(i) for i in range(3)], "--unit us"),
        ([clf('"-" "a b" 5# 7#')(i) for i in range(3)], "--line-format"),
        (
            ["h haproxy[1]: 10.0.1.2:1 [06/Feb/2009:12:12:51.655] f b/s 0/0/50 212 -- 0/0/0/0/3 0/0"],
            "httplog",
        ),
        (['{"time":"2026-09-21T12:13:20Z","request_time":250,"status":200}'], "--unit ms"),
    ],
)
def test_a_log_without_a_certain_duration_is_refused_with_the_cure(
    lines: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(LogError, match=message):
        read(tmp_path, lines)


def test_the_user_says_the_unit(tmp_path: Path) -> None:
    log = read(tmp_path, [clf('"-" "a b" #')(i) for i in range(3)], Wishes(unit="s"))
    assert rows(log) == [(0, 0), (1000, 1000), (2000, 2000)]
    log = read(
        tmp_path, ['{"time":"2026-09-21T12:13:20Z","request_time":250,"status":500}'], Wishes(unit="ms")
    )
    assert (rows(log), list(log.calls.failed)) == ([(0, 250)], [1])


def test_milliseconds_would_put_the_lines_out_of_order(tmp_path: Path) -> None:
    """20 s and 5 s by turns, all within 2 s: in ms every second line would end before the one above it."""
    lines = [clf(f'"-" "a" {5000 if i % 2 else 20000}')(i // 10) for i in range(20)]
    log = read(tmp_path, lines)
    assert max(e - s for s, e in zip(log.calls.start_us, log.calls.end_us, strict=True)) == 20_000
    assert "microseconds" in log.cautions[0]


def cured(error: LogError) -> None:
    """Check that an error says the cure."""
    assert "\n  = " in str(error)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(LINES)),
    st.integers(0, 300),
    st.integers(0, 12),
    st.sampled_from(
        [
            "",
            "-1",
            "nan",
            "9" * 45,
            "\N{SUPERSCRIPT TWO}",
            "[" * 50,
            '"',
            "\\",
            "\t",
            "\N{NULL}x",
            "99/Xyz/0000",
        ]
    )
    | st.text(max_size=8),
)
def test_a_damaged_line_is_never_more_than_a_log_error(
    tmp_path: Path, name: str, begin: int, size: int, by: str
) -> None:
    line = LINES[name][3]
    damaged = line(1)[:begin] + by + line(1)[begin + size :]
    for lines in ([damaged], [line(0), damaged, line(2)[:begin]]):
        try:
            log = read_sources([written(tmp_path, "\n".join(lines))])
        except LogError as error:
            cured(error)
        else:
            assert all(s <= e for s, e in zip(log.calls.start_us, log.calls.end_us, strict=True))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from([*{row[0] for row in LINES.values()}, None]))
def test_any_bytes_are_never_more_than_a_log_error(tmp_path: Path, raw: bytes, name: str | None) -> None:
    source = written(tmp_path, "")
    source.path.write_bytes(raw)
    try:
        log = read_sources([source], name)
    except LogError as error:
        cured(error)
    else:
        assert log.lines >= len(log.calls)
