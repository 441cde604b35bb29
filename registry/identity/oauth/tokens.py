"""Access tokens: JSON Web Tokens (RFC 7519) of type ``at+jwt`` (RFC 9068).

The claims are those of Keycloak, which its clients read. Verifying a token needs no
database; one query by ``sid`` then finds out whether its session is active.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import jwt
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from registry.core.compiled import CompiledQuery
from registry.core.signing_keys import ALGORITHM
from registry.identity.models import User
from registry.identity.oauth.errors import TokenRefused
from registry.identity.oauth.keys import key_ring
from registry.identity.oauth.models import ClientSession
from registry.identity.oauth.scopes import EMAIL, PROFILE
from registry.identity.roles import ROLES, effective_roles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.core.signing_keys import SigningKey

#: The type in the header of an access token, which an ID token does not have.
JWT_TYPE = "at+jwt"
#: Seconds by which clocks may differ.
_LEEWAY = 5
_MAX_LENGTH = 8192
_JWT_PATTERN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_REQUIRED_CLAIMS = ["exp", "iat", "iss", "sub", "jti", "sid", "azp", "scope"]

_USER_COLUMNS = [field.attname for field in User._meta.concrete_fields]
_USER_BY_SID = CompiledQuery(
    lambda sid: User.objects.filter(
        client_sessions__sid=sid,
        client_sessions__ended__isnull=True,
        is_active=True,
    ).values_list(*_USER_COLUMNS),
    example="0" * 32,
)


@dataclass(frozen=True)
class AccessToken:
    """An access token with a valid signature, issuer and time."""

    claims: Mapping[str, Any]

    @property
    def sid(self) -> str:
        """The id of its session."""
        return str(self.claims["sid"])

    @property
    def client_id(self) -> str:
        """The client that it was issued to."""
        return str(self.claims["azp"])

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that it allows."""
        return frozenset(str(self.claims["scope"]).split())


def issuer() -> str:
    """Return the issuer identifier: the public URL of the registry, and /o."""
    return f"{settings.REGISTRY_URL}/o"


def lifetime() -> int:
    """Return the lifetime of an access token, in seconds."""
    seconds: int = settings.ACCESS_TOKEN_SECONDS
    return seconds


def looks_like_jwt(text: str) -> bool:
    """Return whether a text has the form of a JSON Web Token, unlike an API token."""
    return len(text) <= _MAX_LENGTH and bool(_JWT_PATTERN.fullmatch(text))


def issue_access_token(session: ClientSession, scopes: list[str]) -> str:
    """Return a signed access token for a session."""
    now = int(time.time())
    claims = {
        "iss": issuer(),
        "sub": str(session.user.pk),
        "azp": session.client.client_id,
        "iat": now,
        "exp": now + lifetime(),
        "jti": uuid4().hex,
        "sid": session.sid,
        "scope": " ".join(scopes),
        **user_claims(session.user, scopes),
    }
    return sign_claims(claims, kind=JWT_TYPE)


def sign_claims(claims: Mapping[str, Any], *, kind: str = "JWT") -> str:
    """Return a JSON Web Token, signed with the current key."""
    key = key_ring().signing
    headers = {"kid": key.kid, "typ": kind}
    return jwt.encode(dict(claims), key.private, ALGORITHM, headers=headers)


def user_claims(user: User, scopes: list[str]) -> dict[str, Any]:
    """Return the claims about a person that these scopes allow.

    ``profile`` allows names, roles and groups; ``email`` the e-mail address.
    """
    claims = _profile_claims(user) if PROFILE in scopes else {}
    if EMAIL in scopes:
        claims["email"] = user.email
    return claims


def _profile_claims(user: User) -> dict[str, Any]:
    held = effective_roles(user)
    groups = sorted(name for name in held if name.startswith("/"))
    roles = sorted(name for name in held if not name.startswith("/"))
    return {
        "preferred_username": user.username,
        "groups": groups,
        "realm_access": {"roles": roles},
        "resource_access": _resource_access(held),
        "name": user.full_name,
    }


def _resource_access(held: frozenset[str]) -> dict[str, dict[str, list[str]]]:
    """Repeat roles under the clients that look for them there, as Keycloak does."""
    resources: dict[str, dict[str, list[str]]] = {}
    for role in ROLES.values():
        if role.keycloak_client:
            roles = resources.setdefault(role.keycloak_client, {"roles": []})["roles"]
            if role.name in held:
                roles.append(role.name)
    return resources


def verify_access_token(token: str) -> AccessToken:
    """Return a token with a valid signature, type, issuer and time.

    Raises ``TokenRefused`` for any other.
    """
    key = _verifying_key(token)
    try:
        claims = jwt.decode(
            token,
            key.public,
            algorithms=[ALGORITHM],
            issuer=issuer(),
            leeway=_LEEWAY,
            options={"require": _REQUIRED_CLAIMS, "verify_aud": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenRefused("The token has expired.") from error
    except jwt.PyJWTError as error:
        raise TokenRefused("Invalid token.") from error
    if key.retired and claims["iat"] > key.retired.timestamp() + _LEEWAY:
        # a retired key must not sign new tokens, whoever found it
        raise TokenRefused("Invalid token.")
    return AccessToken(claims)


def _verifying_key(token: str) -> SigningKey:
    if not looks_like_jwt(token):
        raise TokenRefused("Invalid token.")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise TokenRefused("Invalid token.") from error
    key = key_ring().by_kid.get(str(header.get("kid")))
    right = header.get("typ") == JWT_TYPE and header.get("alg") == ALGORITHM
    if key is None or not right:
        raise TokenRefused("Invalid token.")
    return key


def user_of_token(access: AccessToken) -> User:
    """Return the user of a token, in one query; ``TokenRefused`` if it is revoked."""
    rows = _USER_BY_SID.rows(access.sid)
    user = User.from_db(DEFAULT_DB_ALIAS, _USER_COLUMNS, rows[0]) if rows else None
    if user is None or str(user.pk) != access.claims["sub"]:
        raise TokenRefused("The token has been revoked.")
    return user
