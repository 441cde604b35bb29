"""Decide who can download a file on the server's own disk, which can change.

The checksum of the present bytes decides, as for all other files
(``registry.catalogue.access``). In addition, a private storage location makes the file
at its path private, whatever its present bytes and whatever path the request names.
Then only the owner of the path, who registered the first location there, and those who
can read all private data can download it. The owner, a curator or an administrator
can make the file public again with a public location of its present bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.catalogue.access import locations_of, require_download, require_reader
from registry.catalogue.file_records import LOCATION_LOOKUPS, PRIVATE_KEY
from registry.catalogue.files import paths_of_uri
from registry.catalogue.models import StorageLocation
from registry.identity.roles import curators_among

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from django.db.models import QuerySet

    from registry.storage.served_files import ServedFile

_FIELDS = ("pk", "storage_root__root", "path", "registered_by")


@dataclass(frozen=True)
class _PrivatePath:
    """A private path of a file; ``owner`` registered the first location there."""

    owner: int
    marked_by_owner: bool


def require_disk_download(user: Any, file: ServedFile) -> bool:
    """Raise ``Forbidden`` if a user cannot download a file; return if it is private."""
    is_private = require_download(user, file.sha1)
    private_path = _private_path(file)
    if private_path is None or _is_made_public(private_path, file):
        return is_private
    require_reader(user, {private_path.owner})
    return True


def _private_path(file: ServedFile) -> _PrivatePath | None:
    """Return the owner of a file's path, if a private record is registered there."""
    private = StorageLocation.objects.filter(public=False)
    private_locations = dict(_locations_of(file, private))
    marked = dict(_with_private_objects(file))
    if not private_locations and not marked:
        return None
    registered = {
        **private_locations,
        **marked,
        **dict(_locations_of(file, locations_of(file.sha1))),
    }
    owner = registered[min(registered)]
    people = _marked_by(marked)
    is_owners_word = owner in people or bool(curators_among(people))
    return _PrivatePath(owner=owner, marked_by_owner=is_owners_word)


def _marked_by(locations: Collection[int]) -> set[int]:
    """Return who registered the private key values of these locations.

    Who registered their objects is among them.
    """
    private = PRIVATE_KEY.pairs()
    people = ("registered_by", "object__registered_by")
    return {
        who
        for place in LOCATION_LOOKUPS
        for pair in private.filter(**{f"{place}__in": locations}).values_list(*people)
        for who in pair
    }


def _locations_of(
    file: ServedFile, locations: QuerySet[StorageLocation]
) -> Iterator[tuple[int, int]]:
    """Yield the id and the registrar of the locations that lead to a file.

    Because of symbolic links and ``..`` any path can lead to the file, so this asks the
    operating system.
    """
    local = locations.filter(storage_root__root__istartswith="file:").order_by()
    for pk, root, path, who in local.values_list(*_FIELDS).iterator():
        if file.is_at(paths_of_uri(f"{root}{path}")):
            yield pk, who


def _with_private_objects(file: ServedFile) -> Iterator[tuple[int, int]]:
    """Yield the locations that lead to a file and have a private object.

    Each is an id with its registrar.
    """
    private = PRIVATE_KEY.pairs()
    for place in LOCATION_LOOKUPS:
        ids = private.values(place)
        yield from _locations_of(file, StorageLocation.objects.filter(pk__in=ids))


def _is_made_public(private_path: _PrivatePath, file: ServedFile) -> bool:
    """Return whether its owner or a curator made the present bytes public."""
    if private_path.marked_by_owner:
        return False
    public = locations_of(file.sha1).filter(public=True, withdrawn=None)
    registrars = set(public.values_list("registered_by", flat=True))
    return private_path.owner in registrars or bool(curators_among(registrars))
