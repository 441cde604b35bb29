"""RSA keys that sign tokens by RS256 (RFC 7518, 3.3), and their public halves."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ALGORITHM = "RS256"
_BITS = 2048
_PUBLIC_EXPONENT = 65537

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----")
_MADE = re.compile(r"^made: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class SigningKey:
    """One key; ``retired`` is when another took its place, where that is known."""

    private: rsa.RSAPrivateKey
    made: datetime | None = None
    retired: datetime | None = None

    @cached_property
    def public(self) -> rsa.RSAPublicKey:
        """What verifies."""
        return self.private.public_key()

    @cached_property
    def kid(self) -> str:
        """The thumbprint of the key (RFC 7638)."""
        # the members that count, in the order of their names, without blanks
        required = json.dumps(self._numbers(), separators=(",", ":"), sort_keys=True)
        return _base64url(hashlib.sha256(required.encode()).digest())

    def jwk(self) -> dict[str, Any]:
        """Return the public key as a JSON Web Key (RFC 7517)."""
        return {"use": "sig", "alg": ALGORITHM, "kid": self.kid, **self._numbers()}

    def spki(self) -> str:
        """Return the public key as DER in base64, on one line (RFC 5280)."""
        encoded = self.public.public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
        return base64.b64encode(encoded).decode()

    def _numbers(self) -> dict[str, str]:
        numbers = self.public.public_numbers()
        return {"kty": "RSA", "n": _unsigned(numbers.n), "e": _unsigned(numbers.e)}


def new_key(now: datetime) -> str:
    """Return a new key as text: when it was made, and PEM (PKCS #8)."""
    private = rsa.generate_private_key(_PUBLIC_EXPONENT, _BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return f"made: {now.isoformat()}\n{pem.decode().strip()}"


def read_key(text: str, *, retired: datetime | None = None) -> SigningKey:
    """Return the key in a text; ``ValueError`` where there is none of RSA."""
    (pem, *_) = parse_keys(text)
    stated = _MADE.search(text)
    made = datetime.fromisoformat(stated[1]).astimezone(UTC) if stated else None
    return SigningKey(_load(pem), made, retired)


def parse_keys(text: str) -> tuple[str, ...]:
    r"""Return the PEM blocks of a text, in which ``\n`` may stand for a line's end.

    Raises ``ValueError`` where there is none, or one is no RSA key of 2048 bits.
    """
    blocks = tuple(_PEM.findall(text.replace("\\n", "\n")))
    if not blocks:
        raise ValueError("there is no key in it")
    for block in blocks:
        _load(block)
    return blocks


def _load(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _BITS:
        raise ValueError(f"a key in it is no RSA key of {_BITS} bits or more")
    return key


def _unsigned(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
