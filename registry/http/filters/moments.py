"""Filters by dates and times; a date alone means the whole day in UTC."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date, parse_datetime

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: The first and the last moment that a filter means; they are one unless it is a day.
Period = tuple[datetime.datetime, datetime.datetime]

_UTC = datetime.UTC


class DateTimeField(forms.Field):
    """A date, or a date and time, in ISO 8601; the default time zone is UTC."""

    def to_python(self, value: Any) -> Period | None:
        """Return the first and the last moment; an empty text is no filter."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            period = _parse_period(text)
        except ValueError:
            period = None
        if period is None:
            raise ValidationError(
                "Give a date and time such as 2026-11-20T15:28:33Z, or a date.",
                code="invalid",
            )
        return period


def _parse_period(text: str) -> Period | None:
    day = parse_date(text)
    if day is not None:
        first, last = datetime.time.min, datetime.time.max
        return (
            datetime.datetime.combine(day, first, _UTC),
            datetime.datetime.combine(day, last, _UTC),
        )
    # an unescaped plus sign in an address arrives as a space
    parsed = parse_datetime(text) or parse_datetime(_restore_plus(text))
    moment = None if parsed is None else to_utc(parsed)
    return None if moment is None else (moment, moment)


def to_utc(moment: datetime.datetime) -> datetime.datetime | None:
    """Return a time in UTC; None if that is before the year 1 or after 9999."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=_UTC)
    try:
        return moment.astimezone(_UTC)
    except OverflowError:
        return None


def _restore_plus(text: str) -> str:
    """Return the text with the plus of a time zone: 10:00:00+01:00 for a space."""
    head, space, zone = text.rpartition(" ")
    return f"{head}+{zone}" if space else text


class DateTimeFilter(django_filters.Filter):
    """A date and time, or a day, or what is before or after it."""

    field_class = DateTimeField
    #: What each comparison is called.
    comparisons: ClassVar[dict[str, str]] = {
        "exact": "",
        "gte": "from",
        "gt": "after",
        "lte": "until",
        "lt": "before",
    }

    @property
    def comparison(self) -> str:
        """What the comparison is called."""
        return self.comparisons[str(self.lookup_expr)]

    @property
    def explanation(self) -> str:
        """The comparison and what it compares with."""
        return (
            f"{self.comparison} a date and time such as 2026-11-20T15:28:33Z, or a "
            "date, which means the whole day in UTC"
        ).strip()

    def filter(self, qs: QuerySet[Any], value: Period | None) -> QuerySet[Any]:
        """Return the rows within the period, or before or after it."""
        if value is None:
            return qs
        name, (first, last) = str(self.field_name), value
        if self.lookup_expr == "exact":
            return qs.filter(**{f"{name}__gte": first, f"{name}__lte": last})
        end = last if self.lookup_expr in {"gt", "lte"} else first
        return qs.filter(**{f"{name}__{self.lookup_expr}": end})
