"""`play`: a server for its own page only, whatever else is sent to it, and one that can be ended."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread, Timer
from time import monotonic, sleep
from typing import Any, NamedTuple

import pytest

from surface.processes import syncasync
from surface.test_processes import start
from syncasync_sim import load_scenario
from syncasync_sim.replay.explorer import Explorer
from syncasync_sim.replay.kept_answers import KeptAnswers
from syncasync_sim.replay.play_server import MOST_BYTES, PORT, PlayServer, play_page, server_at

EXPLORER = Explorer(load_scenario("ten-orders"), source="ten-orders")
JSON = "application/json"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


@pytest.fixture(scope="module")
def server() -> Iterator[PlayServer]:
    with PlayServer(EXPLORER, 0) as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def ask(server: PlayServer, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
    """One request with just these headers (`Content_Type` for `Content-Type`)."""
    with contextlib.closing(HTTPConnection(*server.server_address[:2], timeout=30)) as connection:  # type: ignore[arg-type]
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        response = connection.getresponse()
        return Reply(response.status, dict(response.headers), response.read().decode())


def nothing_is_known(server: PlayServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is kept, and none is made ahead because of an earlier test."""
    server.ahead.cancel()
    if server.ahead.is_alive():
        server.ahead.join()
    monkeypatch.setattr(server, "answers", KeptAnswers(EXPLORER))


def own(server: PlayServer, body: bytes) -> dict[str, str]:
    """The headers that the page's own request has."""
    at = server.hosts[0]
    return {"Host": at, "Origin": f"http://{at}", "Content_Type": JSON, "Content_Length": str(len(body))}


def post(server: PlayServer, body: bytes, **other: str) -> tuple[int, dict[str, Any]]:
    response = ask(server, "POST", "/run", body, **{**own(server, body), **other})
    return response.status, json.loads(response.text)


def test_the_page_needs_nothing_else(server: PlayServer) -> None:
    response = ask(server, "GET", "/", Host=server.hosts[1])
    page = response.text
    assert response.status == 200
    assert not re.search(r"\b(src|href)=(?!\"data:,)", page)
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "unsafe-eval" not in response.headers["Content-Security-Policy"]
    assert "Python" not in response.headers["Server"]


def test_who_runs_no_scripts_sees_the_result_as_it_stands() -> None:
    told = play_page(EXPLORER).partition("<noscript>")[2].partition("</noscript>")[0]
    assert "16.05 s" in told  # ten orders, one worker: 1.05 s and ten times 1.5 s


def test_a_move_of_a_slider_is_the_run_of_the_command(server: PlayServer) -> None:
    status, answer = post(server, b'{"workers": 2}')
    assert status == 200
    assert answer["command"] == "syncasync-sim run ten-orders --set workers.count=3"
    told = json.loads(syncasync("run", "ten-orders", "--set", "workers.count=3", "--json").stdout)["modes"]
    for mode, figures in answer["document"]["figures"].items():
        assert figures == {name: value for name, value in told[mode].items() if name != "theory"}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "[::1]:{port}"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
def test_a_foreign_host_is_refused(server: PlayServer, host: str, method: str) -> None:
    headers = own(server, b"{}") | {"Host": host.format(port=server.server_address[1])}
    assert ask(server, method, "/run" if method == "POST" else "/", b"{}", **headers).status == 403


def test_no_host_and_two_hosts_are_refused(server: PlayServer) -> None:
    assert ask(server, "GET", "/").status == 403
    assert ask(server, "GET", "/", Host=server.hosts[0], host=server.hosts[0]).status == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", "https://{host}", "http://127.0.0.1", "http://{host}/"]
)
def test_a_foreign_origin_is_refused(server: PlayServer, origin: str) -> None:
    assert post(server, b"{}", Origin=origin.format(host=server.hosts[0]))[0] == 403


def test_no_origin_is_refused(server: PlayServer) -> None:
    headers = own(server, b"{}")
    del headers["Origin"]
    assert ask(server, "POST", "/run", b"{}", **headers).status == 403


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"]
)
def test_what_a_foreign_page_can_post_blindly_is_refused(server: PlayServer, kind: str) -> None:
    assert post(server, b"{}", Content_Type=kind)[0] == 415


