"""The JSON Schema of a scenario or a lesson, as editors want it: completion, hover texts, early warnings."""

from __future__ import annotations

import json
import re
from typing import Any

from syncasync_sim.files.model_keys import keys_of, part_in, texts_of
from syncasync_sim.model.fields import StrictModel
from syncasync_sim.model.scenario import Scenario

_WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z])")
DRAFT = "http://json-schema.org/draft-07/schema#"


def schema(part: type[StrictModel] = Scenario) -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of a scenario or a lesson.

    Its defaults are written as a file would write them.
    """
    made = json.loads(json.dumps(part.model_json_schema(by_alias=True)))  # a copy: no part is shared
    parts = {inner.__name__: inner for inner in _all_parts(part)}
    for name, definition in made["$defs"].items():
        _write_keys(definition, parts[name])
    _write_keys(made, part)
    tidy: dict[str, Any] = _tidy(made)
    words = _WORD_BEGINS.sub(" ", part.__name__).lower()
    return {"$schema": DRAFT, **tidy, "title": f"A {words} of syncasync-sim"}


def schema_text(part: type[StrictModel] = Scenario) -> str:
    """The schema as the file `scenario.schema.json` (or `lesson.schema.json`) holds it."""
    return json.dumps(schema(part), indent=2, ensure_ascii=False) + "\n"


def _all_parts(part: type[StrictModel]) -> set[type[StrictModel]]:
    inner = [inner_part for info in keys_of(part).values() if (inner_part := part_in(info.annotation))]
    return {part}.union(*map(_all_parts, inner))


def _write_keys(definition: dict[str, Any], part: type[StrictModel]) -> None:
    """The hover texts, and the defaults as a file has them: `unlimited`, not null, and `1s`, not 1.0."""
    written = part.model_construct().model_dump(mode="json", by_alias=True)
    texts = [texts_of(part)[name] for name in part.model_fields]
    for (key, info), text in zip(keys_of(part).items(), texts, strict=True):
        plain = {k: v for k, v in definition["properties"][key].items() if k != "default"}
        entry = definition["properties"][key] = dict(sorted({**plain, "description": text}.items()))
        if not info.is_required() and written[key] is not None and part_in(info.annotation) is None:
            entry["default"] = written[key]


def _tidy(node: Any) -> Any:
    """Titles that only repeat the key go, and a $ref stands alone, as draft 7 ignores what is beside it."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _tidy(value) for key, value in node.items()}
    if isinstance(made.get("title"), str):
        del made["title"]
    if "anyOf" in made:
        made["anyOf"] = [{k: v for k, v in option.items() if k != "default"} for option in made["anyOf"]]
    if "$ref" in made and len(made) > 1:
        made["allOf"] = [{"$ref": made.pop("$ref")}]
    return made
