"""What the registry has already of the files of a crate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings

from registry.catalogue.models import FileType, Object


@dataclass
class OnRecord:
    """What is on record of a crate's files, looked up for all of them at once."""

    #: Objects by the SHA-1 of their bytes: the first that was registered.
    objects: dict[str, Object] = field(default_factory=dict)
    #: Names of file types by the ending of file names.
    types: dict[str, str] = field(default_factory=dict)

    @classmethod
    def about(cls, hashes: Iterable[str], endings: Iterable[str]) -> OnRecord:
        """Look up files by their checksums, and file types by their endings."""
        record = cls()
        wanted = set(hashes)
        objects = Object.objects.filter(storage_location__hash__in=wanted)
        for one in objects.select_related("storage_location").order_by("-pk"):
            assert one.storage_location is not None  # noqa: S101 (the filter says so)
            record.objects[one.storage_location.hash] = one
        types = FileType.objects.filter(extension__in=set(endings)).order_by("-pk")
        record.types.update(types.values_list("extension", "name"))
        return record


def own_root() -> str:
    """Return the storage root of the registry's own files."""
    return f"{settings.REGISTRY_URL}/data/"
