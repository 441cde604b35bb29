"""Points in time as people write them in spreadsheets.

Times without an offset are UTC. What could be read in two ways is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from registry.runs.spreadsheets.problems import CellError

_RIGHT = "Write it as 2026-11-30 14:05, which is UTC, or as 2026-11-30 14:05+01:00."
_WRITTEN = re.compile(
    r"(\d{4})(?P<between>[-/.])(\d{1,2})(?P=between)(\d{1,2})"
    r"(?:[T\s]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*(?P<offset>Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?",
    re.IGNORECASE | re.ASCII,
)
_AMBIGUOUS = re.compile(r"\d{1,2}([-/. ])\d{1,2}\1\d{2,4}(\D.*)?", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+([.,]\d*)?", re.ASCII)
#: A date in Excel is the number of days since 1900; this one is the end of 9999.
_LAST_SERIAL = 2_958_466
#: The first Unix time that is accepted (March 1973), and the end of 9999.
_FIRST_UNIX, _LAST_UNIX = 100_000_000, 253_402_300_799


def read_time(value: object) -> str:
    """Return a point in time in ISO 8601, with the offset that it was written with."""
    if isinstance(value, datetime):
        return _as_utc(value).isoformat()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).isoformat()
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        what = "only a time of day" if isinstance(value, time) else "no date"
        raise CellError(f"This is {what}. {_RIGHT}")
    return _read_number(value) if isinstance(value, int | float) else _read_text(value)


def _as_utc(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _read_text(text: str) -> str:
    if found := _WRITTEN.fullmatch(text):
        return _from_parts(found)
    if _NUMBER.fullmatch(text):
        return _read_number(float(text.replace(",", ".")))
    if set(text) == {"#"}:
        raise CellError(
            "The column was too narrow to show the date when the sheet was saved. "
            "Widen it and save the sheet again."
        )
    if _AMBIGUOUS.fullmatch(text):
        raise CellError(f"The order of day, month and year is ambiguous. {_RIGHT}")
    raise CellError(f"This is no date with a time. {_RIGHT}")


def _from_parts(found: re.Match[str]) -> str:
    year, _, month, day, hour, minute, second, fraction, offset = found.groups()
    text = (
        f"{year}-{int(month):02}-{int(day):02}T{int(hour or 0):02}:{minute or '00'}"
        f":{second or '00'}.{(fraction or '0')[:6]:0<6}{_iso_offset(offset)}"
    )
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise CellError(f"There is no such date or time. {_RIGHT}") from None


def _iso_offset(offset: str | None) -> str:
    if offset is None or offset.upper() in {"Z", "UTC"}:
        return "+00:00"
    digits = offset[1:].replace(":", "")
    return f"{offset[0]}{digits[:2]}:{digits[2:] or '00'}"


def _read_number(number: float) -> str:
    if 1 <= number < _LAST_SERIAL:
        raise CellError(
            "This number looks like a date that the spreadsheet program stores as a "
            f"number of days. Format the cell as date and time, or as text. {_RIGHT}"
        )
    if not _FIRST_UNIX <= number <= _LAST_UNIX:
        raise CellError(f"This number is no Unix time in seconds. {_RIGHT}")
    return datetime.fromtimestamp(number, UTC).isoformat()
