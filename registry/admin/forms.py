"""Forms that leave storing to a service, and show why it refused."""

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
from registry.core.errors import Duplicate, InvalidInput, RegistryError
from registry.core.validators import validate_url

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    class BaseForm(forms.ModelForm[Any]):
        """Django's form, with the hooks of it that are used here."""

        def _get_validation_exclusions(self) -> set[str]: ...
        def _update_errors(self, errors: ValidationError) -> None: ...

else:
    BaseForm = forms.ModelForm


class ServiceForm(BaseForm):
    """The form of one request.

    ``refusal`` is what the service said when this very input was given to it: then
    the form is shown once more, with the reason where it belongs.
    """

    refusal: ClassVar[RegistryError | None] = None

    def clean(self) -> dict[str, Any]:
        """Add the refusal; what is unique is for the service to decide."""
        if isinstance(self.refusal, InvalidInput):
            for field, messages in self.refusal.fields.items():
                self._refuse(field, messages)
        elif isinstance(self.refusal, Duplicate):
            fields = self.refusal.fields
            name = fields[0] if len(fields) == 1 else None
            self._refuse(name, [_pointing_to_twin(self.refusal)])
        elif self.refusal is not None:
            self._refuse(None, [self.refusal.detail])
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Check the values one by one; how they fit is for the service to say."""
        links = {f.name for f in self._meta.model._meta.fields if f.is_relation}
        excluded = self._get_validation_exclusions() | links
        construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            self.instance.clean_fields(exclude=excluded)
        except ValidationError as error:
            self._update_errors(error)

    def _refuse(self, name: str | None, messages: list[Any]) -> None:
        """Put messages beside their field; above the form where it has none."""
        if name is None or name in self.fields:
            self.add_error(name, messages)
        else:
            self.add_error(None, [f"{name}: {message}" for message in messages])

    def values(self) -> dict[str, Any]:
        """Return what the service is given: for a change, only what differs."""
        names = self.fields if self.instance.pk is None else self.changed_data
        return {
            name: self.cleaned_data[name] for name in names if not self._is_same(name)
        }

    def _is_same(self, name: str) -> bool:
        """Tell whether a text differs only in how browsers send line ends and edges."""
        old, new = self.get_initial_for_field(self.fields[name], name), self[name].data
        return (
            self.instance.pk is not None
            and isinstance(old, str)
            and isinstance(new, str)
            and _plain(old) == _plain(new)
        )


class RecordForm(ServiceForm):
    """The form of a record: it knows which state of the record it shows."""

    revision = forms.CharField(required=False, widget=forms.HiddenInput)

    def _get_validation_exclusions(self) -> set[str]:
        """Leave addresses to their form fields, which take what the API takes."""
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


def address_field(field: models.URLField[Any, Any]) -> forms.CharField:
    """Make the form field of an address: also on hosts without a dot, as in the API."""
    own = [v for v in field.validators if not isinstance(v, URLValidator)]
    return forms.CharField(
        label=capfirst(field.verbose_name),
        required=not field.blank,
        help_text=field.help_text,
        widget=AdminURLFieldWidget,
        validators=[*own, validate_url],
        empty_value=None if field.null else "",
    )


def one_by_one(field: Any) -> Any:
    """Leave the button away that empties a whole list of links.

    It stands inside the list, where readers of the page expect links alone.
    """
    if field is not None:
        field.widget.is_required = True
    return field


def name_parts(field: Any) -> None:
    """Name the two inputs of a date and time, to those who do not see them as well."""
    for part, widget in zip(("date", "time"), field.widget.widgets, strict=True):
        widget.attrs["aria-label"] = f"{field.label}: {part}"


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _pointing_to_twin(duplicate: Duplicate) -> SafeString | str:
    """Say what clashes, and link to the record that has these values already."""
    twin = duplicate.existing
    if twin is None:
        return duplicate.detail
    return format_html(
        '{}: <a href="{}">{}</a> has the same.',
        duplicate.detail,
        change_address(type(twin), twin.pk),
        str(twin),
    )
