"""The pages of the site and their scripts: bundled, with hashes in their names and a policy in each page."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import web_story
from syncasync_sim.replay.html_page import script, style
from web_site.places import ASSETS, ESBUILD, PYODIDE, SINGLE_FILE, SITE, WEB
from web_site.questions import questions

_SELF = "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'"
POLICY = f"default-src 'none'; {_SELF}; worker-src 'self'; base-uri 'none'; form-action 'none'"
"""What a page of the site may do: nothing comes from elsewhere, nothing is sent anywhere."""
_INLINE = "script-src 'unsafe-inline' 'wasm-unsafe-eval' data:; style-src 'unsafe-inline'; img-src data:"
POLICY_OF_SINGLE_FILE = (
    f"default-src 'none'; {_INLINE}; worker-src data:; base-uri 'none'; form-action 'none'"
)
"""The same for the page that is one file: all is in it, and its worker is at a `data:` address."""
WORKER, WASM, PACK = "engine-worker", "engine-wasm", "engine-pack"
"""In the single file, the elements that hold these parts."""
_REFERENCE = re.compile(r'(?P<before>\b(?:src|href)=")(?P<name>[\w.-]+\.(?:js|css|svg))(?=")')
_LINKED = re.compile(
    r'<link rel="stylesheet" href="(?P<style>[\w.-]+)">|<script[^>]* src="(?P<script>[\w.-]+)"[^>]*></script>'
)
_ICON = re.compile(r'<link rel="icon"[^>]*>')
_CHARSET = '<meta charset="utf-8">'


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pages need besides their own scripts: bytes or text."""

    wasm: bytes
    pack: bytes
    worker: bytes

    def described(self, names: Mapping[str, str], *, zipped: bool) -> str:
        """What the client is told of them: names, sizes and elements, as JSON.

        Args:
            names: the names of the files, by part.
            zipped: whether the code of Python is compressed already.
        """
        wasm = gzip.compress(self.wasm, 9, mtime=0) if zipped else self.wasm
        return json.dumps(
            {
                "wasm": {"file": names["wasm"], "size": len(wasm), "element": WASM, "zipped": zipped},
                "pack": {"file": names["pack"], "size": len(self.pack), "element": PACK},
                "worker": {"file": names["worker"], "element": WORKER},
                "service": "../sw.js",
            }
        )


def worker() -> bytes:
    """The script of the worker, with Pyodide's own scripts in it."""
    info = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
    lock = json.dumps({"info": info, "packages": {}})
    return _bundled(WEB / "engine" / "worker.js", f"LOCK_FILE={json.dumps(lock)}")


def write_site(parts: Parts) -> None:
    """Write the site anew."""
    shutil.rmtree(SITE, ignore_errors=True)
    (SITE / ASSETS).mkdir(parents=True)
    names = {
        "wasm": _asset("python.wasm", parts.wasm),
        "pack": _asset("packages.pack", parts.pack),
        "worker": _asset("worker.js", parts.worker),
    }
    client = f"ASSETS={parts.described(names, zipped=False)}"
    shared = {
        "stage.js": _asset("stage.js", _stage()),
        "stage.css": _asset("stage.css", style("sliders").encode()),
    }
    for page in pages():
        text = page.read_text(encoding="utf-8")
        found = {match["name"] for match in _REFERENCE.finditer(text)}
        for name in sorted(found - shared.keys()):
            content = _content(page.parent, name, client)
            shared[name] = _asset(name, content)
        linked = _REFERENCE.sub(lambda match: f"{match['before']}{ASSETS}/{shared[match['name']]}", text)
        (SITE / page.name).write_text(_with_policy(linked, POLICY), encoding="utf-8")
    engine = _asset("engine.js", _bundled(WEB / "engine" / "client.js", client))
    web_story.build(
        SITE, engine=f"{ASSETS}/{engine}", ways={"playground": "playground.html", "lessons": "lessons.html"}
    )
    kept = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*") if path.is_file())
    if (SITE / "index.html").exists():
        kept.append("./")
    version = _hash(b"".join((SITE / name).read_bytes() for name in kept if name != "./"))
    service = _bundled(WEB / "sw.js", f"FILES={json.dumps(kept)}", f"VERSION={json.dumps(version)}")
    (SITE / "sw.js").write_bytes(service)


def write_single_file(parts: Parts) -> None:
    """Write the playground as one page that needs no other file."""
    none = dict.fromkeys(("wasm", "pack", "worker"), "")
    client = f"ASSETS={parts.described(none, zipped=True)}"
    page = WEB / "playground.html"
    text = page.read_text(encoding="utf-8")
    texts = {"stage.js": _stage().decode(), "stage.css": style("sliders")}

    def inline(match: re.Match[str]) -> str:
        name = match["style"] or match["script"]
        content = texts.get(name) or _content(page.parent, name, client).decode()
        if match["style"]:
            return f"<style>\n{content}</style>"
        kind = ' type="module"' if "module" in match.group() else ""
        return f"<script{kind}>\n" + content.replace("</script", "<\\/script") + "</script>"

    held = "".join(
        f'<script type="text/plain" id="{name}">{base64.b64encode(content).decode()}</script>\n'
        for name, content in {
            WASM: gzip.compress(parts.wasm, 9, mtime=0),
            PACK: parts.pack,
            WORKER: parts.worker,
        }.items()
    )
    text = _ICON.sub('<link rel="icon" href="data:,">', text)
    before, first, after = text.partition("<script")
    made = _LINKED.sub(inline, before) + held + _LINKED.sub(inline, first + after)
    SINGLE_FILE.write_text(_with_policy(made, POLICY_OF_SINGLE_FILE), encoding="utf-8")


def pages() -> list[Path]:
    """The pages in the sources."""
    return sorted(path for path in WEB.rglob("*.html") if "node_modules" not in path.relative_to(WEB).parts)


def _content(folder: Path, name: str, client: str) -> bytes:
    """The bytes of a script or a style sheet that a page names."""
    path = folder / name if (folder / name).exists() else WEB / name
    return _bundled(path, client, f"LESSONS={questions()}") if path.suffix == ".js" else path.read_bytes()


def _stage() -> bytes:
    return script("sliders").encode()


def _with_policy(page: str, policy: str) -> str:
    assert page.count(_CHARSET) == 1, f"a page begins with {_CHARSET}"
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
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
