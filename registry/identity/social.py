"""Signing in with GitHub: OAuth 2 with PKCE (RFC 6749, RFC 7636) by social-auth.

``GitHub`` speaks to GitHub; the functions below it are the steps of the pipeline that
settings name, from what GitHub says of a person to that person's account. All steps
are one transaction. They refuse by the exceptions of ``social_core``, whose ``code``
says why; besides its codes there are ``account_inactive`` and ``account_linked``.

GitHub's access token is used for one sign-in and is not kept.
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

#: What GitHub says of a person: username, fullname, email (None where no primary
#: address is verified) and orgs.
Details = dict[str, Any]

PROVIDER = "github"
_PAGE = 100
_MOST_PAGES = 10


@dataclass(frozen=True)
class Errand:
    """What somebody is sent to GitHub for; kept in their session by the OAuth state."""

    #: The path to go on to afterwards.
    next: str = ""
    #: The id of the account that asked to be linked, instead of signing in.
    link_to: int | None = None
    #: Take another name where that of the GitHub account is taken here.
    another_name: bool = False
    #: Let the person choose the GitHub account, where GitHub knows several.
    choose: bool = False


class GitHub(BaseOAuth2PKCE[Any], GithubEnterpriseOAuth2[Any]):
    """GitHub, or an Enterprise server, as settings say."""

    name = PROVIDER

    def __init__(self, strategy: Any = None, redirect_uri: str | None = None) -> None:
        """Remember what the person was sent for, where this is their return."""
        super().__init__(strategy, redirect_uri)
        self.errand = self._kept_errand()

    def begin(self, errand: Errand) -> Any:
        """Answer the redirect that sends a person to GitHub."""
        self.errand = errand
        # those who never came back; each visit leaves a row until it is finished
        Nonce.objects.filter(timestamp__lt=time.time() - self.STATE_LIFETIME).delete()
        return self.start()

    def get_or_create_state(self) -> str | None:
        """Keep the errand beside the state, where nobody can change it on the way."""
        state = super().get_or_create_state()
        key = self.transaction_key(str(state))
        kept = self.strategy.session_get(key)
        self.strategy.session_set(key, {**kept, "errand": asdict(self.errand)})
        return state

    def _kept_errand(self) -> Errand:
        state = self.data.get("state")
        kept = state and self.strategy.session_get(self.transaction_key(state))
        return Errand(**kept["errand"]) if kept else Errand()

    def auth_params(self, state: str | None = None) -> dict[str, str]:
        """Have GitHub ask which account, where the last one was not the right one."""
        params: dict[str, str] = super().auth_params(state)  # type: ignore[no-untyped-call]
        if self.errand.choose:
            params["prompt"] = "select_account"
        return params

    def do_auth(self, access_token: str, *args: Any, **kwargs: Any) -> Any:
        """Link to an account only where it asked for that, and is still signed in."""
        user = kwargs.pop("user", None)
        if self.errand.link_to is None:
            user = None
        elif user is None or user.pk != self.errand.link_to:
            raise AuthSessionError(self, code="user_mismatch", stage="callback")
        return super().do_auth(access_token, *args, user=user, **kwargs)

    def user_data(self, access_token: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Fetch the person, with all addresses and organisations."""
        person: Any = self._fetch(access_token, "user")
        sound = isinstance(person, dict) and isinstance(person.get("login"), str)
        if not sound or not isinstance(person.get("id"), int):
            raise self._malformed()
        return {
            "id": person["id"],
            "login": person["login"],
            "name": person.get("name"),
            "emails": self._fetch_all(access_token, "user/emails"),
            "orgs": self._fetch_all(access_token, "user/orgs"),
        }

    def get_user_details(self, response: Mapping[str, Any]) -> Details:
        """Return what the account takes over."""
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
        """Run all steps or none."""
        try:
            return self._run(pipeline, *args, **kwargs)
        except (AuthAssociationError, Duplicate, IntegrityError):
            # the same person signed in for the first time twice, at the same moment:
            # the name, or the GitHub account, has come to be taken since it was looked
            # up. A name that somebody else has is refused again.
            return self._run(pipeline, *args, **kwargs)
        except InvalidInput as error:
            raise AuthResponseError(
                self, error.detail, code="invalid_claim", stage="pipeline"
            ) from error

    @transaction.atomic
    def _run(self, *args: Any, **kwargs: Any) -> Any:
        return super().pipeline(*args, **kwargs)

    def _fetch_all(self, access_token: str, path: str) -> list[dict[str, Any]]:
        """Fetch a list that comes in pages."""
        rows: list[dict[str, Any]] = []
        for page in count(1):
            batch: Any = self._fetch(access_token, path, per_page=_PAGE, page=page)
            if not isinstance(batch, list) or not all(
                isinstance(row, dict) for row in batch
            ):
                raise self._malformed()
            rows += batch
            if len(batch) < _PAGE or page == _MOST_PAGES:
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

    def _malformed(self) -> AuthResponseError:
        return AuthResponseError(self, code="malformed_response", stage="user_info")


