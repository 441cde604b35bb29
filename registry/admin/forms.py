"""Forms that save with a service, and show its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.forms.models import construct_instance
from django.utils.html import format_html
from django.utils.text import capfirst

from registry.admin.related import change_address
from registry.core.documents import DocumentField
from registry.core.errors import Duplicate, InvalidInput, RegistryError
from registry.core.models import MAX_REASON
from registry.core.validators import validate_url
from registry.http.documents import DocumentFormField, field_of_place

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    class BaseForm(forms.ModelForm[Any]):
        """Django's form, with type hints for the private methods used here."""

        def _get_validation_exclusions(self) -> set[str]: ...
        def _update_errors(self, errors: ValidationError) -> None: ...

else:
    BaseForm = forms.ModelForm


class ServiceForm(BaseForm):
    """The form of one request.

    ``service_error`` is the error that the service raised for the same input. The form
    is then shown again, with the error next to its field.
    """

    service_error: ClassVar[RegistryError | None] = None

    def clean(self) -> dict[str, Any]:
        """Add the error of the service, which decides whether values are unique."""
        if isinstance(self.service_error, InvalidInput):
            for field, messages in self.service_error.fields.items():
                self._add_messages(field, messages)
        elif isinstance(self.service_error, Duplicate):
            fields = self.service_error.fields
            name = fields[0] if len(fields) == 1 else None
            self._add_messages(name, [_duplicate_message(self.service_error)])
        elif self.service_error is not None:
            self._add_messages(None, [self.service_error.detail])
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Validate each field; the service validates the record as a whole."""
        links = {f.name for f in self._meta.model._meta.fields if f.is_relation}
        excluded = self._get_validation_exclusions() | links
        construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            self.instance.clean_fields(exclude=excluded)
        except ValidationError as error:
            self._update_errors(error)

    def _add_messages(self, name: str | None, messages: list[Any]) -> None:
        """Add messages to their field, or to the form if it has no such field."""
        if name is None or name in self.fields:
            self.add_error(name, messages)
            return
        field = field_of_place(name)
        self.add_error(
            field if field in self.fields else None,
            [f"{name}: {message}" for message in messages],
        )

    def values(self) -> dict[str, Any]:
        """Return the values for the service; for a change, only the changed ones."""
        names = self.fields if self.instance.pk is None else self.changed_data
        return {
            name: self.cleaned_data[name] for name in names if not self._is_same(name)
        }

    def _is_same(self, name: str) -> bool:
        """Return whether a text differs only in line ends and surrounding spaces."""
        old, new = self.get_initial_for_field(self.fields[name], name), self[name].data
        return (
            self.instance.pk is not None
            and isinstance(old, str)
            and isinstance(new, str)
            and _normalise(old) == _normalise(new)
        )


class RecordForm(ServiceForm):
    """The form of a record, which remembers the revision that it shows."""

    revision = forms.CharField(required=False, widget=forms.HiddenInput)

    def _get_validation_exclusions(self) -> set[str]:
        """Exclude URLs, whose form fields accept the same values as the API."""
        excluded: set[str] = super()._get_validation_exclusions()
        fields = self._meta.model._meta.fields
        return excluded | {f.name for f in fields if isinstance(f, models.URLField)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["revision"] = self.instance.revision

    def values(self) -> dict[str, Any]:
        """Return the values of the record's own fields."""
        values = super().values()
        values.pop("revision", None)
        return values

    def known_revisions(self) -> frozenset[str] | None:
        """Return the revision that the person saw, for which the change is meant."""
        revision = self.cleaned_data["revision"]
        return frozenset({revision}) if revision else None


class CorrectionForm(RecordForm):
    """The form of a record whose corrections need a reason."""

    reason = forms.CharField(
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Why the record is corrected. The history keeps it.",
    )


def document_field(field: DocumentField, *, required: bool) -> forms.Field:
    """Return the form field of a small document."""
    return DocumentFormField(
        field,
        label=capfirst(field.verbose_name),
        required=required,
        help_text=field.help_text,
    )


def url_field(field: models.URLField[Any, Any]) -> forms.CharField:
    """Return the form field of a URL, which can have a host without a dot."""
    own = [v for v in field.validators if not isinstance(v, URLValidator)]
    return forms.CharField(
        label=capfirst(field.verbose_name),
        required=not field.blank,
        help_text=field.help_text,
        widget=AdminURLFieldWidget,
        validators=[*own, validate_url],
        empty_value=None if field.null else "",
    )


def without_clear_button(field: Any) -> Any:
    """Remove the button that clears a whole list of links.

    The button would be inside the list, where screen readers expect only links.
    """
    if field is not None:
        field.widget.is_required = True
    return field


def label_inputs(field: Any) -> None:
    """Add labels for screen readers to the two inputs of a date and time."""
    for part, widget in zip(("date", "time"), field.widget.widgets, strict=True):
        widget.attrs["aria-label"] = f"{field.label}: {part}"


def _normalise(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _duplicate_message(duplicate: Duplicate) -> SafeString | str:
    """Return the message of a duplicate, with a link to the existing record."""
    existing = duplicate.existing
    if existing is None:
        return duplicate.detail
    return format_html(
        '{}: <a href="{}">{}</a> has the same.',
        duplicate.detail,
        change_address(type(existing), existing.pk),
        str(existing),
    )
