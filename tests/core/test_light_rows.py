"""Light rows have what a reader of records needs, and nothing else."""

from __future__ import annotations

import pytest

from registry.catalogue.models import DataProduct, Keyword, Namespace, Object
from registry.core.graph import graph
from registry.core.light_rows import LightRows, RowList
from tests.factories import DataProductFactory, KeywordFactory

pytestmark = pytest.mark.django_db

PRODUCT = LightRows(
    DataProduct,
    "name",
    lists=("labels",),
    namespace=LightRows(Namespace, "name"),
    object=LightRows(Object, "uuid", storage_location=LightRows(Namespace, "path")),
)


def test_a_row_has_the_attributes_of_its_record() -> None:
    product = DataProductFactory.create(object__storage_location=None)
    [values] = DataProduct.objects.values_list(*PRODUCT.paths)
    row = PRODUCT.row(values, RowList())
    assert (row.pk, row.kind, row.name) == (product.pk, "data_product", product.name)
    assert row.namespace.name == product.namespace.name
    assert row.object.uuid == product.object.uuid
    assert row.object.storage_location is None
    assert row.labels.all() == []
    assert not hasattr(row, "version")
    assert graph.document_of(row) is graph.document_of(product)


def test_lists_are_by_the_record_that_has_them() -> None:
    first, second = KeywordFactory.create(), KeywordFactory.create()
    KeywordFactory.create(object=first.object)
    keyword = LightRows(Keyword, "keyphrase")
    rows = Keyword.objects.order_by("pk").values_list("object", *keyword.paths)
    by_object = keyword.by_owner(rows)
    assert [len(by_object[one.object_id].all()) for one in (first, second)] == [2, 1]
    assert by_object[second.object_id][0].keyphrase == second.keyphrase