@pytest.mark.parametrize(
    ("length", "status"),
    [("2001", 413), ("9" * 400, 413), ("-1", 411), ("", 411), ("2, 2", 411), ("0x2", 411), ("²", 411)],
)
def test_a_body_that_is_too_long_or_of_no_length_is_not_read(
    server: PlayServer, length: str, status: int
) -> None:
    assert post(server, b"{}", Content_Length=length)[0] == status


def test_a_body_in_pieces_is_not_read(server: PlayServer) -> None:
    assert post(server, b"2\r\n{}\r\n0\r\n\r\n", Transfer_Encoding="chunked")[0] == 411


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"1", b"null", b'"workers"', b"\xff", b"[" * MOST_BYTES, b"9" * MOST_BYTES]
)
def test_what_is_no_json_of_positions_is_refused(server: PlayServer, body: bytes) -> None:
    status, answer = post(server, body)
    assert (status, answer["problem"]) == (400, "Refused: expected the positions of sliders, as JSON.")


@pytest.mark.parametrize(
    "value", ["-1", "12", "1e3", "1.0", "true", "null", '"1"', "[1]", "{}", "NaN", "9" * 99]
)
def test_a_position_out_of_range_is_told_in_words(server: PlayServer, value: str) -> None:
    status, answer = post(server, f'{{"workers": {value}}}'.encode())
    assert status == 422
    assert answer == {"problem": "Slider 'workers' has no such position. Give a whole number from 0 to 11."}


def test_positions_that_do_not_go_together_are_told_in_words(server: PlayServer) -> None:
    status, answer = post(server, b'{"fails": 20, "tries": 10}')
    assert status == 422
    assert answer["problem"].startswith("This run would never end: 'send email' fails every time")


def test_a_bug_is_told_in_words_and_the_next_answer_comes(
    server: PlayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Explorer, positions: Any) -> Any:
        raise ZeroDivisionError("oh")

    nothing_is_known(server, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(Explorer, "look", broken)
        assert post(server, b"{}") == (422, {"problem": "A bug of syncasync-sim: ZeroDivisionError: oh"})
    assert post(server, b"{}")[0] == 200


@pytest.mark.parametrize("path", ["/favicon.ico", "/run", "/../pyproject.toml", "/stage.js", "/%2e%2e/", "*"])
def test_there_is_nothing_else(server: PlayServer, path: str) -> None:
    response = ask(server, "GET", path, Host=server.hosts[0])
    assert (response.status, json.loads(response.text)) == (
        404,
        {"problem": "Refused: there is nothing here."},
    )


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "brew"])
def test_another_method_is_refused_in_words_and_with_the_same_headers(
    server: PlayServer, method: str
) -> None:
    page, response = (ask(server, how, "/", Host=server.hosts[0]) for how in ("GET", method))
    assert (response.status, json.loads(response.text)) == (501, {"problem": "Refused: unsupported method."})
    one_by_one = {"Date", "Content-Type", "Content-Length"}
    assert dict(page.headers.items() - response.headers.items()).keys() <= one_by_one


def test_what_is_no_http_is_refused_in_words_too(server: PlayServer) -> None:
    with socket.create_connection(server.server_address[:2]) as connection:  # type: ignore[arg-type]
        connection.sendall(b"GET / HTTP/9.9\r\n\r\n")
        assert connection.makefile("rb").read().endswith(b'{"problem":"Refused: invalid http version."}')


def test_what_is_no_http_does_no_harm(server: PlayServer, capfd: pytest.CaptureFixture[str]) -> None:
    for sent in (
        b"",
        b"\x16\x03\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"a" * 70_000,
        b"POST /run HTTP/1.1\r\n",
    ):
        with socket.create_connection(server.server_address[:2]) as connection:  # type: ignore[arg-type]
            connection.sendall(sent)
    assert post(server, b"{}")[0] == 200
    assert capfd.readouterr().err == ""


