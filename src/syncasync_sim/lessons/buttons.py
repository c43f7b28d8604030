"""A lesson's question with buttons, for a notebook that has ipywidgets."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from syncasync_sim.lessons.html_blocks import to_html
from syncasync_sim.lessons.presenter import heading, question
from syncasync_sim.lessons.session import SURENESS, Session

CHOOSE_FIRST = "Choose an answer, and how sure you are."


def widgets() -> Any:
    """The module ipywidgets; None outside of a notebook, or without it."""
    ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(ipython, "kernel", None) is None:
        return None
    try:
        return import_module("ipywidgets")
    except ImportError:
        return None


class QuestionButtons:
    """A question with buttons.

    Its output also has the question as HTML, for readers without a kernel. After the answer it is HTML alone,
    so that the answer and the result are there when the notebook is opened again.
    """

    def __init__(self, session: Session, result: Callable[[], str], ipywidgets: Any) -> None:
        """*result* makes the HTML that is shown after the answer."""
        self._session, self._result = session, result
        lettered = [
            (f"{letter}) {text}", letter)
            for letter, text in zip(session.letters, session.options(), strict=True)
        ]
        wide = {"width": "max-content"}
        sure = [(words, number) for number, words in SURENESS.items()]
        self.letter = ipywidgets.RadioButtons(options=lettered, value=None, layout=wide)
        self.sure = ipywidgets.ToggleButtons(options=sure, value=None, description="how sure?")
        self.button = ipywidgets.Button(description="Answer")
        self.output = ipywidgets.HTML()
        self.button.on_click(self._answer)
        asked = [*heading(session), *question(session)][:-1]  # the options are the buttons
        question_html = ipywidgets.HTML(to_html(asked))
        self.box = ipywidgets.VBox([question_html, self.letter, self.sure, self.button, self.output])
        self._output: Any = None

    def _ipython_display_(self) -> None:
        display = import_module("IPython.display").display
        widget = self.box._repr_mimebundle_()
        self._output = display({**widget, **self._static()}, raw=True, display_id=True)

    def _static(self) -> dict[str, str]:
        result = self._result() if self._session.is_open else ""
        return {
            "text/html": to_html([*heading(self._session), *question(self._session)]) + result,
            "text/plain": "a question with buttons",
        }

    def _answer(self, _: object) -> None:
        if self.letter.value is None or self.sure.value is None:
            self.output.value = f"<p>{CHOOSE_FIRST}</p>"
            return
        self._session.answer(self.letter.value, self.sure.value)
        for control in (self.letter, self.sure, self.button):
            control.disabled = True
        self.output.value = self._result()
        if self._output is not None:
            self._output.update(self._static(), raw=True)
