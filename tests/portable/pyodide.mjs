// Run a Python program under Pyodide, in Node:
//     node pyodide.mjs FOLDER-OF-PYODIDE CHECKOUT PROGRAM FOLDER...
// The checkout's sources and the folders go on Python's path. What the program prints goes to standard output.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [home, checkout, program, ...folders] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(home, "pyodide.mjs")).href);
const pyodide = await loadPyodide({ indexURL: home, env: { PYTHONDONTWRITEBYTECODE: "1", HOME: "/home" } });
const mount = (inside, folder) => {
  pyodide.mountNodeFS(inside, folder);
  return inside;
};
const path = [`${mount("/checkout", checkout)}/src`, ...folders.map((one, number) => mount(`/path${number}`, one))];
pyodide.globals.set("path", pyodide.toPy(path));
pyodide.runPython("import sys; sys.dont_write_bytecode = True; sys.path[:0] = path");
pyodide.runPython(readFileSync(program, "utf-8"));
