"""A notebook's halves in Python: what a run shows of itself, and what sliders ask for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import escape, unescape
from typing import Any

import pytest

from syncasync_sim import Replay, ScenarioError, explore, load_scenario, run_designs
from syncasync_sim.render.html import comparison_html
from syncasync_sim.replay.document import document
from syncasync_sim.replay.html_page import page


def shown(name: str, *sets: str) -> Replay:
    return Replay(run_designs(load_scenario(name, sets), seed=1)[1])


def inside(html: str) -> str:
    """The page in the frame."""
    frame = re.search(r'<iframe [^>]*srcdoc="([^"]*)"></iframe>', html)
    assert frame is not None
    return unescape(frame[1])


def test_a_run_shows_itself_as_the_exported_page_and_its_table() -> None:
    comparison, traces = run_designs(load_scenario("ten-orders"), seed=1)
    html = Replay(traces)._repr_html_()
    assert inside(html) == page(document(comparison, traces, with_rows=False))
    assert html.endswith(f"trust this notebook)</summary>{comparison_html(comparison)}</details>")


def test_the_frame_reaches_nothing_outside() -> None:
    [frame] = re.findall(r"<iframe [^>]*>", shown("checkout")._repr_html_())
    assert 'sandbox="allow-scripts"' in frame
    assert " src=" not in frame


def test_a_title_cannot_leave_its_place() -> None:
    title = '"></iframe><script>alert(1)</script>'
    html = Replay(run_designs(load_scenario("checkout", [f"title='{title}'"]), seed=1)[1])._repr_html_()
    assert "<script" not in html
    assert f'title="Replay: {escape(title)}"' in html


@pytest.mark.parametrize("jupyter", [False, True])
def test_in_text_it_is_what_the_command_line_shows(monkeypatch: pytest.MonkeyPatch, jupyter: bool) -> None:
    monkeypatch.setattr("rich.console._is_jupyter", lambda: jupyter)
    text = repr(shown("checkout"))
    assert text.startswith("A checkout form\n✓ 5 expectations hold\n")
    assert "customer waits  2.55 s  1.05 s  -1.50 s  2.4x as fast" in text
    assert not re.search(r"\x1b| \n", text)


def test_one_design_shows_itself_too() -> None:
    traces = run_designs(load_scenario("checkout"), seed=1, modes=("async",))[1]
    assert '"id":"async"' in inside(Replay(traces)._repr_html_())


def test_too_many_and_nobody_are_refused_with_the_cure() -> None:
    with pytest.raises(
        ScenarioError,
        match=r"1,800 customers are too many .* 500\n  = load_scenario\(\.\.\., \['traffic.for=166s'\]\)",
    ):
        shown("overload")
    assert shown("overload", "traffic.for=166s").traces
    with pytest.raises(ScenarioError, match="no run to replay"):
        Replay({})


def test_the_cure_without_anywidget() -> None:
    hidden = "import sys; sys.modules['anywidget'] = None; import syncasync_sim as sim; "
    program = f"{hidden}sim.explore(sim.load_scenario('checkout'))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: sliders in a notebook need anywidget; "
        "install it with: pip install 'syncasync-sim[notebook]'"
    )


# sliders


@pytest.fixture
def sliders() -> Any:
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    return explore(load_scenario("ten-orders"))


def test_a_position_changes_the_document(sliders: Any) -> None:
    longest = sliders.answer["document"]["figures"]["async"]["completion_time_s"]["max"]
    sliders.positions = {"workers": 2}
    comparison, traces = run_designs(load_scenario("ten-orders", ["workers.count=3"]), seed=1)
    assert longest == 16.05
    assert sliders.answer["command"] == "--set workers.count=3"
    assert sliders.answer["document"] == json.loads(json.dumps(document(comparison, traces, with_rows=False)))
    sliders.positions = {}
    assert sliders.answer["command"] == ""
    assert sliders.answer["document"]["figures"]["async"]["completion_time_s"]["max"] == longest


def test_what_cannot_be_shown_is_told_in_words(sliders: Any) -> None:
    sliders.positions = {"workers": 99}
    assert sliders.answer == {
        "problem": "Slider 'workers' has no such position. Give a whole number from 0 to 11."
    }
    sliders.positions = {"workers": 1}
    assert sliders.answer["command"] == "--set workers.count=2"


def test_the_seed_can_be_given(sliders: Any) -> None:
    assert sliders.answer["document"]["seed"] == 1
    assert explore(load_scenario("checkout"), seed=7).answer["document"]["seed"] == 7


def test_what_is_sent_to_the_browser(sliders: Any) -> None:
    state = sliders.get_state()
    assert [control["name"] for control in json.loads(state["_controls"])["controls"]][:3] == [
        "customers",
        "threads",
        "workers",
    ]
    assert isinstance(state["_answer"], str)
    assert "lmSuppressShortcuts" in state["_esm"]
    assert state["_esm"].rstrip().endswith("export default { render };")
    assert ".sa-slider" in state["_style"]


def test_without_a_kernel_the_replay_stays_as_it_stood(sliders: Any) -> None:
    sliders.positions = {"workers": 2}
    sliders.positions = {"workers": 99}
    traces = run_designs(load_scenario("ten-orders", ["workers.count=3"]), seed=1)[1]
    bundle, _ = sliders._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"] == Replay(traces)._repr_html_()
    assert bundle["text/plain"] == repr(Replay(traces))
    assert sliders.replay._repr_html_() == bundle["text/html"]


def test_what_a_saved_picture_leaves_out_is_told() -> None:
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    sliders = explore(load_scenario("overload"))  # 3 customers/s are 500 after 166.7 s
    bundle, _ = sliders._repr_mimebundle_()
    told = "The picture and the figures are of the first 498 of 1,800 customers; nobody comes after 165.67 s"
    assert f'"left_out":"{told}"' in inside(bundle["text/html"])
    same = f"<p>{told}. The same part: <code>--set traffic.for=166s</code></p>"
    assert bundle["text/html"].endswith(f"{same}\n</details>")  # and where frames are cut out
    assert " ".join(bundle["text/plain"].split()).endswith(f" {told}: --set traffic.for=166s")
    assert sliders.replay._repr_html_() == bundle["text/html"]
