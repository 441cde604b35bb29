"""The roles of Provena: administration, jobs and handles.

Provena reads them in tokens. Here they allow nothing, except that of administrators.
Those of its registry (``entity-registry-…``) are the registry's own; see
``registry.identity.roles``.
"""

from __future__ import annotations

from registry.identity.roles import ROLES, Role

SYSTEM_READ = ROLES.declare(
    Role(
        "sys-admin-read",
        "In Provena: see requests for access.",
    )
)
SYSTEM_WRITE = ROLES.declare(
    Role(
        "sys-admin-write",
        "In Provena: answer requests for access.",
    )
)
SYSTEM_ADMIN = ROLES.declare(
    Role(
        "sys-admin-admin",
        "Administrator, as with entity-registry-admin.",
        makes_administrator=True,
    )
)
JOBS_READ = ROLES.declare(Role("job-service-read", "In Provena: see jobs."))
JOBS_WRITE = ROLES.declare(Role("job-service-write", "In Provena: ask for jobs."))
JOBS_ADMIN = ROLES.declare(
    Role(
        "job-service-admin",
        "In Provena: run an executor, which takes tasks and reports their results.",
        runs_executors=True,
    )
)
HANDLES_READ = ROLES.declare(Role("handle-read", "In Provena: look up handles."))
HANDLES_WRITE = ROLES.declare(
    Role("handle-write", "In Provena: make handles, and change one's own.")
)
HANDLES_ADMIN = ROLES.declare(Role("handle-admin", "In Provena: change any handle."))
