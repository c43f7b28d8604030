"""A lesson's page as a package for a learning management system: SCORM 1.2, a zip file."""

from __future__ import annotations

import io
import zipfile
from html import escape

from syncasync_sim.lessons.feedback import LessonRun, title_of
from syncasync_sim.lessons.replay_page import identifier, replay
from syncasync_sim.lessons.session import Session

MANIFEST, PAGE = "imsmanifest.xml", "lesson.html"
_COURSE = "organization"
"""The element that holds the lesson."""
_DATE = (1980, 1, 1, 0, 0, 0)
"""Of all files in a package, so that the same lesson gives the same bytes; zip knows no earlier one."""
_CONTENT, _SCORM, _ABOUT = (
    "http://www.imsproject.org/xsd/imscp_rootv1p1p2",
    "http://www.adlnet.org/xsd/adlcp_rootv1p2",
    "http://www.imsglobal.org/xsd/imsmd_rootv1p2p1",
)


def package(session: Session, outcome: LessonRun) -> bytes:
    """Return the zip file: the manifest and the lesson's page, which reports what is answered.

    Args:
        session: the session, with the student's number.
        outcome: the run of the lesson.
    """
    texts = {MANIFEST: manifest(session), PAGE: replay(session, outcome, is_reported=True)}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in texts.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(info, text.encode())
    return made.getvalue()


def manifest(session: Session) -> str:
    """Return the manifest: one lesson, and its one page.

    Args:
        session: the session, with the student's number.
    """
    lesson = session.lesson
    student = "" if session.student is None else f", student {session.student}"
    title, question = (
        escape(f"{title_of(lesson)}{student}"),
        escape(session.filled_text(lesson.question.text)),
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="{identifier(session)}" version="1.0" xmlns="{_CONTENT}"
 xmlns:adlcp="{_SCORM}" xmlns:imsmd="{_ABOUT}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="{_CONTENT} imscp_rootv1p1p2.xsd
 {_SCORM} adlcp_rootv1p2.xsd {_ABOUT} imsmd_rootv1p2p1.xsd">
<metadata>
<schema>ADL SCORM</schema>
<schemaversion>1.2</schemaversion>
<imsmd:lom>
<imsmd:general>
<imsmd:title><imsmd:langstring xml:lang="en">{title}</imsmd:langstring></imsmd:title>
<imsmd:language>en</imsmd:language>
<imsmd:description><imsmd:langstring xml:lang="en">{question}</imsmd:langstring></imsmd:description>
</imsmd:general>
</imsmd:lom>
</metadata>
<{_COURSE}s default="course">
<{_COURSE} identifier="course">
<title>{title}</title>
<item identifier="lesson" identifierref="page" isvisible="true"><title>{title}</title></item>
</{_COURSE}>
</{_COURSE}s>
<resources>
<resource identifier="page" type="webcontent" adlcp:scormtype="sco" href="{PAGE}">
<file href="{PAGE}"/>
</resource>
</resources>
</manifest>
"""
