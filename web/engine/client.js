// What a page imports: the program in a worker, behind a few functions. docs/browser.md describes them.

const KEPT_FOR_RESTART = {};

/** What went wrong, in the words of the program; `code` is the exit code of the command line. */
export class SyncasyncError extends Error {
  constructor(message, code) {
    super(message);
    this.name = "SyncasyncError";
    this.code = code;
  }
}

const loaded = { engine: [0, ASSETS.wasm.size], packages: [0, ASSETS.pack.size] };

/** Count what comes in, and tell the page. */
function counted(name, body) {
  return body.pipeThrough(new TransformStream({
    transform(chunk, controller) {
      loaded[name][0] += chunk.byteLength;
      progress("loading");
      controller.enqueue(chunk);
    },
  }));
}

function progress(what) {
  const sum = (which) => Object.values(loaded).reduce((all, pair) => all + pair[which], 0);
  syncasync.onprogress?.({ what, loaded: Math.min(sum(0), sum(1)), total: sum(1) });
}

/** What the single file holds of another file, as base64; other pages than ours hold nothing. */
const inside = (file) => syncasync.inside?.(file);

/** The bytes of a file: from the page itself, or from beside this script. */
async function opened(file) {
  const held = inside(file);
  if (held) return new Response(Uint8Array.from(atob(held), (letter) => letter.charCodeAt(0)));
  const response = await fetch(new URL(file, import.meta.url));
  if (!response.ok) throw new SyncasyncError(`${file}: ${response.status} ${response.statusText}; load the page again`, 1);
  return response;
}

async function bytesOf(name, { file }, isZipped) {
  const body = counted(name, (await opened(file)).body);
  return isZipped ? body.pipeThrough(new DecompressionStream("gzip")) : body;
}

/** Both parts at the same time, the first compiled while it comes; kept, so that a restart takes neither. */
function parts() {
  KEPT_FOR_RESTART.wasm ??= bytesOf("engine", ASSETS.wasm, inside(ASSETS.wasm.file)).then((body) =>
    WebAssembly.compileStreaming(new Response(body, { headers: { "Content-Type": "application/wasm" } })));
  KEPT_FOR_RESTART.pack ??= bytesOf("packages", ASSETS.pack, true).then((body) => new Response(body).arrayBuffer());
  return Promise.all([KEPT_FOR_RESTART.wasm, KEPT_FOR_RESTART.pack]);
}

function workerOf() {
  const { file } = ASSETS.worker, held = inside(file);
  const address = held ? `data:text/javascript;base64,${held}` : new URL(file, import.meta.url);
  return new Worker(address, { type: "module", name: "syncasync-sim" });
}

let worker, stop, waiting = new Map(), asked = 0;
const kept = new Map(); // files of measured times: they stay in this page, also when Python starts again

const base64 = (bytes) => {
  let letters = "";
  for (let at = 0; at < bytes.length; at += 32768) letters += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(letters);
};

/** Start the worker; `ready` is kept when Python has imported the program. */
function start() {
  const mine = worker = workerOf();
  waiting = new Map();
  let began = 0;
  syncasync.ready = new Promise((done, failed) => {
    stop = failed;
    mine.onerror = (event) => failed(new SyncasyncError(event.message || "the worker does not start", 70));
    mine.onmessage = ({ data }) => {
      if (data.ready) {
        syncasync.times = { loaded: began, ...data.ready, ready: performance.now() };
        progress("ready");
        for (const words of kept.values()) send("keep", words, { done() {}, failed() {} });
        done();
      } else if (data.share !== undefined) {
        syncasync.onprogress?.({ what: "running", loaded: data.share, total: 1 });
      } else if (data.broken && !waiting.has(data.id)) {
        failed(new SyncasyncError(data.broken, 70));
      } else {
        received(data);
      }
    };
    Promise.resolve(syncasync.seen).then(parts).then(([wasm, pack]) => {
      began = performance.now();
      progress("starting");
      mine.postMessage({ start: { wasm, pack: new Uint8Array(pack) } });
    }, (error) => {
      for (const name of Object.keys(KEPT_FOR_RESTART)) delete KEPT_FOR_RESTART[name];
      failed(error);
    });
  });
  syncasync.ready.catch(() => {}); // who waits for it hears of it
}

