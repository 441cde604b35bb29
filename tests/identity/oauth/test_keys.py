"""Signing keys: created once, rotated, or given by the environment."""

from __future__ import annotations

import base64
import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.utils import timezone
from jwcrypto.jwk import JWK
from pytest_django import Settings

from registry.core.errors import Conflict
from registry.core.models import Event
from registry.core.signing_keys import SigningKey, new_key, parse_keys, read_key
from registry.identity.oauth import tokens
from registry.identity.oauth.errors import TokenRefused
from registry.identity.oauth.keys import KEPT_FOR, key_ring, rotate_keys
from registry.identity.oauth.models import ClientSession
from tests.factories import UserFactory
from tests.interop.oidc.issuer import device_client


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.SIGNING_KEYS_DIR = tmp_path / "keys"
    return tmp_path / "keys"


def _token() -> str:
    session = ClientSession(client=device_client(), user=UserFactory())
    return tokens.issue_access_token(session, ["openid"])


def _age(folder: Path, file: str, by: timedelta) -> None:
    """Make a key look as if it was created earlier."""
    path = folder / file
    key = read_key(path.read_text())
    assert key.made is not None
    earlier = (key.made - by).isoformat()
    path.write_text(path.read_text().replace(key.made.isoformat(), earlier))
    # the registry notices a change by the time of the folder
    (folder / "x").touch()
    (folder / "x").unlink()


def test_the_first_key_is_readable_by_its_owner_only(folder: Path) -> None:
    kid = key_ring().signing.kid
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert key_ring().signing.kid == kid
    assert file.stat().st_uid == os.getuid()


@pytest.mark.django_db
def test_after_a_rotation_the_new_key_signs_and_both_verify(folder: Path) -> None:
    before = _token()
    old, new = key_ring().signing.kid, rotate_keys().kid
    assert key_ring().signing.kid == new != old
    assert {*key_ring().by_kid} == {old, new}
    assert tokens.verify_access_token(before).claims["azp"] == "telescope"
    assert {file.name for file in folder.iterdir()} == {"0001.pem", "0002.pem"}
    event = Event.objects.get(action="key_rotated")
    assert event.detail == {"kid": new, "replaces": old}


@pytest.mark.django_db
def test_a_token_signed_after_its_key_was_replaced_is_refused(folder: Path) -> None:
    old = key_ring().signing
    claims = jwt.decode(_token(), options={"verify_signature": False})
    rotate_keys()
    header = {"kid": old.kid, "typ": "at+jwt"}
    later = {**claims, "iat": claims["iat"] + 60}
    _age(folder, "0002.pem", timedelta(minutes=5))
    forged = jwt.encode(later, old.private, "RS256", headers=header)
    with pytest.raises(TokenRefused):
        tokens.verify_access_token(forged)


@pytest.mark.django_db
@pytest.mark.slow
def test_tokens_of_a_removed_key_are_refused(folder: Path) -> None:
    before = _token()
    old = key_ring().signing.kid
    rotate_keys()
    _age(folder, "0002.pem", KEPT_FOR + timedelta(minutes=1))
    rotate_keys()
    assert old not in key_ring().by_kid
    assert len(key_ring().by_kid) == 2
    with pytest.raises(TokenRefused):
        tokens.verify_access_token(before)


@pytest.mark.django_db
def test_keys_in_the_environment_override_the_folder(
    settings: Settings, folder: Path
) -> None:
    one, two = (new_key(timezone.now()) for _ in range(2))
    settings.SIGNING_KEYS = parse_keys(f"{one}\n{two}")
    assert key_ring().signing.kid == read_key(one).kid
    assert {*key_ring().by_kid} == {read_key(one).kid, read_key(two).kid}
    assert tokens.verify_access_token(_token()).client_id == "telescope"
    assert not folder.exists()
    with pytest.raises(Conflict, match="REGISTRY_SIGNING_KEYS"):
        rotate_keys()


def test_a_key_can_be_given_on_one_line() -> None:
    text = new_key(timezone.now())
    (pem,) = parse_keys(text.replace("\n", "\\n"))
    assert read_key(pem).kid == read_key(text).kid


@pytest.mark.parametrize(
    "wrong", ["", "opensesame", "-----BEGIN X-----\n-----END X-----"]
)
def test_an_invalid_key_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_keys(wrong)


def test_the_id_of_a_key_is_its_thumbprint() -> None:
    key = read_key(new_key(timezone.now()))
    loaded = jwt.PyJWK.from_dict(key.jwk())
    assert loaded.key_id == key.kid
    assert len(key.kid) == 43


#: The example of RFC 7638, 3.1.
_EXAMPLE = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxu"
    "hDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6C"
    "f0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n9"
    "1CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44"
    "-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
}


def test_a_published_key_has_its_numbers_and_its_standard_thumbprint() -> None:
    key = SigningKey(JWK(**_EXAMPLE))
    kid = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert key.jwk() == {"use": "sig", "alg": "RS256", "kid": kid, **_EXAMPLE}


def test_the_public_key_on_one_line_is_that_of_the_private_one() -> None:
    key = read_key(new_key(timezone.now()))
    loaded = load_der_public_key(base64.b64decode(key.spki(), validate=True))
    assert loaded == key.private.public_key() == key.public


@pytest.mark.parametrize(
    "pem",
    [
        rsa.generate_private_key(65537, 1024),  # noqa: S505
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(65537, 2048).public_key(),
    ],
    ids=["short", "elliptic", "public"],
)
def test_a_key_of_another_kind_is_refused(pem: Any) -> None:
    text = JWK.from_pyca(pem).export_to_pem(
        private_key=hasattr(pem, "public_key"), password=None
    )
    with pytest.raises(ValueError, match="no RSA key of 2048 bits or more"):
        parse_keys(text.decode())
