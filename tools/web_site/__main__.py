"""Build the browser edition: `make site`."""

from __future__ import annotations

import sys

from web_site.pack import pack
from web_site.pages import Parts, worker, write_site
from web_site.places import ESBUILD, PYODIDE, SINGLE_FILE, SITE
from web_site.scorm import write_packages
from web_site.single_file import write_single_file


def main() -> int:
    """Build the site and the single file; the exit code."""
    if not ESBUILD.exists() or not PYODIDE.is_dir():
        print("web_site: Pyodide and esbuild are missing; run  npm ci --prefix web  first", file=sys.stderr)
        return 1
    parts = Parts((PYODIDE / "pyodide.asm.wasm").read_bytes(), pack(), worker())
    write_site(parts)
    write_packages()
    write_single_file()
    print(f"{SITE}\n{SINGLE_FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
