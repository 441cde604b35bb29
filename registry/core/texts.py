"""Format texts for people."""

from __future__ import annotations

import textwrap


def shorten_text(text: str | None, width: int = 80) -> str:
    """Return a text shortened at a word boundary, with an ellipsis at the cut."""
    return textwrap.shorten(text or "", width, placeholder=" …")