def test_it_listens_on_this_computer_only(server: PlayServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_address[1]}/"


def test_answers_are_sent_at_once(server: PlayServer) -> None:
    assert server.RequestHandlerClass.disable_nagle_algorithm  # type: ignore[attr-defined]


def test_of_taken_ports_the_next_is_used_unless_one_was_named() -> None:
    with server_at(EXPLORER, None) as first, server_at(EXPLORER, None) as second:
        assert first.address != second.address
        assert int(first.server_address[1]) >= PORT
        with pytest.raises(OSError, match="in use"):
            server_at(EXPLORER, int(first.server_address[1]))


def made_by(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, object]]:
    """The positions for which answers are made from now on, as a list that grows."""
    made, answer = list[Mapping[str, object]](), Explorer.answer

    def noted(self: Explorer, positions: Mapping[str, object]) -> dict[str, Any]:
        made.append(positions)
        return answer(self, positions)

    monkeypatch.setattr(Explorer, "answer", noted)
    return made


def test_an_answer_is_made_once_and_is_the_same_later(
    server: PlayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "run_ahead", lambda _: None)
    nothing_is_known(server, monkeypatch)
    expected, made = EXPLORER.answer({"workers": 2}), made_by(monkeypatch)
    at = next(control.at for control in EXPLORER.controls if control.name == "workers")
    first = post(server, b'{"workers": 2}')
    assert first == (200, json.loads(json.dumps(expected)))
    post(server, b"{}")
    assert post(server, b'{"workers": 2}') == first
    post(server, json.dumps({"workers": at}).encode())
    assert made == [{"workers": 2}, {}], "where the scenario has it is where it is without a word"


def test_what_is_no_picture_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, made = KeptAnswers(EXPLORER), made_by(monkeypatch)
    assert kept.answer({"workers": 999}) == kept.answer({"workers": 999})
    assert len(made) == 2


def test_only_the_last_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, made = KeptAnswers(EXPLORER), made_by(monkeypatch)
    monkeypatch.setattr("syncasync_sim.replay.kept_answers.MOST_KEPT", 2)
    for stop in (1, 2, 3, 3, 2, 1):
        kept.answer({"workers": stop})
    assert [positions["workers"] for positions in made] == [1, 2, 3, 1]


def the_next(server: PlayServer, before: Timer) -> Timer:
    """What makes answers ahead, when it has begun to wait, and is another than before."""
    deadline_s = monotonic() + 30
    while (server.ahead is before or not server.ahead.is_alive()) and monotonic() < deadline_s:
        sleep(0.01)
    return server.ahead


def stops_of(positions: Sequence[Mapping[str, object]]) -> list[object]:
    return [each["workers"] for each in positions]


def test_the_answers_that_may_come_next_are_the_other_stops_of_the_slider() -> None:
    kept = KeptAnswers(EXPLORER)
    stops = len(next(control.stops for control in EXPLORER.controls if control.name == "workers"))
    assert kept.following({}) == []
    assert stops_of(kept.following({"workers": 4}))[:5] == [4, 5, 3, 6, 2], "nearest first, on its way first"
    kept.answer({"workers": 3})
    assert stops_of(kept.following({"workers": 3}))[:4] == [2, 4, 1, 5], "what is there already is not made"
    following = kept.following({"workers": 3, "threads": 0})
    assert {each["workers"] for each in following} == {3}, "now it is another slider"
    assert kept.following({"workers": 5, "threads": 3}) == [], "two were moved"
    assert sorted(map(int, map(str, stops_of(kept.following({"workers": 0, "threads": 3}))))) == [
        *range(stops)
    ]


def test_a_long_run_is_not_made_before_somebody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptAnswers(EXPLORER)
    monkeypatch.setattr("syncasync_sim.replay.kept_answers.SHORT_S", -1)
    assert kept.following({"workers": 4}) == []


