"""A lesson's question with buttons, for a notebook that has ipywidgets."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from syncasync_sim.lessons.html import to_html
from syncasync_sim.lessons.session import SURENESS, Session
from syncasync_sim.lessons.telling import options, question

CHOOSE_FIRST = "<p>Choose an answer, and how sure you are.</p>"


def widgets() -> Any:
    """The module ipywidgets; None outside of a notebook, or where it is not installed."""
    ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(ipython, "kernel", None) is None:
        return None
    try:
        return import_module("ipywidgets")
    except ImportError:
        return None


def buttons(session: Session, result: Callable[[], str], ipywidgets: Any) -> Any:
    """The question, its options, how sure, and a button; *result* makes the HTML that is then shown."""
    lettered = [
        (f"{letter}) {text}", letter) for letter, text in zip(session.letters, options(session), strict=True)
    ]
    wide = {"width": "max-content"}
    letter = ipywidgets.RadioButtons(options=lettered, value=None, layout=wide)
    sure = ipywidgets.ToggleButtons(
        options=[(words, number) for number, words in SURENESS.items()], value=None, description="how sure?"
    )
    button = ipywidgets.Button(description="Answer")
    shown = ipywidgets.HTML()

    def answer(_: object) -> None:
        if letter.value is None or sure.value is None:
            shown.value = CHOOSE_FIRST
            return
        session.answer(letter.value, sure.value)
        for control in (letter, sure, button):
            control.disabled = True
        shown.value = result()

    button.on_click(answer)
    asked = ipywidgets.HTML(to_html(list(question(session))[:-1]))  # the options are the buttons
    return ipywidgets.VBox([asked, letter, sure, button, shown])
