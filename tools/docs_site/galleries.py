"""The galleries: a page for each scenario and each lesson, with the page that moves inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from html import escape
from pathlib import Path

from docs_site.places import REPLAYS
from syncasync_sim.cli.export import page_of
from syncasync_sim.cli.runner import Question, answer
from syncasync_sim.files import bundled
from syncasync_sim.files.lessons import lessons, load_lesson
from syncasync_sim.lessons import replay_page as lesson_pages
from syncasync_sim.lessons.feedback import title_of
from syncasync_sim.lessons.session import Session
from syncasync_sim.render.headline import headline

SCENARIOS, LESSONS = "scenarios", "lessons"
HEADS = {
    SCENARIOS: """# Scenarios

These come with the program. Each shows one thing; on its page the run can be watched, and the file is there
to copy and change.
""",
    LESSONS: """# Lessons

A lesson asks before it shows. Answer first: the page shows nothing of the run until then. The same lessons
run in a terminal with `syncasync-sim lesson`; how to write one is told in
[Lessons of your own](../lessons.md).
""",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of a gallery, and what its card says."""

    name: str
    title: str
    blurb: str
    page: str
    """Markdown."""
    replay: str | None
    """The HTML page that moves, if there is one."""


def makers() -> dict[str, tuple[Callable[[str], Entry], tuple[str, ...]]]:
    """Who makes a page of each gallery, and of what."""
    return {
        SCENARIOS: (scenario_entry, bundled.names()),
        LESSONS: (lesson_entry, tuple(file.lesson.name for file in lessons())),
    }


def write(source: Path) -> None:
    """Write both galleries into the folder that Sphinx reads."""
    replays = source / "extra" / REPLAYS
    replays.mkdir(parents=True)
    with ProcessPoolExecutor() as pool:
        made = {kind: pool.map(make, names) for kind, (make, names) in makers().items()}
        for kind, entries in made.items():
            _write_gallery(source / kind, replays, kind, list(entries))


def _write_gallery(folder: Path, replays: Path, kind: str, entries: Sequence[Entry]) -> None:
    folder.mkdir()
    (folder / "index.md").write_text(_index(kind, entries), encoding="utf-8")
    for entry in entries:
        (folder / f"{entry.name}.md").write_text(entry.page, encoding="utf-8")
        if entry.replay is not None:
            (replays / file_of(kind, entry.name)).write_text(entry.replay, encoding="utf-8")


def file_of(kind: str, name: str) -> str:
    """The file of a page that moves: the names of scenarios and of lessons overlap."""
    return f"{kind}-{name}.html"


def _index(kind: str, entries: Sequence[Entry]) -> str:
    cards = "\n".join(
        f":::{{grid-item-card}} {entry.title}\n:link: {entry.name}\n:link-type: doc\n\n{entry.blurb}\n:::\n"
        for entry in entries
    )
    pages = "\n".join(entry.name for entry in entries)
    toctree = f"```{{toctree}}\n:hidden:\n\n{pages}\n```\n"
    return f"{HEADS[kind]}\n::::{{grid}} 1 2 2 2\n:gutter: 3\n\n{cards}\n::::\n\n{toctree}"


def _frame(kind: str, name: str, title: str) -> str:
    address = f"../{REPLAYS}/{file_of(kind, name)}"
    frame = f'<iframe class="replay" src="{address}" title="{escape(title)}" loading="lazy"></iframe>'
    alone = f'<p class="alone"><a href="{address}">Open it on a page of its own</a></p>'
    return f"{frame}\n\n{alone}"


def scenario_entry(name: str) -> Entry:
    """The page of a bundled scenario."""
    result = answer(Question(name), bar=False)
    scenario = result.scenario
    lines = bundled.read(name).splitlines()
    looks = " ".join(line.removeprefix("#").strip() for line in _comment(lines[1:]))
    page = f"""# {scenario.title}

{_marked(scenario.description)}

```sh
syncasync-sim run {name}
syncasync-sim scenarios copy {name}   # a copy to change
```

## Watch it

{_frame(SCENARIOS, name, f"The run of {name}, moving")}

:::{{dropdown}} What came out
{_marked(headline(result.comparison))}

{_marked(looks)}
:::

## The file

```yaml
{chr(10).join(lines[1:]).strip()}
```
"""
    return Entry(name, scenario.title, _marked(scenario.description), page, page_of(result))


def _comment(lines: Iterable[str]) -> Iterable[str]:
    """The comment in front of a scenario."""
    for line in lines:
        if not line.startswith("#"):
            return
        yield line


def lesson_entry(name: str) -> Entry:
    """The page of a bundled lesson: nothing of the run is in it but behind the question."""
    session = Session(load_lesson(name))
    lesson = session.lesson
    title = title_of(lesson)
    session.reveal()
    replay = lesson_pages.replay(session, session.run())
    told = _frame(LESSONS, name, f"{title}: the question, then the run")
    needs = "" if lesson.needs == "nothing" else f", after {lesson.needs}"
    page = f"""# {title}

About {lesson.minutes} minutes{needs}.

{told}

In a terminal:

```sh
syncasync-sim lesson {lesson.number}
syncasync-sim lesson handout {lesson.number}   # one sheet to print
```
"""
    blurb = _marked(session.filled_text(lesson.question.text))
    return Entry(name, title, blurb, page, replay)


def _marked(text: str) -> str:
    """With what Markdown would take for marks as it is."""
    for mark in "\\`*_<>[]#":
        text = text.replace(mark, f"\\{mark}")
    return text
