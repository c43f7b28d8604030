// The result as a table, and the question that hides it until it is answered.
(function (syncasync) {
  "use strict";

  const { make, say } = syncasync;

  /** The result in sentences and in rows, as the document has them written out; nothing is computed. */
  function table(doc) {
    const modes = doc.lanes.map((lane) => lane.id);
    const both = modes.length > 1;
    const heads = ["", ...modes, ...(both ? ["change", ""] : [])];
    const lines = [make("tr", "", heads.map((text) => (text ? make("th", "", text, { scope: "col" }) : make("td"))))];
    let group = "";
    for (const row of doc.table) {
      if (row.group !== group && row.group !== row.label) {
        lines.push(make("tr", "sa-group", make("th", "", row.group, { colspan: heads.length, scope: "rowgroup" })));
      }
      group = row.group;
      const cells = [...modes.map((mode) => row[mode]), ...(both ? [row.change, row.words] : [])];
      const name = make("th", row.label === row.group ? "" : "sa-indented", row.label, { scope: "row" });
      lines.push(make("tr", "", [name, ...cells.map((text) => make("td", "", text ?? ""))]));
    }
    const counted = make("h2", "", doc.counted);
    const notes = doc.notes.map((note) => make("p", "", note));
    const headline = make("p", "sa-headline", doc.headline ?? "");
    return make("section", "sa-figures", [counted, headline, make("table", "", make("tbody", "", lines), { "aria-label": doc.counted }), ...notes], { "aria-label": `Figures: ${doc.counted}`, tabindex: "0" });
  }

  /** A question before the run, which shows nothing of itself until an option is chosen. */
  class Gate {
    /** `opened` is called when it is answered; `given` is an answer of before, `answered` and `told` hear of a new one. */
    constructor(question, opened, { given = null, answered = () => {}, told = () => {} } = {}) {
      Object.assign(this, { question, opened, answered, heard: told, chosen: null, open: true });
      this.verdict = make("div", "sa-verdict", [], { "aria-live": "polite" });
      this.options = question.options.map((option, index) => {
        const letter = String.fromCharCode(97 + index);
        const button = make("button", "sa-option", [make("b", "", `${letter})`), ` ${option.text}`], { type: "button", "aria-pressed": "false" });
        button.addEventListener("click", () => this.choose(index));
        return button;
      });
      const story = (question.story ?? []).map((text) => make("p", "sa-story", text));
      const heading = make("h2", "sa-question", question.text);
      this.hint = make("p", "sa-hint", "Choose first; then it plays.");
      this.feedback = make("div", "sa-feedback", [this.hint, this.verdict]);
      this.below = make("div", "sa-verdict-below", [], { "aria-hidden": "true" }); // on a narrow screen it is seen here
      this.sureness = (question.sure ?? []).map((text, index) => {
        const button = make("button", "sa-option", [make("b", "", `${index + 1})`), ` ${text}`], { type: "button" });
        button.addEventListener("click", () => this.answer(index + 1));
        return button;
      });
      this.sure = make("div", "sa-sure", [make("p", "", "How sure are you?"), make("div", "sa-options", this.sureness)]);
      this.sure.hidden = true;
      const parts = [...story, heading, make("div", "sa-options", this.options), this.sure, this.feedback];
      this.element = make("section", "sa-gate", parts, { "aria-label": "Question" });
      if (given) this.close(given.choice);
    }

    get told() { return this.verdict.childElementCount > 0; }

    /** A key that is the letter of an option chooses it, and a number says how sure; whether it was one. */
    letter(key) {
      const index = key.length === 1 ? key.toLowerCase().charCodeAt(0) - 97 : -1;
      if (this.options[index]) this.choose(index);
      else if (!this.sure.hidden && this.sureness[key - 1]) this.answer(Number(key));
      else return false;
      return true;
    }

    /** An option is chosen; where it is asked how sure, another may still be. */
    choose(index) {
      if (!this.open) return;
      this.chosen = index;
      for (const [at, button] of this.options.entries()) button.setAttribute("aria-pressed", String(at === index));
      if (!this.sureness.length) this.answer();
      else if (this.sure.hidden) {
        this.sure.hidden = false;
        this.sureness[0].focus();
      }
    }

    answer(sure) {
      this.close(this.chosen);
      this.answered({ choice: this.chosen, sure });
      this.opened();
    }

    /** Nothing can be changed any more; the run may be seen. */
    close(index) {
      this.chosen = index;
      this.open = false;
      this.sure.hidden = true;
      this.options[index].setAttribute("aria-pressed", "true");
      for (const button of this.options) button.disabled = true;
      this.element.classList.add("sa-answered");
      say(this.hint, "At the end the page shows the right answer.");
      this.feedback.append(make("div", "sa-verdict-room", this.lines(), { "aria-hidden": "true" })); // so that nothing moves then
    }

    /** What was said, what it was, and when the other answer would be right. */
    lines() {
      const { options, sum, takeaway } = this.question;
      const choice = options[this.chosen], right = options.find((option) => option.correct);
      const lines = choice.correct
        ? [`You said "${choice.text}". Correct.`]
        : [`You said "${choice.text}". It was "${right.text}".`];
      if (!choice.correct && choice.refutation) lines.push(choice.refutation);
      if (sum) lines.push(`The sum: ${sum}`);
      if (takeaway) lines.push(`Keep this: ${takeaway}`);
      return lines.map((text) => make("p", "", text));
    }

    tell() {
      if (this.open || this.told) return;
      this.hint.classList.add("sa-over");
      this.verdict.append(...this.lines());
      this.below.append(...this.lines());
      this.heard();
    }
  }

  Object.assign(syncasync, { table, Gate });
})((globalThis.syncasync ??= {}));
