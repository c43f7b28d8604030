"""The door: a scenario file, standard input or a bundled name becomes a Scenario, or one readable error."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from syncasync_sim.errors import ScenarioError, visible
from syncasync_sim.files import bundled
from syncasync_sim.files.diagnostics import Span, refusal, render
from syncasync_sim.files.measured_csv import MeasuredFiles
from syncasync_sim.files.overrides import VARY, apply_sets
from syncasync_sim.files.source_text import MOST_BYTES, RUN_BEGINNING_BYTES, begins_as_run, decoded, too_big
from syncasync_sim.files.strict_yaml import Document, read_yaml
from syncasync_sim.files.validation_errors import problems_of
from syncasync_sim.model.fields import StrictModel, describe_value
from syncasync_sim.model.measured import known_columns
from syncasync_sim.model.scenario import Scenario, is_reserved

STDIN = "-"
_BEGIN = ("traffic: {requests: 10}", "steps: [{name: work, duration: 200ms}]")
PartT = TypeVar("PartT", bound=StrictModel)


def load_scenario(source: str | os.PathLike[str], sets: Iterable[str] = ()) -> Scenario:
    """Load a scenario from a file, from standard input, or by a bundled name.

    A path that exists wins over a bundled name.

    Args:
        source: the path, the name, or `-` for standard input.
        sets: changes to the scenario, each `path=value` as for `--set`.

    Raises:
        ScenarioError: it cannot be read, or is no valid scenario; the error has every problem with its place
            and cure. No other error is raised.
    """
    return parse_scenario(*read_source(source), sets)


def read_source(source: str | os.PathLike[str]) -> tuple[bytes, str]:
    """Return the bytes of a source, and its name for messages.

    Args:
        source: the path, the bundled name, or `-` for standard input.

    Raises:
        ScenarioError: it cannot be read.
    """
    name = os.fspath(source)
    if name == STDIN:
        return _standard_input(), "stdin"
    path = _path_of(name)
    return content(path), str(path) if path != Path(name) else name


def parse_scenario(
    text: str | bytes, name: str = "scenario", sets: Iterable[str] = (), varied: Iterable[str] = ()
) -> Scenario:
    """Read a scenario from a text.

    Args:
        text: the YAML text.
        name: the name for messages; also the name of a scenario that has none. The paths of files in the
            scenario are relative to its folder.
        sets: changes to the scenario, each `path=value` as for `--set`.
        varied: changes that are applied after *sets* and are called `--vary` in messages.

    Raises:
        ScenarioError: it is no valid scenario; no other error is raised.
    """
    return varied_scenario(scenario_document(text, name, sets), varied)


def scenario_document(text: str | bytes, name: str, sets: Iterable[str]) -> Document:
    """The document of a scenario, with changes applied and not yet checked.

    Args:
        text: the YAML text.
        name: the name for messages; the paths of files in the scenario are relative to its folder.
        sets: changes to the scenario, each `path=value` as for `--set`.

    Raises:
        ScenarioError: the text is no mapping, or a change cannot be applied.
    """
    document = read_document(text, name)
    check_mapping(document, "a scenario", "traffic and steps", *_BEGIN)
    if "question" in document.data and not {"traffic", "steps"} & document.data.keys():
        raise ScenarioError(
            f"{visible(name)}: this is a lesson, not a scenario\n"
            f"  = syncasync-sim lesson key {visible(name)}  shows what it says, and runs it"
        )
    apply_sets(document, tuple(sets))
    document.columns = MeasuredFiles(Path(name).parent, document.data)
    return document


def varied_scenario(document: Document, varied: Iterable[str]) -> Scenario:
    """The scenario of a document with changes applied; the document stays as it is.

    Args:
        document: the document.
        varied: the changes, each `path=value` as for `--vary`.

    Raises:
        ScenarioError: it is no valid scenario.
    """
    own = document.copy()
    apply_sets(own, tuple(varied), VARY)
    return validated(own, Scenario)


def change_scenario(scenario: Scenario, sets: Iterable[str]) -> Scenario:
    """The scenario with changes applied, read and checked as `--set` does it.

    Args:
        scenario: the scenario to change.
        sets: the changes, each `path=value`.

    Raises:
        ScenarioError: a change cannot be applied, or gives no valid scenario; no other error is raised.
    """
    flags = tuple(sets)
    if not flags:
        return scenario
    text = json.dumps(scenario.to_data(), ensure_ascii=False)  # JSON is YAML
    document = _own_document(text, scenario.name).copy()
    apply_sets(document, flags)
    document.columns = known_columns(scenario.measured.values())
    return validated(document, Scenario)


@lru_cache(maxsize=4)
def _own_document(text: str, name: str) -> Document:
    """The document of a scenario's own text, kept: sliders change the same scenario again and again."""
    return scenario_document(text, name, ())


