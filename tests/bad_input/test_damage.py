"""Damaged files at the program's door: refused with their place, and none takes much memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bad_input.test_damaged_runs import PLACE
from surface.processes import environment
from syncasync_sim.cli import exit_codes

TESTS = Path(__file__).parents[1]
MANY = 60
MOST_BYTES = 500_000_000


def test_damaged_files_are_refused_with_their_place_and_take_little_memory() -> None:
    """The script tells what a thousand of each take at most, of time too: `damage.py 1000`."""
    program = [sys.executable, str(TESTS / "bad_input" / "damage.py"), str(MANY), "--json"]
    done = subprocess.run(
        program,
        env=environment(PYTHONPATH=str(TESTS)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kinds = json.loads(done.stdout)
    assert set(kinds) == {"trace", "recording", "sweep"}
    for cost in kinds.values():
        assert cost["files"] >= MANY
        assert set(cost["codes"]) <= {str(exit_codes.DONE), str(exit_codes.BAD_REQUEST)}, cost["messages"]
        assert len(cost["messages"]) == cost["codes"][str(exit_codes.BAD_REQUEST)] > 0
        for message in cost["messages"]:
            assert PLACE.match(message), message
            assert "Traceback" not in message
        assert 0 < cost["most_bytes"] < MOST_BYTES
