// One band of the strip over time: lines of one kind on one scale, and their values in a legend.
(function (syncasync) {
  "use strict";

  const { make, draw, say } = syncasync;
  const WIDE = 1000, HIGH = 100, MARGIN = 3;

  class Band {
    /** *lines*: `{label, look, values}`, a value per piece of time; *told* makes text of a value. */
    constructor(name, lines, { piece, end, outages, told }) {
      Object.assign(this, { lines, piece, end: end || 1, told });
      this.most = Math.max(...lines.flatMap((line) => line.values)) || 1;
      const downs = outages.map((outage) => this.down(outage));
      const attributes = { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": `${name}, over time` };
      this.picture = draw("svg", attributes, [...downs, ...lines.map((line) => this.path(line))]);
      const most = make("li", "sa-most", `highest ${told(this.most)}`);
      this.legend = make("ul", "sa-legend", [...lines.map((line) => this.entry(line)), most]);
    }

    /** Steps from piece to piece. */
    path({ values, look }) {
      const height = (value) => (HIGH - MARGIN - (value / this.most) * (HIGH - 2 * MARGIN)).toFixed(1);
      const steps = values.map((value, place) => {
        const x = Math.min(WIDE, (place * this.piece * WIDE) / this.end).toFixed(1);
        return place ? `H${x}V${height(value)}` : `M0 ${height(value)}`;
      });
      return draw("path", { d: `${steps.join("")}H${WIDE}${look === "in" ? `V${HIGH}H0Z` : ""}`, class: `sa-line-${look}` });
    }

    down([, from, until]) {
      const last = Math.min(this.end, until ?? this.end), x = (from / this.end) * WIDE;
      const width = Math.max(0, ((last - from) / this.end) * WIDE);
      return draw("rect", { x, y: 0, width, height: HIGH, class: "sa-down" });
    }

    entry(line) {
      const d = line.look === "in" ? "M0 0H28V8H0Z" : "M0 4H28";
      const sample = draw("svg", { viewBox: "0 0 28 8", class: "sa-sample", "aria-hidden": "true" }, [draw("path", { d, class: `sa-line-${line.look}` })]);
      line.shown = make("b");
      return make("li", "", [sample, `${line.label} `, line.shown]);
    }

    /** Tell each line's value at the cursor. */
    tell(value) {
      for (const line of this.lines) say(line.shown, this.told(value(line)));
    }
  }

  syncasync.Band = Band;
})((globalThis.syncasync ??= {}));
