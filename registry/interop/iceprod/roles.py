"""The roles of IceProd.

Most are groups, which its clients know by their paths. Superusers do not count as
members of places or working groups, nor as programs. IceProd reads the roles in tokens;
here they allow nothing.
"""

from __future__ import annotations

from registry.identity.roles import ROLES, Role

MEMBER = ROLES.declare(
    Role(
        "/institutions/IceCube",
        "In IceProd: ask for runs.",
        held_by_superusers=False,
    )
)
SIMPROD = ROLES.declare(
    Role(
        "/posix/simprod-submit",
        "In IceProd: work on the run requests of the group simprod.",
        held_by_superusers=False,
    )
)
FILTERING = ROLES.declare(
    Role(
        "/posix/i3filter",
        "In IceProd: work on the run requests of the group filtering.",
        held_by_superusers=False,
    )
)
ADMIN = ROLES.declare(
    Role(
        "/tokens/IceProdAdmins",
        "In IceProd: work on everybody's run requests.",
    )
)
SYSTEM = ROLES.declare(
    Role(
        "iceprod-system",
        "In IceProd: run an executor; for service accounts.",
        runs_executors=True,
        held_by_superusers=False,
        keycloak_client="iceprod",
    )
)
