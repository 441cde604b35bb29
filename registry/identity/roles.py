"""Roles, which are Django groups, and what they allow.

Add a role by declaring it with ``ROLES.declare`` in a module that ``registry.apps``
names. The names are those that other registries put into their tokens, so that a
person's roles mean the same here. A name that is written like a path is a group, as
Keycloak writes groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q

from registry.core.errors import InvalidInput
from registry.core.vocabularies import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from registry.identity.models import User

#: How far access to the registry goes, from less to more; each includes those before.
LEVELS = ("read", "write", "admin")
Level = Literal["read", "write", "admin"]


@dataclass(frozen=True)
class Role:
    """A role that people can be granted, and what it allows.

    The role itself is a Django group of this name. Domains declare the roles that they
    check; the packages of ``registry.interop`` declare those of the systems they stand
    for.
    """

    name: str
    #: What it allows, for the people who ask for it.
    meaning: str
    #: Holders are administrators of the registry.
    makes_administrator: bool = False
    #: Holders are curators, who look after the records of others.
    makes_curator: bool = False
    #: The level of access to the registry that it gives, if any.
    access_level: Level | None = None
    #: Holders can run an executor, the program that does the work of run requests.
    runs_executors: bool = False
    #: Other systems are told that superusers hold it.
    held_by_superusers: bool = True
    #: The client under which tokens repeat it in resource_access, as Keycloak's do.
    keycloak_client: str = ""


#: Every role that can be granted, in the order that lists show.
ROLES: Vocabulary[Role] = Vocabulary("role")

REGISTRY_READ = ROLES.declare(
    Role(
        "entity-registry-read",
        "Read records by the interfaces that want a role for it. Here anybody may.",
        access_level="read",
    )
)
REGISTRY_WRITE = ROLES.declare(
    Role(
        "entity-registry-write",
        "Register records by the interfaces that want a role for it. Here every "
        "account may.",
        access_level="write",
    )
)
REGISTRY_ADMIN = ROLES.declare(
    Role(
        "entity-registry-admin",
        "Administrator: change what others registered, grant roles, read the audit "
        "trail, use the whole administration.",
        makes_administrator=True,
        access_level="admin",
    )
)
CURATOR = ROLES.declare(
    Role(
        "curator",
        "Curator: look after the records of others: say facts of any object, take "
        "keywords away, withdraw records and put them back, merge duplicates.",
        makes_curator=True,
    )
)


def meaning_of(name: str) -> str:
    """Return what a role allows; "" for a group that is not a declared role."""
    return ROLES[name].meaning if name in ROLES else ""


def role_choices() -> list[tuple[str, str]]:
    """Return the name and meaning of each declared role."""
    return [(role.name, role.meaning) for role in ROLES.values()]


def administrator_roles() -> frozenset[str]:
    """Return the names of the roles whose holders are administrators."""
    return frozenset(one.name for one in ROLES.values() if one.makes_administrator)


def curator_roles() -> frozenset[str]:
    """Return the names of the roles whose holders are curators; not administrators."""
    return frozenset(one.name for one in ROLES.values() if one.makes_curator)


def roles_of(user: Any) -> frozenset[str]:
    """Return the names of the roles that a person holds; one query the first time."""
    if not user.is_authenticated:
        return frozenset()
    known: frozenset[str] | None = getattr(user, "_registry_roles", None)
    if known is None:
        known = frozenset(user.groups.values_list("name", flat=True))
        user._registry_roles = known
    return known


def effective_roles(user: Any) -> frozenset[str]:
    """Return the roles that other systems are told a person holds.

    For superusers, these include every role but those of places and programs.
    """
    held = roles_of(user)
    if not user.is_superuser:
        return held
    return held | {role.name for role in ROLES.values() if role.held_by_superusers}


def is_administrator(user: Any) -> bool:
    """Return whether a person can change what others registered."""
    if not user.is_authenticated or not user.is_active:
        return False
    return bool(user.is_superuser or roles_of(user) & administrator_roles())


def is_curator(user: Any) -> bool:
    """Return whether a person looks after the records of others.

    Administrators do as well.
    """
    if is_administrator(user):
        return True
    if not user.is_authenticated or not user.is_active:
        return False
    return bool(roles_of(user) & curator_roles())


def may_enter_administration(user: Any) -> bool:
    """Return whether a person can open the admin pages; what they see there differs.

    Staff see what Django's permissions allow them, curators see records.
    """
    return bool(user.is_active and user.is_staff) or is_curator(user)


def has_access(user: Any, level: str) -> bool:
    """Return whether a person has a role of this level, or of a higher one.

    Other systems ask for this; here every account can register records.
    """
    sufficient = LEVELS[LEVELS.index(level) :]
    return is_administrator(user) or any(
        role.access_level in sufficient for role in _declared_roles_of(user)
    )


def may_execute(user: Any) -> bool:
    """Return whether a person or a service can run an executor."""
    return is_administrator(user) or any(
        role.runs_executors for role in _declared_roles_of(user)
    )


def _declared_roles_of(user: Any) -> list[Role]:
    return [ROLES[name] for name in roles_of(user) if name in ROLES]


def administrators_among(people: Collection[int]) -> set[int]:
    """Return which of these accounts are administrators, in one query at most."""
    return _holders_among(people, administrator_roles())


def curators_among(people: Collection[int]) -> set[int]:
    """Return which of these accounts are curators, in one query at most.

    Administrators are among them.
    """
    return _holders_among(people, administrator_roles() | curator_roles())


def _holders_among(people: Collection[int], roles: Collection[str]) -> set[int]:
    """Return the superusers among accounts, and those that hold any of these roles."""
    if not people:
        return set()
    accounts = get_user_model()._default_manager.filter(pk__in=people, is_active=True)
    may = Q(is_superuser=True) | Q(groups__name__in=roles)
    return set(accounts.filter(may).values_list("pk", flat=True))


def may_manage(user: Any, account: User) -> bool:
    """Return whether a person can change an account, for example set its password.

    Only accounts with less power than their own, so that nobody gains power by signing
    in as somebody else. Everybody can change their own account, and a superuser all.
    """
    if user.is_superuser or user.pk == account.pk:
        return True
    held = int(account.is_staff or bool(roles_of(account)))
    return _rank(user, int(user.is_staff)) > _rank(account, held)


def _rank(user: Any, otherwise: int) -> int:
    """Return how much power an account has: 3 for superusers, 2 for administrators."""
    if user.is_superuser:
        return 3
    return 2 if roles_of(user) & administrator_roles() else otherwise


def role_groups(names: Iterable[str]) -> list[Group]:
    """Return the groups of these roles, created where nobody has held the role yet.

    Raises ``InvalidInput`` for a name that is not a declared role.
    """
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in ROLES]
    if unknown:
        raise InvalidInput(
            {"role": [f"{', '.join(unknown)}: choose from {', '.join(ROLES)}."]}
        )
    return [Group.objects.get_or_create(name=name)[0] for name in wanted]
