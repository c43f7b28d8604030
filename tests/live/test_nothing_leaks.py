"""Whatever the URL of a broker looks like, its password is in nothing that a run prints, writes or starts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import redis

from live.servers import Servers
from surface.processes import environment
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.main import main
from syncasync_sim.live.plan import BROKER_VARIABLE
from syncasync_sim.live.protocol import PASSWORD_VARIABLE

SECRET = "Zu7qPw9x"
HOST = "127.0.0.1:1"
FORMS = (
    f"redis://:{SECRET}@{HOST}",
    f"redis://me:{SECRET}@{HOST}/0",
    f"redis://{SECRET}@{HOST}",
    f"redis://:a%40{SECRET}@{HOST}",
    f"redis://:a#{SECRET}@{HOST}",
    f"redis://:a/{SECRET}@{HOST}",
    f"redis://:a?{SECRET}@{HOST}",
    f"redis://:a@{SECRET}@{HOST}",
    f"redis://:a:{SECRET}@{HOST}",
    f"redis://{HOST}?password={SECRET}",
    f"redis://{HOST}?PassWord={SECRET}",
    f"redis://{HOST}?db=0&password=a%40{SECRET}&x=y",
    f"redis://:{SECRET}@[::1",
    f"redis://:{SECRET}@127.0.0.1:port",
    f"redis://:a {SECRET}@{HOST}",
    f"rediss://me:{SECRET}@{HOST}",
    f"rediss://{HOST}?ssl_ca_certs=/no/such&ssl_password={SECRET}",
    f"valkey://me:{SECRET}@{HOST}",
    f"valkeys://me:{SECRET}@{HOST}?password={SECRET}",
    f"amqp://me:{SECRET}@{HOST}/",
    f"amqp://me:{SECRET}@{HOST}/no%2Fhost?x=y",
    f"amqp://{SECRET}@{HOST}",
    f"amqp://me:a#{SECRET}@{HOST}/",
    f"amqps://me:a%2F{SECRET}@{HOST}",
    f"sqs+http://key:{SECRET}@{HOST}",
    f"sqs+http://key:a%23{SECRET}@{HOST}/",
    f"sqs+https://key:{SECRET}@{HOST}",
    f"kafka://me:{SECRET}@{HOST}",
    f"kafka://me:{SECRET}@{HOST},{HOST}",
    f"kafka+ssl://me:a%40{SECRET}@{HOST}?sasl.mechanism=SCRAM-SHA-256",
    f"kafka://{HOST}?sasl.password={SECRET}",
    f"http://me:{SECRET}@{HOST}",
    f"REDIS://me:{SECRET}@{HOST}",
)


PLACES = (
    ("live", "checkout", "--mode", "async", "--json", "--record", "run.json", "--broker"),
    ("live", "checkout", "--mode", "async", "--start"),
    ("live", "--sweep"),
    ("live",),
    ("run",),
)


@pytest.mark.parametrize("url", FORMS)
def test_a_url_that_goes_wrong_keeps_its_password(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In messages and tracebacks; and no file is left, wherever the URL is given."""
    monkeypatch.setenv("SYNCASYNC_DEBUG", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path)
    for place in PLACES:
        assert main([*place, url]) in (exit_codes.NOT_FINISHED, exit_codes.BAD_REQUEST)
        assert SECRET not in "".join(capfd.readouterr()), place
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def guarded(servers: Servers) -> Iterator[str]:
    """A Valkey at which somebody with a password may do everything; the address."""
    address = urlsplit(servers["redis"]).netloc
    with redis.Redis.from_url(servers["redis"]) as client:
        client.acl_setuser("me", enabled=True, passwords=[f"+a#@/{SECRET}"], keys=["*"], commands=["+@all"])
        try:
            yield address
        finally:
            client.acl_deluser("me")


@pytest.mark.parametrize("way", ["url", "variable", "password alone"])
def test_a_run_that_works_keeps_its_password(way: str, guarded: str, tmp_path: Path) -> None:
    """On standard output and error, in the record, its folder, and the command lines of all processes."""
    url = f"redis://me:{quote(f'a#@/{SECRET}', safe='')}@{guarded}"
    given = {
        "url": (("--broker", url), {}),
        "variable": ((), {BROKER_VARIABLE: url}),
        "password alone": (("--broker", f"redis://me@{guarded}"), {PASSWORD_VARIABLE: f"a#@/{SECRET}"}),
    }
    arguments, variables = given[way]
    command = ["live", "checkout", "--mode", "async", "--json", "--speed", "0.5", "--record", "run.json"]
    program = subprocess.Popen(
        [sys.executable, "-m", "syncasync_sim", *command, *arguments],
        cwd=tmp_path, env=environment(TMPDIR=str(tmp_path), **variables),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines, files = set[str](), dict[str, str]()
    while program.poll() is None:
        lines |= command_lines(program.pid)
        files |= texts(tmp_path)
        time.sleep(0.05)
    shown, told = program.communicate()
    files |= texts(tmp_path)
    assert program.returncode == 0, told
    assert any("syncasync_sim.live.worker" in line for line in lines)
    assert {Path(name).name for name in files} >= {"plan.json", "event_log.sqlite", "run.json"}
    for what in (shown, told, *lines, *files.values()):
        assert SECRET not in what


def command_lines(parent: int) -> set[str]:
    """Those of the processes that a process has started, as `ps` shows them."""
    try:
        pids = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return {Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in pids}
    except OSError:  # gone meanwhile
        return set()


def texts(folder: Path) -> dict[str, str]:
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                found[f"{parent}/{name}"] = Path(parent, name).read_text(errors="replace")
            except OSError:
                continue
    return found
