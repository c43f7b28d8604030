// The lessons: a list, and one lesson from its question to its end. What it says comes from Python.
import { syncasync } from "../engine/client.js";
import { Answers } from "./answers.js";
import { quoted } from "../links.js";
import { columnsOf, button, lettered, make, show } from "./elements.js";
import { facts, list } from "./list.js";
import { choose, guess, key, question } from "./question.js";

const WHAT = { loading: "Loading the engine ...", starting: "Starting Python ...", running: "Running the lesson ..." };
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const WORDS = ["page", "lesson", "projector"]; // of an address
const QUESTION = /^question:/m;

/** What is going on: the engine that loads, a run that takes long; with a button to end it. */
class Status {
  constructor() {
    this.text = make("p", "", "", { role: "status", id: "lesson-status" });
    this.size = make("span", "lesson-size"); // not in the status, which would be read out with each megabyte
    this.bar = make("progress", "", [], { max: 1, value: 0, "aria-label": "Progress" });
    this.stop = button("Cancel", () => syncasync.cancel());
    this.stop.id = "lesson-cancel";
    this.element = make("div", "lesson-status", [this.text, this.size, this.bar, this.stop]);
    this.busy = false;
    syncasync.onprogress = (at) => this.progress(at);
    this.progress({ what: "loading", loaded: 0, total: 1 });
  }

  progress(at) {
    this.at = at;
    this.draw();
  }

  runs(is) {
    this.busy = is;
    if (is && this.at.what === "ready") this.at = { what: "running", loaded: 0, total: 1 };
    if (!is && this.at.what === "running") this.at = { what: "ready", loaded: 1, total: 1 };
    this.draw();
  }

  draw() {
    const { what, loaded, total } = this.at;
    const words = this.broken ?? WHAT[what] ?? "";
    if (this.text.textContent !== words) this.text.textContent = words;
    this.size.textContent = what === "loading" && total > 1 ? `${megabytes(loaded)} of ${megabytes(total)} MB` : "";
    this.bar.hidden = !words || Boolean(this.broken);
    if (what === "starting") this.bar.removeAttribute("value");
    else this.bar.value = loaded / total;
    this.stop.hidden = !this.busy || what !== "running";
    this.element.classList.toggle("lesson-on", Boolean(words));
  }
}

class Page {
  constructor(main) {
    this.main = main;
    this.answers = new Answers();
    this.status = new Status();
    this.root = make("div", "lesson-root");
    this.own = new Map();
    this.stage = null;
    main.replaceChildren(this.root, this.status.element);
    document.addEventListener("keydown", (event) => key(this.form, event));
    addEventListener("hashchange", () => this.go(true));
    this.follow();
    this.go(false);
  }

  /** Wait for the engine, and say when it does not come. */
  async follow() {
    try {
      await syncasync.ready;
      this.status.progress({ what: "ready", loaded: 1, total: 1 });
      document.body.dataset.ready = "yes";
    } catch (error) {
      if (error.code === 130) return;
      this.status.broken = `The engine did not start: ${error.message}`;
      this.status.draw();
    }
  }

  /** Show what the address says. */
  go(moved) {
    if (this.status.busy) syncasync.cancel(); // what runs is of no use any more
    this.status.runs(false);
    this.stage?.destroy();
    this.stage = this.form = null;
    this.shown = (this.shown ?? 0) + 1;
    const words = new URLSearchParams(location.hash.slice(1)), wanted = words.get("lesson");
    const strange = [...words.keys()].find((word) => !WORDS.includes(word));
    this.projector = words.has("projector");
    const lesson = wanted === null || strange !== undefined ? null : this.find(wanted);
    if (lesson) this.lesson(lesson);
    else if (strange !== undefined) this.list(`The link has a word that is not known here: ${quoted(strange)}. Choose a lesson.`);
    else this.list(wanted === null ? "" : `There is no lesson ${quoted(wanted)} here. Choose one.`);
    document.title = `syncasync-sim: ${lesson ? lesson.heading : "lessons"}`;
    if (!moved) return;
    scrollTo(0, 0);
    this.root.querySelector("h1").focus({ preventScroll: true });
  }

  find(wanted) {
    return this.own.get(wanted) ?? LESSONS.lessons.find(({ number, name }) => [String(number), name].includes(wanted));
  }

