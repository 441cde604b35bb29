"""Texts for people."""

from __future__ import annotations

import textwrap


def shorten_text(text: str | None, width: int = 80) -> str:
    """Cut a text between words, with an ellipsis where something is missing."""
    return textwrap.shorten(text or "", width, placeholder=" …")
