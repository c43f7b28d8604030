// The question that hides a run until it is answered; and what a lesson asks before it, and after the run.
(function (syncasync) {
  "use strict";

  const { make, say, block } = syncasync;

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

  /** A question besides that of the page: the first answer counts, and what came of it is told at once. */
  class Besides {
    /** `answered` is called with an index when it is answered; `given` is an answer of before. */
    constructor({ name, label, lead, text, options }, given, answered) {
      Object.assign(this, { name, options, answered, open: true });
      this.buttons = text ? options.map((option, index) => choice(letterOf(index), option.text, () => this.choose(index))) : [this.see()];
      this.told = make("div", "sa-told", [], { tabindex: "-1" });
      const asks = text ? [make("h2", "sa-question", text)] : [];
      this.element = make("section", "sa-besides", [...lead.map(block), ...asks, make("div", "sa-options", this.buttons), this.told], { "aria-label": label, tabindex: "-1" });
      if (given !== undefined) this.close(given);
    }

    /** Where there is nothing to choose, the reader guesses for themselves. */
    see() {
      const button = make("button", "sa-button", "Guess, then see", { type: "button" });
      button.addEventListener("click", () => this.choose(0));
      return button;
    }

    /** A key that is the letter of an option chooses it; whether it was one. */
    letter(key) {
      const index = this.open ? this.buttons.findIndex((_, at) => letterOf(at) === key.toLowerCase()) : -1;
      if (index >= 0) this.choose(index);
      return index >= 0;
    }

    choose(index) {
      if (!this.open) return;
      this.close(index);
      this.answered(index);
      this.told.focus({ preventScroll: true });
    }

    close(index) {
      this.open = false;
      press(this.buttons, index);
      for (const button of this.buttons) button.disabled = true;
      this.told.append(...this.options[index].result.map(block));
    }
  }

  /** A question before the run, which shows nothing of itself until an option is chosen. */
  class Gate {
    /**
     * `opened` is called when it is answered. `given` are answers of before, by the name of what asked; of a new one
     * hear `answered`, and `besides` with the name and the index; `over` is called when nothing more is asked.
     */
    constructor(question, opened, { given = {}, answered = () => {}, besides = () => {}, over = () => {} } = {}) {
      Object.assign(this, { question, opened, given, answered, besides, over, chosen: null, open: true });
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
      this.main = make("div", "sa-main", [...story, heading, make("div", "sa-options", this.options), ...this.steps.map(({ element }) => element), this.feedback]);
      this.recall = question.recall && this.asked(question.recall, () => { this.main.hidden = false; });
      this.main.hidden = Boolean(this.recall?.open);
      this.element = make("section", "sa-gate", [...(this.recall ? [this.recall.element] : []), this.main], { "aria-label": "Question" });
      this.rest = make("div", "sa-rest"); // what is asked after the run
      this.shown = [];
      if (question.after?.length) this.main.append(this.next());
      if (given.choice !== undefined) this.close(given.choice, given.why);
    }

    /** What the lesson asks besides; where there is something to choose, the answer is heard of. */
    asked(part, then) {
      return new Besides(part, this.given[part.name], (index) => {
        if (part.text) this.besides(part.name, index);
        then();
      });
    }

    /** The way to what is asked after the run, which is below the picture. */
    next() {
      const button = make("button", "sa-button sa-next", "Go on: one thing changes", { type: "button" });
      button.addEventListener("click", () => {
        const first = this.shown[0].element;
        first.scrollIntoView({ block: "start" });
        first.focus({ preventScroll: true });
      });
      return button;
    }

    /** Ask what is next after the run, and after it the next. */
    follow() {
      const part = this.question.after?.[this.shown.length];
      if (!part) {
        this.over();
        return;
      }
      const asked = this.asked(part, () => this.follow());
      this.shown.push(asked);
      this.rest.append(asked.element);
      if (!asked.open) this.follow();
    }

    /** Whether letters and Space typed at an element are for a question. */
    hears(target) { return this.open || this.rest.contains(target); }

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
      const besides = this.main.hidden ? this.recall : this.shown.at(-1);
      if (besides) return besides.letter(key);
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
      this.main.hidden = false;
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
      if (this.question.after?.length) this.below.append(make("div", "sa-hint", "Go on below: one thing changes."));
      this.follow();
    }
  }

  syncasync.Gate = Gate;
})((globalThis.syncasync ??= {}));
