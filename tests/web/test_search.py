"""Search, and suggestions for links in forms."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.core.field_references import name_of
from registry.core.record_types import record_kinds, record_types
from tests.every_type import every_public_kind
from tests.factories import (
    AuthorFactory,
    CodeRunFactory,
    DataProductFactory,
    KeywordFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
)
from tests.web.pages import FACTORIES, link, main_of, words_of
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db

#: The types that a search looks through, with the names of their texts.
NAMED = [
    (one, [name_of(text) for text in one.search_texts])
    for one in record_types()
    if one.search_texts
]
EVERY_KIND = pytest.mark.parametrize("kind", every_public_kind())


def _found(text: str) -> list[str]:
    main = main_of(Client().get("/search/", {"q": text}))
    return [words_of(one) for one in main.select("section.card li a")]


def test_every_word_must_match_in_any_case() -> None:
    for name in ("Deaths by age", "deaths by region", "age of deaths", "births"):
        NamespaceFactory.create(name=name, full_name=None)
    assert _found("DEATHS age") == ["age of deaths", "Deaths by age"]
    assert _found("deaths") == ["age of deaths", "deaths by region", "Deaths by age"]
    assert _found("deaths births") == []


def test_a_part_of_a_word_matches() -> None:
    NamespaceFactory.create(name="epidemiology", full_name=None)
    assert _found("DEMIO") == ["epidemiology"]


def test_withdrawn_records_are_not_found_or_suggested() -> None:
    kept, gone = (
        DataProductFactory.create(name=f"influenza/{name}") for name in ("a", "b")
    )
    withdraw(gone)
    assert _found("influenza") == [f"{kept.name} {kept.version}"]
    for text in ("influenza", str(gone.pk)):
        answer = Client().get("/suggest/data_product/", {"q": text}).json()
        assert gone.pk not in [one["id"] for one in answer["records"]]


def test_the_home_page_leaves_out_withdrawn_records() -> None:
    cache.clear()
    kept, gone, bare = (
        DataProductFactory.create(name=f"influenza/{name}") for name in ("a", "b", "c")
    )
    run = CodeRunFactory.create(description="Ran twice", inputs=[], outputs=[])
    for record in (gone, bare.object, run):
        withdraw(record)
    main = words_of(main_of(Client().get("/")))
    assert kept.name in main
    for text in (gone.name, bare.name, "Ran twice"):
        assert text not in main
    assert "2 data products 0 code runs" in main


@pytest.mark.parametrize("text", ["100%", "a_b", "back\\slash", "it's", '"quoted"'])
def test_wildcards_are_literal_text(text: str) -> None:
    NamespaceFactory.create(name=f"has {text} in it", full_name=None)
    NamespaceFactory.create(name="has 100 a b backslash its quoted", full_name=None)
    assert _found(text) == [f"has {text} in it"]


@pytest.mark.parametrize(
    "kind, field", [(one.kind, name) for one, names in NAMED for name in names]
)
def test_records_are_found_by_each_search_text(kind: str, field: str) -> None:
    record = FACTORIES[kind].create()
    if getattr(record, field) is None:
        named = {field: f"https://example.org/{field}/{record.pk}/"}
        type(record)._default_manager.filter(pk=record.pk).update(**named)
        record.refresh_from_db()
    text = str(getattr(record, field))
    main = main_of(Client().get("/search/", {"q": text}))
    group = main.select_one(f"section[aria-labelledby=g-{kind}]")
    assert group is not None
    assert group.select_one(f"a[href='/{kind}/{record.pk}/']")


def test_a_search_without_matches_lists_the_record_types() -> None:
    main = main_of(Client().get("/search/", {"q": "xyzzy"}))
    assert "Nothing found for “xyzzy”." in words_of(main)
    for one in record_types():
        assert link(main, one.titles.capitalize()) == f"/{one.kind}/"


def test_an_empty_search_lists_the_record_types() -> None:
    for query in ({}, {"q": ""}, {"q": "   "}):
        main = main_of(Client().get("/search/", query))
        assert "Record types" in words_of(main)
        assert "Nothing found" not in words_of(main)


def test_the_search_field_keeps_its_text() -> None:
    field = main_of(Client().get("/search/", {"q": ' "a" '})).select_one("[name=q]")
    assert field is not None
    assert field["value"] == '"a"'


@pytest.mark.parametrize("text", ["\0", "a\0b", "x" * 5000, "🦠", "' OR 1=1 --"])
def test_invalid_text_finds_nothing(text: str) -> None:
    NamespaceFactory.create()
    assert _found(text) == []


def test_more_than_ten_matches_link_to_the_list() -> None:
    for number in range(11):
        NamespaceFactory.create(name=f"lab {number}", full_name=None)
    main = main_of(Client().get("/search/", {"q": "lab"}))
    assert len(_found("lab")) == 11
    assert link(main, "More namespaces: filter the list") == "/namespace/"


def test_records_of_the_same_name_are_distinguished() -> None:
    KeywordFactory.create(
        keyphrase="flu", object=ObjectFactory.create(description="the first")
    )
    DataProductFactory.create(
        name="flu", namespace=NamespaceFactory.create(name="their-group")
    )
    said = words_of(main_of(Client().get("/search/", {"q": "flu"})))
    assert "the first" in said
    assert "in their-group" in said


@pytest.mark.parametrize("number", [1, 30])
def test_a_search_has_one_statement_for_each_record_type(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for one, names in NAMED:
        if "name" in names:
            FACTORIES[one.kind].create_batch(number)
    KeywordFactory.create_batch(number)
    # and one for licences, which are found by the whole name
    with django_assert_num_queries(len(NAMED) + 1):
        main_of(client.get("/search/", {"q": "1"}))


def test_the_counts_of_the_home_page_are_exact_and_one_statement(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    DataProductFactory.create_batch(7)
    with django_assert_num_queries(3):
        main = main_of(client.get("/"))
    assert link(main, "7 data products") == "/data_product/"
    DataProductFactory.create()
    main = main_of(client.get("/"))
    assert link(main, "8 data products")


def test_the_home_page_links_to_every_record_type(client: Client) -> None:
    main = main_of(client.get("/"))
    led = {str(one["href"]) for one in main.select("a[href]")}
    assert {f"/{kind}/" for kind in record_kinds()} <= led


def test_the_home_page_of_an_empty_registry_works(client: Client) -> None:
    assert words_of(main_of(client.get("/"))).count("None yet.") == 2


# Suggestions


def _suggested(kind: str, text: str, client: Client | None = None) -> list[Any]:
    answer = (client or Client()).get(f"/suggest/{kind}/", {"q": text})
    assert answer.status_code == 200
    return [(one["id"], one["label"]) for one in answer.json()["records"]]


@EVERY_KIND
def test_the_newest_records_are_suggested_first(kind: str) -> None:
    FACTORIES[kind].create_batch(3)
    ids = [pk for pk, _ in _suggested(kind, "")]
    assert ids == sorted(ids, reverse=True)
    assert 3 <= len(ids) <= 12


@EVERY_KIND
def test_a_record_is_suggested_by_its_id(kind: str) -> None:
    records = FACTORIES[kind].create_batch(2)
    pk, label = _suggested(kind, str(records[0].pk))[0]
    assert pk == records[0].pk
    assert label


def test_a_record_is_suggested_by_every_word_in_any_case() -> None:
    author = AuthorFactory.create(name="Grace Brewster Hopper", identifier=None)
    AuthorFactory.create(name="Grace Kelly")
    assert _suggested("author", "hopper GRACE") == [(author.pk, author.name)]


def test_a_record_is_suggested_once() -> None:
    namespace = NamespaceFactory.create()
    namespace.name = f"group {namespace.pk}"
    namespace.save()
    ids = [pk for pk, _ in _suggested("namespace", str(namespace.pk))]
    assert ids.count(namespace.pk) == 1


def test_a_component_is_suggested_with_its_object() -> None:
    thing = ObjectFactory.create(description="Deaths by age")
    part = ObjectComponentFactory.create(object=thing, name="table")
    assert _suggested("object_component", "table deaths") == [
        (part.pk, f"table of object {thing.pk}: Deaths by age")
    ]


def test_namesakes_are_suggested_with_their_identifiers() -> None:
    names = [AuthorFactory.create(name="Jane Doe").identifier for _ in range(2)]
    labels = [label for _, label in _suggested("author", "jane")]
    assert labels == [f"Jane Doe ({one})" for one in reversed(names)]
    assert len(_suggested("author", names[0])) == 1


@pytest.mark.parametrize(
    "text", ["temperatures", "REEF 2.1", "reef:temp", "reef:sea/temperatures 2.1.0"]
)
def test_a_product_is_suggested_by_namespace_name_and_version(text: str) -> None:
    reef, other = (NamespaceFactory.create(name=name) for name in ("reef", "fish"))
    values = {"name": "sea/temperatures", "version": "2.1.0"}
    product = DataProductFactory.create(namespace=reef, **values)
    DataProductFactory.create(namespace=other, name="x", version="2.1.0")
    DataProductFactory.create(namespace=reef, name="x", version="2.0.0")
    assert _suggested("data_product", text) == [
        (product.pk, "reef:sea/temperatures 2.1.0")
    ]


def test_at_most_twelve_records_are_suggested() -> None:
    NamespaceFactory.create_batch(30)
    assert len(_suggested("namespace", "")) == 12


@pytest.mark.parametrize("kind", ["object_component", "namespace", "data_product"])
def test_suggestions_need_one_statement(
    kind: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    FACTORIES[kind].create_batch(15)
    with django_assert_num_queries(1):
        _suggested(kind, "a", client)


@pytest.mark.parametrize("text", ["\0", "9" * 40, "x" * 5000, "%", "²"])
def test_invalid_text_suggests_nothing(text: str) -> None:
    NamespaceFactory.create(name="name", full_name=None)
    assert _suggested("namespace", text) == (
        _suggested("namespace", "") if text == "\0" else []
    )


def test_accounts_are_suggested_to_signed_in_users() -> None:
    UserFactory.create(username="ada", full_name="Ada Lovelace")
    assert Client().get("/suggest/users/", {"q": "ada"}).status_code == 403
    client = Client()
    client.force_login(UserFactory.create(username="bob", full_name=""))
    assert [label for _, label in _suggested("users", "LOVE", client)] == [
        "ada (Ada Lovelace)"
    ]
    assert [label for _, label in _suggested("users", "bob", client)] == ["bob"]
    assert _suggested("users", "example.org", client) == []


def test_there_are_suggestions_for_every_link_of_a_form() -> None:
    client = Client()
    client.force_login(UserFactory.create())
    for kind in record_kinds():
        for page in (f"/{kind}/", f"/{kind}/new/"):
            for field in main_of(client.get(page)).select("input[data-kind]"):
                _suggested(str(field["data-kind"]), "", client)
