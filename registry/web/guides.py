"""The guides: Markdown of ``docs/guide/``, rendered to pages of the site."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nh3
from django.conf import settings
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

#: The guides in the order in which they are read.
GUIDES = (
    "getting-started",
    "api",
    "lineage",
    "website",
    "uploading-data",
    "file-access",
    "provenance",
    "crates",
    "naming",
    "fair-client",
    "signing-in",
    "running",
)
_LANGUAGES = {"python": "Python", "bash": "curl", "console": "Shell", "r": "R"}
_TAGS = nh3.ALLOWED_TAGS | {"section"}
_ATTRIBUTES: dict[str, set[str]] = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"id", "class"},
    "pre": {"data-language", "tabindex"},
    "table": {"tabindex"},
    "th": {"scope", "style"},
}


@dataclass(frozen=True)
class Guide:
    """One guide: where it is, what it is called, and its page."""

    name: str
    title: str
    html: str


def folder() -> Path:
    """Return where the guides are written."""
    return Path(settings.BASE_DIR) / "docs" / "guide"


@cache
def guides() -> tuple[Guide, ...]:
    """Return all guides that are there, in their order."""
    return tuple(
        render(name, (folder() / f"{name}.md").read_text(encoding="utf-8"))
        for name in GUIDES
        if (folder() / f"{name}.md").exists()
    )


def render(name: str, text: str) -> Guide:
    """Render Markdown (CommonMark with tables) to sanitised HTML."""
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(text)
    title = _give_ids(tokens) or name
    _let_tables_scroll(tokens)
    _rewrite_links(tokens)
    renderer: Any = parser.renderer
    renderer.rules["fence"] = _fence
    html = parser.renderer.render(tokens, parser.options, {})
    return Guide(name, title, _sanitised(html))


def _sanitised(html: str) -> str:
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, link_rel="noopener")


def _give_ids(tokens: Sequence[Token]) -> str:
    """Give every heading an id to link to; return the first heading's text."""
    title = ""
    seen: Counter[str] = Counter()
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        plain = re.sub(r"[`*_]", "", inline.content)
        slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "section"
        seen[slug] += 1
        opening.attrSet("id", slug if seen[slug] == 1 else f"{slug}-{seen[slug]}")
        title = title or plain
    return title


def _let_tables_scroll(tokens: Sequence[Token]) -> None:
    """Let the keyboard reach wide tables, which scroll on small screens."""
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("tabindex", "0")


def _rewrite_links(tokens: Sequence[Token]) -> None:
    """Lead from one guide's file to the other's page."""
    for token in tokens:
        for child in token.children or ():
            target = str(child.attrGet("href") or "")
            match = re.fullmatch(r"([a-z-]+)\.md(#.*)?", target)
            if match is not None:
                child.attrSet("href", f"/docs/{match[1]}/{match[2] or ''}")


def _fence(tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Render a block of code, with its language for the tabs."""
    token = tokens[index]
    language = token.info.strip().split(" ")[0]
    label = _LANGUAGES.get(language, "")
    attribute = f' data-language="{label}"' if label else ""
    escaped = nh3.clean_text(token.content)
    return f'<pre tabindex="0"{attribute}><code>{escaped}</code></pre>\n'
