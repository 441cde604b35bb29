"""Send stored files, after a look at their state, and never their bytes unchecked."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

from registry.core.errors import Damaged, NotFound
from registry.storage.checked_reading import (
    AlteredFile,
    PartReader,
    WholeReader,
    find_sha1,
    known_sha1,
    read_if_small,
)
from registry.storage.damage import (
    Damage,
    altered,
    find_damage,
    try_to_note_damage,
)
from registry.storage.models import StoredFile
from registry.storage.services import get_store

if TYPE_CHECKING:
    from registry.storage.base import Reader, Store
    from registry.storage.checked_reading import Hashing

#: The largest file that is hashed while a client waits for a part of it: some ten
#: seconds if it has not been read for long. Of larger ones the whole is sent.
MAX_HASHED_BYTES = 16 * 1024**3


def require_file(sha1: str) -> StoredFile:
    """Return the stored file with this checksum, after a quick look at its bytes.

    Raises ``NotFound`` if it is missing, and ``Damaged`` if its size is wrong or its
    present state is known to have another checksum; the audit trail says so.
    """
    file = StoredFile.objects.filter(sha1=sha1).first()
    if file is None:
        raise _not_found(sha1)
    damage = find_damage(file, get_store())
    if damage is not None:
        try_to_note_damage(file, damage)
        raise _not_found(sha1) if damage.is_missing else _damaged(damage)
    return file


def is_intact(file: StoredFile) -> bool:
    """Return whether a file can be sent, by a quick look; note it if not."""
    damage = find_damage(file, get_store())
    if damage is not None:
        try_to_note_damage(file, damage)
    return damage is None


def read_whole(sha1: str, size: int, store: Store) -> WholeReader:
    """Open a file that is checked while it is read; alterations are noted.

    ``size`` is its expected size. Raises ``NotFound`` if it is missing.
    """

    def note(found: dict[str, Any]) -> None:
        file = StoredFile.objects.filter(sha1=sha1).first()
        if file is not None:
            try_to_note_damage(file, altered(file, found))

    return WholeReader(store.open(sha1), sha1=sha1, size=size, on_altered=note)


def open_whole(file: StoredFile) -> Reader:
    """Open a file; raise ``Damaged`` if it is small and its bytes are wrong."""
    try:
        return read_if_small(read_whole(file.sha1, file.size, get_store()))
    except AlteredFile as error:
        raise Damaged(_damaged_text("its checksum is wrong")) from error


def open_part(
    file: StoredFile, start: int, length: int, *, hashing: Hashing = nullcontext
) -> Reader | None:
    """Open a part of a file, after its whole was checked in its present state.

    None if the file is too large to be checked now. ``hashing`` is held meanwhile.
    Raises ``Damaged`` if the bytes are wrong.
    """
    with ExitStack() as stack:
        opened = get_store().open(file.sha1)
        stack.callback(opened.close)
        snapshot = opened.snapshot()
        if file.size > MAX_HASHED_BYTES and known_sha1(snapshot) is None:
            return None
        found = find_sha1(opened, snapshot, hashing=hashing)
        if found != file.sha1:
            damage = altered(file, {"found_sha1": found})
            try_to_note_damage(file, damage)
            raise _damaged(damage)
        reader = PartReader(opened, snapshot, start=start, length=length)
        # the reader closes the file
        stack.pop_all()
    return reader


def _not_found(sha1: str) -> NotFound:
    return NotFound(f"The registry does not hold a file with the SHA-1 {sha1}.")


def _damaged(damage: Damage) -> Damaged:
    size = damage.wrong_size
    return Damaged(_damaged_text(f"it has {size}" if size else "its checksum is wrong"))


def _damaged_text(how: str) -> str:
    return (
        f"The stored bytes of this file are damaged: {how}. They are not sent. The "
        "administrators of this registry find it in the audit trail, and the command "
        "manage.py check_store lists every damaged file."
    )
