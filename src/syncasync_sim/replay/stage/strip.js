// The run as a strip over time: who waits, what is queued, what comes in and goes out; a click goes there.
(function (syncasync) {
  "use strict";

  const { make, draw, say, seconds, latest } = syncasync;
  const FINE = 1000;

  /** One band: a picture of its lines on one scale, and a legend that tells their values. */
  class Band {
    constructor({ name, most, down, lines }) {
      this.name = name;
      const line = (d, look) => draw("path", { d, class: `sa-line-${look}` });
      const attributes = { viewBox: "0 0 1000 100", preserveAspectRatio: "none", role: "img", "aria-label": `${name}, over time` };
      const outages = draw("path", { d: down, class: "sa-down" });
      this.picture = draw("svg", attributes, [outages, ...lines.map(({ path, look }) => line(path, look))]);
      this.values = lines.map(({ steps }) => [steps, make("b")]);
      const entries = lines.map(({ label, look }, index) => {
        const sample = line(look === "in" ? "M0 0H28V8H0Z" : "M0 4H28", look);
        const box = draw("svg", { viewBox: "0 0 28 8", class: "sa-sample", "aria-hidden": "true" }, [sample]);
        return make("li", "", [box, `${label} `, this.values[index][1]]);
      });
      this.legend = make("ul", "sa-legend", [...entries, make("li", "sa-most", most)]);
    }

    draw(t) {
      for (const [steps, value] of this.values) say(value, latest(steps, t)[1]);
    }
  }

  class Strip {
    constructor(player, doc) {
      Object.assign(this, { player, end: doc.time.end || 1 });
      this.bands = doc.strip.map((band) => new Band(band));
      this.until = doc.part && doc.part.until / this.end;
      const [waits, ...rates] = this.bands;
      this.cursors = [];
      const range = { type: "range", min: 0, max: doc.time.end, step: 1, "aria-label": "Time" };
      this.scrub = make("input", "sa-scrub", [], range);
      this.scrub.addEventListener("input", () => player.seek(Number(this.scrub.value)));
      this.more = rates.map((band) => make("details", "sa-rates", [make("summary", "", band.name), band.legend, this.plot(band)]));
      this.element = make("div", "sa-strip", [make("div", "sa-track-time", [this.plot(waits), this.scrub]), waits.legend]);
      if (this.until) waits.legend.lastChild.before(make("li", "sa-nobody-comes", [make("i", "sa-sample sa-rest"), "nobody else comes in this picture"]));
    }

    /** The picture of a band with the cursor; a press goes to that time. */
    plot(band) {
      const cursor = make("div", "sa-cursor"), plot = make("div", "sa-plot", [band.picture, cursor]);
      if (this.until) plot.prepend(make("div", "sa-rest", "", { style: `left:${this.until * 100}%` }));
      plot.addEventListener("pointerdown", (event) => this.pressed(event, plot));
      plot.addEventListener("pointermove", (event) => { if (event.buttons & 1) this.pressed(event, plot); });
      this.cursors.push(cursor);
      return plot;
    }

    pressed(event, plot) {
      event.preventDefault();
      if (event.type === "pointerdown") plot.setPointerCapture(event.pointerId);
      const box = plot.getBoundingClientRect();
      this.player.seek(((event.clientX - box.left) / box.width) * this.end);
    }

    draw(t) {
      if (this.player.gate) this.element.style.setProperty("--sa-at", `${(t / this.end) * 100}%`);
      for (const cursor of this.cursors) cursor.style.transform = `translateX(${(t / this.end) * 100}%)`;
      const off = Math.abs(this.scrub.valueAsNumber - t); // while it plays, moved by whole pixels only
      if (off > (this.player.playing ? this.end / FINE : 0.5)) this.scrub.value = Math.round(t);
      const text = seconds(t);
      if (text !== this.text) this.scrub.setAttribute("aria-valuetext", (this.text = text));
      for (const band of this.bands) band.draw(t);
    }
  }

  syncasync.Strip = Strip;
})((globalThis.syncasync ??= {}));
