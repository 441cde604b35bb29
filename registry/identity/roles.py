"""Roles, which are Django groups, and what they allow.

The names are those that other registries put into their tokens, so that a person's
roles mean the same here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q

from registry.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from registry.core.models import Record
    from registry.identity.models import User

#: May download private data that others registered.
PRIVATE_DATA_READ = "private-data-read"
#: Every role that can be granted, with what it allows. Where one is written like a
#: path, that is how IceProd's clients know the group.
MEANINGS: dict[str, str] = {
    "entity-registry-read": "Read records by the interfaces that want a role for it. "
    "Here anybody may.",
    "entity-registry-write": "Register records by the interfaces that want a role for "
    "it. Here every account may.",
    "entity-registry-admin": "Administrator: change what others registered, grant "
    "roles, read the audit trail.",
    "sys-admin-read": "See requests for access in the administration of Provena.",
    "sys-admin-write": "Answer requests for access in the administration of Provena.",
    "sys-admin-admin": "Administrator, as with entity-registry-admin.",
    "job-service-read": "See the jobs that the registry works on.",
    "job-service-write": "Ask the registry for jobs.",
    "job-service-admin": "Run an executor: take tasks, and report what came of them.",
    "handle-read": "Look up handles.",
    "handle-write": "Make handles, and change one's own.",
    "handle-admin": "Change any handle.",
    PRIVATE_DATA_READ: "Download private data that others registered.",
    "/institutions/IceCube": "Ask for runs with IceProd's clients.",
    "/posix/simprod-submit": "Work on the run requests of the group simprod.",
    "/posix/i3filter": "Work on the run requests of the group filtering.",
    "/tokens/IceProdAdmins": "Work on everybody's run requests with IceProd's clients.",
    "iceprod-system": "Run an executor of IceProd; for service accounts.",
}
ROLES: tuple[str, ...] = tuple(MEANINGS)
#: The roles that make an administrator of the registry.
ADMINISTRATORS = frozenset({"sys-admin-admin", "entity-registry-admin"})
#: The group of IceProd's administrators, and the role of its own services.
ICEPROD_ADMIN = "/tokens/IceProdAdmins"
ICEPROD_SYSTEM = "iceprod-system"
#: The roles of programs that do the work of run requests.
EXECUTORS = frozenset({"job-service-admin", ICEPROD_SYSTEM})
#: How far access to the registry goes, from less to more; each has those before it.
LEVELS = ("read", "write", "admin")


def roles_of(user: Any) -> frozenset[str]:
    """Return the roles a person holds; one query the first time."""
    if not user.is_authenticated:
        return frozenset()
    known: frozenset[str] | None = getattr(user, "_registry_roles", None)
    if known is None:
        known = frozenset(user.groups.values_list("name", flat=True))
        user._registry_roles = known
    return known


def effective_roles(user: Any) -> frozenset[str]:
    """Return the roles that other systems are told of.

    A superuser has every one but those of places and programs.
    """
    held = roles_of(user)
    if not user.is_superuser:
        return held
    people = {name for name in ROLES if name[0] != "/" and name != ICEPROD_SYSTEM}
    return held | people | {ICEPROD_ADMIN}


def is_administrator(user: Any) -> bool:
    """Tell whether a person may change what others registered."""
    if not user.is_authenticated or not user.is_active:
        return False
    return bool(user.is_superuser or roles_of(user) & ADMINISTRATORS)


def has_access(user: Any, level: str) -> bool:
    """Tell whether a person's roles reach this level: the role itself, or a higher one.

    This is what other systems ask about; here every account may register records.
    """
    reaching = LEVELS[LEVELS.index(level) :]
    held = roles_of(user)
    return is_administrator(user) or any(
        f"entity-registry-{one}" in held for one in reaching
    )


def may_execute(user: Any) -> bool:
    """Tell whether a person or a service may run an executor."""
    return is_administrator(user) or bool(roles_of(user) & EXECUTORS)


def administrators_among(people: Collection[int]) -> set[int]:
    """Return which of these accounts are administrators, in one query at most."""
    if not people:
        return set()
    accounts = get_user_model()._default_manager.filter(pk__in=people, is_active=True)
    may = Q(is_superuser=True) | Q(groups__name__in=ADMINISTRATORS)
    return set(accounts.filter(may).values_list("pk", flat=True))


def may_change(user: Any, record: Record) -> bool:
    """Tell whether a person may change this record: their own, or any for some."""
    if not user.is_authenticated:
        return False
    return record.registered_by_id == user.pk or is_administrator(user)


def may_manage(user: Any, account: User) -> bool:
    """Tell whether a person may change an account, for example set its password.

    Only accounts that may do less than their own, so that nobody rises by signing in
    as somebody else; their own too, and a superuser all.
    """
    if user.is_superuser or user.pk == account.pk:
        return True
    held = int(account.is_staff or bool(roles_of(account)))
    return _rank(user, int(user.is_staff)) > _rank(account, held)


def _rank(user: Any, otherwise: int) -> int:
    """Order accounts by what they may do, superusers and administrators first."""
    if user.is_superuser:
        return 3
    return 2 if roles_of(user) & ADMINISTRATORS else otherwise


def may_read_private_data(user: Any, registered_by: Iterable[int]) -> bool:
    """Tell whether a person may download private data of one of these people."""
    if not user.is_authenticated:
        return False
    return (
        user.pk in set(registered_by)
        or is_administrator(user)
        or PRIVATE_DATA_READ in roles_of(user)
    )


def role_groups(names: Iterable[str]) -> list[Group]:
    """Find the groups of these roles, making those that no one has held before."""
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in ROLES]
    if unknown:
        raise InvalidInput(
            {"role": [f"{', '.join(unknown)}: choose from {', '.join(ROLES)}."]}
        )
    return [Group.objects.get_or_create(name=name)[0] for name in wanted]
