// The playground: a scenario as text, its result, and its picture with sliders.
import { syncasync } from "../engine/client.js";
import { changesOf, positionsIn, read, write } from "../links.js";
import { Editor } from "./editor.js";
import { problemsOf } from "./messages.js";
import { Picture } from "./picture.js";
import { Take } from "./take.js";
import { Views } from "./views.js";

const CANCELLED = 130, PAUSE_MS = 300;
const NO_WEBASSEMBLY = "This browser has no WebAssembly, in which Python runs here; it may be switched off. "
  + "Use a current Firefox, Chrome, Edge or Safari, or install the program on a computer.";
const ELSEWHERE = "The link names another page. Choose it at the top.";
const MISSING = "Drop the missing file on this page, or choose it above. It stays in this page and is sent nowhere.";
const MOST_DATA_BYTES = 50_000_000, IS_DATA = /\.(csv|tsv|gz)$/i;
const FIRST = "checkout", OWN = "my-scenario.yaml", MOST_BYTES = 5_000_000;

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
  element.hidden = !words;
}

class Playground {
  constructor(main) {
    const names = ["engine", "loaded", "name", "file", "data", "data-kept", "about", "editor", "field", "problem", "ahead", "seed", "run", "cancel", "link", "old"];
    this.at = Object.fromEntries(names.map((name) => [name, main.querySelector(`#play-${name}`)]));
    Object.assign(this, { main, bundled: new Map(), schema: null, file: OWN, running: 0, asked: null, note: "", kept: new Set(), data: 0 });
    this.editor = new Editor(this.at.editor, {
      schema: () => this.schema, changed: () => this.changed(), run: () => this.run(),
      field: (name, text) => { this.at.field.textContent = name ? `${name}: ${text}` : "\u00a0"; },
    });
    const busy = (work) => this.busy(work);
    this.views = new Views(main.querySelector("#play-views"), { busy, how: () => this.shown, names: () => [...this.bundled.keys()] });
    this.picture = new Picture(main.querySelector("#play-picture"), { how: () => this.shown, moved: () => this.moved() });
    this.take = new Take(main.querySelector("#play-take"), { busy, how: () => this.shown, write: (text) => this.written(text), link: () => this.link() });
    this.listen();
  }

