"""Create accounts; issue and revoke API tokens."""

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

#: The form of a key; the clients refuse any other length.
KEY_PATTERN = re.compile(r"[0-9a-f]{40}")

_USER_COLUMNS = [field.attname for field in User._meta.concrete_fields]
_USER_BY_DIGEST = CompiledQuery(
    lambda digest: User.objects.filter(
        api_token__digest=digest, is_active=True
    ).values_list(*_USER_COLUMNS, "api_token__last_used"),
    example="0" * 64,
)
#: How precisely the last use is stored, so that not every request writes to the row.
_LAST_USED_PRECISION = timedelta(hours=1)


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
    """Create an account; without a password it can only sign in by other means.

    Raises ``Duplicate`` if the user name is taken, ``InvalidInput`` if it is not valid.
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
    """Issue a person's API token and return its key, which is not stored.

    This revokes an earlier token of the same person.
    """
    key = secrets.token_hex(20)
    made = {"digest": secret_digest(key), "created": timezone.now(), "last_used": None}
    _, is_first = ApiToken.objects.update_or_create(user=user, defaults=made)
    audit.record(
        verbs.TOKEN_MADE, person=user, by=by, detail={"replaced": not is_first}
    )
    return key


@atomic
def revoke_token(*, user: User, by: User | None) -> bool:
    """Revoke a person's API token; return False if there was none."""
    token = ApiToken.objects.select_for_update().filter(user=user).first()
    if token is None:
        return False
    audit.record(verbs.TOKEN_REVOKED, person=user, by=by)
    token.delete()
    return True


def user_of_key(key: str) -> User | None:
    """Return the user of an API token; None if it is wrong, revoked or unusable."""
    if not KEY_PATTERN.fullmatch(key):
        return None
    rows = _USER_BY_DIGEST.rows(secret_digest(key))
    if not rows:
        return None
    *columns, last_used = rows[0]
    _record_use(key, last_used)
    return User.from_db(DEFAULT_DB_ALIAS, _USER_COLUMNS, columns)


def _record_use(key: str, last_used: datetime | None) -> None:
    """Store that a token was used, unless that was stored within the last hour."""
    now = timezone.now()
    if last_used is None or now - last_used >= _LAST_USED_PRECISION:
        ApiToken.objects.filter(digest=secret_digest(key)).update(last_used=now)


def secret_digest(key: str) -> str:
    """Return the SHA-256 of a secret, which is random enough to need no salt."""
    return hashlib.sha256(key.encode()).hexdigest()