@pytest.mark.parametrize(("ahead_s", "expected"), [(60.0, "all"), (0.0, "none")])
def test_the_other_answers_are_made_when_the_page_has_drawn(
    server: PlayServer, monkeypatch: pytest.MonkeyPatch, ahead_s: float, expected: str
) -> None:
    nothing_is_known(server, monkeypatch)
    monkeypatch.setattr("syncasync_sim.replay.play_server.AHEAD_S", ahead_s)
    made, before = made_by(monkeypatch), server.ahead
    post(server, b'{"workers": 4}')
    the_next(server, before).join(30)
    stops = len(next(control.stops for control in EXPLORER.controls if control.name == "workers"))
    assert stops_of(made)[:1] == [4]
    assert len(set(map(str, made))) == len(made) == {"all": stops, "none": 1}[expected]
    assert expected == "none" or stops_of(made)[:3] == [4, 5, 3]


def test_what_is_asked_comes_before_what_is_made_ahead(
    server: PlayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_is_known(server, monkeypatch)
    monkeypatch.setattr(server, "run_ahead", lambda _: None)
    made = made_by(monkeypatch)
    ended = server.ahead.finished
    ended.set()
    server._make([{"workers": 1}], ended)
    assert made == []


def test_nothing_is_made_ahead_while_answers_are_wanted(
    server: PlayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_is_known(server, monkeypatch)
    monkeypatch.setattr("syncasync_sim.replay.play_server.DRAWN_S", 60)
    made, before = made_by(monkeypatch), server.ahead
    post(server, b'{"workers": 4}')
    first = the_next(server, before)
    assert first.is_alive()
    post(server, b'{"workers": 3}')
    assert made == [{"workers": 4}, {"workers": 3}]
    assert first.finished.is_set(), "it is not made any more"


# the command


def begun(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """The running command, and the address it has told."""
    process = start("play", *arguments)
    assert process.stdout is not None
    told = process.stdout.readline()
    assert process.stdout.readline() == "Ctrl-C ends it.\n"
    assert told.startswith("The page is at http://127.0.0.1:"), (
        told,
        process.stderr and process.stderr.read(),
    )
    return process, told.split()[-1]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_ends_without_a_word_when_told_to(number: int, code: int) -> None:
    process, address = begun("checkout", "--no-browser")
    port = int(address.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)):  # somebody is still there
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (code, "", "")


def test_the_page_is_opened_in_the_browser_unless_it_shall_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    os.mkfifo(seen)
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n', encoding="utf-8")
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(
        "surface.test_processes.environment", lambda: {**os.environ, "BROWSER": f"{browser} %s"}
    )
    process, address = begun("checkout")
    assert seen.read_text(encoding="utf-8").strip() == address
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("no-such",), 2, "no-such: there is no such file"),
        (("checkout", "--port", "80"), 2, "80 is too small: choose 1,024 to 65,535."),
        (("checkout", "--set", "workers.count=x"), 2, "workers.count"),
    ],
)
def test_mistakes_are_told_before_anything_is_served(
    arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = syncasync("play", *arguments, "--no-browser")
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_a_run_that_is_over_has_no_sliders(tmp_path: Path) -> None:
    syncasync("run", "checkout", "--no-charts", "--trace", "run.json", folder=tmp_path)
    done = syncasync("play", "run.json", "--no-browser", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("run.json: this is a recorded run; sliders need a scenario")


def test_a_port_that_is_taken_is_one_line_and_1(server: PlayServer) -> None:
    done = syncasync("play", "checkout", "--no-browser", "--port", str(server.server_address[1]))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"syncasync-sim: 127.0.0.1:{server.server_address[1]}: Address already in use "
        "(choose another --port, or none)\n"
    )


def test_a_page_of_an_earlier_start_is_told_to_be_loaded_anew(server: PlayServer) -> None:
    """Another program at the same address has other sliders: its picture would stand under the old ones."""
    status, told = post(server, b"{}", X_Syncasync_Start="0" * 16)
    assert (status, told["problem"]) == (
        409,
        "Refused: this page is of an earlier start of the program; load it again.",
    )
    assert post(server, b"{}", X_Syncasync_Start=server.start)[0] == 200
