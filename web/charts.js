// The charts of a run as SVG. Python says what they show (render/run_charts); here is how it is drawn.
import { scaleLinear, scaleLog } from "d3-scale";
import {
  area, curveLinear, curveStepAfter, line, symbol, symbolCircle, symbolDiamond, symbolSquare, symbolTimes, symbolTriangle,
} from "d3-shape";

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { "-": "none", "--": "10 5", ":": "2 4" };
const MARKERS = { o: symbolCircle, s: symbolSquare, "^": symbolTriangle, D: symbolDiamond, x: symbolTimes };
const NARROW = 35; // in em: below it a row of a timeline has its name above its boxes
const MARKED = 8; // so many markers are on a line
const watchers = new WeakMap();
const pen = document.createElement("canvas").getContext("2d");
let hatches = 0;

function html(tag, name, content = [], attributes = {}) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...[content].flat());
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function svg(tag, attributes = {}, children = []) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Its colour in a light and in a dark scheme; the style sheet says which of them holds. */
function inked(element, look) {
  element.classList.add("chart-ink");
  element.style.setProperty("--chart-light", look.colour);
  element.style.setProperty("--chart-dark", look.on_dark);
  element.style.setProperty("--chart-on-light", readableOn(look.colour));
  element.style.setProperty("--chart-on-dark", readableOn(look.on_dark));
  return element;
}

/** Black or white, whichever has more contrast (as WCAG calculates it). */
function readableOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#111" : "#fff";
}

/** How text is set in an element, and how wide it is then. */
function fontOf(element) {
  const { fontSize, fontFamily } = getComputedStyle(element);
  const em = parseFloat(fontSize);
  return {
    em,
    lineHeight: 1.25 * em,
    width(text, bold = false) {
      pen.font = `${bold ? "bold " : ""}${em}px ${fontFamily}`;
      return Math.max(0, ...text.split("\n").map((row) => pen.measureText(row).width));
    },
  };
}

/** Lines of text around a point. */
function textAt(text, x, y, font, { anchor = "start", name = "", from = "middle" } = {}) {
  const rows = text.split("\n");
  const above = { middle: (rows.length - 1) / 2, bottom: rows.length - 1, top: 0 }[from];
  const base = { middle: 0.35, bottom: -0.25, top: 0.85 }[from];
  const spans = rows.map((row, index) =>
    Object.assign(svg("tspan", { x, y: y + (index - above) * font.lineHeight + base * font.em }), { textContent: row }));
  return svg("text", { class: name, "text-anchor": anchor }, spans);
}

const scaleOf = (axis, from, to) =>
  (axis.is_log ? scaleLog().clamp(true) : scaleLinear()).domain([axis.low, axis.high]).range([from, to]);

/** The same words in as few lines as have room. */
function folded(text, width, font) {
  return text.split(/\s+/).reduce((line, word) =>
    line + (font.width(`${line.split("\n").at(-1)} ${word}`) > width ? "\n" : " ") + word);
}

/** The ticks of an axis: those it says, or about *most* round values. */
function ticksOf(axis, scale, most) {
  if (axis.ticks.length) return axis.ticks;
  const named = scale.tickFormat(most);
  let values = scale.ticks(most);
  if (axis.is_whole) values = values.filter(Number.isInteger);
  if (!axis.is_log) return values.map((value) => [value, named(value)]);
  const tens = values.filter((value) => Number.isInteger(+Math.log10(value).toFixed(9)));
  return (tens.length > 1 ? tens : values).map((value) => [value, String(+value.toPrecision(6))]);
}

/** The ticks whose names have room; where two have not, the one on the right stays. */
function roomy(ticks, scale, font) {
  let free = Infinity;
  return ticks.toReversed().filter(([value, text]) => {
    const half = font.width(text) / 2 + font.em / 4;
    const fits = scale(value) + half <= free;
    if (fits) free = scale(value) - half;
    return fits;
  });
}

/** Tops as near as may be to the middles *wanted* (rising), with room for so much height, between two limits. */
function apart(wanted, heights, top, bottom) {
  const groups = []; // those that touch stay together around their middle
  wanted.forEach((_, index) => {
    let group = { all: [index] };
    for (;;) {
      group.height = group.all.reduce((sum, one) => sum + heights[one], 0);
      const middle = group.all.reduce((sum, one) => sum + wanted[one], 0) / group.all.length;
      group.top = Math.max(top, Math.min(middle - group.height / 2, bottom - group.height));
      const before = groups.at(-1);
      if (!before || before.top + before.height <= group.top + 1e-6) break;
      group = { all: [...groups.pop().all, ...group.all] };
    }
    groups.push(group);
  });
  return groups.flatMap(({ all, top: next }) => all.map((one) => (next += heights[one]) - heights[one]));
}

