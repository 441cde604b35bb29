"""The node types of the catalogue.

An object appears under the names that people know: as each data product that it is, or
as itself where it is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from registry.catalogue.models import DataProduct, ExternalObject, Object
from registry.catalogue.provenance.captions import (
    caption_externals,
    caption_objects,
    caption_products,
    issues_of_objects,
)
from registry.core.graph import Element, NodeName, NodeType


def latest_products(ids: Sequence[int]) -> set[int]:
    """Return which data products are the latest versions of their names."""
    rows = DataProduct.objects.filter(pk__in=ids).latest_versions()
    return set(rows.values_list("pk", flat=True))


DATA_PRODUCT = NodeName(
    model=DataProduct,
    path=(DataProduct.object,),
    captions=caption_products,
    newest=latest_products,
    report_path="prov-report/{id}/",
    crate_path="ro-crate/data-product/{id}/",
)
EXTERNAL_OBJECT = NodeName(
    model=ExternalObject,
    path=(ExternalObject.data_product, DataProduct.object),
    captions=caption_externals,
    appears=False,
    has_own_documents=False,
)
OBJECT = NodeType(
    model=Object,
    element=Element.ENTITY,
    link_field="object",
    names=(DATA_PRODUCT, EXTERNAL_OBJECT),
    captions=caption_objects,
    issues=issues_of_objects,
    report_path="prov-report/object/{id}/",
)
