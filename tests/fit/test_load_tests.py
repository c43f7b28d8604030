"""Results of load tests are read request by request: each figure here is worked out by hand."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit.logs import lanes, log_of, refusal, times_us
from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Wishes
from syncasync_sim.fit.reading import read_sources
from syncasync_sim.fit.source import Source

S = 1_000_000
T = 1_600_000_000 * S
"""2020-09-13T12:26:40Z."""

K6 = """\
{"metric":"http_reqs","type":"Metric","data":{"name":"http_reqs","type":"counter","contains":"default"}}
{"metric":"http_reqs","type":"Point","data":{"time":"2020-09-13T12:26:41Z","value":1,"tags":{"status":"200"}}}
{"metric":"http_req_duration","type":"Point","data":{"time":"2020-09-13T12:26:41Z","value":250.5,"tags":{"status":"200","vu":"1"}}}
{"metric":"http_req_duration","type":"Point","data":{"time":"2020-09-13T14:26:42.123456789+02:00","value":1000,"tags":{"status":"503","vu":"2"}}}
{"metric":"http_req_duration","type":"Point","data":{"time":"2020-09-13T12:26:43Z","value":1e2,"tags":{"status":"404","vu":"1"}}}
{"metric":"http_req_duration","type":"Point","data":{"time":"2020-09-13T12:26:44Z","value":0,"tags":{"status":"0","vu":"1"}}}
{"metric":"vus","type":"Point","data":{"time":"2020-09-13T12:26:44Z","value":2,"tags":null}}
{"metric":"vus","type":"Point","data":{"time":"2020-09-13T12:26:45Z","value":1,"tags":null}}
"""
K6_CSV = """\
metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,status,extra_tags
http_reqs,1600000001,1.000000,,,,true,,GET,http://shop,200,
http_req_duration,1600000001,500.000000,,,,true,,GET,http://shop,200,vu=7
http_req_duration,1600000002,250.000000,,,,false,,GET,http://shop,500,vu=8
vus,1600000002,3.000000,,,,,,,,,
"""
JMETER = """\
timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,URL,allThreads
1600000000000,100,cart,200,OK,Users 1-1,text,true,,10,http://shop/cart,1
1600000000000,300,buy,200,"Number of samples in transaction : 2, failing : 0",Users 1-1,,true,,20,null,1
1600000000100,200,pay,500,"broken, and
again",Users 1-1,text,false,,10,http://shop/pay,2
1600000000250,50,jdbc,200,OK,Users 1-2,text,true,,10,null,2
1600000000300,10,gone,404,,Users 1-2,text,false,,10,http://shop/gone,2
1600000000400,5,check,200,OK,Users 1-2,text,false,expected a price,10,http://shop,2
1600000000500,9,off,Non HTTP response code: java.net.SocketException,,Users 1-2,text,false,,10,http://shop,2
"""
HEADERLESS = """\
1600000000000,100,cart,200,OK,Users 1-1,text,true,,10,9,1,1,http://shop/cart,90,0,5
1600000000100,200,pay,503,,Users 1-1,text,false,,10,9,1,4,http://shop/pay,90,0,5
"""
XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<testResults version="1.2">
<httpSample t="100" ts="1600000000000" s="true" lb="cart" rc="200" rm="OK" tn="Users 1-1" ng="1" na="3"/>
<sample t="300" ts="1600000000100" s="true" lb="buy" rc="200" tn="Users 1-1">
  <httpSample t="120" ts="1600000000100" s="true" lb="pay" rc="302" tn="Users 1-1"/>
  <httpSample t="170" ts="1600000000230" s="false" lb="done" rc="500" tn="Users 1-1">
    <assertionResult><name>ok</name><failure>true</failure></assertionResult>
  </httpSample>
</sample>
<sampleResult timeStamp="1600000000500" time="10" success="true" responseCode="200" threadName="Users 1-2"/>
</testResults>
"""
PRINTED = """\
[2020-09-13 12:26:39,000] host/INFO/locust.main: Starting Locust 0.7.5
[2020-09-13 12:26:39,100] host/INFO/locust.runners: Hatching and swarming 16 clients at the rate 5
[2020-09-13 12:26:41,000] host/INFO/stdout: Version\tb86\t1\t500.25
[2020-09-13 12:26:41,001] host/INFO/stdout: hello
[2020-09-13 12:26:42,000] host/INFO/stdout: Buy now\ta11\t0\t1000.00
"""
ROWS = """\
2020-09-13T12:26:41.79545506Z\tPUT\t1\t6\t476.678698
2020-09-13T12:26:42Z\tPUT\t0\t8\t480.5
2020-09-13T12:26:42.5
"""
LISTENER = """\
request_type,name,response_time,response_length,exception,start_time
GET,/cart,100.5,10,,1600000000.25
GET,/cart,20,10,HTTPError('500 Server Error'),1600000001.5
,Aggregated,60,10,,1600000000
"""
LISTENER_JSON = """\
{"request_type": "GET", "name": "/cart", "response_time": 100.5, "start_time": 1600000000.25}
{"request_type": "GET", "name": "/cart", "response_time": 20, "exception": "no", "start_time": 1600000001.5}
"""
HEY = """\
response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset
0.0500,0.0010,0.0000,0.0000,0.0480,0.0000,200,0.0000
0.0625,0.0000,0.0000,0.0000,0.0600,0.0000,503,0.0500
"""
OHA = """\
request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status
0.002211678,0.000374078,0.001148565,0.002619327,0.002626127,11,200
0.5,0,0,0.25,0.25,11,500
"""
AB = """\
starttime\tseconds\tctime\tdtime\tttime\twait
Sun Sep 13 12:26:41 2020\t1600000001\t0\t27\t27\t27
Sun Sep 13 12:26:40 2020\t1600000000\t1\t31\t32\t31
"""
VEGETA_CSV = """\
1600000000000000000,200,2500000,0,42,,b2s=,,0,GET,http://shop,
1600000000020000500,0,30000000000,0,0,"Get ""http://shop"": timeout",,,1,GET,http://shop,
"""
VEGETA = """\
{"attack":"","seq":0,"code":200,"timestamp":"2020-09-13T12:26:40.1234567Z","latency":2500000,"bytes_out":0,"error":""}
{"attack":"","seq":1,"code":500,"timestamp":"2020-09-13T14:26:41+02:00","latency":1000,"bytes_out":0,"error":"500"}
"""


