"""What Sphinx and the theme write that a screen reader cannot make sense of, and what it becomes."""

from __future__ import annotations

from pathlib import Path

REPAIRS = (
    ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="All pages">'),
    ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
    ('<th class="head"><p></p></th>', "<td></td>"),  # the corner of a table
)


def repair(site: Path) -> list[str]:
    """Repair every page in its file; gives what was found nowhere, and so is to be taken off the list."""
    unused = {old for old, _ in REPAIRS}
    for page in site.rglob("*.html"):
        text = repaired = page.read_text(encoding="utf-8")
        for old, new in REPAIRS:
            if old in repaired:
                unused.discard(old)
                repaired = repaired.replace(old, new)
        if repaired != text:
            page.write_text(repaired, encoding="utf-8")
    return sorted(unused)
