"""The code of a guide page, so that tests do what the page tells its readers to do.

A fenced block whose first line reads, say, ```` ```yaml /home/ada/config.yaml ```` is
a file to be written; one in `sh` is a command to be run as printed. Blocks in other
languages, such as `console`, are only to be read.
"""

from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"


class Block(NamedTuple):
    """One fenced block: its section, its language, the file it shows (or nothing)."""

    section: str
    language: str
    path: str
    text: str


def blocks(page: str) -> list[Block]:
    """Return all fenced blocks of a page of the guide, in the page's order."""
    tokens = MarkdownIt().parse((GUIDE / page).read_text(encoding="utf-8"))
    found, section = [], ""
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following:
            section = following.content
        elif token.type == "fence":
            language, _, path = token.info.strip().partition(" ")
            found.append(Block(section, language, path, token.content))
    return found
