"""Event verbs of accounts: signing in, passwords, API tokens and roles."""

from __future__ import annotations

from registry.core.verbs import VERBS, Verb

SIGNED_IN = VERBS.declare(Verb("signed_in", "Signed in", is_visit=True))
SIGN_IN_FAILED = VERBS.declare(
    Verb("sign_in_failed", "Sign-in failed", is_anonymous=True, is_visit=True)
)
SIGNED_OUT = VERBS.declare(Verb("signed_out", "Signed out", is_visit=True))
ACCOUNT_LINKED = VERBS.declare(Verb("account_linked", "Account linked"))
ACCOUNT_UNLINKED = VERBS.declare(Verb("account_unlinked", "Account unlinked"))
TOKEN_MADE = VERBS.declare(Verb("token_made", "API token made"))
TOKEN_REVOKED = VERBS.declare(Verb("token_revoked", "API token revoked"))
RESET_LINK_MADE = VERBS.declare(Verb("reset_link_made", "Password link made"))
RESET_LINK_USED = VERBS.declare(Verb("reset_link_used", "Password link used"))
ROLE_REQUESTED = VERBS.declare(Verb("role_requested", "Role requested"))
ROLE_WITHDRAWN = VERBS.declare(Verb("role_withdrawn", "Role request withdrawn"))
ROLE_REFUSED = VERBS.declare(Verb("role_refused", "Role refused"))
ROLE_GRANTED = VERBS.declare(Verb("role_granted", "Role granted"))
ROLE_REMOVED = VERBS.declare(Verb("role_removed", "Role removed"))
CO_OWNER_NAMED = VERBS.declare(Verb("co_owner_named", "Co-owner named"))
CO_OWNER_REMOVED = VERBS.declare(Verb("co_owner_removed", "Co-owner removed"))
