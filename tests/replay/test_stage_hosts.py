"""The stage in other places than its own page: in a shadow root, with one document after another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from replay.pages import clock, opened, press

if TYPE_CHECKING:
    from playwright.sync_api import Browser


IN_SHADOW = """() => {
    const doc = JSON.parse(document.getElementById("document").textContent);
    const host = document.createElement("div"), root = document.createElement("div");
    host.attachShadow({ mode: "open" }).append(document.querySelector("style").cloneNode(true), root);
    document.getElementById("replay").replaceWith(host);
    syncasync.mount(root, doc, { t: 2e6 });
}"""


def test_it_works_inside_a_shadow_root(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        page.evaluate(IN_SHADOW)
        page.click(".sa-sync .sa-token[data-customer='2']")
        assert page.locator(".sa-token.sa-followed").count() == 2
        press(page, "Home")
        assert clock(page) == 0
        press(page, "Shift+ArrowRight")
        assert clock(page) == 1


REPLACED = """() => {
    const doc = JSON.parse(document.getElementById("document").textContent);
    const root = document.createElement("div");
    document.getElementById("replay").replaceWith(root);
    root.id = "replay";
    window.stage = syncasync.mount(root, doc, { t: 2e6 });
    window.stage.update({ ...doc, title: "Another" });
}"""
SHORTER = """() => {
    const doc = JSON.parse(document.getElementById("document").textContent);
    window.stage.update({ ...doc, time: { ...doc.time, end: 1000000 } });
}"""


def test_another_document_keeps_the_clock(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        page.evaluate(REPLACED)
        assert page.text_content("h1") == "Another"
        assert clock(page) == 2
        page.evaluate(SHORTER)
        assert clock(page) == 1
        page.evaluate("window.stage.destroy()")
        root = "document.getElementById('replay')"
        assert page.evaluate(f"{root}.childNodes.length") == 0
        assert sorted(page.evaluate(f"{root}.getAttributeNames()")) == ["class", "id"]
        assert page.evaluate(f"{root}.className") == ""
