"""The formats that are read, and the kinds of files that are refused by their name."""

from __future__ import annotations

from syncasync_sim.fit.formats import (
    access_log,
    benchmarks,
    bull,
    celery,
    haproxy,
    jaeger,
    jmeter,
    k6,
    locust,
    objects,
    otlp,
    own_run,
    routers,
    sidekiq,
    tabular,
    w3c,
    zipkin,
)
from syncasync_sim.fit.formats.brokers import SNAPSHOTS
from syncasync_sim.fit.formats.kinds import Format, Refused
from syncasync_sim.fit.formats.summaries import SUMMARIES

FORMATS: tuple[Format | Refused, ...] = (
    own_run.OWN_RUN,
    otlp.OTLP,
    otlp.OTHER_SIGNALS,
    jaeger.JAEGER_EMPTY,
    jaeger.JAEGER_INNER,
    jaeger.JAEGER,
    zipkin.ZIPKIN_V1,
    zipkin.ZIPKIN,
    haproxy.HAPROXY,
    haproxy.HAPROXY_TCP,
    routers.ALB,
    routers.ELB,
    routers.HEROKU,
    routers.ROUTER,
    routers.ENVOY_TEXT,
    access_log.NGINX,
    access_log.APACHE,
    access_log.GUNICORN,
    access_log.RACK,
    access_log.TRAEFIK,
    access_log.MORGAN,
    access_log.COMBINED,
    w3c.W3C,
    w3c.W3C_WITHOUT,
    *objects.FORMATS,
    *(k6.JSON, k6.CSV, jmeter.CSV, jmeter.XML, locust.PRINTED, locust.ROWS, locust.EVENTS),
    *(benchmarks.HEY, benchmarks.OHA, benchmarks.AB, benchmarks.VEGETA_CSV, benchmarks.VEGETA),
    *(celery.LOG, celery.EVENTS, sidekiq.JSON, sidekiq.TEXT, bull.FORMAT),
    *(*SUMMARIES, *SNAPSHOTS),
    tabular.CSV,
)
"""In the order in which they are tried; a file is of the first format that recognises it."""
