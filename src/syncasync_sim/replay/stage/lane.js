// One lane: who waits for the page now, a bar for each customer, and the boxes beside them.
(function (syncasync) {
  "use strict";

  const { make, say, arrange, duration, seconds, latest, box, Bars, Lane } = syncasync;
  const GLIDE_MS = 350, MOST_GLIDES = 12;
  const WAITING = new Set(["queue", "slots", "delay"]);

  class LaneView {
    /** A lane in place of one `before`, if there was one. */
    constructor(doc, plain, before) {
      this.lane = new Lane(doc, plain);
      this.waiting = doc.strip[0].lines.find((line) => line.look === plain.id);
      this.made = new Map(); // item -> token
      this.followed = null;
      this.boxes = plain.places.map((place) => (place.peak || place.id === "workers" ? box(this, place) : null));
      this.spinners = make("b", "sa-spinners");
      this.longest = make("span", "sa-longest");
      this.effects = make("ul", "sa-effects");
      this.where = make("p", "sa-where");
      this.bars = new Bars(this, doc);
      if (before?.bars.size?.words) this.bars.fit(before.bars.size); // until it is measured: mostly it is as large
      const title = make("div", "sa-lane-title", [make("h2", "", plain.label), make("span", "sa-does", plain.does)]);
      const heading = make("div", "sa-lane-heading", [title, make("p", "sa-headline-now", [this.spinners, this.longest])]);
      const body = make("div", "sa-body", [this.bars.element, make("div", "sa-boxes", [...this.boxes.filter(Boolean).map(({ element }) => element), this.effects])]);
      this.element = make("section", `sa-lane sa-${plain.id}`, [heading, body, this.where], { "aria-label": plain.label });
    }

    /** The token of an item after a move; made when it is first needed. */
    token(item, move) {
      const [kind, customer] = this.lane.items[item];
      let token = this.made.get(item);
      if (!token) {
        token = make("button", "sa-token", make("span", "", String(customer + 1)), { type: "button" });
        token.dataset.customer = customer;
        this.made.set(item, token);
      }
      if (token.move !== move) {
        token.move = move;
        const name = this.lane.doc.kinds[kind], place = this.lane.moves[move][2];
        const waits = name === "customer" && WAITING.has(this.lane.places[place].kind);
        token.className = `sa-token sa-${name} sa-in-${this.lane.places[place].kind}${waits ? " sa-waits" : ""}`;
        token.classList.toggle("sa-followed", customer === this.followed);
        const step = this.lane.items[item][3], state = this.lane.state(move);
        const work = step >= 0 && !state.includes(this.lane.doc.steps[step]) ? `, ${this.lane.doc.steps[step]}` : "";
        token.title = `${name === "customer" ? "" : `${name} of `}customer ${customer + 1}${work}: ${state}`;
        token.setAttribute("aria-label", token.title);
      }
      return token;
    }

    /** The state at *t*; with *glide*, who moved is seen moving. */
    draw(t, glide) {
      const before = this.lane.count, count = this.lane.upto(t);
      const moved = glide && count > before && count - before <= MOST_GLIDES ? this.rectangles(before, count) : null;
      this.lane.goTo(count);
      this.boxes.forEach((drawing, index) => drawing?.draw(this.lane.there[index], t));
      this.bars.draw(t);
      if (moved) this.glide(moved);
      this.tell(t);
    }

    /** Where those who are about to move are now; a new message comes from its customer. */
    rectangles(before, count) {
      const from = new Map();
      for (let move = before; move < count; move++) {
        const item = this.lane.moves[move][1];
        let token = this.made.get(item);
        if (!token?.isConnected) token = this.sender(item);
        if (token?.isConnected) from.set(item, token.getBoundingClientRect());
      }
      return from;
    }

    sender(item) {
      const [kind, customer, click] = this.lane.items[item];
      if (kind === 0) return null;
      const at = this.lane.items.findIndex((other) => other[0] === 0 && other[1] === customer && other[2] === click);
      return this.made.get(at);
    }

    glide(moved) {
      for (const [item, from] of moved) {
        const token = this.made.get(item);
        if (!token?.isConnected) continue;
        const to = token.getBoundingClientRect();
        const [x, y] = [from.left - to.left, from.top - to.top];
        if (Math.abs(x) + Math.abs(y) < 2) continue;
        const frames = [{ transform: `translate(${x}px, ${y}px)`, zIndex: 5 }, { transform: "none", zIndex: 5 }];
        token.animate(frames, { duration: GLIDE_MS, easing: "ease-in-out" });
      }
    }

    /** Who waits for the page now and the longest wait, or in the end the mean; effects and outages. */
    tell(t) {
      const over = t >= this.lane.doc.time.end, [, finished, oldest] = latest(this.lane.lane.longest, t);
      const longest = Math.max(finished, oldest < 0 ? 0 : t - oldest);
      say(this.spinners, over ? this.lane.lane.waited[0] : latest(this.waiting.steps, t)[1]);
      say(this.longest, over ? this.lane.lane.waited[1] : `waiting for the page, longest wait in the run so far ${duration(longest)}`);
      const done = this.lane.lane.effects.map(({ name, steps }) => [name, ...latest(steps, t)]);
      const words = done.map(([name, , count, often]) => [often ? "sa-bad" : "", `${name} ${count}${often ?? ""}`]);
      const down = this.lane.outages(t).map((step) => ["sa-outage", `${step} is down`]);
      const key = JSON.stringify([words, down]);
      if (key !== this.effectsKey) {
        this.effectsKey = key;
        arrange(this.effects, [...down, ...words].map(([classes, text]) => make("li", classes, text)));
      }
      say(this.where, this.followed === null ? "" : this.story(t));
    }

    /** Mark a customer (null: nobody) in this lane. */
    mark(customer) {
      this.followed = customer;
      for (const token of this.made.values()) {
        token.classList.toggle("sa-followed", Number(token.dataset.customer) === customer);
      }
      this.bars.mark(customer);
    }

    /** Where the followed customer and their messages are at *t*, and how long they have waited. */
    story(t) {
      const works = [];
      let click = null;
      this.lane.items.forEach(([kind, customer, number], item) => {
        const move = this.lane.last.get(item);
        if (customer !== this.followed || move === undefined || this.lane.moves[move][2] < 0) return;
        if (kind === 0) click = [item, move, number];
        else works.push(this.work(item, move));
      });
      const name = `customer ${this.followed + 1}`;
      if (!click) return `${name} has not come yet`;
      return [`${name}${this.waited(...click, t)}`, ...works].join("; ");
    }

    /** How far the customer with that click is; *move* is the last. */
    waited(item, move, click, t) {
      const clicked = this.lane.times[this.lane.moves.findIndex(([, moved]) => moved === item)];
      const again = click ? ` (click ${click + 1})` : "", state = this.lane.state(move);
      const { kind } = this.lane.places[this.lane.moves[move][2]];
      if (kind === "sink") return `${again} ${state} after ${seconds(this.lane.times[move] - clicked)}`;
      return `${again} ${kind === "slots" ? `is in ${this.slot(move)}: ${state}` : state}, so far ${seconds(t - clicked)}`;
    }

    /** Where a message of theirs is. */
    work(item, move) {
      const [kind, , , step] = this.lane.items[item];
      const name = `${kind === 2 ? "" : `${this.lane.doc.kinds[kind]} of `}${step < 0 ? "work" : this.lane.doc.steps[step]}`;
      const inSlot = this.lane.places[this.lane.moves[move][2]].kind === "slots";
      return inSlot ? `${name}: ${this.slot(move)}` : `${name} ${this.lane.state(move)}`;
    }

    /** `thread 2`. */
    slot(move) {
      const [, , place, slot] = this.lane.moves[move];
      return `${this.lane.places[place].label.toLowerCase().replace(/s$/, "")} ${slot + 1}`;
    }

    /** Read how large all is; what to write where that has changed. */
    measure() {
      return [...this.boxes.flatMap((drawing) => drawing?.measure() ?? []), ...this.bars.measure()];
    }
  }

  syncasync.LaneView = LaneView;
})((globalThis.syncasync ??= {}));
