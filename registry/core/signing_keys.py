"""RSA keys that sign tokens by RS256 (RFC 7518, 3.3), and their public halves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

ALGORITHM = "RS256"
_BITS = 2048

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----")
_MADE = re.compile(r"^made: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class SigningKey:
    """One key; ``retired`` is when another key replaced it, if that is known."""

    key: JWK
    made: datetime | None = None
    retired: datetime | None = None

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        """The key that signs."""
        key: rsa.RSAPrivateKey = self.key.get_op_key("sign")
        return key

    @cached_property
    def public(self) -> rsa.RSAPublicKey:
        """The key that verifies."""
        key: rsa.RSAPublicKey = self.key.get_op_key("verify")
        return key

    @cached_property
    def kid(self) -> str:
        """The thumbprint of the key (RFC 7638)."""
        return str(self.key.thumbprint())

    def jwk(self) -> dict[str, Any]:
        """Return the public key as a JSON Web Key (RFC 7517)."""
        numbers = self.key.export_public(as_dict=True)
        return {"use": "sig", "alg": ALGORITHM, "kid": self.kid, **numbers}

    def spki(self) -> str:
        """Return the public key as DER in base64, on one line (RFC 5280)."""
        _begin, *lines, _end = self.key.export_to_pem().decode().splitlines()
        return "".join(lines)


def new_key(now: datetime) -> str:
    """Return a new key as text: when it was made, and PEM (PKCS #8)."""
    key = JWK.generate(kty="RSA", size=_BITS)
    pem = key.export_to_pem(private_key=True, password=None)
    return f"made: {now.isoformat()}\n{pem.decode().strip()}"


def read_key(text: str, *, retired: datetime | None = None) -> SigningKey:
    """Return the key in a text; raise ``ValueError`` if there is no RSA key in it."""
    (pem, *_) = parse_keys(text)
    stated = _MADE.search(text)
    made = datetime.fromisoformat(stated[1]).astimezone(UTC) if stated else None
    return SigningKey(_load(pem), made, retired)


def parse_keys(text: str) -> tuple[str, ...]:
    r"""Return the PEM blocks of a text, in which ``\n`` can stand for a line break.

    Raises ``ValueError`` if there is no block, or if one is not a private RSA key of
    2048 bits or more.
    """
    blocks = tuple(_PEM.findall(text.replace("\\n", "\n")))
    if not blocks:
        raise ValueError("there is no key in it")
    for block in blocks:
        _load(block)
    return blocks


def _load(pem: str) -> JWK:
    try:
        key = JWK.from_pem(pem.encode())
    except JWException as error:
        raise ValueError(str(error)) from error
    is_rsa = key["kty"] == "RSA" and key.has_private
    if not is_rsa or SigningKey(key).public.key_size < _BITS:
        raise ValueError(f"a key in it is no RSA key of {_BITS} bits or more")
    return key
