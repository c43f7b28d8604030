"""Check the built site: links and anchors, and in a browser without a network that it needs nothing from
elsewhere, that its search finds something, and that axe finds nothing that shuts somebody out."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from docs_site.places import SITE

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
OPENED = (
    *("index.html", "cli.html", "commands.html", "python.html", "scenario-reference.html", "model.html"),
    *(
        "lessons/index.html",
        "lessons/not-faster.html",
        "scenarios/index.html",
        "scenarios/traffic-spike.html",
    ),
)
"""One page of each kind, and the long ones."""
SOUGHT = "visibility timeout"
"""What the search is tried with."""
_LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}
"""What a browser fetches by itself."""

_FROM_ELSEWHERE = re.compile(r"(?:url\(|@import)\s*['\"]?(?P<address>(?:https?:)?//[^'\")]+)")


class Reader(HTMLParser):
    """The anchors of a page, its links, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value is not None}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif (attribute := _LOADED.get(tag)) in values and attribute is not None:
            self.loaded.append(values[attribute])


def problems_of_links(site: Path) -> Iterator[str]:
    """Every link that leads nowhere, and everything that would be loaded from elsewhere."""
    pages = {
        page: Reader(page.read_text(encoding="utf-8")) for page in sorted(site.resolve().rglob("*.html"))
    }
    for page, reader in pages.items():
        found = [*_of_what_is_loaded(page, reader), *_of_the_links(page, reader, pages)]
        yield from (f"{page.relative_to(site.resolve())}: {told}" for told in found)
    for sheet in sorted(site.rglob("*.css")):
        if outside := _FROM_ELSEWHERE.search(sheet.read_text(encoding="utf-8")):
            yield f"{sheet.relative_to(site)}: loads {outside['address']} from elsewhere"


def _of_what_is_loaded(page: Path, reader: Reader) -> Iterator[str]:
    for loaded in reader.loaded:
        address = urlsplit(loaded)
        if address.netloc:
            yield f"loads {loaded} from elsewhere"
        elif not address.scheme and not _meant(page, address.path).is_file():
            yield f"loads {loaded}, which is not there"


def _of_the_links(page: Path, reader: Reader, pages: Mapping[Path, Reader]) -> Iterator[str]:
    for link in reader.links:
        address = urlsplit(link)
        if address.scheme or address.netloc:
            continue
        target = _meant(page, address.path)
        if not target.is_file():
            yield f"the link {link} leads nowhere"
        elif address.fragment and target in pages and unquote(address.fragment) not in pages[target].anchors:
            yield f"the link {link} leads to no place on that page"


def _meant(page: Path, path: str) -> Path:
    return (page.parent / unquote(path)).resolve() if path else page


def problems_in_a_browser(site: Path) -> Iterator[str]:
    """What goes wrong when pages are opened, without a network, and when something is searched."""
    from playwright.sync_api import sync_playwright

    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        inside = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
        tab = inside.new_page()
        tab.set_default_timeout(60_000)
        heard: list[str] = []
        home = site.as_uri()
        tab.on("pageerror", lambda error: heard.append(f"error: {error}"))
        tab.on(
            "request", lambda r: None if r.url.startswith((home, "data:")) else heard.append(f"asks {r.url}")
        )
        for where in OPENED:
            tab.goto((site / where).as_uri())
            tab.wait_for_load_state("networkidle")
            yield from (f"{where}: {told}" for told in [*heard, *violations(tab, axe)])
            heard.clear()
        tab.goto(f"{(site / 'search.html').as_uri()}?q={SOUGHT.replace(' ', '+')}")
        tab.wait_for_selector("#search-results li a")
        browser.close()


def violations(tab: Page, axe: str) -> Iterator[str]:
    """What axe finds on a page that is open: the rule, and the first place."""
    tab.evaluate(axe)
    found: dict[str, Any] = tab.evaluate("() => axe.run(document, {iframes: false})")
    for violation in found["violations"]:
        nodes = violation["nodes"]
        yield f"axe: {violation['help']} ({violation['id']}, {len(nodes)} times): {nodes[0]['html'][:200]}"


def missing_for_a_browser() -> str:
    """What is not there of what the second half needs; empty: nothing."""
    absent = [name for name in ("playwright", "axe_playwright_python") if find_spec(name) is None]
    return ", ".join([*absent, *([] if CHROMIUM else ["Chromium"])])


def main() -> int:
    """Check the site and say what is wrong; the exit code."""
    problems = list(problems_of_links(SITE))
    if missing := missing_for_a_browser():
        print(f"SKIPPED: the check in a browser, because these are missing: {missing}")
    else:
        problems += problems_in_a_browser(SITE)
    for problem in problems:
        print(problem, file=sys.stderr)
    pages = len(list(SITE.rglob("*.html")))
    print(f"{SITE / 'index.html'}: {pages} pages, {len(problems)} problems")
    return 1 if problems else 0
