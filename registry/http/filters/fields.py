"""One filter for each type of field.

The filter form and the OpenAPI description show the ``explanation`` of a filter next to
the help text of its field.
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
    """An exact text: spaces count, and there are no wildcards."""

    explanation = "exactly this text"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, strip=False, **kwargs)


class SpelledFilter(TextFilter):
    """A text that can be written in several ways, which ``spellings`` returns."""

    def __init__(self, *args: Any, spellings: Any, **kwargs: Any) -> None:
        self.spellings = spellings
        super().__init__(*args, lookup_expr="in", **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Return the records with any spelling of the text."""
        if not value:
            return qs
        return qs.filter(**{f"{self.field_name}__in": self.spellings(value)})


class GlobFilter(TextFilter):
    """A glob: ``*`` is any text, ``?`` one character, ``[abc]`` and ``[!a]`` sets."""

    explanation = "a pattern: * any text, ? one character, [abc] one of, [!a] not"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, lookup_expr="glob", **kwargs)


class NumberFilter(django_filters.Filter):
    """A whole number."""

    explanation = "a whole number"
    field_class = forms.IntegerField


class BooleanField(forms.Field):
    """A boolean in any case, as Python, R and JavaScript write it."""

    def to_python(self, value: Any) -> bool | None:
        """Return the value; an empty text is no filter."""
        text = str(value or "").strip().lower()
        if not text:
            return None
        if text in {"true", "1"}:
            return True
        if text in {"false", "0"}:
            return False
        raise ValidationError("Give true or false.", code="invalid")

    def validate(self, value: Any) -> None:
        """Accept False, which the base class would refuse as an empty value."""


class BooleanFilter(django_filters.Filter):
    """A boolean."""

    explanation = "true or false"
    field_class = BooleanField


class WithdrawnField(BooleanField):
    """True, false, or ``only``."""

    def to_python(self, value: Any) -> Any:
        """Return the value; an empty text is no filter."""
        text = str(value or "").strip().lower()
        if text == "only":
            return text
        try:
            return super().to_python(text)
        except ValidationError as error:
            message = "Give true, false or only."
            raise ValidationError(message, code="invalid") from error


class WithdrawnFilter(BooleanFilter):
    """Whether a list has withdrawn records too; without this it leaves them out."""

    explanation = "true shows withdrawn records too, only shows nothing else"
    field_class = WithdrawnField

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Return all rows, those that are not withdrawn, or the withdrawn ones."""
        if value == "only":
            return qs.filter(withdrawn__isnull=False)
        return qs if value else qs.filter(withdrawn__isnull=True)


class ConditionFilter(BooleanFilter):
    """A condition that the database computes."""

    def __init__(self, *args: Any, condition: Exists, **kwargs: Any) -> None:
        self.condition = condition
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        """Return the rows for which the condition has this value."""
        if value is None:
            return qs
        return qs.filter(self.condition if value else ~self.condition)


class DateTimeField(forms.Field):
    """A date, or a date and time, in ISO 8601; the default time zone is UTC."""

    def to_python(self, value: Any) -> datetime.datetime | None:
        """Return the value; an empty text is no filter."""
        # an unescaped plus sign in an address arrives as a space
        text = str(value or "").strip()
        if not text:
            return None
        try:
            parsed = parse_datetime(text) or parse_datetime(_restore_plus(text))
            day = None if parsed else parse_date(text)
        except ValueError:
            parsed = day = None
        if day is not None:
            parsed = datetime.datetime.combine(day, datetime.time())
        moment = None if parsed is None else to_utc(parsed)
        if moment is None:
            raise ValidationError(
                "Give a date and time such as 2026-11-20T15:28:33Z.", code="invalid"
            )
        return moment


def to_utc(moment: datetime.datetime) -> datetime.datetime | None:
    """Return a time in UTC; None if that is before the year 1 or after 9999."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=datetime.UTC)
    try:
        return moment.astimezone(datetime.UTC)
    except OverflowError:
        return None


def _restore_plus(text: str) -> str:
    """Return the text with the plus of a time zone: 10:00:00+01:00 for a space."""
    head, space, zone = text.rpartition(" ")
    return f"{head}+{zone}" if space else text


class DateTimeFilter(django_filters.Filter):
    """An exact date and time."""

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
        """Return the references of the values that are not empty."""
        try:
            return [parse_link(item, self.model) for item in value or () if item]
        except LinkError as error:
            raise ValidationError(str(error), code="invalid") from error


class LinkFilter(django_filters.Filter):
    """Records with a link to, or from, any of the given records.

    ``model`` is the type of the given records. Records that do not exist match nothing.
    """

    explanation = "an id, UUID or URL; several mean any of them"
    field_class = LinksField
    multiple = True

    def __init__(self, *args: Any, model: type[Model], **kwargs: Any) -> None:
        self.target = model
        super().__init__(*args, model=model, **kwargs)

    def filter(self, qs: QuerySet[Any], value: Sequence[Reference]) -> QuerySet[Any]:
        """Return the rows that have any of the links, without duplicates."""
        if not value:
            return qs
        ids = _ids(self.target, value)
        name = str(self.field_name)
        field: Any = qs.model._meta.get_field(name)
        if field.concrete and not field.many_to_many:
            return qs.filter(**_ids_condition(f"{name}_id", ids))
        linked = qs.model._base_manager.filter(**_ids_condition(f"{name}__pk", ids))
        return qs.filter(pk__in=linked.values("pk"))


def _ids(model: type[Model], references: Sequence[Reference]) -> list[int]:
    """Return the ids of these references; ids are not looked up."""
    ids = [one for one in references if isinstance(one, int)]
    others = [one for one in references if not isinstance(one, int)]
    found = find_targets((model, one) for one in others)
    for one in others:
        if isinstance(one, NaturalKey) and (model, one) not in found:
            raise ValidationError(describe_wrong(one, model), code="invalid")
    return ids + list(found.values())


def _ids_condition(name: str, ids: list[int]) -> dict[str, Any]:
    return {name: ids[0]} if len(ids) == 1 else {f"{name}__in": ids}
