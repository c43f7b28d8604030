"""The lessons as packages for learning management systems, to be loaded down from the site."""

from __future__ import annotations

from syncasync_sim.files.lessons import lessons
from syncasync_sim.lessons.scorm_package import package
from syncasync_sim.lessons.session import Session
from web_site.places import SITE

FOLDER = "scorm"
"""In the site; the service worker does not keep it."""


def write_packages() -> None:
    """Write `scorm/lesson-01.zip` and so on into the site."""
    (SITE / FOLDER).mkdir()
    for file in lessons():
        session = Session(file)
        session.reveal()
        name = f"lesson-{file.lesson.number:02}.zip"
        (SITE / FOLDER / name).write_bytes(package(session, session.run()))