  list(problem) {
    const parts = list(LESSONS.lessons, this.answers, LESSONS, {
      opened: (texts) => this.open(texts),
      forgotten: () => this.go(true),
    });
    this.problem = make("pre", "lesson-problem", problem, { role: "alert" });
    this.root.replaceChildren(...parts.slice(0, 1), this.problem, ...parts.slice(1));
  }

  /** A teacher's own lesson, and the scenarios beside it. */
  async open(files) {
    const source = Object.keys(files).find((name) => QUESTION.test(files[name])) ?? Object.keys(files)[0];
    this.problem.textContent = "";
    try {
      const asked = await syncasync.lesson(source, { files });
      this.own.set(source, { ...asked, source, how: { files } });
      location.hash = `lesson=${encodeURIComponent(source)}`;
    } catch (error) {
      this.problem.textContent = error.message;
    }
  }

  lesson(lesson) {
    const { heading, story } = lesson;
    const answered = lesson.source ? null : this.answers.of(lesson);
    this.after = make("section", "lesson-after", [], { "aria-label": "What came of it" });
    this.reason = make("div");
    this.form = question(lesson, LESSONS, answered, (answer) => {
      this.keep(lesson, answer);
      this.why(lesson, answer);
    });
    this.root.replaceChildren(
      make("p", "lesson-back", make("a", "", "All lessons", { href: "#page=lessons" })),
      make("h1", "", heading, { tabindex: "-1" }),
      make("p", "lesson-facts", facts(lesson)),
      ...(lesson.recall && !answered ? [this.recall(lesson)] : []),
      ...story.map((text) => make("p", "lesson-story", text)),
      this.form,
      this.reason,
      this.after,
    );
    if (answered) this.again("Show what came of it", () => this.reveal(lesson, answered));
  }

  keep(lesson, more) {
    if (!lesson.source) this.answers.keep(lesson, more);
  }

  /** A question about an earlier lesson, before this one. */
  recall(lesson) {
    const root = make("section", "lesson-recall", [], { "aria-label": "From an earlier lesson" });
    const result = make("div", "lesson-words", [], { tabindex: "-1" });
    const head = make("div");
    show(head, lesson.recall.blocks, () => {});
    const form = choose(lesson.recall, "recall", { before: [head], hint: LESSONS.choose }, (letter, close) => {
      if (this.status.busy) return;
      const how = { ...lesson.how, columns: columnsOf(root) };
      const run = () => this.runs(() => syncasync.recall(sourceOf(lesson), letter, how), (told) => {
        close();
        this.keep(lesson, { recall: { words: lettered(lesson.recall, letter), right: told.right } });
        show(result, told.blocks, () => {});
      }, run);
      run();
    });
    root.append(form, result);
    return root;
  }

  /** The reason for the answer, before anything is run. */
  why(lesson, answer) {
    const form = choose(lesson.why, "why", { hint: LESSONS.choose, go: "Run it" }, (why, close) => {
      close();
      this.keep(lesson, { why });
      this.reveal(lesson, { ...answer, why });
    });
    this.reason.replaceChildren(form);
    this.form = form;
    form.querySelector("input").focus();
  }

  again(text, act) {
    const go = button(text, () => { go.remove(); act(); }, "lesson-button lesson-main");
    this.after.append(go);
    return go;
  }

  /** Run something; what is not finished can be begun again. The page may show something else by then. */
  async runs(call, done, again) {
    const shown = this.shown;
    this.status.runs(true);
    try {
      const answer = await call();
      if (shown !== this.shown) return;
      this.status.runs(false);
      done(answer);
    } catch (error) {
      if (shown !== this.shown) return;
      this.status.runs(false);
      if (error.code === 130) this.follow();
      else this.after.append(make("pre", "lesson-problem", error.message, { role: "alert" }));
      this.again("Run it again", again).focus();
    }
  }

  reveal(lesson, answer) {
    const { letter, sure, why = "" } = answer;
    const how = { ...lesson.how, columns: columnsOf(this.after), sure, why };
    this.after.querySelector(".lesson-problem")?.remove();
    this.runs(() => syncasync.answer(sourceOf(lesson), letter, how), (told) => {
      this.keep(lesson, { right: told.right, why_right: told.why_right });
      const heading = make("h2", "", "What came of it", { tabindex: "-1" });
      const words = make("div", "lesson-words");
      this.after.replaceChildren(heading, words);
      heading.focus({ preventScroll: true });
      heading.scrollIntoView({ block: "start" });
      show(words, told.blocks, () => this.picture(lesson, told, words));
    }, () => this.reveal(lesson, answer));
  }

