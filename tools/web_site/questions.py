"""What the lessons ask, for the page that shows it before Python is there. It has nothing of any answer."""

from __future__ import annotations

import json

from syncasync_sim.files.lessons import lessons
from syncasync_sim.lessons.buttons import CHOOSE_FIRST
from syncasync_sim.lessons.page_lesson import question
from syncasync_sim.lessons.session import SURENESS, Session


def questions() -> str:
    """The questions, and the words of how sure somebody may be, as JSON."""
    return json.dumps(
        {
            "lessons": [question(Session(file)) for file in lessons()],
            "sureness": SURENESS,
            "choose_first": CHOOSE_FIRST,
            "choose": "Choose an answer.",
        }
    )
