"""Serializer fields for links and for derived values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.fields import empty, iter_options
from rest_framework.utils import html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

    from registry.core.links import ResolvedLinks, Written


class WebAddressField(serializers.CharField):
    """A URL that is stored as it was sent; a validator of its own checks it."""


class FlagField(serializers.BooleanField):
    """A boolean in any case; a form without the field leaves the value unchanged.

    So the browsable API shows a select, not a checkbox: an unticked checkbox is not
    sent. Public data must not become private, or private data public, by mistake.
    """

    default_empty_html = empty

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"style": {"base_template": "select.html"}, **kwargs})

    def iter_options(self) -> Iterable[Any]:
        """Return the options of the select."""
        return iter_options({"True": "true", "False": "false"})


class DocumentField(serializers.JSONField):
    """A small document; a form sends it as the text of its JSON."""

    def __init__(self, *, document: Any, **kwargs: Any) -> None:
        self.document = document
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the document, with all that may be left out."""
        value = super().to_internal_value(data)
        try:
            self.document.check_value(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return self.document.shape.tidy(value)


class _LinkFieldBase(serializers.Field):  # type: ignore[type-arg]
    """The base of fields with links to records of ``model``.

    The serializer resolves the links of all fields together and puts them into its
    context as ``links``.
    """

    def __init__(self, *, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def links_of(self, data: Any) -> list[Written]:
        """Return the links in the value of the field, to be resolved."""
        items = data if isinstance(data, list) else [data]
        return [(self.model, item) for item in items if isinstance(item, int | str)]

    def _resolve(self, item: Any) -> int:
        links: ResolvedLinks = self.context["links"]
        known = links.targets.get((self.model, item)) if type(item) is str else None
        found = known or links.get(self.model, item)
        if isinstance(found, int):
            return found
        raise serializers.ValidationError(str(found), code="invalid_link")


class LinkField(_LinkFieldBase):
    """A link to one record: a URL, path, id or UUID in requests, a URL in responses."""

    def run_validation(self, data: Any = empty) -> Any:
        """Validate a link; an empty text, which forms send, is null."""
        return super().run_validation(None if data == "" else data)

    def to_internal_value(self, data: Any) -> int:
        """Return the id of the target."""
        return self._resolve(data)


class LinksField(_LinkFieldBase):
    """A list of links. An empty input of a form leaves the list unchanged.

    ``cap`` is the number of links in a response, None for all.
    """

    def __init__(self, *, cap: int | None = None, **kwargs: Any) -> None:
        self.cap = cap
        super().__init__(initial=[], **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        """Return the list of a JSON body, or the repeated values of a form."""
        if not html.is_html_input(dictionary):
            return dictionary.get(self.field_name, empty)
        values = [item for item in dictionary.getlist(self.field_name) if item]
        return values or empty

    def to_internal_value(self, data: Any) -> list[int]:
        """Return the ids of the targets in order, without duplicates."""
        if not isinstance(data, list):
            raise serializers.ValidationError(
                f"Expected a list of links but got {type(data).__name__}.",
                code="not_a_list",
            )
        return list(dict.fromkeys(self._resolve(item) for item in data))


class DerivedField(serializers.Field):  # type: ignore[type-arg]
    """A read-only value that is computed for responses."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "read_only": True})


class AddressField(DerivedField):
    """An address that is made from the id of the record, such as its URL."""


class ConditionField(DerivedField):
    """A boolean that the database computes."""
