// The result as a table.
(function (syncasync) {
  "use strict";

  const { make } = syncasync;

  /** Write the result into *section*, in sentences and in rows, as the document has them; nothing is computed. */
  function tellFigures(section, doc) {
    const modes = doc.lanes.map((lane) => lane.id);
    const both = modes.length > 1;
    const heads = ["", ...modes, ...(both ? ["change", ""] : [])];
    const lines = [make("tr", "", heads.map((text) => (text ? make("th", "", text, { scope: "col" }) : make("td"))))];
    let group = "";
    for (const row of doc.table) {
      if (row.group !== group && row.group !== row.label) {
        lines.push(make("tr", "sa-group", make("th", "", row.group, { colspan: heads.length, scope: "rowgroup" })));
      }
      group = row.group;
      const cells = [...modes.map((mode) => row[mode]), ...(both ? [row.change, row.words] : [])];
      const name = make("th", row.label === row.group ? "" : "sa-indented", row.label, { scope: "row" });
      lines.push(make("tr", "", [name, ...cells.map((text) => make("td", "", text ?? ""))]));
    }
    const counted = make("h2", "", doc.counted);
    const notes = doc.notes.map((note) => make("p", "", note));
    const headline = make("p", "sa-headline", doc.headline ?? "");
    section.setAttribute("aria-label", `Figures: ${doc.counted}`);
    section.replaceChildren(counted, headline, make("table", "", make("tbody", "", lines), { "aria-label": doc.counted }), ...notes);
  }

  Object.assign(syncasync, { tellFigures });
})((globalThis.syncasync ??= {}));
