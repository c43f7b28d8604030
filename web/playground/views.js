// What can be seen of a run besides its picture: a row of tabs, each filled when it is looked at.
import { drawCharts } from "../charts.js";
import { syncasync } from "../engine/client.js";
import { make, printed, resultElements } from "./result.js";

const LETTER_PX = 7.9, NARROWEST = 36, WIDEST = 110;

/** The words of the command line for what was run with the sliders' changes, and the file that it needs. */
async function asked({ source, text, seed, name, word, positions }) {
  const { sets } = await syncasync.changes(source, positions, { seed, name });
  const options = [...(seed === undefined ? [] : ["--seed", String(seed)]), ...sets.flatMap((set) => ["--set", set])];
  return { word, options, files: name ? { [name]: text } : {} };
}

function labelled(text, field) { return make("label", [`${text} `, field]); }

export class Views {
  /** In `root`: `how()` is what was run, `busy(work)` tells that Python is at work, `names()` are the bundled scenarios. */
  constructor(root, { how, busy, names }) {
    Object.assign(this, { root, how, busy, names, made: new Map() });
    this.customer = make("input", [], { type: "number", min: 1, step: 1, value: 1, id: "play-customer" });
    this.other = make("select", [], { id: "play-other" });
    this.views = [
      { id: "figures", label: "Figures", draw: (of) => this.figures(of) },
      { id: "charts", label: "Charts", draw: (of, body) => this.charts(of, body) },
      { id: "customer", label: "One customer", draw: (of) => this.told(of, (word) => ["explain", word, this.customer.value || "1"]), field: labelled("Customer number", this.customer) },
      { id: "advice", label: "Advice", draw: (of) => this.told(of, (word) => ["advise", word]) },
      { id: "brokers", label: "Brokers", draw: (of) => this.told(of, (word) => ["brokers", word]) },
      { id: "compare", label: "Compare", draw: (of) => this.told(of, (word) => ["run", word, "--no-charts", "--compare-to", this.other.value]), field: labelled("Compare with", this.other) },
    ];
    for (const field of [this.customer, this.other]) field.addEventListener("change", () => this.show(this.chosen));
    this.build();
  }

  build() {
    const id = (view, what) => `play-${what}-${view.id}`;
    for (const view of this.views) {
      view.tab = make("button", view.label, { type: "button", role: "tab", id: id(view, "tab"), "aria-controls": id(view, "view") });
      view.body = make("div");
      view.panel = make("div", [...(view.field ? [make("p", view.field)] : []), view.body], { role: "tabpanel", id: id(view, "view"), "aria-labelledby": id(view, "tab"), class: "play-view" });
      view.tab.addEventListener("click", () => this.show(view));
    }
    const list = make("div", this.views.map((view) => view.tab), { role: "tablist", "aria-label": "Views of the run", class: "play-tabs" });
    list.addEventListener("keydown", (event) => this.key(event));
    this.root.replaceChildren(list, ...this.views.map((view) => view.panel));
    this.choose(this.views[0]);
  }

  /** The arrow keys go from tab to tab. */
  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], last = this.views.length - 1;
    const here = this.views.indexOf(this.chosen);
    const to = step ? (here + step + last + 1) % (last + 1) : { Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.views[to].tab.focus();
    this.show(this.views[to]);
  }

  choose(chosen) {
    this.chosen = chosen;
    for (const view of this.views) {
      view.panel.hidden = view !== chosen;
      view.tab.setAttribute("aria-selected", String(view === chosen));
      view.tab.tabIndex = view === chosen ? 0 : -1;
    }
  }

  /** A run is there, with its result. */
  begin(data) {
    if (!this.other.options.length) this.other.replaceChildren(...this.names().map((name) => new Option(name)));
    if (this.how().scenario !== this.begun) this.other.value = this.begun = this.how().scenario;
    this.root.hidden = false;
    this.made.clear();
    this.made.set(this.views[0], this.keyOf());
    this.views[0].body.replaceChildren(...resultElements(data));
    if (this.chosen !== this.views[0]) this.show(this.chosen);
  }

  /** The run is another one now. */
  again() { this.show(this.chosen); }

  keyOf() {
    const { source, seed, positions } = this.how();
    return JSON.stringify([source, seed, positions, this.customer.value, this.other.value]);
  }

  show(view) {
    this.choose(view);
    const key = this.keyOf();
    if (this.made.get(view) === key) return undefined;
    this.made.set(view, key);
    return this.busy(async () => {
      try {
        const elements = await view.draw(this.how(), view.body);
        if (elements && this.made.get(view) === key) view.body.replaceChildren(...elements);
      } catch (error) {
        if (this.made.get(view) === key) this.made.delete(view);
        throw error;
      }
    });
  }

  async figures({ source, positions, seed, name }) {
    return resultElements(await syncasync.result(source, positions, { seed, name }));
  }

  /** What the command line prints, as wide as there is room. */
  async told(of, words) {
    const { word, options, files } = await asked(of);
    const width = Math.floor((this.root.clientWidth - 20) / LETTER_PX);
    const columns = Math.min(Math.max(width, NARROWEST), WIDEST);
    const asks = [...words(word), ...options];
    const { code, out, err } = await syncasync.tell(asks, { files, columns });
    const label = `What ${asks[0]} prints`;
    return [...(out ? [printed(out, label)] : []), ...(code && err ? [printed(err, "What is wrong")] : [])];
  }

  async charts({ source, seed, name, positions }, body) {
    drawCharts(body, await syncasync.charts(source, { seed, name, positions }));
  }
}
