"""Questions with buttons, for a notebook that has ipywidgets."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from syncasync_sim.lessons.asking import Asks, Waiting, to_text
from syncasync_sim.lessons.html_blocks import to_html
from syncasync_sim.lessons.session import SURENESS
from syncasync_sim.render.answer_options import AnswerOptions

CHOOSE_FIRST = "Choose an answer, and how sure you are."
CHOOSE = "Choose an answer."
WRITE_FIRST = "Write a few words."
_WIDE = {"width": "max-content"}


def widgets() -> Any:
    """The module ipywidgets; None outside of a notebook, or without it."""
    ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(ipython, "kernel", None) is None:
        return None
    try:
        return import_module("ipywidgets")
    except ImportError:
        return None


class Controls:
    """What one question is answered with: options and how sure the reader is, or a field for words."""

    def __init__(self, waiting: Waiting, ipywidgets: Any) -> None:
        """*waiting* is the question."""
        lettered = [
            (f"{letter}) {text}", letter)
            for letter, text in zip(waiting.letters, waiting.options, strict=True)
        ]
        sure = [(words, number) for number, words in SURENESS.items()]
        self.given = (
            ipywidgets.RadioButtons(options=lettered, value=None, layout=_WIDE)
            if lettered
            else ipywidgets.Textarea(placeholder="in your own words", layout={"width": "40em"})
        )
        self.sure = ipywidgets.ToggleButtons(options=sure, value=None, description="how sure?")
        self.button = ipywidgets.Button(description="Answer")
        self.output = ipywidgets.HTML()
        self._waiting = waiting
        blocks = [block for block in waiting.blocks if not isinstance(block, AnswerOptions)]
        between = [self.given, self.sure] if waiting.asks_how_sure else [self.given]
        self.children = [ipywidgets.HTML(to_html(blocks)), *between, self.button, self.output]

    @property
    def lacks(self) -> str:
        """What the reader has to do before the answer counts; empty if nothing."""
        if not self._waiting.letters:
            return "" if self.given.value.strip() else WRITE_FIRST
        if not self._waiting.asks_how_sure:
            return "" if self.given.value is not None else CHOOSE
        return "" if None not in (self.given.value, self.sure.value) else CHOOSE_FIRST


class Buttons:
    """Questions one after the other, each with its buttons.

    They are two outputs: what was asked, answered and told up to now, as HTML that needs no kernel; and the
    question that waits, which has itself as HTML, too. So nothing of an answer is lost when the notebook is
    saved and opened again.
    """

    def __init__(self, asks: Asks, ipywidgets: Any) -> None:
        """*asks* has the questions."""
        self._asks, self._ipywidgets = asks, ipywidgets
        self.box = ipywidgets.VBox([])
        self.controls: Controls | None = None
        self._outputs: tuple[Any, Any] | None = None
        self._turn()

    def _turn(self) -> None:
        waiting = self._asks.waiting()
        self.controls = None if waiting is None else Controls(waiting, self._ipywidgets)
        if self.controls is not None:
            self.controls.button.on_click(self._answer)
        self.box.children = [] if self.controls is None else self.controls.children

    def _answer(self, _: object) -> None:
        controls, waiting = self.controls, self._asks.waiting()
        if controls is None or waiting is None:
            return
        if controls.lacks:
            controls.output.value = f"<p>{controls.lacks}</p>"
            return
        waiting.answer(controls.given.value, controls.sure.value)
        self._turn()
        if self._outputs is not None:
            for output, bundle in zip(self._outputs, (self._history(), self._open()), strict=True):
                output.update(bundle, raw=True)

    def _history(self) -> dict[str, str]:
        history = self._asks.history()
        return {"text/html": to_html(history), "text/plain": to_text(history)}

    def _open(self) -> dict[str, Any]:
        waiting = self._asks.waiting()
        if waiting is None:
            return {"text/html": "", "text/plain": ""}
        static = {"text/html": to_html(waiting.blocks), "text/plain": "a question with buttons"}
        return {**self.box._repr_mimebundle_(), **static}

    def show(self) -> None:
        """Show both outputs in the cell that runs."""
        display = import_module("IPython.display").display
        history = display(self._history(), raw=True, display_id=True)
        self._outputs = history, display(self._open(), raw=True, display_id=True)

    def _ipython_display_(self) -> None:
        self.show()
