"""Links as clients write them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import Author, FileType, Object
from registry.core.links import (
    LinkError,
    NaturalKey,
    Reference,
    find_targets,
    parse_link,
)
from registry.identity.models import User
from tests.factories import AuthorFactory, ObjectFactory

UUID = "8e03978e-40d5-43e8-bc93-6894a57f9324"


@pytest.mark.parametrize(
    "value,reference",
    [
        (7, 7),
        ("7", 7),
        (" 7 ", 7),
        ("007", 7),
        (0, 0),
        (2**63 - 1, 2**63 - 1),
        ("/api/object/7/", 7),
        ("api/object/7", 7),
        ("http://127.0.0.1:8000/api/object/7/", 7),
        ("https://elsewhere.example.org/registry/api/object/7", 7),
        (UUID, uuid.UUID(UUID)),
        (UUID.upper(), uuid.UUID(UUID)),
        (UUID.replace("-", ""), uuid.UUID(UUID)),
    ],
)
def test_a_link_is_an_id_a_uuid_or_a_url(value: Any, reference: Any) -> None:
    assert parse_link(value, Object) == reference


@pytest.mark.parametrize(
    "value",
    [
        -1,
        2**63,
        str(2**63),
        "9" * 30,
        "00000000000000000000000000000000000000000017",
        7.0,
        True,
        None,
        [],
        {"id": 7},
        "",
        "seven",
        "-7",
        "٧",
        "/api/object_component/7/",
        "/api/object/",
        "/api/object/x/",
        "/api/object/7/?a=b",
        "/object/7/",
        "xapi/object/7/",
        f"/api/object/{UUID}/",
        "/api/object/99999999999999999999/",
        "/api/object/9999999999999999999/",
    ],
)
def test_other_values_are_invalid_links(value: Any) -> None:
    with pytest.raises(LinkError, match=r"use its URL \(…/api/object/1/\)"):
        parse_link(value, Object)


def test_records_without_a_uuid_are_not_found_by_one() -> None:
    with pytest.raises(LinkError, match="or id"):
        parse_link(UUID, FileType)


def test_the_kind_of_accounts_is_users() -> None:
    assert parse_link("http://testserver/api/users/7/", User) == 7


@given(value=st.one_of(st.text(), st.integers(), st.floats(), st.binary()))
def test_every_value_is_a_link_or_an_error(value: Any) -> None:
    reference: Reference | None = None
    problem = ""
    try:
        reference = parse_link(value, Object)
    except LinkError as error:
        problem = str(error)
    if problem:
        assert len(problem) < 1000
    else:
        assert not isinstance(reference, int) or 0 <= reference < 2**63


@pytest.mark.django_db
def test_links_of_all_forms_are_resolved_in_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    items = [ObjectFactory() for _ in range(3)]
    absent = uuid.uuid4()
    author = AuthorFactory()
    key = NaturalKey(author.identifier)
    wanted: list[tuple[Any, Reference]] = [
        *((Object, one) for one in (items[0].pk, items[1].uuid, 10**15, absent)),
        *((Author, one) for one in (author.pk, author.uuid, key)),
    ]
    with django_assert_num_queries(1):
        found = find_targets(wanted)
    assert found == {
        (Object, items[0].pk): items[0].pk,
        (Object, items[1].uuid): items[1].pk,
        (Author, author.pk): author.pk,
        (Author, author.uuid): author.pk,
        (Author, key): author.pk,
    }


@pytest.mark.django_db
def test_very_many_links_are_resolved() -> None:
    item = ObjectFactory()
    wanted = [*range(10**6, 10**6 + 3000), item.pk]
    assert find_targets((Object, pk) for pk in wanted) == {(Object, item.pk): item.pk}


ORCID = "0000-0002-1825-0097"
SPELT = (f"http://orcid.org/{ORCID}", f"https://www.orcid.org/{ORCID}/", ORCID)


@pytest.mark.django_db
def test_an_author_is_found_by_every_spelling_of_an_orcid(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    author = AuthorFactory.create(identifier=f"https://orcid.org/{ORCID}")
    wanted = [(Author, parse_link(one, Author)) for one in SPELT]
    with django_assert_num_queries(1):
        assert find_targets(wanted) == dict.fromkeys(wanted, author.pk)


@pytest.mark.django_db
def test_the_spelling_on_record_comes_before_others() -> None:
    new, old = AuthorFactory.create_batch(2)
    urls = {new.pk: f"https://orcid.org/{ORCID}", old.pk: f"http://orcid.org/{ORCID}"}
    for pk, url in urls.items():
        Author.objects.filter(pk=pk).update(identifier=url)
    for pk, url in urls.items():
        link = Author, NaturalKey(url)
        assert find_targets([link]) == {link: pk}


@pytest.mark.django_db
def test_requests_link_to_an_author_by_every_spelling(client: Client) -> None:
    author = AuthorFactory.create(identifier=f"https://orcid.org/{ORCID}")
    client.force_login(author.registered_by)
    for spelling in SPELT:
        body = {"description": spelling, "authors": [spelling]}
        made = client.post("/api/object/", body, content_type="application/json")
        assert made.status_code == 201, made.content
        found = client.get("/api/object/", {"authors": spelling})
        assert found.status_code == 200, found.content
        assert made.json()["url"] in found.content.decode()
