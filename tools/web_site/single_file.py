"""The whole site as one page that needs no other file.

Each page is a template in it; the address says which is shown.
"""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path

from web_site.pages import WAYS
from web_site.places import ASSETS, SINGLE_FILE, SITE, WEB

_INLINE = "script-src 'unsafe-inline' 'wasm-unsafe-eval' data:; style-src 'unsafe-inline'; img-src data:"
POLICY = f"default-src 'none'; {_INLINE}; worker-src data:; base-uri 'none'; form-action 'none'"
"""What this page may do: all is in it, it asks for nothing, and its worker is at a `data:` address."""
_STYLE = re.compile(r'<link rel="stylesheet" href="(?P<file>[^"]+)">')
_SCRIPT = re.compile(r'<script(?P<kind> type="module")?[^>]* src="(?P<file>[^"]+)"[^>]*></script>')
_ANOTHER_PAGE = re.compile(rf"(?<=[\"'`])(?P<file>{'|'.join(map(re.escape, WAYS.values()))})(?P<more>#?)")
_PAGE = re.compile(
    r"<title>(?P<title>.*?)</title>(?P<head>.*?)</head>\s*<body>(?P<body>.*)</body>", re.DOTALL
)
_NO_SCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)


def write_single_file() -> None:
    """Write it from the pages of the site, which have to be there."""
    boot = (WEB / "single_file.js").read_text(encoding="utf-8")
    text = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>syncasync-sim</title>
<link rel="icon" href="data:,">
</head>
<body>
<noscript><h1>syncasync-sim</h1><p>This page runs a simulator in the browser. It needs JavaScript, which is
off. Allow it for this page, and load it again.</p></noscript>
{_held()}{"".join(_template(name, SITE / file) for name, file in WAYS.items())}<script>
{boot}</script>
</body>
</html>
"""
    SINGLE_FILE.write_text(text, encoding="utf-8")


def _held() -> str:
    """The files that scripts of the pages ask for, each in an element whose id is the file's name."""
    made = {}
    for path in sorted((SITE / ASSETS).iterdir()):
        if path.name.startswith("engine-"):  # the story's; it is run as a script
            made[f"{ASSETS}/{path.name}"] = _in_script(path.read_text(encoding="utf-8"))
        elif path.suffix == ".wasm":
            made[path.name] = _base64(gzip.compress(path.read_bytes(), 9, mtime=0))
        elif path.suffix == ".pack" or path.name.startswith("worker-"):
            made[path.name] = _base64(path.read_bytes())
    for path in sorted((SITE / "story" / "runs").iterdir()):
        made[path.relative_to(SITE).as_posix()] = _in_script(path.read_text(encoding="utf-8"))
    return "".join(f'<script type="text/plain" id="{name}">{text}</script>\n' for name, text in made.items())


def _template(name: str, page: Path) -> str:
    """A page, with its styles and its scripts after its elements."""
    match = _PAGE.search(page.read_text(encoding="utf-8"))
    assert match, page
    title, head, body = (_NO_SCRIPT.sub("", part) for part in match.groups())
    styles = "".join(f"<style>\n{_read(found['file'])}</style>\n" for found in _STYLE.finditer(head))
    scripts = "".join(
        f"<script{found['kind'] or ''}>\n{_in_script(_linked(_read(found['file'])))}</script>\n"
        for found in _SCRIPT.finditer(head + body)
    )
    inside = f"{styles}{_linked(_SCRIPT.sub('', body))}{scripts}"
    return f'<template data-page="{name}" title="{title}">{inside}</template>\n'


def _linked(text: str) -> str:
    """A page or a script that leads to the other pages in this file."""
    names = {file: name for name, file in WAYS.items()}
    return _ANOTHER_PAGE.sub(
        lambda match: f"#page={names[match['file']]}{'&' if match['more'] else ''}", text
    )


def _read(file: str) -> str:
    return (SITE / file).read_text(encoding="utf-8")


def _in_script(text: str) -> str:
    """A script as the content of an element, which it must not end."""
    assert "<!--" not in text
    return text.replace("</script", "<\\/script")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
