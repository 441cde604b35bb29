"""Sign in with GitHub: OAuth 2 with PKCE (RFC 6749, RFC 7636) by social-auth.

``GitHub`` calls GitHub. The functions below it are the steps of the pipeline that the
settings list; they turn what GitHub returns about a person into an account. All steps
run in one transaction. They raise the exceptions of ``social_core``, whose ``code``
gives the reason; ``account_inactive`` and ``account_linked`` are codes of our own.

GitHub's access token is used for one sign-in and is not stored.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from social_core.backends.github_enterprise import GithubEnterpriseOAuth2
from social_core.backends.oauth import BaseOAuth2PKCE
from social_core.exceptions import (
    AuthAssociationError,
    AuthPolicyError,
    AuthResponseError,
    AuthSessionError,
)
from social_django.models import Nonce, UserSocialAuth

from registry.core.errors import Conflict, Duplicate, InvalidInput
from registry.core.transactions import atomic
from registry.identity import audit, verbs
from registry.identity.accounts import change_user
from registry.identity.models import User
from registry.identity.services import create_user

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What GitHub knows of a person: username, fullname, email (None if the primary address
#: is not verified) and orgs.
Details = dict[str, Any]

PROVIDER = "github"
_PAGE_SIZE = 100
_MAX_PAGES = 10


@dataclass(frozen=True)
class LoginIntent:
    """Why a person is sent to GitHub; stored in their session with the OAuth state."""

    #: The path to redirect to afterwards.
    next: str = ""
    #: The id of the account to link, instead of signing in.
    link_to: int | None = None
    #: Use another user name if that of the GitHub account is taken here.
    allow_other_name: bool = False
    #: Let the person choose among several GitHub accounts.
    choose_account: bool = False


class GitHub(BaseOAuth2PKCE[Any], GithubEnterpriseOAuth2[Any]):
    """GitHub or a GitHub Enterprise server, depending on the settings."""

    name = PROVIDER

    def __init__(self, strategy: Any = None, redirect_uri: str | None = None) -> None:
        """Load the stored intent if the person is coming back from GitHub."""
        super().__init__(strategy, redirect_uri)
        self.intent = self._stored_intent()

    def begin(self, intent: LoginIntent) -> Any:
        """Return the redirect that sends a person to GitHub."""
        self.intent = intent
        # delete the rows of those who never came back
        Nonce.objects.filter(timestamp__lt=time.time() - self.STATE_LIFETIME).delete()
        return self.start()

    def get_or_create_state(self) -> str | None:
        """Store the intent in the session, where nobody can change it."""
        state = super().get_or_create_state()
        key = self.transaction_key(str(state))
        kept = self.strategy.session_get(key)
        self.strategy.session_set(key, {**kept, "intent": asdict(self.intent)})
        return state

    def _stored_intent(self) -> LoginIntent:
        state = self.data.get("state")
        kept = state and self.strategy.session_get(self.transaction_key(state))
        return LoginIntent(**kept["intent"]) if kept else LoginIntent()

    def auth_params(self, state: str | None = None) -> dict[str, str]:
        """Ask GitHub to offer a choice of account, if the intent says so."""
        params: dict[str, str] = super().auth_params(state)  # type: ignore[no-untyped-call]
        if self.intent.choose_account:
            params["prompt"] = "select_account"
        return params

    def do_auth(self, access_token: str, *args: Any, **kwargs: Any) -> Any:
        """Link to an account only if it requested that and is still signed in."""
        user = kwargs.pop("user", None)
        if self.intent.link_to is None:
            user = None
        elif user is None or user.pk != self.intent.link_to:
            raise AuthSessionError(self, code="user_mismatch", stage="callback")
        return super().do_auth(access_token, *args, user=user, **kwargs)

    def user_data(self, access_token: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Fetch the person, with all e-mail addresses and organisations."""
        person: Any = self._fetch(access_token, "user")
        sound = isinstance(person, dict) and isinstance(person.get("login"), str)
        if not sound or not isinstance(person.get("id"), int):
            raise self._malformed_response()
        return {
            "id": person["id"],
            "login": person["login"],
            "name": person.get("name"),
            "emails": self._fetch_all(access_token, "user/emails"),
            "orgs": self._fetch_all(access_token, "user/orgs"),
        }

    def get_user_details(self, response: Mapping[str, Any]) -> Details:
        """Return the details that the account copies."""
        verified = [
            row.get("email")
            for row in response["emails"]
            if row.get("primary") is True and row.get("verified") is True
        ]
        return {
            "username": response["login"],
            "fullname": response["name"] or "",
            "email": User.objects.normalize_email(verified[0]) if verified else None,
            "orgs": sorted(str(row.get("login")) for row in response["orgs"]),
        }

    def pipeline(self, pipeline: Sequence[str], *args: Any, **kwargs: Any) -> Any:
        """Run all steps in one transaction."""
        try:
            return self._run_pipeline(pipeline, *args, **kwargs)
        except (AuthAssociationError, Duplicate, IntegrityError):
            # the same person signed in for the first time twice at the same moment: the
            # name or the GitHub account was taken after we looked it up. If somebody
            # else has the name, this fails again.
            return self._run_pipeline(pipeline, *args, **kwargs)
        except InvalidInput as error:
            raise AuthResponseError(
                self, error.detail, code="invalid_claim", stage="pipeline"
            ) from error

    @transaction.atomic
    def _run_pipeline(self, *args: Any, **kwargs: Any) -> Any:
        return super().pipeline(*args, **kwargs)

    def _fetch_all(self, access_token: str, path: str) -> list[dict[str, Any]]:
        """Fetch all pages of a list."""
        rows: list[dict[str, Any]] = []
        for page in count(1):
            batch: Any = self._fetch(access_token, path, per_page=_PAGE_SIZE, page=page)
            if not isinstance(batch, list) or not all(
                isinstance(row, dict) for row in batch
            ):
                raise self._malformed_response()
            rows += batch
            if len(batch) < _PAGE_SIZE or page == _MAX_PAGES:
                break
        return rows

    def _fetch(self, access_token: str, path: str, **params: int) -> Any:
        api = self.api_url()  # type: ignore[no-untyped-call]
        return self.get_json(
            f"{api}{path}",
            params=params,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {access_token}",
            },
        )

    def _malformed_response(self) -> AuthResponseError:
        return AuthResponseError(self, code="malformed_response", stage="user_info")