class Sample(NamedTuple):
    """A file, and what is in it."""

    format: str
    text: str
    times_us: list[tuple[int, int]]
    failed: list[int]
    users: int | None = None
    lanes: tuple[str, ...] = ()
    left_out: int = 0
    unreadable: int = 0
    stamp: str = "start"
    has_zone: bool = True


SAMPLES = (
    Sample(
        "k6",
        K6,
        [
            (T + 749_500, T + S),
            (T + S + 123_456, T + 2 * S + 123_456),
            (T + 2_900_000, T + 3 * S),
            (T + 4 * S, T + 4 * S),
        ],
        [0, 1, 0, 1],
        users=2,
        lanes=("1", "2", "1", "1"),
        stamp="end",
    ),
    Sample(
        "k6-csv",
        K6_CSV,
        [(T + 500_000, T + S), (T + 1_750_000, T + 2 * S)],
        [0, 1],
        users=3,
        lanes=("7", "8"),
        stamp="end",
    ),
    Sample(
        "jmeter",
        JMETER,
        [
            (T, T + 100_000),
            (T + 100_000, T + 300_000),
            (T + 250_000, T + 300_000),
            (T + 300_000, T + 310_000),
            (T + 400_000, T + 405_000),
            (T + 500_000, T + 509_000),
        ],
        [0, 1, 0, 0, 1, 1],
        users=2,
        lanes=("Users 1-1",) * 2 + ("Users 1-2",) * 4,
        left_out=1,
    ),
    Sample(
        "jmeter",
        HEADERLESS,
        [(T, T + 100_000), (T + 100_000, T + 300_000)],
        [0, 1],
        users=4,
        lanes=("Users 1-1",) * 2,
    ),
    Sample(
        "jmeter-xml",
        XML,
        [
            (T, T + 100_000),
            (T + 100_000, T + 220_000),
            (T + 230_000, T + 400_000),
            (T + 500_000, T + 510_000),
        ],
        [0, 0, 1, 0],
        users=3,
        lanes=("Users 1-1",) * 3 + ("Users 1-2",),
        left_out=1,
    ),
    Sample(
        "locust",
        PRINTED,
        [(T + 499_750, T + S), (T + S, T + 2 * S)],
        [0, 1],
        users=16,
        lanes=("b86", "a11"),
        left_out=2,
        stamp="end",
        has_zone=False,
    ),
    Sample(
        "locust-rows",
        ROWS,
        [(T + 1_318_776, T + 1_795_455), (T + 1_519_500, T + 2 * S)],
        [0, 1],
        users=2,
        lanes=("6", "8"),
        unreadable=1,
        stamp="end",
    ),
    Sample(
        "locust-events",
        LISTENER,
        [(T + 250_000, T + 350_500), (T + 1_500_000, T + 1_520_000)],
        [0, 1],
        left_out=1,
    ),
    Sample(
        "locust-events",
        LISTENER_JSON,
        [(T + 250_000, T + 350_500), (T + 1_500_000, T + 1_520_000)],
        [0, 1],
    ),
    Sample("hey", HEY, [(0, 50_000), (50_000, 112_500)], [0, 1]),
    Sample("oha", OHA, [(2212, 4838), (500_000, 750_000)], [0, 1]),
    Sample("ab", AB, [(T, T + 32_000), (T + S, T + S + 27_000)], [0, 0]),
    Sample("vegeta-csv", VEGETA_CSV, [(T, T + 2500), (T + 20_000, T + 30_020_000)], [0, 1]),
    Sample("vegeta", VEGETA, [(T + 123_456, T + 125_956), (T + S, T + S + 1)], [0, 1]),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.format)
