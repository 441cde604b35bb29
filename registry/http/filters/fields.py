"""One filter for each kind of field.

Each has ``explanation``, which the filter form, OPTIONS and the OpenAPI description
show beside the field's own help text.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date, parse_datetime

from registry.core.links import (
    LinkError,
    NaturalKey,
    Reference,
    describe_wrong,
    find_targets,
    parse_link,
)

if TYPE_CHECKING:
    from django.db.models import Exists, Model, QuerySet


class TextFilter(django_filters.CharFilter):
    """A text, which must match exactly: spaces count, nothing is a wildcard."""

    explanation = "exactly this text"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, strip=False, **kwargs)


class GlobFilter(TextFilter):
    """A name: ``*`` is any text, ``?`` one character, ``[abc]`` and ``[!a]`` sets."""

    explanation = "a pattern: * any text, ? one character, [abc] one of, [!a] not"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, lookup_expr="glob", **kwargs)


class NumberFilter(django_filters.Filter):
    """A whole number."""

    explanation = "a whole number"
    field_class = forms.IntegerField


class BooleanField(forms.Field):
    """true or false, in any case, as Python, R and JavaScript write them."""

    def to_python(self, value: Any) -> bool | None:
        """Read the value; nothing at all is no filter."""
        text = str(value or "").strip().lower()
        if not text:
            return None
        if text in {"true", "1"}:
            return True
        if text in {"false", "0"}:
            return False
        raise ValidationError("Give true or false.", code="invalid")

    def validate(self, value: Any) -> None:
        """Accept false, which the base class would take for nothing."""


class BooleanFilter(django_filters.Filter):
    """true or false."""

    explanation = "true or false"
    field_class = BooleanField


class ConditionFilter(BooleanFilter):
    """Whether a condition that the database computes holds."""

    def __init__(self, *args: Any, condition: Exists, **kwargs: Any) -> None:
        self.condition = condition
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        """Keep the rows for which the condition is as asked."""
        if value is None:
            return qs
        return qs.filter(self.condition if value else ~self.condition)


class DateTimeField(forms.Field):
    """A date, or a date and time, in ISO 8601; without a zone it is UTC."""

    def to_python(self, value: Any) -> datetime.datetime | None:
        """Read the value; nothing at all is no filter."""
        # A plus sign that was not escaped in an address arrives as a space.
        text = str(value or "").strip()
        if not text:
            return None
        try:
            parsed = parse_datetime(text) or parse_datetime(_plus_restored(text))
            day = None if parsed else parse_date(text)
        except ValueError:
            parsed = day = None
        if day is not None:
            parsed = datetime.datetime.combine(day, datetime.time())
        moment = None if parsed is None else in_utc(parsed)
        if moment is None:
            raise ValidationError(
                "Give a date and time such as 2026-11-20T15:28:33Z.", code="invalid"
            )
        return moment


def in_utc(moment: datetime.datetime) -> datetime.datetime | None:
    """Return a moment in UTC; None where that is before the year 1 or after 9999."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=datetime.UTC)
    try:
        return moment.astimezone(datetime.UTC)
    except OverflowError:
        return None


def _plus_restored(text: str) -> str:
    """Put back the plus of a time zone: 10:00:00 01:00 was 10:00:00+01:00."""
    head, space, zone = text.rpartition(" ")
    return f"{head}+{zone}" if space else text


class DateTimeFilter(django_filters.Filter):
    """A moment, exactly."""

    explanation = "a date and time such as 2026-11-20T15:28:33Z"
    field_class = DateTimeField


class UUIDFilter(django_filters.UUIDFilter):
    """A UUID."""

    explanation = "a UUID"


class LinksField(forms.Field):
    """Links to records: several values mean any of them."""

    def __init__(self, *args: Any, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> list[Reference]:
        """Read every value that is not empty."""
        try:
            return [parse_link(item, self.model) for item in value or () if item]
        except LinkError as error:
            raise ValidationError(str(error), code="invalid") from error


class LinkFilter(django_filters.Filter):
    """Records that link to any of these, or are linked from them.

    ``model`` is what the links name. Targets that do not exist match nothing.
    """

    explanation = "an id, UUID or URL; several mean any of them"
    field_class = LinksField
    multiple = True

    def __init__(self, *args: Any, model: type[Model], **kwargs: Any) -> None:
        self.target = model
        super().__init__(*args, model=model, **kwargs)

    def filter(self, qs: QuerySet[Any], value: Sequence[Reference]) -> QuerySet[Any]:
        """Keep the rows that have any of the links, each once."""
        if not value:
            return qs
        ids = _ids(self.target, value)
        name = str(self.field_name)
        field: Any = qs.model._meta.get_field(name)
        if field.concrete and not field.many_to_many:
            return qs.filter(**_any_of(f"{name}_id", ids))
        linked = qs.model._base_manager.filter(**_any_of(f"{name}__pk", ids))
        return qs.filter(pk__in=linked.values("pk"))


def _ids(model: type[Model], references: Sequence[Reference]) -> list[int]:
    """Return the ids of these records; ids themselves need no looking up."""
    ids = [one for one in references if isinstance(one, int)]
    others = [one for one in references if not isinstance(one, int)]
    found = find_targets((model, one) for one in others)
    for one in others:
        if isinstance(one, NaturalKey) and (model, one) not in found:
            raise ValidationError(describe_wrong(one, model), code="invalid")
    return ids + list(found.values())


def _any_of(name: str, ids: list[int]) -> dict[str, Any]:
    return {name: ids[0]} if len(ids) == 1 else {f"{name}__in": ids}