def read_document(text: str | bytes, name: str) -> Document:
    """The plain data of a text, with the place of every value.

    Args:
        text: the YAML text.
        name: the name for messages.

    Raises:
        ScenarioError: the text cannot be read.
    """
    if isinstance(text, bytes):
        text = decoded(text, name)
    elif len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise too_big(name, len(text.encode("utf-8", "surrogatepass")))
    return read_yaml(text, name)


def validated(document: Document, part: type[PartT]) -> PartT:
    """The scenario or lesson of a document; without a name it gets that of its file.

    Args:
        document: the document.
        part: the class to make, Scenario or Lesson.

    Raises:
        ScenarioError: it is not valid; the error has every problem.
    """
    document.part = part
    data = {"name": slug(Path(document.source.name).stem), **document.data}
    try:
        # JSON text, strictly: nothing is guessed ("5" is not 5), yet lists may become the model's tuples.
        return part.model_validate_json(json.dumps(data), strict=True, context=document.columns)
    except ValidationError as error:
        raise ScenarioError(render(*problems_of(error, document))) from None


def slug(text: str) -> str:
    """A name made of letters, digits, '-', '_' and '.': `Über uns 2` becomes `uber-uns-2`."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_.]+", "-", ascii_text)[:80].strip("-_.") or "scenario"
    return f"my-{name[:77]}" if is_reserved(name) else name


def check_mapping(document: Document, mapping_name: str, needs: str, *examples: str) -> None:
    """Check that a document is a mapping.

    Args:
        document: the document.
        mapping_name: the name of the mapping, for the message.
        needs: the keys that it needs, for the message.
        *examples: lines to begin with, for the message.

    Raises:
        ScenarioError: it is empty or no mapping.
    """
    if document.data is None:
        begin = "  and  ".join(examples)
        message = f"the file is empty; {mapping_name} needs at least {needs}"
        raise refusal(Span(document.source, 0, 0), message, f"begin with  {begin}")
    if not isinstance(document.data, dict):
        start = document.value_at[()]
        message = f"{mapping_name} is a mapping of keys such as {needs}, not {describe_value(document.data)}"
        raise refusal(Span(start.source, start.line, start.column), message, f"as in  {examples[0]}")


def _path_of(name: str) -> Path:
    """The file meant by *name*: itself, or the bundled one of that name."""
    path = Path(name)
    with_ending = Path(f"{name}{bundled.SUFFIX}")
    try:
        is_folder, exists, meant = path.is_dir(), path.exists(), with_ending.is_file()
    except (OSError, ValueError):  # a name too long, a zero byte, a folder one may not enter
        is_folder, exists, meant = False, False, False
    if exists and not is_folder:
        return path
    if not name:
        raise ScenarioError(
            "the name of the scenario is empty\n  = syncasync-sim scenarios list  shows what there is"
        )
    if is_folder and name not in bundled.names():
        raise ScenarioError(f"{visible(name)}: this is a folder\n  = name a scenario file in it")
    if meant and name not in bundled.names():
        cure = f"did you mean {visible(str(with_ending))}?"
        raise ScenarioError(f"{visible(name)}: there is no such file\n  = {cure}")
    return bundled.path_of(name, "there is no such file, and no bundled scenario of that name")


def content(path: Path) -> bytes:
    """Read a file of at most the allowed size.

    Args:
        path: the file.

    Raises:
        ScenarioError: it cannot be read, is too big, or is a recorded run.
    """
    try:
        with path.open("rb") as file:
            beginning = file.peek(RUN_BEGINNING_BYTES)[:RUN_BEGINNING_BYTES]
            if begins_as_run(beginning):
                raise _is_a_run(str(path))
            size = os.fstat(file.fileno()).st_size
            if size > MOST_BYTES:
                raise too_big(str(path), size, beginning)
            return _at_most(file.read(MOST_BYTES + 1), str(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError(
            f"{visible(str(path))}: cannot be read: {reason}\n  = check the path and its permissions"
        ) from None


def _is_a_run(name: str) -> ScenarioError:
    return ScenarioError(
        f"{visible(name)}: this is a recorded run, as --trace writes it; a scenario is wanted here\n"
        "  = run, explain, watch and export take a run; give the scenario that it was made of"
    )


def _standard_input() -> bytes:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise ScenarioError("stdin: there is no standard input to read\n  = name a scenario file")
    try:
        return _at_most(stream.read(MOST_BYTES + 1), "stdin")
    except (OSError, ValueError) as error:
        raise ScenarioError(f"stdin: cannot be read: {error}\n  = name a scenario file") from None


def _at_most(raw: bytes, name: str) -> bytes:
    if len(raw) > MOST_BYTES:
        raise too_big(name, beginning=raw[:RUN_BEGINNING_BYTES])
    return raw
