"""Render responses as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer, JSONRenderer

#: The beginnings of texts that spreadsheets evaluate as formulas. Some spreadsheets
#: accept the wide characters of East Asian keyboards too.
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)


class RecordJSONRenderer(JSONRenderer):
    """Renders JSON with orjson; times are ISO 8601 in UTC with a Z."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return JSON, indented if ``Accept`` contains ``; indent=…``."""
        if data is None:
            return b""
        indent = self.get_indent(
            accepted_media_type or "", dict(renderer_context or {})
        )
        options = orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if indent else 0)
        try:
            return orjson.dumps(data, default=str, option=options)
        except orjson.JSONEncodeError:
            # the errors of a list have integer keys; to allow them always costs time
            keys = orjson.OPT_NON_STR_KEYS
            return orjson.dumps(data, default=str, option=options | keys)


class RecordCSVRenderer(BaseRenderer):
    """Renders CSV (RFC 4180) in UTF-8; a list of links is one cell, with spaces.

    Texts that look like formulas are escaped, unless the request has ``raw=true``. The
    view streams lists; this class renders single records and errors.
    """

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Return a record, or several, as CSV with a header."""
        if data is None:
            return ""
        records = data if isinstance(data, list) else [data]
        names = list(dict.fromkeys(name for record in records for name in record))
        raw = wants_raw_csv(renderer_context)
        return "".join(iter_csv(names, [records], raw=raw))


def wants_raw_csv(context: Mapping[str, Any] | None) -> bool:
    """Return whether the request of a renderer has ``raw=true``."""
    request = (context or {}).get("request")
    return request is not None and asks_for_raw(request.query_params)


def asks_for_raw(parameters: Mapping[str, str]) -> bool:
    """Return whether query parameters contain ``raw=true``."""
    return parameters.get("raw", "").lower() == "true"


def iter_csv(
    names: Iterable[str],
    chunks: Iterable[Iterable[Mapping[str, Any]]],
    *,
    raw: bool = False,
) -> Iterator[str]:
    """Yield CSV: the header, then the lines of each chunk of records as one text.

    Texts that a spreadsheet would evaluate as formulas are escaped, unless ``raw``.
    """
    header = list(names)
    cell = format_cell if raw else _formula_safe_cell
    yield _write_lines([header])
    for records in chunks:
        yield _write_lines(
            [cell(record.get(name)) for name in header] for record in records
        )


def _formula_safe_cell(value: Any) -> str:
    """Return a value as text for a cell; an apostrophe escapes a formula.

    Numbers are unchanged, also negative ones. See OWASP, "CSV Injection".
    """
    text = format_cell(value)
    is_number = isinstance(value, int | float)
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text


def _write_lines(rows: Iterable[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def format_cell(value: Any) -> str:
    """Return a value as text for a cell: as in JSON, but without quotes."""
    if isinstance(value, str):
        return value
    return "" if value is None else _format_value(value)


def _format_value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case list() | tuple():
            return " ".join(map(format_cell, value))
        case dict():
            return orjson.dumps(value, default=str).decode()
    return str(value)
