// Compile Python files with the Python of Pyodide, which is the one that will run them:
//     node compile.mjs FOLDER-OF-PYODIDE FOLDER
// Each .py file in the folder gets a .pyc file beside it, unless it has one.
import { pathToFileURL } from "node:url";

const [home, folder] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${home}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: home, env: { PYTHONDONTWRITEBYTECODE: "1", PYTHONNODEBUGRANGES: "1" } });
pyodide.mountNodeFS("/tree", folder);
pyodide.runPython(`
import marshal
from importlib.util import MAGIC_NUMBER
from pathlib import Path

# "Never checked against a source", and a hash that nobody reads.
HEAD = MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
for path in sorted(Path("/tree").rglob("*.py")):
    if path.with_suffix(".pyc").exists():
        continue
    name = str(path).removeprefix("/tree")
    # Of others, the texts that only a person at the source would read are left out.
    level = 0 if "/syncasync_sim/" in name or name.endswith("/engine.py") else 2
    code = compile(path.read_bytes(), name, "exec", dont_inherit=True, optimize=level)
    path.with_suffix(".pyc").write_bytes(HEAD + marshal.dumps(code))
`);
process.exit(0);
