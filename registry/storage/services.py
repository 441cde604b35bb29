"""Store files: the bytes in the store, checksums and owners in the database."""

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
from registry.storage.damage import find_damage, is_damaged
from registry.storage.filesystem import FileSystemStore
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from django.contrib.auth.models import AbstractBaseUser

_SHA1 = re.compile(r"[0-9a-f]{40}")


def get_store() -> Store:
    """Return the configured store."""
    return FileSystemStore(settings.STORE_DIR)


def local_store_folders() -> list[Path]:
    """Return the folder of the store's files, if it is on this machine."""
    store = get_store()
    return [store.files] if isinstance(store, FileSystemStore) else []


def parse_sha1(checksum: str) -> str:
    """Return a SHA-1 in lower case; raise ``InvalidInput`` if it is not one."""
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
    """Return the stored file with this checksum, or None.

    A row whose bytes are missing, or known to be altered, is ignored.
    """
    file = StoredFile.objects.filter(sha1=sha1).first()
    return file if file is not None and not find_damage(file, get_store()) else None


def is_stored(sha1: str) -> bool:
    """Return whether nobody need upload the file with this checksum.

    A file that was found missing or altered can be uploaded again.
    """
    file = StoredFile.objects.filter(sha1=sha1).first()
    return file is not None and not is_damaged(file, get_store())


def stored_among(checksums: Collection[str]) -> set[str]:
    """Return those of these checksums of which the registry has stored the file."""
    rows = StoredFile.objects.filter(sha1__in=checksums)
    return set(rows.values_list("sha1", flat=True))


def bytes_stored_by(account: int) -> int:
    """Return the number of stored bytes that an account was the first to send."""
    files = StoredFile.objects.filter(stored_by=account)
    return files.aggregate(total=Sum("size"))["total"] or 0


def store_file(source: Source, *, by: AbstractBaseUser | None) -> StoredFile:
    """Store a file of the registry's own, unless it is stored already.

    It counts towards the quota of ``by``, but the quota is not enforced. Raises
    ``Unavailable`` if the store cannot write.
    """
    with get_store().draft(source) as draft:
        return _store_draft(draft, by=by)[0]


def store_upload(
    source: Source, *, sha1: str, by: AbstractBaseUser, quota: int | None = None
) -> tuple[StoredFile, bool]:
    """Store a file if its bytes have this checksum; return it and whether it is new.

    ``quota`` is the number of bytes that the account can store in total; None is no
    limit. Raises ``InvalidInput`` if the checksum differs, in which case nothing is
    stored, ``QuotaExceeded`` as early as possible, and ``Unavailable`` if the store
    cannot write.
    """
    if quota is not None and not is_stored(sha1):
        source = _QuotaSource(source, used=bytes_stored_by(by.pk), allowed=quota)
    with get_store().draft(source) as draft:
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
        return _store_draft(draft, by=by, quota=quota)


@transaction.atomic
def store_drafts(
    drafts: Iterable[Draft],
    *,
    by: AbstractBaseUser | None,
    quota: int | None = None,
    check: Callable[[], None] | None = None,
) -> list[StoredFile]:
    """Store many files, all of them or none; return those that are new.

    If it is called last in a larger transaction, nothing is left behind when that is
    rolled back; ``check`` is called after all files are stored, and can still raise.
    Raises the same errors as ``store_upload``.
    """
    new: list[StoredFile] = []
    moved: list[Draft] = []
    # sorted, so that two requests with the same files do not deadlock
    in_order = sorted(drafts, key=lambda draft: draft.checksums.sha1)
    try:
        for draft in in_order:
            file, is_new = _store_draft(draft, by=by, quota=quota, moved=moved)
            if is_new:
                new.append(file)
        if check is not None:
            check()
    except BaseException:
        # while our rows still exist: other uploads of these files wait for them
        for draft in moved:
            draft.undo_commit()
        raise
    return new


def require_quota(
    drafts: Iterable[Draft], *, by: AbstractBaseUser, quota: int | None
) -> None:
    """Raise ``QuotaExceeded`` if drafts exceed what an account can store.

    This rejects them early; ``store_drafts`` makes the decision.
    """
    if quota is None:
        return
    sizes = {draft.checksums.sha1: draft.checksums.size for draft in drafts}
    held = stored_among(sizes)
    used = bytes_stored_by(by.pk)
    if used + sum(sizes.values()) - sum(sizes[sha1] for sha1 in held) > quota:
        raise QuotaExceeded(used=used, allowed=quota)


def find_uploaders(files: Collection[int]) -> dict[int, int]:
    """Return the ids of the accounts that stored these files, by the ids of the files.

    Files of the registry itself are left out.
    """
    known = StoredFile.objects.filter(pk__in=files, stored_by__isnull=False)
    return {file: by for file, by in known.values_list("pk", "stored_by") if by}


@transaction.atomic
def _store_draft(
    draft: Draft,
    *,
    by: AbstractBaseUser | None,
    quota: int | None = None,
    moved: list[Draft] | None = None,
) -> tuple[StoredFile, bool]:
    """Register and commit a draft, so that whoever sees the row finds the bytes.

    Of two at the same time, the second waits for the first one's row. New drafts are
    added to ``moved``: their bytes must be removed if the transaction is rolled back.
    """
    if quota is not None and by is not None:
        _lock_account_row(by)
    file, is_new = _find_or_add_row(draft, by=by)
    if is_new and quota is not None and by is not None:
        _require_within(quota, by=by, added=file.size)
    if not is_new:
        _note_sent_again(file, by=by)
    if is_new or is_damaged(file, get_store()):
        verb = CREATED if is_new else UPDATED
        record_events(StoredFile.kind, [file.pk], verb, by=by)
        if is_new and moved is not None:
            moved.append(draft)
        draft.commit()
    return file, is_new


def _find_or_add_row(
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


def _lock_account_row(by: AbstractBaseUser) -> None:
    """Lock the account, so that its uploads are counted one after the other.

    The lock does not block records that link to the account.
    """
    accounts = get_user_model()._default_manager.select_for_update(no_key=True)
    accounts.get(pk=by.pk)


def _require_within(quota: int, *, by: AbstractBaseUser, added: int) -> None:
    """Raise ``QuotaExceeded`` if the file that was just added exceeds the quota."""
    total = bytes_stored_by(by.pk)
    if total > quota:
        raise QuotaExceeded(used=total - added, allowed=quota)


class _QuotaSource:
    """A source that raises ``QuotaExceeded`` when it is larger than what is left."""

    def __init__(self, source: Source, *, used: int, allowed: int) -> None:
        self._source = source
        self._used = used
        self._allowed = allowed
        self._left = allowed - used

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; empty at the end."""
        data = self._source.read(size)
        self._left -= len(data)
        if data and self._left < 0:
            raise QuotaExceeded(used=self._used, allowed=self._allowed)
        return data
