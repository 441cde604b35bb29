"""The node types of the catalogue.

An object appears under the names that people know: as each data product that it is, or
as itself where it is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from registry.catalogue.models import (
    WHOLE_OBJECT,
    Author,
    DataProduct,
    ExternalObject,
    Object,
    ObjectComponent,
)
from registry.catalogue.provenance.captions import (
    caption_externals,
    caption_objects,
    caption_products,
    issues_of_objects,
)
from registry.catalogue.provenance.documents import (
    AUTHOR_DOCUMENT,
    DATA_PRODUCT_DOCUMENT,
    EXTERNAL_OBJECT_DOCUMENT,
    OBJECT_DOCUMENT,
)
from registry.catalogue.provenance.fetching import (
    authors_of_accounts,
    crate_components,
)
from registry.catalogue.provenance.importing import register_people, register_things
from registry.catalogue.provenance.rows import (
    external_of,
    products_of,
)
from registry.core.graph import Element, NodeName, NodeType, PeopleType
from registry.core.graph.mapping import PartMap
from registry.core.lookups import IdIn


def latest_products(ids: Sequence[int]) -> set[int]:
    """Return which data products are the latest versions of their names."""
    rows = DataProduct.objects.filter(IdIn("pk", ids)).latest_versions()
    return set(rows.order_by().values_list("pk", flat=True))


DATA_PRODUCT = NodeName(
    model=DataProduct,
    captions=caption_products,
    of_node=products_of,
    origin=external_of,
    document=DATA_PRODUCT_DOCUMENT,
    newest=latest_products,
    report_path="prov-report/{id}/",
    crate_path="ro-crate/data-product/{id}/",
)
EXTERNAL_OBJECT = NodeName(
    model=ExternalObject,
    captions=caption_externals,
    document=EXTERNAL_OBJECT_DOCUMENT,
    appears=False,
    has_own_documents=False,
)
OBJECT = NodeType(
    model=Object,
    element=Element.ENTITY,
    is_default=True,
    names=(DATA_PRODUCT, EXTERNAL_OBJECT),
    captions=caption_objects,
    importer=register_things,
    parts=PartMap(
        model=ObjectComponent,
        whole=ObjectComponent.object,
        name=ObjectComponent.name,
        whole_name=WHOLE_OBJECT,
        rows=crate_components,
    ),
    document=OBJECT_DOCUMENT,
    issues=issues_of_objects,
    report_path="prov-report/object/{id}/",
)
PEOPLE = PeopleType(
    document=AUTHOR_DOCUMENT,
    name=Author.name,
    identifier=Author.identifier,
    of_accounts=authors_of_accounts,
    importer=register_people,
)