def require_allowed(
    backend: GitHub, details: Details, *args: Any, **kwargs: Any
) -> None:
    """Refuse people who are on neither list, unless both lists are empty."""
    users, orgs = backend.setting("ALLOWED_USERS"), backend.setting("ALLOWED_ORGS")
    listed = details["username"].lower() in users
    member = not orgs.isdisjoint(org.lower() for org in details["orgs"])
    if (users or orgs) and not (listed or member):
        raise _policy_error(backend, "authentication_disallowed", details)


def require_email(backend: GitHub, details: Details, *args: Any, **kwargs: Any) -> None:
    """Refuse people without a verified primary e-mail address."""
    if not details["email"]:
        raise _policy_error(backend, "profile_email_missing", details)


def require_active(
    backend: GitHub,
    details: Details,
    *args: Any,
    user: User | None = None,
    **kwargs: Any,
) -> None:
    """Refuse people whose account here is deactivated."""
    if user is not None and not user.is_active:
        raise _policy_error(backend, "account_inactive", details)


def make_account(
    backend: GitHub,
    details: Details,
    *args: Any,
    user: User | None = None,
    **kwargs: Any,
) -> dict[str, Any] | None:
    """Create an account for a new person, who can register records and nothing more.

    If somebody has the user name already, in whatever case, the person is asked first
    and can then have another name.
    """
    if user is not None:
        return None
    name = details["username"]
    if _is_name_taken(name):
        if not backend.intent.allow_other_name:
            raise AuthAssociationError(
                backend,
                code="username_in_use",
                stage="pipeline",
                context={"login": name, "free": free_username(name)},
            )
        name = free_username(name)
    made = create_user(
        username=name,
        email=details["email"],
        full_name=details["fullname"],
        orgs=details["orgs"],
    )
    return {"user": made, "is_new": True}


def link_account(
    backend: GitHub,
    uid: str,
    details: Details,
    user: User,
    *args: Any,
    social: UserSocialAuth | None = None,
    id_key: str = "",
    **kwargs: Any,
) -> dict[str, Any]:
    """Store the id of the GitHub account, whose name may change."""
    if social is None:
        if linked_account(user) is not None:
            raise _policy_error(backend, "account_linked", details)
        social = UserSocialAuth.objects.create(
            user=user, provider=PROVIDER, uid=uid, id_key=id_key
        )
        audit.record(
            verbs.ACCOUNT_LINKED, person=user, subject=_github_name(details["username"])
        )
    social.extra_data = {"login": details["username"]}
    social.save(update_fields=["extra_data", "modified"])
    return {"social": social}


def refresh_profile(
    backend: GitHub, details: Details, user: User, *args: Any, **kwargs: Any
) -> dict[str, Any]:
    """Copy e-mail address, organisations and, if GitHub has one, the full name."""
    values = {"email": details["email"], "orgs": details["orgs"]}
    if details["fullname"]:
        values["full_name"] = details["fullname"]
    return {"user": change_user(user.pk, values, by=user)}


def linked_account(user: User) -> UserSocialAuth | None:
    """Return the GitHub account that this person can sign in with."""
    linked: UserSocialAuth | None = UserSocialAuth.objects.filter(
        user=user, provider=PROVIDER
    ).first()
    return linked


@atomic
def unlink_account(*, user: User, by: User) -> bool:
    """Unlink the GitHub account; return False if there was none.

    Raises ``Conflict`` if the person could not sign in any more.
    """
    linked = linked_account(user)
    if linked is None:
        return False
    if not user.has_usable_password():
        raise Conflict("Without GitHub you could not sign in: you have no password.")
    linked.delete()
    login = linked.extra_data.get("login", "")
    audit.record(
        verbs.ACCOUNT_UNLINKED, person=user, subject=_github_name(login), by=by
    )
    return True


def free_username(login: str) -> str:
    """Return a similar user name that is not taken."""
    names = (f"{login}-github{'' if i == 1 else f'-{i}'}" for i in count(1))
    return next(name for name in names if not _is_name_taken(name))


def _is_name_taken(name: str) -> bool:
    return User.objects.filter(username__iexact=name).exists()


def _github_name(login: str) -> str:
    """Return the name of a GitHub account for the audit trail."""
    return f"{login} at GitHub"


def _policy_error(backend: GitHub, code: str, details: Details) -> AuthPolicyError:
    login = details["username"]
    return AuthPolicyError(
        backend, code=code, stage="pipeline", context={"login": login}
    )
