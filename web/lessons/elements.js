// Elements of the page, and the blocks of a lesson as elements. Every text goes in as a text.

/** An element with a class, children or a text, and attributes. */
export function make(tag, name = "", children = [], attributes = {}) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...[children].flat());
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export function button(text, act, name = "lesson-button") {
  const element = make("button", name, text, { type: "button" });
  element.addEventListener("click", act);
  return element;
}

/** A table: what names a column or a line is a heading; a name that goes on over lines is there once. */
function table({ heads, lines, left }) {
  const aligned = (column) => (left.includes(column) ? "lesson-left" : "");
  const head = make("tr", "", heads.map((text, column) =>
    (text ? make("th", aligned(column), text, { scope: "col" }) : make("td"))));
  const rows = lines.map((cells, at) => {
    const goesOn = at > 0 && lines[at - 1][0] === cells[0];
    let lasts = 1;
    while (lines[at + lasts]?.[0] === cells[0]) lasts += 1;
    const heads = { scope: lasts > 1 ? "rowgroup" : "row", rowspan: lasts };
    const name = goesOn ? [] : [make("th", "lesson-left", cells[0], heads)];
    const row = cells.slice(1).map((text, column) =>
      make("td", text.includes("±") ? "lesson-interval" : aligned(column + 1), text));
    return make("tr", goesOn ? "lesson-same" : "", [...name, ...row]);
  });
  const inside = make("table", "", [make("thead", "", head), make("tbody", "", rows)]);
  return make("div", "lesson-table", inside, { role: "group", "aria-label": "Figures", tabindex: "0" });
}

const paragraphs = (texts) => texts.map((text) => make("p", "", text));

const KINDS = {
  lines: ({ texts, bold }) => make("div", bold ? "lesson-lines lesson-bold" : "lesson-lines", paragraphs(texts)),
  options: ({ letters, texts }) => make("div", "lesson-lines", paragraphs(letters.map((letter, at) => `${letter}) ${texts[at]}`))),
  table,
  drawn: ({ lines }) => make("pre", "lesson-drawn", lines.join("\n"), { role: "group", "aria-label": "Drawing", tabindex: "0" }),
};

/** Show blocks one below the other; where a lesson leaves time to think, the rest comes with a button. */
export function show(root, blocks, done) {
  const gate = blocks.findIndex(({ kind }) => kind === "gate");
  root.append(...(gate < 0 ? blocks : blocks.slice(0, gate)).map((block) => KINDS[block.kind](block)));
  if (gate < 0) {
    done();
    return;
  }
  const go = button("Think, then go on", () => {
    const before = root.childElementCount - 1;
    go.remove();
    show(root, blocks.slice(gate + 1), done);
    const first = root.children[before];
    first.tabIndex = -1;
    first.focus();
  }, "lesson-button lesson-think");
  root.append(go);
}

/** How many letters of a drawing have room there. */
export function columnsOf(root) {
  const letters = make("pre", "lesson-drawn", "0".repeat(20));
  const ruler = make("span", "", letters.textContent);
  letters.replaceChildren(ruler);
  root.append(letters);
  const style = getComputedStyle(letters);
  const room = letters.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const one = ruler.getBoundingClientRect().width / 20;
  letters.remove();
  return Math.max(24, Math.min(90, Math.floor(room / one)));
}
