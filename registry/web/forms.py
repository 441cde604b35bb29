"""Forms that register records, with one field for each writable field of the API.

A link is a text, as in the API: an id, a UUID or a URL. Scripts in the browser add
suggestions. No form loads a table into a select.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from registry.core.documents import DocumentField
from registry.core.links import LinkError, kind_of, resolve_links, targets_of
from registry.core.misspellings import message_of, misspelt_names
from registry.http.documents import DocumentFormField, field_of_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.core.record_types import RecordType

    #: Builds the form field of a model field, with what all of them have.
    Builder = Callable[[Any, dict[str, Any]], forms.Field]

#: Fields that are not in forms, because the registry sets them.
_LEFT_OUT = frozenset({"uuid"})
#: The fields with inputs of several lines.
_LONG = models.TextField
#: The largest numbers of columns of 16 and of 32 bits.
_SMALL, _LARGE = 2**15 - 1, 2**31 - 1


class LinkInput(forms.TextInput):
    """A text input that suggests records of a type."""

    def __init__(self, model: type[models.Model], *, many: bool = False) -> None:
        super().__init__(
            attrs={
                "data-kind": kind_of(model),
                **({"data-many": "1"} if many else {}),
                "autocomplete": "off",
                "spellcheck": "false",
            }
        )


class LinkFormField(forms.CharField):
    """A link to one record; its value is the id."""

    def __init__(self, model: type[models.Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(widget=LinkInput(model), **kwargs)

    def clean(self, value: Any) -> Any:
        """Return the id of the target, or None."""
        text = super().clean(value)
        return _find(self.model, [text])[0] if text else None


class LinksFormField(forms.CharField):
    """Links to several records, separated by spaces or commas."""

    def __init__(self, model: type[models.Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(widget=LinkInput(model, many=True), **kwargs)

    def clean(self, value: Any) -> Any:
        """Return the ids of the targets."""
        return _find(self.model, self.split_links(super().clean(value)))

    def split_links(self, value: Any) -> list[str]:
        """Return the links in a text, as the API accepts them."""
        return str(value).replace(",", " ").split()


def _find(model: type[models.Model], texts: list[str]) -> list[int]:
    """Return the ids of the targets of links, without duplicates."""
    links = resolve_links((model, text) for text in texts)
    try:
        return list(dict.fromkeys(targets_of(links, model, texts)))
    except LinkError as error:
        raise ValidationError(str(error)) from error


def initial_values(record_type: RecordType[Any], record: Any) -> dict[str, Any]:
    """Return the values of a record as the form of another one begins with them."""
    return {
        name: _initial_value(record, model_field)
        for name, model_field in record_type.writable_fields.items()
        if name not in _LEFT_OUT
    }


def _initial_value(record: Any, model_field: Any) -> Any:
    if model_field.many_to_many:
        linked = getattr(record, model_field.name).order_by("pk")
        return " ".join(str(pk) for pk in linked.values_list("pk", flat=True))
    return getattr(record, model_field.attname)


class RecordForm(forms.Form):
    """The form of one record type, built from its declaration."""

    def __init__(self, record_type: RecordType[Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record_type = record_type
        plain, lists = {}, {}
        for name, model_field in record_type.writable_fields.items():
            if name in _LEFT_OUT:
                continue
            if model_field.many_to_many:
                lists[name] = _links_field(model_field)
            else:
                required = name in record_type.required_names
                plain[name] = _form_field(model_field, required=required)
        self.fields |= plain | lists

    def clean(self) -> dict[str, Any]:
        """Refuse names that are near that of a field, as the API does."""
        known = self.record_type.fields
        for given, name in misspelt_names(self.data, known, self.fields).items():
            self.add_error(None, f"{given}: {message_of(name)}")
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """Return the values for a service, without empty ones."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if value not in (None, "")
        }

    def add_errors(self, fields: dict[str, list[str]]) -> None:
        """Add the errors of a service to their fields; those in documents by place."""
        for place, texts in fields.items():
            name = field_of_place(place)
            before = "" if name == place else f"{place}: "
            for text in texts:
                self.add_error(name if name in self.fields else None, before + text)


def _links_field(model_field: Any) -> forms.Field:
    """Return the form field of a list of links, which either side can store."""
    names = model_field.related_model._meta
    own = str(getattr(model_field, "help_text", "") or "")
    titles = str(names.verbose_name_plural).capitalize()
    return LinksFormField(
        model_field.related_model,
        required=False,
        label=None if own else titles,
        help_text=f"{own or f'{titles} that this is about.'} "
        "Ids or URLs, separated by spaces.",
    )


def _form_field(model_field: Any, *, required: bool) -> forms.Field:
    """Return the form field of a model field."""
    optional = model_field.null or model_field.blank or model_field.has_default()
    common: dict[str, Any] = {
        "required": required or not optional,
        "label": str(model_field.verbose_name).capitalize(),
        "help_text": str(model_field.help_text),
    }
    if model_field.is_relation:
        return LinkFormField(_target(model_field), **common)
    if model_field.choices:
        return _choice_field(model_field, common)
    build: Builder = _BUILDERS.get(type(model_field), _text_field)
    return build(model_field, common)


def _choice_field(model_field: Any, common: dict[str, Any]) -> forms.Field:
    """Return a select; one without a default begins with no choice."""
    choices = list(model_field.flatchoices)
    if not model_field.has_default():
        choices.insert(0, ("", "Choose"))
    return forms.ChoiceField(
        choices=choices, initial=model_field.get_default(), **common
    )


def _flag_field(model_field: Any, common: dict[str, Any]) -> forms.Field:
    return forms.BooleanField(
        initial=model_field.default, **{**common, "required": False}
    )


def _number_field(
    model_field: Any, common: dict[str, Any], most: int = _SMALL
) -> forms.Field:
    return forms.IntegerField(
        initial=model_field.get_default(), min_value=0, max_value=most, **common
    )


def _amount_field(model_field: Any, common: dict[str, Any]) -> forms.Field:
    """Return the field of a number with decimals, with the validators of the model."""
    return forms.FloatField(
        initial=model_field.get_default(),
        validators=model_field.validators,
        widget=forms.NumberInput(attrs={"step": "any"}),
        **common,
    )


def _document_field(model_field: Any, common: dict[str, Any]) -> forms.Field:
    return DocumentFormField(model_field, **common)


def _target(model_field: Any) -> type[models.Model]:
    target: type[models.Model] = model_field.related_model
    return target


def _moment_field(_: Any, common: dict[str, Any]) -> forms.Field:
    """Return the field of a time in UTC; a required one has the present time."""
    return forms.DateTimeField(
        input_formats=[
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%d %H:%M",
            "%Y-%m-%d",
        ],
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        initial=timezone.now if common["required"] else None,
        **common,
    )


def _text_field(model_field: Any, common: dict[str, Any]) -> forms.Field:
    """Return the field of a text, with the validators of the model."""
    long = isinstance(model_field, _LONG)
    return forms.CharField(
        max_length=model_field.max_length,
        validators=model_field.validators,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput(),
        **common,
    )


#: How the form fields of some model fields are built; others are texts.
_BUILDERS: dict[type[models.Field[Any, Any]], Builder] = {
    models.BooleanField: _flag_field,
    models.DateTimeField: _moment_field,
    models.SmallIntegerField: _number_field,
    models.PositiveSmallIntegerField: _number_field,
    models.PositiveIntegerField: partial(_number_field, most=_LARGE),
    models.FloatField: _amount_field,
    models.IntegerField: _number_field,
    DocumentField: _document_field,
}
