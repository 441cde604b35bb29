"""Scopes: what a client may be allowed, in words for the person who allows it."""

from __future__ import annotations

OFFLINE = "offline_access"
EMAIL = "email"
PROFILE = "profile"
READ = "read"
WRITE = "write"

#: Each scope, with what the approval page says of it.
SCOPES = {
    "openid": "know that it is you",
    PROFILE: "know your user name, your name and your roles",
    EMAIL: "know your e-mail address",
    READ: "read what you may read, private data included",
    WRITE: "register and change records in your name",
    OFFLINE: "go on while you are away, until you revoke it",
}
#: What a client gets that does not say what it wants.
DEFAULTS = ("openid", PROFILE, EMAIL, READ, WRITE)


def completed(asked: list[str]) -> list[str]:
    """Return the scopes that a client gets that asked for these, without repetitions.

    A client that names none gets the defaults. ``offline_access`` says how long it is
    to go on and not what it wants to do, so that asking for that alone names none:
    wipac-rest-tools and Provena's guide do so. Any other scope is an answer to that
    question, `openid` too, and nothing is added to it.
    """
    if set(asked) <= {OFFLINE}:
        asked = [*DEFAULTS, *asked]
    return list(dict.fromkeys(asked))


def described(scope: str) -> list[str]:
    """Return what a stored list of scopes allows, in words, in a fixed order."""
    held = set(scope.split())
    return [words for name, words in SCOPES.items() if name in held]
