// The boxes of a lane, one drawing per kind of place: queue, slots, delay, sink.
(function (syncasync) {
  "use strict";

  const { make, say, arrange, number, seconds } = syncasync;
  const ROOMY = 6, SMALL = 12, CROWD = 40;
  /** Up to so many slots are wide boxes, then small ones, then ones without words; of more, only those in use. */

  /** A box with a heading, `view` being the lane's: it hands out tokens. */
  class Box {
    constructor(view, place, classes) {
      Object.assign(this, { view, place, key: null, most: 24, peak: 0, around: [0, 0] });
      this.title = make("span", "sa-name", place.label);
      this.count = make("span", "sa-count");
      this.note = make("span", "sa-note");
      const heading = make("div", "sa-heading", [this.title, this.count, this.note]);
      this.area = make("div", "sa-area");
      this.element = make("div", `sa-place ${classes}`, [heading, this.area], { role: "group", "aria-label": place.label });
    }

    /** The most that will ever be here at once. */
    expect(peak) {
      this.peak = peak;
      this.element.classList.toggle("sa-never", peak === 0);
    }

    /** Whether *key*, all that the picture depends on, is another than when it was drawn. */
    changed(key) {
      if (key === this.key) return false;
      this.key = key;
      return true;
    }

    /** How many tokens fit into the area; if it will not hold all, a line is kept for saying so. */
    measure() {
      this.element.classList.toggle("sa-long", this.peak > this.fits());
      const most = this.fits();
      if (most !== this.most) [this.most, this.key] = [most, null];
    }

    fits() {
      const style = getComputedStyle(this.area), gap = parseFloat(style.rowGap) || 0;
      const size = parseFloat(style.getPropertyValue("--sa-size")) + gap, [wider, higher] = this.around;
      const columns = Math.floor((this.area.clientWidth + gap) / (size + wider));
      const rows = Math.floor((this.area.clientHeight + gap) / (size + higher));
      return Math.max(1, columns) * Math.max(1, rows);
    }

    /** Draw those there as a row of tokens, as many as fit, and say so if they are not all. */
    tokens(there) {
      const drawn = [...there.keys()].slice(0, this.most);
      say(this.note, drawn.length < there.size ? `first ${drawn.length} of ${there.size} drawn` : "");
      return drawn.map((item) => this.view.token(item, there.get(item)));
    }

    /** How many of these moves are at what: `3 send email`, the most first. */
    states(moves) {
      const counted = new Map();
      for (const move of moves) {
        const state = this.view.lane.state(move);
        counted.set(state, (counted.get(state) ?? 0) + 1);
      }
      return [...counted].sort(([, a], [, b]) => b - a).map(([state, count]) => `${count} ${state}`);
    }

    draw() {}
  }

  /** An ordered line; its head is where the next place is. Where room is finite, free room is drawn. */
  class Queue extends Box {
    constructor(view, place) {
      super(view, place, "sa-queue");
      this.free = [];
      this.orphan = view.lane.doc.kinds.indexOf("orphan");
    }

    draw(there) {
      const gone = [...there.keys()].filter((item) => this.view.lane.items[item][0] === this.orphan).length;
      const filled = this.place.limit === undefined ? number(there.size) : `${there.size} of ${this.place.limit}`;
      say(this.count, gone ? `${filled}, ${number(gone)} gone` : filled);
      if (!this.changed([...there.keys()].slice(0, this.most + 1).join() + there.size)) return;
      const left = (this.place.limit ?? 0) - there.size;
      const tokens = this.tokens(there);
      const frames = Math.max(0, Math.min(left, this.most - tokens.length));
      while (this.free.length < frames) this.free.push(make("span", "sa-free"));
      arrange(this.area, [...tokens, ...this.free.slice(0, frames)]);
    }
  }

  /** No order: what it waits for stands below. */
  class Delay extends Box {
    constructor(view, place) {
      super(view, place, "sa-delay");
      this.why = make("div", "sa-why");
      this.element.append(this.why);
    }

    draw(there, t) {
      say(this.count, number(there.size));
      this.tell(there, t);
      if (this.changed([...there.keys()].join())) arrange(this.area, this.tokens(there));
    }

    tell(there, t) {
      let soonest = Infinity;
      for (const move of there.values()) {
        const next = this.view.lane.next[move];
        if (next >= 0) soonest = Math.min(soonest, this.view.lane.times[next]);
      }
      const words = this.states(there.values());
      if (soonest < Infinity) words.push(`next in ${((soonest - t) / 1e6).toFixed(1)} s`);
      say(this.why, words.join(" · "));
    }
  }

  /** How many have come to an end, and the last of them. */
  class Sink extends Box {
    constructor(view, place) {
      super(view, place, place.bad ? "sa-sink sa-bad" : "sa-sink sa-good");
    }

    draw(there) {
      say(this.count, number(there.size));
      const last = [...there.keys()].pop();
      if (!this.changed(`${last} ${there.size}`)) return;
      this.element.classList.toggle("sa-none", there.size === 0);
      arrange(this.area, last === undefined ? [] : [this.view.token(last, there.get(last))]);
    }
  }

  /** One numbered box: who is in it, what is done, how far it is. */
  class Slot {
    constructor(number, classes) {
      this.holder = make("span", "sa-holder");
      this.doing = make("span", "sa-doing");
      this.bar = make("span", "sa-bar");
      const parts = [make("span", "sa-number", String(number)), this.holder, this.doing, make("span", "sa-track", this.bar)];
      this.element = make("div", `sa-slot ${classes}`, parts);
      this.key = null;
    }

    draw(view, there, dead, t) {
      const last = there[there.length - 1];
      const key = `${there.map((pair) => pair.join(":")).join()} ${dead}`;
      if (key !== this.key) {
        this.key = key;
        this.element.classList.toggle("sa-dead", dead);
        this.element.classList.toggle("sa-empty", !last && !dead);
        this.element.classList.toggle("sa-working", Boolean(last) && view.lane.items[last[0]][0] > 1);
        arrange(this.holder, there.map(([item, move]) => view.token(item, move)));
        say(this.doing, dead ? "dead" : last ? view.lane.state(last[1]) : "free");
        this.element.title = last ? view.lane.state(last[1]) : "";
      }
      this.element.classList.toggle("sa-held", Boolean(last) && !view.lane.works(last[1]));
      this.bar.style.transform = `scaleX(${last && !dead ? (view.lane.share(last[1], t) ?? 0).toFixed(4) : 0})`;
    }
  }

  /** Numbered boxes: threads, workers. */
  class Slots extends Box {
    constructor(view, place) {
      super(view, place, "sa-slots");
      const size = place.slots > SMALL ? "sa-bare" : place.slots > ROOMY ? "sa-small" : "sa-roomy";
      this.crowd = place.slots > CROWD;
      this.around = [8, 10];
      this.element.classList.toggle("sa-crowd", this.crowd);
      this.slots = Array.from({ length: place.slots }, (_, slot) => new Slot(slot + 1, place.unlimited ? "sa-unlimited" : ""));
      this.area.classList.add(size);
      this.work = make("div", "sa-work"); // where boxes are too small for words, below all of them
      if (place.slots > ROOMY) this.element.append(this.work);
      if (!this.crowd) this.area.append(...this.slots.map((slot) => slot.element));
    }

    measure() { if (this.crowd) super.measure(); }

    draw(there, t) {
      const holders = this.slots.map(() => []);
      for (const [item, move] of there) holders[this.view.lane.moves[move][3]].push([item, move]);
      const dead = this.place.id === "workers" ? this.view.lane.down(t) : new Set();
      const busy = holders.filter((held) => held.length).length;
      say(this.count, this.place.unlimited ? `${busy} busy, unlimited` : `${busy} of ${this.place.slots} busy`);
      const work = this.states(there.values()).join(" · ");
      say(this.work, work);
      this.work.title = work;
      let drawn = this.slots.map((slot, index) => index);
      if (this.crowd) {
        const used = drawn.filter((slot) => holders[slot].length || dead.has(slot));
        drawn = used.slice(0, this.most);
        say(this.note, drawn.length < used.length ? `first ${drawn.length} of ${used.length} drawn` : "");
        if (this.changed(drawn.join())) arrange(this.area, drawn.map((slot) => this.slots[slot].element));
      }
      for (const slot of drawn) this.slots[slot].draw(this.view, holders[slot], dead.has(slot), t);
    }
  }

  const KINDS = { queue: Queue, slots: Slots, delay: Delay, sink: Sink };
  syncasync.box = (view, place) => new KINDS[place.kind](view, place);
})((globalThis.syncasync ??= {}));
