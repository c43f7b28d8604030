// The run as a strip over time: who waits, what is queued, what comes in and goes out; a click goes there.
(function (syncasync) {
  "use strict";

  const { make, draw, say, arrange, number, seconds } = syncasync;
  const HIGH = 100;

  /** What is drawn: which lane, which series of its strip, what it is called, its class. */
  const LINES = [
    ["sync", "customers", "waiting, sync", "sa-line-sync"],
    ["async", "customers", "waiting, async", "sa-line-async"],
    ["async", "messages", "queue", "sa-line-queue"],
  ];

  /** A round number of seconds apart, about *wanted* of them. */
  function ticks(end, wanted) {
    const raw = end / 1e6 / wanted, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
    const count = Math.floor(end / 1e6 / step + 1e-9);
    return Array.from({ length: count + 1 }, (_, place) => Number((place * step).toPrecision(6)));
  }

  class Strip {
    constructor(player, doc) {
      Object.assign(this, { player, doc });
      this.lines = LINES.map(([id, part, label, classes]) => {
        const lane = doc.lanes.find((one) => one.id === id);
        return lane && { id, part, label, classes, strip: lane.strip };
      }).filter((line) => line && (line.part === "customers" || line.strip.messages.in.some(Boolean)));
      this.most = Math.max(1, ...this.lines.flatMap((line) => line.strip[line.part].depth));
      this.legend = make("ul", "sa-legend", this.lines.map((line) => this.entry(line)));
      this.rates = make("p", "sa-rates");
      this.cursor = make("div", "sa-cursor");
      this.plot = make("div", "sa-plot", [this.picture(), make("span", "sa-most", `most ${number(this.most)}`), this.cursor]);
      this.plot.addEventListener("pointerdown", (event) => this.pressed(event));
      this.plot.addEventListener("pointermove", (event) => { if (event.buttons & 1) this.pressed(event); });
      this.scrub = make("input", "sa-scrub", [], { type: "range", min: 0, max: doc.time.end, step: 1, "aria-label": "Time" });
      this.scrub.addEventListener("input", () => player.seek(Number(this.scrub.value)));
      const times = make("div", "sa-ticks", this.ticks());
      this.element = make("div", "sa-strip", [this.legend, this.plot, this.scrub, times, this.rates]);
    }

    entry(line) {
      const sample = draw("svg", { viewBox: "0 0 28 8", class: `sa-sample ${line.classes}`, "aria-hidden": "true" }, [draw("path", { d: "M0 4H28" })]);
      line.value = make("b");
      return make("li", "", [sample, `${line.label} `, line.value]);
    }

    /** Steps from piece to piece, each as high as the most that waited in it. */
    picture() {
      const end = this.doc.time.end || 1;
      const paths = this.lines.map(({ strip, part, classes }) => {
        const points = strip[part].depth.map((depth, place) => {
          const x = (place * strip.piece * 1000) / end, y = HIGH - (depth / this.most) * (HIGH - 4) - 2;
          return `${place ? "H" : "M0 "}${place ? Math.min(1000, x).toFixed(1) : ""}${place ? "V" : ""}${y.toFixed(1)}`;
        });
        return draw("path", { d: `${points.join("")}H1000`, class: classes });
      });
      const downs = this.doc.outages.map(([, from, until]) => {
        const x = (from / end) * 1000, width = ((Math.min(end, until ?? end) - from) / end) * 1000;
        return draw("rect", { x, y: 0, width: Math.max(0, width), height: HIGH, class: "sa-down" });
      });
      const attributes = { viewBox: `0 0 1000 ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": "Who waits, over time" };
      return draw("svg", attributes, [...downs, ...paths]);
    }

    ticks() {
      const end = this.doc.time.end || 1;
      return ticks(end, 8).map((at) => {
        const tick = make("span", "", `${at} s`);
        tick.style.left = `${((at * 1e6) / end) * 100}%`;
        return tick;
      });
    }

    pressed(event) {
      event.preventDefault();
      if (event.type === "pointerdown") this.plot.setPointerCapture(event.pointerId);
      const box = this.plot.getBoundingClientRect();
      this.player.seek(((event.clientX - box.left) / box.width) * this.doc.time.end);
    }

    draw(t) {
      const end = this.doc.time.end || 1;
      this.cursor.style.left = `${(t / end) * 100}%`;
      if (this.scrub.valueAsNumber !== Math.round(t)) this.scrub.value = Math.round(t);
      const place = Math.floor(t / this.doc.lanes[0].strip.piece);
      if (place === this.place) return;
      this.place = place;
      this.scrub.setAttribute("aria-valuetext", seconds(t));
      for (const line of this.lines) say(line.value, number(line.strip[line.part].depth[place] ?? 0));
      say(this.rates, this.told(place));
    }

    /** The rates of the last few pieces, in words. */
    told(place) {
      const told = this.doc.lanes.map((lane) => {
        const { customers, messages, piece } = lane.strip;
        const first = Math.max(0, place - 7), span = ((place - first + 1) * piece) / 1e6;
        const rate = (series) => {
          const sum = series.slice(first, place + 1).reduce((a, b) => a + b, 0);
          return `${(sum / span).toFixed(1)}/s`;
        };
        const queue = messages.in.some(Boolean) ? `; queue in ${rate(messages.in)}, out ${rate(messages.out)}` : "";
        return `${lane.label}: customers in ${rate(customers.in)}, out ${rate(customers.out)}${queue}`;
      });
      return told.join("  ·  ");
    }
  }

  syncasync.Strip = Strip;
})((globalThis.syncasync ??= {}));
