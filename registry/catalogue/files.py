"""Where the file of a record is, and what it is called when it is downloaded."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.conf import settings

from registry.catalogue.models import DataProduct, ExternalObject, Object
from registry.storage.services import find_file

if TYPE_CHECKING:
    from registry.catalogue.models import FileType, StorageLocation

_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_UNFIT_FOR_NAMES = re.compile(r"[\x00-\x1f\x7f/\\]+")
#: File systems take names of 255 bytes; what is appended must fit too.
_LONGEST_NAME = 120

#: Types of the platform's own list would differ from machine to machine.
_TYPES = mimetypes.MimeTypes()
_TYPES.types_map[True].update(
    {
        ".geojson": "application/geo+json",
        ".md": "text/markdown",
        ".parquet": "application/vnd.apache.parquet",
        ".toml": "application/toml",
        ".yaml": "application/yaml",
        ".yml": "application/yaml",
    }
)
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class InStore:
    """A file in the registry's own store, by its checksum."""

    sha1: str


@dataclass(frozen=True)
class OnDisk:
    """A file on the server's own disk; ``paths`` are the ways to read its URI."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class OnTheWeb:
    """A file that another server hands out."""

    address: str


@dataclass(frozen=True)
class OutOfReach:
    """A file at an address that programs and people need means of their own for."""

    address: str


Place = InStore | OnDisk | OnTheWeb | OutOfReach


@dataclass(frozen=True)
class FileName:
    """What a file is called when it is downloaded, and its media type."""

    name: str
    media_type: str


def place_of(location: StorageLocation) -> Place:
    """Say where a location's file is."""
    root, path = location.storage_root.root, location.path
    address = f"{root}{path}"
    match root.partition(":")[0].lower():
        case "http" | "https":
            return _in_store(root, path) or OnTheWeb(address)
        case "ftp":
            return OnTheWeb(address)
        case "file":
            paths = on_disk(address)
            return OnDisk(paths) if paths else OutOfReach(address)
    return OutOfReach(address)


def _in_store(root: str, path: str) -> InStore | None:
    """Recognise what was uploaded here, also under an earlier address of the registry.

    Every registry has its uploads at ``/data/<checksum>``: where we hold the file with
    that checksum, nobody need go elsewhere for it.
    """
    checksum = path.strip("/")
    if not _SHA1.fullmatch(checksum) or urlsplit(root).path.strip("/") != "data":
        return None
    sha1 = checksum.lower()
    if root == f"{settings.REGISTRY_URL}/data/" or find_file(sha1):
        return InStore(sha1)
    return None


def on_disk(address: str) -> tuple[str, ...]:
    """Return the paths that a file URI (RFC 8089) can mean on this machine, if any.

    Clients write paths as they are, or escaped.
    """
    rest = address.partition(":")[2]
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in {"", "localhost"}:
            return ()
        rest = slash + path
    return tuple(dict.fromkeys([rest, unquote(rest)]))


def original_of(product: DataProduct) -> StorageLocation | None:
    """Return where a product's data came from, if it is an external object's."""
    links = ExternalObject.objects.select_related("original_store__storage_root")
    source = links.filter(data_product=product).first()
    return source.original_store if source is not None else None


def name_of(checksum: str, product: DataProduct | None = None) -> FileName:
    """Name a file by the product that it is, and the file type of its object.

    Without ``product`` the newest one counts that has the file.
    """
    thing = product.object if product is not None else None
    if product is None:
        product, thing = _newest_at(checksum)
    file_type = thing.file_type if thing is not None else None
    name = product.name if product is not None else last_name_of(thing) or checksum
    extension = extension_of(file_type)
    return FileName(file_name(name, extension), media_type_of(extension))


def _newest_at(checksum: str) -> tuple[DataProduct | None, Object | None]:
    """Find the newest product, and the newest object, that has the file."""
    here = Object.objects.filter(storage_location__hash=checksum)
    product = (
        DataProduct.objects.filter(object__in=list(here.values_list("pk")[:100]))
        .select_related("object__file_type")
        .order_by("-pk")
        .first()
    )
    if product is not None:
        return product, product.object
    links = here.select_related("file_type", "storage_location")
    return None, links.order_by("-pk").first()


def last_name_of(thing: Object | None) -> str:
    """Return the last name of the object's path, unless that is its checksum."""
    location = thing.storage_location if thing is not None else None
    name = location.path.rstrip("/").rpartition("/")[2] if location else ""
    return "" if location is not None and name == location.hash else name


def extension_of(file_type: FileType | None) -> str:
    """Return the ending of file names of a type, without the dot; it may be none."""
    return file_type.extension.strip().lstrip(".") if file_type is not None else ""


def file_name(name: str, extension: str) -> str:
    """Make a name that is one on every system; folders become part of it."""
    stem = _UNFIT_FOR_NAMES.sub("_", name).strip(". ")[:_LONGEST_NAME] or "data"
    ending = _UNFIT_FOR_NAMES.sub("_", extension)[:_LONGEST_NAME]
    if not ending or stem.lower().endswith(f".{ending.lower()}"):
        return stem
    return f"{stem}.{ending}"


def media_type_of(extension: str) -> str:
    """Return the media type of files whose names have this ending."""
    guess, encoding = _TYPES.guess_type(f"file.{extension}")
    if encoding is not None:
        # the bytes are those of the compressed file
        return f"application/{'gzip' if encoding == 'gzip' else 'octet-stream'}"
    return guess or _UNKNOWN_TYPE
