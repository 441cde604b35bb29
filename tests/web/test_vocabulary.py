"""The vocabulary has every term that documents use, as a page and as data."""

from __future__ import annotations

import json
import re

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from registry.core.graph import graph
from registry.core.graph.terms import FAIR
from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_provn
from tests.provenance.world import make_world

NAMES = {term.name for term in graph.terms}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.django_db
def test_the_page_has_an_anchor_for_each_term(client: Client) -> None:
    answer = client.get("/vocab/", headers={"accept": BROWSER})
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    page = BeautifulSoup(answer.content, "html.parser")
    for term in graph.terms:
        anchor = page.find("dt", id=term.name)
        assert anchor is not None
        meaning = anchor.find_next_sibling("dd")
        assert meaning is not None
        assert meaning.text == term.definition


@pytest.mark.django_db
@pytest.mark.parametrize(
    "accept,query,content_type",
    [
        ("*/*", "", "text/html"),
        ("image/png", "", "text/html"),
        ("text/turtle", "", "text/turtle"),
        ("text/turtle;q=0.5, application/ld+json", "", "application/ld+json"),
        (BROWSER, "?format=turtle", "text/turtle"),
        ("*/*", "?format=json-ld", "application/ld+json"),
        ("text/turtle", "?format=html", "text/html"),
    ],
)
def test_programs_get_the_requested_format(
    client: Client, accept: str, query: str, content_type: str
) -> None:
    answer = client.get(f"/vocab/{query}", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer["Content-Type"].partition(";")[0] == content_type
    assert "Accept" in answer["Vary"]


@pytest.mark.django_db
def test_an_unknown_format_is_404(client: Client) -> None:
    assert client.get("/vocab/?format=xml").status_code == 404


@pytest.mark.django_db
def test_json_ld_and_turtle_have_the_same_terms(client: Client) -> None:
    graph = json.loads(client.get("/vocab/?format=json-ld").content)["@graph"]
    assert {node["@id"].removeprefix("fair:") for node in graph} == NAMES
    turtle = client.get("/vocab/?format=turtle").content.decode()
    assert f"@prefix fair: <{FAIR}> ." in turtle
    assert set(re.findall(r"^fair:(\w+) a ", turtle, re.MULTILINE)) == NAMES


@pytest.mark.django_db
def test_every_term_that_a_report_uses_is_explained() -> None:
    world = make_world()
    text = as_provn(report(world.figure, depth=9, registry_url="https://r.example"))
    used = set(re.findall(rb"\bfair:(\w+)", text))
    assert {name.decode() for name in used} <= NAMES


def test_terms_are_sorted_alphabetically() -> None:
    names = [term.name for term in graph.terms]
    assert names == sorted(names, key=str.lower) or names == sorted(names)
