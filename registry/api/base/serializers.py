"""The serializer that record types build on: links as links, rules in the database."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers
from rest_framework.utils.model_meta import RelationInfo
from rest_framework.validators import UniqueValidator

from registry.api.base.fields import (
    FlagField,
    LinkField,
    LinkResolver,
    LinksField,
    SelfField,
)
from registry.core.validators import validate_url
from registry.http.links import Reference

#: What every record shows first and last.
HEAD = ("url",)
TAIL = ("last_updated", "updated_by")


class RecordListSerializer(serializers.ListSerializer[Any]):
    """Many records in one body: looks up the targets of all links together."""

    def to_internal_value(self, data: Any) -> list[Any]:
        """Validate each item; errors come as a list, one entry an item."""
        _look_up_links(self.child, [item for item in data if isinstance(item, dict)])
        values: list[Any] = []
        errors: list[Any] = [{} for _ in data]
        for index, item in enumerate(data):
            try:
                values.append(self.run_child_validation(item))
            except serializers.ValidationError as error:
                errors[index] = error.detail
        if any(errors):
            raise serializers.ValidationError(errors)
        return values


class RecordSerializer(serializers.ModelSerializer[Any]):
    """Describes and checks the fields of one record type.

    Reading goes another way (``registry.api.base.reader``), by these declarations.
    Uniqueness is left to the database, which alone can decide it.
    """

    url = SelfField(help_text="Address of this record.")

    class Meta:
        list_serializer_class = RecordListSerializer

    #: Fields are built once a class, for that takes longer than to use them.
    _built: ClassVar[dict[type, dict[str, Any]]] = {}

    def to_internal_value(self, data: Any) -> Any:
        """Validate each field; looks up the targets of all links together."""
        if self.root is self and isinstance(data, dict):
            _look_up_links(self, [data])
        return super().to_internal_value(data)

    def get_fields(self) -> dict[str, Any]:
        """Return fresh copies of the fields."""
        built = RecordSerializer._built.get(type(self))
        if built is None:
            built = RecordSerializer._built[type(self)] = super().get_fields()
        return copy.deepcopy(built)

    def build_relational_field(
        self, field_name: str, relation_info: RelationInfo
    ) -> tuple[Any, dict[str, Any]]:
        """Use our own link fields, which never list what they could point to."""
        field_class = LinksField if relation_info.to_many else LinkField
        kwargs: dict[str, Any] = {"model": relation_info.related_model}
        if relation_info.reverse:
            return field_class, kwargs | _found_there(relation_info)
        model_field: Any = relation_info.model_field
        kwargs["help_text"] = model_field.help_text
        if not model_field.editable:
            kwargs["read_only"] = True
        elif relation_info.to_many:
            kwargs["required"] = False
        elif model_field.null:
            kwargs |= {"required": False, "allow_null": True}
        return field_class, kwargs

    def build_standard_field(
        self, field_name: str, model_field: models.Field[Any, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Leave uniqueness to the database; URLs may be on plain hosts."""
        built: tuple[Any, dict[str, Any]]
        built = super().build_standard_field(field_name, model_field)
        field_class, kwargs = built
        validators = kwargs.get("validators", model_field.validators)
        kept = [v for v in validators if not isinstance(v, UniqueValidator)]
        if isinstance(model_field, models.URLField):
            field_class = serializers.CharField
            kept = [v for v in kept if not _is_url_validator(v)] + [validate_url]
        if "validators" in kwargs or kept != list(validators):
            kwargs["validators"] = kept
        is_text = isinstance(model_field, models.CharField | models.TextField)
        if is_text and not model_field.choices:
            kwargs["trim_whitespace"] = False
        if isinstance(model_field, models.BooleanField):
            field_class = FlagField
        if model_field.has_default() and not callable(model_field.default):
            kwargs["initial"] = model_field.default
        return field_class, kwargs

    def get_uniqueness_extra_kwargs(
        self, field_names: Any, declared_fields: Any, extra_kwargs: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Do not let unique constraints make fields required."""
        return extra_kwargs, {}

    def get_validators(self) -> list[Any]:
        """Check each field only; the services check records as a whole."""
        return []

    def get_initial(self) -> dict[str, Any]:
        """Return what an empty form begins with: no null where none may be."""
        initial: dict[str, Any] = super().get_initial()
        if hasattr(self, "initial_data"):
            return initial
        fields = self.fields
        return {
            name: "" if value is None and fields[name].required else value
            for name, value in initial.items()
            if value is not None or fields[name].required or fields[name].allow_null
        }


def _look_up_links(serializer: Any, items: Sequence[dict[str, Any]]) -> None:
    """Find the targets of all links in these bodies, together."""
    wanted: dict[type[models.Model], list[Reference]] = {}
    for field in serializer._writable_fields:
        if isinstance(field, LinkField | LinksField):
            for item in items:
                given = field.get_value(item)
                wanted.setdefault(field.model, []).extend(field.references(given))
    resolver: LinkResolver = serializer.context["links"]
    resolver.prefetch(wanted)


def _found_there(relation: RelationInfo) -> dict[str, Any]:
    """Describe a link that is stored on its other side."""
    names = relation.related_model._meta
    if relation.to_many:
        help_text = f"The {names.verbose_name_plural} that link to this record."
    else:
        help_text = f"The {names.verbose_name} that links to this record."
    return {"read_only": True, "help_text": help_text}


def _is_url_validator(validator: Any) -> bool:
    return type(validator).__name__ == "URLValidator"


def record_fields(*names: str) -> tuple[str, ...]:
    """Name a record's fields: its own between what every record has."""
    return (*HEAD, *TAIL, *names)
