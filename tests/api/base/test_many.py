"""A POST can register very many records."""

from __future__ import annotations

import pytest

from registry.api.base.parsers import MAX_BULK
from registry.catalogue.models import FileType, ObjectComponent
from registry.core.models import Event
from tests.api.client import Api, data_of
from tests.factories import FileTypeFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LIST = "/api/file_type/"


def _rows(count: int) -> list[dict[str, str]]:
    return [{"name": f"Format {n}", "extension": str(n)} for n in range(count)]


def test_10_000_records_are_registered_at_once() -> None:
    assert MAX_BULK == 10_000
    shown = data_of(Api(UserFactory()).post(LIST, _rows(10_000)), 201)
    assert [one["extension"] for one in shown] == [str(n) for n in range(10_000)]
    assert FileType.objects.count() == 10_000
    assert Event.objects.filter(kind="file_type").count() == 10_000


def test_10_001_records_are_refused() -> None:
    answer = data_of(Api(UserFactory()).post(LIST, _rows(10_001)), 400)
    assert answer == {
        "detail": "At most 10000 records in one request; this one has 10001."
    }
    assert not FileType.objects.exists()


def test_a_duplicate_among_10_000_records_is_reported() -> None:
    known = FileTypeFactory(name="Format 9999", extension="9999")
    errors = data_of(Api(UserFactory()).post(LIST, _rows(10_000)), 409)
    assert [index for index, error in enumerate(errors) if error] == [9999]
    assert errors[9999]["url"].endswith(f"/api/file_type/{known.pk}/")
    assert FileType.objects.get() == known


def test_each_of_many_objects_has_its_component() -> None:
    data_of(Api(UserFactory()).post("/api/object/", [{}] * 2500), 201)
    assert ObjectComponent.objects.filter(whole_object=True).count() == 2500
