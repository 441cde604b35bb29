"""Who asks: by API token or access token, by password (local accounts), or by session.

Wrong credentials are refused even where none are needed, so that a script with an
expired token learns of it at once.

An access token acts for its person as far as its scopes allow. Without the scope `read`
it reads what everybody may read; a view may name further scopes, any of which is enough
there (``token_scopes``). Changes need the scope `write`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_credentials
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from rest_framework import authentication, exceptions

from registry.http.attempts import attempt, require_attempts_left
from registry.identity import audit
from registry.identity.oauth import tokens
from registry.identity.oauth.errors import TokenRefused
from registry.identity.oauth.scopes import READ, WRITE
from registry.identity.services import user_of_key
from registry.identity.verified import verified_passwords

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

    from registry.identity.models import User

#: Sent with 401 answers (RFC 9110, section 11.6.1).
CHALLENGE = 'Token realm="registry"'
#: The same for an access token (RFC 6750, section 3).
BEARER_CHALLENGE = 'Bearer realm="registry", error="invalid_token"'
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ScopeMissing(exceptions.PermissionDenied):
    """An access token was not given what this takes (RFC 6750, section 3.1)."""

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
        """Return whose key it is; None when there is no header, or one for Basic."""
        _refuse_in_address(request._request)
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
        if tokens.looks_like_jwt(key):
            return _user_of_access_token(key, request)
        user = user_of_key(key)
        if user is None:
            raise exceptions.AuthenticationFailed("Invalid token.")
        return user, None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge that goes with a 401."""
        sent = bearer_of(request._request)
        return BEARER_CHALLENGE if tokens.looks_like_jwt(sent) else CHALLENGE


def bearer_of(request: HttpRequest) -> str:
    """Return what came after the word Bearer; nothing where there is none."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _user_of_access_token(
    token: str, request: Request
) -> tuple[User | AnonymousUser, tokens.AccessToken]:
    """Return for whom a program asks, and by what; one query.

    Nobody in particular, where the token was not given the scope that reading takes.
    """
    try:
        access = tokens.verify_access_token(token)
        user = tokens.user_of_token(access)
    except TokenRefused as error:
        raise exceptions.AuthenticationFailed(error.detail) from error
    if request.method not in _SAFE:
        if WRITE not in access.scopes:
            raise ScopeMissing(WRITE)
        return user, access
    reads = access.scopes & reading_scopes(request)
    return (user if reads else AnonymousUser()), access


def reading_scopes(request: Request) -> frozenset[str]:
    """Return the scopes of which one is enough to read here as the person."""
    view = (request.parser_context or {}).get("view")
    return frozenset({READ, *getattr(view, "token_scopes", ())})


def _refuse_in_address(request: HttpRequest) -> None:
    """Refuse a token in an address, which logs and histories keep (RFC 9700, 4.3.2)."""
    if "access_token" in request.GET:
        raise exceptions.ParseError(
            "A token in an address gets into logs: send it as Authorization: Bearer."
        )


class LocalBasicAuthentication(authentication.BasicAuthentication):
    """User name and password of a local account, guarded like the sign-in form."""

    www_authenticate_realm = "registry"

    def authenticate_credentials(
        self, userid: str, password: str, request: Any = None
    ) -> tuple[Any, None]:
        """Check the password; the guard counts failures by the plain request.

        Raises ``TooManyAttempts`` where the address has used up its failures, also for
        a password that is right.
        """
        plain = getattr(request, "_request", request)
        require_attempts_left(plain)
        user = _known_already(plain, userid, password)
        if user is None:
            user = _checked(plain, userid, password)
        return user, None


def _known_already(plain: HttpRequest, name: str, password: str) -> User | None:
    """Return whose password was checked a moment ago, unless that account is locked."""
    user = verified_passwords.find(name, password)
    if user is None:
        return None
    allowed = AxesProxyHandler.is_allowed(plain, get_credentials(username=name))
    return user if allowed else None


def _checked(plain: HttpRequest, name: str, password: str) -> Any:
    """Return whose name and password these are, and remember it."""
    user: Any = None
    with attempt(plain, slow=_may_be_a_name(name)) as current:
        if _may_be_a_name(name):
            user = authenticate(plain, username=name, password=password)
        if user is not None and user.is_active:
            current.succeeded()
            verified_passwords.remember(name, password, user)
            return user
    locked = getattr(plain, "axes_locked_out", False)
    audit.record_failure(name, method="password by HTTP Basic", locked=locked)
    raise exceptions.AuthenticationFailed("Invalid username or password.")


def _may_be_a_name(text: str) -> bool:
    """Tell whether a database can be asked for an account of this name."""
    return "\0" not in text and len(text) <= audit.MAX_USERNAME_LENGTH


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a browser; every change needs the CSRF token as well."""
