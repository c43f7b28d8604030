"""The page of the essay: readable without scripts, with the first picture as early as possible."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from syncasync_sim.replay.html_page import in_script, script, style
from web_story.scenes import SOURCE, Scene, scenes, source

SITE = Path(__file__).resolve().parents[2] / "build" / "site"
FILES = "story"
"""The folder of the page's files, beside the page."""
_REST = "style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'"
POLICY = f"default-src 'none'; script-src 'self'; {_REST}; form-action 'none'"
POLICY_WITH_ENGINE = POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
"""The engine is compiled in the page."""
LANES = {"sync": "synchronous", "async": "asynchronous"}
NAMES = {"sync": "In the request", "async": "On a queue"}
"""The answers to the sorting task."""
PAGES = {"story": "Story", "lessons": "Lessons", "playground": "Playground"}
"""The pages that link to each other, in their order."""


def build(target: Path = SITE, *, engine: str = "", ways: Mapping[str, str] | None = None) -> Path:
    """Write the page and its files, and return the path of the page.

    Args:
        target: the folder; it is made if it is not there.
        engine: the address of a module that adds `ready` and `look` to the global `syncasync`. The page
            loads it when a slider is used for the first time.
        ways: the addresses of pages by name (`story`, `lessons`, `playground`, `readme`), for the links at
            the top and at the end.

    Raises:
        StoryError: a text says something that a run does not confirm.
    """
    made = scenes()
    files = target / FILES
    (files / "runs").mkdir(parents=True, exist_ok=True)
    for recording in (recording for scene in made for recording in scene.recordings):
        text = json.dumps(recording.answer, separators=(",", ":"), allow_nan=False)
        (files / "runs" / f"{recording.name}.json").write_text(text, encoding="utf-8")
    (files / "story.js").write_text(script() + _sources("js"), encoding="utf-8")
    (files / "story.css").write_text(style() + _sources("css"), encoding="utf-8")
    no_script = (SOURCE / "no-script.css").read_text(encoding="utf-8")
    (files / "no-script.css").write_text(no_script, encoding="utf-8")
    page = target / "index.html"
    page.write_text(_html(made, engine, ways or {}), encoding="utf-8")
    return page


