"""Remove the example: every record that `load_example` registered, or nothing.

The records are those whose events say that the command created them. A client can call
itself anything, so the events must also be by the same account, of the same hour as the
release of the example, and of a command, which has no network address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    FileType,
    Organisation,
    StorageLocation,
    StorageRoot,
)
from registry.core.errors import HasDependents
from registry.core.models import Event, MergedRecord, Record
from registry.core.record_types import record_types
from registry.core.records import delete_record, lock_record
from registry.core.snapshots import to_many_fields
from registry.core.texts import shorten_text
from registry.core.verbs import CREATED, DELETED
from registry.execution.models import RunRequest
from registry.identity.models import User
from registry.management.example.content import RELEASE
from registry.management.example.request import made_by_requests

if TYPE_CHECKING:
    #: The records to remove, by model, those that were registered last first.
    Registered = dict[type[Record], list[int]]

#: How commands name themselves in events (``registry.management.base``).
_LOADED_BY, _REMOVED_BY = "manage.py load_example", "manage.py remove_example"
#: Everything was registered in one transaction.
_DURATION = timedelta(hours=1)
#: Records that stay if others use them: nobody misses them, and nobody owns them.
_SHARED: tuple[type[Record], ...] = (
    FileType,
    Author,
    StorageLocation,
    StorageRoot,
    Organisation,
)
#: The number of records that a refusal names.
_MOST_NAMED = 10


def remove_example(*, by: User) -> Counter[str]:
    """Remove the records of the example; return how many of each kind.

    Nothing is removed if there is no example. Raises ``HasDependents`` if records that
    are not of the example link to it.
    """
    with transaction.atomic():
        # load_example waits for this row as well
        User.objects.select_for_update().get(pk=by.pk)
        registered = _registered()
        _add(registered, made_by_requests(registered.get(RunRequest, [])))
        for model in _SHARED:
            ids = registered.pop(model, [])
            registered[model] = [
                pk for pk in ids if not _is_used(model, pk, {**registered, model: ids})
            ]
        _require_no_dependents(registered)
        for model, pk in _latest_first(registered):
            delete_record(lock_record(model, pk), by=by)
    return Counter({model.kind: len(ids) for model, ids in registered.items() if ids})


def _latest_first(registered: Registered) -> list[tuple[type[Record], int]]:
    """Return the records in the order in which they can be deleted.

    Run requests come first, because their tasks refer to what was made later.
    """
    records = [(model, pk) for model, ids in registered.items() for pk in ids]
    when: dict[tuple[str, int | None], int] = {}
    for model, ids in registered.items():
        created = Event.objects.filter(
            action=CREATED.name, kind=model.kind, record_id__in=ids
        )
        for at, pk in created.values_list("pk", "record_id"):
            when[model.kind, pk] = at
    return sorted(
        records,
        key=lambda one: (one[0] is not RunRequest, -when[one[0].kind, one[1]]),
    )


def _add(registered: Registered, more: Registered) -> None:
    for model, ids in more.items():
        known = registered.setdefault(model, [])
        known += [pk for pk in ids if pk not in set(known)]


def was_removed() -> bool:
    """Return whether somebody removed the example from this registry."""
    return Event.objects.filter(action=DELETED.name, client=_REMOVED_BY).exists()


def _registered() -> Registered:
    """Return the records of the example that are still there."""
    created = Event.objects.filter(
        action=CREATED.name, client=_LOADED_BY, address=""
    ).order_by("-pk")
    releases = CodeRepoRelease.objects.filter(name=RELEASE).values("pk")
    registered: Registered = {}
    models: dict[str, type[Record]] = {one.kind: one.model for one in record_types()}
    for release in created.filter(kind=CodeRepoRelease.kind, record_id__in=releases):
        together = created.filter(
            by=release.by,
            at__range=(release.at - _DURATION, release.at + _DURATION),
            kind__in=models,
        )
        for kind, pk in together.values_list("kind", "record_id"):
            if pk is not None:
                registered.setdefault(models[kind], []).append(pk)
    return {model: _existing(model, ids) for model, ids in registered.items()}


def _existing(model: type[Record], ids: list[int]) -> list[int]:
    there = set(model._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
    return [pk for pk in ids if pk in there]


def _is_used(model: type[Record], pk: int, registered: Registered) -> bool:
    """Return whether a record that the example shares is used by others."""
    merged = MergedRecord.objects.filter(kind=model.kind, new_id=pk)
    return merged.exists() or any(_links_to({model: [pk]}, registered))


def _require_no_dependents(registered: Registered) -> None:
    found = list(dict.fromkeys(_links_to(registered, registered)))
    if not found:
        return
    named = ", ".join(
        f"{one._meta.verbose_name} {one.pk} ({shorten_text(str(one), 60)})"
        for one in found[:_MOST_NAMED]
    )
    more = len(found) - _MOST_NAMED
    raise HasDependents(
        f"The example stays: other records build on it: {named}"
        f"{f' and {more} more' if more > 0 else ''}. Nothing was removed.",
        found[:_MOST_NAMED],
        len(found),
    )


def _links_to(targets: Registered, example: Registered) -> Iterator[Record]:
    """Yield the records outside the example that link to some of these records."""
    for one in record_types():
        others = one.model._default_manager.exclude(pk__in=example.get(one.model, ()))
        for name, target in _links_of(one.model):
            ids = targets.get(target)
            if ids:
                yield from others.filter(**{f"{name}__in": ids}).distinct()


def _links_of(model: type[Record]) -> Iterator[tuple[str, Any]]:
    """Yield the names of the links of a model, with the models that they lead to."""
    own = {field.name for field in model._meta.fields if field.is_relation}
    for name in own | set(to_many_fields(model)):
        yield name, model._meta.get_field(name).related_model
