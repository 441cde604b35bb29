"""Many records in one request."""

from __future__ import annotations

from rest_framework.exceptions import ValidationError

#: Records in one request, at most.
MAX_BULK = 10_000


def refuse_many(rows: int) -> None:
    """Refuse a request with too many rows."""
    if rows > MAX_BULK:
        raise ValidationError(
            {
                "detail": f"At most {MAX_BULK} records in one request; "
                f"this one has {rows}."
            }
        )
