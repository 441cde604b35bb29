"""Many records in one request."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError

#: Records in one request, at most.
MAX_BULK = 10_000


def read_bulk(data: list[Any]) -> list[Any]:
    """Return the rows of a request, unless there are too many."""
    if len(data) > MAX_BULK:
        raise ValidationError(
            {
                "detail": f"At most {MAX_BULK} records in one request; "
                f"this one has {len(data)}."
            }
        )
    return data
