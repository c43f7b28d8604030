// The stage: both lanes on one clock. `syncasync.mount(root, doc, options)` is the way in.
(function (syncasync) {
  "use strict";

  const { make, say, arrange, seconds, eventTimes, upto, LaneView, Controls, Strip, legend, tellFigures, onKey } = syncasync;
  const LOG = 2, LONGEST_MS = 100; // of a frame: after a stall the clock goes on where it was
  const FAST = 8; // from this speed on nobody could follow a gliding token

  /** What the page leaves out, and the option that gives the same part. */
  function leftOut({ left_out: text, same_part: option }) {
    if (!text) return [];
    return [make("b", "", `${text}. `), ...(option ? ["The same part: ", make("code", "", option), ". "] : [])];
  }

  class Stage {
    constructor(root, doc, { projector = false, t = 0, question = null, host = root, ...hears } = {}) {
      Object.assign(this, { root, t: question ? 0 : t, speed: doc.speed, playing: false, followed: null, host, projector, lines: new Map(), kept: new Map() });
      this.still = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");
      root.classList.add("syncasync");
      root.classList.toggle("sa-projector", projector);
      this.attributes = { role: "group", tabindex: "0", "aria-label": `Replay. ${doc.keys}` };
      for (const [name, value] of Object.entries(this.attributes)) root.setAttribute(name, value);
      this.listeners = { keydown: (event) => onKey(this, event), click: (event) => this.clicked(event) };
      root.addEventListener("click", this.listeners.click);
      host.addEventListener("keydown", this.listeners.keydown);
      this.listeners.keyup = (event) => { if (event.key === " " && event.target.tagName === "BUTTON" && !this.gate?.hears(event.target)) event.preventDefault(); };
      host.addEventListener("keyup", this.listeners.keyup);
      this.guided = false;
      this.hidden = () => { if (document.hidden && this.playing) this.pause(); };
      document.addEventListener("visibilitychange", this.hidden);
      this.gate = question && new syncasync.Gate(question, () => this.unlock(), hears);
      this.watch = new ResizeObserver(() => this.measure());
      this.watch.observe(root);
      this.build(doc);
    }

    /** What was made of the same data before, or is made now; `made` gets what was made of other data. */
    keep(name, data, made) {
      const key = JSON.stringify(data), before = this.kept.get(name);
      if (before?.key !== key) this.kept.set(name, { key, part: made(before?.part) });
      return this.kept.get(name).part;
    }

    /** Draw *doc*, and make again what is another; time, speed and who is followed stay. */
    build(doc) {
      this.doc = doc;
      this.end = doc.time.end;
      this.t = Math.min(Math.max(0, this.t), this.end);
      const { lanes, strip, figures, headline, table: rows, scenario, notes, ...shared } = doc; // what a lane is not drawn of has left
      this.lanes = lanes.map((lane) => this.keep(lane.id, [lane, shared, strip[0].lines.find(({ look }) => look === lane.id)], (before) => new LaneView(doc, lane, before)));
      this.times = eventTimes(this.lanes.map((view) => view.lane));
      const customers = 1 + Math.max(0, ...doc.lanes.flatMap((lane) => lane.items.map((item) => item[1])));
      this.root.classList.toggle("sa-hundreds", customers > 99);
      this.root.classList.toggle("sa-chosen", doc.shown.some(([, why]) => why));
      this.controls = this.keep("controls", [doc.speeds, customers], () => new Controls(this, customers));
      this.strip = new Strip(this, doc);
      const live = this.playing ? "off" : "polite";
      this.log = make("ol", "sa-log", [], { "aria-label": "What has just happened", "aria-live": live });
      this.logged = "";
      this.lines = new Map();
      this.stop = make("div", "sa-stop", [], { role: "status" });
      this.figures ??= make("section", "sa-figures", [], { tabindex: "0" }); // where it is out of sight, it stays so without a look
      tellFigures(this.figures, doc);
      const key = make("p", "sa-key", [doc.keys, make("br"), doc.clicks]);
      const under = make("div", "sa-under", [this.log, this.keep("legend", doc.signs, () => legend(doc.signs))]);
      const about = make("p", "sa-about", [...leftOut(doc), doc.scenario.description ?? ""]);
      const title = make("h1", "sa-title", doc.part ? [doc.title, " ", make("small", "sa-part", `the ${doc.part.customers}`)] : doc.title);
      const heading = this.gate ? [title, this.gate.element] : [title];
      const below = [about, this.controls.element, this.stop, ...this.lanes.map((view) => view.element), this.strip.element, under, ...this.strip.more, this.figures, key, ...(this.gate ? [this.gate.below, this.gate.rest] : [])];
      arrange(this.root, [...heading, ...(this.locked ? [] : below)]);
      for (const view of this.lanes) view.mark(this.followed);
      this.draw(false);
      this.measure();
    }

    /** As long as its question is open, a run shows nothing of itself: even how long it takes may be the answer. */
    get locked() { return Boolean(this.gate?.open); }

    unlock() {
      this.build(this.doc);
      this.root.focus({ preventScroll: true });
      this.play();
    }

    /** Fit the picture to its size: all is read before anything is written, so that the browser lays out the page once. */
    measure() {
      const writes = this.lanes.flatMap((view) => view.measure());
      if (!writes.length) return;
      for (const write of writes) write();
      this.draw(false);
    }

    /** Draw the state at the clock's time; with *glide*, those who moved are seen moving. */
    draw(glide) {
      if (this.locked) return;
      const focused = this.root.getRootNode().activeElement, inside = focused && this.root.contains(focused);
      const glides = glide && !this.still?.matches && (!this.playing || this.speed < FAST);
      for (const view of this.lanes) view.draw(this.t, glides);
      this.controls.draw();
      this.strip.draw(this.t);
      this.tell();
      const counts = this.lanes.map((view) => view.lane.there.map((items) => items.size).join());
      this.root.dataset.state = counts.join("|");
      this.root.classList.toggle("sa-playing", this.playing);
      if (this.t >= this.end) this.gate?.tell();
      this.root.classList.toggle("sa-untold", Boolean(this.gate) && !this.gate.told);
      if (inside && !focused.isConnected) this.root.focus({ preventScroll: true });
    }

    /** The last few captions of both lanes, the newest first. */
    tell() {
      const counts = this.lanes.map((view) => view.lane.count).join();
      if (counts === this.logged) return;
      this.logged = counts;
      const recent = this.lanes.flatMap(({ lane }) => {
        const numbers = Array.from({ length: Math.min(LOG, lane.count) }, (_, back) => lane.count - 1 - back);
        return numbers.map((number) => [lane, number]);
      });
      recent.sort(([a, i], [b, j]) => b.times[j] - a.times[i]);
      const kept = new Map(); // a line that stays is the same element: it is not read out again
      for (const [lane, number] of recent.slice(0, LOG)) {
        const key = `${lane.lane.id} ${number}`;
        kept.set(key, this.lines.get(key) ?? make("li", "", [make("b", "", `${seconds(lane.times[number])} ${lane.lane.id}`), ` ${lane.caption(number)}`]));
      }
      this.lines = kept;
      arrange(this.log, [...kept.values()]);
    }

    play() {
      if (this.locked || this.playing) return;
      if (this.t >= this.end) this.t = 0;
      this.playing = true;
      this.stop.replaceChildren();
      this.log.setAttribute("aria-live", "off");
      this.drawn = null;
      let before = null;
      const frame = (now) => {
        if (!this.playing) return;
        if (before !== null) this.advance(Math.min(LONGEST_MS, now - before) * 1000 * this.speed);
        before = now;
        if (this.t >= this.end) this.playing = false;
        if (!this.still?.matches || !this.playing || this.due(now)) this.draw(true);
        if (this.playing) this.frame = requestAnimationFrame(frame);
      };
      this.frame = requestAnimationFrame(frame);
      this.draw(false);
    }

    /** Move the clock on; guided, no further than to the next event that is the first of its kind. */
    advance(by) {
      const from = this.t, next = this.guided ? this.doc.stops.find(([at]) => at > from) : undefined;
      this.t = Math.min(this.end, next?.[0] ?? Infinity, from + by);
      if (next && this.t === next[0]) this.halt(this.doc.stops.filter(([at]) => at === this.t));
    }

    /** Stand still, and say what has just happened for the first time. */
    halt(stops) {
      this.playing = false;
      this.draw(true); // to have been told
      const lines = stops.map(([t, index, move, text]) => {
        const { lane } = this.lanes[index];
        return make("p", "", [make("b", "", `${seconds(t)} ${lane.lane.id}: ${lane.caption(move)}.`), ` ${text}`]);
      });
      this.stop.replaceChildren(...lines, make("p", "sa-hint", "Space goes on."));
    }

    /** Guided play stops at the first event of each kind, or does not. */
    guide(on) {
      this.guided = on;
      this.stop.replaceChildren();
      this.draw(false);
    }

    /** With reduced motion: whether something has happened since the last picture, or a second has gone by. */
    due(now) {
      const count = upto(this.times, this.t);
      if (this.drawn && this.drawn.count === count && now - this.drawn.now < 1000) return false;
      this.drawn = { count, now };
      return true;
    }

    pause() {
      this.playing = false;
      cancelAnimationFrame(this.frame);
      this.log.setAttribute("aria-live", "polite");
      this.draw(false);
    }

    toggle() { if (this.playing) this.pause(); else this.play(); }

    /** Go to a time in microseconds, and stay there, or go on playing from there. */
    seek(t, glide = false) {
      if (this.locked) return;
      this.t = Math.min(this.end, Math.max(0, t));
      this.stop.replaceChildren();
      if (!this.playing) this.log.setAttribute("aria-live", "polite");
      this.draw(glide);
    }

    /** To the next time at which something happens, or the one before, and stop there. */
    step(direction) {
      const index = upto(this.times, this.t) - 1;
      const at = this.times[index] === this.t || direction > 0 ? index + direction : index;
      this.playing = false;
      this.seek(at < 0 ? 0 : this.times[at] ?? this.end, direction > 0);
      this.pause();
    }

    /** Large letters for a class, or not. */
    project(on) {
      this.projector = on;
      this.root.classList.toggle("sa-projector", on);
      this.measure();
    }

    /** What the page's address asks for now; what it does not name stays. */
    goTo({ t, projector }) {
      if (t !== undefined) this.seek(t);
      this.project(projector);
    }

    setSpeed(speed) {
      this.speed = speed;
      this.draw(false);
    }

    faster(by) {
      const { speeds } = this.doc, index = speeds.indexOf(this.speed) + by;
      this.setSpeed(speeds[Math.min(speeds.length - 1, Math.max(0, index))]);
    }

    /** Follow a customer, counted from 0; null: nobody. */
    follow(customer) {
      this.followed = customer;
      for (const view of this.lanes) view.mark(customer);
      this.measure();
      this.draw(false);
    }

    clicked(event) {
      const token = event.target.closest?.("[data-customer]");
      if (!token) return;
      const customer = Number(token.dataset.customer);
      this.follow(customer === this.followed ? null : customer);
    }

    /** Another document: the clock stays where it was, and goes on if it went. */
    update(doc) {
      const focused = this.root.getRootNode().activeElement;
      const inside = focused && focused !== this.root && this.root.contains(focused);
      this.build(doc);
      if (inside) this.root.focus({ preventScroll: true });
    }

    destroy() {
      this.pause();
      this.watch.disconnect();
      for (const [name, act] of Object.entries(this.listeners)) this.root.removeEventListener(name, act);
      this.host.removeEventListener("keydown", this.listeners.keydown);
      this.host.removeEventListener("keyup", this.listeners.keyup);
      document.removeEventListener("visibilitychange", this.hidden);
      for (const name of Object.keys(this.attributes)) this.root.removeAttribute(name);
      this.root.classList.remove("syncasync", "sa-projector", "sa-playing", "sa-untold", "sa-hundreds", "sa-chosen");
      delete this.root.dataset.state;
      this.root.replaceChildren();
    }
  }

  /** Show *doc* in *root*. Options: `projector`, `t` in microseconds, `question` and what its gate takes. */
  syncasync.mount = function (root, doc, options = {}) {
    const stage = new Stage(root, doc, options);
    return {
      get time() { return stage.t / 1e6; },
      update: (next) => stage.update(next),
      seek: (t) => stage.seek(t),
      goTo: (address) => stage.goTo(address),
      play: () => stage.play(),
      pause: () => stage.pause(),
      destroy: () => stage.destroy(),
    };
  };

  /** The options in a page's address: `#t=20&projector`, the time in seconds. */
  syncasync.address = function (hash) {
    const words = new URLSearchParams(hash.replace(/^#/, ""));
    const t = /^\d+(\.\d+)?$/.test(words.get("t") ?? "") ? Number(words.get("t")) * 1e6 : undefined;
    return { t, projector: words.has("projector") };
  };
})((globalThis.syncasync ??= {}));
