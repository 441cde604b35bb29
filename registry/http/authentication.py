"""Authentication by API token, access token, password (local accounts) or session.

Invalid credentials are rejected even where none are needed, so that a script with an
expired token fails immediately.

An access token acts for its person within its scopes. Without the scope `read` it can
read only what is public; a view can name further scopes, any of which is enough there
(``token_scopes``). Changes require the scope `write`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_credentials
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from rest_framework import authentication, exceptions

from registry.http.sign_in_attempts import require_attempts_left, sign_in_attempt
from registry.identity import audit
from registry.identity.oauth import tokens
from registry.identity.oauth.errors import TokenRefused
from registry.identity.oauth.scopes import READ, WRITE
from registry.identity.services import KEY_PATTERN, user_of_key
from registry.identity.verified import verified_passwords

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

    from registry.identity.models import User

#: Sent with 401 responses (RFC 9110, section 11.6.1).
CHALLENGE = 'Token realm="registry"'
#: The same for an access token (RFC 6750, section 3).
BEARER_CHALLENGE = 'Bearer realm="registry", error="invalid_token"'
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class InsufficientScope(exceptions.PermissionDenied):
    """The access token lacks the required scope (RFC 6750, section 3.1)."""

    def __init__(self, *scopes: str) -> None:
        names = " or ".join(scopes)
        super().__init__(f"This token was not given the scope {names}.")
        self.auth_header = (
            'Bearer realm="registry", error="insufficient_scope", '
            f'scope="{" ".join(scopes)}"'
        )


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: token <key>`` or ``Bearer <key or access token>``, in any case.

    ``request.auth`` is the access token, None for an API token.
    """

    schemes = ("token", "bearer")

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, Any] | None:
        """Return the user of the token; None without a header or with a Basic one."""
        _reject_token_in_url(request._request)
        header = authentication.get_authorization_header(request).split()
        if not header or header[0].lower() == b"basic":
            return None
        if header[0].lower().decode("latin-1") not in self.schemes:
            raise exceptions.AuthenticationFailed(
                "Unknown authorization scheme: use token, Bearer or Basic."
            )
        if len(header) != 2:
            raise exceptions.AuthenticationFailed(
                "Invalid token header: it is the word token and the key."
            )
        key = header[1].decode("latin-1")
        if not KEY_PATTERN.fullmatch(key) and tokens.looks_like_jwt(key):
            return _user_of_access_token(key, request)
        user = user_of_key(key)
        if user is None:
            raise exceptions.AuthenticationFailed("Invalid token.")
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 response."""
        sent = bearer_token(request._request)
        return BEARER_CHALLENGE if tokens.looks_like_jwt(sent) else CHALLENGE


def bearer_token(request: HttpRequest) -> str:
    """Return the token of a Bearer header, or an empty string."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _user_of_access_token(
    token: str, request: Request
) -> tuple[User | AnonymousUser, tokens.AccessToken]:
    """Return the user of an access token, and the token; one query.

    The user is anonymous if the token lacks the scope for reading.
    """
    try:
        access = tokens.verify_access_token(token)
        user = tokens.user_of_token(access)
    except TokenRefused as error:
        raise exceptions.AuthenticationFailed(error.detail) from error
    if request.method not in _SAFE:
        if WRITE not in access.scopes:
            raise InsufficientScope(WRITE)
        return user, access
    reads = access.scopes & reading_scopes(request)
    return (user if reads else AnonymousUser()), access


def reading_scopes(request: Request) -> frozenset[str]:
    """Return the scopes that allow the view to be read as the person; any is enough."""
    view = (request.parser_context or {}).get("view")
    return frozenset({READ, *getattr(view, "token_scopes", ())})


def _reject_token_in_url(request: HttpRequest) -> None:
    """Reject a token in a URL, which logs and histories keep (RFC 9700, 4.3.2)."""
    if "access_token" in request.GET:
        raise exceptions.ParseError(
            "A token in an address gets into logs: send it as Authorization: Bearer."
        )


class LocalBasicAuthentication(authentication.BasicAuthentication):
    """User name and password of a local account, limited like the sign-in form."""

    www_authenticate_realm = "registry"

    def authenticate_credentials(
        self, userid: str, password: str, request: Any = None
    ) -> tuple[Any, None]:
        """Check the password; failures are counted by Django's own request.

        Raises ``TooManyAttempts`` if the address has used up its failed attempts, even
        if the password is right.
        """
        plain = getattr(request, "_request", request)
        require_attempts_left(plain)
        user = _find_verified_user(plain, userid, password)
        if user is None:
            user = _verify_password(plain, userid, password)
        return user, None


def _find_verified_user(plain: HttpRequest, name: str, password: str) -> User | None:
    """Return the user whose password was verified recently, unless it is locked."""
    user = verified_passwords.find(name, password)
    if user is None:
        return None
    allowed = AxesProxyHandler.is_allowed(plain, get_credentials(username=name))
    return user if allowed else None


def _verify_password(plain: HttpRequest, name: str, password: str) -> Any:
    """Return the user with this name and password, and remember the verification."""
    user: Any = None
    with sign_in_attempt(plain, slow=_is_valid_username(name)) as current:
        if _is_valid_username(name):
            user = authenticate(plain, username=name, password=password)
        if user is not None and user.is_active:
            current.succeeded()
            verified_passwords.remember(name, password, user)
            return user
    locked = getattr(plain, "axes_locked_out", False)
    audit.record_failure(name, method="password by HTTP Basic", locked=locked)
    raise exceptions.AuthenticationFailed("Invalid username or password.")


def _is_valid_username(text: str) -> bool:
    """Return whether the database can be queried for this name."""
    return "\0" not in text and len(text) <= audit.MAX_USERNAME_LENGTH


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a browser; every change needs the CSRF token as well."""
