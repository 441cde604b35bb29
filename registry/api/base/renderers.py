"""Writing answers: JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer, JSONRenderer


class RecordJSONRenderer(JSONRenderer):
    """JSON by orjson; times are ISO 8601 in UTC with a Z."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Render; ``; indent=…`` in Accept asks for lines."""
        if data is None:
            return b""
        indent = self.get_indent(
            accepted_media_type or "", dict(renderer_context or {})
        )
        options = orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if indent else 0)
        try:
            return orjson.dumps(data, default=str, option=options)
        except orjson.JSONEncodeError:
            # the errors of a list have numbers for keys; to look for them takes long
            keys = orjson.OPT_NON_STR_KEYS
            return orjson.dumps(data, default=str, option=options | keys)


class RecordCSVRenderer(BaseRenderer):
    """CSV (RFC 4180) in UTF-8; links of a list stand in one cell with spaces between.

    Lists are streamed by the view; this renders single records and errors.
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
        """Render a record, or many, as lines with a header."""
        if data is None:
            return ""
        records = data if isinstance(data, list) else [data]
        names = list(dict.fromkeys(name for record in records for name in record))
        return "".join(csv_texts(names, [records]))


def csv_texts(
    names: Iterable[str], pieces: Iterable[Iterable[Mapping[str, Any]]]
) -> Iterator[str]:
    """Yield the header, then the lines of each piece of the records as one text."""
    header = list(names)
    yield _lines([header])
    for records in pieces:
        yield _lines(
            [csv_cell(record.get(name)) for name in header] for record in records
        )


def _lines(rows: Iterable[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def csv_cell(value: Any) -> str:
    """Spell a value for a cell as JSON would, without quotes."""
    if isinstance(value, str):
        return value
    return "" if value is None else _spelt(value)


def _spelt(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case list() | tuple():
            return " ".join(map(csv_cell, value))
        case dict():
            return orjson.dumps(value, default=str).decode()
    return str(value)
