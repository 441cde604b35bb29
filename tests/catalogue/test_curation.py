"""Corrections by administrators, and fields that are locked."""

from __future__ import annotations

from typing import Any

import pytest

from registry.catalogue import models
from registry.catalogue.authors import author_uuid
from registry.core.errors import Conflict, Duplicate, Forbidden, InvalidInput, Stale
from registry.core.models import Event
from registry.identity.models import User
from registry.identity.services import create_user
from tests import factories
from tests.services import correct

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> User:
    """Return an administrator."""
    return create_user(username="curator", roles=["entity-registry-admin"])


def test_a_correction_records_who_and_what(curator: User) -> None:
    keyword = factories.KeywordFactory.create()
    correct(models.Keyword, keyword.pk, {"keyphrase": "mumps"}, by=curator)
    keyword.refresh_from_db()
    assert (keyword.keyphrase, keyword.updated_by) == ("mumps", curator)
    assert keyword.registered_by != curator
    event = Event.objects.latest("pk")
    assert (event.kind, event.action, event.by) == ("keyword", "updated", curator)


def test_owners_cannot_correct_records(curator: User) -> None:
    keyword = factories.KeywordFactory.create()
    with pytest.raises(Forbidden):
        correct(models.Keyword, keyword.pk, {}, by=keyword.registered_by)


def test_a_changed_record_is_not_overwritten(curator: User) -> None:
    keyword = factories.KeywordFactory.create()
    seen = {keyword.revision}
    correct(models.Keyword, keyword.pk, {"keyphrase": "mumps"}, by=curator)
    with pytest.raises(Stale):
        correct(
            models.Keyword,
            keyword.pk,
            {"keyphrase": "measles"},
            by=curator,
            unless_changed=seen,
        )


def test_invalid_values_and_duplicates_are_refused(curator: User) -> None:
    first, second = (factories.NamespaceFactory.create() for _ in range(2))
    with pytest.raises(Duplicate):
        correct(models.Namespace, second.pk, {"name": first.name}, by=curator)
    with pytest.raises(InvalidInput):
        correct(models.Namespace, second.pk, {"name": "glob*"}, by=curator)


@pytest.mark.parametrize("has_one", [True, False])
def test_a_corrected_identifier_changes_the_uuid(curator: User, has_one: bool) -> None:
    given = {} if has_one else {"identifier": None}
    author = factories.AuthorFactory.create(**given)
    orcid = "https://orcid.org/0000-0002-1825-0097"
    correct(models.Author, author.pk, {"identifier": orcid}, by=curator)
    author.refresh_from_db()
    assert author.uuid == author_uuid(orcid)
    with pytest.raises(Conflict):
        correct(models.Author, author.pk, {"uuid": author_uuid("x")}, by=curator)
    correct(models.Author, author.pk, {"identifier": None}, by=curator)
    author.refresh_from_db()
    assert (author.identifier, author.uuid) == (None, author_uuid(orcid))


def _whole() -> Any:
    return factories.ObjectFactory.create().components.get()


def _input() -> Any:
    component = factories.ObjectComponentFactory.create()
    factories.CodeRunFactory.create(inputs=[component])
    return component


def _output() -> Any:
    component = factories.ObjectComponentFactory.create()
    factories.CodeRunFactory.create(outputs=[component])
    return component


def _held_location() -> Any:
    location = factories.StorageLocationFactory.create()
    factories.ObjectFactory.create(storage_location=location)
    return location


@pytest.mark.parametrize(
    "make, values",
    [
        (_whole, {"name": "part"}),
        (_whole, {"whole_object": False}),
        (_input, {"name": "other"}),
        (_output, {"name": "other"}),
        (_held_location, {"hash": "0" * 40}),
        (lambda: factories.DataProductFactory.create().namespace, {"name": "other"}),
        (factories.UserAuthorFactory.create, {"user": factories.UserFactory.create}),
        (
            factories.ExternalObjectFactory.create,
            {"data_product": factories.DataProductFactory.create},
        ),
        (
            factories.ObjectComponentFactory.create,
            {"object": factories.ObjectFactory.create},
        ),
        (factories.KeywordFactory.create, {"object": factories.ObjectFactory.create}),
        (factories.LicenceFactory.create, {"object": factories.ObjectFactory.create}),
        (factories.KeyValueFactory.create, {"object": factories.ObjectFactory.create}),
        (
            factories.CodeRepoReleaseFactory.create,
            {"object": factories.ObjectFactory.create},
        ),
        (
            factories.QualityControlledFactory.create,
            {"object": factories.ObjectFactory.create},
        ),
    ],
)
def test_fields_that_others_rely_on_are_locked(
    curator: User, make: Any, values: dict[str, Any]
) -> None:
    record = make()
    other = {
        name: value().pk if callable(value) else value for name, value in values.items()
    }
    with pytest.raises(Conflict, match="cannot be changed"):
        correct(type(record), record.pk, other, by=curator)
    [name] = other
    field = record._meta.get_field(name)
    correct(type(record), record.pk, {name: getattr(record, field.attname)}, by=curator)


@pytest.mark.parametrize(
    "make, values",
    [
        (factories.ObjectComponentFactory.create, {"name": "other"}),
        (factories.StorageLocationFactory.create, {"hash": "0" * 40}),
        (factories.NamespaceFactory.create, {"name": "other"}),
        (factories.StorageRootFactory.create, {"root": "https://new.example.org/"}),
        (factories.FileTypeFactory.create, {"extension": "tsv"}),
    ],
)
def test_fields_without_references_can_be_corrected(
    curator: User, make: Any, values: dict[str, Any]
) -> None:
    record = make()
    correct(type(record), record.pk, values, by=curator)
    record.refresh_from_db()
    assert {name: getattr(record, name) for name in values} == values


@pytest.mark.parametrize("model", [models.Object, models.DataProduct, models.Issue])
def test_corrections_exclude_types_that_owners_change(
    curator: User, model: Any
) -> None:
    record = factories.ObjectFactory.create()
    with pytest.raises(LookupError):
        correct(model, record.pk, {"description": "x"}, by=curator)