function received({ id, code, text, broken }) {
  const { done, failed } = waiting.get(id);
  waiting.delete(id);
  if (broken) {
    failed(new SyncasyncError(broken, 70));
    cancel();
  } else if (code) {
    failed(new SyncasyncError(text, code));
  } else {
    done(text);
  }
}

function send(call, words, answered) {
  waiting.set(++asked, answered);
  worker.postMessage({ id: asked, call, words });
}

async function ask(call, words) {
  await syncasync.ready;
  return new Promise((done, failed) => send(call, words, { done, failed }));
}

/** Put a file beside the scenario, for `traffic.file` and `empirical(file=...)`. */
async function keep(name, bytes) {
  const words = { name, content: base64(bytes) };
  await ask("keep", words);
  kept.set(name, words);
}

const plain = async (call, words) => JSON.parse(await ask(call, words));

/** End what runs, and start again with what is loaded already. A call that has no answer yet fails. */
function cancel() {
  worker.terminate();
  const left = [...waiting.values(), { failed: stop }];
  start();
  for (const { failed } of left) failed(new SyncasyncError("cancelled", 130));
}

const known = ({ seed, mode, name } = {}) => ({ seed, mode, name });

/** What a lesson may be given besides: the number of a student, and the texts of files by name. */
const given = ({ student = null, files = null } = {}) => ({ student, files });

export const syncasync = Object.assign((globalThis.syncasync ??= {}), {
  onprogress: null,
  run: (source, how) => ask("run", { source, ...known(how) }),
  summary: (source, how) => plain("summary", { source, ...known(how) }),
  charts: (source, { seed, name, positions = {} } = {}) => plain("charts", { source, positions, seed, name }),
  look: (source, positions = {}, { seed, name } = {}) => plain("look", { source, positions, seed, name }),
  controls: (source, { seed, name } = {}) => plain("controls", { source, seed, name }),
  scenarios: () => plain("scenarios", {}),
  catalogue: () => plain("catalogue", {}),
  check: (source, { name } = {}) => plain("check", { source, name }),
  result: (source, positions = {}, { seed, name } = {}) => plain("result", { source, positions, seed, name }),
  changes: (source, positions = {}, { seed, name } = {}) => plain("changes", { source, positions, seed, name }),
  keep,
  read: (name) => ask("read", { name }),
  tell: (words, { files = {}, input = "", columns = null } = {}) => plain("tell", { words, files, typed: input, columns }),
  lessons: () => plain("lessons", {}),
  lesson: (source, how) => plain("lesson", { source, ...given(how) }),
  recall: (source, letter, { columns = 90, ...how } = {}) =>
    plain("lesson_recall", { source, letter, columns, ...given(how) }),
  answer: (source, letter, { sure = null, why = "", columns = 90, ...how } = {}) =>
    plain("lesson_answer", { source, letter, sure, why, columns, ...given(how) }),
  change: (source, index, { guess = "", columns = 90, ...how } = {}) =>
    plain("lesson_change", { source, index, guess, columns, ...given(how) }),
  transfer: (source, letter, { columns = 90, ...how } = {}) =>
    plain("lesson_transfer", { source, letter, columns, ...given(how) }),
  picture: (source, how) => plain("lesson_picture", { source, ...given(how) }),
  cancel,
});

start();

/** After the first visit the page works without a network. */
if (!inside(ASSETS.worker.file) && "serviceWorker" in navigator) {
  syncasync.ready.then(() => navigator.serviceWorker.register(new URL(ASSETS.service, import.meta.url))).catch(() => {});
}
