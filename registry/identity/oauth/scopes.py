"""Scopes: what a client can be allowed, with texts for the person who allows it."""

from __future__ import annotations

OFFLINE = "offline_access"
EMAIL = "email"
PROFILE = "profile"
READ = "read"
WRITE = "write"

#: Each scope, with its text on the approval page.
SCOPES = {
    "openid": "know that it is you",
    PROFILE: "know your user name, your name and your roles",
    EMAIL: "know your e-mail address",
    READ: "read what you may read, private data included",
    WRITE: "register and change records in your name",
    OFFLINE: "go on while you are away, until you revoke it",
}
#: The scopes of a client that requests none.
DEFAULT_SCOPES = ("openid", PROFILE, EMAIL, READ, WRITE)


def with_default_scopes(asked: list[str]) -> list[str]:
    """Return the scopes for a request, without repetitions.

    A client that requests none gets the defaults. ``offline_access`` says how long a
    session lasts, not what the client can do, so the defaults are added if it is alone:
    wipac-rest-tools and Provena's guide request it so. Nothing is added to any other
    scope, ``openid`` included.
    """
    if set(asked) <= {OFFLINE}:
        asked = [*DEFAULT_SCOPES, *asked]
    return list(dict.fromkeys(asked))


def scope_descriptions(scope: str) -> list[str]:
    """Return the texts for a stored list of scopes, in a fixed order."""
    held = set(scope.split())
    return [words for name, words in SCOPES.items() if name in held]
