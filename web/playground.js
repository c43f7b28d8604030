// A scenario as text, its tables and its picture.
import { syncasync } from "./engine/client.js";

const at = (id) => document.getElementById(id);
const [engine, loaded, name, seed, text, run, cancel, problem, tables] =
  ["engine", "loaded", "name", "seed", "text", "run", "cancel", "problem", "tables"].map(at);
const WHAT = { loading: "Loading the engine", starting: "Starting Python", ready: "Ready" };
const FILE = "scenario.yaml";
let stage = null, scenarios = {};

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

syncasync.onprogress = ({ what, loaded: now, total }) => {
  loaded.value = what === "ready" ? 1 : (0.9 * now) / total;
  loaded.hidden = what === "ready";
  engine.textContent = what === "loading" ? `${WHAT.loading}: ${megabytes(now)} of ${megabytes(total)} MB` : `${WHAT[what]}.`;
};

function say(element, words) {
  element.textContent = words;
  element.hidden = !words;
}

function busy(is) {
  run.disabled = is;
  cancel.disabled = !is;
  engine.textContent = is ? "Running ..." : "Ready.";
}

/** The command line for the tables, and the picture; a mistake is told in the program's own words. */
async function show() {
  const how = { name: FILE, seed: seed.value === "" ? undefined : seed.valueAsNumber };
  const words = ["run", FILE, "--no-charts", ...(how.seed === undefined ? [] : ["--seed", String(how.seed)])];
  const { code, out, err } = await syncasync.tell(words, { files: { [FILE]: text.value } });
  say(tables, out);
  say(problem, code ? err.trim() : "");
  if (!out) return;
  const { document: picture, problem: why } = await syncasync.look(text.value, {}, how);
  if (why) say(problem, why);
  else if (stage) stage.update(picture);
  else stage = syncasync.mount(at("replay"), picture, { ...syncasync.address(location.hash), host: document });
}

at("question").addEventListener("submit", async (event) => {
  event.preventDefault();
  busy(true);
  try {
    await show();
  } catch (error) {
    say(problem, error.code === 130 ? "Cancelled." : error.message);
  }
  busy(false);
  document.body.dataset.runs = Number(document.body.dataset.runs ?? 0) + 1;
});
cancel.addEventListener("click", () => syncasync.cancel());
name.addEventListener("change", () => { text.value = scenarios[name.value]; });

try {
  await syncasync.ready;
  scenarios = await syncasync.scenarios();
  name.replaceChildren(...Object.keys(scenarios).map((one) => new Option(one)));
  name.value = new URLSearchParams(location.hash.slice(1)).get("scenario") ?? "checkout";
  if (!name.value) name.value = "checkout";
  text.value ||= scenarios[name.value];
  name.disabled = run.disabled = false;
  document.body.dataset.ready = "yes";
} catch (error) {
  engine.textContent = `The engine did not start: ${error.message}`;
}
