"""The serializers of rows and records; unique constraints are left to the database."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from rest_framework import serializers
from rest_framework.utils.model_meta import RelationInfo, get_field_info
from rest_framework.validators import UniqueValidator

from registry.api.base.fields import (
    AddressField,
    ConditionField,
    DocumentField,
    FlagField,
    LinkField,
    LinksField,
    WebAddressField,
)
from registry.api.base.shown_fields import (
    MAX_LISTED_LINKS,
    DerivedAddress,
    DerivedCondition,
    ModelField,
    ShownField,
    shown_fields,
)
from registry.core import documents
from registry.core.links import resolve_links
from registry.core.misspellings import message_of, misspelt_names
from registry.core.validators import validate_url

if TYPE_CHECKING:
    from registry.core.record_types import RecordType
    from registry.core.traits import LinkedRecords

Fields = dict[str, Any]


#: The fields that differ from those of the REST framework.
_FIELD_CLASSES: dict[type[models.Field[Any, Any]], Any] = {
    models.BooleanField: FlagField,
    documents.DocumentField: DocumentField,
}


def _text_options(model_field: models.Field[Any, Any]) -> dict[str, Any]:
    """Return the options of a text, or of a choice whose words errors name."""
    if model_field.choices:
        words = ", ".join(str(word) for word, _ in model_field.flatchoices)
        return {"error_messages": {"invalid_choice": f"{{input}} is none of {words}."}}
    is_text = isinstance(model_field, models.CharField | models.TextField)
    return {"trim_whitespace": False} if is_text else {}


class LinkingListSerializer(serializers.ListSerializer[Any]):
    """A list of records; resolves all links of all records together."""

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the valid values; raise a list of errors, one entry for each item."""
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


