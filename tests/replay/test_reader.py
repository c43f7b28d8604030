"""The reader in JavaScript says what the one in Python says: who is where, what is said, what is done."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from laws.scenarios import scenarios
from replay.pages import run_of
from replay.recorded import MODERATE
from syncasync_sim import run_designs
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.document import document
from syncasync_sim.replay.html_page import script
from syncasync_sim.replay.replay_state import DesignReader

NODE = shutil.which("node")
SLOW = ("retry-storm", "busy-worker", "recommendations")
"""More than a picture shows: a second each would be a minute here."""
PROGRAM = """
const [doc, instants] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const told = doc.lanes.map((plain) => {
  const lane = new syncasync.Lane(doc, plain);
  return {
    states: instants.map((t) => {
      lane.goTo(lane.upto(t));
      return lane.there.map((items) => [...items.values()].map((number) => lane.moves[number]));
    }),
    effects: instants.map((t) => plain.effects.map(({ name, steps }) => {
      const [, count, often] = syncasync.latest(steps, t);
      return [`${name} ${count}${often ?? ""}`, Boolean(often)];
    })),
    shares: instants.map((t) => {
      lane.goTo(lane.upto(t));
      return lane.there.map((items) => [...items.values()].map((number) => lane.share(number, t)));
    }),
    paused: instants.map((t) => [...lane.paused(t)].sort((a, b) => a[0] - b[0])),
    down: instants.map((t) => lane.places.map(({ id }) => lane.placeDown(id, t))),
    captions: plain.moves.map((_, number) => [lane.caption(number), lane.state(number)]),
  };
});
console.log(JSON.stringify(told));
"""


def instants(plain: dict[str, Any]) -> list[int]:
    """Forwards in 200 steps and at every 7th event, then back again in few: a reader must do both."""
    end = plain["time"]["end"]
    events = [move[0] for lane in plain["lanes"] for move in lane["moves"][::7]]
    return [
        *sorted([*(end * n // 200 for n in range(201)), *events]),
        *range(end, -1, -max(1, end // 9)),
    ]


def in_python(plain: dict[str, Any]) -> list[dict[str, Any]]:
    told = []
    for lane in plain["lanes"]:
        read = DesignReader(plain, lane)
        told.append(
            {
                "states": [read.at(read.upto(t)) for t in instants(plain)],
                "effects": [read.effects(t) for t in instants(plain)],
                "shares": [
                    [[read.share(n, t) for n in there] for there in read.numbers(read.upto(t))]
                    for t in instants(plain)
                ],
                "paused": [sorted(map(list, read.paused(t).items())) for t in instants(plain)],
                "down": [[read.place_down(box["id"], t) for box in read.boxes] for t in instants(plain)],
                "captions": [(read.caption(n), read.state(n)) for n in range(len(read.moves))],
            }
        )
    return told


def assert_agree(plain: dict[str, Any], folder: Path) -> None:
    program = folder / "reader.js"
    program.write_text(script() + PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [str(NODE), str(program)],
        input=json.dumps([plain, instants(plain)]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ours = json.loads(json.dumps(in_python(plain)))
    for here, there in zip(json.loads(done.stdout), ours, strict=True):
        for part in there:
            assert here[part] == there[part], part


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
@pytest.mark.parametrize("name", [name for name in MODERATE if name not in SLOW])
def test_both_readers_agree(name: str, tmp_path: Path) -> None:
    assert_agree(run_of(name), tmp_path)


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenario=scenarios())
def test_both_readers_agree_on_any_run(scenario: Scenario, tmp_path: Path) -> None:
    assert_agree(document(*run_designs(scenario, seed=1), with_rows=False), tmp_path)
