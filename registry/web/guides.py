"""The guides and the glossary: Markdown of ``docs/``, rendered to pages of the site."""

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

GLOSSARY = "glossary"
#: The guides in reading order.
GUIDES = (
    "getting-started",
    "api",
    "lineage",
    "model-runs",
    "templates",
    "run-requests",
    "website",
    "uploading-data",
    "file-access",
    "whose-records",
    "provenance",
    "crates",
    "naming",
    "fair-client",
    "signing-in",
    "running",
    "backends",
    "agent",
    "executors",
    GLOSSARY,
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
    """A guide: its name in addresses, its title and its HTML."""

    name: str
    title: str
    html: str


def folder() -> Path:
    """Return the folder of the guides."""
    return Path(settings.BASE_DIR) / "docs" / "guide"


def source_of(name: str) -> Path:
    """Return the Markdown file of a guide; the glossary is one folder up."""
    return (folder().parent if name == GLOSSARY else folder()) / f"{name}.md"


@cache
def guides() -> tuple[Guide, ...]:
    """Return the existing guides in reading order."""
    return tuple(
        render(name, source_of(name).read_text(encoding="utf-8"))
        for name in GUIDES
        if source_of(name).exists()
    )


def render(name: str, text: str) -> Guide:
    """Return a guide with its Markdown (CommonMark with tables) as sanitised HTML."""
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
    """Give every heading an id; return the text of the first heading."""
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
    """Make tables focusable, because wide tables scroll on small screens."""
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("tabindex", "0")


def _rewrite_links(tokens: Sequence[Token]) -> None:
    """Replace links to the files of guides by links to their pages."""
    for token in tokens:
        for child in token.children or ():
            target = str(child.attrGet("href") or "")
            match = re.fullmatch(r"(?:\.\./|guide/)?([a-z-]+)\.md(#.*)?", target)
            if match is not None and match[1] in GUIDES:
                child.attrSet("href", f"/docs/{match[1]}/{match[2] or ''}")


def _fence(tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Return a code block as HTML, with its language for the tabs."""
    token = tokens[index]
    language = token.info.strip().split(" ")[0]
    label = _LANGUAGES.get(language, "")
    attribute = f' data-language="{label}"' if label else ""
    escaped = nh3.clean_text(token.content)
    return f'<pre tabindex="0"{attribute}><code>{escaped}</code></pre>\n'
