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
    """A list of names, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 40})

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Read the lines that are not empty."""
        text = super().clean(value)
        return [line.strip() for line in text.splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the lists, not their lines."""
        return bool(self.clean(data) != (initial or []))


def role_options() -> list[tuple[str, str]]:
    """Return the roles that a form offers, by their names."""
    return [(name, name) for name in ROLES]


class AccountForm(UserChangeForm, ServiceForm):  # type: ignore[type-arg]
    """An account. The registry's roles are groups; each has a box of its own."""

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
        """Return what the service is given: roles and other groups are one list."""
        values = super().values()
        values.pop("password", None)
        if {"roles", "groups"} & values.keys():
            roles = role_groups(self.cleaned_data["roles"])
            values.pop("roles", None)
            values["groups"] = {*roles, *self.cleaned_data["groups"]}
        return values


class NewAccountForm(AdminUserCreationForm, ServiceForm):
    """A new account; what it may do is said on its page, once it is there."""

    class Meta:
        model = User
        field_classes = {"username": UsernameField}
        fields = ("username", "full_name", "email")

    def account(self) -> dict[str, Any]:
        """Return what the service makes the account of."""
        given = self.cleaned_data
        return {
            "username": given["username"],
            "full_name": given["full_name"],
            "email": given["email"],
            "password": given["password1"] if given["set_usable_password"] else None,
        }
