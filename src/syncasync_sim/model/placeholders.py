"""Placeholders in the texts of a lesson: `{number}`, `{answer}` and `{value}`."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


def filled(text: str, number: str | None, answer: str | None, value: str | None = None) -> str:
    """The text with its placeholders replaced; other braces stay as they are.

    Args:
        text: the text.
        number: the text for `{number}`.
        answer: the text for `{answer}`.
        value: the text for `{value}`.
    """
    values = {"number": number, "answer": answer, "value": value}
    return PLACEHOLDER.sub(lambda match: values.get(match[1]) or match[0], text)
