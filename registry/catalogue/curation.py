"""Corrections that only administrators can make.

Most catalogue records are cited as soon as they are registered, so the API does not
change them. But people misspell names and move servers, so an administrator can correct
a record. Fields that others rely on (the hash of bytes, the name in an address, the
object that a record is about) are locked. Every correction writes an event.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from registry.catalogue import models
from registry.catalogue.authors import author_uuid
from registry.catalogue.orcids import canonical_identifier
from registry.catalogue.services import require_unchanged
from registry.catalogue.shared_addresses import require_own_address
from registry.core.errors import Forbidden
from registry.core.models import Record
from registry.core.records import Values, change_record, lock_record
from registry.core.transactions import atomic
from registry.identity.roles import is_administrator

if TYPE_CHECKING:
    from registry.identity.models import User

R = TypeVar("R", bound=Record)


@atomic
def correct_record(
    model: type[R],
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
    check: Callable[[R, Values], None] | None = None,
) -> R:
    """Correct a record of a type that its owner cannot change.

    ``check`` raises an error for locked fields. Raises ``Forbidden`` unless ``by`` is
    an administrator, and ``Conflict`` if others rely on the present value.
    """
    if not is_administrator(by):
        raise Forbidden("Only an administrator can correct this record.")
    record = lock_record(model, pk, unless_changed=unless_changed)
    if check is not None:
        check(record, values)
    return change_record(record, values, by=by, validated=validated)


def correct_author(pk: int, values: Values, **options: Any) -> models.Author:
    """Correct an author; the UUID is derived from the identifier.

    The options are those of ``correct_record``.
    """
    identifier = canonical_identifier(values.get("identifier") or "")
    named = {"identifier": identifier, "uuid": author_uuid(identifier)}
    completed = {**values, **named} if identifier else values
    check = partial(_check_author, given=values)
    return correct_record(models.Author, pk, completed, check=check, **options)


def _check_author(author: models.Author, _: Values, *, given: Values) -> None:
    require_unchanged(author, given, "uuid", "others may refer to the author by it")


def check_component(component: models.ObjectComponent, values: Values) -> None:
    """Require that the fields by which clients and code runs find a component stay."""
    require_unchanged(component, values, "object", "a component belongs to one object")
    require_unchanged(
        component, values, "whole_object", "it was decided when the object was made"
    )
    if component.whole_object or _is_used(component):
        require_unchanged(
            component, values, "name", "clients and code runs refer to the component"
        )


def _is_used(component: models.ObjectComponent) -> bool:
    return component.inputs_of.exists() or component.outputs_of.exists()


def check_location(location: models.StorageLocation, values: Values) -> None:
    """Require that the hash of a location with an object stays."""
    if location.objects_here.exists():
        require_unchanged(location, values, "hash", "an object has these bytes")


def check_namespace(namespace: models.Namespace, values: Values) -> None:
    """Require that the name of a namespace with data products stays."""
    if namespace.products_named.exists():
        require_unchanged(
            namespace, values, "name", "it is part of the names of data products"
        )


def check_user_author(link: models.UserAuthor, values: Values) -> None:
    """Require that the account of an author stays."""
    require_unchanged(link, values, "user", "it says whose account this is")


def check_external_object(external: models.ExternalObject, values: Values) -> None:
    """Require that the data product stays, and that the address is its own."""
    require_unchanged(
        external, values, "data_product", "it says where that data product came from"
    )
    require_own_address(external, values)


def check_annotation(record: Any, values: Values) -> None:
    """Require that the object of a label stays."""
    require_unchanged(record, values, "object", "register another for the other object")
