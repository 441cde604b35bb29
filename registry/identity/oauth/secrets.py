"""The secrets of clients, which need no slow hash.

The registry draws them itself, with 256 random bits, so that nobody finds one by trying
and one round of SHA-256 keeps it, as with API tokens. Secrets of registries before this
were hashed like passwords; each is stored anew when it is next used.
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
        """Return what is stored."""
        hashed = hashlib.sha256(f"{salt}${password}".encode()).hexdigest()
        return f"{self.algorithm}${salt}${hashed}"

    def decode(self, encoded: str) -> dict[str, str]:
        """Return the parts of what is stored."""
        algorithm, salt, hashed = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": hashed}

    def verify(self, password: str, encoded: str) -> bool:
        """Tell whether this is the secret."""
        expected = self.encode(password, self.decode(encoded)["salt"])
        return hmac.compare_digest(expected.encode(), encoded.encode())

    def safe_summary(self, encoded: str) -> Any:
        """Tell how it is stored, and nothing of the secret."""
        return {"algorithm": self.algorithm}

    def must_update(self, encoded: str) -> bool:
        """Tell that it may stay as it is."""
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Take no longer: the time that this takes tells nothing of the secret."""


def is_slow(client: Application) -> bool:
    """Tell whether checking the secret of this client takes the hash of a password."""
    return not client.client_secret.startswith(f"{ALGORITHM}$")


def check_secret(client: Application, secret: str) -> bool:
    """Tell whether this is the client's secret; store it anew if that is due."""

    def store(right: str) -> None:
        client.client_secret = encode_secret(right, hasher=ALGORITHM)
        rows = Application.objects.filter(pk=client.pk)
        rows.update(client_secret=client.client_secret)

    return check_password(secret, client.client_secret, store, preferred=ALGORITHM)
