"""The charts of a run as a page draws them: the words of the description, readable at every width."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from docs_site.check import violations
from replay.pages import until
from surface.test_charts import RUNS, result
from surface.test_run_charts import of_chart, words
from syncasync_sim import load_scenario, run_designs
from syncasync_sim.files import bundled
from syncasync_sim.render.run_charts import RUN_CHARTS
from syncasync_sim.render.run_charts.chart import Chart, ChartAxis, Curve, Panel
from syncasync_sim.render.style import LOOKS
from web import site
from web_site.pages import POLICY
from web_site.places import ESBUILD, WEB

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGE = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Charts</title>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="page.css"><link rel="stylesheet" href="charts.css"></head>
<body><main><h1>Charts</h1><div id="charts"></div></main><script src="charts.js"></script></body></html>"""
DRAW = "(charts) => syncasync.drawCharts(document.getElementById('charts'), charts)"
TEXTS = """() => [...document.querySelectorAll("figcaption, .chart p, svg text, th, td")]
  .filter((element) => !element.hidden).map((element) => element.tagName === "text"
    ? [...element.children].map((row) => row.textContent).join(" ") : element.textContent)"""
FAULTS = """() => [...document.querySelectorAll(".chart svg")].flatMap((picture) => {
  const outer = picture.getBoundingClientRect();
  const texts = [...picture.querySelectorAll("text")].map((text) =>
    [text.textContent, text.getBoundingClientRect()]);
  const out = texts.filter(([, box]) => box.left < outer.left - 2 || box.right > outer.right + 2);
  const meet = (a, b) =>
    a.left + 1 < b.right && b.left + 1 < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
  const met = texts.flatMap(([one, a], index) =>
    texts.slice(index + 1).filter(([, b]) => meet(a, b)).map(([two]) => `${one} | ${two}`));
  return [...out.map(([text]) => `${text} sticks out`), ...met];
}).concat(document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [])"""
SCHEMES: list[dict[str, Any]] = [
    {},
    {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark", "reduced_motion": "reduce"},
]


@cache
def charts_of(name: str) -> dict[str, Chart]:
    comparison, traces = run_designs(load_scenario(name), seed=1)
    found = {chart: describe(comparison, traces) for chart, describe in RUN_CHARTS.items()}
    return {name: chart for name, chart in found.items() if chart}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with the script and its style; skips the test, with the reason, without esbuild."""
    if not ESBUILD.exists():
        pytest.skip("esbuild is not installed (npm ci --prefix web)")
    folder = tmp_path_factory.mktemp("charts")
    for name in ("page.css", "charts.css", "icon.svg"):
        (folder / name).write_bytes((WEB / name).read_bytes())
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    script = (str(WEB / "charts.js"), "--bundle", "--format=iife", f"--outfile={folder / 'charts.js'}")
    subprocess.run([str(ESBUILD), *script, "--log-level=error"], check=True)
    with site.served(folder) as at:
        yield f"{at}page.html"


@pytest.fixture
def tab(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, with what a test asks for; nothing may go wrong in it."""
    wrong: list[str] = []
    context = browser.new_context(**getattr(request, "param", {}))
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(address)
    yield page
    context.close()
    assert wrong == []


def draw(tab: Page, charts: dict[str, Chart]) -> None:
    tab.evaluate(DRAW, {name: chart.to_dict() for name, chart in charts.items()})


def written(tab: Page) -> set[str]:
    return {words(text) for text in tab.evaluate(TEXTS)}


@pytest.mark.parametrize("name", bundled.names())
def test_a_page_has_the_words_of_the_description_and_they_can_be_read(name: str, tab: Page) -> None:
    for width in (320, 1280, 1920):
        tab.set_viewport_size({"width": width, "height": 800})
        draw(tab, charts_of(name))
        assert tab.evaluate(FAULTS) == [], width
        found = written(tab)
        for chart in charts_of(name).values():
            ticks = {words(text) for panel in chart.panels for _, text in panel.x.ticks}
            assert of_chart(chart) - ticks <= found  # where there is no room, ticks are left out
            assert ticks <= found or width == 320
            assert {words(panel.x.label) for panel in chart.panels} <= found
            assert {words(text) for row in (chart.columns, *chart.rows) for text in row} <= found
            below = [text for text in found if text.startswith("bars too narrow")]
            for box in (box for panel in chart.panels for box in panel.boxes if box.below):
                assert box.label in found or words(box.below) in "".join(below)


@pytest.mark.parametrize("case", range(len(RUNS)))
def test_other_runs_can_be_read(case: int, tab: Page) -> None:
    email, parts = RUNS[case]
    run = result(email, **parts)
    charts = {name: chart for name, describe in RUN_CHARTS.items() if (chart := describe(*run))}
    for width in (320, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        draw(tab, charts)
        assert tab.evaluate(FAULTS) == [], width


def one_line(points: int) -> dict[str, Chart]:
    curve = Curve(
        "all", LOOKS["sync"], tuple(range(points)), tuple(n % 7 for n in range(points)), is_named=True
    )
    stepped = replace(curve, is_stepped=True, is_named=False)
    panel = Panel(
        ChartAxis("time (s)", 0, max(points, 1)), ChartAxis("how many", 0, 7), curves=(curve, stepped)
    )
    return {"one": Chart(f"{points} points", (panel,), ("time",), ())}


@pytest.mark.parametrize("points", [0, 1, 2, 90_000])
def test_a_line_of_any_length(points: int, tab: Page) -> None:
    draw(tab, one_line(points))
    assert tab.text_content("figcaption") == f"{points} points"
    assert tab.locator(".chart-mark").count() == min(points, 8)
    assert tab.locator(".chart-name").count() == min(points, 1)
    path = tab.get_attribute(".chart-area", "d") or ""
    assert (path.count("L") >= points - 1) if points else path == ""


def test_no_chart_at_all(tab: Page) -> None:
    draw(tab, {})
    assert tab.text_content("#charts") == ""


@pytest.mark.parametrize(
    "name", ["\u53d1\u9001\u7535\u5b50\u90ae\u4ef6\u7ed9\u5ba2\u6237", "<b onclick='x()'>&amp; $5", "x" * 80]
)
def test_a_name_of_a_step_is_only_text(name: str, tab: Page) -> None:
    run = result({"name": name, "failure_rate": "50%"}, traffic={"requests": 30}, workers={"count": 2})
    charts = {"timeline": RUN_CHARTS["timeline"](*run)}
    assert charts["timeline"] is not None
    for width in (320, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        draw(tab, charts)  # type: ignore[arg-type]
        assert tab.evaluate(FAULTS) == []
        assert any(words(name) in text for text in written(tab))
        assert tab.locator("#charts b").count() == 0


def test_it_is_drawn_again_at_a_new_width_and_what_is_open_stays_open(tab: Page) -> None:
    tab.set_viewport_size({"width": 1280, "height": 800})
    draw(tab, charts_of("slow-email"))
    assert tab.locator(".chart-row").count() == 0
    tab.click("[data-chart=depth] summary")
    tab.set_viewport_size({"width": 360, "height": 800})
    until(tab, lambda: tab.locator(".chart-row").count() == 3)
    assert tab.evaluate(FAULTS) == []
    assert tab.locator("[data-chart=depth] table").is_visible()


def test_a_chart_that_is_hidden_is_drawn_when_it_is_shown(tab: Page) -> None:
    tab.evaluate("document.getElementById('charts').hidden = true")
    draw(tab, charts_of("slow-email"))
    assert tab.locator("svg path").count() == 0
    tab.evaluate("document.getElementById('charts').hidden = false")
    until(tab, lambda: tab.locator("svg path").count() > 20)


def test_the_designs_differ_in_colour_and_dash(tab: Page) -> None:
    draw(tab, charts_of("slow-email"))
    line = "getComputedStyle(document.querySelectorAll('.chart-marked .chart-line')[{}]).{}"
    for scheme, colours in (
        ("light", ("213, 94, 0", "0, 114, 178")),
        ("dark", ("213, 94, 0", "86, 180, 233")),
    ):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert [tab.evaluate(line.format(n, "stroke")) for n in (0, 1)] == [f"rgb({c})" for c in colours]
    dashes = [
        tab.locator(".chart-marked .chart-line").nth(n).get_attribute("stroke-dasharray") for n in range(3)
    ]
    assert len(set(dashes)) == 3
    tab.emulate_media(color_scheme="dark", media="print")
    assert tab.evaluate(line.format(1, "stroke")) == "rgb(0, 114, 178)"


@pytest.mark.parametrize("tab", SCHEMES, indirect=True)
def test_a_screen_reader_has_the_finding_and_the_numbers(tab: Page) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    draw(tab, charts_of("slow-email"))
    for figure, chart in zip(tab.locator("figure").all(), charts_of("slow-email").values(), strict=True):
        figure.locator("summary").click()
        assert figure.locator("tbody tr").count() == len(chart.rows)
        names = [picture.get_attribute("aria-label") or "" for picture in figure.get_by_role("img").all()]
        assert len(names) == len(chart.panels)
        assert all(names)
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    assert list(violations(tab, axe)) == []


def test_the_engine_gives_the_charts(browser: Browser) -> None:
    """Those of Python, to the last digit, without a chart that has nothing to show."""
    with site.served() as address:
        page = site.Opened(browser, f"{address}playground.html")
        page.wait_until_ready()
        for name in ("slow-email", "checkout"):
            told = page.call("charts", name, {"seed": 1})["value"]
            assert told == json.loads(json.dumps({n: c.to_dict() for n, c in charts_of(name).items()}))
        told = page.call("charts", "ten-orders", {"positions": {"workers": 2}})["value"]
        assert told["depth"]["title"] != charts_of("ten-orders")["depth"].title
        page.context.close()
        assert page.wrong == []


def test_the_playground_shows_them(browser: Browser) -> None:
    """Those of the run with its sliders, in the place of the earlier ones; in both designs' words."""
    with site.served() as address:
        page = site.Opened(browser, f"{address}playground.html#scenario=slow-email")
        tab = page.tab
        page.wait_until_ready()
        tab.click("#play-run")
        tab.wait_for_selector("#play-views:not([hidden])")
        tab.click("#play-tab-charts")
        tab.wait_for_selector("#play-view-charts figure")
        charts = charts_of("slow-email")
        assert tab.locator("#play-view-charts figcaption").all_inner_texts() == [
            chart.to_dict()["title"] for chart in charts.values()
        ]
        for width in (360, 1280):
            tab.set_viewport_size({"width": width, "height": 800})
            until(tab, lambda: tab.evaluate(FAULTS) == [])
        page.context.close()
        assert page.wrong == []
