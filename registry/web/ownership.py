"""Whose a record is, and what the person who views its page can do about that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.catalogue.models import Namespace
from registry.catalogue.record_types import DATA_PRODUCT
from registry.core.compiled import CompiledRecords
from registry.core.field_references import name_of
from registry.core.record_types import RecordType, record_type_of
from registry.identity.co_owners import may_name
from registry.identity.models import CoOwner
from registry.identity.ownership import may_change, may_withdraw

if TYPE_CHECKING:
    from registry.core.models import Record
    from registry.web.describe import Viewer

#: The largest number of co-owners on a page.
MAX_SHOWN = 100

_CO_OWNERS = CompiledRecords(
    lambda kind, pk: (
        CoOwner.objects.filter(kind=kind, record_id=pk)
        .select_related("user")
        .order_by("pk")[:MAX_SHOWN]
    ),
    "a kind",
    -1,
)


def ownership_context(record: Record, viewer: Viewer) -> dict[str, Any]:
    """Return the owner and co-owners of a record, and what the viewer can do."""
    co_owners = _CO_OWNERS.records(record.kind, record.pk)
    signed_in = viewer.is_authenticated
    is_namespace = isinstance(record, Namespace)
    return {
        "sharing": record_type_of(type(record)).sharing,
        "owner": record.registered_by.get_username() if signed_in else "",
        "co_owners": [
            {
                "id": one.user_id,
                "name": one.user.get_username() if signed_in else "",
                "is_viewer": one.user_id == viewer.pk,
            }
            for one in co_owners
        ],
        "may_name": may_name(viewer, record),
        "may_withdraw": signed_in and may_withdraw(viewer, record),
        "may_close": is_namespace and may_change(viewer, record),
        "is_namespace": is_namespace,
    }


def may_add(viewer: Viewer, record: Record, other: RecordType[Any], link: str) -> bool:
    """Return whether a person can register a record of another type for this one.

    ``link`` is the field of the other type that links to this record.
    """
    if other is DATA_PRODUCT and isinstance(record, Namespace):
        return not record.closed or may_change(viewer, record)
    if other.rule is None or not other.describes or name_of(other.describes[0]) != link:
        return True
    about: Any = record
    for further in other.describes[1:]:
        about = getattr(about, name_of(further))
    return may_change(viewer, about)