  /** The run on the stage, and below it the change. */
  async picture(lesson, { next, choices }, words) {
    const shown = this.shown;
    const place = make("div", "lesson-picture");
    this.after.append(make("h2", "", "The run"), place);
    lookFor(lesson, words, place);
    this.elsewhere = make("div", "lesson-changes");
    this.fine = make("div", "lesson-fine");
    const changes = make("div", "lesson-changes");
    this.after.append(changes, this.elsewhere, this.fine);
    this.change(lesson, changes, 0, next, choices);
    try {
      const picture = await syncasync.picture(sourceOf(lesson), lesson.how);
      if (shown === this.shown) this.stage = syncasync.mount(place, picture, { host: place, projector: this.projector });
    } catch (error) {
      if (shown === this.shown) place.append(make("p", "lesson-hint", error.message));
    }
  }

  /** Announce a change, and when there is an answer or a guess, show what it does; then the next. */
  change(lesson, root, index, announced, choices = null) {
    const head = make("div");
    show(head, announced, () => {});
    const result = make("div", "lesson-words", [], { tabindex: "-1" });
    const commit = (words, close) => {
      const how = { ...lesson.how, columns: columnsOf(result), guess: words };
      if (this.status.busy) return;
      const run = () => this.runs(() => syncasync.change(sourceOf(lesson), index, how), (told) => {
        close();
        if (index === 0) this.keep(lesson, { change: { words: choices ? lettered(choices, words) : words, right: told.right } });
        show(result, told.blocks, () => {});
        this.fine.replaceChildren();
        const end = (print = told.fine_print) => show(this.fine, print, () => this.end(lesson, told.problem));
        if (told.transfer) this.transfer(lesson, told.transfer, end);
        else if (!this.elsewhere.querySelector("form:not(.lesson-closed)")) end();
        result.focus({ preventScroll: true });
        if (told.next.length) this.change(lesson, root, index + 1, told.next);
      }, run);
      run();
    };
    const form = choices ? choose(choices, "change", { before: [head], hint: LESSONS.choose, go: "See" }, commit) : guess([head], commit);
    root.append(form, result);
  }

  /** The same idea somewhere else: the last question. */
  transfer(lesson, asked, end) {
    const head = make("div"), result = make("div", "lesson-words", [], { tabindex: "-1" });
    show(head, asked.blocks, () => {});
    const form = choose(asked, "transfer", { before: [head], hint: LESSONS.choose }, (letter, close) => {
      if (this.status.busy) return;
      const how = { ...lesson.how, columns: columnsOf(result) };
      const run = () => this.runs(() => syncasync.transfer(sourceOf(lesson), letter, how), (told) => {
        close();
        form.classList.add("lesson-closed");
        this.keep(lesson, { transfer: { words: lettered(asked, letter), right: told.right } });
        show(result, told.blocks, () => {});
        result.focus({ preventScroll: true });
        end(told.fine_print);
      }, run);
      run();
    });
    this.elsewhere.replaceChildren(form, result);
  }

  /** What is left after the change: a lesson that does not fit, or the next one. */
  end(lesson, problem) {
    if (problem) this.fine.append(make("p", "lesson-problem", problem));
    if (lesson.source) return;
    this.answers.keep(lesson, { done: true });
    const next = LESSONS.lessons[LESSONS.lessons.findIndex(({ name }) => name === lesson.name) + 1];
    const link = next ? make("a", "", `Next: ${next.heading}`, { href: `#lesson=${next.number}` })
      : make("a", "", "Next: a scenario of your own", { href: "playground.html" });
    this.fine.append(make("p", "lesson-next", link));
  }
}

/** Say what to look for, before what is drawn of the run; once, for the blocks may have said it. */
function lookFor(lesson, words, place) {
  const text = `Look for: ${lesson.look_for}`;
  if (!lesson.look_for || words.textContent.includes(text)) return;
  (words.querySelector(".lesson-drawn") ?? place).before(make("p", "lesson-story", text));
}

const sourceOf = ({ source, name }) => source ?? name;

/** Show the lessons in an element. */
export function mount(main) {
  return new Page(main);
}