class RowSerializer(serializers.ModelSerializer[Any]):
    """Describes and validates the fields of a model's rows.

    ``registry.api.base.reader`` reads the rows for responses. Only the database can
    decide whether values are unique, so this class does not check it.
    """

    url = AddressField(help_text="Address of this record.")

    class Meta:
        list_serializer_class = LinkingListSerializer
        #: This class validates fields; the services validate records as a whole.
        validators: tuple[Any, ...] = ()

    #: The fields by key; building them takes longer than using them.
    _built: ClassVar[dict[Any, Fields]] = {}

    def to_internal_value(self, data: Any) -> Any:
        """Return the valid values; resolve all links together first."""
        if self.root is self and isinstance(data, dict):
            _look_up_links(self, [data])
        return super().to_internal_value(data)

    def get_fields(self) -> Fields:
        """Return fresh copies of the fields."""
        key = self._key()
        built = RowSerializer._built.get(key)
        if built is None:
            built = RowSerializer._built[key] = self._build_fields()
        return copy.deepcopy(built)

    def _key(self) -> Any:
        """Return the key of the fields, which has everything they depend on."""
        return type(self)

    def _build_fields(self) -> Fields:
        return super().get_fields()

    def build_relational_field(
        self, field_name: str, relation_info: RelationInfo
    ) -> tuple[Any, dict[str, Any]]:
        """Return a link field, which does not list its possible targets."""
        field_class = LinksField if relation_info.to_many else LinkField
        kwargs: dict[str, Any] = {"model": relation_info.related_model}
        if relation_info.reverse:
            return field_class, kwargs | _describe_reverse(relation_info)
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
        """Return the field without ``UniqueValidator``; URLs can have plain hosts."""
        built: tuple[Any, dict[str, Any]]
        built = super().build_standard_field(field_name, model_field)
        field_class, kwargs = built
        validators = kwargs.get("validators", model_field.validators)
        kept = [v for v in validators if not isinstance(v, UniqueValidator)]
        if isinstance(model_field, models.URLField):
            field_class = WebAddressField
            kept = [v for v in kept if not _is_url_validator(v)] + [validate_url]
        if "validators" in kwargs or kept != list(validators):
            kwargs["validators"] = kept
        kwargs |= _text_options(model_field)
        field_class = _FIELD_CLASSES.get(type(model_field), field_class)
        if field_class is DocumentField:
            kwargs |= {"document": model_field, "validators": []}
            kwargs["initial"] = model_field.get_default()
        if model_field.has_default() and not callable(model_field.default):
            kwargs["initial"] = model_field.default
        return field_class, kwargs

    def get_uniqueness_extra_kwargs(
        self, field_names: Any, declared_fields: Any, extra_kwargs: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return no arguments, so that unique constraints make no field required."""
        return extra_kwargs, {}

    def get_initial(self) -> dict[str, Any]:
        """Return the initial values of a form, without null in required fields."""
        initial: dict[str, Any] = super().get_initial()
        if hasattr(self, "initial_data"):
            return initial
        fields = self.fields
        return {
            name: "" if value is None and fields[name].required else value
            for name, value in initial.items()
            if value is not None or fields[name].required or fields[name].allow_null
        }


class RecordSerializer(RowSerializer):
    """Describes and validates the fields of a record type, from its declaration.

    The declaration is an argument or in the context. ``only`` selects some fields;
    OpenAPI then describes them under a ``component_name`` of their own.
    """

    def __init__(
        self,
        *args: Any,
        record_type: RecordType[Any] | None = None,
        only: Sequence[str] = (),
        component_name: str = "",
        **kwargs: Any,
    ) -> None:
        context = kwargs.get("context") or {}
        self.record_type: RecordType[Any] = record_type or context["record_type"]
        # drf-spectacular creates further serializers from the context alone
        kwargs["context"] = {**context, "record_type": self.record_type}
        self.only = tuple(only)
        self._component_name = component_name
        self.Meta = SimpleNamespace(model=self.record_type.model, validators=())  # type: ignore[assignment]
        super().__init__(*args, **kwargs)

    @property
    def component_name(self) -> str:
        """The name of the component in OpenAPI."""
        return self._component_name or self.record_type.model.__name__

    @property
    def component_description(self) -> str:
        """The description in OpenAPI: the first paragraph of the declaration's."""
        first, _, _ = self.record_type.description.partition("\n\n")
        return first.replace("\n", " ")

    def to_internal_value(self, data: Any) -> Any:
        """Return the valid values; a misspelt name is an error beside the others."""
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail: Any = error.detail
            misspelt = self._misspelt_fields(data)
            raise serializers.ValidationError({**detail, **misspelt}) from error
        if data.keys() <= self.fields.keys():
            return values
        misspelt = self._misspelt_fields(data)
        if misspelt:
            raise serializers.ValidationError(misspelt)
        return values

    def _misspelt_fields(self, data: Any) -> dict[str, list[str]]:
        """Return messages about names that are near that of an absent field."""
        if not isinstance(data, dict):
            return {}
        others = self.context.get("other_fields", ())
        known = self.fields.keys() | others
        writable = [*(field.field_name for field in self._writable_fields), *others]
        compared = self.context.setdefault("compared_names", set())
        found = misspelt_names(data, known, writable, compared=compared)
        return {given: [message_of(name)] for given, name in found.items()}

    def _key(self) -> Any:
        return self.record_type, self.only

    def _build_fields(self) -> Fields:
        return {
            shown.name: self._build(shown)
            for shown in shown_fields(self.record_type)
            if not self.only or shown.name in self.only
        }

    def _build(self, shown: ShownField) -> serializers.Field[Any, Any, Any, Any]:
        match shown:
            case DerivedAddress():
                return AddressField(help_text=shown.help_text)
            case DerivedCondition():
                return ConditionField(help_text=shown.condition.help_text)
        model = self.record_type.model
        field_class, kwargs = self.build_field(
            shown.name, get_field_info(model), model, 0
        )
        return field_class(**kwargs | self._declared(shown))

    def _declared(self, shown: ModelField) -> dict[str, Any]:
        """Return the arguments of a field that come from the declaration."""
        if shown.linked is not None:
            return _describe_capped(shown.linked)
        if shown.name in self.record_type.model.reverse_lists:
            titles = shown.field.related_model._meta.verbose_name_plural
            help_text = f"The {titles} that have this {self.record_type.title}."
            return {"read_only": False, "required": False, "help_text": help_text}
        if shown.name in self.record_type.required_names:
            return {"required": True, "allow_null": False}
        return {}


def validated_values(
    record_type: RecordType[Any], data: Any, context: dict[str, Any], **options: Any
) -> Any:
    """Return the valid values of a body; raise ``ValidationError`` for others."""
    serializer = RecordSerializer(
        data=data, record_type=record_type, context=context, **options
    )
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _look_up_links(serializer: Any, items: Sequence[dict[str, Any]]) -> None:
    """Resolve all links in these bodies together."""
    serializer.context["links"] = resolve_links(
        [
            link
            for field in serializer._writable_fields
            if isinstance(field, LinkField | LinksField)
            for item in items
            for link in field.links_of(field.get_value(item))
        ]
    )


def _describe_capped(linked: LinkedRecords) -> dict[str, Any]:
    """Return the arguments of a list of links that responses limit."""
    return {"help_text": linked.help_text, "cap": MAX_LISTED_LINKS}


def _describe_reverse(relation: RelationInfo) -> dict[str, Any]:
    """Return the arguments of a link that is stored on the other side."""
    names = relation.related_model._meta
    if relation.to_many:
        help_text = f"The {names.verbose_name_plural} that link to this record."
    else:
        help_text = f"The {names.verbose_name} that links to this record."
    return {"read_only": True, "help_text": help_text}


def _is_url_validator(validator: Any) -> bool:
    return type(validator).__name__ == "URLValidator"
