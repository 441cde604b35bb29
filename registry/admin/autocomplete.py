"""Autocomplete that accepts any value and any field; Django's fails on some.

To show an invalid form again, Django looks up the chosen rows by whatever was sent. A
value such as ``abc``, or more digits than an id has, is a server error there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field

from registry.core.links import is_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest

    Select = AutocompleteSelect
    LinksField = forms.ModelMultipleChoiceField[Any]
else:
    Select = object
    LinksField = forms.ModelMultipleChoiceField


class _OnlyIds(Select):
    """A widget that looks up only what can be an id."""

    def optgroups(self, name: str, value: Sequence[Any], attrs: Any = None) -> Any:
        """Return the chosen rows; ignore what cannot be an id."""
        ids = [one for one in value if is_id(str(one))]
        return super().optgroups(name, ids, attrs)


class LinkSelect(_OnlyIds, AutocompleteSelect):
    """The widget of a link."""


class LinkSelectMultiple(_OnlyIds, AutocompleteSelectMultiple):
    """The widget of a list of links."""


class LinkListField(LinksField):
    """The form field of a list of links."""

    def clean(self, value: Any) -> QuerySet[Any]:
        """Return the rows; refuse what cannot be an id."""
        for one in value if isinstance(value, list | tuple) else ():
            if not is_id(str(one)):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"],
                    code="invalid_pk_value",
                    params={"pk": one},
                )
        return super().clean(value)


class AutocompleteView(AutocompleteJsonView):
    """Finds the rows that a link can lead to by a search text."""

    def process_request(self, request: HttpRequest) -> Any:
        """Refuse the other ends of links, which have no form field."""
        answer = super().process_request(request)  # type: ignore[misc]
        if not isinstance(answer[2], Field):
            raise PermissionDenied
        return answer
