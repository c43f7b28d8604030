"""Files that hold only sums are refused by their name, with the numbers that they have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fit.logs import refusal

WRK = """\
Running 15s test @ http://127.0.0.1:18080/checkout
  2 threads and 6 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   161.96ms   68.32ms 717.57ms   77.26%
  561 requests in 15.03s, 92.28KB read
  Non-2xx or 3xx responses: 13
"""
AB = """\
This is ApacheBench, Version 2.3 <$Revision$>
Benchmarking 127.0.0.1 (be patient)

Concurrency Level:      6
Complete requests:      300
Failed requests:        0
Non-2xx responses:      5
Time per request:       149.009 [ms] (mean)
Time per request:       24.835 [ms] (mean, across all concurrent requests)
  95%    243
"""
HEY = """\

Summary:
  Total:\t30.3434 secs
  Slowest:\t0.6094 secs
  Average:\t0.1644 secs
  Requests/sec:\t607.1506
"""
OHA = "Summary:\n  Success rate:\t100.00%\n  Total:\t5.9440 secs\n  Average:\t0.0015 secs\n"
K6 = """\
     http_req_duration..............: avg=117.55ms min=9.1ms med=98ms max=742ms p(90)=210ms p(95)=240ms
     http_reqs......................: 1028   34.2/s
"""
VEGETA = """\
Requests      [total, rate, throughput]         1200, 20.00, 19.99
Success       [ratio]                           100.00%
"""
KAFKA = """\

