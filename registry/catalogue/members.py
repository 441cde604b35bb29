"""Close and open namespaces."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from registry.catalogue.models import Namespace
from registry.core.records import set_mark
from registry.core.transactions import atomic
from registry.identity.ownership import lock_own

if TYPE_CHECKING:
    from registry.identity.models import User


@atomic
def set_closed(
    pk: int,
    *,
    closed: bool,
    by: User,
    unless_changed: Collection[str] | None = None,
) -> Namespace:
    """Close a namespace, or open it; nothing happens if it is that already.

    Raises ``Forbidden`` unless the person is a member or a curator.
    """
    namespace = lock_own(Namespace, pk, by=by, unless_changed=unless_changed)
    if namespace.closed == closed:
        return namespace
    return set_mark(namespace, "closed", closed, by=by)
