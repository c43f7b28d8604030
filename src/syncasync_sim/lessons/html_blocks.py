"""The blocks of a lesson as HTML for a notebook: every text escaped, no colours of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from syncasync_sim.lessons.plain_blocks import plain_blocks
from syncasync_sim.lessons.presenter import Block, Gate
from syncasync_sim.render.html import Line, html_table


def to_html(blocks: Iterable[Block | Gate]) -> str:
    """The blocks as HTML, one below the other; a gate is left out, as a notebook does not wait."""
    return f'<div style="max-width:60em">{"".join(map(_html, plain_blocks(blocks)))}</div>'


def _html(block: Mapping[str, Any]) -> str:
    match block["kind"]:
        case "gate":
            return ""
        case "lines":
            tag = "b" if block["bold"] else "span"
            return f"<p>{'<br>'.join(f'<{tag}>{escape(text)}</{tag}>' for text in block['texts'])}</p>"
        case "table":
            return html_table(block["heads"], map(Line, block["lines"]), left=block["left"])
        case "options":
            pairs = zip(block["letters"], block["texts"], strict=True)
            return "<p>" + "<br>".join(f"<b>{letter})</b> {escape(text)}" for letter, text in pairs) + "</p>"
    return f'<pre style="line-height:1.2">{escape(chr(10).join(block["lines"]))}</pre>'
