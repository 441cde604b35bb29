"""Change backends and the grants of their use."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from registry.core.records import Values
from registry.execution.models import Backend, BackendGrant
from registry.identity.ownership import change_own, delete_own

if TYPE_CHECKING:
    from registry.identity.models import User


def change_backend(
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
) -> Backend:
    """Change a backend, for those who look after it."""
    return change_own(
        Backend,
        pk,
        values,
        by=by,
        unless_changed=unless_changed,
        validated=validated,
    )


def delete_grant(
    pk: int, *, by: User, unless_changed: Collection[str] | None = None
) -> None:
    """Take the permission to use a backend away."""
    delete_own(BackendGrant, pk, by=by, unless_changed=unless_changed)
