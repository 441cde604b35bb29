"""The guides are shown safely, and link to one another."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import urldefrag, urljoin

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client

from registry.web.guides import (
    GLOSSARY,
    GUIDES,
    Guide,
    folder,
    guides,
    render,
    source_of,
)
from tests.plugins.server import ROOT
from tests.web.pages import main_of, page_of, words_of

pytestmark = pytest.mark.once

EVERY_GUIDE = pytest.mark.parametrize("name", GUIDES)


def _article(name: str) -> Tag:
    article = main_of(Client().get(f"/docs/{name}/")).select_one("article")
    assert article is not None
    return article


def _page(text: str) -> BeautifulSoup:
    return BeautifulSoup(render("test", text).html, "html.parser")


def test_every_file_is_a_guide_and_every_guide_a_file() -> None:
    assert {file.stem for file in folder().iterdir()} == set(GUIDES) - {GLOSSARY}
    assert source_of(GLOSSARY) == ROOT / "docs" / "glossary.md"
    assert [guide.name for guide in guides()] == list(GUIDES)


def test_the_index_redirects_to_the_first_guide() -> None:
    assert Client().get("/docs/")["Location"] == f"/docs/{GUIDES[0]}/"


@EVERY_GUIDE
def test_a_guide_is_shown_with_the_list_of_all(name: str) -> None:
    page = page_of(Client().get(f"/docs/{name}/"))
    [current] = page.select("nav[aria-label=Guides] [aria-current=page]")
    heading = page.select_one("article h1")
    assert heading is not None
    assert words_of(heading) == words_of(current)
    assert page.title is not None
    assert words_of(page.title).startswith(words_of(heading))
    led = [str(one["href"]) for one in page.select("nav[aria-label=Guides] a")]
    assert led == [*(f"/docs/{one}/" for one in GUIDES), "/api/docs/"]


@EVERY_GUIDE
def test_every_heading_can_be_linked_to(name: str) -> None:
    headings = _article(name).select("h1, h2, h3, h4, h5, h6")
    ids = [heading.get("id") for heading in headings]
    assert all(ids)
    assert len(set(ids)) == len(ids)


@EVERY_GUIDE
def test_heading_levels_are_not_skipped(name: str) -> None:
    levels = [int(tag.name[1]) for tag in _article(name).select("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@EVERY_GUIDE
@pytest.mark.django_db
def test_every_link_of_a_guide_works(name: str) -> None:
    client = Client()
    for link in _article(name).select("a[href]"):
        address, fragment = urldefrag(urljoin(f"/docs/{name}/", str(link["href"])))
        if not address.startswith("/"):
            assert address.startswith(("https://", "http://127.0.0.1")), address
            continue
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        if fragment:
            page = BeautifulSoup(answer.content, "html.parser")
            assert page.find(id=fragment), f"{address} has no #{fragment}"


@EVERY_GUIDE
def test_guides_are_sanitised(name: str) -> None:
    article = _article(name)
    assert not article.select("script, style, iframe, form, input, img[src^=http]")
    for element in article.find_all(True):
        assert not [one for one in element.attrs if one.startswith("on")]


@EVERY_GUIDE
def test_scrolling_parts_are_focusable(name: str) -> None:
    for element in _article(name).select("pre, table"):
        assert element.get("tabindex") == "0"


def test_html_in_a_guide_is_escaped() -> None:
    evil = (
        "# Title\n\n<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n"
        "[a](javascript:alert(1)) ![b](data:text/html,x)\n\n"
        '```python"><script>alert(2)</script>\n</code></pre><script>alert(3)</script>\n'
        "```\n\n<details ontoggle=alert(4) open><summary>x</summary></details>\n"
    )
    page = _page(evil)
    assert not page.select("script, [onerror], [ontoggle]")
    for link in page.select("a[href], img[src]"):
        target = str(link.get("href") or link.get("src"))
        assert not re.match(r"\s*(javascript|data):", target)
    code = page.select_one("pre code")
    assert code is not None
    assert "<script>alert(3)</script>" in code.get_text()


def test_code_is_shown_unchanged() -> None:
    text = "a < b && c > \"d\" # 'e' &amp; /f\n\n\tg = h\n"
    code = _page(f"```python\n{text}```\n").select_one("pre code")
    assert code is not None
    assert code.get_text() == text


@pytest.mark.parametrize(
    "language, label",
    [("python", "Python"), ("bash", "curl"), ("r", "R"), ("console", "Shell")],
)
def test_code_has_its_language_for_the_tabs(language: str, label: str) -> None:
    block = _page(f"```{language}\nx\n```\n").select_one("pre")
    assert block is not None
    assert block["data-language"] == label


def test_code_of_another_kind_has_no_tab() -> None:
    block = _page("```json\n{}\n```\n").select_one("pre")
    assert block is not None
    assert not block.has_attr("data-language")


def test_files_of_guides_become_pages() -> None:
    page = _page(
        "[a](naming.md) [b](api.md#paging) [c](https://x.org/y.md) "
        "[d](../glossary.md) [e](guide/crates.md)"
    )
    assert [link["href"] for link in page.select("a")] == [
        "/docs/naming/",
        "/docs/api/#paging",
        "https://x.org/y.md",
        "/docs/glossary/",
        "/docs/crates/",
    ]


def test_equal_headings_have_different_ids() -> None:
    page = _page("# A\n\n## `Name`\n\n## Name\n\n## Name!\n")
    assert [one["id"] for one in page.select("h2")] == ["name", "name-2", "name-3"]


def test_a_guide_without_a_heading_has_its_name() -> None:
    assert render("bare", "text") == Guide("bare", "bare", "<p>text</p>\n")
