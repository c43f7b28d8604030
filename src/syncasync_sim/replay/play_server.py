"""A page with sliders, and the web server behind it: for this computer only, and for its own page only.

There is no login: a program that may open a connection to this computer's own address may run what is on the
page, and nothing else can be asked for. Other pages in the user's browser are kept out: their requests name
another host or another origin.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from secrets import token_hex
from socketserver import TCPServer, ThreadingMixIn
from threading import Event, Lock, Timer
from time import monotonic
from typing import Any

from syncasync_sim.render.html import comparison_html
from syncasync_sim.replay.explorer import Explorer
from syncasync_sim.replay.html_page import POLICY, in_script, script, style
from syncasync_sim.replay.kept_answers import KeptAnswers, to_json

HOST, PORT, TRIED = "127.0.0.1", 8765, 10
"""Where the page is: at PORT, or else at one of the next; TRIED of them are tried before any."""
MOST_BYTES = 2_000
"""No positions of sliders need more."""
START = "X-Syncasync-Start"
"""The header in which a page says which start of the program it is of."""
IDLE_S, BUSY_S = 60, 10
"""How long a silent connection is kept, and how long somebody waits for the run of another page."""
DRAWN_S = 0.08
"""By then a page has drawn an answer; before, what is made ahead would take the processor from it."""
AHEAD_S = 0.1
"""For so long answers are made ahead: the next move of a slider is not to wait for one of them."""


def play_page(explorer: Explorer, start: str = "") -> str:
    """The page with the controls and the replay of the scenario as it is.

    Args:
        explorer: the scenario with its controls.
        start: the token of this start of the program, by which the server recognises its own page.

    Raises:
        ScenarioError: the scenario cannot be shown.
        RunTooLongError: the run does not come to an end.
    """
    first = explorer.look({})
    controls = [control.to_dict() for control in explorer.controls]
    turned = {"controls": controls, "incidents": explorer.incidents}
    inside = in_script({**turned, "answer": explorer.page_data(first), "start": start})
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(explorer.scenario.title or explorer.scenario.name)}</title>
<link rel="icon" href="data:,">
<style>
body {{ margin: 0; background: #fff; }}
@media screen and (prefers-color-scheme: dark) {{ body {{ background: #15181c; }} }}
{style("sliders")}</style>
</head>
<body>
<main><div id="sliders"></div><div id="replay"></div>
<noscript><p>Sliders and picture need JavaScript, which is off. The scenario as it stands:</p>
{comparison_html(first.comparison)}</noscript></main>
<script type="application/json" id="first">{inside}</script>
<script>
{script("sliders", "play")}
(() => {{
  const first = JSON.parse(document.getElementById("first").textContent);
  syncasync.play(first, first.answer, first.start);
}})();
</script>
</body>
</html>
"""


class PlayServer(ThreadingMixIn, TCPServer):
    """Serves the page of *explorer* on this computer, and runs what its sliders ask for, one at a time."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, explorer: Explorer, port: int) -> None:
        self.start = token_hex(8)
        """Which start of the program this is: another one has other sliders, even at the same address."""
        self.explorer, self.page = explorer, play_page(explorer, self.start).encode()
        self.run_lock = Lock()
        self.answers = KeptAnswers(explorer)
        self.ahead = Timer(DRAWN_S, lambda: None)
        """What makes answers ahead; a newer one takes its place."""
        super().__init__((HOST, port), _Handler)
        at = int(self.server_address[1])
        self.hosts = (f"{HOST}:{at}", f"localhost:{at}")
        self.address = f"http://{HOST}:{at}/"

    def run_ahead(self, positions: Mapping[str, object]) -> None:
        """When the page has drawn an answer, make those that may come next, until something is asked.

        Args:
            positions: those of the answer.
        """
        following = self.answers.following(positions)
        if following:
            ahead = self.ahead = Timer(DRAWN_S, lambda: self._make(following, ahead.finished))
            ahead.daemon = True
            ahead.start()

    def _make(self, following: Iterable[Mapping[str, object]], ended: Event) -> None:
        until_s = monotonic() + AHEAD_S
        for positions in following:
            if ended.is_set() or monotonic() > until_s:
                break
            with suppress(Exception), self.run_lock:  # it is made again, where its error can be told
                self.answers.answer(positions)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks off is no trouble, and nobody's to hear of."""


