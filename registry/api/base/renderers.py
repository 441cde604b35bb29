"""Writing answers: JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer, JSONRenderer

#: How texts begin that spreadsheets calculate; some take the wide forms of East Asian
#: keyboards for the same.
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

    ``raw=true`` asks for texts as they are; else none of them is a formula.

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
        raw = is_raw(renderer_context)
        return "".join(csv_texts(names, [records], raw=raw))


def is_raw(context: Mapping[str, Any] | None) -> bool:
    """Tell whether a request asks for the texts of CSV as they are."""
    request = (context or {}).get("request")
    return request is not None and wants_raw(request.query_params)


def wants_raw(parameters: Mapping[str, str]) -> bool:
    """Tell whether query parameters ask for the texts of CSV as they are."""
    return parameters.get("raw", "").lower() == "true"


def csv_texts(
    names: Iterable[str],
    pieces: Iterable[Iterable[Mapping[str, Any]]],
    *,
    raw: bool = False,
) -> Iterator[str]:
    """Yield the header, then the lines of each piece of the records as one text.

    Texts that a spreadsheet would take for formulas are made harmless, unless ``raw``.
    """
    header = list(names)
    cell = csv_cell if raw else _harmless_cell
    yield _lines([header])
    for records in pieces:
        yield _lines([cell(record.get(name)) for name in header] for record in records)


def _harmless_cell(value: Any) -> str:
    """Spell a value for a cell; an apostrophe keeps a text from being a formula.

    Numbers stay as they are, below zero too. See OWASP, "CSV Injection".
    """
    text = csv_cell(value)
    is_number = isinstance(value, int | float)
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text


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
