"""Reading request bodies."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import orjson
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from registry.core.json_size import TooDeep, TooManyValues, measure_json

if TYPE_CHECKING:
    from collections.abc import Mapping


#: Records in one request, at most.
MAX_BULK = 10_000


class RecordJSONParser(BaseParser):
    """JSON (RFC 8259) in UTF-8; NaN and lone surrogates are refused.

    Values and rows are counted in the text, so that a body with too many is refused
    before objects are made of it.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body; one beyond the configured size is refused unread."""
        request = (parser_context or {}).get("request")
        # The plain request's own body is limited in size, its stream is not.
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
