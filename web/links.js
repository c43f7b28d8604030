// A page's state as its address, and back. An address is somebody else's text: all of it is checked, nothing of it is run.
// docs/browser.md says what an address may hold.

export const LONGEST_ADDRESS = 8_000;
export const MOST_UNPACKED = 1_000_000;
const VERSION = "1", SLICE = 256;
const PLACES = ["story", "lessons", "playground"];
const FILE_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$/u;
const CHANGED = /^[a-z][a-z_]{0,39}$/, PRINTABLE = /^\P{C}{1,200}$/u, HALF_A_CHARACTER = /\p{Cs}/u;
const MAKE_A_NEW_ONE = "Open the page without the link, or ask who sent it for a new one.";
const SAVE_A_FILE = "Save the scenario as a file, and send the file.";

/** What is wrong with a link, and what to do. */
class LinkProblem extends Error {}

const refuse = (what, cure = MAKE_A_NEW_ONE) => { throw new LinkProblem(`${what} ${cure}`); };
export const quoted = (text) => `"${text.replace(/\p{C}/gu, "?").slice(0, 40)}"`;
const count = (number) => number.toLocaleString("en");

/** The words of an address that have a meaning of their own, each with its check; every other word is a change. */
const READERS = {
  scenario: (word) => (/^[a-z][a-z0-9-]{0,59}$/.test(word) ? { scenario: word } : refuse("The link names no scenario.")),
  s: (word) => ({ packed: word }),
  seed: (word) => whole(word, "seed"),
  t: (word) => (/^\d{1,12}(\.\d{1,9})?$/.test(word) ? { time_s: Number(word) } : refuse(`The link names no time: ${quoted(word)}.`)),
  page: (word) => (PLACES.includes(word) ? { page: word } : refuse(`The link names a page that is not there: ${quoted(word)}.`)),
  lesson: (word) => whole(word, "lesson"),
  projector: () => ({ projector: true }),
};

function whole(word, name) {
  const number = /^\d{1,16}$/.test(word) ? Number(word) : NaN;
  if (!Number.isSafeInteger(number)) refuse(`The ${name} of the link must be a whole number, not ${quoted(word)}.`);
  return { [name]: number };
}

/** The word for a control or an incident; `positionsIn` reads it when the scenario's are known. */
function change(name, word) {
  if (!CHANGED.test(name)) refuse(`The link has a word that is not known: ${quoted(name)}.`);
  if (!PRINTABLE.test(word)) refuse(`The link says nothing that can be read for ${quoted(name)}.`);
  return word;
}

/** The same state without what says nothing. */
const compact = (state) => Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined && value !== null));

/**
 * The state that an address names, or the `problem` in a sentence. `scenarios` are the names of the bundled ones, if known.
 * `changes` holds a control's or an incident's word by its name, as `positionsIn` reads it.
 */
export async function read(hash, { scenarios } = {}) {
  try {
    const state = await stateIn(hash);
    if (scenarios && state.scenario && !scenarios.includes(state.scenario)) {
      refuse(`There is no bundled scenario ${quoted(state.scenario)}.`, "Choose one from the list.");
    }
    return { state };
  } catch (error) {
    if (error instanceof LinkProblem) return { problem: error.message };
    throw error;
  }
}

async function stateIn(hash) {
  if (hash.length > LONGEST_ADDRESS) {
    refuse(`The link is too long: it has ${count(hash.length)} characters, and ${count(LONGEST_ADDRESS)} are possible.`, SAVE_A_FILE);
  }
  const state = {}, changes = {}, said = new Set();
  for (const [name, word] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const isKnown = Object.hasOwn(READERS, name);
    if (!isKnown && !word) continue; // `#spike` is a place in a page
    if (said.has(name)) refuse(`The link says ${quoted(name)} twice.`);
    said.add(name);
    if (isKnown) Object.assign(state, READERS[name](word)); else changes[name] = change(name, word);
  }
  const { packed, ...plain } = state;
  if (packed !== undefined && plain.scenario !== undefined) refuse("The link names a scenario, and holds another.");
  return { ...plain, ...(packed === undefined ? {} : await textIn(packed)), changes };
}

