"""What to tell people when signing in with GitHub comes to nothing.

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
    """What happened, and what the person can do about it."""

    status: int
    heading: str
    text: str
    advice: str
    #: What to do next: try "again", with "another" GitHub account, or nothing.
    retry: str = ""
    #: Ours or GitHub's doing, so that it belongs in the log.
    logged: bool = False


_DENIED = Problem(
    403,
    "You did not let GitHub tell us who you are",
    "That is fine: nothing was stored, and reading the registry needs no account.",
    "To register records, sign in and allow it there.",
    retry="again",
)
_LOST = Problem(
    400,
    "This sign-in cannot be finished",
    "It was begun in another browser or by another account, took longer than half an "
    "hour, or was finished already.",
    "Begin it again, and finish it in the same browser.",
    retry="again",
)
_EXPIRED = Problem(
    400,
    "The answer of GitHub has expired",
    "GitHub did not accept its own answer any more: it is good for one use within ten "
    "minutes.",
    "Begin again.",
    retry="again",
)
_DOWN = Problem(
    503,
    "GitHub does not answer",
    "The registry asked GitHub who you are, and got no answer.",
    "Try again in a few minutes. Everything else here works without GitHub.",
    retry="again",
    logged=True,
)
_STRANGE = Problem(
    502,
    "GitHub and this registry do not understand each other",
    "GitHub refused what the registry asked, or answered something else.",
    "Most likely its settings are to be put right. Tell who runs this registry; the "
    "log says more.",
    retry="again",
    logged=True,
)
_NOT_LISTED = Problem(
    403,
    "This registry is not open to {login}",
    "You are {login} at GitHub. {who} may sign in here, and as far as GitHub tells us, "
    "that does not include you. Reading needs no account.",
    "If it should include you, ask who runs this registry.",
    retry="another",
)
_NO_EMAIL = Problem(
    403,
    "Your GitHub account has no verified address",
    "The people who run this registry must be able to reach you, so it takes the "
    "primary e-mail address of your GitHub account, once GitHub has verified it.",
    "Verify it in the e-mail settings of GitHub, then sign in again.",
    retry="again",
)
_INACTIVE = Problem(
    403,
    "Your account is deactivated",
    "The account that belongs to {login} at GitHub was deactivated by the people who "
    "run this registry.",
    "If that is a mistake, ask them.",
    retry="another",
)
_NAME_TAKEN = Problem(
    409,
    "There is an account {login} here already",
    "It is not connected with yours at GitHub, so it may belong to somebody else.",
    "",
)
_OTHERS = Problem(
    409,
    "That GitHub account belongs to another account here",
    "One GitHub account signs in to one account of this registry. Nothing was changed.",
    "Sign in with it to see which. There it can be unlinked, once that account has a "
    "password.",
)
_LINKED = Problem(
    409,
    "Your account is linked already",
    "An account here is linked with one GitHub account at a time. Nothing was changed.",
    "Unlink the one on your account page first.",
)

_PROBLEMS = {
    "account_inactive": _INACTIVE,
    "account_linked": _LINKED,
    "authentication_disallowed": _NOT_LISTED,
    "authorization_code_rejected": _EXPIRED,
    "authorization_declined": _DENIED,
    "connection_failed": _DOWN,
    "identity_in_use": _OTHERS,
    "invalid_parameter": _LOST,
    "missing_parameter": _LOST,
    "profile_email_missing": _NO_EMAIL,
    "rate_limited": _DOWN,
    "session_context_missing": _LOST,
    "state_mismatch": _LOST,
    "timeout": _DOWN,
    "unavailable": _DOWN,
    "user_mismatch": _LOST,
    "username_in_use": _NAME_TAKEN,
}


def problem_of(error: SocialAuthBaseException) -> Problem:
    """Return what to tell about this error."""
    if error.provider_code == "unverified_user_email":
        return _NO_EMAIL
    return _PROBLEMS.get(error.code, _STRANGE)


def names_of(error: SocialAuthBaseException) -> dict[str, Any]:
    """Return the names that the texts mention."""
    orgs = sorted(settings.SOCIAL_AUTH_GITHUB_ALLOWED_ORGS)
    people = bool(settings.SOCIAL_AUTH_GITHUB_ALLOWED_USERS)
    groups = [f"members of {' or '.join(orgs)}"] if orgs else []
    who = " and ".join([*groups, *(["people on a list"] if people else [])])
    return {"login": "", "free": "", **error.context, "who": who[:1].upper() + who[1:]}
