"""A notebook asks one question after the other, and shows of a result what the answers allow."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lessons.files import WHY, WHY_IN_WORDS, every_part
from syncasync_sim import ask, compare, lesson, load_scenario
from syncasync_sim.errors import ScenarioError
from syncasync_sim.lessons.buttons import CHOOSE, CHOOSE_FIRST, WRITE_FIRST, Buttons
from syncasync_sim.lessons.notebook_question import Prediction

VIEW = "application/vnd.jupyter.widget-view+json"
TOLD = {
    "recall": "What alone makes queues?",
    "question": "When does the email reach the customer",
    "why": "Why at that time?",
    "the result": "Keep this",
    "change": "When does the last of ten emails arrive?",
    "the changed run": "1.05 s + 10 x 1.5 s",
    "transfer": "When is the small video there?",
    "the end": "1.05 s + 1.5 s",
}
"""A text of each part, in the order of the lesson."""
IN_WORDS = (WHY, WHY_IN_WORDS)
"""The change of the lesson to one whose reason has no options."""
ORDER = [name for name in TOLD if not name.startswith("the ")]


def told_in(text: str) -> list[str]:
    """The parts that a text tells."""
    flat = " ".join(text.split())
    return [name for name, words in TOLD.items() if words in flat]


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What cells show, where ipywidgets are installed and nobody has run a kernel."""
    real = pytest.importorskip("ipywidgets")
    publisher = import_module("IPython.core.displaypub").CapturingDisplayPublisher()
    shell = SimpleNamespace(display_pub=publisher, display_formatter=None)
    ipython = SimpleNamespace(initialized=lambda: True, instance=lambda: shell)
    monkeypatch.setattr("IPython.core.interactiveshell.InteractiveShell", ipython)
    for home in ("notebook_lesson", "notebook_question"):
        monkeypatch.setattr(f"syncasync_sim.lessons.{home}.widgets", lambda: real)
    return publisher


def last_outputs(publisher: Any) -> list[dict[str, str]]:
    """The outputs as the file of the notebook has them: the last of each, in their order."""
    shown = {output["transient"]["display_id"]: output["data"] for output in publisher.outputs}
    return list(shown.values())


def html_of(publisher: Any) -> str:
    return "".join(data["text/html"] for data in last_outputs(publisher))


def click(buttons: Buttons, given: str, sure: int | None = None) -> str:
    """Answer what waits now; returns what the buttons object to."""
    controls = buttons.controls
    assert controls is not None
    controls.given.value, controls.sure.value = given, sure
    controls.button.click()
    return str(controls.output.value)


# -- lessons ----------------------------------------------------------------------------------------


def test_the_next_question_comes_after_the_answer_with_its_buttons(tmp_path: Path, outputs: Any) -> None:
    buttons = lesson(every_part(tmp_path)).ask()
    buttons._ipython_display_()
    letters = {"recall": "a", "question": "b", "why": "b", "change": "b", "transfer": "a"}
    for part in ORDER:
        until = list(TOLD).index(part) + 1
        assert told_in(html_of(outputs)) == list(TOLD)[:until], "nothing after the question that waits"
        told, waits = last_outputs(outputs)
        assert TOLD[part] in waits["text/html"]
        assert TOLD[part] not in told["text/html"]
        assert VIEW in waits
        assert VIEW not in told
        assert click(buttons, letters[part], 3 if part == "question" else None) == ""
    told, waits = last_outputs(outputs)
    assert told_in(told["text/html"]) == list(TOLD)
    assert waits["text/html"] == ""
    assert VIEW not in waits
    assert buttons.controls is None
    assert list(buttons.box.children) == []
    for said in (
        "You said a) Chance. Correct",
        "You said b) 2.55 s, just as in the synchronous design (sure). Correct",
        "The reason is a) The email waits for the page",
        "b) would be right if the queue were the mail server",
        "It was a) after 16.05 s",
        "It was b) later than the page",
    ):
        assert said in told["text/html"]


