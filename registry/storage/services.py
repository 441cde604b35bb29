"""Keeping files: the bytes in the store, what is known of them in the database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from registry.core.errors import Conflict, InvalidInput
from registry.core.events import record_events
from registry.core.models import Event
from registry.storage.base import Draft, Source, Store
from registry.storage.filesystem import FileSystemStore
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.contrib.auth.models import AbstractBaseUser

_SHA1 = re.compile(r"[0-9a-f]{40}")


def the_store() -> Store:
    """Return the store that this registry is configured with."""
    return FileSystemStore(settings.STORE_DIR)


def local_files() -> list[Path]:
    """Return the folder of the store's files, where it is on this machine."""
    store = the_store()
    return [store.files] if isinstance(store, FileSystemStore) else []


def sha1_of(checksum: str) -> str:
    """Return a checksum in the digits that files are found by, or ``InvalidInput``."""
    sha1 = checksum.lower()
    if not _SHA1.fullmatch(sha1):
        raise InvalidInput(
            {
                "checksum": [
                    f"{checksum[:100]!r} is no SHA-1 checksum: give its 40 "
                    "hexadecimal digits."
                ]
            }
        )
    return sha1


def find_file(sha1: str) -> StoredFile | None:
    """Return the file with this checksum, if the registry holds it.

    A row whose bytes were lost counts for nothing, so that they can be uploaded again.
    """
    file = StoredFile.objects.filter(sha1=sha1).first()
    return file if file is not None and the_store().exists(sha1) else None


def keep_file(source: Source, *, by: AbstractBaseUser | None) -> StoredFile:
    """Put a file into the store, unless it is there already.

    Raises ``Unavailable`` when the store cannot take it.
    """
    with the_store().draft(source) as draft:
        return _keep(draft, by=by)[0]


def keep_upload(
    source: Source, *, sha1: str, by: AbstractBaseUser
) -> tuple[StoredFile, bool]:
    """Put a file into the store if its bytes have this checksum.

    Tells whether it is new there. Raises ``InvalidInput`` for other bytes, of which
    nothing is kept, and ``Unavailable`` when the store cannot take the file.
    """
    with the_store().draft(source) as draft:
        arrived = draft.checksums
        if arrived.sha1 != sha1:
            raise InvalidInput(
                {
                    "checksum": [
                        f"The {arrived.size} bytes that arrived have the SHA-1 "
                        f"{arrived.sha1}, not {sha1}; nothing was kept."
                    ]
                }
            )
        return _keep(draft, by=by)


@transaction.atomic
def keep_drafts(
    drafts: Iterable[Draft], *, by: AbstractBaseUser | None
) -> list[StoredFile]:
    """Put many files into the store: all of them, or none.

    Returns those that are new there. Called last in the transaction of a larger piece
    of work, it leaves nothing behind when that is given up.
    """
    new: list[StoredFile] = []
    moved: list[Draft] = []
    try:
        for draft in drafts:
            file, is_new = _keep(draft, by=by, moved=moved)
            if is_new:
                new.append(file)
    except BaseException:
        # while our rows are still there: others who bring these files wait for them
        for draft in moved:
            draft.withdraw()
        raise
    return new


def uploaders_of(files: Collection[int]) -> dict[int, int]:
    """Return who uploaded these files; of the registry's own there is nobody."""
    created = Event.objects.filter(
        kind=StoredFile.kind, record_id__in=files, action=Event.Action.CREATED
    )
    first: dict[int, int | None] = {}
    for file, by in created.order_by("pk").values_list("record_id", "by_id"):
        if file is not None:
            first.setdefault(file, by)
    return {file: by for file, by in first.items() if by is not None}


@transaction.atomic
def _keep(
    draft: Draft, *, by: AbstractBaseUser | None, moved: list[Draft] | None = None
) -> tuple[StoredFile, bool]:
    """Register and keep a draft: who sees the row finds the bytes.

    Of two at once, the second waits for the first's row. New drafts are noted in
    ``moved``, whose bytes belong to nobody once the row is given up.
    """
    arrived = draft.checksums
    file, is_new = StoredFile.objects.get_or_create(
        sha1=arrived.sha1, defaults={"sha256": arrived.sha256, "size": arrived.size}
    )
    if file.sha256 != arrived.sha256:
        raise Conflict(
            f"Another file with the SHA-1 {arrived.sha1} is held already; its SHA-256 "
            f"is {file.sha256}, that of the new one {arrived.sha256}."
        )
    if is_new or not the_store().exists(file.sha1):
        action = Event.Action.CREATED if is_new else Event.Action.UPDATED
        record_events(StoredFile.kind, [file.pk], action, by=by)
        if is_new and moved is not None:
            moved.append(draft)
        draft.keep()
    return file, is_new
