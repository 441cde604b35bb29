"""Find stored files that are missing or altered, and write it into the audit trail.

The latest event of a file says how it was found last. So there is one event when a file
is found missing or altered, however often it is asked for, and one when it is found
well again. A file that somebody uploads again is well from then on, too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import Error, connection, transaction
from django.db.models import Max

from registry.core.errors import NotFound, RegistryError
from registry.core.events import record_events
from registry.core.lock_waits import brief_lock_waits
from registry.core.models import Event
from registry.storage.checked_reading import known_sha1
from registry.storage.models import StoredFile
from registry.storage.verbs import FOUND_ALTERED, FOUND_MISSING, FOUND_WELL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from registry.core.verbs import Verb
    from registry.storage.base import Snapshot, Store

logger = logging.getLogger(__name__)

_PROBLEMS = (FOUND_MISSING.name, FOUND_ALTERED.name)


@dataclass(frozen=True)
class Damage:
    """How a stored file differs from its row; ``detail`` has what is expected, too."""

    verb: Verb
    detail: Mapping[str, Any]

    @property
    def is_missing(self) -> bool:
        """Whether there is no file at all."""
        return self.verb is FOUND_MISSING

    @property
    def wrong_size(self) -> str:
        """The wrong size in words; empty if only the checksum is wrong."""
        if "found_size" not in self.detail:
            return ""
        found, expected = self.detail["found_size"], self.detail["expected_size"]
        return f"{found} bytes instead of {expected}"


def altered(file: StoredFile, found: Mapping[str, Any]) -> Damage:
    """Return the damage of a file whose size or checksum is not the expected one.

    ``found`` has the one that was found, for example ``{"found_size": 3}``.
    """
    names = {"sha1", "size"} | {name.removeprefix("found_") for name in found}
    return Damage(FOUND_ALTERED, {**_expected(file, names), **found})


def _missing(file: StoredFile) -> Damage:
    return Damage(FOUND_MISSING, _expected(file, ("sha1", "size")))


def _expected(file: StoredFile, names: Iterable[str]) -> dict[str, Any]:
    return {f"expected_{name}": getattr(file, name) for name in names}


def compare_size(file: StoredFile, store: Store) -> Damage | None:
    """Return the damage of a file that is missing or has another size."""
    found = _look(file, store)
    return found if isinstance(found, Damage) else None


def find_damage(file: StoredFile, store: Store) -> Damage | None:
    """Return the damage of a file, as far as it is known without reading the bytes."""
    found = _look(file, store)
    if isinstance(found, Damage):
        return found
    known = known_sha1(found)
    return None if known in {None, file.sha1} else altered(file, {"found_sha1": known})


def _look(file: StoredFile, store: Store) -> Snapshot | Damage:
    try:
        found = store.look(file.sha1)
    except NotFound:
        return _missing(file)
    if found.size != file.size:
        return altered(file, {"found_size": found.size})
    return found


def is_damaged(file: StoredFile, store: Store) -> bool:
    """Return whether a file should be replaced if somebody sends it again."""
    found = _latest(file)
    return find_damage(file, store) is not None or (
        found is not None and found[0] in _PROBLEMS
    )


def ids_found_damaged() -> set[int]:
    """Return the ids of the files that were missing or altered when last looked at."""
    latest = (
        Event.objects.filter(kind=StoredFile.kind)
        .order_by()
        .values("record_id")
        .annotate(latest=Max("pk"))
        .values("latest")
    )
    found = Event.objects.filter(pk__in=latest, action__in=_PROBLEMS).order_by()
    return {pk for pk in found.values_list("record_id", flat=True) if pk}


def note_damage(file: StoredFile, damage: Damage) -> None:
    """Write that a file is damaged, unless that is its latest event."""
    if _note(file, damage.verb, damage.detail):
        logger.error(
            "stored file %s: %s %s", file.sha1, damage.verb.name, dict(damage.detail)
        )


def note_well(file: StoredFile) -> None:
    """Write that a damaged file is well again."""
    _note(file, FOUND_WELL, {"found_sha1": file.sha1})


def try_to_note_damage(file: StoredFile, damage: Damage) -> None:
    """Write that a file is damaged, if the database can do so within a moment.

    Otherwise only the log has it, and the next request tries again. Threads that have
    no connection to the database have none afterwards.
    """
    was_connected = connection.connection is not None
    try:
        with brief_lock_waits():
            note_damage(file, damage)
    except (Error, RegistryError) as error:
        logger.warning(
            "stored file %s: %s, and no event: %s", file.sha1, damage.verb.name, error
        )
    finally:
        if not was_connected:
            connection.close()


def _note(file: StoredFile, verb: Verb, detail: Mapping[str, Any]) -> bool:
    """Write an event unless the latest one of the file is the same."""
    if _latest(file) == (verb.name, detail):
        return False
    with transaction.atomic():
        # two that find the same write one event
        locked = StoredFile.objects.select_for_update(no_key=True)
        if not locked.filter(pk=file.pk) or _latest(file) == (verb.name, detail):
            return False
        record_events(StoredFile.kind, [file.pk], verb, by=None, detail=detail)
    return True


def _latest(file: StoredFile) -> tuple[str, dict[str, Any]] | None:
    """Return the action and the details of the latest event of a file."""
    events = Event.objects.filter(kind=StoredFile.kind, record_id=file.pk)
    return events.order_by("-pk").values_list("action", "detail").first()
