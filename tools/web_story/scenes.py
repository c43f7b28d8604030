"""The scenes of the essay: read from `web/story/scenes.yaml`, filled with numbers, and recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from syncasync_sim.files.lessons import load_lesson
from syncasync_sim.lessons.presenter import full_stop
from syncasync_sim.replay.controls import Control
from syncasync_sim.replay.explorer import Explorer
from web_story.facts import Run, StoryError, filled, run_of

SOURCE = Path(__file__).resolve().parents[2] / "web" / "story"
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Recording:
    """A file with what an explorer answers: its name, and the answer."""

    name: str
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene as plain data for the page, and the runs that were recorded for it; the first comes first."""

    data: dict[str, Any]
    recordings: tuple[Recording, ...]


def source() -> dict[str, Any]:
    """The essay as it is written, with its facts in braces."""
    text: dict[str, Any] = yaml.safe_load((SOURCE / "scenes.yaml").read_text(encoding="utf-8"))
    return text


def scenes() -> list[Scene]:
    """Return all scenes, with numbers and recorded runs.

    Raises:
        StoryError: a scene says something that its run does not confirm.
    """
    return [_sorting(plain) if "sort" in plain else _scene(plain) for plain in source()["scenes"]]


def _scene(plain: Mapping[str, Any]) -> Scene:
    runs = _runs(plain)
    run = runs[""]
    explorer = Explorer(run.scenario, source=run.source, flags=run.sets)
    controls = [_control(explorer, name, stops) for name, stops in plain["controls"].items()]
    recordings = tuple(_recorded(plain, explorer, controls))
    question = _filled(plain["question"], runs)
    if len({option["text"] for option in question["options"]}) < len(question["options"]):
        raise StoryError(f"{plain['id']}: two options are the same")
    question["sum"] = full_stop(question["sum"])
    data = {
        **_common(plain, runs),
        "start": _time(plain, "start", run, 0),
        "until": _time(plain, "until", run, None),
        "after": _filled(plain["after"], runs),
        "hands_on": _filled(plain.get("hands_on", []), runs),
        "question": question,
        "controls": controls,
        "beyond": plain.get("beyond", True),
        "scenario": run.source if not run.sets else json.dumps(run.scenario.to_data()),
        "few": plain["few"],
        "first": recordings[0].name,
    }
    return Scene(data, recordings)


def _sorting(plain: Mapping[str, Any]) -> Scene:
    """A scene in which the reader chooses a design for several kinds of work."""
    kinds, recordings = [], []
    for kind in plain["sort"]:
        runs = _runs(kind)
        run = runs[""]
        recording = Recording(
            f"{plain['id']}-{kind['id']}",
            Explorer(run.scenario, source=run.source, flags=run.sets).answer({}),
        )
        recordings.append(recording)
        texts = {key: filled(kind[key], runs) for key in ("text", "reason")}
        kinds.append({"id": kind["id"], "right": kind["right"], "run": recording.name, **texts})
    data = {**_common(plain, {}), "kinds": kinds, "start": 0, "controls": [], "first": recordings[0].name}
    return Scene(data, tuple(recordings))


def _common(plain: Mapping[str, Any], runs: Mapping[str, Run]) -> dict[str, Any]:
    keys = ("id", "title", "lanes", "caption")
    keep = plain.get("keep") or load_lesson(plain["lesson"]).lesson.takeaway
    rest = {
        "text": _filled(plain["text"], runs),
        "keep": full_stop(keep),
        "parts": plain.get("parts", "bars"),
    }
    return {**{key: plain[key] for key in keys}, **rest}


def _runs(plain: Mapping[str, Any]) -> dict[str, Run]:
    """The runs of a scene by name, once its claims hold in the scene's own."""
    sets = tuple(plain.get("set", ()))
    run = run_of(plain["scenario"], sets)
    run.check(plain["claims"])
    others = {
        name: run_of(other["scenario"]) if "scenario" in other else run_of(run.source, (*sets, *other["set"]))
        for name, other in plain.get("runs", {}).items()
    }
    return {"": run, **others}


def _control(explorer: Explorer, name: str, texts: list[str]) -> dict[str, Any]:
    """A control as plain data; `recorded` are the positions that need no engine."""
    control: Control = next(c for c in explorer.controls if c.name == name)
    plain = control.to_dict()
    recorded = [plain["stops"].index(text) for text in texts]
    if plain["at"] not in recorded:
        raise StoryError(f"{name}: the position of the scenario is not recorded")
    return {**plain, "recorded": recorded}


def _recorded(
    plain: Mapping[str, Any], explorer: Explorer, controls: list[dict[str, Any]]
) -> Iterator[Recording]:
    """The run of the scene as it is, then those of the other positions."""
    names = [control["name"] for control in controls]
    at = tuple(control["at"] for control in controls)
    others = [stops for stops in product(*(c["recorded"] for c in controls)) if stops != at]
    for stops in [at, *others]:
        answer = explorer.answer(dict(zip(names, stops, strict=True)))
        if "problem" in answer:
            raise StoryError(f"{plain['id']}: {answer['problem']}")
        yield Recording("-".join([plain["id"], *map(str, stops)]), answer)


def _time(plain: Mapping[str, Any], key: str, run: Run, without: int | None) -> int | None:
    """A time of the scene in microseconds: given in seconds, or as a fact of its run."""
    if key in plain:
        return round(run.number(plain[key])[0] * MICROSECONDS)
    return round(plain[f"{key}_s"] * MICROSECONDS) if f"{key}_s" in plain else without


def _filled(part: Any, runs: Mapping[str, Run]) -> Any:
    """A part of a scene with numbers in all of its texts."""
    if isinstance(part, str):
        return filled(part, runs)
    if isinstance(part, list):
        return [_filled(item, runs) for item in part]
    return {key: _filled(item, runs) for key, item in part.items()} if isinstance(part, dict) else part
