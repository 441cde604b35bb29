"""Forms that set a password by the service, so that it leaves its event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.forms import AdminPasswordChangeForm as OwnPassword
from django.contrib.auth.forms import AdminPasswordChangeForm

from registry.identity.accounts import change_password

if TYPE_CHECKING:
    from registry.identity.models import User


class OwnPasswordForm(OwnPassword):
    """One's own password, for which the old one is asked."""

    def save(self, commit: bool = True) -> Any:
        """Store the password."""
        password = self.cleaned_data["new_password1"]
        change_password(user=self.user, password=password, by=self.user)
        return self.user


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Somebody else's password."""

    def __init__(self, user: User, *args: Any, by: User, **kwargs: Any) -> None:
        self.by = by
        super().__init__(user, *args, **kwargs)

    def save(self, commit: bool = True) -> Any:
        """Store the password, or that there is none any more."""
        usable = self.cleaned_data["set_usable_password"]
        password = self.cleaned_data["password1"] if usable else None
        change_password(user=self.user, password=password, by=self.by)
        return self.user
