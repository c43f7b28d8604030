// One band of the strip over time: lines of one kind on one scale, and their values in a legend.
(function (syncasync) {
  "use strict";

  const { make, draw, say } = syncasync;
  const WIDE = 1000, HIGH = 100, MARGIN = 3;

  class Band {
    /** *lines*: `{label, classes, values, filled}`, a value per piece of time; *told* makes text of a value. */
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
    path({ values, classes, filled }) {
      const height = (value) => (HIGH - MARGIN - (value / this.most) * (HIGH - 2 * MARGIN)).toFixed(1);
      const steps = values.map((value, place) => {
        const x = Math.min(WIDE, (place * this.piece * WIDE) / this.end).toFixed(1);
        return place ? `H${x}V${height(value)}` : `M0 ${height(value)}`;
      });
      return draw("path", { d: `${steps.join("")}H${WIDE}${filled ? `V${HIGH}H0Z` : ""}`, class: classes });
    }

    down([, from, until]) {
      const last = Math.min(this.end, until ?? this.end), x = (from / this.end) * WIDE;
      const width = Math.max(0, ((last - from) / this.end) * WIDE);
      return draw("rect", { x, y: 0, width, height: HIGH, class: "sa-down" });
    }

    entry(line) {
      const d = line.filled ? "M0 0H28V8H0Z" : "M0 4H28";
      const sample = draw("svg", { viewBox: "0 0 28 8", class: "sa-sample", "aria-hidden": "true" }, [draw("path", { d, class: line.classes })]);
      line.shown = make("b");
      return make("li", "", [sample, `${line.label} `, line.shown]);
    }

    tell(place) {
      for (const line of this.lines) say(line.shown, this.told(line.values[place] ?? 0));
    }
  }

  syncasync.Band = Band;
})((globalThis.syncasync ??= {}));
