"""Where the records are now that were merged into others."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef

from registry.core.lookups import IdIn
from registry.core.models import MergedRecord

if TYPE_CHECKING:
    from registry.core.models import Record


def kept_ids(model: type[Record], ids: Collection[int]) -> dict[int, int]:
    """Return the ids of the records that these were merged into, in one statement."""
    merged = MergedRecord.objects.filter(IdIn("old_id", ids), kind=model.kind)
    kept: Any = model._default_manager.order_by().filter(pk=OuterRef("new_id"))
    found = merged.filter(Exists(kept)).order_by()
    return dict(found.values_list("old_id", "new_id"))


def kept_id(model: type[Record], pk: int) -> int | None:
    """Return the id of the record that this one was merged into, if it was."""
    return kept_ids(model, [pk]).get(pk)


def remember_merged(model: type[Record], others: Collection[int], *, keep: int) -> None:
    """Remember where records are now; those merged into them earlier lead there too."""
    earlier = MergedRecord.objects.filter(IdIn("new_id", others), kind=model.kind)
    earlier.update(new_id=keep)
    MergedRecord.objects.bulk_create(
        MergedRecord(kind=model.kind, old_id=pk, new_id=keep) for pk in others
    )
