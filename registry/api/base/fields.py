"""Serializer fields for links, and for what is derived when a record is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers
from rest_framework.fields import empty, iter_options
from rest_framework.utils import html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

    from registry.core.links import ResolvedLinks, Written


class FlagField(serializers.BooleanField):
    """true or false, in any case. A form that leaves it out has not said false.

    So it is no box to tick in the browsable API, which would leave it out: what is
    public must not become private by it, nor the other way round.
    """

    default_empty_html = empty

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"style": {"base_template": "select.html"}, **kwargs})

    def iter_options(self) -> Iterable[Any]:
        """Offer both to the form."""
        return iter_options({"True": "true", "False": "false"})


class _Linking(serializers.Field):  # type: ignore[type-arg]
    """Reads links to records of ``model`` by the ``links`` of the context.

    The serializer has those look up the links of all fields before it reads any.
    """

    def __init__(self, *, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def links_in(self, data: Any) -> list[Written]:
        """Return the links in the value of the field, for looking them up."""
        items = data if isinstance(data, list) else [data]
        return [(self.model, item) for item in items if isinstance(item, int | str)]

    def _target(self, item: Any) -> int:
        links: ResolvedLinks = self.context["links"]
        known = links.targets.get((self.model, item)) if type(item) is str else None
        found = known or links.get(self.model, item)
        if isinstance(found, int):
            return found
        raise serializers.ValidationError(str(found), code="invalid_link")


class LinkField(_Linking):
    """A link to one record: written as URL, path, id or UUID; read as URL."""

    def run_validation(self, data: Any = empty) -> Any:
        """Read an empty text, as forms send it, as no link."""
        return super().run_validation(None if data == "" else data)

    def to_internal_value(self, data: Any) -> int:
        """Return the id of the target."""
        return self._target(data)


class LinksField(_Linking):
    """A list of links. What forms leave empty stays as it is.

    ``cap`` is how many of them a record is shown with, None for all.
    """

    def __init__(self, *, cap: int | None = None, **kwargs: Any) -> None:
        self.cap = cap
        super().__init__(initial=[], **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        """Read a list from JSON, or repeated values from a form."""
        if not html.is_html_input(dictionary):
            return dictionary.get(self.field_name, empty)
        values = [item for item in dictionary.getlist(self.field_name) if item]
        return values or empty

    def to_internal_value(self, data: Any) -> list[int]:
        """Return the ids of the targets, each once, in the order they were given."""
        if not isinstance(data, list):
            raise serializers.ValidationError(
                f"Expected a list of links but got {type(data).__name__}.",
                code="not_a_list",
            )
        return list(dict.fromkeys(self._target(item) for item in data))


class DerivedField(serializers.Field):  # type: ignore[type-arg]
    """A value that is made when a record is read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "read_only": True})


class AddressField(DerivedField):
    """An address that is made from the record's id, such as its own URL."""


class ConditionField(DerivedField):
    """A fact that the database computes: true or false."""