/** The grid, the ticks and the two lines of the axes. */
function axes(panel, frame, x, y, font) {
  const { left, right, top, bottom } = frame;
  const rows = panel.y.ticks.length > 0;
  const across = roomy(ticksOf(panel.x, x, Math.max(2, (right - left) / (6 * font.em))), x, font);
  const along = rows ? [] : ticksOf(panel.y, y, Math.max(2, (bottom - top) / (3 * font.em)));
  return svg("g", { class: "chart-axes" }, [
    ...across.map(([value]) => svg("path", { class: "chart-grid", d: `M${x(value)} ${bottom}V${top}` })),
    ...along.map(([value]) => svg("path", { class: "chart-grid", d: `M${left} ${y(value)}H${right}` })),
    ...across.map(([value, text]) => textAt(text, x(value), bottom + font.em / 2, font, { anchor: "middle", from: "top" })),
    ...along.map(([value, text]) => textAt(text, left - font.em / 2, y(value), font, { anchor: "end" })),
    svg("path", { class: "chart-axis", d: `M${left} ${top}V${bottom}H${right}` }),
  ]);
}

function curveOf(curve, x, y) {
  const points = curve.x.map((value, index) => [x(value), y(curve.y[index])]);
  const bent = curve.is_stepped ? curveStepAfter : curveLinear;
  const dashed = { "stroke-dasharray": DASHES[curve.look.dash] };
  const parts = [svg("path", { class: "chart-line", d: line().curve(bent)(points) ?? "", ...dashed })];
  if (curve.is_stepped) {
    parts.unshift(svg("path", { class: "chart-area", d: area().curve(bent).y0(y.range()[0])(points) ?? "" }));
  } else {
    const every = Math.max(Math.floor(points.length / MARKED), 1);
    const mark = symbol(MARKERS[curve.look.marker], 60)();
    const marked = points.filter((_, index) => index % every === 0);
    parts.push(...marked.map(([px, py]) => svg("path", { class: "chart-mark", d: mark, transform: `translate(${px} ${py})` })));
  }
  return inked(svg("g", { class: curve.is_stepped ? "" : "chart-marked" }, parts), curve.look);
}

const heightOf = (name, font) => name.split("\n").length * font.lineHeight + font.em / 4;

/** The names at the ends of lines, moved apart; a thin line joins a name that was moved to its end. */
function names(curves, text, x, y, frame, font) {
  const ends = curves.map((curve) => ({ curve, x: x(curve.x.at(-1)), y: y(curve.y.at(-1)), text: text(curve) }));
  ends.sort((one, other) => one.y - other.y);
  const heights = ends.map((end) => heightOf(end.text, font));
  const tops = apart(ends.map((end) => end.y), heights, frame.top, frame.bottom);
  return ends.map((end, index) => {
    const middle = tops[index] + heights[index] / 2;
    const parts = [textAt(end.text, end.x + font.em, middle, font, { name: "chart-name" })];
    if (Math.abs(middle - end.y) > 3) {
      parts.unshift(svg("path", { class: "chart-tie", d: `M${end.x} ${end.y}L${end.x + 0.8 * font.em} ${middle}` }));
    }
    return inked(svg("g", {}, parts), end.curve.look);
  });
}

const NOTES = {
  above(note, x, y, frame, font) {
    const half = font.width(note.text, true) / 2;
    const middle = Math.max(frame.left + half + font.em / 2, Math.min(x(note.x), frame.right - half));
    return textAt(note.text, middle, y(note.y) - font.em / 3, font, { anchor: "middle", name: "chart-name", from: "bottom" });
  },
  beside: (note, x, y, frame, font) => textAt(note.text, x(note.x) + 0.9 * font.em, y(note.y), font, { name: "chart-name" }),
  shade: (note, x, y, frame, font) => textAt(note.text, x(note.x) + font.em / 2, frame.top + 2, font, { from: "top" }),
  floor: (note, x, y, frame, font) =>
    textAt(note.text, x(note.x), y(note.y) - font.em, font, { anchor: "middle", from: "bottom" }),
};

