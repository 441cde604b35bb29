"""Maintain the store: remove leftovers of killed uploads, find lost or altered files.

All functions can run while files are uploaded.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models, transaction

from registry.core.errors import NotFound
from registry.storage.base import CHUNK
from registry.storage.damage import (
    Damage,
    altered,
    compare_size,
    ids_found_damaged,
    note_damage,
    note_well,
)
from registry.storage.models import StoredFile
from registry.storage.services import get_store

if TYPE_CHECKING:
    from registry.storage.base import Store

#: Seconds before a file that is not registered can be removed.
DAY = 24 * 60 * 60


class FileState(models.TextChoices):
    """The state of a file of the store that a check reports."""

    AT_WORK = "being uploaded"
    ABANDONED = "left by a killed upload"
    UNREGISTERED = "not registered"
    MISSING = "missing"
    WRONG_SIZE = "wrong size"
    WRONG_CHECKSUM = "wrong checksum"
    WELL_AGAIN = "well again"


#: States of files whose bytes are lost: maintenance cannot restore them.
LOST_STATES = frozenset(
    {FileState.MISSING, FileState.WRONG_SIZE, FileState.WRONG_CHECKSUM}
)


@dataclass(frozen=True)
class StoreFinding:
    """A file of the store that a check reports.

    ``name`` is its SHA-1, or the name of an unfinished upload.
    """

    state: FileState
    name: str
    detail: str = ""

    def __str__(self) -> str:
        text = f"{self.state.value}: {self.name}"
        return f"{text} ({self.detail})" if self.detail else text


def remove_abandoned_uploads() -> None:
    """Remove what killed uploads have left in the store.

    These are unfinished uploads, and files that were stored but not registered. Active
    uploads of other processes stay. So does any other file that is not registered: it
    can be needed after a database was restored.
    """
    get_store().remove_abandoned(_lock_unregistered)


def check_store(*, checksums: bool = True) -> Iterator[StoreFinding]:
    """Compare the store with the registered files, and yield the differences.

    With ``checksums`` every byte is read, after the sizes are compared. Events say
    which files are missing or altered, and which of those are well again.
    """
    store = get_store()
    # files first, rows last: a file that is registered meanwhile is in both
    held = set(store.checksums())
    unfinished = store.unfinished()
    for upload in unfinished:
        state = FileState.AT_WORK if upload.is_active else FileState.ABANDONED
        yield StoreFinding(state, upload.name, f"{upload.size} bytes")
    at_work = (upload.committed_sha1s for upload in unfinished if upload.is_active)
    registered = set(StoredFile.objects.values_list("sha1", flat=True))
    for sha1 in sorted(held - registered - frozenset().union(*at_work)):
        yield StoreFinding(FileState.UNREGISTERED, sha1)
    damaged: set[int] = set()
    yield from _compare_sizes(store, damaged)
    if checksums:
        yield from _compare_checksums(store, damaged)


def remove_unregistered(sha1: str, *, older_than: float = DAY) -> bool:
    """Remove a file that is not registered, if it is old enough.

    Returns whether it was removed. Until then nobody can register a file with the same
    checksum.
    """
    store = get_store()
    with _lock_unregistered(sha1) as is_free:
        changed_at = store.changed_at(sha1)
        if not is_free or changed_at is None or changed_at > time.time() - older_than:
            return False
        store.remove(sha1)
    return True


@contextmanager
def _lock_unregistered(sha1: str) -> Iterator[bool]:
    """Lock a checksum during the block; yield whether no file is registered with it.

    Others never see the row that is added; a transaction that adds the same one waits.
    """
    values = {"sha256": "", "size": 0}
    with transaction.atomic():
        file, is_new = StoredFile.objects.get_or_create(sha1=sha1, defaults=values)
        yield is_new
        if is_new:
            file.delete()


def _compare_sizes(store: Store, damaged: set[int]) -> Iterator[StoreFinding]:
    """Yield the files that are missing or have another size; add them to ``damaged``.

    No byte is read, so that this is quick.
    """
    for file in StoredFile.objects.order_by("sha1").iterator():
        damage = compare_size(file, store)
        if damage is not None:
            damaged.add(file.pk)
            yield _note(file, damage)


def _compare_checksums(
    store: Store, leave_out: Collection[int]
) -> Iterator[StoreFinding]:
    """Yield the files with another checksum, and those that are well again."""
    were_damaged = ids_found_damaged()
    for file in StoredFile.objects.order_by("sha1").iterator():
        if file.pk in leave_out:
            continue
        damage = _compare_bytes(file, store)
        if damage is not None:
            yield _note(file, damage)
        elif file.pk in were_damaged:
            note_well(file)
            yield StoreFinding(FileState.WELL_AGAIN, file.sha1)


def _note(file: StoredFile, damage: Damage) -> StoreFinding:
    note_damage(file, damage)
    if damage.is_missing:
        return StoreFinding(FileState.MISSING, file.sha1)
    size = damage.wrong_size
    state = FileState.WRONG_SIZE if size else FileState.WRONG_CHECKSUM
    return StoreFinding(state, file.sha1, size)


def _compare_bytes(file: StoredFile, store: Store) -> Damage | None:
    """Read all bytes of a file; return how they differ from the registered ones."""
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    try:
        reader = store.open(file.sha1)
    except NotFound:
        # removed since its size was compared
        return compare_size(file, store)
    with closing(reader):
        while data := reader.read(CHUNK):
            sha1.update(data)
            sha256.update(data)
    if sha1.hexdigest() != file.sha1:
        return altered(file, {"found_sha1": sha1.hexdigest()})
    if sha256.hexdigest() != file.sha256:
        return altered(file, {"found_sha256": sha256.hexdigest()})
    return None
