"""Find the file of a record, and name it for downloads."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import F

from registry.catalogue.models import DataProduct, ExternalObject, Object
from registry.core.file_addresses import file_address, join_path
from registry.storage.services import find_file

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.catalogue.models import FileType, StorageLocation

_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_UNFIT_FOR_NAMES = re.compile(r"[\x00-\x1f\x7f/\\]+")
#: File systems accept names of 255 bytes; the extension must fit too.
_LONGEST_NAME = 120

#: The platform's own list of types differs from machine to machine.
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
    """A file in the registry's own store."""

    sha1: str


@dataclass(frozen=True)
class OnDisk:
    """A file on the server's own disk; ``paths`` are the meanings of its URI."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class OnTheWeb:
    """A file that another server offers for download."""

    address: str


@dataclass(frozen=True)
class NotDownloadable:
    """A file at an address that browsers cannot open."""

    address: str


Place = InStore | OnDisk | OnTheWeb | NotDownloadable


@dataclass(frozen=True)
class FileName:
    """The name of a downloaded file, and its media type."""

    name: str
    media_type: str


def place_of(location: StorageLocation) -> Place:
    """Return where the file of a storage location is."""
    root, path = location.storage_root.root, location.path
    address = file_address(root, path)
    match root.partition(":")[0].lower():
        case "http" | "https":
            return _in_store(root, path) or OnTheWeb(address)
        case "ftp":
            return OnTheWeb(address)
        case "file":
            paths = paths_of_uri(join_path(root, path))
            return OnDisk(paths) if paths else NotDownloadable(address)
    return NotDownloadable(address)


def _in_store(root: str, path: str) -> InStore | None:
    """Return the file of the store that an address names, if there is one.

    Every registry has its uploads at ``/data/<checksum>``. If this registry holds the
    file with that checksum, it sends the file itself, whatever the host. So an earlier
    address of the registry works too.
    """
    checksum = path.strip("/")
    if not _SHA1.fullmatch(checksum) or urlsplit(root).path.strip("/") != "data":
        return None
    sha1 = checksum.lower()
    if root == f"{settings.REGISTRY_URL}/data/" or find_file(sha1):
        return InStore(sha1)
    return None


def is_sha1(text: str) -> bool:
    """Return whether a text is a SHA-1 in hexadecimal digits."""
    return _SHA1.fullmatch(text) is not None


def paths_of_uri(address: str) -> tuple[str, ...]:
    """Return the paths that a file URI (RFC 8089) can mean on this machine, if any.

    Clients write paths with or without percent-encoding.
    """
    rest = address.partition(":")[2]
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in {"", "localhost"}:
            return ()
        rest = slash + path
    return tuple(dict.fromkeys([rest, unquote(rest)]))


def original_location(product: DataProduct) -> StorageLocation | None:
    """Return the original location of a data product that has an external object."""
    links = ExternalObject.objects.select_related("original_store__storage_root")
    source = links.filter(data_product=product).first()
    return source.original_store if source is not None else None


def download_name(checksum: str, product: DataProduct | None = None) -> FileName:
    """Return the download name of a file, from its data product and its file type.

    Without ``product``, the newest data product with the file gives the name.
    """
    thing = product.object if product is not None else None
    if product is None:
        product, thing = _newest_with_file(checksum)
    file_type = thing.file_type if thing is not None else None
    name = product.name if product is not None else last_path_part(thing) or checksum
    extension = extension_of(file_type)
    return FileName(valid_file_name(name, extension), media_type_of(extension))


def _newest_with_file(checksum: str) -> tuple[DataProduct | None, Object | None]:
    """Return the newest data product, or else the newest object, that has the file.

    Those of who registered the location come first; others can have objects there.
    """
    here = Object.objects.not_withdrawn().filter(storage_location__hash=checksum)
    of_owner = here.filter(registered_by=F("storage_location__registered_by"))
    found = _newest_of(of_owner)
    return found if found[1] is not None else _newest_of(here)


def _newest_of(here: QuerySet[Object]) -> tuple[DataProduct | None, Object | None]:
    """Return the newest data product of these objects, or the newest of them."""
    product = (
        DataProduct.objects.not_withdrawn()
        .filter(object__in=list(here.values_list("pk")[:100]))
        .select_related("object__file_type")
        .order_by("-pk")
        .first()
    )
    if product is not None:
        return product, product.object
    links = here.select_related("file_type", "storage_location")
    return None, links.order_by("-pk").first()


def last_path_part(thing: Object | None) -> str:
    """Return the last part of an object's path, unless that is its checksum."""
    location = thing.storage_location if thing is not None else None
    name = location.path.rstrip("/").rpartition("/")[2] if location else ""
    return "" if location is not None and name == location.hash else name


def extension_of(file_type: FileType | None) -> str:
    """Return the file name extension of a type, without the dot, or an empty text."""
    return file_type.extension.strip().lstrip(".") if file_type is not None else ""


def valid_file_name(name: str, extension: str) -> str:
    """Return a file name that is valid on every system; slashes become underscores."""
    stem = _UNFIT_FOR_NAMES.sub("_", name).strip(". ")[:_LONGEST_NAME] or "data"
    ending = _UNFIT_FOR_NAMES.sub("_", extension)[:_LONGEST_NAME]
    if not ending or stem.lower().endswith(f".{ending.lower()}"):
        return stem
    return f"{stem}.{ending}"


def media_type_of(extension: str) -> str:
    """Return the media type of files with this extension."""
    guess, encoding = _TYPES.guess_type(f"file.{extension}")
    if encoding is not None:
        # the bytes are those of the compressed file
        return f"application/{'gzip' if encoding == 'gzip' else 'octet-stream'}"
    return guess or _UNKNOWN_TYPE
