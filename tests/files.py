"""Files for tests, with the records that say where they are."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from django.conf import settings

from registry.catalogue.models import DataProduct, StorageLocation, StorageRoot
from registry.catalogue.services import find_or_register_root
from registry.identity.models import User
from registry.storage.models import StoredFile
from registry.storage.services import store_file
from tests import factories

COUNTS = b"day,in_bed\n1,3\n2,8\n3,26\n"


def sha1_of(data: bytes) -> str:
    """Return the checksum of these bytes."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def keep(data: bytes = COUNTS, *, by: User | None = None) -> StoredFile:
    """Put bytes into the store."""
    return store_file(io.BytesIO(data), by=by)


def own_root() -> StorageRoot:
    """Return the root of the registry's own files."""
    by = factories.registrar()
    return find_or_register_root(f"{settings.REGISTRY_URL}/data/", by=by)


def place(sha1: str, **given: Any) -> StorageLocation:
    """Register a location of a file: of the registry's own, unless said otherwise."""
    values: dict[str, Any] = {"path": sha1, "hash": sha1, **given}
    if "storage_root" not in values:
        values["storage_root"] = own_root()
    location: StorageLocation = factories.StorageLocationFactory.create(**values)
    return location


def product(
    location: StorageLocation | None, *, extension: str = "csv", **given: Any
) -> DataProduct:
    """Register a data product at a location."""
    file_type = factories.FileTypeFactory.create(extension=extension)
    thing = factories.ObjectFactory.create(
        storage_location=location, file_type=file_type, by=given.get("by")
    )
    made: DataProduct = factories.DataProductFactory.create(object=thing, **given)
    return made
