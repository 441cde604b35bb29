"""Read when a run began or ended: ISO 8601, or seconds since 1970."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

from registry.core.validators import validate_past

_SECONDS = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WRONG = (
    "Give a time such as 2022-11-25T05:57:00Z, or as seconds since 1970, such as "
    "1669355820."
)


def read_moment(value: Any) -> datetime:
    """Return a time in UTC; without a zone it is meant in UTC.

    Raises ``ValidationError`` for what is none, and for a time that has not come.
    """
    if isinstance(value, datetime):
        value = value.isoformat()
    moment = _from_seconds(value) or _from_text(value)
    if moment is None:
        raise ValidationError(_WRONG, code="invalid")
    validate_past(moment)
    return moment


def _from_seconds(value: Any) -> datetime | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_text = isinstance(value, str) and _SECONDS.fullmatch(value.strip())
    if not is_number and not is_text:
        return None
    seconds = float(value)
    if not math.isfinite(seconds):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _from_text(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        found = parse_datetime(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)
    except ValueError:
        return None
    if found is None:
        return None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return None