def test_a_result_is_recognised_and_read(tmp_path: Path, sample: Sample) -> None:
    log = log_of(tmp_path, sample.text)
    assert (log.format, log.is_load_test, log.noun, log.measures) == (
        sample.format,
        "vegeta" not in sample.format,
        "requests",
        "response",
    )
    assert times_us(log) == sample.times_us
    assert list(log.calls.failed) == sample.failed
    assert (log.users, tuple(lanes(log))) == (sample.users, sample.lanes)
    assert (log.left_out.total(), log.unreadable_count) == (sample.left_out, sample.unreadable)
    assert (log.stamp, log.has_zone) == (sample.stamp, sample.has_zone)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.format)
def test_a_time_without_a_zone_is_in_the_zone_of_the_user_and_no_other(
    tmp_path: Path, sample: Sample
) -> None:
    log = log_of(tmp_path, sample.text, Wishes(zone_minutes=120))
    earlier_us = 0 if sample.has_zone else 7200 * S
    assert log.calls.start_us[0] == sample.times_us[0][0] - earlier_us


@pytest.mark.parametrize(
    ("stamp", "us"),
    [
        ("2014-02-24 07:42:21.256", 1_393_227_741_256_000),
        ("2014/02/24 07:42:21.256", 1_393_227_741_256_000),
        ("2014/2/4 07:42:21", 1_391_499_741_000_000),
    ],
)
def test_jmeter_writes_dates_without_a_zone(tmp_path: Path, stamp: str, us: int) -> None:
    log = log_of(tmp_path, f"timeStamp,elapsed,label,success\n{stamp},1300,login,false\n")
    assert times_us(log) == [(us, us + 1_300_000)]
    assert not log.has_zone


def test_damaged_rows_of_jmeter_are_counted(tmp_path: Path) -> None:
    header = "timeStamp,elapsed,label,responseCode,threadName,success,bytes\n"
    rows = (
        "1600000000000,911,cart,200,Users 1-1,true,\n",  # the last field is empty
        "1600000000000,911,cart,200,Users 1-1,true\n",  # cut after what is needed
        "1600000000000,911,cart,20\n",
        ",0,317\n",
        "1600000000000,-5,cart,200,Users 1-1,true,10\n",
        "1600000000000,NaN,cart,200,Users 1-1,true,10\n",
        "9999999999999999999,1,cart,200,Users 1-1,true,10\n",
        "1600000000000,1,cart,200,Users 1-1,maybe,10\n",
        "1600000000000,1,cart,200,Users 1-1,true,100000000000000\n",
    )
    log = log_of(tmp_path, header + "".join(rows))
    assert (len(log.calls), log.unreadable_count, log.lines) == (3, 6, 9)


TRANSACTION = "1600000000000,9,buy,204,{message},Users 1-1,{kind},true,{url}{latency}\n"


@pytest.mark.parametrize(
    ("message", "kind", "url", "latency", "is_left_out"),
    [
        ('"Number of samples in transaction : 1, failing : 0"', "", "null,", "0", 1),
        ("", "", "null,", "0", 1),
        ("", "", "", "0", 1),
        ("", "", "", "7", 0),
        ("OK", "text", "null,", "0", 0),
        ("Internal Server Error", "", "http://shop,", "7", 0),
    ],
)
def test_rows_of_transactions_are_left_out(
    tmp_path: Path, message: str, kind: str, url: str, latency: str, is_left_out: int
) -> None:
    names = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success"
    header = f"{names},{'URL,' * bool(url)}Latency\n"
    request = TRANSACTION.format(message="OK", kind="text", url=url, latency="5")
    row = TRANSACTION.format(message=message, kind=kind, url=url, latency=latency)
    log = log_of(tmp_path, header + request + row)
    assert (len(log.calls), log.left_out.total()) == (2 - is_left_out, is_left_out)