/** Lines over time, or over shares; the picture, and what is written below its axis. */
function drawCurves(panel, width, font) {
  const named = panel.curves.filter((curve) => curve.is_named && curve.x.length);
  const lines = Math.max(1, ...panel.x.ticks.map(([, text]) => text.split("\n").length));
  const frame = { top: font.em / 2 };
  frame.left = Math.max(0, ...ticksOf(panel.y, scaleOf(panel.y, 1, 0), 9).map(([, text]) => font.width(text))) + font.em;
  let text = (curve) => curve.name;
  frame.right = roomFor(named, text, panel.x, frame.left, width, font);
  if (frame.right - frame.left < width / 2) {
    text = (curve) => folded(curve.name, 6.5 * font.em, font);
    frame.right = roomFor(named, text, panel.x, frame.left, width, font);
  }
  const least = panel.shaded_to ? 16 * font.em : 12 * font.em; // two notes above each other have room, or one
  const stack = named.reduce((sum, curve) => sum + heightOf(text(curve), font), 0);
  frame.bottom = frame.top + Math.max(least, stack, Math.min(width * 0.5, 23 * font.em));
  const x = scaleOf(panel.x, frame.left, frame.right), y = scaleOf(panel.y, frame.bottom, frame.top);
  const shade = svg("rect", { class: "chart-shade", x: frame.left, y: frame.top,
    width: Math.max(x(panel.shaded_to) - frame.left || 0, 0), height: frame.bottom - frame.top });
  const children = [
    ...(panel.shaded_to ? [shade] : []),
    axes(panel, frame, x, y, font),
    ...panel.curves.map((curve) => curveOf(curve, x, y)),
    ...names(named, text, x, y, frame, font),
    ...panel.notes.map((note) => inked(NOTES[note.position](note, x, y, frame, font), note.look)),
  ];
  return { children, height: frame.bottom + lines * font.lineHeight + font.em, below: "" };
}

/** Where the horizontal axis ends so that every name has room beside the end of its line. */
function roomFor(curves, text, axis, left, width, font) {
  const share = scaleOf(axis, 0, 1);
  return Math.min(width - 1.5 * font.em, ...curves.map((curve) =>
    left + (width - left - 1.5 * font.em - font.width(text(curve), true)) / Math.max(share(curve.x.at(-1)) || 1, 0.2)));
}

/** Rows with boxes; the picture, and the names that have no room in their boxes. */
function drawTimeline(panel, tooNarrow, width, font) {
  const stacked = width < NARROW * font.em;
  const title = ([, text]) => (stacked ? folded(text, width - 2 * font.em, font) : text);
  const lines = Math.max(...panel.y.ticks.map((tick) => title(tick).split("\n").length));
  const box = (stacked ? 2.6 : 2) * font.em;
  const pitch = stacked ? box + lines * font.lineHeight + font.em : Math.max(box, lines * font.lineHeight) + 0.9 * font.em;
  const frame = { top: 0, bottom: panel.y.ticks.length * pitch };
  frame.left = stacked ? font.em : Math.max(...panel.y.ticks.map((tick) => font.width(title(tick)))) + font.em;
  frame.right = Math.min(width - 1.5 * font.em, ...panel.notes.map((note) =>
    frame.left + (width - frame.left - 1.2 * font.em - font.width(note.text, true)) / Math.max(note.x / panel.x.high, 0.2)));
  const x = scaleOf(panel.x, frame.left, frame.right);
  const y = (row) => (stacked ? (row + 1) * pitch - box / 2 - font.em / 3 : (row + 0.5) * pitch);
  const fits = (one) => font.width(one.label) + font.em / 2 <= x(one.width) - frame.left;
  const hatch = hatching();
  const boxes = panel.boxes.map((one) => boxOf(one, x, y(one.row), box, font, fits(one), hatch));
  const children = [
    axes(panel, frame, x, y, font),
    ...panel.y.ticks.map((tick) => {
      const [x0, middle] = [frame.left, y(tick[0])];
      if (!stacked) return textAt(title(tick), x0 - font.em / 2, middle, font, { anchor: "end" });
      const above = middle - box / 2 - font.em / 8;
      return textAt(title(tick), x0 + font.em / 3, above, font, { from: "bottom", name: "chart-row" });
    }),
    ...boxes,
    ...panel.notes.map((note) => inked(NOTES.beside(note, x, y, frame, font), note.look)),
  ];
  children.unshift(svg("defs", {}, hatch.patterns));
  const named = new Set(panel.boxes.filter(fits).map((one) => one.below));
  const left = [...new Set(panel.boxes.map((one) => one.below))].filter((one) => one && !named.has(one));
  const below = left.length ? `${tooNarrow}: ${left.join(", ")}` : "";
  return { children, height: frame.bottom + font.lineHeight + font.em, below };
}