def _html(made: list[Scene], engine: str, ways: Mapping[str, str]) -> str:
    text = source()
    data = {"scenes": [scene.data for scene in made], "runs": f"{FILES}/runs/", "engine": engine}
    links = "".join(
        f'<li><a href="#{scene.data["id"]}"><span>{number}</span>'
        f'<span class="story-hidden"> {escape(scene.data["title"])}</span></a></li>'
        for number, scene in enumerate(made, 1)
    )
    sections = "\n".join(_section(number, scene) for number, scene in enumerate(made, 1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY_WITH_ENGINE if engine else POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{escape(text["lead"][0])}">
<title>{escape(text["title"])}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{FILES}/story.css">
<link rel="preload" href="{FILES}/runs/{made[0].data["first"]}.json" as="fetch" crossorigin="anonymous">
<script defer src="{FILES}/story.js"></script>
<noscript><link rel="stylesheet" href="{FILES}/no-script.css"></noscript>
</head>
<body>
<a class="story-skip" href="#{made[0].data["id"]}">To the first scene</a>
<header>
{navigation(ways, "story")}<h1>{escape(text["title"])}</h1>
{_paragraphs(text["lead"])}
</header>
<nav class="story-nav" aria-label="Scenes"><ol>{links}</ol></nav>
<main>
{sections}
{_end(text["end"], ways)}
</main>
<script type="application/json" id="story">{in_script(data)}</script>
</body>
</html>
"""


def navigation(ways: Mapping[str, str], here: str) -> str:
    """The links of a page to the others, as HTML; nothing where no other page is beside it.

    Args:
        ways: the addresses of pages by name.
        here: the name of the page.
    """
    names = [name for name in PAGES if name in ways]
    if not set(names) - {here}:
        return ""
    marks = {here: ' aria-current="page"'}
    links = (
        f'<li><a href="{escape(ways[name])}"{marks.get(name, "")}>{PAGES[name]}</a></li>' for name in names
    )
    return f'<nav class="site-pages" aria-label="Pages"><ul>{"".join(links)}</ul></nav>\n'


def _sources(ending: str) -> str:
    """The scripts, or the style sheets, of the page."""
    paths = (SOURCE.parent / f"site.{ending}", SOURCE / f"story.{ending}")
    return "".join(path.read_text(encoding="utf-8") for path in paths)


def _section(number: int, scene: Scene) -> str:
    """A scene; its picture, and its buttons, come to life with the script."""
    data = scene.data
    name = data["id"]
    asked = _kinds(data) if "kinds" in data else _question(data)
    lanes, parts = data["lanes"], data["parts"]
    return f"""<section class="story-scene" id="{name}" tabindex="-1" aria-labelledby="{name}-title">
<div class="story-words">
<h2 id="{name}-title"><span class="story-number">{number}</span> {escape(data["title"])}</h2>
{_paragraphs(data["text"])}
</div>
<figure class="story-figure story-lanes-{lanes} story-parts-{parts}" aria-label="Picture of scene {number}">
<div class="story-picture"><div class="story-stage"></div></div>
<figcaption>{escape(data["caption"])}</figcaption>
<div class="story-controls"></div>
<div class="story-few" role="status"></div>
</figure>
<div class="story-ask">
{asked}
</div>
<div class="story-after" id="{name}-after" tabindex="-1" aria-live="polite"></div>
<noscript>
{_without_script(scene)}
</noscript>
</section>"""


def _question(data: Mapping[str, Any]) -> str:
    options = "\n".join(
        f'<li><button type="button" disabled aria-pressed="false">{escape(option["text"])}</button></li>'
        for option in data["question"]["options"]
    )
    text = escape(data["question"]["text"])
    return f'<p class="story-question">{text}</p>\n<ul class="story-options">\n{options}\n</ul>'


def _kinds(data: Mapping[str, Any]) -> str:
    lines = []
    for kind in data["kinds"]:
        name = f"{data['id']}-{kind['id']}"
        buttons = "".join(
            f'<button type="button" disabled aria-pressed="false" aria-describedby="{name}"'
            f' data-mode="{mode}">{text}</button>'
            for mode, text in NAMES.items()
        )
        lines.append(
            f'<li data-kind="{kind["id"]}"><p id="{name}">{escape(kind["text"])}</p>'
            f'<div class="story-choice">{buttons}</div><p class="story-reason" aria-live="polite"></p></li>'
        )
    return '<ol class="story-kinds">\n' + "\n".join(lines) + "\n</ol>"


def _without_script(scene: Scene) -> str:
    """The answers behind a fold, and the numbers of the run."""
    data = scene.data
    if "kinds" in data:
        answers = [f"{k['text']}: {NAMES[k['right']].lower()}. {k['reason']}" for k in data["kinds"]]
        return _folded(_paragraphs(answers))
    question = data["question"]
    right = next(option["text"] for option in question["options"] if option.get("correct"))
    wrong = [f'"{o["text"]}": {o["refutation"]}' for o in question["options"] if not o.get("correct")]
    text = _paragraphs([f"{right}.", question["sum"], *wrong, *data["after"], data["keep"]])
    modes = list(LANES) if data["lanes"] == "both" else [data["lanes"]]
    rows = [row for row in scene.recordings[0].answer["few"] if row["figure"] in data["few"]]
    heads = "".join(f'<th scope="col">{LANES[mode]}</th>' for mode in modes)
    lines = "".join(
        f'<tr><th scope="row">{escape(row["label"])}</th>'
        + "".join(f"<td>{escape(row[mode])}</td>" for mode in modes)
        + "</tr>"
        for row in rows
    )
    return _folded(f"{text}\n<table><tr><td></td>{heads}</tr>{lines}</table>")


def _folded(html: str) -> str:
    return f"<details><summary>The answer</summary>\n{html}\n</details>"


def _paragraphs(texts: list[str]) -> str:
    return "\n".join(f"<p>{escape(text)}</p>" for text in texts)


def _end(end: Mapping[str, Any], ways: Mapping[str, str]) -> str:
    lines = []
    for way in end["ways"]:
        text, address = escape(way["text"]), ways.get(way["name"])
        linked = f'<a href="{escape(address)}">{text}</a>' if address else text
        lines.append(f"<li>{linked}: <code>{escape(way['command'])}</code></li>")
    return f"""<section class="story-end" id="end" tabindex="-1" aria-labelledby="end-title">
<h2 id="end-title">{escape(end["title"])}</h2>
{_paragraphs(end["text"])}
<ul>{"".join(lines)}</ul>
<p><button type="button" class="story-again" hidden>Forget my answers, and start again</button></p>
</section>"""
