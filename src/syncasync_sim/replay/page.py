"""The stage as text for its hosts, and a run as one HTML page that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

PARTS = ("model", "elements", "places", "lane", "controls", "band", "strip", "figures", "stage")
"""The scripts in their order: each uses only what stands before it."""
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_STAGE = files("syncasync_sim.replay") / "stage"


def script() -> str:
    """The stage's JavaScript: a plain script that defines the global `syncasync`."""
    return "".join((_STAGE / f"{part}.js").read_text(encoding="utf-8") for part in PARTS)


def style() -> str:
    """The stage's CSS."""
    return (_STAGE / "stage.css").read_text(encoding="utf-8")


def page(document: Mapping[str, Any], question: Mapping[str, Any] | None = None) -> str:
    """A self-contained HTML page with the replay of *document*, which asks *question* before it plays."""
    asked = "null" if question is None else _in_script(question)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{escape(document["generator"])}">
<title>{escape(document["title"])}</title>
<style>
body {{ margin: 0; background: #fff; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #15181c; }} }}
{style()}</style>
</head>
<body>
<main><div id="replay"></div></main>
<script type="application/json" id="document">{_in_script(document)}</script>
<script>
{script()}
(() => {{
  const text = document.getElementById("document").textContent;
  const options = {{ ...syncasync.address(location.hash), question: {asked} }};
  const stage = syncasync.mount(document.getElementById("replay"), JSON.parse(text), options);
  addEventListener("hashchange", () => stage.seek(syncasync.address(location.hash).t));
}})();
</script>
</body>
</html>
"""


def _in_script(plain: Mapping[str, Any]) -> str:
    """JSON that cannot end the script it stands in."""
    return json.dumps(plain, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
