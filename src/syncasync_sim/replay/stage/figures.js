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

  const letterOf = (index) => String.fromCharCode(97 + index);

  const choice = (sign, text, chosen) => {
    const button = make("button", "sa-option", [make("b", "", `${sign})`), ` ${text}`], { type: "button", "aria-pressed": "false" });
    button.addEventListener("click", chosen);
    return button;
  };

  const press = (buttons, index) => buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === index)));

  /** What was said, what is right, and when the other would be. */
  const verdict = (options, index, said, was) => {
    const given = options[index], right = options.find((option) => option.correct);
    const words = ({ text }) => `"${text.replace(/\.$/, "")}"`;
    if (given.correct) return [`${said} ${words(given)}. Correct.`];
    return [`${said} ${words(given)}. ${was} ${words(right)}.`, ...(given.refutation ? [given.refutation] : [])];
  };

  /** A question before the run, which shows nothing of itself until an option is chosen. */
  class Gate {
    /** `opened` is called when it is answered; `given` is an answer of before, `answered` and `told` hear of a new one. */
    constructor(question, opened, { given = null, answered = () => {}, told = () => {} } = {}) {
      Object.assign(this, { question, opened, answered, heard: told, chosen: null, open: true });
      this.verdict = make("div", "sa-verdict", [], { "aria-live": "polite" });
      this.options = question.options.map((option, index) => choice(letterOf(index), option.text, () => this.choose(index)));
      const story = (question.story ?? []).map((text) => make("p", "sa-story", text));
      const heading = make("h2", "sa-question", question.text);
      this.hint = make("p", "sa-hint", "Choose first; then it plays.");
      this.feedback = make("div", "sa-feedback", [this.hint, this.verdict]);
      this.below = make("div", "sa-verdict-below", [], { "aria-hidden": "true" }); // on a narrow screen it is seen here
      this.steps = [ // what is asked of an answer, one after the other
        this.step("sure", "How sure are you?", question.sure ?? [], (index) => `${index + 1}`),
        this.step("why", question.why?.text, (question.why?.options ?? []).map(({ text }) => text), letterOf),
      ].filter(({ buttons }) => buttons.length);
      const parts = [...story, heading, make("div", "sa-options", this.options), ...this.steps.map(({ element }) => element), this.feedback];
      this.element = make("section", "sa-gate", parts, { "aria-label": "Question" });
      if (given) this.close(given.choice, given.why);
    }

    /** A question about the answer, hidden until it is time for it. */
    step(name, text, options, sign) {
      const buttons = options.map((option, index) => choice(sign(index), option, () => this.more(step, index)));
      const element = make("div", "sa-more", [make("p", "", text ?? ""), make("div", "sa-options", buttons)]);
      const step = { name, buttons, element, signs: options.map((_, index) => sign(index)), chosen: null };
      element.hidden = true;
      return step;
    }

    get told() { return this.verdict.childElementCount > 0; }

    /** A key that is the sign of an option chooses it, of the question asked last if it has one; whether it was one. */
    letter(key) {
      const step = this.steps.findLast(({ element }) => !element.hidden), own = step?.signs.indexOf(key.toLowerCase()) ?? -1;
      const index = key.length === 1 ? key.toLowerCase().charCodeAt(0) - 97 : -1;
      if (own >= 0) this.more(step, own);
      else if (this.options[index]) this.choose(index);
      else return false;
      return true;
    }

    /** An option is chosen; where more is asked of it, another may still be. */
    choose(index) {
      if (!this.open) return;
      this.chosen = index;
      press(this.options, index);
      if (!this.steps.length) this.answer();
      else if (this.steps[0].element.hidden) this.ask(this.steps[0]);
    }

    ask({ element, buttons }) {
      element.hidden = false;
      buttons[0].focus();
    }

    /** One more thing is said of the answer; with the last the run may be seen. */
    more(step, index) {
      step.chosen = index;
      press(step.buttons, index);
      const next = this.steps[this.steps.indexOf(step) + 1];
      if (next) this.ask(next);
      else this.answer();
    }

    answer() {
      const { sure, why } = Object.fromEntries(this.steps.map(({ name, chosen }) => [name, chosen]));
      this.close(this.chosen, why);
      this.answered({ choice: this.chosen, sure: sure === undefined ? sure : sure + 1, why });
      this.opened();
    }

    /** Nothing can be changed any more; the run may be seen. */
    close(index, why) {
      Object.assign(this, { chosen: index, why, open: false });
      for (const { element } of this.steps) element.hidden = true;
      this.options[index].setAttribute("aria-pressed", "true");
      for (const button of this.options) button.disabled = true;
      this.element.classList.add("sa-answered");
      say(this.hint, "At the end the page shows the right answer.");
      this.feedback.append(make("div", "sa-verdict-room", this.lines(), { "aria-hidden": "true" })); // so that nothing moves then
    }

    /** What was said, what it was, and when the other answer would be right. */
    lines() {
      const { options, why, sum, takeaway } = this.question;
      const lines = verdict(options, this.chosen, "You said", "It was");
      if (this.why !== undefined) lines.push(...verdict(why.options, this.why, "Your reason was", "The reason is"));
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
