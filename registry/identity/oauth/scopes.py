"""Scopes: what a client may be allowed, in words for the person who allows it."""

from __future__ import annotations

OFFLINE = "offline_access"
WRITE = "write"

#: Each scope, with what the approval page says of it.
SCOPES = {
    "openid": "know that it is you",
    "profile": "know your user name, your name and your roles",
    "email": "know your e-mail address",
    "read": "read what you may read, private data included",
    WRITE: "register and change records in your name",
    OFFLINE: "go on while you are away, until you revoke it",
}
#: What a client gets that does not say what it wants.
DEFAULTS = ("openid", "profile", "email", "read", WRITE)
#: Asking for these alone says nothing of what one wants to do.
_SAYS_NOTHING = frozenset({"openid", OFFLINE})


def completed(asked: list[str]) -> list[str]:
    """Return the scopes of a program that was asked for these, without repetitions.

    Programs for the command line ask for ``offline_access`` alone and count on being
    able to work; the defaults are added for them.
    """
    if set(asked) <= _SAYS_NOTHING:
        asked = [*DEFAULTS, *asked]
    return list(dict.fromkeys(asked))


def described(scope: str) -> list[str]:
    """Return what a stored list of scopes allows, in words, in a fixed order."""
    held = set(scope.split())
    return [words for name, words in SCOPES.items() if name in held]
