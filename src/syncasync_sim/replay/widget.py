"""The sliders of a notebook: Python's half of `stage/widget.js`. Needs anywidget."""

from __future__ import annotations

import json
from typing import Any

import anywidget
import traitlets

from syncasync_sim.errors import RunTooLongError, ScenarioError
from syncasync_sim.replay.explorer import Explorer, in_words
from syncasync_sim.replay.html_page import script, style
from syncasync_sim.replay.notebook_replay import Replay


class Exploration(anywidget.AnyWidget):
    """Sliders and a replay, in a notebook.

    Setting `positions` runs both designs: for names of controls the number of a stop, for names of incidents
    the times in seconds at which they happen.
    """

    _esm = script("sliders", "widget")
    positions = traitlets.Dict(key_trait=traitlets.Unicode()).tag(sync=True)
    _controls = traitlets.Unicode().tag(sync=True)
    _style = traitlets.Unicode().tag(sync=True)
    _answer = traitlets.Unicode().tag(sync=True)  # as text: a browser reads it ten times as fast

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._picture = explorer, explorer.look({})
        controls = {
            "controls": [control.to_dict() for control in explorer.controls],
            "incidents": explorer.incidents,
        }
        super().__init__(
            _controls=_text(controls),
            _style=style("sliders"),
            _answer=_text(explorer.page_data(self._picture)),
        )
        self.observe(self._turned, "positions")

    @property
    def answer(self) -> dict[str, Any]:
        """What the page got last: `document`, `command` and `note`; or the `problem`, in words."""
        plain: dict[str, Any] = json.loads(self._answer)
        return plain

    @property
    def replay(self) -> Replay:
        """The run of the sliders' last position: shown in a cell of its own it stays without a kernel."""
        return Replay(self._picture.traces, self._picture.part)

    def _turned(self, change: Any) -> None:
        try:
            self._picture = self._explorer.look(change["new"])
            self._answer = _text(self._explorer.page_data(self._picture))
        except (ScenarioError, RunTooLongError) as error:
            self._answer = _text({"problem": in_words(error)})

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The sliders; without a kernel the replay as it stood; where that is cut out, the numbers."""
        plain, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        replay = self.replay
        return {**plain, "text/html": replay._repr_html_(), "text/plain": repr(replay)}, metadata


def _text(plain: dict[str, Any]) -> str:
    return json.dumps(plain, separators=(",", ":"), allow_nan=False)
