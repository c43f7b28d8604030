// The run as a strip over time: who waits, what is queued, what comes in and goes out; a click goes there.
(function (syncasync) {
  "use strict";

  const { make, say, number, seconds, Band } = syncasync;
  const WINDOW = 8, FINE = 1000;
  /** A rate is that of so many pieces of time, the last of them the one at the cursor. */

  /** Per piece of time the number per second, over the last few pieces; before the first piece nothing came. */
  function rates(counts, piece) {
    let sum = 0;
    return counts.map((count, place) => {
      sum += count - (counts[place - WINDOW] ?? 0);
      return (sum * 1e6) / (piece * WINDOW);
    });
  }

  /** Seconds for the axis: about *wanted* of them, a round number apart. */
  function ticks(end, wanted) {
    const raw = end / 1e6 / wanted || 1, power = 10 ** Math.floor(Math.log10(raw));
    const apart = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw * 0.999);
    const count = Math.floor(end / 1e6 / apart + 1e-9);
    return Array.from({ length: count + 1 }, (_, place) => Number((place * apart).toPrecision(6)));
  }

  /** What the two bands show of each lane. */
  function linesOf(doc) {
    const depth = [], rate = [];
    for (const { id, strip: { piece, customers, messages } } of doc.lanes) {
      const line = (label, kind, values, filled) => ({ label, classes: `sa-line-${kind}`, values, filled });
      if (!rate.length) rate.push(line("customers in", "in", rates(customers.in, piece), true));
      depth.push(line(`customers waiting, ${id}`, id, customers.depth));
      rate.push(line(`out, ${id}`, id, rates(customers.out, piece)));
      if (!messages.in.some(Boolean)) continue;
      depth.push(line("messages queued", "queue", messages.depth));
      rate.push(line("queue in", "queue-in", rates(messages.in, piece)));
      rate.push(line("queue out", "queue", rates(messages.out, piece)));
    }
    return { depth, rate };
  }

  class Strip {
    constructor(player, doc) {
      Object.assign(this, { player, end: doc.time.end || 1, piece: doc.lanes[0].strip.piece, place: null });
      const { depth, rate } = linesOf(doc);
      const common = { piece: this.piece, end: this.end, outages: doc.outages };
      this.bands = [
        new Band("Who waits", depth, { ...common, told: number }),
        new Band("Rates", rate, { ...common, told: (value) => `${value.toFixed(1)}/s` }),
      ];
      this.cursor = make("div", "sa-cursor");
      this.plot = make("div", "sa-plot", [...this.bands.map((band) => band.picture), this.cursor]);
      this.plot.addEventListener("pointerdown", (event) => this.pressed(event));
      this.plot.addEventListener("pointermove", (event) => { if (event.buttons & 1) this.pressed(event); });
      const range = { type: "range", min: 0, max: doc.time.end, step: 1, "aria-label": "Time" };
      this.scrub = make("input", "sa-scrub", [], range);
      this.scrub.addEventListener("input", () => player.seek(Number(this.scrub.value)));
      const [depths, flows] = this.bands.map((band) => band.legend);
      flows.classList.add("sa-flows");
      this.element = make("div", "sa-strip", [depths, this.plot, this.scrub, make("div", "sa-ticks", this.axis()), flows]);
    }

    axis() {
      return ticks(this.end, 8).map((at) => {
        const tick = make("span", "", `${at} s`);
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
      if (place === this.place) return;
      this.place = place;
      for (const band of this.bands) band.tell(place);
    }
  }

  syncasync.Strip = Strip;
})((globalThis.syncasync ??= {}));
