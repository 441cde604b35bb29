"""The error messages of the sign-in with GitHub.

The codes are those of ``social_core.exceptions.REASONS`` and of
``registry.identity.social``; the names in braces come from the exception's context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from social_core.exceptions import SocialAuthBaseException


@dataclass(frozen=True)
class Problem:
    """A problem, and what the person can do about it."""

    status: int
    heading: str
    text: str
    advice: str
    #: The next step: try "again", use "another" GitHub account, or nothing.
    retry: str = ""
    #: Whether the cause is the registry or GitHub, so that it is logged.
    logged: bool = False


_DENIED = Problem(
    403,
    "You did not authorise this registry at GitHub",
    "Nothing was stored. You need no account to read the registry.",
    "To register records, sign in again and authorise the registry at GitHub.",
    retry="again",
)
_INTERRUPTED = Problem(
    400,
    "This sign-in cannot be finished",
    "You started it in another browser or with another account, it took longer than "
    "half an hour, or it was already finished.",
    "Sign in again, and finish in the same browser.",
    retry="again",
)
_EXPIRED = Problem(
    400,
    "The response of GitHub has expired",
    "The code from GitHub is valid for one use within ten minutes.",
    "Sign in again.",
    retry="again",
)
_UNREACHABLE = Problem(
    503,
    "GitHub does not respond",
    "The registry asked GitHub who you are, and got no response.",
    "Try again in a few minutes. Everything else works without GitHub.",
    retry="again",
    logged=True,
)
_UNEXPECTED = Problem(
    502,
    "GitHub refused the request of this registry",
    "GitHub refused the request, or sent an unexpected response.",
    "The settings of the registry are probably wrong. Please tell the people who run "
    "it; the log has the details.",
    retry="again",
    logged=True,
)
_NOT_LISTED = Problem(
    403,
    "This registry is not open to {login}",
    "You are {login} at GitHub. {who} can sign in here. According to GitHub, you are "
    "not one of them. You need no account to read the registry.",
    "If you should have access, ask the people who run this registry.",
    retry="another",
)
_NO_EMAIL = Problem(
    403,
    "Your GitHub account has no verified e-mail address",
    "The people who run this registry must be able to contact you. So the registry "
    "needs a primary e-mail address that GitHub has verified.",
    "Verify your address in the e-mail settings of GitHub, then sign in again.",
    retry="again",
)
_INACTIVE = Problem(
    403,
    "Your account is deactivated",
    "The people who run this registry deactivated the account of {login} at GitHub.",
    "If this is a mistake, contact them.",
    retry="another",
)
_NAME_TAKEN = Problem(
    409,
    "The user name {login} is taken",
    "The account {login} is not linked with your GitHub account, so it may belong to "
    "somebody else.",
    "",
)
_LINKED_ELSEWHERE = Problem(
    409,
    "This GitHub account is linked with another account",
    "You can link a GitHub account with one account of this registry. Nothing changed.",
    "Sign in with GitHub to see which account it is. You can unlink it there once that "
    "account has a password.",
)
_LINKED = Problem(
    409,
    "Your account is already linked",
    "You can link your account with one GitHub account at a time. Nothing changed.",
    "First unlink the other GitHub account on your account page.",
)

_PROBLEMS = {
    "account_inactive": _INACTIVE,
    "account_linked": _LINKED,
    "authentication_disallowed": _NOT_LISTED,
    "authorization_code_rejected": _EXPIRED,
    "authorization_declined": _DENIED,
    "connection_failed": _UNREACHABLE,
    "identity_in_use": _LINKED_ELSEWHERE,
    "invalid_parameter": _INTERRUPTED,
    "missing_parameter": _INTERRUPTED,
    "profile_email_missing": _NO_EMAIL,
    "rate_limited": _UNREACHABLE,
    "session_context_missing": _INTERRUPTED,
    "state_mismatch": _INTERRUPTED,
    "timeout": _UNREACHABLE,
    "unavailable": _UNREACHABLE,
    "user_mismatch": _INTERRUPTED,
    "username_in_use": _NAME_TAKEN,
}


def problem_of(error: SocialAuthBaseException) -> Problem:
    """Return the problem of an error."""
    if error.provider_code == "unverified_user_email":
        return _NO_EMAIL
    return _PROBLEMS.get(error.code, _UNEXPECTED)


def names_of(error: SocialAuthBaseException) -> dict[str, Any]:
    """Return the names that the texts of problems contain."""
    orgs = sorted(settings.SOCIAL_AUTH_GITHUB_ALLOWED_ORGS)
    people = bool(settings.SOCIAL_AUTH_GITHUB_ALLOWED_USERS)
    groups = [f"members of {' or '.join(orgs)}"] if orgs else []
    who = " and ".join([*groups, *(["people on a list"] if people else [])])
    return {"login": "", "free": "", **error.context, "who": who[:1].upper() + who[1:]}
