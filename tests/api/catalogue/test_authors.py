"""Authors need a name or an identifier, from which the UUID is derived."""

from __future__ import annotations

import uuid

import pytest

from registry.catalogue.models import Author
from tests.api.client import Api, data_of, url_of
from tests.factories import AuthorFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/api/author/"
ORCID = "https://orcid.org/0000-0002-1825-0097"
#: Every second hexadecimal digit of the SHA-256 of that (`sha256sum`), as a UUID.
ORCID_UUID = "f15f1821-d046-ed2a-df1f-2bcdd0b09c16"


@pytest.fixture
def api() -> Api:
    return Api(UserFactory())


def test_with_an_identifier_the_uuid_is_derived(api: Api) -> None:
    shown = data_of(api.post(LIST, {"identifier": ORCID}), 201)
    assert shown["uuid"] == ORCID_UUID


def test_with_an_identifier_another_uuid_is_ignored(api: Api) -> None:
    body = {"identifier": ORCID, "uuid": str(uuid.uuid4())}
    assert data_of(api.post(LIST, body), 201)["uuid"] == ORCID_UUID


def test_without_an_identifier_the_uuid_is_new_or_given(api: Api) -> None:
    chosen = str(uuid.uuid4())
    shown = data_of(api.post(LIST, {"name": "Ada", "uuid": chosen}), 201)
    assert shown["uuid"] == chosen
    first, second = (data_of(api.post(LIST, {"name": "Ada"}), 201) for _ in range(2))
    assert len({chosen, first["uuid"], second["uuid"]}) == 3


def test_a_name_or_an_identifier_is_required(api: Api) -> None:
    for body in ({}, {"name": "", "identifier": ""}, {"uuid": str(uuid.uuid4())}):
        messages = data_of(api.post(LIST, body), 400)
        assert set(messages) == {"name", "identifier"}
    errors = data_of(api.post(LIST, [{"name": "Ada"}, {}]), 400)
    assert [set(error) for error in errors] == [set(), {"name", "identifier"}]
    assert not Author.objects.exists()


def test_a_derived_uuid_can_be_taken_already(api: Api) -> None:
    known = AuthorFactory(identifier=None, uuid=uuid.UUID(ORCID_UUID))
    answer = data_of(api.post(LIST, {"identifier": ORCID}), 409)
    assert answer == {"detail": "Field uuid must be unique", "url": url_of(known)}


@pytest.mark.parametrize(
    "identifier",
    [
        "http://ror.org/03yrm5c26",
        "https://registry:8000/people/1",
        "http://localhost/a?b=c#d",
        "ftp://ftp.example.org/people",
        "https://example.org/Ada%20Lovelace",
    ],
)
def test_an_identifier_is_a_url(api: Api, identifier: str) -> None:
    shown = data_of(api.post(LIST, {"identifier": identifier}), 201)
    assert shown["identifier"] == identifier


@pytest.mark.parametrize(
    "identifier",
    [
        "0000-0002-1825-0097",
        "orcid.org/0000-0002-1825-0097",
        "javascript:alert(1)",
        "https://",
        "https://example.org/a b",
        "https://example.org:99999999/",
        "https://[::1/",
        "https://example.org/\n",
        f"https://example.org/{'ü' * 700}",
    ],
)
def test_an_invalid_url_is_refused(api: Api, identifier: str) -> None:
    answer = api.post(LIST, {"identifier": identifier})
    assert list(data_of(answer, 400)) == ["identifier"]


def test_names_need_not_be_unique(api: Api) -> None:
    for _ in range(2):
        data_of(api.post(LIST, {"name": "Ada Lovelace"}), 201)
