"""A cache of passwords that were correct, so that they need not be hashed again.

HTTP Basic sends the password with every request. The cache holds keyed digests in the
memory of the process for five minutes; the key is random for each process. Every use
reads the account again, so that a changed password or a closed or renamed account ends
the entry at once.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from registry.identity.models import User

#: Seconds until a password is hashed again.
_LIFETIME = 300.0
_MAX_ENTRIES = 1000


@dataclass(frozen=True)
class _VerifiedPassword:
    """The user, the hash that the account had, and when the entry expires."""

    user_id: int
    stored: str = field(repr=False)
    until: float


class VerifiedPasswords:
    """Entries for correct pairs of user name and password, by their digests."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._entries: OrderedDict[bytes, _VerifiedPassword] = OrderedDict()
        self._lock = Lock()

    def remember(self, name: str, password: str, user: User) -> None:
        """Store that this password is correct for this account."""
        known = _VerifiedPassword(user.pk, user.password, time.monotonic() + _LIFETIME)
        with self._lock:
            self._entries[self._digest(name, password)] = known
            while len(self._entries) > _MAX_ENTRIES:
                self._entries.popitem(last=False)

    def find(self, name: str, password: str) -> User | None:
        """Return the account if the cache knows this as its current password."""
        digest = self._digest(name, password)
        known = self._entries.get(digest)
        if known is None:
            return None
        user = User.objects.filter(pk=known.user_id, is_active=True).first()
        if user is not None and _is_current(known, user, name):
            return user
        with self._lock:
            self._entries.pop(digest, None)
        return None

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()

    def _digest(self, name: str, password: str) -> bytes:
        text = f"{len(name)}:{name}{password}"
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")


def _is_current(known: _VerifiedPassword, user: User, name: str) -> bool:
    same = hmac.compare_digest(user.password.encode(), known.stored.encode())
    return same and user.username == name and time.monotonic() < known.until


verified_passwords = VerifiedPasswords()
