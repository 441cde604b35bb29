"""The filters of the audit trail and of requests for roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from registry.core.links import LinkError, parse_link
from registry.core.models import Event
from registry.core.verbs import VERBS
from registry.http.filters.fields import GlobFilter, NumberFilter, TextFilter
from registry.http.filters.moments import DateTimeFilter
from registry.http.filters.sets import FilterSet, fields_as_filters
from registry.identity.models import RoleRequest, RoleRequestState, User
from registry.identity.record_types import EVENT, ROLE_REQUEST
from registry.identity.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet


class ChoicesField(forms.Field):
    """One or several of ``choices``, which can grow like a vocabulary."""

    def __init__(self, *args: Any, choices: Collection[str], **kwargs: Any) -> None:
        self.choices = choices
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> list[str]:
        """Return the values that are not empty; refuse unknown ones."""
        given = [choice for choice in value or () if choice]
        unknown = [choice for choice in given if choice not in self.choices]
        if unknown:
            raise ValidationError(
                f"{unknown[0][:100]}: choose from {', '.join(self.choices)}.",
                code="invalid",
            )
        return given


class ChoicesFilter(django_filters.Filter):
    """Rows with any of the given choices."""

    field_class = ChoicesField
    multiple = True

    def __init__(self, *args: Any, choices: Collection[str], **kwargs: Any) -> None:
        self.choices = choices
        super().__init__(*args, choices=choices, **kwargs)

    @property
    def explanation(self) -> str:
        """The list of choices."""
        return f"one or several of {', '.join(self.choices)}"

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        """Return the rows that have any of the choices."""
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class PersonFilter(TextFilter):
    """Events that a person caused, and events about their account."""

    explanation = "a user name, or the id or URL of an account"

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the events by and about the person; none for an unknown person."""
        if not value:
            return qs
        person = _find_account(value)
        if person is None:
            return qs.none()
        return qs.filter(Q(by_id=person.pk) | Q(kind=User.kind, record_id=person.pk))


def _find_account(text: str) -> User | None:
    """Return the account with a user name, id or URL; user names come first."""
    by_name = User.objects.filter(username=text).only("pk").first()
    if by_name is not None:
        return by_name
    try:
        pk = parse_link(text, User)
    except LinkError:
        return None
    return (
        User.objects.filter(pk=pk).only("pk").first() if isinstance(pk, int) else None
    )


#: The filters of the audit trail.
EVENT_FILTERS = FilterSet(
    Event,
    {
        **fields_as_filters(EVENT, "by"),
        "who": PersonFilter(help_text="Who did it, or whose account it is about."),
        "kind": GlobFilter(field_name="kind"),
        "record_id": NumberFilter(field_name="record_id"),
        "action": ChoicesFilter(field_name="action", choices=VERBS),
        "client": GlobFilter(field_name="client"),
        "address": GlobFilter(field_name="address"),
        "subject": GlobFilter(field_name="subject"),
        "since": DateTimeFilter(
            field_name="at", lookup_expr="gte", help_text="From this moment on."
        ),
        "until": DateTimeFilter(
            field_name="at", lookup_expr="lte", help_text="Up to this moment."
        ),
    },
)

#: The filters of requests for roles.
ROLE_REQUEST_FILTERS = FilterSet(
    RoleRequest,
    {
        **fields_as_filters(ROLE_REQUEST, "user", "decided_by"),
        "role": ChoicesFilter(field_name="role", choices=ROLES),
        "state": ChoicesFilter(field_name="state", choices=RoleRequestState.values),
    },
)
