"""Changing accounts and groups: never beyond what the one who does it may do."""

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
from registry.identity import audit, verbs
from registry.identity.models import User
from registry.identity.oauth.programs import end_programs
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

#: The name of groups in addresses and events.
GROUP_KIND = "groups"
#: What an administrator may give to an account, or take from it.
ADMINISTRATORS_GRANT = ("is_staff", "groups")
#: What only a superuser may.
SUPERUSERS_GRANT = ("is_superuser", "user_permissions")
#: What nobody changes of their own account, so that somebody is left to give it back.
_HELD = ("is_active", "is_staff", "is_superuser")


@atomic
def change_user(pk: int, values: Values, *, by: User) -> User:
    """Change an account; ``groups`` and ``user_permissions`` are the whole new lists.

    Raises ``Forbidden`` where that would give or take more than ``by`` may, and
    ``Conflict`` where people would shut themselves out.
    """
    user = _locked(User, pk)
    _require_may_manage(by, user)
    changes = _changes(user, values)
    _refuse_grants(changes, by)
    if user.pk == by.pk and any(
        changes.get(name, (0, 1))[1] is False for name in _HELD
    ):
        raise Conflict("Let somebody else change what your own account may do.")
    _note_roles(user, changes, by)
    return _store(user, User.kind, changes, values, by=by)


@atomic
def grant_role(*, user: User, role: str, by: User) -> bool:
    """Give a role to a person; tell whether they lacked it.

    Any administrator may, whoever the person is: it takes nothing from them.
    """
    if not is_administrator(by):
        raise Forbidden("Only an administrator may grant roles.")
    held = _locked(User, user.pk)
    if role in roles_of(held):
        return False
    groups = [*held.groups.all(), *role_groups([role])]
    changes = _changes(held, {"groups": groups})
    _note_roles(held, changes, by)
    _store(held, User.kind, changes, {"groups": groups}, by=by)
    return True


@atomic
def change_password(
    *, user: User, password: str | None, by: User, end_access: bool = False
) -> None:
    """Set a person's password; None leaves them other means to sign in only.

    Sessions of browsers end with the old password. ``end_access`` ends the API token
    and the programs that act for the person as well. The event tells that the password
    changed, and nothing of either.
    """
    _require_may_manage(by, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    if end_access:
        revoke_token(user=user, by=by)
        end_programs(user=user, by=by)
    _note(User.kind, user, UPDATED, by, {"password": (None, None)})


@atomic
def create_group(*, name: str, permissions: Iterable[Permission], by: User) -> Group:
    """Make a group, whose members have its permissions in the admin."""
    _require_administrator(by)
    group = Group(name=name)
    _save(group, ["name"])
    group.permissions.set(permissions)
    _note(GROUP_KIND, group, CREATED, by)
    return group


@atomic
def change_group(pk: int, values: Values, *, by: User) -> Group:
    """Change a group; one that is a role of the registry keeps its name."""
    _require_administrator(by)
    group = _locked(Group, pk)
    changes = _changes(group, values)
    if changes.get("name", ("",))[0] in ROLES:
        raise Conflict("name cannot be changed: it is a role of the registry.")
    return _store(group, GROUP_KIND, changes, values, by=by)


def _note_roles(user: User, changes: Changes, by: User) -> None:
    """Tell of each role that a change of groups gives or takes."""
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


def _refuse_grants(changes: Changes, by: User) -> None:
    """Refuse to give or take what this person may not."""
    if by.is_superuser:
        return
    refused = set(SUPERUSERS_GRANT)
    if not is_administrator(by):
        refused |= set(ADMINISTRATORS_GRANT)
    beyond = sorted(refused & set(changes))
    if beyond:
        raise Forbidden(f"You may not change {', '.join(beyond)}.")


def _locked(model: type[M], pk: int) -> M:
    found = model._default_manager.select_for_update().filter(pk=pk).first()
    if found is None:
        raise NotFound(f"{model._meta.verbose_name} {pk} does not exist.")
    return found


def _is_list(item: models.Model, name: str) -> bool:
    return bool(item._meta.get_field(name).many_to_many)


def _changes(item: models.Model, values: Values) -> Changes:
    """Compare the values with those of the row; members of lists go by their names."""
    changes: Changes = {}
    for name, value in values.items():
        old, new = getattr(item, name), value
        if _is_list(item, name):
            old, new = _names(_members(old)), _names(value)
        if old != new:
            changes[name] = (old, new)
    return changes


def _members(held: Any) -> Any:
    """Select the members of a list, with what their names are made of."""
    everyone = held.all()
    return (
        everyone.select_related("content_type")
        if everyone.model is Permission
        else everyone
    )


def _names(members: Iterable[Any]) -> list[str]:
    """Name groups, and permissions as ``has_perm`` has them."""
    return sorted(
        f"{one.content_type.app_label}.{one.codename}"
        if isinstance(one, Permission)
        else one.name
        for one in members
    )


def _store(item: M, kind: str, changes: Changes, values: Values, *, by: User) -> M:
    """Store what differs, with its event."""
    lists = {name for name in changes if _is_list(item, name)}
    plain = changes.keys() - lists
    for name in plain:
        setattr(item, name, values[name])
    if plain:
        _save(item, plain)
    for name in lists:
        getattr(item, name).set(values[name])
    if changes:
        _note(kind, item, UPDATED, by, changes)
    return item


def _save(item: Any, fields: Collection[str]) -> None:
    """Save a row; a name that is taken already is a ``Duplicate``."""
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


def _note(
    kind: str,
    item: models.Model,
    verb: Verb,
    by: User,
    changes: Changes | None = None,
) -> None:
    record_events(kind, [item.pk], verb, by=by, changes=changes)