  listen() {
    const { name, file, data, cancel, seed } = this.at;
    this.main.querySelector("#play-question").addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
    });
    name.addEventListener("change", () => this.apply({ scenario: name.value }));
    file.addEventListener("change", () => this.opened(file.files[0]));
    data.addEventListener("change", () => this.keep([...data.files]));
    addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) event.preventDefault(); });
    addEventListener("drop", (event) => this.dropped(event));
    cancel.addEventListener("click", () => syncasync.cancel());
    seed.addEventListener("input", () => this.tellAbout());
    addEventListener("hashchange", () => this.follow(location.hash));
  }

  /** What is on the page: `text` is null where it is that of the bundled scenario, `positions` are those of the sliders. */
  get state() {
    const { scenario, text } = this.now;
    return { scenario, text: text === this.bundled.get(scenario)?.text ? null : text, seed: this.seed ?? null, positions: this.picture.positions };
  }

  /** Open a link: what it holds may be somebody else's, so it is shown, and run when the reader says so. */
  async follow(hash) {
    const asked = this.asked = Symbol(hash);
    const { state, problem = "" } = await read(hash, { scenarios: [...this.bundled.keys()] });
    if (asked !== this.asked) return; // of two links the newer counts
    if (state?.scenario || state?.text) {
      this.apply(state);
      this.linked = state;
    }
    const elsewhere = state && (state.lesson !== undefined || ![undefined, "playground"].includes(state.page));
    say(this.at.link, elsewhere ? ELSEWHERE : problem); // what stands in the editor is the reader's, and stays
    if (Object.keys(this.linked?.changes ?? {}).length) await this.foresee(asked);
  }

  /** Say before a run what is wrong with the changes of a link. */
  async foresee(asked) {
    const { linked, now } = this;
    try {
      const { problem = "" } = positionsIn(linked, await syncasync.controls(now.source, now));
      if (asked === this.asked && linked === this.linked) say(this.at.link, problem);
    } catch {
      // the text itself is wrong: the look for mistakes tells it
    }
  }

  /** The text has the sliders' changes now. */
  written(text) {
    this.editor.text = text;
    this.picture.wished = {};
    this.note = "The changes stand in the text now: press Run. ";
  }

  /** The address of what was run, or the `problem`; `time_s` is that of the replay. */
  link(time_s = this.picture.stage?.time) {
    const { scenario, text, name, seed, positions } = this.shown;
    const what = name === undefined ? { scenario } : { text, name };
    const projector = this.picture.stage?.projector;
    return write({ ...what, changes: changesOf(positions, this.turned), seed, time_s, projector });
  }

  /** The page's own address is that of what was run: a reload, or a bookmark, finds it. */
  async keepAddress() {
    const { hash } = await this.link(0);
    try {
      if (hash) history.replaceState(null, "", hash);
    } catch {
      // a page in a frame, or of a file, may not be allowed to; it can do without
    }
  }

  /** Show a state; nothing runs. What is left out is as a scenario has it. */
  apply({ scenario = FIRST, text = null, name: file = OWN, seed = null, positions = {} }) {
    const name = this.bundled.has(scenario) ? scenario : FIRST;
    this.at.name.value = name;
    this.at.seed.value = seed ?? "";
    this.file = text === null ? `${name}.yaml` : file;
    this.linked = this.own = null;
    say(this.at.link, "");
    this.editor.text = text ?? this.bundled.get(name).text;
    this.picture.wished = positions;
    this.tellAbout();
  }

  /** Files dropped on the page: measured times, or a scenario. */
  dropped(event) {
    const files = [...event.dataTransfer.files];
    if (!files.length) return; // text may be dropped into the editor
    event.preventDefault();
    const [scenario] = files.filter((file) => !IS_DATA.test(file.name));
    if (scenario) this.opened(scenario);
    this.keep(files.filter((file) => IS_DATA.test(file.name)));
  }

  /** Keep files of measured times beside the scenario: in the memory of this page. */
  async keep(files) {
    for (const file of files) {
      if (file.size > MOST_DATA_BYTES) {
        this.mistaken({ message: `${file.name}: ${megabytes(file.size)} MB are too much for a page; ${megabytes(MOST_DATA_BYTES)} at most.` }, file.name);
        return;
      }
      await syncasync.keep(file.name, new Uint8Array(await file.arrayBuffer()));
      this.kept.add(file.name);
    }
    this.data += 1;
    this.at.data.value = ""; // the same file can be chosen again
    say(this.at["data-kept"], this.kept.size ? `Kept in this page: ${[...this.kept].join(", ")}.` : "");
    await this.check();
  }

  get seed() { return this.at.seed.value === "" ? undefined : this.at.seed.valueAsNumber; }

  /** What would run now: a bundled scenario has its own name, a changed one that of its file. */
  get now() {
    const scenario = this.at.name.value, text = this.editor.text, { seed } = this;
    const isBundled = text === this.bundled.get(scenario)?.text;
    const name = isBundled ? undefined : this.file;
    return { scenario, text, seed, name, data: this.data, source: isBundled ? scenario : text, word: isBundled ? scenario : this.file };
  }

  tellAbout() {
    const { scenario, text } = this.now, known = this.bundled.get(scenario);
    const isOwn = this.file !== `${scenario}.yaml`, changed = text !== known?.text;
    const { title, description } = changed || isOwn ? this.own ?? {} : known;
    const words = title || description ? [title, description].filter(Boolean).join(". ") : this.file;
    this.at.about.textContent = isOwn ? `${this.file}: ${words}` : changed ? `Changed: ${words}` : words;
    const { shown, seed } = this, isOld = shown && (shown.text !== text || shown.seed !== seed || shown.data !== this.data);
    say(this.at.old, isOld ? `This is the result of ${shown.word} as it was run. Press Run for what stands in the editor now.` : "");
  }

  changed() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.check(), PAUSE_MS);
  }

  /** Look for mistakes, without a run; only the answer to the newest text counts. */
  async check() {
    const { text } = this.now, name = this.file;
    const counts = () => text === this.editor.text && text !== this.refused; // what a run said of it stays
    this.tellAbout();
    try {
      const { is, notes, problem, ...own } = await syncasync.check(text, { name });
      if (text === this.editor.text) this.own = own;
      if (counts()) this.clear([problem || `Ready to run: ${is}.`, ...notes].join(" "));
      this.tellAbout();
    } catch (error) {
      if (counts() && error.code !== CANCELLED) this.mistaken(error, name);
    }
    this.main.dataset.checked = Number(this.main.dataset.checked ?? 0) + 1;
  }

  clear(ahead) {
    say(this.at.problem, "");
    say(this.at.ahead, ahead);
    this.editor.mark([]);
  }

  mistaken(error, name) {
    say(this.at.problem, error.message);
    say(this.at.ahead, error.message.includes(": there is no such file in ") ? MISSING : "");
    this.editor.mark(problemsOf(error.message, name));
  }

  /** A file of the reader's own. */
  async opened(file) {
    if (!file) return;
    if (file.size > MOST_BYTES) {
      this.mistaken({ message: `${file.name}: ${megabytes(file.size)} MB are too much for a scenario.` }, file.name);
      return;
    }
    this.editor.text = await file.text();
    this.file = file.name;
    this.linked = this.own = null;
    this.picture.wished = {};
    this.tellAbout();
    this.at.file.value = ""; // the same file can be opened again
  }

  /** Do some work that Python does; what comes of it is told in the status line. */
  async busy(work) {
    this.running += 1;
    this.note = "";
    this.tellBusy("Running ...");
    let end = "Ready.";
    try {
      await work();
    } catch (error) {
      end = error.code === CANCELLED ? "" : "It did not work: see the message.";
      if (error.code === CANCELLED) this.note = "Cancelled: nothing of it is shown. ";
      if (error.code !== CANCELLED) {
        this.mistaken(error, this.shown?.name ?? this.file);
        this.refused = this.editor.text;
      }
    }
    this.running -= 1;
    if (!this.running) this.tellBusy(`${this.note}${end}`);
  }

  tellBusy(words) {
    this.at.run.disabled = this.running > 0 || !this.bundled.size;
    this.at.cancel.disabled = !this.running;
    this.at.engine.textContent = words;
  }

  /** Run what stands in the editor; sliders keep their places where it is the same scenario. */
  async run() {
    if (this.running || !this.bundled.size) return;
    this.refused = null;
    const wanted = this.now, before = this.shown;
    const isSame = before && before.source === wanted.source && before.seed === wanted.seed;
    const { linked } = this;
    let positions = this.picture.wished ?? (isSame ? this.picture.positions : {});
    await this.busy(async () => {
      const turned = await syncasync.controls(wanted.source, wanted);
      if (linked) {
        const { positions: named, problem } = positionsIn(linked, turned);
        this.linked = null; // it is told once
        if (problem) throw new Error(problem);
        positions = named;
      }
      const data = await syncasync.result(wanted.source, positions, wanted);
      this.clear("");
      this.shown = { ...wanted, positions };
      this.turned = turned;
      this.picture.wished = null;
      this.main.querySelector("#play-none").hidden = true;
      this.views.begin(data);
      this.take.begin();
      this.tellAbout();
      await this.picture.begin(turned, positions);
      if (linked?.time_s) this.picture.stage?.seek(linked.time_s * 1e6);
      if (linked?.projector) this.picture.stage?.project(true);
      await this.keepAddress();
      const first = this.main.querySelector(syncasync.embed === null ? "#play-results" : "#play-picture");
      if (first.getBoundingClientRect().top > innerHeight * 0.6) first.scrollIntoView();
    });
    document.body.dataset.runs = Number(document.body.dataset.runs ?? 0) + 1;
  }

  /** The sliders have come to rest somewhere else: the views are of that run. */
  moved() {
    this.shown = { ...this.shown, positions: this.picture.positions };
    this.views.again();
    this.take.begin();
    this.keepAddress();
  }

  async start() {
    const { engine, loaded, name, run } = this.at;
    if (typeof WebAssembly === "undefined") {
      engine.textContent = NO_WEBASSEMBLY;
      return;
    }
    syncasync.onprogress = ({ what, loaded: bytes, total }) => {
      loaded.value = what === "ready" ? 1 : (0.9 * bytes) / total;
      loaded.hidden = what === "ready";
      if (what === "loading") engine.textContent = `Loading the engine: ${megabytes(bytes)} of ${megabytes(total)} MB`;
      if (what === "starting") engine.textContent = "Starting Python.";
      if (what === "ready" && !this.running) engine.textContent = `${this.note}Ready.`;
    };
    try {
      await syncasync.ready;
      const [texts, about, schema] = await Promise.all([syncasync.scenarios(), syncasync.catalogue(), syncasync.tell(["schema"])]);
      this.schema = JSON.parse(schema.out);
      this.bundled = new Map(about.map((one) => [one.name, { ...one, text: texts[one.name] }]));
      name.replaceChildren(...about.map((one) => new Option(`${one.name}: ${one.title}`, one.name)));
      this.apply({});
      await this.follow(location.hash);
      name.disabled = run.disabled = false;
      document.body.dataset.ready = "yes";
    } catch (error) {
      engine.textContent = `The engine did not start: ${error.message}`;
    }
  }
}

/** Show the playground in its elements below `main`; the object reads and applies the page's `state`. */
export function mount(main) {
  const playground = new Playground(main);
  playground.start();
  return playground;
}
