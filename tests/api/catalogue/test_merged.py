"""The old address of a merged record leads to the record that was kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import Author, Keyword
from registry.identity.merging import merge_records
from registry.identity.models import User
from registry.identity.services import create_user
from tests import factories
from tests.api.client import Api, data_of, path_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> User:
    return create_user(username="curator", roles=["curator"])


@pytest.fixture
def merged(curator: User) -> tuple[Author, Author]:
    """Return an author that was kept, and one that was merged into it."""
    kept, other = (factories.AuthorFactory.create() for _ in range(2))
    gone = Author(pk=other.pk)
    merge_records(Author, kept.pk, [other.pk], by=curator)
    return kept, gone


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("query", ["", "?format=csv", "?fields=name&format=json"])
def test_reads_are_redirected(
    merged: tuple[Author, Author], method: str, query: str
) -> None:
    kept, gone = merged
    answer = Api().call(method, f"{path_of(gone)}{query}")
    assert (answer.status_code, answer["Location"]) == (308, f"{url_of(kept)}{query}")


def test_a_redirect_leads_to_the_kept_record_in_every_format(
    merged: tuple[Author, Author],
) -> None:
    kept, gone = merged
    for accepted in ("text/html", "application/json", "text/csv"):
        answer = Api().get(path_of(gone), accept=accepted)
        assert (answer.status_code, answer["Location"]) == (308, url_of(kept))
        followed = Api().get(answer["Location"], accept=accepted)
        assert followed.status_code == 200
        assert followed["Content-Type"].startswith(accepted)


def test_a_redirect_takes_one_query_more_than_an_unknown_address(
    merged: tuple[Author, Author], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    kept, gone = merged
    with django_assert_num_queries(2):
        Api().get(path_of(gone))
    with django_assert_num_queries(1):
        Api().get(path_of(kept))
    with django_assert_num_queries(1):
        assert Api().get("/api/object/987654/").status_code == 404
    assert Api().get("/api/author/987654/").status_code == 404


def test_what_would_change_the_old_record_is_told_the_new_address(
    curator: User,
) -> None:
    kept = factories.KeywordFactory.create()
    other = factories.KeywordFactory.create(object=kept.object)
    gone = Keyword(pk=other.pk)
    merge_records(Keyword, kept.pk, [other.pk], by=curator)
    body = data_of(Api(curator).call("DELETE", path_of(gone)), 410)
    assert body == {
        "detail": f"keyword {gone.pk} was merged into another record.",
        "url": url_of(kept),
    }
    assert Keyword.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize("form", ["url", "id", "text"])
def test_clients_can_go_on_sending_the_old_link(
    merged: tuple[Author, Author], form: str, curator: User
) -> None:
    kept, gone = merged
    link = {"url": url_of(gone), "id": gone.pk, "text": str(gone.pk)}[form]
    body = {"description": "x", "authors": [link, url_of(kept)]}
    made = data_of(Api(curator).post("/api/object/", body), 201)
    assert made["authors"] == [url_of(kept)]


@pytest.mark.parametrize(
    "address, wanted",
    [
        ("/author/{old}/", "/author/{new}/"),
        ("/author/{old}/?a=b", "/author/{new}/?a=b"),
    ],
)
def test_the_page_is_redirected(
    merged: tuple[Author, Author], address: str, wanted: str
) -> None:
    kept, gone = merged
    answer: Any = Client().get(address.format(old=gone.pk))
    assert (answer.status_code, answer["Location"]) == (
        301,
        wanted.format(new=kept.pk),
    )
    page: Any = Client().get(f"/authors/{gone.pk}/", follow=True)
    assert page.status_code == 200
    assert str(kept) in page.content.decode()


def test_pages_that_never_were_are_not_found(merged: tuple[Author, Author]) -> None:
    for address in ("/author/987654/", "/object/987654/", f"/author/{2**70}/"):
        assert Client().get(address).status_code == 404
