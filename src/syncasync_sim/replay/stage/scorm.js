// A lesson's page tells a learning management system (SCORM 1.2) what was answered, and asks it what was answered before.
(function (syncasync) {
  "use strict";

  const MOST_PARENTS = 100;
  const KEPT = "Your answer is kept by the learning management system.";
  const NOT_KEPT = "The learning management system did not take your answer: tell your teacher.";

  /** The interface of the system: in a window around this one, or around the one that opened it. */
  function found() {
    for (const first of [window, window.opener]) {
      for (let at = first, count = 0; at && count < MOST_PARENTS; at = at.parent, count += 1) {
        try {
          if (at.API?.LMSInitialize) return at.API;
        } catch {
          break; // a window of another origin is not ours to look into
        }
        if (at.parent === at) break;
      }
    }
    return null;
  }

  const two = (number) => String(number).padStart(2, "0");

  /** How long the page has been open, as `0000:01:07.50`. */
  function span(ms) {
    const minutes = Math.floor(ms / 60_000);
    return `${String(Math.floor(minutes / 60)).padStart(4, "0")}:${two(minutes % 60)}:${((ms % 60_000) / 1000).toFixed(2).padStart(5, "0")}`;
  }

  /** The options of all that the page asks besides its question, by name. */
  const optionsOf = ({ why, recall, after = [] }) => Object.fromEntries([
    ...(why ? [["why", why.options]] : []), ...[recall, ...after].filter((part) => part?.text).map(({ name, options }) => [name, options]),
  ]);

  /** The answers that were kept, as far as they can still be some; without one to the question only that before it. */
  function keptAnswers(text, question) {
    const isIn = (index, list) => Number.isInteger(index) && index >= 0 && index < list.length;
    try {
      const { choice, sure, ...others } = JSON.parse(text), options = optionsOf(question);
      const kept = Object.fromEntries(Object.entries(others).filter(([name, index]) => Object.hasOwn(options, name) && isIn(index, options[name])));
      if (isIn(choice, question.options) && isIn(sure - 1, question.sure)) return { choice, sure, ...kept };
      return kept.recall === undefined ? {} : { recall: kept.recall };
    } catch {
      return {};
    }
  }

  /** What a stage is told of the `question`: answers of before, and whom to tell of new ones. Without a system nothing. */
  syncasync.scorm = function (question, status) {
    const api = found(), began = performance.now();
    if (!api || String(api.LMSInitialize("")) !== "true") return {};
    const get = (key) => String(api.LMSGetValue(key) ?? "");
    const set = (key, value) => String(api.LMSSetValue(key, String(value))) === "true";
    const letter = (index) => String.fromCharCode(97 + index);
    const all = optionsOf(question);
    let isOver = get("cmi.core.lesson_status") === "completed", ended = false;

    /** One row of the answers; an answer to a prediction is right or wrong, and the lesson is done with either. */
    function interaction(id, type, response, result, more = {}) {
      const at = `cmi.interactions.${Number(get("cmi.interactions._count")) || 0}`;
      const values = { id, time: new Date().toTimeString().slice(0, 8), type, ...more, student_response: response, result };
      return Object.entries(values).map(([key, value]) => set(`${at}.${key}`, value)).every(Boolean);
    }

    function chosen(id, options, index) {
      const right = options.findIndex(({ correct }) => correct);
      const pattern = { "correct_responses.0.pattern": letter(right) };
      interaction(id, "choice", letter(index), index === right ? "correct" : "wrong", pattern);
    }

    const commit = () => {
      set("cmi.core.session_time", span(performance.now() - began));
      return String(api.LMSCommit("")) === "true";
    };

    /** What is shown again when the page is opened again. */
    function keep(more) {
      Object.assign(given, more);
      return set("cmi.suspend_data", JSON.stringify(given));
    }

    const tell = (isKept) => { status.textContent = isKept ? KEPT : NOT_KEPT; };

    /** At once, before anything moves: whoever closes the page now has answered. */
    function answered({ choice, sure, why }) {
      const { name, options } = question;
      const isKept = keep({ choice, sure, why });
      chosen(name, options, choice);
      interaction(`${name}-sureness`, "likert", sure, "neutral");
      if (why !== undefined) chosen(`${name}-why`, all.why, why);
      set("cmi.core.lesson_status", "incomplete");
      tell(commit() && isKept);
    }

    function besides(part, index) {
      const isKept = keep({ [part]: index });
      chosen(`${question.name}-${part}`, all[part], index);
      tell(commit() && isKept);
    }

    /** The last right answer has been shown: the lesson is done. */
    function over() {
      if (isOver) return;
      isOver = set("cmi.core.lesson_status", "completed");
      commit();
    }

    addEventListener("pagehide", () => {
      if (ended) return;
      ended = true;
      commit();
      api.LMSFinish("");
    });
    addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); }); // it would talk to nobody
    document.addEventListener("visibilitychange", () => { if (document.hidden && !ended) commit(); });

    set("cmi.core.exit", "suspend"); // what was answered is asked for when the page is opened again
    if (["", "not attempted"].includes(get("cmi.core.lesson_status"))) set("cmi.core.lesson_status", "incomplete");
    const given = keptAnswers(get("cmi.suspend_data"), question);
    if (Object.keys(given).length) tell(true);
    return { given: { ...given }, answered, besides, over };
  };
})((globalThis.syncasync ??= {}));
