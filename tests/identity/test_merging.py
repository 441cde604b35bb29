"""Only curators merge records, and simultaneous writers leave no link to nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from registry.catalogue.models import Author, Namespace, Object
from registry.core.errors import Conflict, Forbidden, InvalidInput
from registry.core.models import MergedRecord
from registry.core.records import create_records
from registry.identity.merging import MAX_MERGED, merge_records
from registry.identity.models import User
from registry.identity.services import create_user
from tests import factories
from tests.api.client import Api, data_of, url_of
from tests.races import in_thread, wait_for_a_waiting_writer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def curator() -> User:
    return create_user(username="curator", roles=["curator"])


def _authors(number: int) -> list[Author]:
    return [factories.AuthorFactory.create() for _ in range(number)]


def test_curators_and_administrators_merge_records(curator: User) -> None:
    administrator = create_user(username="root", roles=["entity-registry-admin"])
    for person in (curator, administrator):
        kept, gone = _authors(2)
        assert merge_records(Author, kept.pk, [gone.pk], by=person) == kept
        assert not Author.objects.filter(pk=gone.pk).exists()


def test_owners_cannot_merge_their_records() -> None:
    kept, gone = _authors(2)
    with pytest.raises(Forbidden):
        merge_records(Author, kept.pk, [gone.pk], by=kept.registered_by)
    assert Author.objects.count() == 2


def test_records_without_a_rule_are_never_merged(curator: User) -> None:
    kept, gone = (factories.NamespaceFactory.create() for _ in range(2))
    with pytest.raises(Conflict, match="namespaces cannot be merged"):
        merge_records(Namespace, kept.pk, [gone.pk], by=curator)


@pytest.mark.parametrize("others", [[], range(2, MAX_MERGED + 2)])
def test_too_few_and_too_many_records_are_refused(curator: User, others: Any) -> None:
    with pytest.raises(InvalidInput):
        merge_records(Author, 1, others, by=curator)


@pytest.mark.postgres
def test_of_two_merges_at_once_the_later_one_sees_the_earlier(curator: User) -> None:
    first, second, third = _authors(3)
    merge = in_thread(lambda: merge_records(Author, second.pk, [third.pk], by=curator))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            merge_records(Author, first.pk, [second.pk], by=curator)
            later = pool.submit(merge)
            wait_for_a_waiting_writer()
        with pytest.raises(Conflict, match=f"merged into author {first.pk} by now"):
            later.result()
    assert {*Author.objects.all()} == {first, third}


@pytest.mark.postgres
def test_two_merges_into_the_same_record_both_succeed(curator: User) -> None:
    kept, second, third = _authors(3)
    thing = factories.ObjectFactory.create(authors=[second, third])
    merge = in_thread(lambda: merge_records(Author, kept.pk, [third.pk], by=curator))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            merge_records(Author, kept.pk, [second.pk], by=curator)
            later = pool.submit(merge)
            wait_for_a_waiting_writer()
        later.result()
    assert [*thing.authors.all()] == [kept]
    assert {*MergedRecord.objects.values_list("new_id", flat=True)} == {kept.pk}


@pytest.mark.postgres
def test_who_links_to_an_author_while_it_is_merged_is_told_to_try_again(
    curator: User,
) -> None:
    kept, gone = _authors(2)
    api, body = Api(factories.UserFactory.create()), {"authors": [gone.pk]}
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            merge_records(Author, kept.pk, [gone.pk], by=curator)
            answer = pool.submit(in_thread(lambda: api.post("/api/object/", body)))
            wait_for_a_waiting_writer()
        assert "try again" in data_of(answer.result(), 409)["detail"]
    assert not Object.objects.exists()
    again = data_of(api.post("/api/object/", body), 201)
    assert again["authors"] == [url_of(kept)]


@pytest.mark.postgres
def test_a_link_that_a_merge_cannot_see_yet_is_refused(curator: User) -> None:
    kept, gone = _authors(2)
    person = factories.UserFactory.create()
    merge = in_thread(lambda: merge_records(Author, kept.pk, [gone.pk], by=curator))

    def link() -> None:
        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            create_records(Object, [{"authors": [gone.pk]}], by=person)
            pool.submit(merge).result()

    with pytest.raises(IntegrityError):
        link()
    assert not Object.objects.exists()
    assert [*Author.objects.all()] == [kept]


@pytest.mark.postgres
def test_a_change_of_an_object_is_not_lost_by_a_merge(curator: User) -> None:
    kept, gone = _authors(2)
    thing = factories.ObjectFactory.create(authors=[gone])
    merge = in_thread(lambda: merge_records(Author, kept.pk, [gone.pk], by=curator))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            row = Object.objects.select_for_update().get(pk=thing.pk)
            row.description = "Changed at the same moment"
            later = pool.submit(merge)
            wait_for_a_waiting_writer()
            row.save()
        later.result()
    thing.refresh_from_db()
    assert thing.description == "Changed at the same moment"
    assert [*thing.authors.all()] == [kept]
