"""Writing down what was done. Called by services, inside their transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.context import client
from registry.core.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.contrib.auth.models import AbstractBaseUser


def record_events(
    kind: str,
    record_ids: Iterable[int],
    action: Event.Action,
    *,
    by: AbstractBaseUser | None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> None:
    """Write one event for each record, in one statement."""
    name = client.get()
    Event.objects.bulk_create(
        [
            Event(
                kind=kind,
                record_id=record_id,
                action=action,
                by_id=by.pk if by is not None else None,
                client=name,
                changes={k: list(v) for k, v in (changes or {}).items()},
            )
            for record_id in record_ids
        ]
    )
