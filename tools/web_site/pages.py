"""The pages of the site and their scripts: bundled, with hashes in their names and a policy in each page."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import web_story
from syncasync_sim.replay.html_page import script, style
from web_site.places import ASSETS, ESBUILD, PYODIDE, SITE, WEB
from web_site.questions import questions

_SELF = "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'"
POLICY = f"default-src 'none'; {_SELF}; worker-src 'self'; base-uri 'none'; form-action 'none'"
"""What a page of the site may do: nothing comes from elsewhere, nothing is sent anywhere."""
WAYS = {"story": "index.html", "lessons": "lessons.html", "playground": "playground.html"}
"""The pages, by name."""
_REFERENCE = re.compile(r'(?P<before>\b(?:src|href)=")(?P<name>[\w.-]+\.(?:js|css|svg))(?=")')
_NAVIGATION = "<nav></nav>\n"
_CHARSET = '<meta charset="utf-8">'


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pages need besides their own scripts: bytes or text."""

    wasm: bytes
    pack: bytes
    worker: bytes


def worker() -> bytes:
    """The script of the worker, with Pyodide's own scripts in it."""
    info = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
    lock = json.dumps({"info": info, "packages": {}})
    return _bundled(WEB / "engine" / "worker.js", f"LOCK_FILE={json.dumps(lock)}")


def write_site(parts: Parts) -> None:
    """Write the site anew."""
    shutil.rmtree(SITE, ignore_errors=True)
    (SITE / ASSETS).mkdir(parents=True)
    wasm, pack = _asset("python.wasm", parts.wasm), _asset("packages.pack", parts.pack)
    assets = {
        "wasm": {"file": wasm, "size": len(parts.wasm)},
        "pack": {"file": pack, "size": len(parts.pack)},
        "worker": {"file": _asset("worker.js", parts.worker)},
        "service": "../sw.js",
    }
    client = f"ASSETS={json.dumps(assets)}"
    shared = {
        "stage.js": _asset("stage.js", script("blocks", "sliders").encode()),
        "stage.css": _asset("stage.css", style("blocks", "sliders").encode()),
    }
    for page in pages():
        text = page.read_text(encoding="utf-8").replace(_NAVIGATION, web_story.navigation(WAYS, page.stem))
        found = {match["name"] for match in _REFERENCE.finditer(text)}
        for name in sorted(found - shared.keys()):
            content = _content(page.parent, name, client)
            shared[name] = _asset(name, content)
        linked = _REFERENCE.sub(lambda match: f"{match['before']}{ASSETS}/{shared[match['name']]}", text)
        (SITE / page.name).write_text(_with_policy(linked), encoding="utf-8")
    engine = _asset("engine.js", _bundled(WEB / "engine" / "client.js", client))
    web_story.build(SITE, engine=f"{ASSETS}/{engine}", ways=WAYS)
    kept = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*") if path.is_file())
    kept.append("./")
    version = _hash(b"".join((SITE / name).read_bytes() for name in kept if name != "./"))
    service = _bundled(WEB / "sw.js", f"FILES={json.dumps(kept)}", f"VERSION={json.dumps(version)}")
    (SITE / "sw.js").write_bytes(service)


def pages() -> list[Path]:
    """The pages in the sources."""
    return sorted(path for path in WEB.rglob("*.html") if "node_modules" not in path.relative_to(WEB).parts)


def _content(folder: Path, name: str, client: str) -> bytes:
    """The bytes of a script or a style sheet that a page names."""
    path = folder / name if (folder / name).exists() else WEB / name
    return _bundled(path, client, f"LESSONS={questions()}") if path.suffix == ".js" else path.read_bytes()


def _with_policy(page: str) -> str:
    assert page.count(_CHARSET) == 1, f"a page begins with {_CHARSET}"
    tag = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return page.replace(_CHARSET, f"{_CHARSET}\n{tag}")


def _asset(name: str, content: bytes) -> str:
    """Write a file whose name has a hash of what is in it; its name."""
    stem, _, ending = name.rpartition(".")
    hashed = f"{stem}-{_hash(content)}.{ending}"
    (SITE / ASSETS / hashed).write_bytes(content)
    return hashed


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _bundled(entry: Path, *defined: str) -> bytes:
    options = [f"--define:{one}" for one in defined]
    done = subprocess.run(
        [
            *(str(ESBUILD), str(entry), "--bundle", "--format=esm", "--target=es2022", "--minify"),
            *("--external:node:*", "--external:ws", "--charset=utf8", "--legal-comments=none"),
            *("--log-level=error", *options),
        ],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return done.stdout
