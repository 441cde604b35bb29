"""What may be asked for, before a service looks at whose record it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly

from registry.http.authentication import InsufficientScope, reading_scopes
from registry.identity.oauth.tokens import AccessToken
from registry.identity.roles import is_administrator

if TYPE_CHECKING:
    from rest_framework.request import Request


class ReadOrSignedIn(IsAuthenticatedOrReadOnly):
    """Everybody may read; writing needs an account."""


class SignedIn(IsAuthenticated):
    """Nothing without an account, nor by a token without the scope that it takes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Let people in; say which scope is missing where only that is."""
        allowed = super().has_permission(request, view)
        if not allowed and isinstance(request.auth, AccessToken):
            raise InsufficientScope(*sorted(reading_scopes(request)))
        return allowed


class AdministratorsOnly(SignedIn):
    """Nothing without the role of an administrator."""

    message = "Only administrators may see this."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Let administrators in."""
        return super().has_permission(request, view) and is_administrator(request.user)
