// The run as a strip over time: who waits, what is queued, what comes in and goes out; a click goes there.
(function (syncasync) {
  "use strict";

  const { make, say, number, seconds, Band } = syncasync;
  const FINE = 1000;

  class Strip {
    constructor(player, doc) {
      Object.assign(this, { player, end: doc.time.end || 1, piece: doc.lanes[0].strip.piece });
      const lines = (name) => doc.lanes.flatMap((lane, place) => lane.strip[name].map((line) => ({ ...line, lane: place })));
      const common = { piece: this.piece, end: this.end, outages: doc.outages };
      this.bands = [
        new Band("Who waits", lines("levels"), { ...common, told: number }),
        new Band("Rates", lines("rates"), { ...common, told: (value) => `${value.toFixed(1)}/s` }),
      ].filter((band) => band.lines.length);
      this.cursor = make("div", "sa-cursor");
      this.plot = make("div", "sa-plot", [...this.bands.map((band) => band.picture), this.cursor]);
      this.plot.addEventListener("pointerdown", (event) => this.pressed(event));
      this.plot.addEventListener("pointermove", (event) => { if (event.buttons & 1) this.pressed(event); });
      const range = { type: "range", min: 0, max: doc.time.end, step: 1, "aria-label": "Time" };
      this.scrub = make("input", "sa-scrub", [], range);
      this.scrub.addEventListener("input", () => player.seek(Number(this.scrub.value)));
      const [depths, ...flows] = this.bands.map((band) => band.legend);
      for (const legend of flows) legend.classList.add("sa-flows");
      this.element = make("div", "sa-strip", [depths, this.plot, this.scrub, make("div", "sa-ticks", this.axis(doc)), ...flows]);
    }

    axis(doc) {
      return doc.time.ticks.map((at) => {
        const tick = make("span", "", `${at} s`);
        tick.classList.toggle("sa-last", at * 1e6 > this.end * 0.97);
        tick.style.left = `${((at * 1e6) / this.end) * 100}%`;
        return tick;
      });
    }

    pressed(event) {
      event.preventDefault();
      if (event.type === "pointerdown") this.plot.setPointerCapture(event.pointerId);
      const box = this.plot.getBoundingClientRect();
      this.player.seek(((event.clientX - box.left) / box.width) * this.end);
    }

    draw(t) {
      this.cursor.style.transform = `translateX(${(t / this.end) * 100}%)`;
      const off = Math.abs(this.scrub.valueAsNumber - t); // while it plays, moved by whole pixels only
      if (off > (this.player.playing ? this.end / FINE : 0.5)) this.scrub.value = Math.round(t);
      const told = seconds(t);
      if (told !== this.told) this.scrub.setAttribute("aria-valuetext", (this.told = told));
      const place = Math.floor(t / this.piece);
      for (const band of this.bands) band.tell((line) => (line.places ? this.player.lanes[line.lane].lane.level(line) : line.values[place] ?? 0));
    }
  }

  syncasync.Strip = Strip;
})((globalThis.syncasync ??= {}));
