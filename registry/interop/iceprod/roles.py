"""The roles of IceProd.

Most are groups, which its clients know by their paths. Superusers do not count as
members of places or working groups, nor as programs.
"""

from __future__ import annotations

from registry.identity.roles import ROLES, Role

MEMBER = ROLES.declare(
    Role(
        "/institutions/IceCube",
        "Ask for runs with IceProd's clients.",
        held_by_superusers=False,
    )
)
SIMPROD = ROLES.declare(
    Role(
        "/posix/simprod-submit",
        "Work on the run requests of the group simprod.",
        held_by_superusers=False,
    )
)
FILTERING = ROLES.declare(
    Role(
        "/posix/i3filter",
        "Work on the run requests of the group filtering.",
        held_by_superusers=False,
    )
)
ADMIN = ROLES.declare(
    Role(
        "/tokens/IceProdAdmins",
        "Work on everybody's run requests with IceProd's clients.",
    )
)
SYSTEM = ROLES.declare(
    Role(
        "iceprod-system",
        "Run an executor of IceProd; for service accounts.",
        runs_executors=True,
        held_by_superusers=False,
        keycloak_client="iceprod",
    )
)
