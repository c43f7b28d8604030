"""Links: what an address says comes back as it was, gives the same bytes elsewhere, and harms nobody."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import Phase, given, settings

from laws.scenarios import scenario_data
from surface.processes import syncasync
from syncasync_sim import ScenarioError, load_scenario
from syncasync_sim.files import bundled, parse_scenario
from syncasync_sim.replay.explorer import Explorer
from web.site import TOP, Opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

LINKS = (TOP / "web" / "links.js").read_text(encoding="utf-8")
LONGEST = 8_000
SMALL = "traffic: {requests: 1}\nsteps: [{name: work, duration: 1s}]\n"
SCRIPT = '<script>document.body.dataset.hacked=1</script><img src=x onerror="document.body.dataset.hacked=1">'
CALL = """([name, words]) => import(new URL("links-of-the-test.js", location.href))
  .then((links) => links[name](...words))"""
BOMB = """async (size) => {
  const links = await import(new URL("links-of-the-test.js", location.href));
  const zeros = new ReadableStream({
    pull(controller) { controller.enqueue(new Uint8Array(1e6)); if ((size -= 1e6) <= 0) controller.close(); },
  });
  const packed = await new Response(zeros.pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();
  const taken = [], slice = Uint8Array.prototype.subarray;
  Uint8Array.prototype.subarray = function (from, to) { taken.push(to); return slice.call(this, from, to); };
  const said = await links.unpacked(new Uint8Array(packed)).then(String, (error) => error.message);
  Uint8Array.prototype.subarray = slice;
  return { said, packed: packed.byteLength, taken: Math.max(...taken) };
}"""


def visited(browser: Browser, url: str) -> Opened:
    """The playground in a browser of its own, beside the script of the links."""

    def script(route: Route) -> None:
        route.fulfill(body=LINKS, content_type="text/javascript")

    page = Opened(browser, "about:blank")
    page.context.route("**/links-of-the-test.js", script)
    page.tab.goto(url)
    page.wait_until_ready()
    return page


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    page = visited(browser, f"{address}playground.html")
    yield page
    page.context.close()
    assert page.wrong == []


def link(page: Opened, name: str, *words: Any) -> Any:
    """What a function of `links.js` gives."""
    return page.tab.evaluate(CALL, [name, list(words)])


def packed(plain: object, version: str = "1") -> str:
    """An address that holds something, as a machine that is not ours would write it."""
    text = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
    squeezed = zlib.compress(text, 9, wbits=-15)
    return f"#s={version}.{base64.urlsafe_b64encode(squeezed).decode().rstrip('=')}"


STATES: dict[str, dict[str, Any]] = {
    "#scenario=checkout&workers=5&seed=3&t=1.5": {
        "scenario": "checkout",
        "changes": {"workers": "5"},
        "seed": 3,
        "time_s": 1.5,
    },
    "#kill=2,3&workers=5": {"changes": {"kill": "2,3", "workers": "5"}},
    "#page=lessons&lesson=3": {"page": "lessons", "lesson": 3, "changes": {}},
    "#scenario=overload&projector=": {"scenario": "overload", "projector": True, "changes": {}},
    "#spike": {"changes": {}},
    "": {"changes": {}},
}


@pytest.mark.parametrize("hash", STATES)
def test_a_readable_address_is_read(hash: str, opened: Opened) -> None:
    assert link(opened, "read", hash) == {"state": STATES[hash]}


@pytest.mark.parametrize("hash", [hash for hash in STATES if "=" in hash])
def test_and_written_back_it_says_the_same(hash: str, opened: Opened) -> None:
    written = link(opened, "write", STATES[hash])["hash"]
    assert link(opened, "read", written) == {"state": STATES[hash]}
    if not hash.startswith("#scenario"):
        assert written == hash


@pytest.mark.parametrize(
    "text", [SMALL, f"description: '{SCRIPT} \N{SNOWMAN} \U0001f600'\n{SMALL}", "", "\n\t\0"]
)
def test_a_text_comes_back_as_it_was(text: str, opened: Opened) -> None:
    state = {
        "text": text,
        "name": "my shop.yaml",
        "changes": {"workers": "unlimited"},
        "seed": 0,
        "time_s": 2.25,
    }
    written = link(opened, "write", state)["hash"]
    assert link(opened, "read", written) == {"state": state}
    assert written.isascii()
    assert link(opened, "read", packed({"text": text})) == {"state": {"text": text, "changes": {}}}


@pytest.mark.parametrize("name", bundled.names())
def test_positions_of_sliders_come_back(name: str, opened: Opened) -> None:
    explorer = Explorer(load_scenario(name), None, name)
    turned = {
        "controls": [control.to_dict() for control in explorer.controls],
        "incidents": explorer.incidents,
    }
    positions: dict[str, Any] = {control.name: len(control.stops) - 1 for control in explorer.controls}
    positions |= {incident["name"]: [0.5, 2] for incident in explorer.incidents}
    changes = link(opened, "changesOf", positions, turned)
    state = link(opened, "read", link(opened, "write", {"scenario": name, "changes": changes})["hash"])[
        "state"
    ]
    assert state["changes"] == changes
    assert link(opened, "positionsIn", state, turned) == {"positions": positions}


BAD = {
    "#scenario=../../etc/passwd": "names no scenario",
    "#scenario=__proto__": "names no scenario",
    "#scenario=constructor": 'no bundled scenario "constructor"',
    "#scenario=no-such": "no bundled scenario",
    "#seed=NaN": "whole number",
    "#seed=-1": "whole number",
    "#seed=1e3": "whole number",
    "#seed=99999999999999999999": "whole number",
    "#seed=": "whole number",
    "#seed=1&seed=2": 'says "seed" twice',
    "#workers=1&workers=2": 'says "workers" twice',
    "#t=NaN": "no time",
    "#t=-1": "no time",
    "#t=Infinity": "no time",
    "#page=//evil.example": "page that is not there",
    "#lesson=x": "whole number",
    "#__proto__=1": "not known",
    "#__proto__[polluted]=1": "not known",
    "#workers=%00": "nothing that can be read",
    "#workers=%E2%80%AE5": "nothing that can be read",
    "#<script>=1": "not known",
    f"#workers={'1' * LONGEST}": "too long",
    "#s=": "damaged",
    "#s=1.": "damaged",
    "#s=1.A": "damaged",
    "#s=1.!!!!": "damaged",
    "#s=1.AAAA": "damaged",
    "#s=x.AAAA": "damaged",
    packed({"text": SMALL}, "2"): "another version (2; this page reads 1)",
    f"{packed({'text': SMALL})}AAAA": "damaged",
    packed({"text": SMALL})[:-9]: "damaged",
    f"{packed({'text': SMALL})}&scenario=checkout": "names a scenario, and holds another",
    packed(b"not JSON"): "cannot be read",
    packed(b'{"text": "\xff"}'): "cannot be read",
    packed(b"[" * 900_000): "cannot be read",
    packed(b"[" * 400_000 + b"]" * 400_000): "cannot be read",
    packed([SMALL]): "cannot be read",
    packed(None): "cannot be read",
    packed(SMALL): "cannot be read",
    packed({}): "no text",
    packed({"text": None}): "no text",
    packed({"text": {"traffic": 1}}): "no text",
    packed({"text": SMALL, "run": True}): 'not known: "run"',
    packed(b'{"text": "a", "__proto__": {"polluted": 1}}'): 'not known: "__proto__"',
    packed({"text": SMALL, "name": "../evil.yaml"}): "names no file",
    packed({"text": SMALL, "name": 7}): "names no file",
    packed(b'{"text": "\\ud800"}'): "no text",
    packed({"text": "x" * 1_000_000}): "more than 1,000,000 bytes",
    packed({"text": "x" * 5_000_000}): "more than 1,000,000 bytes",
}


@pytest.mark.parametrize("hash", BAD, ids=[hash[:40] for hash in BAD])
def test_a_bad_link_is_a_sentence(hash: str, opened: Opened) -> None:
    told = link(opened, "read", hash, {"scenarios": list(bundled.names())})
    assert list(told) == ["problem"]
    assert BAD[hash] in told["problem"]
    assert len(told["problem"]) < 250
    assert told["problem"].isprintable()
    assert told["problem"].endswith(".")
    assert opened.tab.evaluate("[{}.polluted, document.body.dataset.hacked].every((it) => it === undefined)")


def test_a_link_of_ten_megabytes_is_too_long(opened: Opened) -> None:
    told = opened.tab.evaluate(CALL.replace("...words", "'#s=1.' + 'A'.repeat(1e7)"), ["read", []])
    assert told["problem"].startswith("The link is too long: it has 10,000,005 characters, and 8,000 are")


@pytest.mark.parametrize("size", [10_000_000, 1_000_000_000])
def test_what_unpacks_to_very_much_is_not_unpacked(size: int, opened: Opened) -> None:
    told = opened.tab.evaluate(BOMB, size)
    assert told["said"].startswith("The link holds more than 1,000,000 bytes.")
    assert told["taken"] < 3_000 < told["packed"]


def test_a_text_that_is_too_long_for_a_link_is_a_sentence(opened: Opened) -> None:
    noise = base64.b85encode(zlib.compress(repr([n**5 for n in range(9_000)]).encode())).decode()
    told = link(opened, "write", {"text": f"# {noise}\n{SMALL}"})
    assert "too long for a link" in told["problem"]
    assert "8,000 are possible. Save the scenario as a file" in told["problem"]


def test_a_change_of_what_is_not_there_is_a_sentence(opened: Opened) -> None:
    turned = opened.call("controls", "checkout")["value"]
    for changes in ({"workers": "-1"}, {"constructor": "1"}, {"kill": "1e999"}, {"kill": "a"}):
        told = link(opened, "positionsIn", {"changes": changes}, turned)
        assert "changes what this scenario does not have" in told["problem"]


def test_what_takes_long_is_told_before(opened: Opened) -> None:
    steps = "steps: [{name: work, duration: exponential(1s), failure_rate: 10%}]\n"
    told = opened.call("check", "checkout")["value"]
    assert (told["problem"], told["notes"]) == ("", [])
    told = opened.call("check", f"traffic: {{requests: 4000000}}\n{steps}")["value"]
    assert (told["problem"], told["notes"][0][:11]) == ("", "This takes ")
    for many in ("{requests: 1000000000}", "{rate: 1000000/s, for: 1000h}"):
        told = opened.call("check", f"traffic: {many}\n{steps}")
        assert (told["code"], "a run takes at most 5,000,000" in told["message"]) == (2, True)
    outage = (
        "traffic: {requests: 4000000}\nsteps: [{name: w, duration: 1s, background: true, failure_rate: 99%,"
    )
    assert (
        "this would take very long"
        in opened.call("check", f"{outage} retry: {{attempts: 900}}}}]\n")["value"]["problem"].lower()
    )
    told = opened.call("run", f"{outage} retry: {{attempts: 900}}}}]\n")
    assert told["code"] == 2
    assert "this would take very long: about " in told["message"]
    assert "--yes" not in told["message"]


def drawn(count: int) -> list[str]:
    """Texts of random scenarios, the same in every run of the tests."""
    made: list[str] = []

    @settings(max_examples=200, derandomize=True, database=None, phases=[Phase.generate], deadline=None)
    @given(scenario_data())
    def draw(data: dict[str, Any]) -> None:
        text = yaml.safe_dump({"description": f"Number {len(made)} \N{SNOWMAN}", **data}, allow_unicode=True)
        with suppress(ScenarioError):
            parse_scenario(text.encode(), "random.yaml")
            made.append(text)

    draw()
    return sorted(made, key=len)[-count:]


def test_random_scenarios_have_the_same_bytes_behind_a_link(
    browser: Browser, address: str, opened: Opened, tmp_path: Path
) -> None:
    texts = drawn(5)
    assert len({*texts}) == 5
    for number, text in enumerate(texts, start=1):
        (tmp_path / "random.yaml").write_text(text, encoding="utf-8")
        words = ("--seed", str(number), "--no-charts", "--trace", f"{number}.json")
        syncasync("run", "random.yaml", *words, folder=tmp_path)
        link_to_it = link(opened, "write", {"text": text, "name": "random.yaml", "seed": number})["hash"]
        elsewhere = visited(browser, f"{address}playground.html{link_to_it}")
        state = elsewhere.tab.evaluate("() => syncasync.playground.now")
        told = elsewhere.call("run", state["text"], {"seed": state["seed"], "name": state["name"]})
        elsewhere.context.close()
        assert told == {"value": (tmp_path / f"{number}.json").read_text(encoding="utf-8")}
        assert elsewhere.wrong == []
