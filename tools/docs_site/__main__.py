"""Build the site, strictly, and check it: `make docs`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from docs_site import check, commands, galleries, python_names
from docs_site.places import HERE, SITE, SOURCE, TOP, on_site, relative, with_links_of_the_site
from docs_site.repairs import repair

COPIED = ("docs/pictures", "docs/own-log", "notebooks")
"""Folders whose files are on the site as they are."""
GENERATED = {"commands.md": commands.page, "python.md": python_names.page}


def write_source() -> None:
    """Write what Sphinx reads into its folder, anew."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    shutil.copy(HERE / "conf.py", SOURCE)
    (SOURCE / "_static").mkdir()
    shutil.copy(HERE / "site.css", SOURCE / "_static")
    for name in ("LICENSE", "LICENSE-texts"):
        shutil.copy(TOP / name, SOURCE)
    for folder in COPIED:
        shutil.copytree(TOP / folder, SOURCE / str(on_site(relative(TOP / folder))))
    top = (TOP / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"))
    written = [*sorted(TOP.glob("docs/*.md")), *top]
    for page in written:
        target = SOURCE / str(on_site(relative(page)))
        target.write_text(with_links_of_the_site(page), encoding="utf-8")
    for name, make in GENERATED.items():
        (SOURCE / name).write_text(make(), encoding="utf-8")
    galleries.write(SOURCE)
    (SOURCE / "index.md").write_text(_front_page(), encoding="utf-8")


def _front_page() -> str:
    """Its lists name the pages in a chosen order; those that no list names come last."""
    text = (HERE / "index.md").read_text(encoding="utf-8")
    listed = {line.rpartition("<")[2].removesuffix(">") for line in text.splitlines()}
    others = sorted(page.stem for page in SOURCE.glob("*.md") if page.stem not in listed)
    return text.replace("OTHERS\n", "".join(f"{name}\n" for name in others))


def build() -> int:
    """Make HTML of it: every warning is an error. The exit code."""
    shutil.rmtree(SITE, ignore_errors=True)
    doctrees = SOURCE.with_name("site-doctrees")
    strictly = ("--fail-on-warning", "--keep-going", "--quiet", "--fresh-env", "--write-all")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *strictly, "-d", str(doctrees), str(SOURCE), str(SITE)],
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )
    return done.returncode


def main() -> int:
    """Write, build and check; the exit code."""
    write_source()
    if code := build():
        return code
    if unused := repair(SITE):
        print(f"tools/docs_site/repairs.py: not needed any more: {', '.join(unused)}", file=sys.stderr)
        return 1
    return check.main()


if __name__ == "__main__":
    sys.exit(main())