GROUP  TOPIC  PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG  CONSUMER-ID  HOST  CLIENT-ID
shop   mail   0          10              15              5    c-1          /h    c
shop   mail   1          10              17              7    -            -     -
"""
K6_JSON = {
    "root_group": {"name": ""},
    "metrics": {
        "http_reqs": {"count": 1028, "rate": 34.25},
        "http_req_duration": {"avg": 117.5, "p(95)": 240.0},
    },
}
K6_VALUES = {
    "metrics": {
        "http_reqs": {"type": "counter", "values": {"count": 1028, "rate": 34.25}},
        "http_req_duration": {"values": {"avg": 117.5}},
    }
}
BURROW = {
    "error": False,
    "status": {
        "partitions": [
            {
                "owner": "kafka1",
                "start": {"offset": 100, "timestamp": 1515609445000},
                "end": {"offset": 145, "timestamp": 1515609490000, "lag": 2},
                "current_lag": 3,
            }
        ]
    },
}
RABBITMQ = [
    {"name": "mail", "messages_ready": 5, "messages_unacknowledged": 2, "consumers": 3},
    {"messages_ready": 1, "consumers": 1, "message_stats": {"publish_details": {"rate": 2.5}}},
]
HISTORY = """\
Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,Total Request Count,Total Failure Count,\
Total Average Response Time
1795825867,0,,Aggregated,0.000000,0.000000,N/A,0,0,0.0
1795825868,8,,Aggregated,35.4,0.8,97,1028,25,113.46438964104843
"""
STATS = """\
Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time
GET,/checkout,1028,25,97,113.46438964104843
,Aggregated,1028,25,97,113.46438964104843
"""
OLD_STATS = """\
"Method","Name","# requests","# failures","Median response time","Average response time"
"None","Total",1028,25,97,113
"""
STATISTICS = {"Total": {"transaction": "Total", "sampleCount": 7, "errorCount": 1, "meanResTime": 12.5}}


@pytest.mark.parametrize(
    ("text", "name", "numbers"),
    [
        (WRK, "wrk", "561 requests in 15.03s, 6 connections, mean 161.96ms, 13 not 2xx or 3xx"),
        (AB, "ApacheBench", "300 requests, 6 at once, mean 149.009 ms, 95 % 243 ms, 0 failed, 5 not 2xx"),
        (
            "Percentage served,Time in ms\n0,27.4\n50,138.7\n95,242.9\n100,444.9\n",
            "ab -e",
            "half in 138.7 ms",
        ),
        (HEY, "hey", "607.151 a second, over 30.3434 secs, mean 0.1644 secs"),
        ("response-time,DNS+dialup,DNS\n0.05,0,0\n", "old hey", "durations without their starts"),
        (OHA, "oha", "over 5.9440 secs, mean 0.0015 secs"),
        (K6, "k6", "1028 requests, mean 117.55ms, 95 % 240ms"),
        (json.dumps(K6_JSON, indent=4), "k6", "1028 requests, 34.25 a second, mean 117.5 ms, 95 % 240 ms"),
        (json.dumps(K6_VALUES), "k6", "1028 requests, 34.25 a second, mean 117.5 ms"),
        (json.dumps(STATISTICS), "JMeter", "7 requests, 1 failed, mean 12.5 ms"),
        ("Label,# Samples,Average,Median\ncart,5,12,11\nTOTAL,5,12,11\n", "JMeter", "5 requests, mean 12 ms"),
        (
            "summary +  5 in  3s = 1.7/s Avg: 90\nsummary = 15 in  00:00:09 = 1.6/s Avg: 95 Err: 2 (13%)\n",
            "JMeter",
            "15 requests in 00:00:09, mean 95 ms, 2 failed",
        ),
        ("label,avg_ct,avg_lt,avg_rt\n,0.1,0.2,0.3\n", "Taurus", "percentiles and means"),
        (VEGETA, "vegeta", "1200 requests, 20 a second, success 100.00%"),
        (
            '{"latencies":{"mean":2500000,"95th":3000000},"bytes_in":{},"requests":9,"rate":5,"status_codes":{}}',
            "vegeta",
            "9 requests, 5 a second, mean 2500000 ns, 95 % 3000000 ns",
        ),
        ('{"summary":{"requestsPerSec":12.5,"total":2,"average":0.25}}', "oha", "12.5 a second, over 2 s"),
        (HISTORY, "Locust", "1028 requests, 25 failed, mean 113.464 ms, 8 users"),
        (STATS, "Locust", "1028 requests, 25 failed, mean 113.464 ms"),
        (OLD_STATS, "Locust", "1028 requests, 25 failed, mean 113 ms"),
        ("Method,Name,Error,Occurrences\nGET,/,broken,5\n", "failures of Locust", "kinds of failures"),
        ("Count,Message,Traceback,Nodes\n1,x,y,z\n", "exceptions of Locust", "kinds of failures"),
        (
            " Name   # reqs   # fails | Avg\n GET /  10  1(10%) | 5\n Aggregated  10  1(10.00%) | 5\n",
            "Locust's console",
            "10 requests, 1 failed",
        ),
        (
            json.dumps(RABBITMQ),
            "RabbitMQ",
            "2 queues, 6 messages ready, 2 unacknowledged, 4 consumers, 2.5 published a second",
        ),
        (json.dumps({"items": RABBITMQ}), "RabbitMQ", "2 queues, 6 messages ready"),
        (
            "Timeout: 60.0 seconds ...\nListing queues for vhost / ...\nname\tmessages\nmail\t5\n",
            "RabbitMQ",
            "depths",
        ),
        (json.dumps(BURROW), "Burrow", "1 partitions, a lag of 3 messages, 1 consumers, 1 done a second"),
        (KAFKA, "Kafka", "2 partitions, a lag of 12 messages, 1 consumers"),
    ],
)
def test_a_summary_is_refused_with_its_numbers(tmp_path: Path, text: str, name: str, numbers: str) -> None:
    message = refusal(tmp_path, text)
    first, cure = message.split("\n  = ")
    assert name in first
    assert numbers in first
    assert cure


@pytest.mark.parametrize(
    "text",
    [
        '{"metrics": {"http_req_duration": 5',
        '{"metrics": 5, "http_req_duration": 5}',
        '{"summary": null, "requestsPerSec": []}',
        '[{"messages_ready": "x", "consumers": {}}, 5]',
        '{"partitions": 1, "lag": 1, "offset": 2}',
        '{"items": 5, "messages_ready": 1, "consumers": 1}',
        '[{"messages_ready": 1, "consumers": 1, "message_stats": {"ack_details": 5}}]',
    ],
)
def test_a_damaged_summary_is_refused_all_the_same(tmp_path: Path, text: str) -> None:
    assert "sums" in refusal(tmp_path, text)
