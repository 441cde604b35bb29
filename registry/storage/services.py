"""Keeping files: the bytes in the store, what is known of them in the database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Sum

from registry.core.errors import Conflict, InvalidInput, QuotaExceeded
from registry.core.events import record_events
from registry.core.verbs import CREATED, UPDATED
from registry.storage.base import Draft, Source, Store
from registry.storage.filesystem import FileSystemStore
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

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


def bytes_stored_by(account: int) -> int:
    """Return how many bytes an account has in the store: those it sent first."""
    files = StoredFile.objects.filter(stored_by=account)
    return files.aggregate(total=Sum("size"))["total"] or 0


def keep_file(source: Source, *, by: AbstractBaseUser | None) -> StoredFile:
    """Put a file of the registry's own into the store, unless it is there already.

    It counts towards the quota of ``by``, but is not refused for that. Raises
    ``Unavailable`` when the store cannot take it.
    """
    with the_store().draft(source) as draft:
        return _keep(draft, by=by)[0]


def keep_upload(
    source: Source, *, sha1: str, by: AbstractBaseUser, quota: int | None = None
) -> tuple[StoredFile, bool]:
    """Put a file into the store if its bytes have this checksum.

    Tells whether it is new there. ``quota`` is how many bytes the account is allowed
    in all; None is any number. Raises ``InvalidInput`` for other bytes, of which
    nothing is kept, ``QuotaExceeded`` as soon as it is known, and ``Unavailable`` when
    the store cannot take the file.
    """
    if quota is not None and find_file(sha1) is None:
        source = _Bounded(source, used=bytes_stored_by(by.pk), allowed=quota)
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
        return _keep(draft, by=by, quota=quota)


@transaction.atomic
def keep_drafts(
    drafts: Iterable[Draft],
    *,
    by: AbstractBaseUser | None,
    quota: int | None = None,
    check: Callable[[], None] | None = None,
) -> list[StoredFile]:
    """Put many files into the store: all of them, or none.

    Returns those that are new there. Called last in the transaction of a larger piece
    of work, it leaves nothing behind when that is given up; ``check`` is called when
    all are kept, and may still raise. Raises as ``keep_upload`` does.
    """
    new: list[StoredFile] = []
    moved: list[Draft] = []
    # in one order, so that two who bring the same files do not wait for each other
    in_order = sorted(drafts, key=lambda draft: draft.checksums.sha1)
    try:
        for draft in in_order:
            file, is_new = _keep(draft, by=by, quota=quota, moved=moved)
            if is_new:
                new.append(file)
        if check is not None:
            check()
    except BaseException:
        # while our rows are still there: others who bring these files wait for them
        for draft in moved:
            draft.withdraw()
        raise
    return new


def require_room(
    drafts: Iterable[Draft], *, by: AbstractBaseUser, quota: int | None
) -> None:
    """Raise ``QuotaExceeded`` where drafts are more than an account may store.

    This is for refusing them early; ``keep_drafts`` decides.
    """
    if quota is None:
        return
    sizes = {draft.checksums.sha1: draft.checksums.size for draft in drafts}
    held = StoredFile.objects.filter(sha1__in=sizes).values_list("sha1", flat=True)
    used = bytes_stored_by(by.pk)
    if used + sum(sizes.values()) - sum(sizes[sha1] for sha1 in held) > quota:
        raise QuotaExceeded(used=used, allowed=quota)


def uploaders_of(files: Collection[int]) -> dict[int, int]:
    """Return who stored these files; of the registry's own there is nobody."""
    known = StoredFile.objects.filter(pk__in=files, stored_by__isnull=False)
    return {file: by for file, by in known.values_list("pk", "stored_by") if by}


@transaction.atomic
def _keep(
    draft: Draft,
    *,
    by: AbstractBaseUser | None,
    quota: int | None = None,
    moved: list[Draft] | None = None,
) -> tuple[StoredFile, bool]:
    """Register and keep a draft: who sees the row finds the bytes.

    Of two at once, the second waits for the first's row. New drafts are noted in
    ``moved``, whose bytes belong to nobody once the row is given up.
    """
    if quota is not None and by is not None:
        _lock_account(by)
    file, is_new = _find_or_add(draft, by=by)
    if is_new and quota is not None and by is not None:
        _require_within(quota, by=by, added=file.size)
    if not is_new:
        _note_sent_again(file, by=by)
    if is_new or not the_store().exists(file.sha1):
        verb = CREATED if is_new else UPDATED
        record_events(StoredFile.kind, [file.pk], verb, by=by)
        if is_new and moved is not None:
            moved.append(draft)
        draft.keep()
    return file, is_new


def _find_or_add(
    draft: Draft, *, by: AbstractBaseUser | None
) -> tuple[StoredFile, bool]:
    arrived = draft.checksums
    values = {
        "sha256": arrived.sha256,
        "size": arrived.size,
        "stored_by_id": by.pk if by is not None else None,
    }
    file, is_new = StoredFile.objects.get_or_create(sha1=arrived.sha1, defaults=values)
    if file.sha256 != arrived.sha256:
        raise Conflict(
            f"Another file with the SHA-1 {arrived.sha1} is held already; its SHA-256 "
            f"is {file.sha256}, that of the new one {arrived.sha256}."
        )
    return file, is_new


def _note_sent_again(file: StoredFile, *, by: AbstractBaseUser | None) -> None:
    if by is not None and by.pk != file.stored_by_id:
        file.sent_again_by.add(by.pk)


def _lock_account(by: AbstractBaseUser) -> None:
    """Let uploads of one account be counted one after the other.

    The lock does not hold up records that link to the account.
    """
    accounts = get_user_model()._default_manager.select_for_update(no_key=True)
    accounts.get(pk=by.pk)


def _require_within(quota: int, *, by: AbstractBaseUser, added: int) -> None:
    """Raise ``QuotaExceeded`` if a file that was just added is too much."""
    total = bytes_stored_by(by.pk)
    if total > quota:
        raise QuotaExceeded(used=total - added, allowed=quota)


class _Bounded:
    """A source that is refused once it has more bytes than an account may store."""

    def __init__(self, source: Source, *, used: int, allowed: int) -> None:
        self._source = source
        self._used = used
        self._allowed = allowed
        self._left = allowed - used

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        data = self._source.read(size)
        self._left -= len(data)
        if data and self._left < 0:
            raise QuotaExceeded(used=self._used, allowed=self._allowed)
        return data
