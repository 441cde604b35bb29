"""Hash the secrets of OAuth clients, which need no slow hash.

The registry generates them with 256 random bits, so that nobody can guess one and one
round of SHA-256 is enough, as for API tokens. Older versions hashed them like
passwords; such a secret is hashed again when it is next used.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher, check_password
from django.contrib.auth.hashers import make_password as encode_secret
from oauth2_provider.models import Application

ALGORITHM = "sha256_secret"


class RandomSecretHasher(BasePasswordHasher):
    """One round of salted SHA-256: for secrets that are random, never for passwords."""

    algorithm = ALGORITHM

    def encode(self, password: str, salt: str) -> str:
        """Return the salted hash to store."""
        hashed = hashlib.sha256(f"{salt}${password}".encode()).hexdigest()
        return f"{self.algorithm}${salt}${hashed}"

    def decode(self, encoded: str) -> dict[str, str]:
        """Return the parts of a stored hash."""
        algorithm, salt, hashed = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": hashed}

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether this is the secret."""
        expected = self.encode(password, self.decode(encoded)["salt"])
        return hmac.compare_digest(expected.encode(), encoded.encode())

    def safe_summary(self, encoded: str) -> Any:
        """Return the algorithm, and nothing of the secret."""
        return {"algorithm": self.algorithm}

    def must_update(self, encoded: str) -> bool:
        """Return False: there are no parameters that could be outdated."""
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do nothing: the run time reveals nothing of the secret."""


def is_slow(client: Application) -> bool:
    """Return whether the secret of this client is still hashed like a password."""
    return not client.client_secret.startswith(f"{ALGORITHM}$")


def check_secret(client: Application, secret: str) -> bool:
    """Return whether this is the client's secret; hash it again if that is due."""

    def store(right: str) -> None:
        client.client_secret = encode_secret(right, hasher=ALGORITHM)
        rows = Application.objects.filter(pk=client.pk)
        rows.update(client_secret=client.client_secret)

    return check_password(secret, client.client_secret, store, preferred=ALGORITHM)
