"""The form that sets a password with the service, which writes an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.forms import AdminPasswordChangeForm

from registry.identity.accounts import change_password

if TYPE_CHECKING:
    from registry.identity.models import User


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """The form to set another account's password, which revokes all its access."""

    def __init__(self, user: User, *args: Any, by: User, **kwargs: Any) -> None:
        self.by = by
        super().__init__(user, *args, **kwargs)

    def save(self, commit: bool = True) -> Any:
        """Save the password, or remove it."""
        usable = self.cleaned_data["set_usable_password"]
        password = self.cleaned_data["password1"] if usable else None
        change_password(user=self.user, password=password, by=self.by, end_access=True)
        return self.user