def test_old_results_of_jmeter_have_fewer_columns_and_no_header(tmp_path: Path) -> None:
    row = "1600000000000,1425,GET /login,503,,Users 1-1,text,false,3478,1016\n"
    log = log_of(tmp_path, row + row)
    assert (times_us(log), list(log.calls.failed)) == ([(T, T + 1_425_000)] * 2, [1, 1])
    assert log.users == 1


def test_a_second_header_of_jmeter_is_no_row(tmp_path: Path) -> None:
    log = log_of(tmp_path, JMETER + JMETER)
    assert (len(log.calls), log.unreadable_count) == (12, 0)


def test_transactions_alone_are_no_requests(tmp_path: Path) -> None:
    header, *rows = JMETER.splitlines(keepends=True)
    message = refusal(tmp_path, header + rows[1] * 3)
    assert "all 3 rows sum up transactions" in message
    assert "Generate parent sample" in message


def test_cut_xml_is_read_up_to_the_cut(tmp_path: Path) -> None:
    log = log_of(tmp_path, XML[: XML.index("<sampleResult")])
    assert len(log.calls) == 3
    cut = log_of(tmp_path, XML.replace("</sample>\n", "</sampel>\n"))
    assert (len(cut.calls), cut.unreadable_count) == (3, 1)
    assert "damaged at line 9" in cut.cautions[0]


def test_a_doctype_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    path.write_text('<!DOCTYPE r [<!ENTITY a "aa">]>\n<testResults/>\n')
    with pytest.raises(LogError, match="a DOCTYPE is not read"):
        read_sources([Source(path)], "jmeter-xml")


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.text.startswith("{")], ids=lambda s: s.format)
def test_a_line_that_is_no_json_is_refused_with_its_number(tmp_path: Path, sample: Sample) -> None:
    log = log_of(
        tmp_path, sample.text + '{"metric":"http_req_duration","type":"Point","data":{"ti\n' + "[" * 9
    )
    lines = sample.text.count("\n")
    assert [row.line for row in log.unreadable] == [lines + 1, lines + 2]


def test_what_a_load_generator_cannot_tell_is_said(tmp_path: Path) -> None:
    assert "begin of the load test" in log_of(tmp_path, HEY).cautions[0]
    assert "whole seconds" in log_of(tmp_path, AB).cautions[0]
    assert "do not depend on replies" in log_of(tmp_path, VEGETA).cautions[0]
    assert "K6_CSV_TIME_FORMAT" in log_of(tmp_path, K6_CSV).cautions[0]
    dropped = (
        '{"metric":"dropped_iterations","type":"Point","data":{"time":"2020-09-13T12:26:44Z","value":2}}\n'
    )
    assert "arrival-rate" in log_of(tmp_path, K6 + dropped).cautions[0]


def test_users_of_k6_are_those_that_sent_if_it_does_not_count_them(tmp_path: Path) -> None:
    text = "".join(line for line in K6.splitlines(keepends=True) if '"vus"' not in line)
    assert log_of(tmp_path, text).users == 2
    assert log_of(tmp_path, text.replace(',"vu":"1"', "").replace(',"vu":"2"', "")).users is None


def test_k6_writes_its_times_in_units_of_choice(tmp_path: Path) -> None:
    for stamp in ("1600000001000", "1600000001000000", "1600000001000000000", "2020-09-13T12:26:41Z"):
        log = log_of(tmp_path, K6_CSV.replace("1600000001,", f"{stamp},"))
        assert times_us(log)[0] == (T + 500_000, T + S)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.format)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_but_breaks_nothing(
    tmp_path: Path, sample: Sample, data: st.DataObject
) -> None:
    raw = sample.text.encode()
    first = data.draw(st.integers(0, len(raw)))
    last = data.draw(st.integers(first, min(len(raw), first + 30)))
    hostile = st.sampled_from(
        [b"", b"-1", b"NaN", b"1e400", b"9" * 50, b"\xff\xfe", b'"', b"[" * 3000, b"\r\n"]
    )
    damaged = raw[:first] + data.draw(hostile | st.binary(max_size=20)) + raw[last:]
    with suppress(LogError):
        assert all(start <= end for start, end in times_us(log_of(tmp_path, damaged)))