def server_at(explorer: Explorer, port: int | None) -> PlayServer:
    """A server at a port, or at the first free one from the usual port on.

    Args:
        explorer: the scenario with its controls.
        port: the port; None for any.

    Raises:
        OSError: the port is taken.
    """
    if port is not None:
        try:
            return PlayServer(explorer, port)
        except OSError as error:
            cure = f"{error.strerror} (choose another --port, or none)"
            raise OSError(error.errno, cure, f"{HOST}:{port}") from None
    for usual in range(PORT, PORT + TRIED):
        try:
            return PlayServer(explorer, usual)
        except OSError:  # somebody else, or another `play`, is there
            continue
    return PlayServer(explorer, 0)


class _Handler(BaseHTTPRequestHandler):
    """GET / is the page, POST /run an answer; there is nothing else."""

    server: PlayServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "syncasync-sim", ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_S

    def parse_request(self) -> bool:
        """Read a request, and refuse one for another host: a foreign name that leads here (DNS rebinding)."""
        if not super().parse_request():
            return False
        hosts = self.headers.get_all("Host") or []
        if len(hosts) == 1 and hosts[0].lower() in self.server.hosts:
            return True
        self._refuse(HTTPStatus.FORBIDDEN, f"this page is at {self.server.address} only")
        return False

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/":
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is nothing here")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        refusal = self._refusal() or self._of_another_start()
        if refusal is not None:
            self._refuse(*refusal)
            return
        try:
            positions = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        except (ValueError, RecursionError):
            positions = None
        if isinstance(positions, dict):
            self._answer(positions)
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, "expected the positions of sliders, as JSON")

    def _refusal(self) -> tuple[HTTPStatus, str] | None:
        """Why the body is not even read."""
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get_content_type() if "Content-Type" in self.headers else ""
        if self.path != "/run":
            return HTTPStatus.NOT_FOUND, "there is nothing here"
        if self.headers.get("Origin") not in [f"http://{host}" for host in self.server.hosts]:
            return HTTPStatus.FORBIDDEN, "only the page itself may ask"
        if kind != "application/json":
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected application/json"
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            return HTTPStatus.LENGTH_REQUIRED, "how long is it?"
        if int(length[:10]) > MOST_BYTES or len(length) > 10:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MOST_BYTES} bytes"
        return None

    def _of_another_start(self) -> tuple[HTTPStatus, str] | None:
        if self.headers.get(START, self.server.start) == self.server.start:
            return None
        return HTTPStatus.CONFLICT, "this page is of an earlier start of the program; load it again"

    def _answer(self, positions: Mapping[str, object]) -> None:
        self.server.ahead.cancel()
        if not self.server.run_lock.acquire(timeout=BUSY_S):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the program is busy; try again")
            return
        try:
            body, is_picture = self.server.answers.answer(positions)
        except Exception as error:  # a bug: the page says so, the program goes on
            problem = f"A bug of syncasync-sim: {type(error).__name__}: {error}"
            body, is_picture = to_json({"problem": problem}), False
        finally:
            self.server.run_lock.release()
        status = HTTPStatus.OK if is_picture else HTTPStatus.UNPROCESSABLE_ENTITY
        self._send(status, "application/json", body)
        self.wfile.flush()  # the end of the answer is not to wait for what comes next
        if is_picture:
            self.server.run_ahead(positions)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What Python's server would answer with a page of its own: another method, a line of no HTTP."""
        self._refuse(HTTPStatus(code), (message or HTTPStatus(code).phrase).partition(" (")[0].lower())

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """Say no. What may still come of the request is not read, so the connection ends."""
        self.close_connection = True
        self._send(status, "application/json", to_json({"problem": f"Refused: {why}."}))

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody wants to read of every slider move."""


_HEADERS = {
    "Content-Security-Policy": f"{POLICY}; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
