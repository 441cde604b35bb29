"""Forged tokens, each made from one that the API accepts."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from registry.identity.models import User
from registry.identity.oauth.keys import key_ring
from tests.interop.oidc.issuer import (
    NAME,
    REFUSED,
    Answer,
    Program,
    api_status,
    signed_token,
)

pytestmark = pytest.mark.django_db


def _encoded(part: dict[str, Any]) -> str:
    text = json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _unsigned(algorithm: str) -> Callable[[dict[str, Any]], str]:
    def forge(claims: dict[str, Any]) -> str:
        header = {"alg": algorithm, "typ": "at+jwt", "kid": key_ring().signing.kid}
        return f"{_encoded(header)}.{_encoded(claims)}."

    return forge


def _by_another_key(claims: dict[str, Any]) -> str:
    return signed_token(claims, rsa.generate_private_key(65537, 2048))


def _by_the_public_key_as_a_secret(claims: dict[str, Any]) -> str:
    signing = key_ring().signing
    header = {"kid": signing.kid, "typ": "at+jwt"}
    return jwt.encode(claims, signing.spki(), "HS256", headers=header)


FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "alg none": _unsigned("none"),
    "alg None": _unsigned("None"),
    "alg RS256, no signature": _unsigned("RS256"),
    "another key": _by_another_key,
    "the public key as a secret": _by_the_public_key_as_a_secret,
    "an unknown kid": lambda claims: signed_token(claims, kid="elsewhere"),
    "no kid": lambda claims: signed_token(claims, kid=""),
    "the kind of an ID token": lambda claims: signed_token(claims, typ="JWT"),
    "a wrong issuer": lambda claims: signed_token(
        {**claims, "iss": "https://evil.example"}
    ),
    "our own address as issuer": lambda claims: signed_token(
        {**claims, "iss": "http://127.0.0.1:8000"}
    ),
    "expired": lambda claims: signed_token({**claims, "exp": int(time.time()) - 60}),
    "of the future": lambda claims: signed_token(
        {**claims, "iat": int(time.time()) + 600}
    ),
    "somebody else": lambda claims: signed_token({**claims, "sub": "0"}),
    "an unknown session": lambda claims: signed_token({**claims, "sid": "0" * 32}),
    "a number for a session": lambda claims: signed_token({**claims, "sid": 1}),
    **{
        f"no {name}": lambda claims, name=name: signed_token(  # type: ignore[misc]
            {key: value for key, value in claims.items() if key != name}
        )
        for name in ("exp", "iat", "iss", "sub", "sid", "jti", "azp", "scope")
    },
    "words": lambda _: "a.b.c",
    "no parts": lambda _: "..",
    "much too long": lambda claims: signed_token({**claims, "x": "y" * 10_000}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_refused(claims: dict[str, Any], forgery: str) -> None:
    forged = FORGERIES[forgery](claims)
    for path in (NAME, "/api/file_type/", "/o/userinfo"):
        api = Client(headers={"authorization": f"Bearer {forged}"})
        answer = api.get(path)
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers


def test_the_token_that_is_forged_is_accepted_itself(
    claims: dict[str, Any],
) -> None:
    assert api_status(signed_token(claims)) == 200


def test_the_response_to_a_refused_token_has_a_challenge(tokens: Answer) -> None:
    api = Client(headers={"authorization": f"Bearer {tokens['access_token'][:-9]}"})
    challenge = api.get(NAME)["WWW-Authenticate"]
    assert challenge == 'Bearer realm="registry", error="invalid_token"'


def test_the_token_of_an_inactive_account_is_refused(
    telescope: Program, person: User, tokens: Answer
) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert api_status(tokens["access_token"]) == 401
    assert telescope.refresh(tokens["refresh_token"]).outcome == REFUSED