/** The scenario that a link holds: its text, and what messages call it. */
async function textIn(packed) {
  const [, version, body] = /^(\d{1,6})\.([\w-]+)$/.exec(packed) ?? refuse("The link is damaged: a part of it is missing.");
  if (version !== VERSION) refuse(`The link is of another version (${version}; this page reads ${VERSION}).`, "Load the page again; if that does not help, ask for the file.");
  const held = parsed(await unpacked(bytesOf(body)));
  const strange = Object.keys(held).find((key) => !["name", "text"].includes(key));
  if (strange !== undefined) refuse(`The link holds what is not known: ${quoted(strange)}.`);
  const { name, text } = held;
  if (typeof text !== "string" || HALF_A_CHARACTER.test(text)) refuse("The link holds no text of a scenario.");
  if (name !== undefined && !(typeof name === "string" && FILE_NAME.test(name))) refuse("The link names no file.");
  return compact({ text, name });
}

function parsed(bytes) {
  let plain = null;
  try {
    plain = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // said below
  }
  const isObject = typeof plain === "object" && plain !== null && !Array.isArray(plain);
  return isObject ? plain : refuse("The link is damaged: what it holds cannot be read.");
}

function bytesOf(body) {
  try {
    return Uint8Array.from(atob(body.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return refuse("The link is damaged: a part of it is missing.");
  }
}

/** Bytes in small slices, each when it is asked for, so that what comes of the first is counted before the next. */
function sliced(bytes) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.subarray(at, at += SLICE)); else controller.close();
    },
  }, { highWaterMark: 0 });
}

/** The bytes that were packed; what unpacks to more than `most` is not unpacked to its end. */
export async function unpacked(bytes, most = MOST_UNPACKED) {
  const reader = sliced(bytes).pipeThrough(new DecompressionStream("deflate-raw")).getReader(), parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => refuse("The link is damaged: what it holds cannot be unpacked."));
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value);
    size += value.byteLength;
    if (size > most) {
      reader.cancel().catch(() => {});
      refuse(`The link holds more than ${count(most)} bytes.`, SAVE_A_FILE);
    }
  }
}

async function packed(plain) {
  const stream = new Blob([JSON.stringify(plain)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const letters = Array.from(new Uint8Array(await new Response(stream).arrayBuffer()), (byte) => String.fromCharCode(byte));
  return btoa(letters.join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The address of a state, `#...`, or the `problem` in a sentence. Short words for what is bundled; a text of somebody's own is packed.
 */
export async function write({ page, lesson, scenario, text, name, changes = {}, seed, time_s: time, projector }) {
  const words = new URLSearchParams();
  const say = (word, value) => { if (value !== undefined && value !== null) words.set(word, value); };
  say("page", page);
  say("lesson", lesson);
  if (text !== undefined && text !== null) say("s", `${VERSION}.${await packed(compact({ name, text }))}`);
  else say("scenario", scenario);
  for (const [control, word] of Object.entries(changes)) say(control, word);
  say("seed", seed);
  if (time) say("t", Number(time.toFixed(2)));
  if (projector) say("projector", "");
  const hash = `#${String(words).replaceAll("%2C", ",")}`;
  if (hash.length <= LONGEST_ADDRESS) return { hash };
  return { problem: `This scenario is too long for a link: it would have ${count(hash.length)} characters, and ${count(LONGEST_ADDRESS)} are possible. ${SAVE_A_FILE}` };
}

/** The `positions` of sliders and incidents that a state names, or the `problem`; `turned` is what `controls` gives. */
export function positionsIn({ changes }, turned) {
  const entries = Object.entries(changes).map(([name, word]) => [name, syncasync.positionOf(turned, name, word)]);
  const strange = entries.find(([, position]) => position === undefined);
  if (!strange) return { positions: Object.fromEntries(entries) };
  return { problem: `The link changes what this scenario does not have: ${quoted(`${strange[0]}=${changes[strange[0]]}`)}. ${MAKE_A_NEW_ONE}` };
}

/** The words for positions of sliders and incidents, as `write` takes them. */
export const changesOf = (positions, turned) => syncasync.positionWords(turned, positions);
