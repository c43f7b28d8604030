"""Where things are in the repository, and where they are built."""

from __future__ import annotations

from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
WEB = TOP / "web"
PYODIDE = WEB / "node_modules" / "pyodide"
ESBUILD = WEB / "node_modules" / ".bin" / "esbuild"
BUILT = TOP / "build" / "web"
"""What is made on the way."""
SITE = TOP / "build" / "site"
ASSETS = "assets"
"""The folder of the site whose files have a hash of their content in their names."""
SINGLE_FILE = TOP / "build" / "syncasync-sim.html"
WHEELS = (TOP / "build" / "pyodide" / "wheels", BUILT / "wheels")
"""Where the wheel of pydantic_core for WebAssembly may lie already; the last is where it is put."""
