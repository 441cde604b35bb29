"""Serializer fields for links, and for what is derived when a record is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers
from rest_framework.fields import empty, iter_options
from rest_framework.utils import html

from registry.http.links import LinkError, Reference, find_ids, parse_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import Model


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


class LinkResolver:
    """Finds the targets of links, each once, however many rows name them."""

    def __init__(self) -> None:
        self._found: dict[type[Model], dict[Reference, int | None]] = {}

    def prefetch(self, wanted: Mapping[type[Model], Iterable[Reference]]) -> None:
        """Look up all of these that are not known yet, together."""
        unknown: dict[type[Model], set[Reference]] = {}
        for model, references in wanted.items():
            known = self._found.setdefault(model, {})
            new = {reference for reference in references if reference not in known}
            if new:
                unknown[model] = new
                known.update(dict.fromkeys(new))
        for model, found in find_ids(unknown).items():
            self._found[model].update(found)

    def resolve(self, model: type[Model], reference: Reference) -> int | None:
        """Return the id of a link's target, or None where there is none."""
        known = self._found.get(model)
        if known is None or reference not in known:
            self.prefetch({model: [reference]})
        return self._found[model][reference]


class _Linking(serializers.Field):  # type: ignore[type-arg]
    """Reads links to records of ``model``."""

    def __init__(self, *, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def references(self, data: Any) -> list[Reference]:
        """Return what the data refers to, as far as it can be read."""
        found = []
        for item in data if isinstance(data, list) else [data]:
            try:
                found.append(parse_link(item, self.model))
            except LinkError:
                continue
        return found

    def _resolve(self, item: Any) -> int:
        try:
            reference = parse_link(item, self.model)
        except LinkError as error:
            raise serializers.ValidationError(str(error), code="no_link") from error
        resolver: LinkResolver = self.context["links"]
        found = resolver.resolve(self.model, reference)
        if found is None:
            name = str(self.model._meta.verbose_name).capitalize()
            raise serializers.ValidationError(
                f"{name} {reference} does not exist.", code="does_not_exist"
            )
        return found


class LinkField(_Linking):
    """A link to one record: written as URL, path, id or UUID; read as URL."""

    def run_validation(self, data: Any = empty) -> Any:
        """Take an empty text, as forms send it, for no link."""
        return super().run_validation(None if data == "" else data)

    def to_internal_value(self, data: Any) -> int:
        """Return the id of the target."""
        return self._resolve(data)


class LinksField(_Linking):
    """A list of links. What forms leave empty stays as it is."""

    def __init__(self, **kwargs: Any) -> None:
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
        return list(dict.fromkeys(self._resolve(item) for item in data))


class CappedLinksField(LinksField):
    """The newest links of a list that has no bound; ``<name>_url`` leads to all."""

    cap = 100
    newest_first = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, **kwargs})


class FirstLinksField(CappedLinksField):
    """The oldest links of such a list, which the oldest version of the API has whole.

    In the order that they had there, so that a list which is not cut short looks the
    same in all versions.
    """

    newest_first = False


class DerivedField(serializers.Field):  # type: ignore[type-arg]
    """A value that is made when a record is read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "read_only": True})


class SelfField(DerivedField):
    """The URL of the record itself."""


class AddressField(DerivedField):
    """An address below the API that is made from the record's id.

    ``template`` is a path below ``/api/`` with ``{id}`` in it.
    """

    def __init__(self, *, template: str, **kwargs: Any) -> None:
        self.template = template
        super().__init__(**kwargs)


class AllOfField(AddressField):
    """The address of all that a ``FirstLinksField`` begins with.

    The oldest version of the API has no such field.
    """


class AnyUnflaggedField(DerivedField):
    """Whether ``flag`` is false in any ``model`` with the same ``link``."""

    def __init__(
        self, *, model: type[Model], link: str, flag: str, **kwargs: Any
    ) -> None:
        self.model, self.link, self.flag = model, link, flag
        super().__init__(**kwargs)