def test_nothing_is_run_before_the_reason_is_given(
    tmp_path: Path, outputs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[object] = []
    real = import_module("syncasync_sim.lessons.session").run_lesson

    def run(*given: Any) -> Any:
        runs.append(given)
        return real(*given)

    monkeypatch.setattr("syncasync_sim.lessons.session.run_lesson", run)
    buttons = lesson(every_part(tmp_path)).ask()
    buttons._ipython_display_()
    click(buttons, "a")
    click(buttons, "b", 1)
    assert not runs
    assert "Your answer: b) (a guess)" in html_of(outputs)
    click(buttons, "a")
    assert len(runs) == 1


def test_a_reason_in_own_words_is_kept(tmp_path: Path, outputs: Any) -> None:
    buttons = lesson(every_part(tmp_path, IN_WORDS)).ask()
    buttons._ipython_display_()
    click(buttons, "a")
    click(buttons, "b", 2)
    assert click(buttons, " ") == f"<p>{WRITE_FIRST}</p>"
    click(buttons, "it comes <b>later")
    assert "Your reason: it comes &lt;b&gt;later." in html_of(outputs)


def test_buttons_say_what_they_lack(tmp_path: Path, outputs: Any) -> None:
    buttons = lesson(every_part(tmp_path)).ask()
    controls = buttons.controls
    controls.button.click()
    assert controls.output.value == f"<p>{CHOOSE}</p>"
    click(buttons, "a")
    controls = buttons.controls
    controls.given.value = "a"
    controls.button.click()
    assert controls.output.value == f"<p>{CHOOSE_FIRST}</p>"
    assert not outputs.outputs, "nothing is shown twice"


def test_a_lesson_asks_in_lines_where_there_are_no_widgets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, asked = iter(["A)", "x", "b", "sure", "3", "it waits", "a", "b"]), []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return next(given)

    monkeypatch.setattr("builtins.input", answer)
    shown = repr(lesson(every_part(tmp_path, IN_WORDS)).ask())
    prompts = iter(asked)
    assert told_in(next(prompts)) == ["recall"]
    second = next(prompts)
    assert told_in(second) == ["question"], "what was shown is not shown again"
    assert second.endswith("your answer [a/b/c] > ")
    assert next(prompts) == "Please answer with one of a, b, c > "
    assert next(prompts).startswith("how sure?")
    assert next(prompts) == "Please answer with 1, 2 or 3 > "
    assert next(prompts).endswith("Why do you think so?\n\nin your own words > ")
    assert told_in(next(prompts)) == ["the result", "change"]
    assert told_in(next(prompts)) == ["the changed run", "transfer"]
    assert told_in(shown) == [name for name in TOLD if name != "why"], "there is no reason to choose"
    assert "Your reason: it waits." in shown


@pytest.mark.parametrize("nobody", [EOFError, NotImplementedError])
def test_nothing_is_revealed_where_nobody_can_type(
    nobody: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(prompt: str) -> str:
        raise nobody

    monkeypatch.setattr("builtins.input", answer)
    assert "Keep this" not in repr(lesson(2).ask())
    asked = ask("How many?", ["1", "2"])
    assert repr(asked.result(2, "the picture")) == "Answer the question first: How many?"


def test_an_answer_in_the_code_shows_the_result_and_the_next_question(tmp_path: Path) -> None:
    """In code nobody has to look back or to give a reason; but no result stands before its question."""
    own = lesson(every_part(tmp_path))
    assert told_in(repr(own)) == ["question"]
    own.answer("b", sure=3)
    assert told_in(repr(own)) == ["question", "why", "the result", "change"]  # the reasons are told, too
    assert "The reason is a)" in repr(own)
    own.answer("b", part="change")
    so_far = ["question", "why", "the result", "change", "the changed run", "transfer"]
    assert told_in(repr(own)) == so_far
    own.answer("b", part="transfer")
    assert told_in(repr(own)) == [name for name in TOLD if name != "recall"]
    own.answer("a", part="why").answer("b", part="recall")
    assert told_in(own._repr_html_()) == list(TOLD)
    assert "b) would be right if everybody came at once" in repr(own)


def test_the_reason_is_answered_in_words_where_it_has_no_options(tmp_path: Path) -> None:
    own = lesson(every_part(tmp_path, IN_WORDS)).answer("so it is", part="why").answer("b")
    assert "Your reason: so it is." in repr(own)


def test_a_result_without_an_answer_waits_for_nothing(tmp_path: Path) -> None:
    revealed = repr(lesson(every_part(tmp_path)).reveal())
    assert told_in(revealed) == [name for name in TOLD if name != "recall"]


def test_a_part_that_does_not_ask_says_which_do(tmp_path: Path) -> None:
    path = every_part(tmp_path, ("recall: {lesson: luck.yaml}\n", ""))
    for part in ("recall", "again"):
        with pytest.raises(ScenarioError, match="question, why, change and transfer"):
            lesson(path).answer("a", part=part)  # type: ignore[arg-type]


# -- a question of one's own ------------------------------------------------------------------------


def test_the_run_says_which_option_is_right() -> None:
    asked = Prediction("When?", ["about 2 s", "16.05 s", "16 s, as it were", "kafka", "1,200 s"])
    rights: dict[float | str, int | None] = {
        16.05: 1,
        16.04: 2,
        2.4: 0,
        1200: 4,
        3: None,
        "Kafka": 3,
        "sqs": None,
    }
    assert {value: asked.right(value) for value in rights} == rights


@pytest.mark.parametrize(("value", "told"), [
    (2.55, "You said a) 2.55 s (sure). Correct."),
    (1.05, "You said a) 2.55 s (sure).\nIt was b) 1.05 s. A surprise worth remembering."),
    (4.0, "You said a) 2.55 s (sure).\nIt was 4: none of these. A surprise worth remembering."),
])  # fmt: skip
def test_a_result_stands_beside_what_was_predicted(value: float, told: str) -> None:
    asked = Prediction("When?", ["2.55 s", "1.05 s"]).answer("a", sure=3)
    assert repr(asked.result(value, "the picture")) == f"{told}\n\nthe picture"


def test_a_prediction_in_own_words_stands_beside_the_result() -> None:
    asked = Prediction("What is wrong?").answer("  <i>it lies ")
    html = asked.result(3, "a < b", {"kafka": 19.06}, compare(load_scenario("checkout")))._repr_html_()
    assert "You said: &lt;i&gt;it lies." in html
    assert "It was 3." in html
    assert ">a &lt; b</pre>" in html
    assert ">kafka: 19.06</pre>" in html
    assert "<table" in html


def test_a_result_comes_when_its_question_is_answered(outputs: Any) -> None:
    """All cells were run at once: the result waits, and is shown where it waited."""
    asked = ask("How many?", ["1", "2"])
    assert asked._repr_html_() == '<div style="max-width:60em"></div>', "the buttons are shown already"
    asked.result(2, "the picture")._ipython_display_()
    _, waits, result = last_outputs(outputs)
    assert VIEW in waits
    assert "the picture" not in str(outputs.outputs)
    assert "Answer the question first" in result["text/html"]
    assert asked.buttons is not None
    click(asked.buttons, "a", 1)
    told, waits, result = last_outputs(outputs)
    assert "Your answer: a) 1 (a guess)." in told["text/html"]
    assert waits["text/html"] == ""
    assert "the picture" in result["text/html"]
    assert "It was b) 2." in result["text/html"]


@pytest.mark.parametrize("options", [["one"], ["a", "a"], list("abcdefg")])
def test_options_are_two_to_six_and_differ(options: list[str]) -> None:
    with pytest.raises(ScenarioError, match="2 to 6 different options"):
        ask("What?", options)


def test_there_is_no_other_answer() -> None:
    with pytest.raises(ScenarioError, match="the answers are a and b"):
        Prediction("What?", ["1", "2"]).answer("c")
