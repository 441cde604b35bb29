"""Making accounts, and making and ending API tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.utils import timezone

from registry.core.compiled import CompiledQuery
from registry.core.errors import Duplicate, InvalidInput
from registry.core.events import record_events
from registry.core.transactions import atomic
from registry.core.verbs import CREATED
from registry.identity import audit, verbs
from registry.identity.models import ApiToken, User
from registry.identity.roles import role_groups

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What a key looks like; the clients refuse another length.
KEY_PATTERN = re.compile(r"[0-9a-f]{40}")

_USER_COLUMNS = [field.attname for field in User._meta.concrete_fields]
_USER_BY_DIGEST = CompiledQuery(
    lambda digest: User.objects.filter(
        api_token__digest=digest, is_active=True
    ).values_list(*_USER_COLUMNS, "api_token__last_used"),
    example="0" * 64,
)
#: How exactly the latest use of a token is known: reading is not to cost a write.
_USE_KEPT = timedelta(hours=1)


@atomic
def create_user(
    *,
    username: str,
    password: str | None = None,
    email: str = "",
    full_name: str = "",
    orgs: Iterable[str] = (),
    is_staff: bool = False,
    is_superuser: bool = False,
    roles: Iterable[str] = (),
    by: User | None = None,
) -> User:
    """Make an account; without a password it can sign in by other means only.

    Raises ``Duplicate`` for a name that is taken, ``InvalidInput`` for a bad one.
    """
    user = User(
        username=username,
        email=User.objects.normalize_email(email),
        full_name=full_name,
        orgs=list(orgs),
        is_staff=is_staff or is_superuser,
        is_superuser=is_superuser,
    )
    user.set_password(password)
    try:
        user.clean_fields()
    except ValidationError as error:
        raise InvalidInput(error.message_dict) from error
    groups = role_groups(roles)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        existing = User.objects.filter(username=username).first()
        raise Duplicate(["username"], existing) from error
    user.groups.set(groups)
    record_events(User.kind, [user.pk], CREATED, by=by)
    for group in groups:
        audit.record(verbs.ROLE_GRANTED, person=user, subject=group.name, by=by)
    return user


@atomic
def issue_token(*, user: User, by: User | None) -> str:
    """Make the person's API token and return its key, which is not kept.

    An earlier token of the same person ends here.
    """
    key = secrets.token_hex(20)
    made = {"digest": digest(key), "created": timezone.now(), "last_used": None}
    _, is_first = ApiToken.objects.update_or_create(user=user, defaults=made)
    audit.record(
        verbs.TOKEN_MADE, person=user, by=by, detail={"replaced": not is_first}
    )
    return key


@atomic
def revoke_token(*, user: User, by: User | None) -> bool:
    """End the person's API token; tell whether there was one."""
    token = ApiToken.objects.select_for_update().filter(user=user).first()
    if token is None:
        return False
    audit.record(verbs.TOKEN_REVOKED, person=user, by=by)
    token.delete()
    return True


def user_of_key(key: str) -> User | None:
    """Find who an API token belongs to; None when it is wrong, revoked or unusable."""
    if not KEY_PATTERN.fullmatch(key):
        return None
    rows = _USER_BY_DIGEST.rows(digest(key))
    if not rows:
        return None
    *columns, last_used = rows[0]
    _note_use(key, last_used)
    return User.from_db(DEFAULT_DB_ALIAS, _USER_COLUMNS, columns)


def _note_use(key: str, last_used: datetime | None) -> None:
    """Write down that a token was used, unless that was done within the hour."""
    now = timezone.now()
    if last_used is None or now - last_used >= _USE_KEPT:
        ApiToken.objects.filter(digest=digest(key)).update(last_used=now)


def digest(key: str) -> str:
    """Hash a key. It has 160 random bits, so one round without salt is enough."""
    return hashlib.sha256(key.encode()).hexdigest()
