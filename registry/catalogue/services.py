"""Register catalogue records, and change the fields that can change.

Every function stores all of its rows or none, and writes their events. These functions
validate values too; pass ``validated`` if a serializer has validated each field.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import models

from registry.catalogue.models import (
    WHOLE_OBJECT,
    DataProduct,
    ExternalObject,
    Issue,
    Object,
    ObjectComponent,
    StorageLocation,
    StorageRoot,
)
from registry.catalogue.ownership import require_product
from registry.core.errors import Conflict, Duplicate, InvalidInput, raise_by_row
from registry.core.records import Values, change_record, create_records
from registry.core.transactions import atomic
from registry.identity.ownership import change_own, lock_own

if TYPE_CHECKING:
    from registry.core.errors import RegistryError
    from registry.core.models import Record
    from registry.identity.models import User


#: What is said of an issue without a component.
_ATTACH = (
    "Give at least one component that has the issue. Every object has one, named "
    "whole_object, for the object as a whole."
)


def register_objects(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[Object]:
    """Register objects, each with its component ``whole_object``."""
    return create_records(
        Object, rows, by=by, validated=validated, parts=_build_whole_objects
    )


def _build_whole_objects(objects: Sequence[Object]) -> list[ObjectComponent]:
    return [
        ObjectComponent(
            object_id=item.pk,
            name=WHOLE_OBJECT,
            whole_object=True,
            registered_by_id=item.registered_by_id,
            updated_by_id=item.updated_by_id,
        )
        for item in objects
    ]


def register_data_products(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[DataProduct]:
    """Register data products."""
    return create_records(DataProduct, rows, by=by, validated=validated)


def register_external_objects(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[ExternalObject]:
    """Register external objects; each has the version of its data product."""
    ids = [_target_id(row.get("data_product")) for row in rows]
    versions = dict(
        DataProduct.objects.filter(pk__in=set(ids)).values_list("pk", "version")
    )
    return create_records(
        ExternalObject,
        [
            {**row, "version": versions.get(pk, "")}
            for row, pk in zip(rows, ids, strict=True)
        ],
        by=by,
        validated=validated,
    )


def register_issues(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[Issue]:
    """Register issues, each with at least one component that has it."""
    errors: dict[int, RegistryError] = {
        index: InvalidInput({"component_issues": [_ATTACH]})
        for index, row in enumerate(rows)
        if not row.get("component_issues")
    }
    raise_by_row(errors, len(rows))
    return create_records(Issue, rows, by=by, validated=validated)


def update_issue(
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
) -> Issue:
    """Change an issue; its UUID is locked, and its last component stays."""
    return change_own(
        Issue,
        pk,
        values,
        by=by,
        unless_changed=unless_changed,
        validated=validated,
        guard=_check_issue,
    )


def _check_issue(issue: Issue, values: Values) -> None:
    require_same_uuid(issue, values)
    is_emptied = not values.get("component_issues", True)
    if is_emptied and issue.component_issues.exists():
        raise InvalidInput({"component_issues": [_ATTACH]})


def update_object(
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
) -> Object:
    """Change an object; its UUID is locked, and its location once it is set."""
    return change_own(
        Object,
        pk,
        values,
        by=by,
        unless_changed=unless_changed,
        validated=validated,
        guard=require_same_location,
    )


def update_data_product(
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
) -> DataProduct:
    """Change a data product; fields that others rely on are locked.

    A new name or object has to be one that this person could register.
    """
    moved = {"namespace", "name", "version", "object"} & values.keys()
    return change_own(
        DataProduct,
        pk,
        values,
        by=by,
        unless_changed=unless_changed,
        validated=validated,
        guard=require_same_citation,
        check=partial(require_product, by=by) if moved else None,
    )


@atomic
def place_object(
    pk: int,
    place: Values,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
) -> tuple[Object, bool]:
    """Set the storage location of an object.

    ``place`` contains path, hash, storage_root and public of the location, which is
    registered if it does not exist. ``values`` are further fields of the object.
    Returns the object and whether this call set its location; raises ``Conflict`` if it
    has another location.
    """
    record = lock_own(Object, pk, by=by, unless_changed=unless_changed)
    location = find_or_register_location(place, by=by)
    is_new = record.storage_location_id is None
    values = {**values, "storage_location": location.pk}
    require_same_location(record, values)
    return change_record(record, values, by=by, validated=True), is_new


def find_or_register_location(place: Values, *, by: User) -> StorageLocation:
    """Return the location with this hash below this root; register it if necessary."""
    try:
        return create_records(StorageLocation, [place], by=by, validated=True)[0]
    except Duplicate as duplicate:
        if not isinstance(duplicate.existing, StorageLocation):
            raise
        return duplicate.existing


def find_or_register_root(root: str, *, local: bool = False, by: User) -> StorageRoot:
    """Return the storage root with this URI; register it if necessary."""
    existing = StorageRoot.objects.filter(root=root).first()
    if existing is not None:
        return existing
    try:
        return create_records(StorageRoot, [{"root": root, "local": local}], by=by)[0]
    except Duplicate as duplicate:
        # somebody registered it at this moment
        if not isinstance(duplicate.existing, StorageRoot):
            raise
        return duplicate.existing


def require_same_uuid(record: Record, values: Values) -> None:
    """Raise ``Conflict`` if the UUID would change, because others can cite it."""
    require_unchanged(
        record, values, "uuid", "others may refer to the record by its UUID"
    )


def require_same_location(record: Object, values: Values) -> None:
    """Raise ``Conflict`` if the UUID would change, or a location that is set."""
    require_same_uuid(record, values)
    if record.storage_location_id is not None:
        require_unchanged(
            record, values, "storage_location", "the object has its location already"
        )


def require_same_citation(record: DataProduct, values: Values) -> None:
    """Raise ``Conflict`` if the name by which others cite a product would change."""
    if record.object.storage_location_id is not None:
        require_unchanged(
            record, values, "object", "the product's file has been released"
        )
    if _is_cited(record):
        for name in ("namespace", "name", "version"):
            require_unchanged(
                record, values, name, "an external object or a code run refers to it"
            )


def _is_cited(product: DataProduct) -> bool:
    """Return whether an external object or a code run refers to a data product."""
    component = product.object.components.filter(
        models.Q(inputs_of__isnull=False) | models.Q(outputs_of__isnull=False)
    )
    return (
        ExternalObject.objects.filter(data_product=product).exists()
        or component.exists()
    )


def require_unchanged(record: Record, values: Values, name: str, reason: str) -> None:
    """Raise ``Conflict`` if ``values`` would change the field ``name``."""
    if name not in values:
        return
    field: Any = record._meta.get_field(name)
    if getattr(record, field.attname) != _target_id(values[name]):
        raise Conflict(f"{name} cannot be changed: {reason}.")


def _target_id(link: Any) -> Any:
    """Return the id of a link's target; return other values unchanged."""
    return link.pk if isinstance(link, models.Model) else link
