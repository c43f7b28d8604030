// What a run prints, as elements: texts of the program go in as text.

function make(tag, content = [], attributes = {}) {
  const element = document.createElement(tag);
  element.append(...[content].flat());
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const paragraphs = (texts, name) => texts.map((text) => make("p", text, { class: name }));

function claimsOf({ claims, claims_note: note }) {
  if (!claims.length) return [];
  const item = ({ text, holds, value }) => make("li", [
    make("span", holds ? "✓ passed" : "✗ failed", { class: holds ? "play-holds" : "play-fails" }), " ", make("code", text),
    ...(holds ? [] : [` (it is ${value})`]),
  ]);
  return [make("h3", "What the scenario expects"), make("ul", claims.map(item), { class: "play-claims" }), ...paragraphs(note ? [note] : [], "play-note")];
}

function tableOf({ heads, lines, left }) {
  const side = (column) => (left.includes(column) ? "play-left" : "play-right");
  const row = ({ cells, is_indented: inside }) => make("tr", cells.length === 1
    ? make("th", cells[0], { colspan: heads.length, scope: "rowgroup" })
    : cells.map((cell, n) => make(n ? "td" : "th", cell, n ? { class: side(n) } : { scope: "row", class: inside ? "play-inside" : "" })));
  const head = heads.map((text, n) => make(text ? "th" : "td", text, { class: side(n), ...(text && { scope: "col" }) }));
  const table = make("table", [make("thead", make("tr", head)), make("tbody", lines.map(row))], { class: "play-figures" });
  return make("div", table, { class: "play-wide", tabindex: "0", role: "region", "aria-label": "The figures of both designs" });
}

/** The elements of a result as `syncasync.result` gives it. */
export function resultElements(data) {
  return [
    make("h2", data.title),
    ...paragraphs(data.finding, "play-finding"),
    ...claimsOf(data),
    make("h3", "Figures"), tableOf(data.table),
    ...paragraphs(data.notes, "play-note"),
    ...paragraphs(data.footer, "play-note play-dim"),
  ];
}

/** A text of the command line as it is printed. */
export function printed(text, label) {
  return make("pre", text, { class: "play-printed", tabindex: "0", role: "region", "aria-label": label });
}

export { make };
