// The worker in which Python runs. The page hands it all that it needs; it asks for nothing by itself.
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { loadPyodide } from "pyodide";

const LIBRARY = "/lib/python3.14";

/** Write the files of the pack into the folders of Python, before it starts. */
function unpack(FS, pack) {
  const length = new DataView(pack.buffer, pack.byteOffset).getUint32(0, true);
  const index = JSON.parse(new TextDecoder().decode(pack.subarray(4, 4 + length)));
  let at = 4 + length, folder = "";
  for (const [path, size] of index) {
    const inside = path.slice(0, path.lastIndexOf("/"));
    if (inside !== folder) FS.mkdirTree(folder = inside);
    FS.writeFile(path, pack.subarray(at, at += size), { canOwn: true }); // 18 MB are not copied
  }
}

/** Start Python, and import the program; how long each took, in milliseconds. */
async function start({ wasm, pack }) {
  const began = performance.now();
  // Pyodide would fetch what is here already.
  globalThis.fetch = async () => new Response(EMPTY_ZIP);
  WebAssembly.instantiateStreaming = async (_, imports) => ({ module: wasm, instance: await WebAssembly.instantiate(wasm, imports) });
  const pyodide = await loadPyodide({
    createPyodideModule,
    indexURL: "https://nowhere.invalid/",
    stdLibURL: "data:,",
    lockFileContents: LOCK_FILE,
    env: { HOME: "/home", PYTHONPATH: LIBRARY, PYTHONDONTWRITEBYTECODE: "1", PYDANTIC_DISABLE_PLUGINS: "__all__" },
    fsInit: async (FS) => { unpack(FS, pack); },
  });
  const python = performance.now();
  engine = pyodide.pyimport("engine");
  return { python: python - began, program: performance.now() - python };
}

// What an empty zip file is made of: the standard library is in the pack.
const EMPTY_ZIP = new Uint8Array([0x50, 0x4b, 5, 6, ...Array(18).fill(0)]);
let engine = null;

onmessage = async ({ data }) => {
  try {
    if (data.start) {
      postMessage({ ready: await start(data.start) });
      return;
    }
    const answered = engine.answer(data.call, JSON.stringify(data.words), (share) => { postMessage({ id: data.id, share }); });
    const [code, text] = answered.toJs();
    answered.destroy();
    postMessage({ id: data.id, code, text });
  } catch (error) { // Python itself has ended
    postMessage({ id: data.id, broken: String(error?.message ?? error).trim().split("\n").at(-1) });
  }
};
