"""What administrators may put right, beyond what the API changes.

Most catalogue records are registered once and cited ever after, so that the API does
not change them. People still misspell names and move servers: an administrator may
correct a record here. What others hold on to (the hash of bytes, the name in an
address, the object that is spoken of) stays, and every correction leaves its event.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
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
def correct(
    model: type[R],
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    checked: bool = False,
) -> R:
    """Correct a record of a type that the API does not change.

    Raises ``Forbidden`` for anyone but an administrator, and ``Conflict`` where others
    rely on the value that would change.
    """
    if not is_administrator(by):
        raise Forbidden("Only an administrator may correct this record.")
    guard = _GUARDS[model]
    record = lock_record(model, pk, unless_changed=unless_changed)
    guard(record, values)
    return change_record(record, _completed(record, values), by=by, checked=checked)


def _completed(record: Record, values: Values) -> Values:
    """Add what follows from the values: an author's identifier decides the UUID."""
    identifier = values.get("identifier")
    if isinstance(record, models.Author) and identifier:
        return {**values, "uuid": author_uuid(identifier)}
    return values


def _nothing(record: Any, values: Values) -> None:
    """Refuse nothing: all of it is description."""


def _author(record: models.Author, values: Values) -> None:
    keep(record, values, "uuid", "others may refer to the author by it")


def _component(record: models.ObjectComponent, values: Values) -> None:
    keep(record, values, "object", "a component belongs to one object")
    keep(record, values, "whole_object", "it was decided when the object was made")
    if record.whole_object or _is_used(record):
        keep(record, values, "name", "clients and code runs refer to the component")


def _is_used(component: models.ObjectComponent) -> bool:
    runs: Any = component
    return bool(runs.inputs_of.exists() or runs.outputs_of.exists())


def _location(record: models.StorageLocation, values: Values) -> None:
    if record.objects_here.exists():
        keep(record, values, "hash", "an object has these bytes")


def _namespace(record: models.Namespace, values: Values) -> None:
    if record.products_named.exists():
        keep(record, values, "name", "it is part of the names of data products")


def _user_author(record: models.UserAuthor, values: Values) -> None:
    keep(record, values, "user", "it says whose account this is")


def _external(record: models.ExternalObject, values: Values) -> None:
    keep(record, values, "data_product", "it says where that data product came from")


def _about_object(record: Any, values: Values) -> None:
    keep(record, values, "object", "register another for the other object")


_GUARDS: dict[type[Record], Callable[[Any, Values], None]] = {
    models.Author: _author,
    models.CodeRepoRelease: _about_object,
    models.ExternalObject: _external,
    models.FileType: _nothing,
    models.KeyValue: _about_object,
    models.Keyword: _about_object,
    models.Licence: _about_object,
    models.Namespace: _namespace,
    models.ObjectComponent: _component,
    models.QualityControlled: _about_object,
    models.StorageLocation: _location,
    models.StorageRoot: _nothing,
    models.UserAuthor: _user_author,
}
