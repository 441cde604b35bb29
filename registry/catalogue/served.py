"""Who may have a file on the server's own disk, which may have changed meanwhile.

Its present bytes are judged by their checksum, as any others are
(``registry.catalogue.access``). Besides, a private storage location closes the file
that it leads to, whatever bytes that file has by now and by whatever path it is asked
for. It stays open only to the owner of the place, who registered the first location
there, and to those who may read all private data. The owner or an administrator opens
it by registering a public location of the bytes that it has now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.catalogue.access import (
    PLACES,
    PRIVATE_KEY,
    locations_of,
    require_download,
    require_reader,
)
from registry.catalogue.files import on_disk
from registry.catalogue.models import StorageLocation
from registry.identity.roles import administrators_among

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from registry.storage.served_files import ServedFile

_FIELDS = ("pk", "storage_root__root", "path", "registered_by")


@dataclass(frozen=True)
class _Closed:
    """A file whose place is private; ``owner`` registered the first location there."""

    owner: int
    by_key_value: bool


def require_served(user: Any, file: ServedFile) -> bool:
    """Raise ``Forbidden`` unless this person may have the file; tell if private."""
    is_private = require_download(user, file.sha1)
    closed = _closed(file)
    if closed is None or _is_opened(closed, file):
        return is_private
    require_reader(user, {closed.owner})
    return True


def _closed(file: ServedFile) -> _Closed | None:
    """Tell who owns the place of a file, if something private is registered there."""
    private = StorageLocation.objects.filter(public=False)
    closing = dict(_at(file, private))
    by_key_value = dict(_with_private_objects(file))
    if not closing and not by_key_value:
        return None
    here = {**closing, **by_key_value, **dict(_at(file, locations_of(file.sha1)))}
    return _Closed(owner=here[min(here)], by_key_value=bool(by_key_value))


def _at(
    file: ServedFile, locations: QuerySet[StorageLocation]
) -> Iterator[tuple[int, int]]:
    """Yield id and registrar of the locations that lead to a file.

    Links and ``..`` make every path a possible one, so that the system is asked.
    """
    local = locations.filter(storage_root__root__istartswith="file:").order_by()
    for pk, root, path, who in local.values_list(*_FIELDS).iterator():
        if file.is_at(on_disk(f"{root}{path}")):
            yield pk, who


def _with_private_objects(file: ServedFile) -> Iterator[tuple[int, int]]:
    """Yield the locations that lead to a file and have a private object."""
    private = PRIVATE_KEY.pairs()
    for place in PLACES:
        ids = private.values(place)
        yield from _at(file, StorageLocation.objects.filter(pk__in=ids))


def _is_opened(closed: _Closed, file: ServedFile) -> bool:
    """Tell whether the owner or an administrator made the present bytes public."""
    if closed.by_key_value:
        return False
    public = locations_of(file.sha1).filter(public=True)
    registrars = set(public.values_list("registered_by", flat=True))
    return closed.owner in registrars or bool(administrators_among(registrars))
