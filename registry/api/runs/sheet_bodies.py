"""The formats of sheets of model runs, as answers and as bodies."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import BaseRenderer

from registry.api.base.renderers import RecordJSONRenderer
from registry.http.bodies import SHEET, refuse_large_upload
from registry.http.body_stream import spooled_body
from registry.http.form_files import require_form_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.request import Request

#: The field of a form that has the sheet.
FIELD = "file"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CsvSheetRenderer(BaseRenderer):
    """CSV, which the view streams itself; this only declares the format."""

    media_type = CSV
    format = "csv"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Render what is no sheet, such as what an OPTIONS request asks for."""
        return RecordJSONRenderer().render(data)


class XlsxSheetRenderer(CsvSheetRenderer):
    """A workbook."""

    media_type = XLSX
    format = "xlsx"
    charset = None
    render_style = "binary"


class CsvSheetParser(BaseParser):
    """A sheet as CSV, which the view reads itself; this only declares the format."""

    media_type = CSV


class XlsxSheetParser(BaseParser):
    """A sheet as a workbook."""

    media_type = XLSX


PARSERS: tuple[type[BaseParser], ...] = (
    CsvSheetParser,
    XlsxSheetParser,
    MultiPartParser,
)


@contextmanager
def sheet_in(request: Request) -> Iterator[IO[bytes]]:
    """Open the sheet in the body of a request."""
    parser = _parser_of(request)
    if parser is None:
        types = ", ".join(one.media_type for one in PARSERS)
        raise UnsupportedMediaType(
            request.content_type,
            f'Unsupported media type "{request.content_type[:100]}" in request: send '
            f"one of {types}.",
        )
    refuse_large_upload(request._request, SHEET)
    if isinstance(parser, MultiPartParser):
        form = require_form_file(request.FILES, FIELD, "the sheet, CSV or XLSX")
        yield form.file
        return
    with spooled_body(request._request, SHEET) as file:
        yield file


def _parser_of(request: Any) -> Any:
    return request.negotiator.select_parser(request, request.parsers)
