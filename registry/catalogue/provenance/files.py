"""What the files of documents are in the catalogue."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from registry.catalogue.access import (
    ACCESSIBILITY,
    PRIVATE,
    private_files,
)
from registry.catalogue.files import extension_of, valid_file_name
from registry.catalogue.models import ExternalObject, FileType, Object
from registry.catalogue.provenance.crates import (
    describe_all,
    describe_labels,
    describe_software,
)
from registry.catalogue.provenance.documents import (
    DATA_PRODUCT_DOCUMENT,
    EXTERNAL_OBJECT_DOCUMENT,
    FILE_TYPE_DOCUMENT,
    RELEASE_DOCUMENT,
)
from registry.catalogue.provenance.rows import name_of_object, why_withdrawn
from registry.catalogue.served import served_files
from registry.catalogue.withdrawn import available_files
from registry.core.graph.files import FileMap

if TYPE_CHECKING:
    from registry.core.graph.files import TextOf


def find_by_hash(hashes: Collection[str]) -> dict[str, Object]:
    """Return objects by the SHA-1 of their bytes: the first that was registered."""
    rows = Object.objects.filter(storage_location__hash__in=hashes)
    return {
        one.storage_location.hash: one
        for one in rows.select_related("storage_location").order_by("-pk")
        if one.storage_location is not None
    }


def find_format_names(endings: Collection[str]) -> dict[str, str]:
    """Return the names of file types by the ending of file names."""
    rows = FileType.objects.filter(extension__in=endings).order_by("-pk")
    return dict(rows.values_list("extension", "name"))


def is_origin(text_of: TextOf) -> bool:
    """Tell whether these are texts of an external object, which has title and name."""
    names = (ExternalObject.identifier, ExternalObject.alternate_identifier)
    return text_of(ExternalObject.title) is not None and any(map(text_of, names))


def is_private_fact(fact: tuple[str, str]) -> bool:
    """Tell whether a key with its value makes the object's file private."""
    key, value = fact
    said = (key.strip().lower(), value.strip().lower())
    return said == (ACCESSIBILITY, PRIVATE)


def file_name_of(thing: Object) -> str:
    """Return what the file of an object is called when it is downloaded."""
    return valid_file_name(name_of_object(thing), extension_of(thing.file_type))


FILES = FileMap(
    name=DATA_PRODUCT_DOCUMENT,
    software=RELEASE_DOCUMENT,
    origin=EXTERNAL_OBJECT_DOCUMENT,
    format=FILE_TYPE_DOCUMENT,
    description=Object.description,
    format_name=FileType.name,
    format_ending=FileType.extension,
    is_origin=is_origin,
    file_name_of=file_name_of,
    find_by_hash=find_by_hash,
    find_format_names=find_format_names,
    private_among=private_files,
    downloadable_among=available_files,
    served_among=served_files,
    is_private_fact=is_private_fact,
    describe_labels=describe_labels,
    why_withdrawn=why_withdrawn,
    describe_all=describe_all,
    describe_software=describe_software,
)
