"""Data products, their namespaces, and data from elsewhere."""

from __future__ import annotations

from functools import partial

from registry.catalogue import curation, models, services
from registry.catalogue.expressions import INTERNAL_FORMAT
from registry.catalogue.record_types.sections import PRODUCTS
from registry.core.record_types import Condition, Context, RecordType
from registry.core.related import RelatedFlag

NAMESPACE = RecordType(
    model=models.Namespace,
    description="A space of names, usually of a group or project, for its data "
    "products.",
    summary="Spaces of names, usually one for a group or project.",
    section=PRODUCTS,
    rank=90,
    columns=(
        models.Namespace.name,
        models.Namespace.full_name,
        models.Namespace.website,
    ),
    search_texts=(models.Namespace.name, models.Namespace.full_name),
    natural_key=models.Namespace.name,
    correct=partial(
        curation.correct_record, models.Namespace, check=curation.check_namespace
    ),
)


DATA_PRODUCT = RecordType(
    model=models.DataProduct,
    description="""
An object under a name and a version within a namespace.

Only its owner or an administrator can change a data product. Fields that others rely on
are locked.
""".strip(),
    summary="Data under a name and a version within a namespace.",
    section=PRODUCTS,
    rank=10,
    columns=(
        models.DataProduct.name,
        models.DataProduct.version,
        models.DataProduct.namespace,
        models.DataProduct.last_updated,
    ),
    linked=(models.DataProduct.external_object,),
    conditions=(
        Condition(
            name="internal_format",
            help_text="Whether the object has components other than the whole.",
            holds=INTERNAL_FORMAT,
            column=RelatedFlag(
                models.DataProduct, models.ObjectComponent, "object", "whole_object"
            ),
        ),
    ),
    hidden=(models.DataProduct.version_key,),
    search_texts=(models.DataProduct.name,),
    context=Context(
        link=models.DataProduct.namespace,
        describe=lambda product: f"in {product.namespace.name}",
    ),
    register=services.register_data_products,
    change=services.update_data_product,
)


EXTERNAL_OBJECT = RecordType(
    model=models.ExternalObject,
    description="""
Says that a data product came from outside, and under which identifier.

Give an `identifier` (a URL such as a DOI), or both `alternate_identifier` and
`alternate_identifier_type`. The version is that of the data product.
""".strip(),
    summary="Data that came from elsewhere, and the identifiers it has there.",
    section=PRODUCTS,
    rank=20,
    columns=(
        models.ExternalObject.title,
        models.ExternalObject.version,
        models.ExternalObject.release_date,
        models.ExternalObject.identifier,
    ),
    search_texts=(
        models.ExternalObject.title,
        models.ExternalObject.identifier,
        models.ExternalObject.alternate_identifier,
    ),
    register=services.register_external_objects,
    correct=partial(
        curation.correct_record,
        models.ExternalObject,
        check=curation.check_external_object,
    ),
)
