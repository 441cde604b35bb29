"""The forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AdminUserCreationForm,
    UserChangeForm,
    UsernameField,
)

from registry.admin.forms import ServiceForm
from registry.identity.models import User
from registry.identity.roles import ROLES, administrator_roles, role_groups


class LinesField(forms.CharField):
    """A list of names, one on each line."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 40})

    def prepare_value(self, value: Any) -> Any:
        """Return a list as lines."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the lines that are not empty."""
        text = super().clean(value)
        return [line.strip() for line in text.splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the list differs, not only its line breaks."""
        return bool(self.clean(data) != (initial or []))


def role_options() -> list[tuple[str, str]]:
    """Return the roles as choices of a form."""
    return [(name, name) for name in ROLES]


class AccountForm(UserChangeForm, ServiceForm):  # type: ignore[type-arg]
    """The form of an account; roles, which are groups, have their own checkboxes."""

    orgs = LinesField(
        label="Organisations", required=False, help_text="One organisation a line."
    )
    roles = forms.MultipleChoiceField(
        choices=role_options,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=f"{' and '.join(sorted(administrator_roles()))} make an "
        "administrator.",
    )

    class Meta:
        model = User
        field_classes = {"username": UsernameField}
        fields = (
            *("username", "full_name", "email", "orgs", "groups", "user_permissions"),
            *("is_active", "is_staff", "is_superuser"),
        )
        labels = {"groups": "Other groups"}
        help_texts = {
            "groups": "Groups that carry permissions; roles are ticked above.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = self.instance.groups.all() if self.instance.pk else []
        self.initial["roles"] = [one.name for one in held if one.name in ROLES]
        self.initial["groups"] = [one for one in held if one.name not in ROLES]

    def values(self) -> dict[str, Any]:
        """Return the values for the service; roles and other groups are one list."""
        values = super().values()
        values.pop("password", None)
        if {"roles", "groups"} & values.keys():
            roles = role_groups(self.cleaned_data["roles"])
            values.pop("roles", None)
            values["groups"] = {*roles, *self.cleaned_data["groups"]}
        return values


class NewAccountForm(AdminUserCreationForm, ServiceForm):
    """The form of a new account; permissions are set on its page later."""

    class Meta:
        model = User
        field_classes = {"username": UsernameField}
        fields = ("username", "full_name", "email")

    def account(self) -> dict[str, Any]:
        """Return the arguments of the service that creates the account."""
        given = self.cleaned_data
        return {
            "username": given["username"],
            "full_name": given["full_name"],
            "email": given["email"],
            "password": given["password1"] if given["set_usable_password"] else None,
        }
