"""Data products, their namespaces, and data from elsewhere."""

from __future__ import annotations

from functools import partial

from registry.catalogue import curation, models, services
from registry.catalogue.expressions import INTERNAL_FORMAT
from registry.catalogue.ownership import by_owners_of, refuse_products
from registry.catalogue.record_types.sections import PRODUCTS
from registry.catalogue.shared_addresses import with_own_address
from registry.core.field_references import path_of
from registry.core.permissions import Who
from registry.core.record_types import RecordType
from registry.core.related import RelatedFlag
from registry.core.traits import MEMBERS, Condition, Context, ReverseFilter, Suggestion

NAMESPACE = RecordType(
    model=models.Namespace,
    description="""
A space of names, usually of a group or project, for its data products.

Who registers a namespace is its first member, and members name further ones. In an
open namespace anybody with an account can register data products; in a closed one only
members.
""".strip(),
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
    newer=(models.Namespace.closed,),
    sharing=MEMBERS,
    correct=partial(
        curation.correct_record, models.Namespace, check=curation.check_namespace
    ),
    guard=curation.check_namespace,
)


def _suggest_product(product: models.DataProduct) -> str:
    return f"{product.namespace.name}:{product.name} {product.version}"


DATA_PRODUCT = RecordType(
    model=models.DataProduct,
    description="""
An object under a name and a version within a namespace.

Fields that others rely on are locked.
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
    links_in_order=(models.DataProduct.object, models.DataProduct.namespace),
    hidden=(models.DataProduct.version_key,),
    reverse_filters=(
        ReverseFilter(name="data_products", link=models.DataProduct.namespace),
    ),
    search_texts=(models.DataProduct.name,),
    context=Context(
        link=models.DataProduct.namespace,
        describe=lambda product: f"in {product.namespace.name}",
    ),
    suggestion=Suggestion(
        texts=(
            path_of(models.DataProduct.name),
            path_of(models.DataProduct.namespace, models.Namespace.name),
            path_of(models.DataProduct.version),
        ),
        linked=models.DataProduct.namespace,
        label=_suggest_product,
        between=":@",
    ),
    describes=(models.DataProduct.object,),
    registered_by=Who.MEMBERS,
    rule=refuse_products,
    register=services.register_data_products,
    change=services.update_data_product,
    guard=services.require_same_citation,
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
    hidden=(models.ExternalObject.version_key,),
    reverse_filters=(
        ReverseFilter(
            name="original_store_of", link=models.ExternalObject.original_store
        ),
    ),
    search_texts=(
        models.ExternalObject.title,
        models.ExternalObject.identifier,
        models.ExternalObject.alternate_identifier,
    ),
    describes=(models.ExternalObject.data_product, models.DataProduct.object),
    registered_by=Who.OWNERS_OF_ITS_OBJECT,
    rule=with_own_address(
        by_owners_of(models.ExternalObject.data_product, models.DataProduct.object)
    ),
    register=services.register_external_objects,
    correct=partial(
        curation.correct_record,
        models.ExternalObject,
        check=curation.check_external_object,
    ),
    guard=curation.check_external_object,
)
