"""Register and change organisations, models and studies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from registry.catalogue.models import Organisation
from registry.catalogue.rors import canonical_ror
from registry.catalogue.services import require_same_uuid
from registry.core.models import Record
from registry.core.records import Values, create_records
from registry.identity.ownership import change_own

if TYPE_CHECKING:
    from registry.identity.models import User

R = TypeVar("R", bound=Record)


def register_organisations(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[Organisation]:
    """Register organisations; one ROR id is one of them, however it is written."""
    rows = [with_one_spelling(row) for row in rows]
    return create_records(Organisation, rows, by=by, validated=validated)


def with_one_spelling(row: Values) -> Values:
    """Return values with the one spelling of the URL of a ROR id."""
    ror = row.get("ror")
    return {**row, "ror": canonical_ror(ror)} if isinstance(ror, str) and ror else row


def change_organisation(pk: int, values: Values, **options: Any) -> Organisation:
    """Change an organisation; its UUID is locked."""
    return change_cited(Organisation, pk, with_one_spelling(values), **options)


def change_cited(model: type[R], pk: int, values: Values, **options: Any) -> R:
    """Change a record of one's own; the UUID, by which others cite it, is locked."""
    return change_own(model, pk, values, guard=require_same_uuid, **options)