def require_allowed(
    backend: GitHub, details: Details, *args: Any, **kwargs: Any
) -> None:
    """Refuse who is on neither list, unless both are empty."""
    users, orgs = backend.setting("ALLOWED_USERS"), backend.setting("ALLOWED_ORGS")
    listed = details["username"].lower() in users
    member = not orgs.isdisjoint(org.lower() for org in details["orgs"])
    if (users or orgs) and not (listed or member):
        raise _refusal(backend, "authentication_disallowed", details)


def require_email(backend: GitHub, details: Details, *args: Any, **kwargs: Any) -> None:
    """Refuse who cannot be reached: the primary address must be verified."""
    if not details["email"]:
        raise _refusal(backend, "profile_email_missing", details)


def require_active(
    backend: GitHub,
    details: Details,
    *args: Any,
    user: User | None = None,
    **kwargs: Any,
) -> None:
    """Refuse whose account here was deactivated."""
    if user is not None and not user.is_active:
        raise _refusal(backend, "account_inactive", details)


def make_account(
    backend: GitHub,
    details: Details,
    *args: Any,
    user: User | None = None,
    **kwargs: Any,
) -> dict[str, Any] | None:
    """Make an account for a new person, who may register records and nothing more.

    A name that somebody has already, in whatever case, is not taken over: the person
    is asked first, and may then have another.
    """
    if user is not None:
        return None
    name = details["username"]
    if _is_taken(name):
        if not backend.errand.another_name:
            raise AuthAssociationError(
                backend,
                code="username_in_use",
                stage="pipeline",
                context={"login": name, "free": free_name(name)},
            )
        name = free_name(name)
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
    """Note which GitHub account this is, by its id: its name may change."""
    if social is None:
        if linked_account(user) is not None:
            raise _refusal(backend, "account_linked", details)
        social = UserSocialAuth.objects.create(
            user=user, provider=PROVIDER, uid=uid, id_key=id_key
        )
        audit.record(
            verbs.ACCOUNT_LINKED, person=user, subject=_at(details["username"])
        )
    social.extra_data = {"login": details["username"]}
    social.save(update_fields=["extra_data", "modified"])
    return {"social": social}


def refresh_profile(
    backend: GitHub, details: Details, user: User, *args: Any, **kwargs: Any
) -> dict[str, Any]:
    """Take over address, organisations and, where GitHub has one, the name."""
    values = {"email": details["email"], "orgs": details["orgs"]}
    if details["fullname"]:
        values["full_name"] = details["fullname"]
    return {"user": change_user(user.pk, values, by=user)}


def linked_account(user: User) -> UserSocialAuth | None:
    """Return the GitHub account that this person may sign in with."""
    linked: UserSocialAuth | None = UserSocialAuth.objects.filter(
        user=user, provider=PROVIDER
    ).first()
    return linked


@atomic
def unlink_account(*, user: User, by: User) -> bool:
    """End signing in with GitHub; tell whether there was a link.

    Raises ``Conflict`` where the person could not sign in any more.
    """
    linked = linked_account(user)
    if linked is None:
        return False
    if not user.has_usable_password():
        raise Conflict("Without GitHub you could not sign in: you have no password.")
    linked.delete()
    login = linked.extra_data.get("login", "")
    audit.record(verbs.ACCOUNT_UNLINKED, person=user, subject=_at(login), by=by)
    return True


def free_name(login: str) -> str:
    """Return a user name like this one that nobody has."""
    names = (f"{login}-github{'' if i == 1 else f'-{i}'}" for i in count(1))
    return next(name for name in names if not _is_taken(name))


def _is_taken(name: str) -> bool:
    return User.objects.filter(username__iexact=name).exists()


def _at(login: str) -> str:
    """Name an account of GitHub in the audit trail."""
    return f"{login} at GitHub"


def _refusal(backend: GitHub, code: str, details: Details) -> AuthPolicyError:
    login = details["username"]
    return AuthPolicyError(
        backend, code=code, stage="pipeline", context={"login": login}
    )
