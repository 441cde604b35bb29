"""What holds for a backend: paused, or its database out of use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from registry.core.errors import InvalidInput
from registry.core.events import record_events
from registry.core.records import lock_record
from registry.core.transactions import atomic
from registry.execution.models import Backend
from registry.execution.verbs import FLAG_SET
from registry.identity.ownership import lock_own

if TYPE_CHECKING:
    from registry.identity.models import User

#: Nothing is given out; what runs goes on.
PAUSED: Final = "paused"
#: Nothing that needs the database is given out, and what runs with it starts again
#: later: somebody says so, or a window of maintenance is open.
MAINTENANCE: Final = "maintenance"
FLAGS: Final = (PAUSED, MAINTENANCE)


def is_set(backend: Backend, name: str) -> bool:
    """Return whether a flag of a backend is set."""
    flag: Mapping[str, Any] = backend.flags.get(name) or {}
    return bool(flag.get("value"))


def since(backend: Backend, name: str) -> datetime | None:
    """Return when a flag got its present value; None if it was never set."""
    flag: Mapping[str, Any] = backend.flags.get(name) or {}
    return datetime.fromisoformat(flag["since"]) if flag else None


def is_paused(backend: Backend) -> bool:
    """Return whether a backend gives out nothing."""
    return is_set(backend, PAUSED)


def open_window(backend: Backend, now: datetime) -> Mapping[str, Any] | None:
    """Return the window of maintenance that is open now."""
    for one in backend.maintenance_windows:
        begins, ends = (datetime.fromisoformat(one[at]) for at in ("begins", "ends"))
        if begins <= now < ends:
            return dict(one)
    return None


def is_in_maintenance(backend: Backend, now: datetime) -> bool:
    """Return whether the database of a backend is out of use."""
    return is_set(backend, MAINTENANCE) or open_window(backend, now) is not None


@atomic
def set_flag(pk: int, name: str, *, value: bool, by: User | None) -> Backend:
    """Set a flag of a backend, for those who look after it, or for a command.

    A flag that has the value already keeps the time since when.
    """
    if name not in FLAGS:
        raise InvalidInput({"name": [f"Choose from {', '.join(FLAGS)}."]})
    backend = lock_record(Backend, pk) if by is None else lock_own(Backend, pk, by=by)
    if is_set(backend, name) == value:
        return backend
    now = timezone.now()
    backend.flags = {
        **backend.flags,
        name: {"value": value, "since": now.isoformat()},
    }
    backend.save(update_fields=["flags", "last_updated"])
    changes = {name: (not value, value)}
    record_events(Backend.kind, [pk], FLAG_SET, by=by, subject=name, changes=changes)
    return backend
