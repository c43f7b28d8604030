// The list of the lessons, with what was answered, and the text of it for a teacher.
import { syncasync } from "../engine/client.js";
import { button, lettered, make } from "./elements.js";
import { sure } from "./question.js";

const FILE = "lessons.txt";

const state = (answer) => (answer?.done ? "done" : answer ? "answered" : "");

/** How long a lesson takes, and for whom it is. */
export const facts = ({ minutes, needs, level }) => [`${minutes} min`, `needs ${needs}`, ...(level === "advanced" ? ["advanced"] : [])].join(", ");

function entry(lesson, answer) {
  const link = make("a", "", lesson.title, { href: `#lesson=${lesson.number ?? lesson.name}` });
  const head = make("h2", "", link);
  const marks = answer ? [make("span", `lesson-state lesson-is-${state(answer)}`, state(answer))] : [];
  return make("li", "", [
    make("div", "lesson-entry-head", [head, ...marks]),
    make("p", "lesson-facts", facts(lesson)),
    make("p", "lesson-asks", lesson.question),
  ], { value: lesson.number });
}

/** What asks in a lesson, in its order. */
const PARTS = { recall: "an earlier lesson", question: "the question", why: "the reason", change: "the change", transfer: "somewhere else" };

/** What was said to each part, and whether that was right, where it is known. */
function parts(lesson, answer) {
  const { letter, right, why, why_right: whyRight } = answer;
  const said = { ...answer, question: { words: lettered(lesson, letter), right }, why: why && { words: lettered(lesson.why, why), right: whyRight } };
  return Object.keys(PARTS).filter((part) => said[part]?.words).map((part) => ({ part, ...said[part] }));
}

/** A line for each lesson that was answered, and below it one for each of its answers. */
export function summary(lessons, answers, { sureness }) {
  const answered = lessons.filter((lesson) => answers.of(lesson));
  const lines = answered.flatMap((lesson) => {
    const answer = answers.of(lesson);
    return [`${lesson.heading}${answer.done ? "; done" : ""}`, ...parts(lesson, answer).map(({ part, words, right }) => {
      const sure = part === "question" ? [sureness[answer.sure]] : [];
      const verdict = typeof right === "boolean" ? [right ? "right" : "not right"] : part === "question" ? ["not seen yet"] : [];
      return `  ${PARTS[part]}: ${[words, ...sure, ...verdict].join("; ")}`;
    })];
  });
  const today = new Date().toISOString().slice(0, 10);
  return [`syncasync-sim lessons, ${answered.length} of ${lessons.length} answered, ${today}`, ...lines, ""].join("\n");
}

/** The lessons with an answer that was not right; nothing if there are none. */
function toReview(lessons, answers) {
  const items = lessons.flatMap((lesson) => {
    const answer = answers.of(lesson);
    const wrong = answer ? parts(lesson, answer).filter(({ right }) => right === false).map(({ part }) => PARTS[part]) : [];
    if (!wrong.length) return [];
    const link = make("a", "", lesson.title, { href: `#lesson=${lesson.number ?? lesson.name}` });
    return [make("li", "", [link, `: ${wrong.join(", ")}`])];
  });
  if (!items.length) return [];
  return [make("section", "lesson-review", [make("h2", "", "To look at again"), make("ul", "", items)], { "aria-label": "To look at again" })];
}

function forTeacher(text) {
  const area = make("textarea", "", text, { id: "lesson-summary", readonly: "", rows: "8", "aria-label": "Your answers" });
  const told = make("span", "lesson-hint", "", { role: "status" });
  const copy = button("Copy", async () => {
    area.select();
    try {
      await navigator.clipboard.writeText(text);
      told.textContent = "Copied.";
    } catch {
      told.textContent = "Selected: copy it with the keyboard.";
    }
  });
  const save = button("Save as a file", () => {
    const link = make("a", "", [], { href: URL.createObjectURL(new Blob([text], { type: "text/plain" })), download: FILE });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  return make("details", "lesson-teacher", [
    make("summary", "", "Your answers as text, for a teacher"), area, make("div", "lesson-row", [copy, save, told]),
  ]);
}

/** The packages for a learning management system, which only the server has. */
function packages(lessons) {
  const links = lessons.map(({ number, title }) => {
    const file = `lesson-${String(number).padStart(2, "0")}.zip`;
    return make("li", "", make("a", "", title, { href: `scorm/${file}`, download: file }), { value: number });
  });
  return make("details", "lesson-teacher", [
    make("summary", "", "The lessons for a learning management system (SCORM 1.2)"),
    make("p", "lesson-hint", "Each package asks, plays the run, and reports each answer, how sure, and that the lesson is done. The packages need the network."),
    make("ol", "", links),
  ]);
}

/** `opened(texts)` gets the texts of a teacher's own files by name; `forgotten()` is called when all is. */
export function list(lessons, answers, words, { opened, forgotten }) {
  const file = make("input", "", [], { type: "file", accept: ".yaml,.yml", multiple: "", id: "lesson-file" });
  file.addEventListener("change", async () => {
    const texts = await Promise.all([...file.files].map(async (one) => [one.name, await one.text()]));
    file.value = "";
    if (texts.length) opened(Object.fromEntries(texts));
  });
  const some = lessons.some((lesson) => answers.of(lesson));
  const forget = button("Forget my answers", () =>
    sure("Forget all your answers? They are kept nowhere else.", "Forget them", () => { answers.forget(); forgotten(); }));
  forget.id = "lesson-forget";
  return [
    make("h1", "", "Lessons", { tabindex: "-1" }),
    make("p", "", "A lesson asks first, and shows what happens only after your answer."),
    ...(answers.isKept ? [] : [make("p", "lesson-hint", "This browser keeps nothing: your answers last as long as this page.")]),
    make("ol", "lesson-list", lessons.map((lesson) => entry(lesson, answers.of(lesson)))),
    ...toReview(lessons, answers),
    ...(some ? [forTeacher(summary(lessons, answers, words)), make("div", "lesson-row", forget)] : []),
    ...(syncasync.isOneFile ? [] : [packages(lessons)]),
    make("p", "lesson-own", make("label", "", ["A lesson of your own, with the scenarios beside it: ", file])),
  ];
}
