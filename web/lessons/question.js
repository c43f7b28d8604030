// The question of a lesson: its answers, how sure, and the button that commits both.
import { button, make } from "./elements.js";

/** One of several choices, which all have a key. */
function choice(group, key, value, text, chosen, act) {
  const input = make("input", "", [], { type: "radio", name: `lesson-${group}`, value, "data-key": key });
  input.checked = chosen;
  input.addEventListener("change", act);
  return make("label", "", [input, " ", ...text]);
}

/**
 * The form, which calls `commit({ letter, sure })` once; after that, or with an answer given before, it only shows it.
 */
export function question(lesson, { sureness, choose_first: chooseFirst }, answered, commit) {
  const told = make("p", "lesson-hint", "", { role: "status" });
  const silent = () => { told.textContent = ""; };
  const options = lesson.options.map((text, at) => {
    const letter = lesson.letters[at];
    return choice("letter", letter, letter, [make("b", "", `${letter})`), ` ${text}`], answered?.letter === letter, silent);
  });
  const sures = Object.entries(sureness).map(([number, words]) =>
    choice("sure", number, number, [make("b", "", number), ` ${words}`], String(answered?.sure) === number, silent));
  const legend = (text, name) => make("legend", name, text);
  const go = make("button", "lesson-button lesson-main", "Answer", { type: "submit" });
  const form = make("form", "lesson-form", [
    make("fieldset", "lesson-choices", [legend(lesson.question, "lesson-question"), ...options]),
    make("fieldset", "lesson-sure", [legend("How sure?", ""), ...sures]),
    make("div", "lesson-row", [go, told]),
  ]);
  const close = () => {
    for (const fieldset of form.querySelectorAll("fieldset")) fieldset.disabled = true;
    go.hidden = true;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = new FormData(form);
    const letter = chosen.get("lesson-letter"), sure = Number(chosen.get("lesson-sure"));
    if (!letter || !sure) {
      told.textContent = chooseFirst;
      form.querySelector(`[name="lesson-${letter ? "sure" : "letter"}"]`).focus();
      return;
    }
    close();
    commit({ letter, sure });
  });
  if (answered) close();
  return form;
}

/** A key that is the letter of an answer, or the number of a sureness, chooses it; Enter there commits. */
export function key(form, event) {
  if (!form || event.ctrlKey || event.altKey || event.metaKey || form.querySelector("fieldset:disabled")) return;
  if (event.target.closest?.("textarea, select, dialog, input:not([type=radio])")) return;
  const input = [...form.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key.toLowerCase());
  if (!input) return;
  event.preventDefault();
  input.click();
  input.focus();
}

/**
 * A question with answers to choose from, or with words of one's own where there are none, which calls
 * `commit(answer, close)` with a letter or the words. `before` stands above it; `name` is of its fields.
 */
export function choose(asked, name, { before = [], go: text = "Answer", chosen = "", hint }, commit) {
  const told = make("p", "lesson-hint", "", { role: "status" });
  const go = make("button", "lesson-button lesson-main", text, { type: "submit" });
  const options = asked.options.map((words, at) => {
    const letter = asked.letters[at];
    return choice(name, letter, letter, [make("b", "", `${letter})`), ` ${words}`], chosen === letter, () => { told.textContent = ""; });
  });
  const own = make("input", "", [], { type: "text", name: `lesson-${name}`, maxlength: "200", autocomplete: "off" });
  if (!options.length) own.value = chosen;
  const legend = make("legend", "lesson-question", asked.text);
  const fields = options.length ? options : [make("label", "", ["In your own words ", own])];
  const set = make("fieldset", "lesson-choices", [legend, ...fields]);
  const form = make("form", "lesson-form", [...before, set, make("div", "lesson-row", [go, told])]);
  const close = () => {
    set.disabled = true;
    go.hidden = true;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const answer = new FormData(form).get(`lesson-${name}`) ?? "";
    if (options.length && !answer) {
      told.textContent = hint;
      form.querySelector("input").focus();
      return;
    }
    commit(answer, close);
  });
  return form;
}

/** A guess before a change is shown. */
export function guess(announcement, commit) {
  const input = make("input", "", [], { type: "text", name: "lesson-guess", maxlength: "200", autocomplete: "off" });
  const go = make("button", "lesson-button lesson-main", "See", { type: "submit" });
  const row = make("div", "lesson-row", [make("label", "", ["Your guess ", input]), go]);
  const form = make("form", "lesson-form", [...announcement, row]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    commit(input.value, () => { row.remove(); });
  });
  return form;
}

/** A question of the page itself, with a way out. */
export function sure(text, yes, act) {
  const dialog = make("dialog", "lesson-dialog", make("p", "", text));
  const close = () => { dialog.close(); dialog.remove(); };
  dialog.append(make("div", "lesson-row", [
    button(yes, () => { close(); act(); }),
    button("Keep them", close, "lesson-button lesson-main"),
  ]));
  dialog.addEventListener("cancel", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
