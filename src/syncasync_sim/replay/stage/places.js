// The boxes of a lane, one drawing per kind of place: those in a line or on the way, numbered slots, ends.
(function (syncasync) {
  "use strict";

  const { make, icon, SIGNS, say, arrange, number } = syncasync;
  const ROOMY = 2, MOST_SLOTS = 24, LONG = 6; // slots with words, slots at all; more tokens than LONG have a row

  /** A box with a heading, `view` being the lane's: it hands out tokens. */
  class Box {
    constructor(view, place, classes) {
      Object.assign(this, { view, place, key: null, most: 12 });
      this.count = make("span", "sa-count");
      this.note = make("span", "sa-note");
      this.down = make("span", "sa-is-down");
      const heading = make("div", "sa-heading", [make("span", "sa-name", place.unit ? `${place.label} (${place.unit})` : place.label), this.count, this.down, this.note]);
      this.area = make("div", "sa-area");
      this.element = make("div", `sa-place ${classes}`, [heading, this.area], { role: "group", "aria-label": place.label });
    }

    /** Whether *key*, all that the picture depends on, is another than when it was drawn. */
    changed(key) {
      if (key === this.key) return false;
      this.key = key;
      return true;
    }

    /** The count, in words, and whether the place is down. */
    tell(words, t) {
      say(this.count, words);
      say(this.down, this.view.lane.placeDown(this.place.id, t));
    }

    /** Read how many tokens fit into the area; what to change if they are more or fewer. */
    measure() {
      const style = getComputedStyle(this.area), gap = parseFloat(style.rowGap) || 0;
      const size = parseFloat(style.minHeight) + gap; // that of a token: a length in pixels
      const most = Math.max(1, Math.floor((this.area.clientWidth + gap) / size)) * Math.max(1, Math.floor((this.area.clientHeight + gap) / size));
      return most === this.most ? [] : [() => { [this.most, this.key] = [most, null]; }];
    }

    /** Draw those there as tokens, as many as fit, and say so if they are not all. */
    tokens(there) {
      const drawn = [...there.keys()].slice(0, this.most);
      say(this.note, drawn.length < there.size ? `first ${drawn.length} of ${there.size} drawn` : "");
      return drawn.map((item) => this.view.token(item, there.get(item)));
    }
  }

  /** Those who are here without a number of their own: in a line, in threads without limit, or to come back later. */
  class Crowd extends Box {
    constructor(view, place) {
      super(view, place, `sa-${place.unlimited ? "threads" : place.kind}${place.peak > LONG ? " sa-long" : ""}`);
      this.free = [];
      this.next = make("span", "sa-soon");
      this.element.firstChild.append(this.next);
      this.orphan = view.lane.doc.kinds.indexOf("orphan");
    }

    draw(there, t) {
      this.tell(this.words(there), t);
      if (this.place.kind === "delay") say(this.next, this.soonest(there, t));
      if (!this.changed([...there.keys()].slice(0, this.most + 1).join() + there.size)) return;
      const tokens = this.tokens(there), left = (this.place.limit ?? 0) - there.size;
      const frames = Math.max(0, Math.min(left, this.most - tokens.length)); // free room, where room is finite
      while (this.free.length < frames) this.free.push(make("span", "sa-free"));
      arrange(this.area, [...tokens, ...this.free.slice(0, frames)]);
    }

    words(there) {
      if (this.place.unlimited) return `${number(there.size)} busy, unlimited`;
      const gone = [...there.keys()].filter((item) => this.view.lane.items[item][0] === this.orphan).length;
      const filled = this.place.limit === undefined ? number(there.size) : `${there.size} of ${this.place.limit}`;
      return gone ? `${filled}, ${number(gone)} have left` : filled;
    }

    /** When the next of them moves on, and what it is at. */
    soonest(there, t) {
      const { lane } = this.view;
      const next = [...there.values()].filter((move) => lane.next[move] >= 0).sort((a, b) => lane.times[lane.next[a]] - lane.times[lane.next[b]])[0];
      return next === undefined ? "" : `next in ${((lane.times[lane.next[next]] - t) / 1e6).toFixed(1)} s (${lane.state(next)})`;
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

    measure() { return []; }
  }

  /** One numbered box: who is in it, what is done, how far it is. */
  class Slot {
    constructor(slot) {
      this.holder = make("span", "sa-holder");
      this.doing = make("span", "sa-doing");
      this.bar = make("span", "sa-bar");
      this.sign = make("span", "sa-state");
      this.element = make("div", "sa-slot", [make("span", "sa-number", String(slot)), this.holder, this.sign, this.doing, make("span", "sa-track", this.bar)]);
      this.key = null;
    }

    /** *word*: why it takes nothing, if it does not. */
    draw(view, there, word, t) {
      const last = there[there.length - 1], dead = word === "dead" || word === "down";
      const key = `${there.map((pair) => pair.join(":")).join()} ${word}`;
      if (key !== this.key) {
        this.key = key;
        this.element.classList.toggle("sa-dead", dead);
        this.element.classList.toggle("sa-paused", Boolean(word) && !dead);
        this.element.classList.toggle("sa-empty", !last && !dead);
        this.sign.replaceChildren(...(SIGNS[word] ? [icon(SIGNS[word])] : []));
        arrange(this.holder, there.map(([item, move]) => view.token(item, move)));
        say(this.doing, word ?? (last ? view.lane.state(last[1]) : "free"));
        this.element.title = [word, last && view.lane.state(last[1])].filter(Boolean).join(", ");
        this.element.classList.toggle("sa-held", !last || !view.lane.works(last[1]));
      }
      this.bar.style.transform = `scaleX(${last && !dead ? (view.lane.share(last[1], t) ?? 0).toFixed(4) : 0})`;
    }
  }

  /** Numbered boxes: threads, workers. Of very many only those in use are drawn. */
  class Slots extends Box {
    constructor(view, place) {
      super(view, place, `sa-slots ${place.slots > ROOMY ? "sa-small" : "sa-roomy"}${place.id === "workers" && view.lane.lane.pauses ? " sa-wordy" : ""}`);
      this.slots = Array.from({ length: place.slots }, (_, slot) => new Slot(slot + 1));
    }

    draw(there, t) {
      const holders = this.slots.map(() => []);
      for (const [item, move] of there) holders[this.view.lane.moves[move][3]].push([item, move]);
      const paused = this.place.id === "workers" ? this.view.lane.paused(t) : new Map();
      const used = this.slots.map((_, slot) => slot).filter((slot) => this.slots.length <= MOST_SLOTS || holders[slot].length || paused.has(slot));
      const drawn = used.slice(0, MOST_SLOTS);
      const words = [...paused.values()].filter((word) => word !== "dead"), each = [...new Set(words)].sort().map((word) => `, ${words.filter((other) => other === word).length} ${word}`);
      this.tell(`${holders.filter((held) => held.length).length} of ${this.place.slots} busy${each.join("")}`, t);
      say(this.note, drawn.length < used.length ? `first ${drawn.length} of ${used.length} drawn` : "");
      if (this.changed(drawn.join())) arrange(this.area, drawn.map((slot) => this.slots[slot].element));
      for (const slot of drawn) this.slots[slot].draw(this.view, holders[slot], paused.get(slot), t);
    }

    measure() { return []; }
  }

  const KINDS = { queue: Crowd, slots: Slots, delay: Crowd, sink: Sink };
  syncasync.box = (view, place) => new (place.unlimited ? Crowd : KINDS[place.kind])(view, place);
})((globalThis.syncasync ??= {}));
