"""The stage as text for its hosts, and a run as one HTML page that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

from syncasync_sim.render.style import LOOKS, MESSAGES

PARTS = ("model", "elements", "places", "bars", "lane", "controls", "strip", "figures", "stage")
"""The scripts in order: each script uses only the scripts before it."""
MORE = ("blocks", "question", "sliders", "play", "widget", "scorm")
"""What some pages and notebooks have besides: those with a question, or with sliders."""
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_STAGE = files("syncasync_sim.replay") / "stage"


def script(*more: str) -> str:
    """The JavaScript of the stage, a plain script that defines the global `syncasync`, and further parts."""
    return "".join((_STAGE / f"{part}.js").read_text(encoding="utf-8") for part in (*PARTS, *more))


def style(*more: str) -> str:
    """The CSS of the stage, and further parts."""
    sheets = "".join((_STAGE / f"{part}.css").read_text(encoding="utf-8") for part in ("stage", *more))
    looks = [*LOOKS.items(), ("job", MESSAGES)]
    light = " ".join(f"--sa-{name}: {look.colour};" for name, look in looks)
    dark = " ".join(f"--sa-{name}: {look.on_dark};" for name, look in looks)
    on_dark = f"@media screen and (prefers-color-scheme: dark) {{ .syncasync {{ {dark} }} }}"
    return f"{sheets}.syncasync {{ {light} }}\n{on_dark}\n"


def page(
    document: Mapping[str, Any], question: Mapping[str, Any] | None = None, *, is_reported: bool = False
) -> str:
    """A self-contained HTML page with the replay of a document.

    Every text is escaped; the same document gives the same page.

    Args:
        document: the document.
        question: the question to ask before the replay: `text`, `options` (each with `text`, and `correct` or
            its `refutation`), and optionally a `story` (its paragraphs), a `sum` and a `takeaway`. Until it
            is answered, the page shows nothing of the run. With `sure`, a list of words, it also asks
            how sure the reader is, and with `why` for the reason: a `text` and `options` as above. With
            `recall` it asks that first, and with `after`, a list, each of them after the run; they are as
            `syncasync_sim.lessons.page_parts.with_results` makes them.
        is_reported: whether the page tells a learning management system (SCORM 1.2) of the answer; the
            question then has a `name` and `sure`.
    """
    status = '\n<p id="reported" role="status"></p>' if is_reported else ""
    hears = ', ...syncasync.scorm(question, document.getElementById("reported"))' if is_reported else ""
    asks = ["blocks", "question"] if question is not None else []
    question_json = "null" if question is None else in_script(question)
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
@media screen and (prefers-color-scheme: dark) {{ body {{ background: #15181c; color: #f2f2f2; }} }}
{style(*asks[:1])}</style>
</head>
<body>
<main>
<div id="replay"></div>{status}
<noscript>
{_result_html(document) if question is None else _question_html(question)}
</noscript>
</main>
<script type="application/json" id="document">{in_script(document)}</script>
<script>
{script(*asks, *(["scorm"] if is_reported else []))}
(() => {{
  const text = document.getElementById("document").textContent, question = {question_json};
  const options = {{ ...syncasync.address(location.hash), question, host: document{hears} }};
  const stage = syncasync.mount(document.getElementById("replay"), JSON.parse(text), options);
  addEventListener("hashchange", () => stage.goTo(syncasync.address(location.hash)));
}})();
</script>
</body>
</html>
"""


def in_script(plain: Mapping[str, Any]) -> str:
    """JSON that cannot end its script element, nor begin a comment in it."""
    return json.dumps(plain, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _result_html(document: Mapping[str, Any]) -> str:
    """The result as a plain table, for readers who run no scripts."""
    modes = [lane["id"] for lane in document["lanes"]]
    columns = [*modes, "change", "words"] if len(modes) > 1 else modes
    heads = "".join(f'<th scope="col">{escape(mode)}</th>' for mode in modes)
    lines = [f"<tr><td></td>{heads}</tr>"]
    for row in document["table"]:
        name = row["label"] if row["label"] == row["group"] else f"{row['group']}: {row['label']}"
        cells = "".join(f"<td>{escape(row[column])}</td>" for column in columns)
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    paragraphs = "".join(f"<p>{escape(note)}</p>\n" for note in document["notes"]) + left_out_html(document)
    title = f"<h1>{escape(document['title'])}</h1>\n"
    says = f"<p>The moving picture needs JavaScript, which is off. {escape(document['counted'])}:</p>\n"
    says += f"<p>{escape(document['headline'])}</p>\n"
    return title + says + "<table>\n" + "\n".join(lines) + "\n</table>\n" + paragraphs


def left_out_html(document: Mapping[str, Any]) -> str:
    """A paragraph that says what the page leaves out, with the option that gives the same part as code."""
    if not document.get("left_out"):
        return ""
    option = document.get("same_part")
    same = f" The same part: <code>{escape(option)}</code>" if option else ""
    return f"<p>{escape(document['left_out'])}.{same}</p>\n"


def _question_html(question: Mapping[str, Any]) -> str:
    """The question as plain text: without scripts nobody can answer it, so nothing more is shown."""
    texts = [
        *question.get("story", ()),
        question["text"],
        *(option["text"] for option in question["options"]),
    ]
    paragraphs = "".join(f"<p>{escape(text)}</p>\n" for text in texts)
    return paragraphs + "<p>To answer, and to see the run, this page needs JavaScript, which is off.</p>\n"
