// The sliders above a stage: what can be turned, and what belongs to the picture that is shown.
(function (syncasync) {
  "use strict";

  const { make, say, arrange } = syncasync;
  const PATIENCE_MS = 400, DOUBT_MS = 8000;

  /** A few figures of both designs: of the run before the last move of a slider, and of the one now. */
  class Few {
    constructor() {
      this.body = make("table");
      const attributes = { tabindex: "0", role: "region", "aria-label": "Figures before the last move, and now" };
      this.element = make("div", "sa-few", this.body, attributes);
      this.before = this.now = null;
    }

    /** A move begins: what comes of it is held against what is shown now. */
    begin() { this.before = this.now; }

    show(figures) {
      this.now = figures;
      this.before ??= figures;
      const named = (rows) => new Map(rows.map((row) => [row.figure, row]));
      const [before, now] = [named(this.before), named(this.now)];
      const cells = [...new Map([...before, ...now]).keys()].map((figure) => [before.get(figure), now.get(figure)]);
      const line = (mode) => make("tr", "", [make("th", "", mode, { scope: "row" }), ...cells.map(([was, is]) => this.cell(was, is, mode))]);
      const heads = [make("th", "", "before the move → now", { scope: "col" }), ...cells.map((pair) => make("th", "", this.label(...pair), { scope: "col" }))];
      arrange(this.body, [make("tr", "", heads), line("sync"), line("async")]);
    }

    /** Where only one of the runs says of whom a time is, it is true of both: in the other that was everybody. */
    label(was, is) { return was && is && was.label.length > is.label.length ? was.label : (is ?? was).label; }

    /** What went wrong has no row in a run in which it never did: it was 0, where it can be measured at all. */
    cell(was, is, mode) {
      const none = (was ?? is)[mode] === "-" ? "-" : "0";
      const [old, now] = [was?.[mode] ?? none, is?.[mode] ?? none];
      return make("td", old === now ? "" : "sa-changed", old === now ? now : `${old} → ${now}`);
    }
  }

  class Sliders {
    /** Sliders and buttons in `root` for what can be turned and done; `moved(positions)` is called with all that was, `now()` is the clock. */
    constructor(root, { controls, incidents }, moved, { projector = false, now = () => 0 } = {}) {
      Object.assign(this, { root, moved, timers: [], done: {}, history: [] });
      root.classList.add("syncasync", "sa-sliders");
      root.classList.toggle("sa-projector", projector);
      this.few = new Few();
      this.moving = false;
      this.sliders = controls.map((control) => this.slider(control));
      const button = (label, title, act) => {
        const made = make("button", "sa-button", label, { type: "button", title });
        made.addEventListener("click", act);
        return made;
      };
      this.happens = incidents.map(({ name, label, hint }) => button(label, `${hint}.`, () => this.happen(name, now())));
      this.names = new Set(incidents.map(({ name }) => name));
      this.undo = button("Undo", "Back to what was before the last change (Ctrl-Z)", () => this.back());
      this.reset = button("Reset", "Everything back to the scenario", () => this.change({}));
      this.listener = (event) => { if (event.key === "z" && (event.ctrlKey || event.metaKey) && this.history.length) { event.preventDefault(); this.back(); } };
      document.addEventListener("keydown", this.listener);
      this.command = make("code", "sa-command", [], { tabindex: "0" }); // it may be wider than its place: keys scroll it, too
      this.note = make("p", "sa-capped");
      this.problem = make("p", "sa-problem", [], { role: "status" });
      const row = make("div", "sa-slider-row", this.sliders.map((slider) => slider.element), { role: "group", "aria-label": "What can be changed" });
      const acts = make("div", "sa-incidents", ["At this moment: ", ...this.happens, this.undo, this.reset], { role: "group", "aria-label": "What can happen" });
      const same = make("p", "sa-same", ["The same run: ", this.command]);
      const messages = make("div", "sa-messages", [this.note, this.problem]);
      root.replaceChildren(row, acts, this.few.element, same, messages);
      this.tell();
    }

    slider(control) {
      const value = make("b", "sa-value", [], { "data-longest": control.longest });
      const input = make("input", "", [], { type: "range", "aria-label": control.label, min: 0, max: control.stops.length - 1, step: 1 });
      input.value = control.at;
      input.name = control.name;
      input.addEventListener("input", () => this.turned());
      input.addEventListener("change", () => { this.moving = false; this.tell(); });
      const element = make("label", "sa-slider", [make("span", "", control.label), value, input]);
      return { control, input, value, element };
    }

    /** A slider stands elsewhere; from its first step until it is let go is one move. */
    turned() {
      if (!this.moving) {
        this.few.begin();
        this.history.push(this.before);
      }
      this.moving = true;
      this.tell();
      this.moved(this.positions);
    }

    /** By its name, the stop of each slider that is not where the scenario has it, and when what was done. */
    get positions() {
      const away = this.sliders.filter(({ control, input }) => Number(input.value) !== control.at);
      return { ...Object.fromEntries(away.map(({ control, input }) => [control.name, Number(input.value)])), ...this.done };
    }

    set positions(positions) {
      if (JSON.stringify(positions) !== JSON.stringify(this.positions)) this.few.begin();
      for (const { control, input } of this.sliders) input.value = positions[control.name] ?? control.at;
      this.done = Object.fromEntries(Object.entries(positions).filter(([name]) => this.names.has(name)));
      this.tell();
    }

    /** One change that can be undone. */
    change(positions) {
      this.history.push(this.positions);
      this.positions = positions;
      this.moved(this.positions);
    }

    /** An incident at a time of the run, in seconds. */
    happen(name, at) {
      this.change({ ...this.positions, [name]: [...(this.done[name] ?? []), Math.round(at * 100) / 100] });
    }

    back() {
      this.positions = this.history.pop();
      this.moved(this.positions);
      this.tell();
    }

    /** Write beside each slider where it stands. */
    tell() {
      for (const { control, input, value } of this.sliders) {
        const text = control.stops[Number(input.value)];
        say(value, text);
        input.setAttribute("aria-valuetext", text);
        input.classList.toggle("sa-moved", Number(input.value) !== control.at);
      }
      this.reset.disabled = Object.keys(this.positions).length === 0;
      this.undo.disabled = this.history.length === 0;
      if (!this.moving) this.before = this.positions;
    }

    destroy() { document.removeEventListener("keydown", this.listener); }

    /** A run has begun; if it takes long, say so, and in the end what may be wrong. */
    wait(doubt) {
      this.timers.forEach(clearTimeout);
      this.timers = [[PATIENCE_MS, "Running ..."], [DOUBT_MS, doubt]].map(([after, text]) => setTimeout(() => say(this.problem, text), after));
    }

    /** What has come of it: the words that go with a picture, or why there is none. */
    show({ command, note, few, problem }) {
      this.timers.forEach(clearTimeout);
      say(this.problem, problem ? `${problem} The picture is the one before.` : "");
      if (problem) return;
      say(this.command, command);
      this.command.title = command; // a long one is cut off
      say(this.note, note);
      this.few.show(few);
    }
  }

  /** Show answers in a stage as they come: its documents, and what belongs to them beside the sliders. */
  function shower(sliders, root, options = {}) {
    let stage = null;
    const show = (answer) => {
      sliders.show(answer);
      if (!answer.document) return;
      if (stage) stage.update(answer.document);
      else stage = syncasync.mount(root, answer.document, options);
    };
    return { show, get stage() { return stage; } };
  }

  /** Asks one at a time; of all that is wished for meanwhile only the newest is asked next. */
  function oneAtATime(ask) {
    let busy = false, wish = null;
    return async (positions) => {
      wish = positions;
      if (busy) return;
      busy = true;
      while (wish) {
        const now = wish;
        wish = null;
        await ask(now);
      }
      busy = false;
    };
  }

  const byName = (rows, name) => rows.find((row) => row.name === name);

  /** A word of an address as a position: `workers=5`, a stop as it is written; `kill=3,12`, times. Undefined for another. */
  function positionOf({ controls, incidents }, name, word) {
    const stop = byName(controls, name)?.stops.indexOf(word) ?? -1;
    if (stop >= 0) return stop;
    const times = byName(incidents, name) ? word.split(",").filter(Boolean).map(Number) : [];
    return times.length && times.every((time) => time >= 0 && time < Infinity) ? times : undefined;
  }

  /** The other way: the word for each position, by its name. */
  function positionWords({ controls }, positions) {
    const word = (name, position) => byName(controls, name)?.stops[position] ?? position.join();
    return Object.fromEntries(Object.entries(positions).map(([name, position]) => [name, word(name, position)]));
  }

  Object.assign(syncasync, { Sliders, shower, oneAtATime, positionOf, positionWords });
})((globalThis.syncasync ??= {}));
