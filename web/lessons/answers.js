// What somebody answered, kept in the browser, if it lets pages keep something.

const KEY = "syncasync-lessons";

/** The store of a page; where it is forbidden, answers last as long as the page. */
export class Answers {
  constructor() {
    this.all = {};
    this.isKept = false;
    try {
      const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}");
      if (stored && typeof stored === "object") this.all = stored;
      localStorage.setItem(KEY, JSON.stringify(this.all));
      this.isKept = true;
    } catch { /* forbidden, full, or not ours */ }
  }

  /** The answer to a lesson: `letter`, `sure`, `why`, what was said to the other parts, and when it was shown whether it is right; null without one. */
  of({ name, letters }) {
    const answer = Object.hasOwn(this.all, name) ? this.all[name] : null;
    return answer && letters.includes(answer.letter) && [1, 2, 3].includes(answer.sure) ? answer : null;
  }

  keep({ name }, more) {
    this.all[name] = { ...(Object.hasOwn(this.all, name) ? this.all[name] : {}), ...more };
    this.write();
  }

  forget() {
    this.all = {};
    this.write();
  }

  write() {
    try {
      localStorage.setItem(KEY, JSON.stringify(this.all));
    } catch {
      this.isKept = false;
    }
  }
}
