"""One filter for each type of field.

The filter form and the OpenAPI description show the ``explanation`` of a filter next to
the help text of its field.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from registry.core.globs import has_sets
from registry.core.links import (
    LinkError,
    NaturalKey,
    Reference,
    describe_unknown,
    find_targets,
    parse_link,
    ways_to_link,
)
from registry.core.models import Record

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from registry.core.traits import FurtherFilter


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


class PatternFilter(GlobFilter):
    """A text, or a glob that it matches.

    Texts may contain what globs use as wildcards, and a program that looks for the very
    text that it registered finds it: of all wildcards, only sets miss themselves.
    """

    explanation = f"this text, or {GlobFilter.explanation}"

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows with this text, and those that match it as a glob."""
        matches = Q(**{f"{self.field_name}__glob": value})
        if has_sets(value):
            matches |= Q(**{str(self.field_name): value})
        return qs.filter(matches) if value else qs


class SpelledPatternFilter(PatternFilter):
    """A text, or a glob, where some texts can be written in several ways."""

    def __init__(self, *args: Any, spellings: Any, **kwargs: Any) -> None:
        self.spellings = spellings
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows with any spelling of the text, or those that match it."""
        spellings = self.spellings(value) if value else ()
        if len(spellings) < 2:
            return super().filter(qs, value)
        return qs.filter(**{f"{self.field_name}__in": spellings})


class NumberFilter(django_filters.Filter):
    """A whole number, or those above or below one."""

    field_class = forms.IntegerField
    #: What each comparison is called.
    comparisons: ClassVar[dict[str, str]] = {
        "exact": "",
        "gte": "at least",
        "gt": "more than",
        "lte": "at most",
        "lt": "less than",
    }

    @property
    def comparison(self) -> str:
        """What the comparison is called."""
        return self.comparisons[str(self.lookup_expr)]

    @property
    def explanation(self) -> str:
        """The comparison and what it compares with."""
        return f"{self.comparison} a whole number".strip()


class AmountFilter(NumberFilter):
    """A number, or those above or below one."""

    field_class = forms.FloatField

    @property
    def explanation(self) -> str:
        """The comparison and what it compares with."""
        return f"{self.comparison} a number".strip()


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


class EmptyFilter(BooleanFilter):
    """Whether a field is empty; of links to a record, whether there are none."""

    comparison = "is empty"
    explanation = "true: it is empty; false: it is not"

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:
        """Return the rows whose field is empty, or those whose field is not."""
        name = str(self.field_name)
        field: Any = qs.model._meta.get_field(name)
        if value is None or (field.concrete and not field.many_to_many):
            return qs if value is None else qs.filter(**{f"{name}__isnull": value})
        some = Exists(_linked_rows(qs.model, field))
        return qs.filter(~some if value else some)


def _linked_rows(model: type[Model], relation: Any) -> QuerySet[Any]:
    """Return the rows with a link, for each row of a query.

    As in records, what is said of a record is left out if it is withdrawn.
    """
    name = relation.get_accessor_name() if relation.auto_created else relation.name
    wanted = {"pk": OuterRef("pk"), f"{name}__isnull": False}
    if not relation.many_to_many and issubclass(relation.related_model, Record):
        wanted[f"{name}__withdrawn__isnull"] = True
    return model._base_manager.filter(**wanted)


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


class FoundField(forms.Field):
    """A text with a form of its own, which the declaration parses."""

    def __init__(self, *args: Any, parse: Callable[[str], str], **kwargs: Any) -> None:
        self.parse = parse
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> str | None:
        """Return the value; an empty text is no filter."""
        text = str(value or "").strip()
        return self.parse(text) if text else None


class FoundFilter(django_filters.Filter):
    """A filter that a record type declares."""

    field_class = FoundField

    def __init__(self, *args: Any, found: FurtherFilter, **kwargs: Any) -> None:
        self.found = found
        self.explanation = found.explanation
        super().__init__(*args, parse=found.parse, **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows for which the declared condition holds."""
        return qs.filter(self.found.rows(value)) if value else qs


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

    field_class = LinksField
    multiple = True

    def __init__(self, *args: Any, model: type[Model], **kwargs: Any) -> None:
        self.target = model
        super().__init__(*args, model=model, **kwargs)

    @property
    def explanation(self) -> str:
        """The ways to write a link."""
        *most, last = ways_to_link(self.target)
        return f"its {', '.join(most)} or {last}; several mean any of them"

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


class AccountFilter(LinkFilter):
    """Records with a link to accounts, whose names not everybody can give."""

    @property
    def explanation(self) -> str:
        """The ways to write a link, and who can give a name."""
        return f"{super().explanation}; a user name only if you are signed in"

    @property
    def explanation_for_strangers(self) -> str:
        """The ways for people without an account to write a link."""
        return "its URL or id; several mean any of them"


def _ids(model: type[Model], references: Sequence[Reference]) -> list[int]:
    """Return the ids of these references; ids are not looked up."""
    ids = [one for one in references if isinstance(one, int)]
    others = [one for one in references if not isinstance(one, int)]
    found = find_targets((model, one) for one in others)
    for one in others:
        if isinstance(one, NaturalKey) and (model, one) not in found:
            raise ValidationError(describe_unknown(one, model), code="invalid")
    return ids + list(found.values())


def _ids_condition(name: str, ids: list[int]) -> dict[str, Any]:
    return {name: ids[0]} if len(ids) == 1 else {f"{name}__in": ids}
