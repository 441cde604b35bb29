"""Access tokens: JSON Web Tokens (RFC 7519) of the kind ``at+jwt`` (RFC 9068).

The claims are those that Keycloak gives and its clients read. Verifying asks no
database; whether the session goes on is asked of it in one look-up by ``sid``.
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

#: The kind of token, in its header: an ID token is none to come in with.
ACCESS = "at+jwt"
#: Seconds by which the clocks of two machines may differ.
_LEEWAY = 5
_LONGEST = 8192
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_REQUIRED = ["exp", "iat", "iss", "sub", "jti", "sid", "azp", "scope"]

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
class Access:
    """An access token whose signature, issuer and time are right."""

    claims: Mapping[str, Any]

    @property
    def sid(self) -> str:
        """The session that it belongs to."""
        return str(self.claims["sid"])

    @property
    def client_id(self) -> str:
        """The client that it was given to."""
        return str(self.claims["azp"])

    @property
    def scopes(self) -> frozenset[str]:
        """What it allows."""
        return frozenset(str(self.claims["scope"]).split())


def issuer() -> str:
    """Return the name of this issuer: the public address of the registry, and /o."""
    return f"{settings.REGISTRY_URL}/o"


def lifetime() -> int:
    """Return the seconds that an access token is good for."""
    seconds: int = settings.ACCESS_TOKEN_SECONDS
    return seconds


def looks_like_one(text: str) -> bool:
    """Tell a JSON Web Token from an API token."""
    return len(text) <= _LONGEST and bool(_SHAPE.fullmatch(text))


def issue(session: ClientSession, scopes: list[str]) -> str:
    """Sign an access token for a session."""
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
        **claims_of(session.user, scopes),
    }
    return sign(claims, kind=ACCESS)


def sign(claims: Mapping[str, Any], *, kind: str = "JWT") -> str:
    """Sign claims with the present key."""
    key = key_ring().signing
    headers = {"kid": key.kid, "typ": kind}
    return jwt.encode(dict(claims), key.private, ALGORITHM, headers=headers)


def claims_of(user: User, scopes: list[str]) -> dict[str, Any]:
    """Return what a token says of a person, as far as its scopes allow.

    With ``profile`` names, roles and groups; with ``email`` the address.
    """
    claims = _profile_of(user) if PROFILE in scopes else {}
    if EMAIL in scopes:
        claims["email"] = user.email
    return claims


def _profile_of(user: User) -> dict[str, Any]:
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


def verify(token: str) -> Access:
    """Check signature, kind, issuer and time; ``TokenRefused`` says what is wrong."""
    key = _key_of(token)
    try:
        claims = jwt.decode(
            token,
            key.public,
            algorithms=[ALGORITHM],
            issuer=issuer(),
            leeway=_LEEWAY,
            options={"require": _REQUIRED, "verify_aud": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenRefused("The token has expired.") from error
    except jwt.PyJWTError as error:
        raise TokenRefused("Invalid token.") from error
    if key.retired and claims["iat"] > key.retired.timestamp() + _LEEWAY:
        # whoever found an old key may not make new tokens with it
        raise TokenRefused("Invalid token.")
    return Access(claims)


def _key_of(token: str) -> SigningKey:
    if not looks_like_one(token):
        raise TokenRefused("Invalid token.")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise TokenRefused("Invalid token.") from error
    key = key_ring().by_kid.get(str(header.get("kid")))
    right = header.get("typ") == ACCESS and header.get("alg") == ALGORITHM
    if key is None or not right:
        raise TokenRefused("Invalid token.")
    return key


def user_of(access: Access) -> User:
    """Return whom a token acts for, in one query; ``TokenRefused`` when revoked."""
    rows = _USER_BY_SID.rows(access.sid)
    user = User.from_db(DEFAULT_DB_ALIAS, _USER_COLUMNS, rows[0]) if rows else None
    if user is None or str(user.pk) != access.claims["sub"]:
        raise TokenRefused("The token has been revoked.")
    return user
