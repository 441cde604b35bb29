"""One-time links with which people choose a new password; no mail is needed.

The key of a link names the account and has a signature of Django's, which ends with the
password that it resets, with the next sign-in, and after ``PASSWORD_RESET_TIMEOUT``.
Nothing of it is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.tokens import default_token_generator

from registry.core.errors import Conflict, Forbidden, NotFound
from registry.core.links import is_id
from registry.core.transactions import atomic
from registry.identity import audit, verbs
from registry.identity.accounts import change_password
from registry.identity.models import User
from registry.identity.roles import may_manage

if TYPE_CHECKING:
    from django.db.models import QuerySet


@atomic
def make_reset_key(*, user: User, by: User | None) -> str:
    """Return the key of a link for a person; ``by`` is None for a command.

    Raises ``Forbidden`` if ``by`` cannot manage the account, and ``Conflict`` for their
    own account, since a link does not ask for the old password.
    """
    if by is not None and by.pk == user.pk:
        raise Conflict("Change your own password on your account page.")
    if by is not None and not may_manage(by, user):
        raise Forbidden("Only a superuser may change an account that may do as much.")
    if not user.is_active:
        raise Conflict(f"The account {user.username} is closed: nobody can use it.")
    audit.record(verbs.RESET_LINK_MADE, person=user, by=by)
    return f"{user.pk}.{default_token_generator.make_token(user)}"


def user_of_reset_key(key: str) -> User | None:
    """Return whose password a key resets; None if it is wrong, used or too old."""
    return _find(key, User.objects.all())


@atomic
def reset_password(*, key: str, password: str) -> User:
    """Set the password of the account of a key, which ends all access to it.

    Browser sessions, the API token and programs end. Raises ``NotFound`` if the key is
    not valid any more.
    """
    user = _find(key, User.objects.select_for_update())
    if user is None:
        raise NotFound("This link is not valid any more.")
    audit.record(verbs.RESET_LINK_USED, person=user)
    change_password(user=user, password=password, by=user, end_access=True)
    return user


def _find(key: str, users: QuerySet[User]) -> User | None:
    pk, _, token = key.partition(".")
    user = users.filter(pk=int(pk), is_active=True).first() if is_id(pk) else None
    valid = user is not None and default_token_generator.check_token(user, token)
    return user if valid else None