/** A pattern for each look; its lines have the colour of the look. */
function hatching() {
  const known = new Map(), patterns = [];
  const of = (look) => {
    if (!known.has(look.colour)) {
      const id = `chart-hatch-${++hatches}`;
      const lines = svg("path", { class: "chart-line", d: "M-2 2L2 -2M0 8L8 0M6 10L10 6" });
      patterns.push(inked(svg("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" }, [lines]), look));
      known.set(look.colour, `url(#${id})`);
    }
    return known.get(look.colour);
  };
  return { of, patterns };
}

function boxOf(one, x, middle, height, font, fits, hatch) {
  const begin = x(one.begin), end = x(one.begin + one.width), parts = [];
  if (one.width > 0) {
    const place = { x: begin, y: middle - height / 2, width: end - begin, height };
    if (one.is_wait) parts.push(svg("rect", { class: "chart-wait", fill: hatch.of(one.look), ...place }));
    else parts.push(svg("rect", { class: end - begin > 4 ? "chart-work" : "chart-work chart-thin", ...place }));
    if (one.label && fits) {
      const name = one.is_wait ? "chart-on-wait" : "chart-on-work";
      parts.push(textAt(one.label, (begin + end) / 2, middle, font, { anchor: "middle", name }));
    }
  }
  if (one.has_failed) {
    const cross = { d: symbol(symbolTimes, 140)(), transform: `translate(${end} ${middle})` };
    parts.push(svg("path", { class: "chart-cross-edge", ...cross }), svg("path", { class: "chart-cross", ...cross }));
  }
  return inked(svg("g", {}, parts), one.look);
}

/** One panel: its title, the picture, and what is below the axis. */
function panelOf(panel, chart) {
  const title = html("p", "chart-title", panel.title);
  if (panel.look) inked(title, panel.look);
  title.hidden = !panel.title;
  const high = html("p", "chart-label", panel.y.label);
  high.hidden = !panel.y.label;
  const words = [panel.title || chart.title, ...panel.notes.map((note) => note.text)].join("; ").replaceAll("\n", " ");
  const picture = svg("svg", { role: "img", "aria-label": words });
  const label = html("p", "chart-label chart-across", panel.x.label);
  const below = html("p", "chart-label chart-across");
  const element = html("div", "chart-panel", [title, high, picture, label, below]);
  const draw = () => {
    const width = element.clientWidth, font = fontOf(element);
    if (!width) return; // hidden: it is drawn when it is shown
    const drawn = panel.y.ticks.length ? drawTimeline(panel, chart.too_narrow, width, font) : drawCurves(panel, width, font);
    for (const [key, value] of Object.entries({ width, height: drawn.height, viewBox: `0 0 ${width} ${drawn.height}` })) {
      picture.setAttribute(key, value);
    }
    picture.replaceChildren(...drawn.children);
    below.textContent = drawn.below;
    below.hidden = !drawn.below;
  };
  return { element, draw };
}

/** The numbers of a chart, for those who cannot see it, or want to copy them. */
function numbersOf(chart) {
  const head = html("tr", "", chart.columns.map((name) => html("th", "", name, { scope: "col" })));
  const rows = chart.rows.map((row) => html("tr", "", row.map((text) => html("td", "", text))));
  const table = html("table", "", [html("thead", "", head), html("tbody", "", rows)]);
  const scrolled = html("div", "chart-numbers", table, { tabindex: 0, role: "region", "aria-label": chart.title });
  return html("details", "", [html("summary", "", "The numbers"), scrolled]);
}

/** Draw the charts that `syncasync.charts` gives into an element, in place of what is in it; again at every new width. */
export function drawCharts(element, charts) {
  watchers.get(element)?.disconnect();
  const draws = new Map();
  const watcher = new ResizeObserver((entries) => requestAnimationFrame(() => {
    for (const { target, contentRect } of entries) {
      const known = draws.get(target);
      if (known.width !== contentRect.width) known.draw();
      known.width = contentRect.width;
    }
  }));
  watchers.set(element, watcher);
  element.replaceChildren(...Object.entries(charts).map(([name, chart]) => {
    const panels = chart.panels.map((panel) => panelOf(panel, chart));
    const note = chart.footnote ? [html("p", "chart-note", chart.footnote)] : [];
    const row = html("div", "chart-panels", panels.map((panel) => panel.element));
    for (const panel of panels) draws.set(panel.element, { draw: panel.draw });
    return html("figure", "chart", [html("figcaption", "", chart.title), row, ...note, numbersOf(chart)], { "data-chart": name });
  }));
  for (const [target, known] of draws) {
    known.draw();
    watcher.observe(target);
  }
}

(globalThis.syncasync ??= {}).drawCharts = drawCharts;
