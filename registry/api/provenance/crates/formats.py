"""The formats of crates, as answers and as bodies."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import BaseRenderer

from registry.api.base.renderers import RecordJSONRenderer
from registry.http.bodies import CRATE, refuse_large_upload
from registry.http.body_stream import spooled_body
from registry.http.form_files import require_form_file
from registry.provenance.crates.reading import MetadataAlone, Package, open_zip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.request import Request

#: The field of a form that has the crate.
FIELD = "crate"


class ZipRenderer(BaseRenderer):
    """A zip, which the view streams past this; it says that there is the format."""

    media_type = "application/zip"
    format = "zip"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Render what is no crate, such as what an OPTIONS request asks for."""
        return RecordJSONRenderer().render(data)


class ZipParser(BaseParser):
    """A crate as a zip, which is read from a temporary file."""

    media_type = "application/zip"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what gives a temporary file with the body, however large it is."""
        return spooled_body(_request(parser_context), CRATE)


def _zip_parser(media_type: str) -> type[ZipParser]:
    """Return the parser of a zip with another media type."""
    name = f"ZipParserOf{media_type.title().replace('/', '').replace('-', '')}"
    return type(name, (ZipParser,), {"media_type": media_type})


class MetadataParser(BaseParser):
    """The metadata of a crate alone, as JSON."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the body."""
        limit = "CRATE_METADATA_MB"
        with spooled_body(_request(parser_context), limit) as file:
            return file.read()


class LinkedDataParser(MetadataParser):
    """The metadata of a crate alone, as JSON-LD."""

    media_type = "application/ld+json"


#: The types that browsers and tools send for a zip besides its own, and that of ELNs
#: (https://github.com/TheELNConsortium/TheELNFileFormat), which are crates.
OTHER_ZIP_TYPES = (
    "application/x-zip-compressed",
    "application/x-zip",
    "application/zip-compressed",
    "application/octet-stream",
    "application/vnd.eln+zip",
)
#: The types of bodies that are read into memory.
METADATA_TYPES = frozenset({MetadataParser.media_type, LinkedDataParser.media_type})
PARSERS: tuple[type[BaseParser], ...] = (
    ZipParser,
    MetadataParser,
    LinkedDataParser,
    MultiPartParser,
    *map(_zip_parser, OTHER_ZIP_TYPES),
)


@contextmanager
def package_in(request: Request) -> Iterator[Package]:
    """Open the crate in the body of a request."""
    parser = _parser_of(request)
    if parser is None:
        types = ", ".join(one.media_type for one in PARSERS[:4])
        raise UnsupportedMediaType(
            request.content_type,
            f'Unsupported media type "{request.content_type[:100]}" in request: send '
            f"one of {types}.",
        )
    if isinstance(parser, MultiPartParser):
        with _form_file(request) as file, open_zip(file) as crate:
            yield crate
        return
    # past the parsing of the framework, which takes a body in chunks for an empty one
    body = parser.parse(request._request, request.content_type, request.parser_context)
    if isinstance(body, bytes):
        yield MetadataAlone(body)
        return
    with body as file, open_zip(file) as crate:
        yield crate


def _parser_of(request: Any) -> Any:
    return request.negotiator.select_parser(request, request.parsers)


def _form_file(request: Request) -> Any:
    """Return the file of a form."""
    refuse_large_upload(request._request, CRATE)
    return require_form_file(request.FILES, FIELD, "the crate, a zip file")


def _request(context: Mapping[str, Any] | None) -> Any:
    return (context or {})["request"]._request
