"""Change accounts and groups, never beyond the permissions of the person who does."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from registry.core.errors import Conflict, Duplicate, Forbidden, InvalidInput, NotFound
from registry.core.events import record_events
from registry.core.transactions import atomic
from registry.core.verbs import CREATED, UPDATED, Verb
from registry.identity import audit, browser_sessions, verbs
from registry.identity.models import User
from registry.identity.oauth.programs import revoke_client_access
from registry.identity.roles import (
    ROLES,
    is_administrator,
    may_manage,
    role_groups,
    roles_of,
)
from registry.identity.services import revoke_token

if TYPE_CHECKING:
    from registry.core.records import Values

M = TypeVar("M", bound=models.Model)
Changes = dict[str, tuple[Any, Any]]

#: The kind of groups in URLs and events.
GROUP_KIND = "groups"
#: Fields of an account that only administrators can change.
ADMINISTRATOR_FIELDS = ("is_staff", "groups")
#: Fields of an account that only superusers can change.
SUPERUSER_FIELDS = ("is_superuser", "user_permissions")
#: Fields that people cannot clear on their own account: they would lock themselves out.
_OWN_LOCKED_FIELDS = ("is_active", "is_staff", "is_superuser")


@atomic
def change_user(pk: int, values: Values, *, by: User) -> User:
    """Change an account; ``groups`` and ``user_permissions`` replace the whole lists.

    Raises ``Forbidden`` if ``by`` cannot grant or remove what changes, and ``Conflict``
    if people would lock themselves out.
    """
    user = _lock_row(User, pk)
    _require_may_manage(by, user)
    changes = _changed_values(user, values)
    _require_may_grant(changes, by)
    if user.pk == by.pk and any(
        changes.get(name, (0, 1))[1] is False for name in _OWN_LOCKED_FIELDS
    ):
        raise Conflict("Let somebody else change what your own account may do.")
    _record_role_changes(user, changes, by)
    return _save_changes(user, User.kind, changes, values, by=by)


@atomic
def grant_role(*, user: User, role: str, by: User) -> bool:
    """Grant a role to a person; return False if they hold it already.

    Any administrator can, whoever the person is: a grant removes nothing from them.
    """
    if not is_administrator(by):
        raise Forbidden("Only an administrator may grant roles.")
    held = _lock_row(User, user.pk)
    if role in roles_of(held):
        return False
    groups = [*held.groups.all(), *role_groups([role])]
    changes = _changed_values(held, {"groups": groups})
    _record_role_changes(held, changes, by)
    _save_changes(held, User.kind, changes, {"groups": groups}, by=by)
    return True


@atomic
def change_password(
    *,
    user: User,
    password: str | None,
    by: User,
    end_access: bool = False,
    stay_in: str = "",
) -> None:
    """Set a person's password; with None they can only sign in by other means.

    Browser sessions end with the old password, but for the one of the key ``stay_in``.
    ``end_access`` also revokes the API token and the programs that act for the person.
    The event records that the password changed, but neither password.
    """
    _require_may_manage(by, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    browser_sessions.end_all(user, by=by, but=stay_in)
    if end_access:
        revoke_token(user=user, by=by)
        revoke_client_access(user=user, by=by)
    _record_event(User.kind, user, UPDATED, by, {"password": (None, None)})


@atomic
def create_group(*, name: str, permissions: Iterable[Permission], by: User) -> Group:
    """Create a group, whose members have its permissions in the admin."""
    _require_administrator(by)
    group = Group(name=name)
    _save(group, ["name"])
    group.permissions.set(permissions)
    _record_event(GROUP_KIND, group, CREATED, by)
    return group


@atomic
def change_group(pk: int, values: Values, *, by: User) -> Group:
    """Change a group; the group of a declared role keeps its name."""
    _require_administrator(by)
    group = _lock_row(Group, pk)
    changes = _changed_values(group, values)
    if changes.get("name", ("",))[0] in ROLES:
        raise Conflict("name cannot be changed: it is a role of the registry.")
    return _save_changes(group, GROUP_KIND, changes, values, by=by)


def _record_role_changes(user: User, changes: Changes, by: User) -> None:
    """Record an event for each role that a change of groups grants or removes."""
    old, new = map(set, changes.get("groups", ((), ())))
    for role in ROLES:
        if role in new - old:
            audit.record(verbs.ROLE_GRANTED, person=user, subject=role, by=by)
        elif role in old - new:
            audit.record(verbs.ROLE_REMOVED, person=user, subject=role, by=by)


def _require_may_manage(by: User, user: User) -> None:
    if not may_manage(by, user):
        raise Forbidden("Only a superuser may change an account that may do as much.")


def _require_administrator(by: User) -> None:
    if not is_administrator(by):
        raise Forbidden("Only an administrator may change groups.")


def _require_may_grant(changes: Changes, by: User) -> None:
    """Raise ``Forbidden`` if this person cannot change one of these fields."""
    if by.is_superuser:
        return
    refused = set(SUPERUSER_FIELDS)
    if not is_administrator(by):
        refused |= set(ADMINISTRATOR_FIELDS)
    beyond = sorted(refused & set(changes))
    if beyond:
        raise Forbidden(f"You may not change {', '.join(beyond)}.")


def _lock_row(model: type[M], pk: int) -> M:
    found = model._default_manager.select_for_update().filter(pk=pk).first()
    if found is None:
        raise NotFound(f"{model._meta.verbose_name} {pk} does not exist.")
    return found


def _is_list(item: models.Model, name: str) -> bool:
    return bool(item._meta.get_field(name).many_to_many)


def _changed_values(item: models.Model, values: Values) -> Changes:
    """Return the old and new values that differ; lists as names of their members."""
    changes: Changes = {}
    for name, value in values.items():
        old, new = getattr(item, name), value
        if _is_list(item, name):
            old, new = _member_names(_members(old)), _member_names(value)
        if old != new:
            changes[name] = (old, new)
    return changes


def _members(held: Any) -> Any:
    """Select the members of a list, with the columns that name them."""
    everyone = held.all()
    return (
        everyone.select_related("content_type")
        if everyone.model is Permission
        else everyone
    )


def _member_names(members: Iterable[Any]) -> list[str]:
    """Return the names of groups, or of permissions in the form of ``has_perm``."""
    return sorted(
        f"{one.content_type.app_label}.{one.codename}"
        if isinstance(one, Permission)
        else one.name
        for one in members
    )


def _save_changes(
    item: M, kind: str, changes: Changes, values: Values, *, by: User
) -> M:
    """Save what differs, with an event."""
    lists = {name for name in changes if _is_list(item, name)}
    plain = changes.keys() - lists
    for name in plain:
        setattr(item, name, values[name])
    if plain:
        _save(item, plain)
    for name in lists:
        getattr(item, name).set(values[name])
    if changes:
        _record_event(kind, item, UPDATED, by, changes)
    return item


def _save(item: Any, fields: Collection[str]) -> None:
    """Save a row; raise ``Duplicate`` if the name is taken."""
    others = {field.name for field in item._meta.fields} - set(fields)
    try:
        item.clean_fields(exclude=others)
        with transaction.atomic():
            item.save()
    except ValidationError as error:
        raise InvalidInput(error.message_dict) from error
    except IntegrityError as error:
        name = "username" if isinstance(item, User) else "name"
        rows = type(item)._default_manager.exclude(pk=item.pk)
        twin = rows.filter(**{name: getattr(item, name)}).first()
        raise Duplicate([name], twin) from error


def _record_event(
    kind: str,
    item: models.Model,
    verb: Verb,
    by: User,
    changes: Changes | None = None,
) -> None:
    record_events(kind, [item.pk], verb, by=by, changes=changes)
