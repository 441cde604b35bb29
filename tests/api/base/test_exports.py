"""Exports are read in chunks, in any order."""

from __future__ import annotations

import pytest

from registry.catalogue.models import Keyword
from registry.core.records import create_records
from tests.api.client import Api, data_of, rows_of
from tests.factories import ObjectFactory, registrar

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("ordering", ["", "id", "identifier", "-identifier,keyphrase"])
def test_the_chunks_contain_all_records(
    rows: int, ordering: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.api.base.viewsets.CHUNK", 2)
    thing = ObjectFactory.create()
    values = [
        {
            "object": thing,
            "keyphrase": f"word {n}",
            "identifier": None if n % 2 else f"https://example.org/{n}",
        }
        for n in range(rows)
    ]
    create_records(Keyword, values, by=registrar())
    query = {"ordering": ordering} if ordering else {}
    page = data_of(Api().get("/api/keyword/", query))["results"]
    exported = rows_of(Api().get("/api/keyword/", {**query, "format": "csv"}))
    assert [row["url"] for row in exported] == [row["url"] for row in page]
    assert len(exported) == rows
