"""Query parameters that are given several times, or with blanks."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests import factories
from tests.api.client import Api, data_of, path_of, url_of

pytestmark = pytest.mark.django_db

DIGEST = hashlib.sha256(b"data").hexdigest()
ONCE = ["Give it once."]


def _names(query: str) -> list[str]:
    page = data_of(Api().get(f"/api/namespace/?{query}"))
    return [record["name"] for record in page["results"]]


@pytest.mark.parametrize(
    "path, query, name",
    [
        ("namespace", "name=a&name=b", "name"),
        ("namespace", "name=a&name=b&format=csv", "name"),
        ("issue", "severity=1&severity=3", "severity"),
        ("object", f"sha256=zz&sha256={DIGEST}", "sha256"),
        ("namespace", "page_size=1&page_size=2", "page_size"),
        ("namespace", "cursor=a&cursor=b", "cursor"),
        ("namespace", "format=json&format=csv", "format"),
        ("namespace", "raw=true&raw=false&format=csv", "raw"),
        ("object", "uuid=a&uuid=b", "uuid"),
        ("object", "file_type__isnull=0&file_type__isnull=1", "file_type__isnull"),
    ],
)
def test_several_values_are_refused(path: str, query: str, name: str) -> None:
    answer = Api().get(f"/api/{path}/?{query}")
    assert answer.status_code == 400
    body = answer.content.decode()
    assert name in body
    assert ONCE[0] in body


def test_records_and_other_addresses_refuse_several_values_too() -> None:
    product = factories.DataProductFactory.create()
    path = path_of(product)
    assert data_of(Api().get(f"{path}?format=csv&format=json"), 400)["format"] == ONCE
    for other in (f"lineage/{product.kind}/{product.pk}", f"prov-report/{product.pk}"):
        answer = Api().get(f"/api/{other}/?depth=1&depth=2")
        assert data_of(answer, 400)["depth"] == ONCE


def test_equal_and_empty_values_beside_one_add_nothing() -> None:
    for name in ("alpha", "beta"):
        factories.NamespaceFactory.create(name=name)
    for query in ("name=alpha&name=", "name=&name=alpha", "name=alpha&name=alpha"):
        assert _names(query) == ["alpha"], query
    assert _names("name=&name=") == ["beta", "alpha"]
    assert _names("page_size=1&page_size=") == ["beta"]
    sought = f"/api/object/?sha256={DIGEST}&sha256="
    factories.ObjectFactory.create()
    assert data_of(Api().get(sought))["count"] == 0


def test_links_and_choices_still_have_several_values() -> None:
    some = factories.DataProductFactory.create_batch(2)
    factories.DataProductFactory.create()
    query = "&".join(f"namespace={one.namespace.pk}" for one in some)
    assert data_of(Api().get(f"/api/data_product/?{query}&namespace="))["count"] == 2


@pytest.mark.parametrize(
    "query, shown",
    [
        ("fields=url, name", {"url", "name"}),
        ("fields=url&fields=name", {"url", "name"}),
        ("fields=url,name&omit= url &omit=", {"name"}),
        ("fields=name,object&expand= object", {"name", "object"}),
        ("fields=object,namespace&expand=object&expand=namespace", None),
    ],
)
def test_names_of_fields_are_joined_without_blanks(
    query: str, shown: set[str] | None
) -> None:
    product = factories.DataProductFactory.create()
    for path in (path_of(product), "/api/data_product/"):
        answer: Any = data_of(Api().get(f"{path}?{query}"))
        record = answer["results"][0] if "results" in answer else answer
        assert set(record) == (shown or {"object", "namespace"})
        linked = {"object", "namespace"} & set(record)
        assert all(isinstance(record[name], dict) for name in linked)


def test_orders_are_joined() -> None:
    first, second, third = (
        factories.IssueFactory.create(severity=severity) for severity in (2, 2, 1)
    )
    page = data_of(Api().get("/api/issue/?ordering=severity&ordering=-id&fields=url"))
    found = [record["url"] for record in page["results"]]
    assert found == [url_of(one) for one in (third, second, first)]


def test_expand_in_a_write_is_refused_with_the_reason() -> None:
    api = Api(factories.UserFactory.create())
    kind = {"name": "table", "extension": "csv"}
    for query in ("expand=updated_by", "expand=nonsense"):
        answer = data_of(api.post(f"/api/file_type/?{query}", kind), 400)
        assert "then GET the record with it" in answer["detail"]
    assert data_of(api.get("/api/file_type/"))["count"] == 0
