"""Passwords that were right a moment ago, so that they need not be hashed again.

HTTP Basic sends the password with every request. What is kept is a keyed digest in the
memory of the process, for five minutes; the key is drawn when the process starts. Each
use reads the account again: a password that was changed, or an account that was closed
or renamed, ends it at once.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from registry.identity.models import User

#: Seconds after which a password is hashed again.
_LIFETIME = 300.0
_MOST = 1000


@dataclass(frozen=True)
class _Known:
    """Whose password it is, as the account had it stored, and until when that holds."""

    user_id: int
    stored: str = field(repr=False)
    until: float


class VerifiedPasswords:
    """Names and passwords that were right, by their digests."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._lock = Lock()

    def remember(self, name: str, password: str, user: User) -> None:
        """Keep that this password is right for this account."""
        known = _Known(user.pk, user.password, time.monotonic() + _LIFETIME)
        with self._lock:
            self._known[self._digest(name, password)] = known
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    def find(self, name: str, password: str) -> User | None:
        """Return the account if this was its password a moment ago and still is."""
        digest = self._digest(name, password)
        known = self._known.get(digest)
        if known is None:
            return None
        user = User.objects.filter(pk=known.user_id, is_active=True).first()
        if user is not None and _still_holds(known, user, name):
            return user
        with self._lock:
            self._known.pop(digest, None)
        return None

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._known.clear()

    def _digest(self, name: str, password: str) -> bytes:
        text = f"{len(name)}:{name}{password}"
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")


def _still_holds(known: _Known, user: User, name: str) -> bool:
    same = hmac.compare_digest(user.password.encode(), known.stored.encode())
    return same and user.username == name and time.monotonic() < known.until


verified_passwords = VerifiedPasswords()
