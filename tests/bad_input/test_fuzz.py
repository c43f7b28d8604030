"""Whatever comes in, a Scenario or a ScenarioError with a place comes out, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bad_input.test_bad_files import assert_told
from syncasync_sim.errors import ScenarioError
from syncasync_sim.files import parse_scenario
from syncasync_sim.files.model_keys import keys_of, part_in
from syncasync_sim.model.fields import StrictModel
from syncasync_sim.model.scenario import Scenario

GOOD = (Path(__file__).parent / "good.yaml").read_bytes()
FUZZ = settings(deadline=2000, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def check(text: bytes | str, sets: tuple[str, ...] = ()) -> Scenario | None:
    """Load the text; a refusal must have a place and be printable."""
    scenario, message = None, ""
    try:
        scenario = parse_scenario(text, "fuzz.yaml", sets)
    except ScenarioError as error:
        message = str(error)
    if scenario is None:
        assert_told(message, message.partition(":")[0])
        assert message.startswith(("fuzz.yaml:", "--set:"))
        assert all(line.isprintable() for line in message.splitlines())
    else:
        assert Scenario.model_validate(scenario.to_data()) == scenario
    return scenario


def all_keys(part: type[StrictModel]) -> set[str]:
    inner = [found for info in keys_of(part).values() if (found := part_in(info.annotation))]
    return set(keys_of(part)).union(*map(all_keys, inner))


KEYS = sorted(all_keys(Scenario))
WORDS = st.sampled_from(
    ["0", "1", "10", "3s", "200ms", "1m30s", "3/s", "5%", "none", "never", "unlimited", "forever", "true", ""]
) | st.sampled_from(
    [
        "1e3",
        "-1",
        "010",
        "1e99%",
        "1e400",
        "full",
        "exponential(mean=1s)",
        "lognormal(p50=1s)",
        "sync.requests == 1",
    ]
)
LEAVES = WORDS | st.text(max_size=8) | st.integers() | st.floats() | st.booleans() | st.none()
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@FUZZ
@given(st.binary(max_size=200))
@example(b"\xff\xfe\x00")
@example(b"\xef\xbb\xbf\xff")
@example(b"a: \xed\xa0\x80")
@example(b"\n\n\xf0\x9f")
def test_bytes(raw: bytes) -> None:
    check(raw)


@FUZZ
@given(
    st.text(alphabet=st.sampled_from(" \t\n:-[]{}\"'#&*!|>%@`?,\\abt0.~<=\u00a0\u3000\u0085"), max_size=60)
)
def test_punctuation(text: str) -> None:
    check(text)


EDITS = st.tuples(
    st.integers(min_value=0, max_value=len(GOOD)),
    st.sampled_from([0, 1, 2, 5, 20]),
    st.sampled_from(
        [b"", b"\t", b"  ", b": ", b"- ", b"{", b"]", b"'", b"\n", b"9" * 50, b"\xff", b"null", b"\xc2\xa0"]
    ),
)


@FUZZ
@given(st.lists(EDITS, min_size=1, max_size=4))
def test_mutated_files(edits: list[tuple[int, int, bytes]]) -> None:
    raw = bytearray(GOOD)
    for start, length, piece in edits:
        raw[start : start + length] = piece
    check(bytes(raw))


@FUZZ
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=6))
def test_random_trees_under_real_keys(tree: dict[str, object]) -> None:
    check(json.dumps(tree, ensure_ascii=False))


@FUZZ
@given(st.lists(st.tuples(st.sampled_from(range(GOOD.count(b"\n"))), WORDS), min_size=1, max_size=3))
def test_good_file_with_other_values(changes: list[tuple[int, str]]) -> None:
    lines = GOOD.decode().splitlines()
    for number, word in changes:
        key, colon, _ = lines[number].partition(": ")
        lines[number] = f"{key}{colon}{word}"
    check("\n".join(lines))


@FUZZ
@given(
    st.lists(st.sampled_from([*KEYS, "[0]", "[2]", "[send email]", ".", "=", "]"]), max_size=5),
    TREES,
    st.text(max_size=9),
)
def test_sets(path: list[str], value: object, junk: str) -> None:
    check(GOOD, (f"{'.'.join(path).replace('.[', '[')}={json.dumps(value, ensure_ascii=False)}",))
    check(GOOD, ("".join(path) + junk,))


def test_the_checker_can_fail() -> None:
    assert check(GOOD) is not None
    with pytest.raises(AssertionError):
        assert_told("Traceback (most recent call last):", "fuzz.yaml")
