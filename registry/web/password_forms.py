"""The forms with which people choose their own password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError

from registry.http.sign_in_attempts import SignInRefused, sign_in_attempt
from registry.identity import audit

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.identity.models import User

    NewPassword = SetPasswordForm[User]
else:
    NewPassword = SetPasswordForm


class NewPasswordForm(NewPassword):
    """The form of a new password, after a one-time link."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        _describe(self)


class OwnPasswordForm(PasswordChangeForm):
    """The form to change one's own password, which asks for the old one.

    Attempts are limited as on the sign-in form, so nobody can guess the password in a
    browser that is signed in. ``refused`` is set if there were too many attempts.
    """

    end_access = forms.BooleanField(
        label="Also revoke my API token and the programs that act in my name",
        required=False,
        initial=True,
        help_text="Leave this ticked if somebody else may know your old password. Your "
        "other browsers are signed out in any case.",
    )
    refused: SignInRefused | None = None

    def __init__(self, user: User, *args: Any, request: HttpRequest, **kw: Any) -> None:
        self._request = request
        super().__init__(user, *args, **kw)
        _describe(self)

    def clean_old_password(self) -> str:
        """Return the old password if it is correct; limit the attempts."""
        password: str = self.cleaned_data["old_password"]
        try:
            with sign_in_attempt(self._request) as current:
                if self._is_correct(password):
                    current.succeeded()
                    return password
        except SignInRefused as refused:
            self.refused = refused
            raise ValidationError(refused.advice) from refused
        locked = getattr(self._request, "axes_locked_out", False)
        means = "the old password, to change it"
        audit.record_failure(self.user.get_username(), method=means, locked=locked)
        raise ValidationError(
            self.error_messages["password_incorrect"], code="password_incorrect"
        )

    def _is_correct(self, password: str) -> bool:
        """Return whether a password is correct; django-axes counts failures."""
        name = self.user.get_username()
        known = authenticate(self._request, username=name, password=password)
        return known is not None and known.pk == self.user.pk


def _describe(form: forms.Form) -> None:
    """Connect each input with its help text, and mark it if it is wrong."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("autofocus", None)
        if field.help_text:
            field.widget.attrs["aria-describedby"] = f"id_{name}_helptext"
        if form.is_bound and name in form.errors:
            field.widget.attrs["aria-invalid"] = "true"
