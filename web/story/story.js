// The essay: each scene has a picture that stands still until its question is answered.
(function (syncasync) {
  "use strict";

  const { make, say } = syncasync;
  const KEY = "syncasync-story", PLAYS_S = 9, NEAR = "400px", LOOK_AGAIN_MS = 2000;
  const DESIGNS = { sync: "In the request", async: "On a queue" };
  const data = JSON.parse(document.getElementById("story").textContent);

  /** What was answered, kept in the browser if it keeps anything. */
  const progress = {
    answers: {},
    load() {
      try { this.answers = JSON.parse(localStorage.getItem(KEY)) ?? {}; } catch { this.answers = {}; }
    },
    save(name, answer) {
      this.answers[name] = answer;
      try { localStorage.setItem(KEY, JSON.stringify(this.answers)); } catch { /* then only this visit knows */ }
    },
    forget() {
      try { localStorage.removeItem(KEY); } catch { /* nothing was kept */ }
    },
  };

  async function loaded(file) {
    const held = syncasync.inside(file);
    if (held) return JSON.parse(held);
    const response = await fetch(file);
    if (!response.ok) throw new Error(`${response.status}`);
    return response.json();
  }

  const recorded = new Map(); // name -> promise of an answer
  function record(name) {
    if (!recorded.has(name)) {
      const loads = loaded(`${data.runs}${name}.json`);
      loads.catch(() => recorded.delete(name)); // to be tried again
      recorded.set(name, loads);
    }
    return recorded.get(name);
  }

  /** A run on the stage: it stands, plays, or is at its end. */
  class Picture {
    constructor(figure, number, { id: scene, lanes, parts }) {
      Object.assign(this, { figure, number, scene, lanes, parts });
      this.root = figure.querySelector(".story-stage");
      this.few = figure.querySelector(".story-few");
      this.stage = null;
      this.watch = new MutationObserver(() => this.look());
      this.watch.observe(this.root, { attributes: true, attributeFilter: ["data-state", "class"] });
    }

    /** What of a document the scene is about: its designs, and of many customers some. */
    part(doc) {
      const lanes = doc.lanes.filter(({ id }) => this.lanes === "both" || this.lanes === id);
      const shown = doc.shown.filter(([, why], index) => why || this.parts !== "strip" || index % 2 === 0);
      return { ...doc, lanes, shown, table: [], notes: [], signs: [] }; // what is not shown is not made
    }

    /** Show a run at *t* (in microseconds; null: at its end). */
    show({ document: doc }, t, span = doc.time.end) {
      const speed = doc.speeds.find((s) => span / 1e6 / s <= PLAYS_S) ?? doc.speeds.at(-1);
      this.end = doc.time.end;
      this.watch.disconnect();
      if (this.stage) this.stage.destroy();
      this.stage = syncasync.mount(this.root, { ...this.part(doc), speed }, { t: t ?? this.end });
      this.root.setAttribute("aria-label", `Picture of scene ${this.number}. ${doc.keys}`);
      for (const lane of this.root.querySelectorAll(".sa-lane")) {
        lane.setAttribute("aria-label", `Scene ${this.number}: ${lane.querySelector("h2").textContent}`);
      }
      this.watch.observe(this.root, { attributes: true, attributeFilter: ["data-state", "class"] });
      this.figure.classList.add("story-seen");
    }

    /** Nothing moves, nor tells how long the run takes, until the question is answered. */
    lock(locked) {
      this.root.inert = locked;
      this.figure.classList.toggle("story-locked", locked);
    }

    /** Play up to *until* (null: to the end), then call *then* once. */
    play(until, then) {
      this.until = until ?? this.end;
      this.then = then;
      this.stage.play();
    }

    look() {
      if (!this.then || this.stage.time * 1e6 < this.until - 1) return;
      const { then } = this;
      this.then = null;
      if (this.until < this.end) {
        this.stage.pause();
        this.stage.seek(this.until);
      }
      then();
    }

    /** To the end of what is played now. */
    finish() {
      if (this.then) this.stage.seek(this.until);
    }

    /** A few figures of both designs, those that the scene is about. */
    tell(rows) {
      const modes = this.lanes === "both" ? ["sync", "async"] : [this.lanes];
      const names = { sync: "synchronous", async: "asynchronous" };
      const head = make("tr", "", [make("td"), ...modes.map((mode) => make("th", "", names[mode], { scope: "col" }))]);
      const lines = rows.map((row) => make("tr", "", [make("th", "", row.label, { scope: "row" }), ...modes.map((mode) => make("td", "", row[mode]))]));
      const way = make("a", "story-to-answer", "To the answer", { href: `#${this.scene}-after` }); // on a narrow page it is far below
      this.few.replaceChildren(...(rows.length ? [make("table", "", make("tbody", "", [head, ...lines]))] : []), way);
    }
  }

  /** The engine of the page, once it is there: `ready`, then `look`. */
  const engine = {
    look: null,
    waiting: [],
    /** Load the script that brings it, if the page names one: only when somebody uses a slider, as it is large. */
    load() {
      if (!data.engine || this.loaded) return;
      const held = syncasync.inside(data.engine);
      document.head.append(make("script", "", held ?? [], { type: "module", ...(held ? {} : { src: data.engine }) }));
      this.loaded = true;
    },
    /** See from time to time whether it has come. */
    start() {
      const timer = setInterval(() => {
        if (!syncasync.ready) return;
        clearInterval(timer);
        Promise.resolve(syncasync.ready).then(() => this.come(), () => {});
      }, LOOK_AGAIN_MS);
    },
    come() {
      if (typeof syncasync.look !== "function") return;
      this.look = (scenario, positions) => syncasync.look(scenario, positions);
      for (const then of this.waiting) then();
    },
    then(call) { if (this.look) call(); else this.waiting.push(call); },
  };

  /** The sliders of a scene: the recorded positions, once there is an engine those between, and `beyond` them. */
  class Sliders {
    constructor(place, plain, changed) {
      this.place = place;
      this.plain = plain;
      this.changed = changed;
      this.at = Object.fromEntries(plain.controls.map(({ name, at }) => [name, at]));
      this.inputs = plain.controls.map((control) => this.slider(control));
      this.problem = make("p", "story-problem", [], { role: "status" });
      this.moved = make("p", "story-moved", [], { role: "status" });
      this.first = JSON.stringify(this.at);
      place.replaceChildren(...this.inputs.map(({ element }) => element), this.problem, this.moved);
      engine.then(() => this.all());
    }

    slider({ name, label, stops, recorded: some, longest }) {
      const input = make("input", "", [], { type: "range", min: 0, step: 1 });
      const value = make("b", "story-value", "", { "aria-hidden": "true" }), widest = make("span", "story-longest", longest, { "aria-hidden": "true" });
      const element = make("label", "story-slider", [make("span", "", `${label}: `), make("span", "story-value-room", [value, widest]), input]);
      const slider = { name, stops, positions: some, input, value, element };
      for (const event of ["focus", "pointerdown"]) input.addEventListener(event, () => engine.load());
      input.addEventListener("input", () => {
        this.at[name] = slider.positions[input.valueAsNumber];
        this.draw(slider);
        this.changed(this.at);
      });
      this.draw(slider);
      return slider;
    }

    draw(slider) {
      const { input, positions, stops, value, name } = slider;
      input.max = positions.length - 1;
      input.value = positions.indexOf(this.at[name]);
      input.setAttribute("aria-valuetext", stops[this.at[name]]);
      say(value, stops[this.at[name]]);
    }

    all() {
      for (const slider of this.inputs) {
        const { positions: some, stops } = slider, [first, last] = this.plain.beyond ? [0, stops.length - 1] : [some[0], some.at(-1)];
        slider.positions = stops.map((_, stop) => stop).slice(first, last + 1);
        this.draw(slider);
      }
    }

    /** Whether this position of the sliders is in a file. */
    static recorded({ controls }, at) { return controls.every(({ name, recorded: some }) => some.includes(at[name])); }

    lock(locked) { for (const { input } of this.inputs) input.disabled = locked; }
  }

  class Scene {
    constructor(plain, index) {
      this.plain = plain;
      this.element = document.getElementById(plain.id);
      this.after = this.element.querySelector(".story-after");
      this.buttons = [...this.element.querySelectorAll(".story-ask button")];
      this.picture = new Picture(this.element.querySelector("figure"), index + 1, plain);
      this.picture.lock(true);
      this.link = document.querySelector(`.story-nav a[href="#${plain.id}"]`);
      this.next = data.scenes[index + 1]?.id ?? "end";
      this.latest = 0;
      this.sliders = new Sliders(this.element.querySelector(".story-controls"), plain, (at) => this.turn(at));
      this.sliders.lock(true);
      this.listen();
    }

    listen() {
      this.buttons.forEach((button, choice) => {
        button.disabled = false;
        button.addEventListener("click", () => this.answer(choice));
      });
    }

    /** What was answered in an earlier visit: an index of an option, or nothing. */
    get kept() {
      const choice = progress.answers[this.plain.id];
      return this.plain.question.options[choice] ? choice : undefined;
    }

    /** Whether all of it was answered in an earlier visit. */
    get complete() { return this.kept !== undefined; }

    /** Load the first run and show it: still, or as it was left. */
    async appear() {
      this.appearing ??= this.load();
      return this.appearing;
    }

    async load() {
      try {
        await this.open();
      } catch {
        this.appearing = null;
        this.sorry();
      }
    }

    sorry() { this.after.replaceChildren(make("p", "story-problem", "The picture of this scene cannot be loaded. Reload the page to try again.")); }

    async open() {
      const choice = this.kept;
      this.first = await record(this.plain.first);
      this.picture.show(this.first, choice === undefined ? this.plain.start : this.plain.until, this.span(this.first.document));
      if (choice !== undefined) {
        this.choose(choice);
        this.reveal();
      }
    }

    /** How much of a run is played. */
    span(doc) { return (this.plain.until ?? doc.time.end) - this.plain.start; }

    choose(choice) {
      this.choice = choice;
      for (const button of this.buttons) button.disabled = true;
      this.buttons[choice].setAttribute("aria-pressed", "true");
      this.picture.lock(false);
    }

    async answer(choice) {
      await this.appear();
      if (!this.picture.stage || this.choice !== undefined) return;
      progress.save(this.plain.id, choice);
      this.choose(choice);
      const skip = make("button", "story-skip-run", "Show the answer now", { type: "button" });
      skip.addEventListener("click", () => this.picture.finish());
      this.after.replaceChildren(skip);
      this.picture.root.focus({ preventScroll: true });
      this.picture.figure.scrollIntoView({ block: "nearest" });
      this.picture.play(this.plain.until, () => this.reveal());
    }

    /** What was said, what it was, and what follows from it. */
    reveal() {
      const { question, after, hands_on: handsOn, keep } = this.plain, { options, sum } = question;
      const said = options[this.choice], right = options.findIndex((option) => option.correct);
      this.buttons[this.choice].classList.add(said.correct ? "story-right" : "story-other");
      this.buttons[right].classList.add("story-right");
      const verdict = said.correct
        ? [make("p", "", [make("b", "", "Yes. "), sum])]
        : [make("p", "", [make("b", "", `You said "${said.text}". `), said.refutation]), make("p", "", [make("b", "", `It is "${options[right].text}". `), sum])];
      this.ended([...verdict, ...[...after, ...handsOn].map((text) => make("p", "", text)), make("p", "story-keep", keep)]);
      this.sliders.lock(false);
      this.tell(this.first);
    }

    /** The texts at the end of a scene, and the way to the next. */
    ended(texts) {
      const next = make("a", "story-next", this.next === "end" ? "Where to go on" : "Next scene", { href: `#${this.next}` });
      const had = this.after.contains(document.activeElement);
      this.after.replaceChildren(...texts, make("p", "", next));
      if (had) next.focus({ preventScroll: true });
      this.mark();
    }

    mark() {
      this.link.classList.add("story-done");
      if (!this.link.querySelector(".story-tick")) this.link.append(make("span", "story-tick story-hidden", ", answered"));
    }

    tell({ few }) {
      this.picture.tell(few.filter(({ figure }) => this.plain.few.includes(figure)));
    }

    /** Another position of the sliders: the picture of its end, from a file or from the engine. */
    async turn(at) {
      const turn = ++this.latest, { plain } = this;
      const file = [plain.id, ...plain.controls.map(({ name }) => at[name])].join("-");
      let answer;
      try {
        answer = Sliders.recorded(plain, at) ? await record(file) : await engine.look(plain.scenario, { ...at });
      } catch {
        answer = { problem: "The run of this position cannot be loaded." };
      }
      if (turn !== this.latest) return; // the slider has moved on
      say(this.sliders.problem, answer.problem ?? answer.note ?? "");
      say(this.sliders.moved, JSON.stringify(at) === this.sliders.first ? "" : "The text is about the run before a slider was moved.");
      if (answer.problem) return;
      this.picture.show(answer, null);
      this.tell(answer);
      this.element.dataset.shown = JSON.stringify(at);
    }
  }

  /** A scene that asks for several kinds of work which design is right. */
  class Sorting extends Scene {
    listen() {
      this.chosen = new Map();
      for (const button of this.buttons) {
        button.disabled = false;
        const kind = this.plain.kinds.find(({ id }) => id === button.closest("li").dataset.kind);
        button.addEventListener("click", () => this.decide(kind, button.dataset.mode));
      }
    }

    /** What was decided in an earlier visit. */
    get kept() { return Object.entries(progress.answers[this.plain.id] ?? {}); }

    get complete() { return this.kept.length === this.plain.kinds.length; }

    async open() {
      const { kept } = this, last = this.plain.kinds.find(({ id }) => id === kept.at(-1)?.[0]);
      this.first = await record(last?.run ?? this.plain.first);
      this.picture.show(this.first, last ? null : 0);
      for (const [id, mode] of kept) {
        const kind = this.plain.kinds.find((other) => other.id === id);
        if (kind && DESIGNS[mode]) this.say(kind, mode);
      }
    }

    async decide(kind, mode) {
      await this.appear();
      if (this.chosen.has(kind.id)) return;
      progress.save(this.plain.id, { ...progress.answers[this.plain.id], [kind.id]: mode });
      const item = this.say(kind, mode), open = this.buttons.find((button) => !button.disabled);
      (open ?? this.after.querySelector("a"))?.focus({ preventScroll: true });
      item.scrollIntoView({ block: "nearest" });
      try {
        this.picture.show(await record(kind.run), 0);
        this.picture.play(null, () => {});
      } catch {
        this.sorry();
      }
    }

    /** Show what was decided, and the reason. */
    say(kind, mode) {
      this.chosen.set(kind.id, mode);
      this.picture.lock(false);
      const item = this.element.querySelector(`[data-kind="${kind.id}"]`);
      for (const button of item.querySelectorAll("button")) {
        button.disabled = true;
        button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
        if (button.dataset.mode === kind.right) button.classList.add("story-right");
        else if (button.dataset.mode === mode) button.classList.add("story-other");
      }
      const right = kind.right === mode ? "Yes. " : `${DESIGNS[kind.right]}. `;
      item.querySelector(".story-reason").replaceChildren(make("b", "", right), kind.reason);
      if (this.chosen.size === this.plain.kinds.length) this.ended([make("p", "story-keep", this.plain.keep)]);
      return item;
    }
  }

  progress.load();
  const made = (plain, index) => new (plain.kinds ? Sorting : Scene)(plain, index);
  /** The scene that the address names, or the end of the story. */
  const named = () => document.getElementById(location.hash.slice(1) || syncasync.embed)?.closest("main > section");

  /** In a frame of another page: one scene, if one is named. */
  function showOne() {
    const one = named(), { embed } = syncasync;
    if (!one && embed) document.querySelector("main").prepend(make("p", "story-problem", `There is no scene "${embed.slice(0, 40)}" in the story.`));
    for (const section of document.querySelectorAll("main > section")) section.hidden = one ? section !== one : section.id === "end";
  }

  if (syncasync.embed !== null) {
    showOne();
    addEventListener("hashchange", showOne);
  }
  const start = Math.max(0, data.scenes.findIndex(({ id }) => id === named()?.id));
  const first = made(data.scenes[start], start);
  record(data.scenes[0].first); // the page has asked for it already
  // The scene that the address names stays at the top while pictures above it come, until the reader does something.
  let held = location.hash ? named() : null;
  const hold = () => held?.scrollIntoView({ behavior: "instant" });
  for (const event of ["wheel", "pointerdown", "touchstart", "keydown"]) {
    addEventListener(event, () => { held = null; }, { once: true, passive: true });
  }
  const again = document.querySelector(".story-again");
  again.hidden = false;
  again.addEventListener("click", () => {
    progress.forget();
    location.hash = "";
    location.reload();
  });
  first.appear().then(() => {
    performance.mark("story: first picture");
    const views = data.scenes.map((plain, index) => (index === start ? first : made(plain, index)));
    const near = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        views.find((view) => view.element === target).appear().then(hold);
      }
    }, { rootMargin: NEAR });
    for (const view of views) {
      if (view.complete) view.mark();
      near.observe(view.element);
    }
    hold();
    (globalThis.requestIdleCallback ?? setTimeout)(() => engine.start());
  });
})((globalThis.syncasync ??= {}));
