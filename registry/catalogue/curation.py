"""What administrators can correct, beyond what owners change.

Most catalogue records are registered once and cited from then on, so that the API does
not change them. People still misspell names and move servers: an administrator can
correct a record. What others rely on (the hash of bytes, the name in an address, the
object that a record is about) stays, and every correction leaves its event.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from registry.catalogue import models
from registry.catalogue.services import author_uuid, keep
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

    ``check`` refuses what must stay. Raises ``Forbidden`` for anyone but an
    administrator, and ``Conflict`` where others rely on the value that would change.
    """
    if not is_administrator(by):
        raise Forbidden("Only an administrator can correct this record.")
    record = lock_record(model, pk, unless_changed=unless_changed)
    if check is not None:
        check(record, values)
    return change_record(record, values, by=by, validated=validated)


def correct_author(pk: int, values: Values, **options: Any) -> models.Author:
    """Correct an author, whose identifier decides the UUID.

    The options are those of ``correct_record``.
    """
    identifier = values.get("identifier")
    completed = {**values, "uuid": author_uuid(identifier)} if identifier else values
    check = partial(_check_author, given=values)
    return correct_record(models.Author, pk, completed, check=check, **options)


def _check_author(author: models.Author, _: Values, *, given: Values) -> None:
    keep(author, given, "uuid", "others may refer to the author by it")


def check_component(component: models.ObjectComponent, values: Values) -> None:
    """Refuse to change what clients and code runs know a component by."""
    keep(component, values, "object", "a component belongs to one object")
    keep(component, values, "whole_object", "it was decided when the object was made")
    if component.whole_object or _is_used(component):
        keep(component, values, "name", "clients and code runs refer to the component")


def _is_used(component: models.ObjectComponent) -> bool:
    return component.inputs_of.exists() or component.outputs_of.exists()


def check_location(location: models.StorageLocation, values: Values) -> None:
    """Refuse another hash for a location that an object has."""
    if location.objects_here.exists():
        keep(location, values, "hash", "an object has these bytes")


def check_namespace(namespace: models.Namespace, values: Values) -> None:
    """Refuse another name for a namespace that has data products."""
    if namespace.products_named.exists():
        keep(namespace, values, "name", "it is part of the names of data products")


def check_user_author(link: models.UserAuthor, values: Values) -> None:
    """Refuse to give the link to another account."""
    keep(link, values, "user", "it says whose account this is")


def check_external_object(external: models.ExternalObject, values: Values) -> None:
    """Refuse to move an external object to another data product."""
    keep(external, values, "data_product", "it says where that data product came from")


def check_annotation(record: Any, values: Values) -> None:
    """Refuse to move what is said about one object to another."""
    keep(record, values, "object", "register another for the other object")
