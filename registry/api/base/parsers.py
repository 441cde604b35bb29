"""Parse the bodies of requests."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import orjson
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from registry.core.json_size import TooDeep, TooManyValues, measure_json

if TYPE_CHECKING:
    from collections.abc import Mapping


#: The largest number of records in one request.
MAX_BULK = 10_000


class RecordJSONParser(BaseParser):
    """Parses JSON (RFC 8259) in UTF-8; refuses NaN and lone surrogates.

    Values and rows are counted in the text, so that a body with too many of them is
    refused before Python objects are created.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body; refuse one beyond the configured size unread."""
        request = (parser_context or {}).get("request")
        # Django limits the size of `body`, but not of the stream
        body = stream.read() if request is None else request._request.body
        try:
            rows = measure_json(body).items
            if rows > MAX_BULK:
                detail = f"At most {MAX_BULK} records in one request; this one has"
                raise ValidationError({"detail": f"{detail} {rows}."})
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"JSON parse error - {error}") from error
        except (TooManyValues, TooDeep) as error:
            raise ParseError(str(error)) from error
