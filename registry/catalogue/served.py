"""Decide who can download a file on the server's own disk, which can change.

The checksum of the present bytes decides, as for all other files
(``registry.catalogue.access``). In addition, a private storage location makes the file
at its path private, whatever its present bytes and whatever path the request names.
Then only the owner of the path, who registered the first location there, and those who
can read all private data can download it. The owner, a curator or an administrator
can make the file public again with a public location of its present bytes.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from registry.catalogue.access import locations_of, require_download, require_reader
from registry.catalogue.file_records import LOCATION_LOOKUPS, PRIVATE_KEY
from registry.catalogue.files import OnDisk, is_sha1, paths_of_uri, place_of
from registry.catalogue.models import StorageLocation
from registry.catalogue.withdrawn import available_files
from registry.core.errors import Forbidden, NotFound, RegistryError
from registry.core.file_addresses import join_path
from registry.identity.roles import curators_among
from registry.storage.served_files import open_served_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from django.db.models import QuerySet

    from registry.catalogue.models import Object
    from registry.storage.base import Reader
    from registry.storage.served_files import ServedFile

_FIELDS = ("pk", "storage_root__root", "path", "registered_by")


#: The id of a location, its root, its path, and who registered it.
_Row: TypeAlias = tuple[int, str, str, int]


@dataclass(frozen=True)
class ServedPlace:
    """The paths that can lead to a file on the disk, and the SHA-1 that it has."""

    paths: tuple[str, ...]
    sha1: str

    def open(self) -> tuple[Reader, int]:
        """Return a reader of the file and its size in bytes.

        Raises ``NotFound`` if it is not there or has other bytes.
        """
        file = self.open_file()
        return file.open(), file.size

    def open_file(self) -> ServedFile:
        """Return the open file; raise ``NotFound`` as ``open`` does."""
        file = open_served_file(self.paths)
        if file.sha1 != self.sha1:
            file.stream.close()
            raise NotFound(f"The file with the SHA-1 {self.sha1} has other bytes now.")
        return file


@dataclass(frozen=True)
class _PrivateRecords:
    """What makes files on the disk private: their locations, or their objects."""

    locations: list[_Row]
    marked: list[_Row]

    @classmethod
    def load(cls) -> _PrivateRecords:
        """Read the records, in a statement for each kind."""
        private = StorageLocation.objects.filter(public=False)
        places = [PRIVATE_KEY.pairs().values(place) for place in LOCATION_LOOKUPS]
        of_objects = (StorageLocation.objects.filter(pk__in=ids) for ids in places)
        marked = [row for rows in of_objects for row in _rows_on_disk(rows)]
        return cls(_rows_on_disk(private), marked)


@dataclass(frozen=True)
class _PrivatePath:
    """A private path of a file; ``owner`` registered the first location there."""

    owner: int
    marked_by_owner: bool


def require_disk_download(user: Any, file: ServedFile) -> bool:
    """Raise ``Forbidden`` if a user cannot download a file; return if it is private."""
    is_private = require_download(user, file.sha1)
    return _require_path(user, file, _PrivateRecords.load()) or is_private


def served_files(user: Any, objects: Iterable[Object]) -> dict[int, ServedPlace]:
    """Return where the files of objects are that are on the disk and that a user gets.

    By the ids of the objects. Files whose present bytes have another hash than their
    locations are left out. The number of statements grows with private files only.
    """
    places = {thing.pk: place for thing in objects if (place := _place_on_disk(thing))}
    if not places:
        return {}
    available = available_files(user, {one.sha1 for one in places.values()})
    records = _PrivateRecords.load()
    return {
        pk: place
        for pk, place in places.items()
        if place.sha1 in available and _is_served(user, place, records)
    }


def _place_on_disk(thing: Object) -> ServedPlace | None:
    """Return where the file of an object is on the disk, unless it is withdrawn."""
    location = thing.storage_location
    if location is None or thing.withdrawn is not None:
        return None
    place = place_of(location) if location.withdrawn is None else None
    sha1 = location.hash.lower()
    if not isinstance(place, OnDisk) or not is_sha1(sha1):
        return None
    return ServedPlace(place.paths, sha1)


def _is_served(user: Any, place: ServedPlace, records: _PrivateRecords) -> bool:
    try:
        file = place.open_file()
    except RegistryError:
        return False
    with closing(file.stream):
        try:
            _require_path(user, file, records)
        except Forbidden:
            return False
    return True


def _require_path(user: Any, file: ServedFile, records: _PrivateRecords) -> bool:
    """Raise ``Forbidden`` if a user cannot read a path; return if it is private."""
    private_path = _private_path(file, records)
    if private_path is None or _is_made_public(private_path, file):
        return False
    require_reader(user, {private_path.owner})
    return True


def _private_path(file: ServedFile, records: _PrivateRecords) -> _PrivatePath | None:
    """Return the owner of a file's path, if a private record is registered there."""
    private_locations = dict(_at(file, records.locations))
    marked = dict(_at(file, records.marked))
    if not private_locations and not marked:
        return None
    registered = {
        **private_locations,
        **marked,
        **dict(_at(file, _rows_on_disk(locations_of(file.sha1)))),
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


def _rows_on_disk(locations: QuerySet[StorageLocation]) -> list[_Row]:
    """Return the rows of the locations that are on a disk."""
    local = locations.filter(storage_root__root__istartswith="file:").order_by()
    return list(local.values_list(*_FIELDS))


def _at(file: ServedFile, rows: Iterable[_Row]) -> Iterator[tuple[int, int]]:
    """Yield the id and the registrar of the locations that lead to a file.

    Because of symbolic links and ``..`` any path can lead to the file, so this asks the
    operating system.
    """
    for pk, root, path, who in rows:
        if file.is_at(paths_of_uri(join_path(root, path))):
            yield pk, who


def _is_made_public(private_path: _PrivatePath, file: ServedFile) -> bool:
    """Return whether its owner or a curator made the present bytes public."""
    if private_path.marked_by_owner:
        return False
    public = locations_of(file.sha1).filter(public=True, withdrawn=None)
    registrars = set(public.values_list("registered_by", flat=True))
    return private_path.owner in registrars or bool(curators_among(registrars))
