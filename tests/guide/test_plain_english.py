"""Documents and pages do not contain phrases of the earlier style."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.server import ROOT

pytestmark = pytest.mark.once

#: Each phrase, and what to write instead.
BANNED = {
    r"\btak(e|es|en|ing) (\w+ )?in\b": "import",
    r"\bhand(s|ed)? out\b": "export, return",
    r"\b(is|are|was|were|be) told\b": "says, shows; is missing",
    r"\b(address|client|page)s? of old\b": "legacy",
    r"\bmay (everything|nothing)\b": "can do everything, has no access",
    r"\b(on record already|on record)\b": "exists, is registered",
    r"\blet (\w+ )?in\b": "authorise",
    r"\bgot about\b": "leaks",
    r"\bwho(ever)? may\b": "the people who can",
    r"\bit (read|wrote)\b": "inputs, outputs",
    r"\ba change (of \w+ )?would reach\b": "downstream impact",
    r"\bwhat is said\b": "the fields, the message",
    r"\bas ever\b": "as usual",
    r"\bwhat becomes of\b": "how … is mapped",
    r"\bof one's own\b": "of your own",
    r"\bonce more\b": "again",
    r"\banew\b": "again",
}


def _texts() -> Iterator[Path]:
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        yield ROOT / name
    yield ROOT / ".env.example"
    yield ROOT / "Makefile"
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from sorted((ROOT / "examples").rglob("*.md"))
    yield from sorted((ROOT / "templates").rglob("*.html"))


def _found(phrase: str, text: str) -> list[str]:
    # a phrase may be broken over two lines
    flat = re.sub(r"\s+", " ", text)
    return [match[0] for match in re.finditer(phrase, flat, re.IGNORECASE)]


@pytest.mark.parametrize("phrase", BANNED)
def test_no_text_has_a_banned_phrase(phrase: str) -> None:
    found = {
        str(path.relative_to(ROOT)): _found(phrase, path.read_text(encoding="utf-8"))
        for path in _texts()
    }
    assert {name: hits for name, hits in found.items() if hits} == {}, (
        f"write instead: {BANNED[phrase]}"
    )


def test_a_banned_phrase_is_found_across_lines() -> None:
    assert _found(r"\bmay everything\b", "Administrators may\neverything.")


def test_the_texts_are_found() -> None:
    names = {path.name for path in _texts()}
    assert {"glossary.md", "api.md", "0026-asynchronous-front.md"} <= names
    assert {"base.html", "lineage.html", "browsable.html"} <= names


def test_the_glossary_defines_each_word_once() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    words = [word for row in rows for word in row.split(", ") if word != "word"]
    assert len(words) == len(set(words)) > 50
    assert {"import", "export", "link", "reference", "node", "edge"} <= set(words)
