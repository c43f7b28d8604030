// The blocks of a lesson as elements: sentences, tables, and what is drawn with characters. Every text goes in as a text.
(function (syncasync) {
  "use strict";

  const { make } = syncasync;

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

  /** The element of a block; a gate has none. */
  syncasync.block = (block) => KINDS[block.kind](block);
})((globalThis.syncasync ??= {}));
